"""What a rule may answer, and what it may know besides book, market and intent.

`Pass` lets an intent go on, `Shrink` lets a part of it go on and says why, `Refuse` stops it with words
and numbers. `Running` is what this pass has promised so far: each verdict sees the ones before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel

from premia.domain.account import AccountKind
from premia.domain.book import Book
from premia.domain.intent import Intent, Number
from premia.domain.market import MarketView
from premia.domain.sessions import Sessions
from premia.domain.verdict import Approved


class Pass(NamedTuple):
    """No objection; `note` where the rule had something to say."""

    note: str = ""


class Shrink(NamedTuple):
    """At most `quantity` units, at least one: the note says why, with numbers."""

    quantity: int
    note: str


class Refuse(NamedTuple):
    """No: why, in words with numbers, and the numbers by name."""

    reason: str
    facts: Mapping[str, Number | Decimal]


Answer = Pass | Shrink | Refuse


class Running(NamedTuple):
    """What a pass knows as it goes.

    Attributes:
        kind: What the account may do.
        sessions: Trading days.
        approved: Verdicts of this pass so far, in their order.
    """

    kind: AccountKind
    sessions: Sessions
    approved: tuple[Approved, ...] = ()

    @property
    def reserved(self) -> Decimal:
        """USD promised so far."""
        return sum((verdict.reserved.amount for verdict in self.approved), Decimal(0))


class Rule(NamedTuple):
    """One rule by name: its parameters, and the question it asks of every intent.

    Attributes:
        params: Its parameters in `Limits` under its name; None where it has none.
        check: `(book, view, intent, params, running)`; total and pure.
    """

    name: str
    params: type[BaseModel] | None
    check: Callable[[Book, MarketView, Intent, Any, Running], Answer]


PASS = Pass()


def refuse(reason: str, **facts: Number | Decimal) -> Refuse:
    """A refusal with its numbers by name."""
    return Refuse(reason, facts)
