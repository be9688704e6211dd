"""What every journal promises, whichever keeps it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from premia.adapters.journals.memory import MemoryJournal
from premia.adapters.journals.sqlite import open_journal
from premia.domain.apply import fold
from premia.domain.errors import InvariantViolated, JournalError
from premia.domain.events import Event, InterestAccrued
from tests.events_of_every_kind import any_event, connected, one_of_each
from tests.unit.reporting.story import whole_turn

RECORDED = datetime(2026, 1, 15, 14, 31, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def journal(request, tmp_path):
    made = (
        MemoryJournal("DU1")
        if request.param == "memory"
        else open_journal(tmp_path / "journal.sqlite", "DU1")
    )
    yield made
    made.close()


class Unheard(Event, frozen=True, tag="unheard"):
    """A fact that no journal knows."""


def test_an_empty_journal_has_no_events_and_the_number_zero(journal):
    assert (journal.last_sequence(), list(journal.read())) == (0, [])


def test_events_of_every_kind_come_back_as_they_went_in_numbered_without_gaps(journal):
    events = one_of_each()

    journal.append(events[:30], RECORDED)
    journal.append(events[30:], RECORDED)

    assert list(journal.read()) == list(enumerate(events, 1))
    assert journal.last_sequence() == len(events)


def test_the_book_of_a_journal_is_the_book_of_its_events(journal):
    """What goes through the journal loses nothing that folding needs."""
    events = whole_turn()

    journal.append(events, RECORDED)

    assert fold(event for _seq, event in journal.read()) == fold(events)


def test_reading_goes_on_after_any_number(journal):
    journal.append([connected(minute) for minute in range(5)], RECORDED)

    assert list(journal.read(after=3)) == [(4, connected(3)), (5, connected(4))]
    assert list(journal.read(after=5)) == []


def test_appending_nothing_changes_nothing(journal):
    journal.append([], RECORDED)

    assert journal.last_sequence() == 0


def test_a_batch_with_an_unknown_kind_is_refused_whole(journal):
    with pytest.raises(InvariantViolated, match="Unheard is no kind of the journal"):
        journal.append([connected(), Unheard(at=RECORDED)], RECORDED)

    assert list(journal.read()) == []


def test_a_batch_that_could_not_be_read_back_is_refused_whole(journal):
    """A rate that is not a number has no JSON: written, it would lock everybody out of the journal."""
    accrued = next(event for event in one_of_each() if isinstance(event, InterestAccrued))
    broken = InterestAccrued(
        at=accrued.at, day=accrued.day, settled=accrued.settled, rate=float("nan"), amount=accrued.amount
    )

    with pytest.raises(InvariantViolated, match="nobody can read"):
        journal.append([connected(), broken], RECORDED)

    assert journal.last_sequence() == 0


def test_a_closed_journal_says_so(journal):
    journal.close()

    with pytest.raises(JournalError, match="closed"):
        journal.append([connected()], RECORDED)


@settings(max_examples=50)
@given(st.lists(any_event(), max_size=8), st.integers(0, 8))
def test_however_events_are_batched_the_journal_is_the_same(events, cut):
    """Whatever the batches, the same events stand under the same numbers."""
    whole, parts = MemoryJournal("DU1"), MemoryJournal("DU1")

    whole.append(events, RECORDED)
    parts.append(events[:cut], RECORDED)
    parts.append(events[cut:], RECORDED)

    assert list(whole.read()) == list(parts.read()) == list(enumerate(events, 1))
