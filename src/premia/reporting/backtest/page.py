"""A report as one HTML file that needs nothing else: no script, no font, no address on the network.

The page forbids itself to load anything. What it shows is a result and nothing more, so the same result
gives the same page, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from premia.reporting.backtest import records, sections
from premia.reporting.backtest.breakdown import breakdown
from premia.reporting.backtest.headline import head
from premia.reporting.backtest.html import Html, el, join
from premia.reporting.backtest.result import Result
from premia.reporting.backtest.style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_SECTIONS: tuple[tuple[str, str, Callable[[Result], Html]], ...] = (
    ("equity", "Equity against the alternatives", sections.equity),
    ("robust", "Other assumptions on prices", records.variants),
    ("falls", "Falls", sections.falls),
    ("months", "Months", sections.months),
    ("figures", "Figures", sections.figures),
    ("money", "Where the money came from", sections.attribution),
    ("exposure", "Exposure and margin", sections.exposure),
    ("prices", "Trades on the price", sections.prices),
    ("breakdown", "By symbol and by ending", breakdown),
    ("campaigns", "Campaigns", records.campaigns),
    ("trades", "Trades", records.trades),
    ("refusals", "Why it did not trade", records.refusals),
    ("assumptions", "Assumptions and missing data", records.assumptions),
    ("remake", "Make it again", records.remake),
)


def page(result: Result) -> str:
    """The whole report of a result."""
    links = [el("li", el("a", title, href=f"#{name}-s")) for name, title, _make in _SECTIONS]
    told = [el("section", el("h2", title), make(result), id=f"{name}-s") for name, title, make in _SECTIONS]
    body = (
        head(result),
        el("nav", el("ul", *links), aria_label="Sections"),
        el("main", *told),
        _foot(result.code),
    )
    return document(f"{result.name} - Premia backtest", body)


def document(title: str, body: Sequence[Html]) -> str:
    """A page around its body, with the style within."""
    meta = (
        el("meta", charset="utf-8"),
        el("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name_="color-scheme", content="light dark"),
        el("title", title),
        el("style", Html(STYLE)),
    )
    made = el("html", el("head", *meta), el("body", *body), lang="en")
    return f"<!doctype html>\n{join((made,))}\n"


def _foot(code: str) -> Html:
    words = (
        f"Made by Premia {code}. A backtest tells what rules would have done in the past under the "
        "assumptions above; it promises nothing."
    )
    return el("footer", words)
