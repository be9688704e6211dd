"""No order against a halt: a pause or a kill by a person, the last gate, or what was found to be wrong.

Who halts, and what releases, is decided elsewhere; this rule only reads. A halt of entries lets closings and
rolls pass, a halt of everything lets nothing pass.
"""

from __future__ import annotations

from premia.domain.book import Book
from premia.domain.intent import Intent
from premia.domain.market import MarketView
from premia.rules.answers import PASS, Answer, Running, refuse


def check(book: Book, _view: MarketView, intent: Intent, _params: None, _running: Running) -> Answer:
    """Whether a halt forbids the intent."""
    found = book.halted(intent.purpose)
    if found is None:
        return PASS
    cause, halt = found
    by = f" by {halt.who}" if halt.who else ""
    since = f"{halt.since:%Y-%m-%d %H:%M}"
    return refuse(
        f"{halt.scope} halted since {since} UTC{by} ({cause}): {halt.why}", cause=cause, scope=halt.scope
    )
