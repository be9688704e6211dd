"""The desk: one message a cause, none twice in ten minutes, louder while it lasts, one when it is over."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.reporting.alerts import Desk, Manners
from premia.reporting.causes import Cause
from tests.unit.exchange.fixed_market import at

NOON = at("2024-03-11 12:00")
OPEN = at("2024-03-12 09:30")
DOWN = Cause("connection", "warning", "no connection", "look", patient=True, presses=True)
UNEQUAL = Cause("reconcile", "warning", "unequal", "look", ("connection",), patient=True, presses=True)
FULL = Cause("journal", "critical", "no journal", "look", presses=True)
MISSED = Cause("missed", "warning", "a run was missed", "wheel at 10:00", ("connection",))


def minutes(number):
    return timedelta(minutes=number)


def told(desk, *looks, start=NOON):
    """Messages of looks, each `(minute, stands, happened)`, as `(minute, severity, title, held)`."""
    return [
        (minute, one.severity, one.title, one.held)
        for minute, stands, *happened in looks
        for one in desk.look(start + minutes(minute), stands, happened)
    ]


def test_a_cause_is_told_once_when_it_comes_and_once_when_it_is_over():
    looks = [(n, [FULL]) for n in range(5)] + [(n, []) for n in range(5, 30)]

    assert told(Desk(), *looks) == [
        (0, "critical", "no journal", 0),
        (5, "critical", "over: no journal", 0),
    ]


def test_what_ends_before_patience_does_is_not_told_at_all():
    assert told(Desk(), (0, [DOWN]), (1, [DOWN]), (1.9, []), (30, [])) == []


def test_what_lasts_is_told_louder_after_a_quarter_before_the_open_and_at_the_open():
    """Lost at 18:00 New York, back at 10:00 on the next morning."""
    start = at("2024-03-11 18:00")
    desk = Desk(opens=lambda now: OPEN if now.date() == OPEN.date() else None)
    looks = [(n, [DOWN]) for n in range(16 * 60)] + [(16 * 60, [])]

    assert told(desk, *looks, start=start) == [
        (2, "warning", "no connection", 0),
        (15, "critical", "no connection, for 15 min", 0),
        (14.5 * 60, "critical", "no connection, for 14 h", 0),
        (15.5 * 60, "critical", "no connection, for 16 h", 0),
        (16 * 60, "warning", "over: no connection", 0),
    ]


def test_what_follows_from_a_cause_is_told_with_its_end_and_not_beside_it():
    desk = Desk()
    looks = [(0, [DOWN]), (3, [DOWN, UNEQUAL]), (8, [DOWN, UNEQUAL], MISSED), (12, [])]

    messages = [
        one for minute, stands, *more in looks for one in desk.look(NOON + minutes(minute), stands, more)
    ]

    assert [one.title for one in messages] == ["no connection", "over: no connection"]
    assert "a run was missed: wheel at 10:00" in messages[1].text


def test_what_follows_from_a_cause_that_was_never_told_is_told_by_itself():
    assert told(Desk(), (0, [DOWN]), (0.5, [DOWN], MISSED), (1, [])) == [
        (1, "warning", "a run was missed", 0)
    ]


def test_what_began_before_its_root_is_neither_told_again_nor_called_over():
    looks = [
        (0, [UNEQUAL]),
        (3, [UNEQUAL]),
        (4, [DOWN, UNEQUAL]),
        (7, [DOWN, UNEQUAL]),
        (9, [UNEQUAL]),
        (20, []),
    ]

    assert [title for _, _, title, _ in told(Desk(), *looks)] == [
        "unequal",
        "no connection",
        "over: no connection",
        "over: unequal",
    ]


def test_a_storm_is_one_message_in_ten_minutes_with_a_count():
    """Five hundred a minute for half an hour."""
    storm = [(n / 500, [], MISSED) for n in range(15_000)] + [(30, [])]

    found = told(Desk(), *storm)

    assert [round(minute) for minute, *_ in found] == [0, 10, 20, 30]
    assert sum(1 + held for *_, held in found) == 15_000


def test_a_cause_that_flickers_is_told_as_seldom_and_its_end_is_told():
    looks = [(n, [FULL] if n % 2 == 0 else []) for n in range(60)] + [(n, []) for n in range(60, 90)]

    found = told(Desk(), *looks)

    begun = [minute for minute, _, title, _ in found if not title.startswith("over")]
    over = [minute for minute, _, title, _ in found if title.startswith("over")]
    assert all(later - earlier >= 10 for one in (begun, over) for earlier, later in pairwise(one))
    assert found[-1][2] == "over: no journal"


@given(st.lists(st.tuples(st.integers(0, 600), st.booleans(), st.booleans(), st.booleans()), max_size=60))
def test_no_kind_of_message_about_a_cause_comes_twice_in_ten_minutes(steps):
    """Whatever stands and happens; and what was told to begin is told to end."""
    desk, now, found = Desk(Manners(patience=timedelta(0))), NOON, []
    for seconds, down, full, missed in [*steps, (1200, False, False, False), (1200, False, False, False)]:
        now += timedelta(seconds=seconds)
        stands = [cause for cause, on in ((DOWN, down), (FULL, full)) if on]
        found += desk.look(now, stands, [MISSED] if missed else [])

    kinds = {}
    for one in found:
        kinds.setdefault((one.key, one.title.startswith("over")), []).append(one.at)
    assert all(
        later - earlier >= minutes(10) for times in kinds.values() for earlier, later in pairwise(times)
    )
    for key in ("connection", "journal"):
        last = next((one for one in reversed(found) if one.key == key), None)
        assert last is None or last.title.startswith("over")


def test_a_clock_that_jumps_back_silences_nothing():
    desk = Desk()
    desk.look(NOON, [FULL])
    desk.look(NOON, [])

    assert [one.title for one in desk.look(NOON - timedelta(days=400), [FULL])] == ["no journal"]


def test_nothing_is_remembered_of_what_is_long_over():
    desk = Desk()
    for n in range(1000):
        desk.look(NOON + minutes(n), [], [MISSED._replace(key=f"assigned/{n}")])

    assert len(desk._windows) <= 11
    assert desk.held_back == 0


@pytest.mark.parametrize("severity", ["info", "warning"])
def test_what_does_not_press_is_told_once_however_long_it_lasts(severity):
    calm = Cause("halt/margin", severity, "openings halted: margin", "wait")

    assert len(told(Desk(opens=lambda _now: OPEN), *[(n, [calm]) for n in range(2000)])) == 1
