"""What every journal promises, whichever keeps it."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from premia.adapters.journals.memory import MemoryJournal
from premia.adapters.journals.places import Postgres, is_there, open_journal, send_command
from premia.adapters.journals.snapshot import keep, recover
from premia.domain.apply import fold
from premia.domain.errors import InvariantViolated, JournalError, JournalHeld, SequenceGap
from premia.domain.events import Event, InterestAccrued, OperatorCommand
from tests.events_of_every_kind import any_event, connected, one_of_each
from tests.unit.reporting.story import whole_turn

RECORDED = datetime(2026, 1, 15, 14, 31, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def journal(request, tmp_path):
    made = (
        MemoryJournal("DU1")
        if request.param == "memory"
        else open_journal(place_of(request.param, request, tmp_path), "DU1")
    )
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Where a durable journal may lie."""
    return place_of(request.param, request, tmp_path)


def place_of(kind, request, folder):
    if kind == "sqlite":
        return folder / "journal.sqlite"
    return Postgres(request.getfixturevalue("schema"))


def a_command(name="c1", why="holiday"):
    return OperatorCommand(at=RECORDED, id=name, verb="pause", target="SPY", who="me", why=why)


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


def test_a_reopened_journal_goes_on_where_it_stopped(place):
    with closing(open_journal(place, "DU1")) as journal:
        journal.append([connected(0)], RECORDED)
    with closing(open_journal(place, "DU1")) as journal:
        journal.append([connected(1)], RECORDED)
    with closing(open_journal(place, "", read_only=True)) as reader:
        assert list(reader.read()) == [(1, connected(0)), (2, connected(1))]
        assert reader.account == "DU1"


def test_a_second_writer_is_told_who_writes(place):
    with (
        closing(open_journal(place, "DU1")),
        pytest.raises(JournalHeld, match=r"written by process \d+.*; one account"),
    ):
        open_journal(place, "DU1")


def test_a_writer_that_was_replaced_writes_nothing_more(place):
    """However it lost its lock: the epoch in the journal has the last word, in the same transaction."""
    with closing(open_journal(place, "DU1")) as journal:
        journal.append([connected(0)], RECORDED)
        journal._db.execute("UPDATE lease SET epoch = epoch + 1, holder = 'process 7 on another machine'")
        with pytest.raises(JournalHeld, match="taken over by process 7 on another machine"):
            journal.append([connected(1)], RECORDED)

        assert journal.last_sequence() == 1


def test_each_writer_has_a_greater_epoch_than_the_one_before(place):
    epochs = []
    for _ in range(3):
        with closing(open_journal(place, "DU1")) as journal:
            epochs.append(journal._db.execute("SELECT epoch FROM lease").fetchone()[0])

    assert epochs == sorted(set(epochs))


def test_a_reader_sees_what_is_committed_while_a_writer_works_and_cannot_write(place):
    with closing(open_journal(place, "DU1")) as writer:
        writer.append([connected(0)], RECORDED)
        with closing(open_journal(place, "", read_only=True)) as reader:
            assert reader.last_sequence() == 1
            writer.append([connected(1)], RECORDED)
            assert list(reader.read(after=1)) == [(2, connected(1))]
            with pytest.raises(JournalError, match="opened for reading"):
                reader.append([connected(9)], RECORDED)


def test_reading_a_journal_that_is_not_there_says_how_to_get_one_and_makes_none(place):
    with pytest.raises(JournalError, match=r"no journal .* yet; `premia run --once`"):
        open_journal(place, "", read_only=True)

    assert not is_there(place)


def test_the_journal_of_another_account_is_refused(place):
    with closing(open_journal(place, "DU1")) as journal:
        journal.append([connected()], RECORDED)

    with pytest.raises(JournalError, match="journal of account DU1, not of DU2"):
        open_journal(place, "DU2")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DELETE FROM events WHERE seq = 3", "event 3 is missing; the next one is 4"),
        (
            "UPDATE events SET recorded_at = '2026-01-01' WHERE seq = 3",
            "event 3 or the one before was altered",
        ),
        (
            "UPDATE events SET payload = replace(payload, 'DU1', 'DU2') WHERE seq = 3",
            "event 3 or the one before",
        ),
    ],
)
def test_a_row_that_was_lost_or_altered_is_found(place, change, says):
    with closing(open_journal(place, "DU1")) as journal:
        journal.append([connected(minute) for minute in range(5)], RECORDED)
        journal._db.execute(change)
        with pytest.raises(SequenceGap, match=says):
            list(journal.read())


def test_commands_wait_in_the_inbox_until_they_are_taken_and_count_once(place):
    with closing(open_journal(place, "DU1")) as writer:
        assert send_command(place, a_command("c1"), RECORDED)
        assert send_command(place, a_command("c2"), RECORDED)
        assert not send_command(place, a_command("c1"), RECORDED)
        assert writer.pending() == [a_command("c1"), a_command("c2")]
        with pytest.raises(JournalError, match="sent before with other content"):
            send_command(place, a_command("c1", why="dividend"), RECORDED)

        writer.append([a_command("c1")], RECORDED)

        assert writer.pending() == [a_command("c2")]
        assert not send_command(place, a_command("c1"), RECORDED)
        assert writer.pending() == [a_command("c2")]


def test_a_command_needs_a_journal(place):
    with pytest.raises(JournalError):
        send_command(place, a_command(), RECORDED)

    assert not is_there(place)


def test_a_snapshot_and_the_events_since_are_the_book(place):
    events = whole_turn()
    with closing(open_journal(place, "DU1")) as journal:
        journal.append(events[:20], RECORDED)
        keep(journal, fold(events[:20]))
        journal.append(events[20:], RECORDED)

        assert recover(journal) == fold(events)


def test_a_batch_that_fails_half_way_leaves_nothing_and_the_journal_goes_on(place):
    with closing(open_journal(place, "DU1")) as journal:
        journal.append([connected(0)], RECORDED)
        journal._db.execute(
            "INSERT INTO events (seq, kind, version, market_at, recorded_at, account, payload, chain) "
            "SELECT 3, kind, version, market_at, recorded_at, account, payload, chain FROM events"
        )
        journal._newest = lambda: (1, b"")  # the row ahead is found by the insert alone
        with pytest.raises(JournalError):
            journal.append([connected(1), connected(2)], RECORDED)
        journal._db.execute("DELETE FROM events WHERE seq = 3")
        del journal._newest
        journal.append([connected(1), connected(2)], RECORDED)

        assert [event for _, event in journal.read()] == [connected(n) for n in range(3)]
