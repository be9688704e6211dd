"""When money settles, what dividends and splits do, and how cash-settled options end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from premia.domain.account import AccountKind
from premia.domain.instrument import Option, Right, Settlement, Stock, Style
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Deposit, Opening, Policy
from premia.exchange.settlement import last_trading_day, settles_on
from premia.exchange.types import CashMoved, PositionMoved, Refused
from tests.unit.exchange.fixed_market import FixedMarket, a_call, a_put, at, weekdays
from tests.unit.exchange.test_exchange import ABC, ACCOUNT, a_ticket, an_exchange, cash, held

PUT = a_put("2024-03-15", "50")


def index_option(expiry: str, strike: str, *, morning: bool) -> Option:
    return Option(
        "SPX",
        date.fromisoformat(expiry),
        Decimal(strike),
        Right.PUT,
        trading_class="" if morning else "SPXW",
        style=Style.EUROPEAN,
        settlement=Settlement.CASH_AM if morning else Settlement.CASH_PM,
    )


def an_account(market: FixedMarket, when: str, *openings: tuple, cash: str = "0", **more) -> Exchange:
    held = tuple(Opening(contract, quantity, Decimal(cost)) for contract, quantity, cost in openings)
    setup = AccountSetup(
        ACCOUNT,
        more.pop("kind", AccountKind.MARGIN),
        Decimal(cash),
        openings=held,
        deposits=more.pop("deposits", ()),
    )
    return Exchange(market, [setup], Policy(**{"early_assignment": 0.0, **more}), at(when))


def moved(reports) -> list[tuple[str, int, str]]:
    return [(one.contract.key, one.quantity, one.cause) for one in reports if isinstance(one, PositionMoved)]


def paid(reports) -> list[Decimal]:
    return [one.amount.amount for one in reports if isinstance(one, CashMoved)]


@pytest.mark.parametrize(
    ("traded", "settles"),
    [
        ("2017-09-01", "2017-09-06"),  # Friday, three sessions
        ("2017-09-05", "2017-09-07"),  # the first day of two
        ("2024-05-24", "2024-05-28"),  # Friday, two sessions
        ("2024-05-28", "2024-05-29"),  # the first day of one
    ],
)
def test_stock_settles_by_the_rule_of_its_trade_date(traded, settles):
    sessions = weekdays(date(2017, 1, 2), date(2024, 12, 31))
    assert settles_on(ABC, date.fromisoformat(traded), sessions) == date.fromisoformat(settles)


def test_an_option_always_settled_on_the_next_session():
    sessions = weekdays(date(2017, 1, 2), date(2024, 12, 31))
    assert settles_on(PUT, date(2017, 3, 3), sessions) == date(2017, 3, 6)


def test_what_settles_in_the_morning_trades_last_on_the_session_before():
    sessions = weekdays(date(2024, 1, 2), date(2024, 12, 31))
    assert last_trading_day(index_option("2024-03-15", "5000", morning=True), sessions) == date(2024, 3, 14)
    assert last_trading_day(index_option("2024-03-15", "5000", morning=False), sessions) == date(2024, 3, 15)


def test_premium_is_settled_cash_on_the_next_session():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "52"})
    market.quote(PUT, "2024-01-02 09:30", "0.60", "0.64")
    exchange = an_exchange(market)

    exchange.submit(a_ticket(PUT, -1))

    assert exchange.values(ACCOUNT).settled_cash == 10_000
    exchange.advance(at("2024-02-15 23:59"))
    assert exchange.values(ACCOUNT).settled_cash == 10_000
    exchange.advance(at("2024-02-16 00:00"))
    assert exchange.values(ACCOUNT).settled_cash == cash(exchange) > 10_050


def test_a_cash_account_cannot_spend_what_has_not_settled():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "50"})
    exchange = an_account(market, "2024-02-15 10:00", (ABC, 100, "50"), kind=AccountKind.CASH)

    exchange.submit(a_ticket(ABC, -100))
    again = exchange.submit(a_ticket(ABC, 99, order_id=2))

    assert [one.code for one in again if isinstance(one, Refused)] == [201]
    exchange.advance(at("2024-02-20 10:00"))
    assert exchange.submit(a_ticket(ABC, 99, order_id=3))[-1].executions


def test_a_dividend_goes_to_who_holds_before_the_ex_date_opens_and_accrues_until_paid():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "50"})
    market.dividend("ABC", "2024-04-02", "2024-04-13", "0.25")
    exchange = an_account(market, "2024-04-01 12:00", (ABC, 100, "50"), cash="10000")

    exchange.advance(at("2024-04-02 09:31"))
    exchange.submit(a_ticket(ABC, 100))
    before = cash(exchange)
    assert exchange.values(ACCOUNT).accrued_dividend == 25
    unpaid = exchange.advance(at("2024-04-14 12:00"))
    reports = exchange.advance(at("2024-04-15 12:00"))

    assert paid(unpaid) == []  # the 13th was a Saturday
    assert paid(reports) == [25]
    assert cash(exchange) == before + 25
    assert exchange.values(ACCOUNT).accrued_dividend == 0


def test_who_is_short_owes_the_dividend():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "50"})
    market.dividend("ABC", "2024-04-02", "2024-04-10", "0.25")
    exchange = an_account(market, "2024-04-01 12:00", (ABC, -100, "50"), cash="20000")

    assert paid(exchange.advance(at("2024-04-10 12:00"))) == [-25]


def test_a_split_multiplies_shares_and_contracts_and_leaves_their_cost():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "700", "2024-06-10 08:00": "100"})
    market.quote(a_put("2024-09-20", "100"), "2024-06-10 08:00", "2.00", "2.20")
    market.quote(a_put("2024-09-20", "700"), "2024-01-02 09:30", "14.00", "15.40")
    market.split("ABC", "2024-06-10", 7, 1)
    exchange = an_account(
        market, "2024-06-07 12:00", (ABC, 100, "600"), (a_put("2024-09-20", "700"), -1, "1500"), cash="50000"
    )
    worth = exchange.values(ACCOUNT).net_liquidation

    exchange.advance(at("2024-06-10 10:00"))

    assert held(exchange) == {"ABC": 700, "ABC 2024-09-20 100 P": -7}
    costs = {
        one.contract.key: one.average_cost * one.quantity
        for one in exchange.holdings(ACCOUNT)
        if one.quantity
    }
    assert costs["ABC"] == pytest.approx(Decimal(60_000))
    assert costs["ABC 2024-09-20 100 P"] == pytest.approx(Decimal(-1_500))
    assert exchange.values(ACCOUNT).net_liquidation == worth


def test_a_split_of_three_for_two_changes_the_deliverable_and_pays_broken_shares():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "60", "2024-06-10 08:00": "40"})
    market.split("ABC", "2024-06-10", 3, 2)
    exchange = an_account(
        market, "2024-06-07 12:00", (ABC, 101, "60"), (a_put("2024-09-20", "60"), -1, "100"), cash="9000"
    )

    reports = exchange.advance(at("2024-06-10 10:00"))

    adjusted = next(
        one.contract
        for one in exchange.holdings(ACCOUNT)
        if isinstance(one.contract, Option) and one.quantity
    )
    assert (adjusted.strike, adjusted.multiplier, adjusted.adjusted) == (40, 150, True)
    assert held(exchange)["ABC"] == 151
    assert paid(reports) == [20]  # half a share at 40


def test_money_from_outside_arrives_on_its_morning():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "50"})
    deposits = (Deposit(date(2024, 2, 3), Decimal(500)), Deposit(date(2024, 2, 7), Decimal(-200)))
    exchange = an_account(market, "2024-02-01 12:00", cash="1000", deposits=deposits)

    assert paid(exchange.advance(at("2024-02-05 12:00"))) == [500]
    assert paid(exchange.advance(at("2024-02-07 12:00"))) == [-200]
    assert cash(exchange) == 1_300


def an_index_market() -> FixedMarket:
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.index("SPX", {"2024-01-02 09:30": "5000", "2024-03-15 10:00": "4980"})
    for morning in (True, False):
        market.quote(index_option("2024-03-15", "5000", morning=morning), "2024-01-02 09:30", "50", "52")
    market.close_at("SPX", "2024-03-15", "4975.50")
    return market


def test_an_index_option_settles_in_cash_at_the_official_close():
    option = index_option("2024-03-15", "5000", morning=False)
    exchange = an_account(an_index_market(), "2024-03-14 10:00", (option, -1, "5000"), cash="100000")

    reports = exchange.advance(at("2024-03-15 20:00"))

    assert moved(reports) == [(option.key, 1, "cash settled")]
    assert paid(reports) == [Decimal("-2450.00")]
    closed = next(one for one in exchange.holdings(ACCOUNT) if one.contract == option)
    assert (closed.quantity, closed.realized) == (0, Decimal("2550.00"))


def test_a_morning_settled_option_settles_at_the_opening_value_and_not_at_the_close():
    market = an_index_market()
    market.settle_at("SPX", "2024-03-15", "4990.25")
    option = index_option("2024-03-15", "5000", morning=True)
    exchange = an_account(market, "2024-03-14 10:00", (option, -1, "5000"), cash="100000")

    assert paid(exchange.advance(at("2024-03-15 20:00"))) == [Decimal("-975.00")]


def test_without_a_settlement_value_nothing_is_opened_and_nothing_held_is_settled():
    option = index_option("2024-03-15", "5000", morning=True)
    exchange = an_account(an_index_market(), "2024-03-13 10:00", (option, -1, "5000"), cash="900000")

    refused = exchange.submit(a_ticket(option, -1))
    evening = exchange.advance(at("2024-03-15 20:00"))

    assert "settles at an opening value of 2024-03-15 that the data do not have" in refused[0].text
    assert [type(one) for one in evening] == [Refused]
    assert "no settlement value" in evening[0].text
    assert held(exchange) == {option.key: -1}


def test_an_index_cannot_be_bought():
    exchange = an_account(an_index_market(), "2024-03-13 10:00", cash="900000")
    assert exchange.submit(a_ticket(exchange.market.underlier("SPX"), 1))[0].code == 201


def test_a_worthless_option_leaves_with_its_whole_premium_earned():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "50"})
    exchange = an_account(
        market, "2024-03-14 10:00", (PUT, -2, "58.95"), (a_call("2024-03-15", "50"), 1, "30")
    )

    reports = exchange.advance(at("2024-03-15 20:00"))

    assert moved(reports) == [(PUT.key, 2, "expired"), ("ABC 2024-03-15 50 C", -1, "expired")]
    assert exchange.values(ACCOUNT).realized == Decimal("117.90") - 30
    exchange.advance(at("2024-03-16 00:00"))
    assert exchange.holdings(ACCOUNT) == []


def test_shares_delivered_by_exercise_settle_like_a_trade_of_that_day():
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "45"})
    exchange = an_account(market, "2024-03-14 10:00", (PUT, -1, "58.95"), cash="6000")

    exchange.advance(at("2024-03-18 12:00"))

    assert cash(exchange) == 1_000
    assert exchange.values(ACCOUNT).settled_cash == 6_000
    exchange.advance(at("2024-03-19 00:00"))  # two sessions after Friday the 15th
    assert exchange.values(ACCOUNT).settled_cash == 1_000
    assert Stock("ABC") in {one.contract for one in exchange.holdings(ACCOUNT)}
