"""What was earned, by our convention and by the broker's."""

from decimal import Decimal

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.instrument import Stock
from premia.domain.money import usd
from premia.domain.position import BrokerPosition
from premia.reporting.costs import BROKER, OURS, TAX, costs
from premia.reporting.moves import moves
from premia.reporting.pnl import statement
from tests.unit.reporting.story import (
    PUT,
    a_fill,
    an_order,
    assigned,
    at,
    called_away,
    filled,
    numbered,
    put_sold,
    sent,
    single,
    start,
    whole_turn,
)

D = Decimal


def test_a_whole_turn_earns_premium_shares_dividends_less_fees():
    total = statement(numbered(whole_turn())).total

    assert (total.premium, total.options, total.shares) == (D(115), D(115), D(100))
    assert (total.dividends, total.fees, total.total) == (D(25), D("2.10"), D("237.90"))


def test_over_a_whole_turn_every_convention_earns_the_same():
    """Only dividends, which no convention counts as realised, stand beside."""
    told = statement(numbered(whole_turn()))

    assert told.total.broker == D("237.90") - D(25)
    assert told.waiting == 0


def test_the_premium_of_an_assigned_put_waits_in_the_shares_of_the_broker():
    """Ours has realised 60.00 less 1.05; the broker's waits for the sale of the shares."""
    told = statement(numbered([*start(), *put_sold(), *assigned()]))

    assert (told.total.options, told.total.broker, told.waiting) == (D(60), D(0), D("58.95"))


def test_months_add_up_to_the_total():
    told = statement(numbered(whole_turn()))

    assert [month.month.isoformat() for month in told.months] == ["2026-01-01", "2026-02-01"]
    assert [month.total for month in told.months] == [D("57.90"), D("180.00")]
    for name in ("premium", "options", "shares", "dividends", "interest", "fees", "total", "broker"):
        assert sum(getattr(month, name) for month in told.months) == getattr(told.total, name)


def test_a_close_is_realised_as_the_broker_says():
    """Sold at 0.60, bought back at 0.30, 1.05 each: 60 - 30 - 2.10 = 27.90."""
    close = an_order("XYZ/close", single(PUT, 1), "-0.30", at(1, 9), trade="wheel/XYZ/put/2026-01-06/1")
    fill = a_fill(close, PUT, 1, "0.30", at(1, 9), realized=usd("27.90"))
    events = [
        *start(),
        *put_sold(),
        *sent(close, at(1, 9)),
        ev.OrderFilled(at=at(1, 9), key=close.key, fill=fill),
    ]

    told = statement(numbered(events))

    assert (told.total.total, told.total.broker) == (D("27.90"), D("27.90"))
    assert (told.reported, told.computed, told.difference) == (D("27.90"), D("27.90"), D(0))


def test_a_cent_that_the_broker_sees_differently_is_shown():
    close = an_order("XYZ/close", single(PUT, 1), "-0.30", at(1, 9), trade="wheel/XYZ/put/2026-01-06/1")
    fill = a_fill(close, PUT, 1, "0.30", at(1, 9), realized=usd("27.89"))
    events = [
        *start(),
        *put_sold(),
        *sent(close, at(1, 9)),
        ev.OrderFilled(at=at(1, 9), key=close.key, fill=fill),
    ]

    assert statement(numbered(events)).difference == D("0.01")


def test_a_worthless_expiry_realises_the_premium_less_its_fee_at_the_broker():
    events = [*start(), *put_sold(), ev.ExpiryInferred(at=at(1, 20), contract=PUT, quantity=1)]

    total = statement(numbered(events)).total

    assert (total.options, total.fees, total.broker) == (D(60), D("1.05"), D("58.95"))


def test_a_cash_settlement_is_what_was_paid():
    """The put ended 2.00 in the money: 200 paid for 60 received."""
    paid = ev.CashSettlementInferred(at=at(1, 20), contract=PUT, quantity=1, amount=usd(-200))

    assert statement(numbered([*start(), *put_sold(), paid])).total.options == D(-140)


def test_interest_and_unexplained_cash_have_lines_of_their_own():
    events = [
        *start(),
        ev.CashBooked(at=at(2, 4), cause="interest/2026-01", predicted=usd("3.11"), amount=usd("3.11")),
        ev.CashUnexplained(at=at(2, 5), amount=usd(-7), note="nobody knows"),
    ]

    total = statement(numbered(events)).total

    assert (total.interest, total.unexplained, total.total) == (D("3.11"), D(-7), D("-3.89"))


