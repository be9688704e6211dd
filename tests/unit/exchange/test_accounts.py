"""What an account may do: available funds, margin, what-if, liquidation, expiry ahead."""

from __future__ import annotations

from decimal import Decimal

import pytest

from premia.domain.account import AccountKind
from premia.domain.instrument import Option
from premia.exchange.exchange import Exchange
from premia.exchange.types import Accepted, Cancelled, Filled, Refused, TicketLeg, WhatIf
from premia.exchange.types_market import UnderlyingSettings
from tests.unit.exchange.fixed_market import FixedMarket, a_call, a_put, at
from tests.unit.exchange.test_exchange import ABC, ACCOUNT, a_ticket, an_exchange, cash, held, kinds
from tests.unit.exchange.test_settlement import an_account

PUT95 = a_put("2024-04-19", "95")
PUT90 = a_put("2024-04-19", "90")
CALL105 = a_call("2024-04-19", "105")


def a_market(**prices: str) -> FixedMarket:
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "100", **prices})
    market.quote(PUT95, "2024-01-02 09:30", "1.36", "1.38")
    market.quote(PUT90, "2024-01-02 09:30", "0.30", "0.32")
    market.quote(CALL105, "2024-01-02 09:30", "1.73", "1.75")
    return market


def roll(limit: str, order_id: int = 2):
    """Buy the 95 put back and sell the 90 put, as one order."""
    return a_ticket(None, 1, limit, order_id, legs=(TicketLeg(PUT95, 1), TicketLeg(PUT90, -1)))


def figures(exchange: Exchange):
    return exchange.values(ACCOUNT)


def test_a_naked_put_on_margin_requires_what_reg_t_says():
    """S = 100, short 95 put at 1.37: 1.37 + max(20 - 5, 9.5) a share."""
    exchange = an_account(a_market(), "2024-03-01 10:00", (PUT95, -1, "137"), cash="10137")
    values = figures(exchange)
    assert values.initial_margin == values.maintenance_margin == 1_637
    assert values.available_funds == values.excess_liquidity == 10_137 - 1_637
    assert values.net_liquidation == 10_000


def test_a_worth_is_that_of_its_instant_however_late_it_is_asked_for():
    """100 shares at 100 and a put short at 1.37 on 5,137 of cash; later the shares stand at 90."""
    market = a_market(**{"2024-03-01 11:00": "90"})
    exchange = an_account(market, "2024-03-01 10:00", (ABC, 100, "100"), (PUT95, -1, "137"), cash="5137")
    then = exchange.worth(ACCOUNT)
    exchange.advance(at("2024-03-01 12:00"))
    assert then.amount == 15_000
    assert figures(exchange).net_liquidation == exchange.worth(ACCOUNT).amount == 14_000


def test_shares_on_margin_are_half_financed_and_kept_at_a_quarter():
    exchange = an_account(a_market(), "2024-03-01 10:00", (ABC, 100, "100"), cash="-4000")
    values = figures(exchange)
    assert (values.equity_with_loan, values.initial_margin, values.maintenance_margin) == (
        6_000,
        5_000,
        2_500,
    )
    assert values.available_funds == 1_000
    assert values.settled_cash == -4_000


def test_a_cash_secured_put_takes_its_strike():
    exchange = an_account(
        a_market(), "2024-03-01 10:00", (PUT95, -1, "137"), cash="10000", kind=AccountKind.IRA
    )
    values = figures(exchange)
    assert values.available_funds == 500
    assert values.buying_power == 500
    assert values.day_trades_left is None


def test_a_class_and_its_leverage_come_from_the_market():
    market = a_market()
    market.stock(
        "ABC", {"2024-01-02 09:30": "100"}, UnderlyingSettings("ABC fund", "broad_etf", "FINE", etf=True)
    )
    exchange = an_account(market, "2024-03-01 10:00", (PUT95, -1, "137"), cash="10137")
    assert figures(exchange).initial_margin == 137 + 1_000  # 15 % less 5 out of the money


def test_an_uncovered_call_is_refused_in_a_cash_account_and_a_covered_one_is_not():
    bare = an_exchange(a_market(), "2024-03-01 10:00", cash="99999")
    assert bare.submit(a_ticket(CALL105, -1))[0].code == 201

    covered = an_account(a_market(), "2024-03-01 10:00", (ABC, 100, "100"), kind=AccountKind.CASH)
    assert kinds(covered.submit(a_ticket(CALL105, -1))) == [Accepted, Filled]


