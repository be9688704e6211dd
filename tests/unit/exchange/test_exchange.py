"""One turn of the wheel on prices written down by hand, and what orders may and may not do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from premia.domain.account import AccountKind
from premia.domain.instrument import Stock
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy
from premia.exchange.types import (
    Accepted,
    Cancelled,
    CashMoved,
    Filled,
    OrderKind,
    OrderTicket,
    PositionMoved,
    Refused,
    TicketLeg,
    TicketState,
    TimeInForce,
)
from tests.unit.exchange.fixed_market import FixedMarket, a_call, a_put, at

ABC = Stock("ABC")
PUT = a_put("2024-03-15", "50")
CALL = a_call("2024-04-19", "51")
ACCOUNT = "DU1"


def a_market() -> FixedMarket:
    market = FixedMarket("2024-01-02", "2024-12-31", holidays=["2024-03-29"])
    market.stock(
        "ABC", {"2024-01-02 09:30": "52.00", "2024-03-14 12:00": "49.00", "2024-04-18 12:00": "53.00"}
    )
    market.quote(PUT, "2024-01-02 09:30", "0.60", "0.64")
    market.quote(CALL, "2024-01-02 09:30", "0.55", "0.59")
    market.dividend("ABC", "2024-04-02", "2024-04-10", "0.25")
    return market


def an_exchange(
    market: FixedMarket, when: str = "2024-02-15 10:00", kind=AccountKind.CASH, cash="10000", **policy
) -> Exchange:
    return Exchange(market, [AccountSetup(ACCOUNT, kind, Decimal(cash))], Policy(**policy), at(when))


def a_ticket(contract, quantity: int, limit: str | None = None, order_id: int = 1, **more) -> OrderTicket:
    return OrderTicket(
        client_id=more.pop("client_id", 7),
        order_id=order_id,
        account=ACCOUNT,
        legs=more.pop("legs", None) or (TicketLeg(contract, 1),),
        quantity=quantity,
        kind=OrderKind.MARKET if limit is None else OrderKind.LIMIT,
        limit=None if limit is None else Decimal(limit),
        **more,
    )


def cash(exchange: Exchange) -> Decimal:
    return exchange.values(ACCOUNT).total_cash


def held(exchange: Exchange) -> dict[str, int]:
    return {one.contract.key: one.quantity for one in exchange.holdings(ACCOUNT) if one.quantity}


def kinds(reports) -> list[type]:
    return [type(one) for one in reports]


def test_a_marketable_order_fills_when_it_arrives_at_the_quote_and_not_at_its_limit():
    exchange = an_exchange(a_market())

    reports = exchange.submit(a_ticket(PUT, -1, "0.55"))

    assert kinds(reports) == [Accepted, Filled]
    assert reports[1].executions[0].price == Decimal("0.60")
    assert held(exchange) == {PUT.key: -1}
    assert cash(exchange) == 10_000 + 60 - reports[1].executions[0].commission.amount


def test_a_turn_of_the_wheel_ends_with_premiums_dividend_and_gain_less_fees():
    market = a_market()
    exchange = an_exchange(market, early_assignment=0.0)

    put = exchange.submit(a_ticket(PUT, -1))[-1].executions[0]
    exchange.advance(at("2024-03-18 07:59"))
    assert held(exchange) == {}
    exchange.advance(at("2024-03-18 10:00"))
    assert held(exchange) == {"ABC": 100}
    shares = next(one for one in exchange.holdings(ACCOUNT) if one.contract == ABC)
    assert shares.average_cost == 50 - Decimal("0.60") + put.commission.amount / 100

    call = exchange.submit(a_ticket(CALL, -1, order_id=2))[-1].executions[0]
    reports = exchange.advance(at("2024-04-22 10:00"))

    assert held(exchange) == {}
    fees = put.commission.amount + call.commission.amount
    sale = -next(one.amount.amount for one in reports if isinstance(one, CashMoved) and "fees" in one.cause)
    assert 0 < sale < Decimal("0.20")
    assert cash(exchange) == 10_000 + 60 + 55 + 25 + 100 - fees - sale


def test_shares_of_a_put_in_the_money_on_friday_arrive_on_monday_morning():
    exchange = an_exchange(a_market())
    exchange.submit(a_ticket(PUT, -1))

    friday = exchange.advance(at("2024-03-15 20:00"))
    weekend = exchange.advance(at("2024-03-18 07:59"))
    monday = exchange.advance(at("2024-03-18 08:00"))

    assert [(one.contract, one.quantity) for one in friday if isinstance(one, PositionMoved)] == [(PUT, 1)]
    assert [one for one in weekend if isinstance(one, PositionMoved)] == []
    assert [(one.contract, one.quantity) for one in monday if isinstance(one, PositionMoved)] == [(ABC, 100)]
    assert exchange.values(ACCOUNT).total_cash < 5_100


def test_between_expiry_and_delivery_the_money_for_the_shares_is_not_available():
    exchange = an_exchange(a_market())
    exchange.submit(a_ticket(PUT, -1))

    exchange.advance(at("2024-03-16 12:00"))

    assert exchange.values(ACCOUNT).available_funds == cash(exchange) - 5_000


def test_a_cash_account_refuses_a_put_that_its_cash_does_not_secure():
    exchange = an_exchange(a_market(), cash="4900")

    reports = exchange.submit(a_ticket(PUT, -1, "0.60"))

    assert [one.code for one in reports if isinstance(one, Refused)] == [201]
    assert reports[0].order.state is TicketState.INACTIVE
    assert exchange.open_orders() == []


def test_premium_counts_toward_the_cash_that_secures_its_own_put():
    exchange = an_exchange(a_market(), cash="4945")

    exchange.submit(a_ticket(PUT, -1, "0.60"))

    assert held(exchange) == {PUT.key: -1}
    assert 0 <= exchange.values(ACCOUNT).available_funds < 5


def test_working_orders_reserve_what_they_would_take():
    exchange = an_exchange(a_market(), cash="9000")
    exchange.submit(a_ticket(PUT, -1, "2.00"))

    second = exchange.submit(a_ticket(PUT, -1, "2.00", order_id=2))

    assert kinds(second) == [Refused]
    assert second[0].code == 201


@pytest.mark.parametrize(
    ("ticket", "code"),
    [
        (a_ticket(a_put("2024-03-15", "47"), -1, "0.60"), 200),
        (a_ticket(Stock("XYZ"), 1, "10.00"), 200),
        (a_ticket(PUT, -1, "0.605"), 110),
        (a_ticket(PUT, -1, "3.01"), 110),
        (a_ticket(PUT, 0, "0.60"), 321),
        (a_ticket(PUT, -1, "0.60", legs=(TicketLeg(PUT, -1),)), 321),
        (a_ticket(PUT, -1, "0.60", legs=(TicketLeg(PUT, 1), TicketLeg(PUT, -1))), 321),
        (a_ticket(PUT, -1, "0.60", legs=(TicketLeg(PUT, 2), TicketLeg(CALL, -2))), 321),
        (a_ticket(PUT, -1, "-0.60"), 110),
    ],
)
def test_a_faulty_order_is_refused_with_the_number_that_ib_gives(ticket, code):
    exchange = an_exchange(a_market())

    reports = exchange.submit(ticket)

    assert [one.code for one in reports] == [code]
    assert exchange.open_orders() == []
    assert held(exchange) == {}


def test_the_name_of_a_finished_order_cannot_be_used_again():
    exchange = an_exchange(a_market())
    exchange.submit(a_ticket(PUT, -1))
    exchange.submit(a_ticket(PUT, 1, "0.10", order_id=2))
    exchange.cancel(7, 2)

    assert exchange.submit(a_ticket(PUT, -1))[0].code == 104
    assert exchange.submit(a_ticket(PUT, 1, "0.10", order_id=2))[0].code == 103
    assert exchange.cancel(7, 1)[0].code == 10148
    assert exchange.cancel(7, 99)[0].code == 10147


def test_sending_a_live_order_again_changes_its_price_and_fills_it_when_it_is_marketable():
    exchange = an_exchange(a_market())
    first = exchange.submit(a_ticket(PUT, -1, "0.90"))

    second = exchange.submit(a_ticket(PUT, -1, "0.60"))

    assert kinds(first) == [Accepted]
    assert kinds(second) == [Accepted, Filled]
    assert first[0].order.perm_id == second[1].order.perm_id


def test_a_refused_change_leaves_the_order_as_it_was():
    exchange = an_exchange(a_market())
    exchange.submit(a_ticket(PUT, -1, "0.90"))

    refused = exchange.submit(a_ticket(PUT, -1, "0.905"))

    assert refused[0].code == 110
    assert exchange.open_orders()[0].ticket.limit == Decimal("0.90")


def test_an_order_outside_hours_waits_for_the_open_and_a_day_order_ends_at_the_close():
    market = a_market()
    exchange = an_exchange(market, "2024-02-15 18:00", shy=1.0)

    early = exchange.submit(a_ticket(PUT, -1, "0.63"))
    opened = exchange.advance(at("2024-02-16 09:30"))
    closed = exchange.advance(at("2024-02-16 16:00"))

    assert early[0].order.state is TicketState.PRE_SUBMITTED
    assert [one.order.state for one in opened if isinstance(one, Accepted)] == [TicketState.SUBMITTED]
    assert kinds(closed) == [Cancelled]
    assert closed[0].at == at("2024-02-16 16:00")


def test_an_order_good_till_cancelled_survives_the_close():
    exchange = an_exchange(a_market(), shy=1.0)
    exchange.submit(a_ticket(PUT, -1, "0.63", tif=TimeInForce.GTC))

    exchange.advance(at("2024-02-20 12:00"))

    assert [one.state for one in exchange.open_orders()] == [TicketState.SUBMITTED]


def test_an_immediate_order_takes_what_is_displayed_and_cancels_the_rest():
    market = a_market()
    market.quote(PUT, "2024-02-15 09:30", "0.60", "0.64", size=2)
    exchange = an_exchange(market, cash="50000")

    reports = exchange.submit(a_ticket(PUT, -5, "0.60", tif=TimeInForce.IOC))

    assert kinds(reports) == [Accepted, Filled, Cancelled]
    assert held(exchange) == {PUT.key: -2}


def test_what_the_touch_does_not_take_works_on_and_fills_in_more_executions():
    market = a_market()
    market.quote(PUT, "2024-02-15 09:30", "0.60", "0.64", size=2)
    exchange = an_exchange(market, cash="50000")

    exchange.submit(a_ticket(PUT, -5, "0.60"))
    exchange.advance(at("2024-02-15 10:02"))

    sizes = [one.quantity for one in exchange.executions()]
    assert sizes == [-2, -2, -1]
    commissions = [round(one.commission.amount, 1) for one in exchange.executions()]
    assert commissions == [Decimal("1.4"), Decimal("1.4"), Decimal("0.7")]


def test_an_order_that_waited_is_paid_its_limit_when_the_market_comes_to_it():
    market = a_market()
    market.quote(PUT, "2024-02-15 10:30", "0.90", "0.94")
    exchange = an_exchange(market, shy=1.0)

    exchange.submit(a_ticket(PUT, -1, "0.70"))
    reports = exchange.advance(at("2024-02-15 11:00"))

    assert [(one.at, one.executions[0].price) for one in reports] == [
        (at("2024-02-15 10:30"), Decimal("0.70"))
    ]


def test_what_is_left_of_a_marketable_order_goes_on_at_the_quote():
    market = a_market()
    market.quote(PUT, "2024-02-15 09:30", "0.60", "0.64", size=1)
    exchange = an_exchange(market, cash="50000")

    exchange.submit(a_ticket(PUT, -2, "0.55"))
    exchange.advance(at("2024-02-15 10:05"))

    assert [one.price for one in exchange.executions()] == [Decimal("0.60"), Decimal("0.60")]


def test_two_orders_of_one_instant_share_what_is_displayed():
    market = a_market()
    market.quote(PUT, "2024-02-15 09:30", "0.60", "0.64", size=2)
    exchange = an_exchange(market, cash="50000")

    exchange.submit(a_ticket(PUT, -2, "0.60"))
    second = exchange.submit(a_ticket(PUT, -2, "0.60", order_id=2))

    assert kinds(second) == [Accepted]


def test_at_alpha_an_order_fills_whole_between_mid_and_natural_rounded_against_it():
    for alpha, expected in (("0", "0.62"), ("0.25", "0.61"), ("0.5", "0.61"), ("1", "0.60")):
        exchange = an_exchange(a_market(), fills=FillRule.ALPHA, alpha=Decimal(alpha), cash="50000")
        reports = exchange.submit(a_ticket(PUT, -3, "0.60"))
        assert [one.price for one in reports[1].executions] == [Decimal(expected)]


def test_at_alpha_a_limit_that_the_rule_does_not_reach_waits():
    exchange = an_exchange(a_market(), fills=FillRule.ALPHA, alpha=Decimal("0.5"))

    assert kinds(exchange.submit(a_ticket(PUT, -1, "0.62"))) == [Accepted]
