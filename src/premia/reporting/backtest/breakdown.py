"""A run broken down: by symbol, by how trades ended, and the worst that happened.

A symbol's result is that of its campaigns, shares among it; an ending's is option premium less fees alone.
The two do not add up to each other, and neither has interest in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple, TypeVar

from premia.reporting.backtest.html import Html, day, el, join, percent, table, usd
from premia.reporting.backtest.result import Result
from premia.reporting.backtest.trades import OPEN, BacktestTrade
from premia.reporting.campaigns import CampaignLine

_WORST = 5
_NOTHING = Decimal(0)
T = TypeVar("T")


class SymbolLine(NamedTuple):
    """What one symbol brought, USD; shares still held at what they cost.

    Attributes:
        won: Of the ended campaigns those with a gain; `ended` is how many there are.
    """

    symbol: str
    campaigns: int
    ended: int
    won: int
    premium: Decimal
    shares: Decimal
    dividends: Decimal
    fees: Decimal
    result: Decimal


class EndingLine(NamedTuple):
    """Trades that ended in one way: how many, how many won, their days on average, what they kept, USD."""

    how: str
    trades: int
    won: int
    days: float
    premium: Decimal
    result: Decimal
    worst: Decimal


def by_symbol(campaigns: Iterable[CampaignLine]) -> tuple[SymbolLine, ...]:
    """One line a symbol, the one that brought the most first."""
    lines = [
        SymbolLine(
            symbol,
            len(found),
            sum(1 for one in found if one.ended is not None),
            sum(1 for one in found if one.ended is not None and one.result > 0),
            sum((one.premium for one in found), _NOTHING),
            sum((one.share_result for one in found), _NOTHING),
            sum((one.dividends for one in found), _NOTHING),
            sum((one.fees for one in found), _NOTHING),
            sum((one.result for one in found), _NOTHING),
        )
        for symbol, found in _grouped(campaigns, lambda one: one.symbol).items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.result, line.symbol)))


def by_ending(trades: Iterable[BacktestTrade]) -> tuple[EndingLine, ...]:
    """One line a way in which trades ended, the most frequent first; those still open are left out."""
    lines = [
        EndingLine(
            how,
            len(found),
            sum(1 for one in found if one.result > 0),
            sum(one.days for one in found) / len(found),
            sum((one.premium for one in found), _NOTHING),
            sum((one.result for one in found), _NOTHING),
            min(one.result for one in found),
        )
        for how, found in _grouped(trades, lambda one: one.how).items()
        if how != OPEN
    ]
    return tuple(sorted(lines, key=lambda line: (-line.trades, line.how)))


def breakdown(result: Result) -> Html:
    """Both tables, and the campaigns that ended worst."""
    symbols, endings = by_symbol(result.campaigns), by_ending(result.trades)
    worst = sorted((one for one in result.campaigns if one.ended), key=lambda one: one.result)[:_WORST]
    if not symbols:
        return el("p", "Nothing was traded.")
    return join(
        (
            table(_SYMBOL, map(_symbol, symbols), "By symbol, campaigns with their shares"),
            table(_ENDING, map(_ending, endings), "By how option trades ended, shares left out"),
            table(_WORST_HEADS, map(_worst, worst), "The campaigns that brought the least"),
        )
    )


def _grouped(lines: Iterable[T], by: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for line in lines:
        found.setdefault(by(line), []).append(line)
    return found


def _symbol(one: SymbolLine) -> list[str]:
    won = f"{one.won} of {one.ended}"
    money = (one.premium, one.shares, one.dividends, one.fees)
    return [one.symbol, str(one.campaigns), won, *(usd(amount) for amount in money), _coloured(one.result)]


def _ending(one: EndingLine) -> list[str]:
    kept = percent(float(one.result / one.premium), 0) if one.premium > 0 else percent(None)
    return [
        one.how,
        f"{one.trades:,}",
        percent(one.won / one.trades, 0),
        f"{one.days:.0f}",
        usd(one.premium),
        kept,
        _coloured(one.result),
        _coloured(one.worst),
    ]


def _worst(one: CampaignLine) -> list[str]:
    money = (one.premium, one.share_result, one.dividends)
    return [
        f"{one.strategy} {one.symbol}",
        day(one.opened),
        day(one.ended),
        f"{one.days:,}",
        *(usd(amount) for amount in money),
        _coloured(one.result),
    ]


def _coloured(amount: Decimal) -> Html:
    return el("span", usd(amount, signed=True), cls="loss" if amount < 0 else "gain")


_SYMBOL = (
    ("Symbol", False),
    ("Campaigns", True),
    ("Won", True),
    ("Premium", True),
    ("Shares", True),
    ("Dividends", True),
    ("Fees", True),
    ("Result, USD", True),
)
_ENDING = (
    ("How", False),
    ("Trades", True),
    ("Won", True),
    ("Days", True),
    ("Net premium", True),
    ("Kept", True),
    ("Result, USD", True),
    ("The worst", True),
)
_WORST_HEADS = (
    ("Campaign", False),
    ("Began", False),
    ("Ended", False),
    ("Days", True),
    ("Premium", True),
    ("Shares", True),
    ("Dividends", True),
    ("Result, USD", True),
)