def test_one_lot_of_shares_covers_one_working_call_and_not_two():
    exchange = an_account(a_market(), "2024-03-01 10:00", (ABC, 100, "100"), kind=AccountKind.CASH)
    exchange.submit(a_ticket(CALL105, -1, "2.50"))

    second = exchange.submit(a_ticket(CALL105, -1, "2.50", order_id=2))
    sale = exchange.submit(a_ticket(ABC, -100, "120.00", order_id=3))

    assert [one.code for one in (*second, *sale)] == [201, 201]


def test_a_working_order_reduces_available_funds_by_what_its_fill_would_take():
    exchange = an_account(a_market(), "2024-03-01 10:00", cash="20000")
    exchange.submit(a_ticket(PUT95, -1, "1.50"))
    reserved = 20_000 - figures(exchange).available_funds
    exchange.submit(a_ticket(PUT95, -1, "1.36"))
    taken = 20_000 - figures(exchange).available_funds

    assert reserved == pytest.approx(
        Decimal(1487) + 1, abs=Decimal("0.2")
    )  # requirement less the limit's credit
    assert taken == pytest.approx(Decimal(1501) + 1, abs=Decimal("0.2"))


def test_a_closing_order_is_taken_even_when_nothing_is_available():
    exchange = an_account(
        a_market(), "2024-03-01 10:00", (PUT95, -1, "137"), cash="9400", kind=AccountKind.CASH
    )
    assert figures(exchange).available_funds < 0
    assert kinds(exchange.submit(a_ticket(PUT95, 1, "1.38"))) == [Accepted, Filled]


def test_what_if_states_margin_and_equity_before_and_after_and_the_commission():
    exchange = an_account(a_market(), "2024-03-01 10:00", cash="10000")

    found = exchange.what_if(a_ticket(PUT95, -1, "1.37"))

    assert isinstance(found, WhatIf)
    assert (found.initial_before, found.initial_after) == (0, 1_637)
    assert found.commission == pytest.approx(Decimal("1.05"), abs=Decimal("0.01"))
    assert found.equity_after == 10_000 + 137 - found.commission
    assert exchange.record == []
    assert held(exchange) == {}


def test_what_if_of_a_refused_order_is_the_refusal():
    exchange = an_account(a_market(), "2024-03-01 10:00", cash="10000")
    found = exchange.what_if(a_ticket(PUT95, -1, "1.375"))
    assert isinstance(found, Refused)
    assert found.code == 110


def test_what_if_warns_of_what_the_account_may_not_hold():
    exchange = an_exchange(a_market(), "2024-03-01 10:00", cash="99999")
    assert "uncovered short calls" in exchange.what_if(a_ticket(CALL105, -1, "1.75")).warning


def test_a_roll_is_one_order_with_a_line_of_its_own_and_executions_a_leg():
    exchange = an_account(
        a_market(),
        "2024-03-01 10:00",
        (PUT95, -1, "137"),
        cash="9600",
        kind=AccountKind.CASH,
        combo_width=1.0,
    )

    reports = exchange.submit(roll("1.08"))

    lines = reports[1].executions
    assert [(one.contract, one.quantity) for one in lines] == [(None, 1), (PUT95, 1), (PUT90, -1)]
    assert lines[0].price == Decimal("1.08") == lines[1].price - lines[2].price
    assert lines[0].commission is None
    assert lines[1].realized is not None
    assert lines[2].realized is None
    assert held(exchange) == {PUT90.key: -1}
    spent = lines[1].commission.amount + lines[2].commission.amount
    assert cash(exchange) == 9_600 - 108 - spent
    assert spent > Decimal("1.30")


@pytest.mark.parametrize(("width", "last"), [(0.0, Filled), (1.0, Accepted)])
def test_a_combo_s_book_is_tighter_than_its_legs(width, last):
    """Mid 1.06, half-widths of 0.07 a leg: 1.20 at the sum of the legs, 1.16 where their risk is netted."""
    market = a_market()
    market.quote(PUT95, "2024-03-01 09:30", "1.30", "1.44")
    market.quote(PUT90, "2024-03-01 09:30", "0.24", "0.38")
    account = {"cash": "9800", "kind": AccountKind.CASH}
    exchange = an_account(market, "2024-03-01 10:00", (PUT95, -1, "137"), **account, combo_width=width)

    assert type(exchange.submit(roll("1.17"))[-1]) is last


