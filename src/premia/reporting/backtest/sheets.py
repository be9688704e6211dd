"""A result as tables for a spreadsheet: equity by session, trades, campaigns, in comma-separated text.

Exact decimals stay as they are, days and times are ISO, and what is not known is an empty cell. A text that
a spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from premia.reporting.backtest.result import Result
from premia.reporting.backtest.trades import BacktestTrade
from premia.reporting.campaigns import CampaignLine

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | bool | Decimal | date | None


def sheets(result: Result) -> dict[str, str]:
    """Text of each table by the name of its file."""
    return {
        "equity.csv": _written(_equity_heads(result), _equity(result)),
        "trades.csv": _written((*_TRADE, "legs"), map(_trade, result.trades)),
        "campaigns.csv": _written(CampaignLine.__struct_fields__, map(_campaign, result.campaigns)),
    }


def _equity_heads(result: Result) -> list[str]:
    prices = [f"price {symbol}" for symbol in result.settings.symbols]
    return ["day", *_DAY, *prices, *(one.name for one in result.benchmarks)]


def _equity(result: Result) -> Iterable[Sequence[Cell]]:
    for place, one in enumerate(result.equity):
        prices = [one.spots.get(symbol) for symbol in result.settings.symbols]
        alternatives = [other.values[place + 1] for other in result.benchmarks]
        yield [one.day, *(getattr(one, name) for name in _DAY), *prices, *alternatives]


def _trade(one: BacktestTrade) -> Sequence[Cell]:
    legs = "; ".join(f"{leg.quantity} x {leg.contract} at {leg.price}" for leg in one.legs)
    return [*(getattr(one, name) for name in _TRADE), legs]


def _campaign(one: CampaignLine) -> Sequence[Cell]:
    return [getattr(one, name) for name in CampaignLine.__struct_fields__]


def _written(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_cell(head) for head in heads])
    writer.writerows([_cell(one) for one in row] for row in rows)
    return text.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


_DAY = (
    "at_mid",
    "at_natural",
    "cash",
    "shares",
    "options",
    "accrued_dividends",
    "accrued_interest",
    "if_assigned",
    "maintenance",
    "excess",
)
_TRADE = (
    "id",
    "campaign",
    "strategy",
    "symbol",
    "slot",
    "opened",
    "ended",
    "how",
    "days",
    "quantity",
    "premium",
    "fees",
    "slippage",
    "result",
    "spot",
    "reason",
    "closing",
)
