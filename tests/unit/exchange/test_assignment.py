"""Exercise by exception, early exercise, pin risk, and what delivered shares cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from premia.exchange.assignment import call_exercise_pays, put_exercise_pays
from premia.exchange.types import PositionMoved
from tests.unit.exchange.fixed_market import FixedMarket, a_call, a_put, at
from tests.unit.exchange.test_exchange import ABC, ACCOUNT, cash, held
from tests.unit.exchange.test_settlement import an_account, moved

CALL = a_call("2024-03-15", "50")
PUT = a_put("2024-03-15", "50")


@pytest.mark.parametrize(
    ("strike", "put", "pays"), [(95, 0.026226, True), (100, 0.450690, True), (104, 1.896202, False)]
)
def test_a_holder_exercises_before_the_ex_date_where_the_dividend_beats_interest_and_put(strike, put, pays):
    """Spot 105, dividend 1.50, ten days, 5 %, volatility 25 %; puts by QuantLib 1.44."""
    assert call_exercise_pays(1.50, strike, 0.05, 10 / 365, put) is pays


def test_a_deep_put_is_exercised_for_the_interest_on_its_strike():
    assert put_exercise_pays(100, 0.05, 0.5, call=1.0, dividends=0.0)
    assert not put_exercise_pays(100, 0.05, 0.5, call=1.0, dividends=1.6)


def a_market(price: str, **more) -> FixedMarket:
    market = FixedMarket("2024-01-02", "2024-12-31", **more)
    market.stock("ABC", {"2024-01-02 09:30": price})
    return market


def ex_tomorrow(put: str = "0.05") -> FixedMarket:
    """A call deep in the money on Thursday, its share ex dividend on Friday the 1st of March."""
    market = a_market("60")
    market.dividend("ABC", "2024-03-01", "2024-03-20", "0.50")
    market.quote(CALL, "2024-01-02 09:30", "9.95", "10.10")
    market.quote(PUT, "2024-01-02 09:30", put, str(Decimal(put) + Decimal("0.02")))
    return market


def test_calls_worth_exercising_are_assigned_on_the_morning_of_the_ex_date_without_the_dividend():
    exchange = an_account(
        ex_tomorrow(), "2024-02-29 12:00", (ABC, 100, "50"), (CALL, -1, "1000"), early_assignment=1.0
    )

    evening = exchange.advance(at("2024-02-29 23:00"))
    morning = exchange.advance(at("2024-03-01 12:00"))

    assert moved(evening) == []
    assert moved(morning) == [(CALL.key, 1, "assigned"), ("ABC", -100, "assigned")]
    assert held(exchange) == {}
    assert exchange.values(ACCOUNT).accrued_dividend == 0
    assert exchange.values(ACCOUNT).realized == pytest.approx(Decimal(1_000), abs=Decimal("0.2"))


def test_a_call_whose_put_is_worth_more_than_the_dividend_is_left_alone():
    exchange = an_account(
        ex_tomorrow("0.70"), "2024-02-29 12:00", (ABC, 100, "50"), (CALL, -1, "1000"), early_assignment=1.0
    )

    exchange.advance(at("2024-03-01 12:00"))

    assert held(exchange) == {"ABC": 100, CALL.key: -1}
    assert exchange.values(ACCOUNT).accrued_dividend == 50


def test_nobody_is_assigned_on_an_evening_without_a_dividend_behind_it():
    exchange = an_account(
        ex_tomorrow(), "2024-02-26 12:00", (ABC, 100, "50"), (CALL, -1, "1000"), early_assignment=1.0
    )

    assert moved(exchange.advance(at("2024-02-29 19:00"))) == []


def test_each_contract_is_drawn_by_itself_with_the_stated_chance():
    count = 2_000
    exchange = an_account(
        ex_tomorrow(),
        "2024-02-29 12:00",
        (ABC, 100 * count, "50"),
        (CALL, -count, "1000"),
        early_assignment=0.5,
    )

    exchange.advance(at("2024-03-01 12:00"))

    assert -held(exchange)[CALL.key] == pytest.approx(count / 2, abs=4 * (count / 4) ** 0.5)
    assert held(exchange)["ABC"] == -100 * held(exchange)[CALL.key]


def test_a_deep_put_is_assigned_early_when_interest_is_high():
    market = a_market("20", rate=0.05)
    market.quote(a_put("2024-09-20", "50"), "2024-01-02 09:30", "29.90", "30.10")
    market.quote(a_call("2024-09-20", "50"), "2024-01-02 09:30", None, "0.05")
    deep = a_put("2024-09-20", "50")
    exchange = an_account(market, "2024-02-29 12:00", (deep, -1, "3000"), cash="60000", early_assignment=1.0)

    exchange.advance(at("2024-03-01 12:00"))

    assert held(exchange) == {"ABC": 100}
    shares = next(one for one in exchange.holdings(ACCOUNT) if one.contract == ABC)
    assert shares.average_cost == 20  # strike less premium


def test_a_put_is_not_exercised_for_less_than_a_cent():
    """A day's interest of 5 % on a strike of 50 is 0.0068."""
    market = a_market("20", rate=0.05)
    market.quote(a_put("2024-03-01", "50"), "2024-01-02 09:30", "29.90", "30.10")
    deep = a_put("2024-03-01", "50")
    exchange = an_account(market, "2024-02-29 12:00", (deep, -1, "3000"), cash="60000", early_assignment=1.0)

    exchange.advance(at("2024-03-01 12:00"))

    assert held(exchange) == {deep.key: -1}