def test_a_vertical_on_margin_takes_its_width_and_a_bare_leg_of_it_more():
    exchange = an_account(a_market(), "2024-03-01 10:00", cash="600")
    spread = a_ticket(None, 1, "-1.00", legs=(TicketLeg(PUT95, -1), TicketLeg(PUT90, 1)))

    assert exchange.submit(a_ticket(PUT95, -1, "1.37", order_id=5))[0].code == 201
    exchange.submit(spread)

    assert held(exchange) == {PUT95.key: -1, PUT90.key: 1}
    assert figures(exchange).initial_margin == 500


def test_after_expiry_every_short_in_the_money_counts_as_assigned():
    exchange = an_account(
        a_market(**{"2024-04-19 09:30": "92"}), "2024-04-18 12:00", (PUT95, -1, "137"), cash="3000"
    )
    assert figures(exchange).post_expiration_excess == figures(exchange).excess_liquidity

    exchange.advance(at("2024-04-19 09:45"))

    # 100 shares at 92 with 6,500 owed for them; maintenance is a quarter of 9,200.
    assert figures(exchange).post_expiration_excess == 9_200 - 6_500 - 2_300
    assert figures(exchange).look_ahead_excess == 400


def test_a_margin_account_below_zero_excess_buys_its_shorts_back_at_the_offer():
    market = a_market(**{"2024-03-04 10:00": "80"})
    market.quote(PUT95, "2024-03-04 10:00", "15.80", "16.20")
    exchange = an_account(market, "2024-03-01 10:00", (PUT95, -2, "137"), cash="5000")
    exchange.submit(a_ticket(ABC, 1, "90.00"))

    reports = exchange.advance(at("2024-03-04 10:45"))

    ended, order, fill = [one for one in reports if not getattr(one, "text", "")][-3:]
    assert isinstance(ended, Cancelled)
    assert isinstance(order, Accepted)
    assert (order.at, order.order.ticket.client_id) == (at("2024-03-04 10:00"), 0)
    assert isinstance(fill, Filled)
    assert [(one.contract, one.price) for one in fill.executions] == [(PUT95, Decimal("16.20"))]
    assert figures(exchange).excess_liquidity >= 0
    assert exchange.advance(at("2024-03-04 16:00")) == []


def test_liquidation_sells_no_more_than_it_must():
    market = a_market(**{"2024-03-04 10:00": "70"})
    exchange = an_account(market, "2024-03-01 10:00", (ABC, 100, "100"), cash="-6000")

    exchange.advance(at("2024-03-04 10:45"))

    assert 0 < held(exchange)["ABC"] < 100
    values = figures(exchange)
    assert 0 <= values.excess_liquidity < Decimal(20)


def test_a_cash_account_is_never_liquidated():
    market = a_market(**{"2024-03-04 10:00": "70"})
    exchange = an_account(market, "2024-03-01 10:00", (PUT95, -1, "137"), cash="500", kind=AccountKind.CASH)
    assert exchange.advance(at("2024-03-04 12:00")) == []


def test_day_trades_of_a_small_margin_account_are_counted_for_five_sessions():
    exchange = an_account(a_market(), "2024-03-01 10:00", cash="20000")
    assert figures(exchange).day_trades_left == 3

    exchange.submit(a_ticket(PUT95, -1))
    exchange.submit(a_ticket(PUT95, 1, order_id=2))
    assert figures(exchange).day_trades_left == 2

    exchange.submit(a_ticket(PUT95, -1, order_id=3))
    exchange.advance(at("2024-03-07 10:00"))
    exchange.submit(a_ticket(PUT95, 1, order_id=4))
    assert figures(exchange).day_trades_left == 2
    exchange.advance(at("2024-03-08 10:00"))
    assert figures(exchange).day_trades_left == 3


def test_a_large_account_has_no_count_of_day_trades():
    assert figures(an_account(a_market(), "2024-03-01 10:00", cash="25000")).day_trades_left is None


def test_the_figures_add_up():
    exchange = an_account(
        a_market(),
        "2024-03-01 10:00",
        (ABC, 100, "90"),
        (PUT95, -1, "200"),
        (CALL105, -1, "150"),
        cash="20000",
    )
    values = figures(exchange)
    assert values.net_liquidation == values.total_cash + values.stock_value + values.option_value
    assert values.unrealized == 1_000 + (200 - 137) + (150 - 174)
    assert all(isinstance(one.contract, Option) or one.contract == ABC for one in exchange.holdings(ACCOUNT))
