"""Model markets for tests: invented histories on a calendar of weekdays, nothing read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

from premia.domain.instrument import Option, Right
from premia.domain.sessions import Sessions
from premia.exchange.market import Market
from premia.exchange.scenarios import synthetic_market
from premia.exchange.stochastic import Kind, StockModel
from premia.exchange.terms import canonical
from premia.exchange.types_market import Series
from tests.unit.exchange.fixed_market import weekdays

START, END = date(2024, 1, 2), date(2024, 6, 28)
GOOD_FRIDAY = date(2024, 3, 29)
FUND = StockModel(symbol="FND", kind=Kind.FUND, price=200.0, vol=0.16, earnings_move=0.0)
STOCK = StockModel(symbol="STK", price=80.0, vol=0.35, dividend_yield=0.02)
INDEX = StockModel(symbol="IDX", kind=Kind.INDEX, price=3000.0, dividend_yield=0.0, earnings_move=0.0)
MODELS = (FUND, STOCK, INDEX)


@cache
def calendar() -> Sessions:
    """Weekdays of 2023 to 2026 but for Good Friday of 2024, which is the only holiday."""
    return weekdays(date(2023, 1, 2), date(2026, 3, 31), [GOOD_FRIDAY])


@cache
def a_market(seed: int = 1, models: tuple[StockModel, ...] = MODELS) -> Market:
    """Fund, stock and index that trade in the first half of 2024, with a year of past."""
    return synthetic_market(models, calendar(), START, END, seed)


def fresh(seed: int = 1, models: Sequence[StockModel] = MODELS) -> Market:
    """The same market, built anew: it has been asked nothing yet."""
    return synthetic_market(models, calendar(), START, END, seed)


def options_of(symbol: str, series: Series) -> list[Option]:
    """Every option of a series, by strike, calls first."""
    return [
        canonical(
            Option(
                symbol,
                series.expiry,
                strike,
                right,
                trading_class=series.trading_class,
                style=series.style,
                settlement=series.settlement,
            )
        )
        for strike in series.strikes
        for right in Right
    ]
