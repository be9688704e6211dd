"""What stands on a book as a person is told of it, and what happened."""

import pytest
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.book import ALL, ENTRIES, Block, Book, Halt
from premia.reporting.causes import happened, standing
from tests.events_of_every_kind import one_of_each
from tests.unit.exchange.fixed_market import at

NOON = at("2024-03-11 12:00")
WELL = Book(connected=True, ready=True, at=NOON)


def keys(book, troubles=None, now=NOON):
    return [cause.key for cause in standing(book, troubles or {}, now)]


def halted(**causes):
    return replace(WELL, halts={cause: Halt(scope, "why", NOON) for cause, scope in causes.items()})


def test_nothing_stands_where_all_is_well():
    assert keys(WELL) == []


def test_a_lost_connection_and_a_lost_link_are_one_cause():
    lost = replace(halted(link=ALL), link_lost=True, ready=False)
    gone = replace(WELL, connected=False, ready=False)

    assert keys(lost) == ["connection", "reconcile"]
    assert keys(gone, {"connection": "refused"}) == ["connection"]
    (cause,) = standing(gone, {"connection": "Nobody answers at 4002."}, NOON)
    assert "Nobody answers at 4002." in cause.text


@pytest.mark.parametrize(
    ("since", "now", "login"),
    [
        ("2024-03-10 01:05", "2024-03-10 02:00", True),  # gone at the hour
        ("2024-03-08 17:00", "2024-03-11 09:00", True),  # gone on Friday, and it is Monday
        ("2024-03-10 00:45", "2024-03-10 00:50", True),  # a little before the hour
        ("2024-03-11 10:00", "2024-03-11 10:20", False),  # on a Monday
        ("2024-03-09 12:00", "2024-03-09 13:00", False),  # on a Saturday
        ("2024-03-10 09:00", "2024-03-10 20:00", False),  # on a Sunday, long after the hour
    ],
)
def test_the_week_s_login_is_named_where_its_hour_has_passed(since, now, login):
    gone = replace(WELL, connected=False, ready=False, at=at(since))

    (cause,) = standing(gone, {}, at(now))

    assert ("login" in cause.title) is login


def test_what_waits_for_a_person_is_critical_and_says_how_it_is_released():
    for name in ("gate", "kill", "legs", "copies", "journal"):
        (cause,) = standing(halted(**{name: ALL}), {}, NOON)
        assert (cause.key, cause.severity, cause.presses) == (f"halt/{name}", "critical", True)
        assert f"premia release {name}" in cause.text


def test_a_pause_of_the_operator_s_own_is_not_told_to_the_operator():
    assert keys(halted(operator=ENTRIES, shutdown=ALL)) == []


def test_a_competing_session_is_one_cause():
    (cause,) = standing(halted(data=ALL), {}, NOON)

    assert (cause.key, cause.severity) == ("data", "warning")


def test_clocks_that_differ_are_one_cause_whether_they_halt_or_not():
    assert keys(replace(WELL, drift=3.0)) == ["clock"]
    assert keys(replace(halted(clock=ENTRIES), drift=40.0)) == ["clock"]


def test_a_symbol_that_waits_for_a_person_is_told_and_one_that_waits_for_a_day_is_not():
    blocks = {"SPY": Block("positions differ", None), "QQQ": Block("expiry", NOON.date())}

    assert keys(replace(WELL, blocks=blocks)) == ["symbol/SPY"]


def test_a_journal_that_takes_nothing_is_the_root_of_what_follows():
    found = list(standing(Book(), {"journal": "disk full"}, NOON))

    assert [cause.key for cause in found] == ["journal", "connection"]
    assert "journal" in found[1].because


def test_what_happened_is_told_by_kind():
    found = {cause.key.partition("/")[0] for cause in happened(one_of_each())}

    assert found == {"cycle", "missed", "assigned", "split", "external", "rejected"}


@pytest.mark.parametrize(
    ("again", "note", "count"), [(False, "", 0), (True, "no answer", 1), (False, "cut off and", 1)]
)
def test_only_a_pass_that_failed_is_told(again, note, count):
    ended = ev.CycleEnded(
        at=NOON, cycle="c", intents=0, approved=0, refused=0, passed=0, note=note, again=again
    )

    assert len(list(happened([ended]))) == count