def test_a_cent_in_the_money_is_exercised_and_the_strike_itself_is_not():
    for close, left in (("49.99", {"ABC": 100}), ("50.00", {}), ("50.01", {})):
        market = a_market("50")
        market.close_at("ABC", "2024-03-15", close)
        exchange = an_account(market, "2024-03-14 12:00", (PUT, -1, "60"), cash="60000")
        exchange.advance(at("2024-03-18 12:00"))
        assert held(exchange) == left


@pytest.mark.parametrize(
    ("expiry", "morning", "owed"), [("2024-05-17", "2024-05-20", 5_000), ("2024-06-14", "2024-06-17", 0)]
)
def test_money_of_delivered_shares_settles_two_sessions_after_exercise_and_since_may_2024_one(
    expiry, morning, owed
):
    """One session after it is the morning of the delivery itself."""
    market = a_market("50")
    market.close_at("ABC", expiry, "49.00")
    put = a_put(expiry, "50")
    exchange = an_account(market, f"{expiry} 12:00", (put, -1, "60"), cash="60000")

    exchange.advance(at(f"{morning} 12:00"))

    assert held(exchange) == {"ABC": 100}
    assert exchange.values(ACCOUNT).settled_cash - cash(exchange) == owed


def test_pinned_shorts_are_drawn_and_others_are_not():
    market = a_market("50")
    market.close_at("ABC", "2024-03-15", "50.10")
    far = a_put("2024-03-15", "55")
    exchange = an_account(
        market,
        "2024-03-14 12:00",
        (PUT, -400, "60"),
        (far, -1, "500"),
        cash="9999999",
        pin_fraction=Decimal("0.005"),
    )

    reports = exchange.advance(at("2024-03-15 21:00"))

    assigned = sum(
        one.quantity
        for one in reports
        if isinstance(one, PositionMoved) and one.cause == "assigned" and one.contract == PUT
    )
    assert 160 < assigned < 240
    assert (far.key, 1, "assigned") in moved(reports)


def test_a_client_s_long_option_is_exercised_by_exception():
    exchange = an_account(a_market("55"), "2024-03-14 12:00", (CALL, 1, "300"), cash="6000")

    exchange.advance(at("2024-03-18 12:00"))

    assert held(exchange) == {"ABC": 100}
    assert cash(exchange) == 1_000
    assert exchange.holdings(ACCOUNT)[0].average_cost == 53


def test_the_cost_of_assigned_shares_nets_the_premium_and_its_commission():
    """50 strike, sold at 0.60 with a fee of 1.05: 49.4105, as IB's average cost says."""
    exchange = an_account(a_market("49"), "2024-03-14 12:00", (PUT, -1, "58.95"), cash="10000")

    exchange.advance(at("2024-03-18 12:00"))

    assert exchange.holdings(ACCOUNT)[0].average_cost == Decimal("49.4105")
    assert exchange.values(ACCOUNT).realized == 0


def test_shares_called_away_realise_strike_and_premium_less_their_average_cost():
    """51 strike, sold at 0.55 with a fee of 1.05, on shares at 49.4105: 212.90 before the sale's fees."""
    exchange = an_account(
        a_market("53"), "2024-03-14 12:00", (ABC, 100, "49.4105"), (a_call("2024-03-15", "51"), -1, "53.95")
    )

    reports = exchange.advance(at("2024-03-18 12:00"))

    fees = -next(one.amount.amount for one in reports if "fees" in getattr(one, "cause", ""))
    assert Decimal("0.05") < fees < Decimal("0.10")  # 8 USD a million of 5,100 and 0.000166 a share
    assert exchange.values(ACCOUNT).realized == Decimal("212.90") - fees


def test_assignment_costs_no_commission():
    exchange = an_account(a_market("49"), "2024-03-14 12:00", (PUT, -1, "58.95"), cash="10000")

    exchange.advance(at("2024-03-18 12:00"))

    assert cash(exchange) == 5_000
    assert exchange.executions() == []
