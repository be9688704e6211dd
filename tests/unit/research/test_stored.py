"""A recorded underlying is handed to a sweep with what the engine's market shows of it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Stock
from premia.exchange.recorded import RecordedUnderlying
from premia.exchange.stochastic import Kind, settings_of
from premia.exchange.types_market import Dividend, Split
from premia.pricing.ticks import TickClass
from premia.research.stored import underlying_of
from tests.unit.research.panels import a_panel

MONDAY = date(2021, 3, 1)


def recorded(**more):
    panel = a_panel(MONDAY, "stock", days=5)
    return RecordedUnderlying(Stock("XYZ"), settings_of(Kind.STOCK, "XYZ"), panel, {}, {}, **more)


def test_dividends_earnings_and_price_steps_go_with_the_panel():
    paid = Dividend(MONDAY, MONDAY + timedelta(days=9), Decimal("0.40"), MONDAY)

    one = underlying_of(recorded(dividends=(paid,), earnings=(MONDAY,)))

    assert one.facts.dividends == (paid,)
    assert one.facts.earnings == (MONDAY,)
    assert one.facts.ticks is TickClass.PENNY


def test_a_split_within_the_days_is_refused_and_one_before_them_is_not():
    split = Split(MONDAY + timedelta(days=2), 4, 1)

    with pytest.raises(MarketDataError, match=r"XYZ splits on 2021-03-03.*run a backtest"):
        underlying_of(recorded(splits=(split,)))
    assert underlying_of(recorded(splits=(Split(MONDAY, 4, 1),))).panel.symbol == "XYZ"