def test_a_commission_told_later_counts_once():
    order = an_order("XYZ/put", single(PUT, -1), "0.60", at(1, 6))
    bare = a_fill(order, PUT, -1, "0.60", at(1, 6), commission=None)
    events = [
        *start(),
        *sent(order, at(1, 6)),
        ev.OrderFilled(at=at(1, 6), key=order.key, fill=bare),
        ev.CommissionReported(at=at(1, 6), exec_id=bare.exec_id, commission=usd("1.05")),
    ]

    assert statement(numbered(events)).total.fees == D("1.05")


def test_a_corrected_execution_counts_once_as_corrected():
    order = an_order("XYZ/put", single(PUT, -1), "0.60", at(1, 6))
    wrong = a_fill(order, PUT, -1, "0.60", at(1, 6), exec_id="0001.01")
    right = replace(wrong, exec_id="0001.02", price=D("0.58"))
    events = [
        *start(),
        *sent(order, at(1, 6)),
        ev.OrderFilled(at=at(1, 6), key=order.key, fill=wrong),
        ev.OrderFilled(at=at(1, 7), key=order.key, fill=right),
    ]

    total = statement(numbered(events)).total

    assert (total.premium, total.fees) == (D("58.00"), D("1.05"))


def test_adopted_shares_cost_what_the_broker_says_and_the_premium_is_not_taken_off_again():
    """Held at 49.40, where the broker has netted a put already; called away at 51: 160 USD."""
    held = BrokerPosition(Stock("XYZ"), 100, D("49.40"))
    call = called_away()[0]
    sold = an_order("XYZ/call", single(call.contract, -1), "0.55", at(1, 22), reserved=usd(0))
    events = [
        *start("5000", (held,)),
        *sent(sold, at(1, 22)),
        filled(sold, call.contract, -1, "0.55", at(1, 22)),
        call,
    ]

    total = statement(numbered(events)).total

    assert (total.shares, total.options, total.fees) == (D("160.00"), D("55.00"), D("1.05"))
    assert total.broker == total.total == D("213.95")


def test_lots_leave_first_in_first_out_for_tax_and_averaged_at_the_broker():
    """100 at 10 and 100 at 20; 100 sold at 30: the tax basis of the rest is 20, the broker's 15."""
    stock = Stock("XYZ")
    trades = [(100, "10"), (100, "20"), (-100, "30")]
    order = an_order("XYZ/put", single(PUT, -1), "0.60", at(1, 6))
    events = [
        ev.ExternalChange(
            at=at(1, 6, 15, n),
            fill=a_fill(order, stock, quantity, each, at(1, 6, 15, n), exec_id=f"x{n}", commission=usd(0)),
        )
        for n, (quantity, each) in enumerate(trades)
    ]
    moved = moves(numbered(events))

    assert costs(moved, TAX).basis(stock) == D(20)
    assert costs(moved, BROKER).basis(stock) == D(15)
    assert [one.result for one in costs(moved, TAX).realised] == [D(2000)]
    assert [one.result for one in costs(moved, OURS).realised] == [D(1500)]


def test_a_movement_through_zero_realises_the_part_that_closes():
    """Long 100 at 10, 150 sold at 12: 200 realised, short 50 at 12."""
    stock = Stock("XYZ")
    order = an_order("XYZ/put", single(PUT, -1), "0.60", at(1, 6))
    events = [
        ev.ExternalChange(
            at=at(1, 6), fill=a_fill(order, stock, quantity, each, at(1, 6), exec_id=each, commission=usd(0))
        )
        for quantity, each in ((100, "10"), (-150, "12"))
    ]
    told = costs(moves(numbered(events)), TAX)

    assert [one.result for one in told.realised] == [D(200)]
    assert [(lot.quantity, lot.cost) for lot in told.lots["XYZ"]] == [(-50, D(-600))]


def test_fees_at_assignment_are_no_commissions_of_executions():
    """A put sold for 1.05, shares called away for 0.32: fees 1.37, of which executions cost 1.05."""
    taken = [replace(e, fees=usd("0.32")) if isinstance(e, ev.AssignmentInferred) else e for e in assigned()]

    told = statement(numbered([*start(), *put_sold(), *taken]))

    assert (told.total.fees, told.commissions) == (D("1.37"), D("1.05"))
