"""Statement against journal, on the wheel that one checks by head."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.events_inferred import Mapped
from premia.domain.instrument import Stock
from premia.domain.money import usd
from premia.domain.statement import (
    CashKind,
    CashLine,
    CashReport,
    CorporateAction,
    OptionEvent,
    StatedHow,
    StatedPosition,
    StatedResult,
    StatedTrade,
    Statement,
)
from premia.reporting.agreement import agree
from premia.reporting.booked import booked
from premia.reporting.costs import TAX, costs
from premia.reporting.moves import moves
from tests.unit.reporting.story import (
    CALL,
    PUT,
    an_order,
    assigned,
    at,
    call_sold,
    dividend,
    numbered,
    put_sold,
    sent,
    single,
    start,
    whole_turn,
)

D = Decimal
XYZ = Stock("XYZ")


def a_row(line, contract, quantity, price, when, **other):
    wanted = {"cost": D(0), "realised": D(0), "session": when.date()} | other
    return StatedTrade(line, contract, quantity, D(price), at=when, **wanted)


SOLD_PUT = a_row(
    1,
    PUT,
    -1,
    "0.60",
    at(1, 6, 15, 4),
    cost=D("1.05"),
    execution=f"wheel/XYZ/put/2026-01-06/1/{PUT.key}.01",
)
ASSIGNED = a_row(2, PUT, 1, 0, at(1, 16, 21), how=StatedHow.ASSIGNED)
SHARES = a_row(3, XYZ, 100, 50, at(1, 16, 21), how=StatedHow.ASSIGNED)
SOLD_CALL = a_row(
    4, CALL, -1, "0.55", at(1, 22), cost=D("1.05"), execution=f"wheel/XYZ/call/2026-01-22/1/{CALL.key}.01"
)
DIVIDEND = CashLine(5, CashKind.DIVIDEND, D(25), date(2026, 2, 5), "XYZ", "XYZ CASH DIVIDEND")
CALLED = a_row(6, CALL, 1, 0, at(2, 20, 21), how=StatedHow.ASSIGNED)
GONE = a_row(7, XYZ, -100, 51, at(2, 20, 21), how=StatedHow.ASSIGNED, realised=D("212.90"))


def a_statement(**other):
    """The whole turn as the broker tells it: 10,000 and 237.90 of it."""
    whole = {
        "source": "Flex",
        "account": "DU1",
        "first": date(2026, 1, 5),
        "last": date(2026, 2, 27),
        "trades": (SOLD_PUT, ASSIGNED, SHARES, SOLD_CALL, CALLED, GONE),
        "cash": (DIVIDEND,),
        "results": (StatedResult(8, "XYZ", D("212.90")),),
        "cash_report": CashReport(9, D(10_000), D("10237.90")),
    }
    return Statement(**(whole | other))


def found(statement, events=None):
    return agree(statement, booked(numbered(whole_turn() if events is None else events)))


def test_a_whole_turn_agrees():
    told = found(a_statement())

    assert told.equal
    assert told.differences == ()
    assert told.compared == {"trade": 2, "assigned": 4, "dividend": 1}


def test_an_assignment_counts_on_its_evening_though_the_journal_learned_of_it_days_later():
    """Friday's statement has the shares; the journal knew on Tuesday."""
    friday = a_statement(
        last=date(2026, 1, 16),
        trades=(SOLD_PUT, ASSIGNED, SHARES),
        cash=(),
        results=(),
        positions=(StatedPosition(4, XYZ, 100),),
        cash_report=CashReport(9, D(10_000), D("5058.95")),
    )

    assert found(friday).equal


def test_a_second_statement_begins_where_the_first_ended():
    second = a_statement(
        first=date(2026, 1, 17),
        trades=(SOLD_CALL, CALLED, GONE),
        cash_report=CashReport(9, D("5058.95"), D("10237.90")),
    )

    told = found(second)

    assert told.differences == ()
    assert {one.name: one.journal for one in told.totals}["cash at the start"] == D("5058.95")


def test_a_corrected_execution_agrees_at_its_last_word():
    told = found(a_statement(trades=(replace(SOLD_PUT, execution=SOLD_PUT.execution[:-2] + "02"), *rest())))

    assert told.equal


def rest():
    return (ASSIGNED, SHARES, SOLD_CALL, CALLED, GONE)


def test_an_activity_statement_without_numbers_is_matched_by_contract_day_and_side():
    anonymous = tuple(replace(row, execution="") for row in a_statement().trades)

    assert found(a_statement(trades=anonymous)).equal


