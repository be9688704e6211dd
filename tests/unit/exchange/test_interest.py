"""Interest on cash: by hand, and posted through a month of the exchange's life."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.domain.account import AccountKind
from premia.exchange.exchange import Exchange
from premia.exchange.interest import benchmark, day_interest, earns_nothing, posts_on
from premia.exchange.policy import AccountSetup, Opening, Policy
from premia.exchange.types import CashMoved
from tests.unit.exchange.fixed_market import FixedMarket, at
from tests.unit.exchange.test_exchange import ABC, ACCOUNT, a_ticket, an_exchange, cash

FIVE_PERCENT = 365 * math.log1p(0.05 / 360)


def test_the_benchmark_is_read_back_from_the_continuous_rate():
    assert benchmark(FIVE_PERCENT) == Decimal("0.05")


@pytest.mark.parametrize(
    ("settled", "worth", "by_the_year"),
    [
        ("110000", "110000", "4500"),  # 100,000 at 5.0 - 0.5 %
        ("60000", "50000", "1125"),  # 50,000 at 4.5 %, halved below 100,000 of net liquidation
        ("10000", "500000", "0"),
        ("-20000", "80000", "-1300"),  # 5.0 + 1.5 %
    ],
)
def test_interest_of_a_day_is_a_360th_of_the_year(settled, worth, by_the_year):
    found = day_interest(Decimal(settled), Decimal(worth), Decimal("0.05"))
    assert found * 360 == pytest.approx(Decimal(by_the_year), abs=Decimal("1e-20"))


@given(
    st.decimals(-200_000, 200_000, places=2),
    st.decimals(0, 300_000, places=2),
    st.decimals("0", "0.06", places=4),
)
def test_what_is_said_to_earn_nothing_earns_nothing(settled, worth, reference):
    if earns_nothing(settled, reference):
        assert day_interest(settled, worth, reference) == 0


def test_interest_is_posted_on_the_third_session_of_the_month():
    market = a_market()
    sessions = market.sessions
    assert [day for day in range(1, 29) if posts_on(date(2024, 3, day), sessions)] == [5]
    assert [day for day in range(1, 29) if posts_on(date(2024, 6, day), sessions)] == [5]


def test_a_month_of_interest_accrues_by_the_day_and_arrives_as_cash():
    exchange = an_exchange(a_market(), "2024-02-01 00:00", cash="110000")

    exchange.advance(at("2024-02-29 23:59"))
    accrued = exchange.values(ACCOUNT).accrued_interest
    reports = exchange.advance(at("2024-03-05 12:00"))

    assert accrued == Decimal("12.5") * 28  # the last day ends at midnight
    posted = [one for one in reports if isinstance(one, CashMoved)]
    assert [(one.cause, one.amount.amount) for one in posted] == [("interest", Decimal("362.50"))]
    assert cash(exchange) == Decimal("110362.50")
    assert exchange.values(ACCOUNT).accrued_interest == Decimal("12.5") * 4


def test_interest_is_on_settled_cash_and_not_on_what_is_still_to_settle():
    """Shares sold on Thursday the 15th settled on Monday the 19th, two sessions later."""
    setup = AccountSetup(
        ACCOUNT, AccountKind.CASH, Decimal(10_000), openings=(Opening(ABC, 1_000, Decimal(40)),)
    )
    exchange = Exchange(a_market(), [setup], Policy(), at("2024-02-15 10:00"))
    exchange.submit(a_ticket(ABC, -1_000))

    exchange.advance(at("2024-02-19 23:59"))
    assert exchange.values(ACCOUNT).accrued_interest == 0
    exchange.advance(at("2024-02-20 00:01"))
    assert exchange.values(ACCOUNT).accrued_interest > 0


def a_market() -> FixedMarket:
    market = FixedMarket("2024-01-02", "2024-12-31", rate=FIVE_PERCENT)
    market.stock("ABC", {"2024-01-02 09:30": "50.00"})
    return market
