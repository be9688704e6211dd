"""The calculators agree with the market where nothing moves, and with each other where something does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from premia.domain.instrument import Option, Right
from premia.domain.quote import Greeks
from premia.gateway.calculator import Asked, price_at, volatility_at

PUT = Option("ABC", date(2024, 4, 19), Decimal(95), Right.PUT)
NOW = Greeks(iv=0.30, delta=-0.28, gamma=0.03, theta=-0.03, vega=0.1, underlying=100.0)
ASKED = Asked(PUT, datetime(2024, 3, 11, 15, tzinfo=UTC), 0.05, 0.0)


def test_the_present_volatility_gives_the_present_price():
    assert price_at(ASKED, NOW, 1.85, 0.30)[1] == pytest.approx(1.85, abs=1e-9)


def test_more_volatility_costs_more_and_the_reverse_finds_it_again():
    _values, price = price_at(ASKED, NOW, 1.85, 0.40)

    assert price > 2.5
    assert volatility_at(ASKED, NOW, 1.85, price).iv == pytest.approx(0.40, abs=1e-4)


def test_without_a_model_value_there_is_no_answer():
    assert price_at(ASKED, Greeks(), None, 0.3) == (Greeks(), None)
    assert volatility_at(ASKED, Greeks(), 1.0, 1.0) == Greeks()


def test_a_price_that_no_volatility_explains_has_none():
    assert volatility_at(ASKED, NOW, 1.85, -3.0).iv is None