def test_an_order_in_one_row_equals_its_executions():
    """Two contracts in one row of the statement, one and one in the journal."""
    when = at(1, 6)
    order = an_order("XYZ/put", single(PUT, -1), "0.60", when, quantity=2)
    fills = [
        ev.OrderFilled(at=when, key=order.key, fill=replace(put_sold()[-1].fill, exec_id=f"e{n}.01"))
        for n in (1, 2)
    ]
    events = [*start(), *sent(order, when), *fills]
    row = replace(SOLD_PUT, quantity=-2, cost=D("2.10"), execution="")
    statement = a_statement(
        trades=(row,),
        cash=(),
        results=(),
        positions=(StatedPosition(2, PUT, -2),),
        cash_report=CashReport(9, D(10_000), D("10117.90")),
    )

    assert found(statement, events).equal


def test_a_fill_that_positions_told_is_compared_by_its_money():
    """The journal guessed 0.59 less 0.05 where the broker has 0.60 less 1.05: the money is the same."""
    events = whole_turn()
    place = next(n for n, event in enumerate(events) if isinstance(event, ev.OrderFilled))
    guessed = replace(
        events[place].fill, exec_id="inferred/x.01", price=D("0.59"), commission=usd("0.05"), at=at(1, 7)
    )
    events[place] = replace(events[place], fill=guessed)

    assert found(a_statement(), events).equal


def test_an_exercise_day_that_was_guessed_wrongly_is_a_note():
    events = [
        replace(event, exercised=date(2026, 1, 15))
        if isinstance(event, ev.AssignmentInferred) and event.contract == PUT
        else event
        for event in whole_turn()
    ]

    told = found(a_statement(), events)

    assert told.equal
    assert any(
        "2026-01-16 by the statement (line 2), 2026-01-15 by the journal" in note for note in told.notes
    )


def test_an_assignment_that_nobody_booked_is_only_in_the_statement():
    events = [*start(), *put_sold()]

    told = found(a_statement(), events)

    kinds = {(one.what, one.name, one.side) for one in told.differences}
    assert ("assigned", PUT.key, "only in the statement") in kinds
    assert ("assigned", "XYZ", "only in the statement") in kinds


def test_an_options_event_without_a_trade_row_counts_as_its_end():
    expired = OptionEvent(2, PUT, 1, StatedHow.EXPIRED, date(2026, 1, 16))
    events = [*start(), *put_sold(), ev.ExpiryInferred(at=at(1, 20), contract=PUT, quantity=1)]
    statement = a_statement(
        trades=(SOLD_PUT,),
        cash=(),
        option_events=(expired,),
        results=(),
        cash_report=CashReport(9, D(10_000), D("10058.95")),
    )

    told = found(statement, events)

    assert told.equal
    assert told.compared["expired"] == 1


def test_unexplained_cash_is_explained_by_the_lines_that_add_up_to_it():
    """A fee and a deposit came between two looks."""
    events = [*whole_turn(), ev.CashUnexplained(at=at(2, 24), amount=usd("495.50"), note="?")]
    lines = (
        DIVIDEND,
        CashLine(10, CashKind.FEE, D("-4.50"), date(2026, 2, 23)),
        CashLine(11, CashKind.DEPOSIT, D(500), date(2026, 2, 24)),
    )

    told = found(a_statement(cash=lines, cash_report=CashReport(9, D(10_000), D("10733.40"))), events)

    assert told.equal
    assert (told.compared["fee"], told.compared["deposit or withdrawal"]) == (1, 1)


def test_a_dividend_of_another_amount_is_one_difference_with_the_campaign():
    events = [*start(), *put_sold(), *assigned(), *dividend()]
    statement = a_statement(
        trades=(SOLD_PUT, ASSIGNED, SHARES),
        cash=(replace(DIVIDEND, amount=D("24.99")),),
        results=(),
        positions=(StatedPosition(4, XYZ, 100),),
        cash_report=CashReport(9, D(10_000), D("5083.94")),
    )

    one, balance = found(statement, events).differences

    assert (one.what, one.difference, one.line) == ("dividend", D("-0.01"), 5)
    assert one.campaign == "wheel/XYZ/put/2026-01-06/1"
    assert balance.why == "as the lines above say"


def test_cash_that_differs_with_no_row_to_explain_it_is_said():
    told = found(a_statement(cash_report=CashReport(9, D(10_000), D("10237.89"))))

    (only,) = told.differences
    assert (only.what, only.difference, only.why) == ("cash balance", D("-0.01"), "no line above explains it")


def test_half_a_cent_is_no_difference():
    told = found(a_statement(cash_report=CashReport(9, D(10_000), D("10237.9049"))))

    assert told.equal


def test_what_was_before_the_journal_is_noted_and_not_compared():
    early = a_row(0, PUT, -1, "0.70", datetime(2026, 1, 2, 15, tzinfo=UTC), execution="old.01")
    told = found(a_statement(first=date(2026, 1, 1), trades=(early, *a_statement().trades)))

    assert told.equal
    assert any("from before the journal began" in note for note in told.notes)


