"""Every yes and every no can be asked for."""

from datetime import date

from premia.domain import events as ev
from premia.domain.apply import fold
from premia.reporting.explain import explain, standing
from tests.unit.reporting.story import (
    assigned,
    at,
    call_sold,
    cycle,
    numbered,
    passed,
    put_sold,
    refused,
    start,
)


def test_a_cycle_gives_passed_refused_and_ordered_with_rule_numbers_and_reason():
    when = at(1, 7)
    events = [*start(), *put_sold(), *cycle("c9", when, passed("ABC", when), refused("ABC", when))]

    [first, last] = explain(numbered(events), "ABC")

    assert [(one.verdict, one.rule) for one in first.findings] == [("passed", "minimum_yield")]
    assert [(one.verdict, one.rule) for one in last.findings] == [
        ("passed", "minimum_yield"),
        ("refused", "cash_secured"),
    ]
    assert last.findings[0].numbers == {"yield_": 0.041, "least": 0.06}
    assert last.findings[1].reason == (
        "cash_secured: needs 5,000 USD, 4,100 available after 0 working orders; wanted: put at delta 0.25"
    )
    assert last.findings[1].numbers == {"needed": 5000, "available": 4100, "delta": -0.25}
    assert (last.cycle, last.intents, last.passed) == ("c9", 1, 1)


def test_an_order_says_what_became_of_it():
    [only] = explain(numbered([*start(), *put_sold()]), "XYZ")

    [finding] = only.findings
    assert (finding.verdict, finding.subject, finding.outcome) == (
        "ordered",
        "wheel/XYZ/put/2026-01-06/1",
        "filled",
    )
    assert finding.numbers == {"delta": -0.25, "spot": 52.1}


def test_blocks_and_assignments_belong_to_the_cycle_before_them():
    [only] = explain(numbered([*start(), *put_sold(), *assigned()]), "XYZ")

    assert [one.verdict for one in only.findings] == ["ordered", "blocked", "booked", "unblocked"]
    assert "until positions of 2026-01-20 are known" in only.findings[1].reason
    assert "+100 shares at 50" in only.findings[2].reason


def test_only_the_last_cycles_are_told_when_asked():
    events = numbered([*start(), *put_sold(), *assigned(), *call_sold()])

    assert [one.cycle for one in explain(events, "XYZ", last=1)] == ["c2"]
    assert [one.cycle for one in explain(events)] == ["c1", "c2"]


def test_a_cycle_that_could_not_decide_is_told_to_every_symbol():
    when = at(1, 8)
    ended = ev.CycleEnded(
        at=when, cycle="c3", intents=0, approved=0, refused=0, passed=0, note="no decision was made"
    )
    started = ev.CycleStarted(at=when, cycle="c3", session=when.date(), strategies=("wheel",))

    [only] = explain(numbered([*start(), started, ended]), "ABC")

    assert (only.note, only.findings) == ("no decision was made", ())


def test_a_symbol_nobody_looked_at_has_no_cycles():
    assert explain(numbered([*start(), *put_sold()]), "QQQ") == []


def test_what_stands_in_the_way_now_is_told_from_the_book():
    order = put_sold()[2].order
    unknown = ev.OrderUnknown(at=at(1, 7), key=order.key, why="no evidence")
    block = ev.SymbolBlocked(at=at(1, 7), symbol="XYZ", why="order unknown", until_session=date(2026, 1, 8))

    free = standing(fold(start()), "XYZ")
    stuck = standing(fold([*start(), *put_sold()[:-1], unknown, block]), "XYZ")

    assert (free.blocked, free.unknown_orders, free.working_orders) == ("", (), ())
    assert (stuck.blocked, stuck.until_session, stuck.unknown_orders) == (
        "order unknown",
        "2026-01-08",
        (order.key,),
    )