def test_what_the_journal_cannot_know_yet_says_so():
    late = a_row(20, PUT, -1, "0.70", at(2, 26), execution="new.01")
    told = found(a_statement(trades=(*a_statement().trades, late)))

    alone = next(one for one in told.differences if one.execution == "new.01")
    assert alone.why == "the journal ends on 2026-02-23; make a pass and compare again"


def test_money_seen_in_the_first_days_may_be_the_earlier_statements():
    """Paid on 30 January by the broker, seen on 2 February by the journal."""
    events = [replace(e, at=at(2, 2)) if isinstance(e, ev.CashBooked) else e for e in whole_turn()]
    february = a_statement(
        first=date(2026, 2, 1),
        trades=(CALLED, GONE),
        cash=(),
        cash_report=CashReport(9, D("5137.90"), D("10237.90")),
    )

    assert found(february, events).equal


def test_money_that_no_statement_has_is_no_earlier_statements():
    events = [replace(e, at=at(2, 2)) if isinstance(e, ev.CashBooked) else e for e in whole_turn()]
    february = a_statement(
        first=date(2026, 2, 1),
        trades=(CALLED, GONE),
        cash=(),
        cash_report=CashReport(9, D("5112.90"), D("10212.90")),
    )

    sides = {(one.what, one.side) for one in found(february, events).differences}
    assert ("dividend", "only in the journal") in sides


@pytest.mark.parametrize("quantity", [0, 200])
def test_a_position_that_differs_is_named(quantity):
    positions = (StatedPosition(12, XYZ, quantity),) if quantity else ()
    events = [*start(), *put_sold(), *assigned()]
    statement = a_statement(
        trades=(SOLD_PUT, ASSIGNED, SHARES),
        cash=(),
        results=(),
        positions=positions,
        cash_report=CashReport(9, D(10_000), D("5058.95")),
    )

    (only,) = found(statement, events).differences
    assert (only.what, only.name, only.difference) == ("position", "XYZ", D(quantity - 100))


def a_split():
    """The 100 shares of the assignment, two for one on 26 January, and the call at half its strike."""
    half = replace(CALL, strike=D("25.5"))
    changes = (Mapped(XYZ, XYZ, 100, 200), Mapped(CALL, half, -1, -2))
    return ev.SplitInferred(at=at(1, 26), symbol="XYZ", numerator=2, denominator=1, changes=changes), half


def test_a_split_agrees_where_the_statement_tells_it_and_is_named_where_it_does_not():
    event, half = a_split()
    events = [*start(), *put_sold(), *assigned(), *call_sold(), event]
    day = date(2026, 1, 26)
    actions = (
        CorporateAction(20, XYZ, "FS", 100, D(0), day, "XYZ SPLIT 2 FOR 1"),
        CorporateAction(21, CALL, "FS", 1, D(0), day, "XYZ SPLIT 2 FOR 1"),
        CorporateAction(22, half, "FS", -2, D(0), day, "XYZ SPLIT 2 FOR 1"),
    )
    told = a_statement(
        trades=(SOLD_PUT, ASSIGNED, SHARES, SOLD_CALL),
        cash=(),
        results=(),
        actions=actions,
        positions=(StatedPosition(4, XYZ, 200), StatedPosition(5, half, -2)),
        cash_report=CashReport(9, D(10_000), D("5112.90")),
    )

    silent = {one.name: one.side for one in found(replace(told, actions=()), events).differences}
    unbooked = {one.what: one.side for one in found(told, events[:-1]).differences}

    assert found(told, events).equal
    assert found(told, events).compared["corporate action"] == 3
    assert silent == dict.fromkeys(("XYZ", CALL.key, half.key), "only in the journal")
    assert unbooked["corporate action"] == "only in the statement"


def test_after_a_split_lots_cost_what_they_did():
    """Two lots of 15 and 5 shares become 22 and 8 by three for two: no cost is lost, and all of them sell."""
    one, other = (
        ev.ExternalChange(
            at=at(1, 6), fill=replace(put_sold()[-1].fill, contract=XYZ, quantity=n, exec_id=f"{n}.1")
        )
        for n in (15, 5)
    )
    event = ev.SplitInferred(
        at=at(1, 26), symbol="XYZ", numerator=3, denominator=2, changes=(Mapped(XYZ, XYZ, 20, 30),)
    )
    kept = costs(moves(numbered([*start(), one, other, event])), TAX)

    assert [lot.quantity for lot in kept.lots["XYZ"]] == [22, 8]
    assert sum(lot.cost for lot in kept.lots["XYZ"]) == 20 * D("0.60") + 2 * D("1.05")


def test_before_a_baseline_there_is_nothing_to_compare():
    assert booked(numbered([])) is None
