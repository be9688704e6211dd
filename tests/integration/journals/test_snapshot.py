"""A snapshot may always be thrown away, and equals the full fold."""

from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from premia.adapters.journals.codec import schema_key
from premia.adapters.journals.places import open_journal
from premia.adapters.journals.snapshot import code_key, keep, recover
from premia.domain.apply import fold
from premia.domain.events import BaselineTaken, CashUnexplained, SymbolBlocked
from premia.domain.instrument import Stock
from premia.domain.money import usd
from premia.domain.position import BrokerPosition
from tests.events_of_every_kind import connected
from tests.unit.reporting.story import whole_turn

NOW = datetime(2026, 1, 15, 14, 31, tzinfo=UTC)
EVENTS = [
    connected(),
    BaselineTaken(
        at=NOW, cash=Decimal("100000.01"), positions=(BrokerPosition(Stock("SPY"), 100, Decimal("480.5")),)
    ),
    SymbolBlocked(at=NOW, symbol="QQQ", why="assignment may come", until_session=NOW.date()),
    CashUnexplained(at=NOW, amount=usd("12.34"), note="a gift"),
]


@pytest.fixture
def path(tmp_path) -> Path:
    path = tmp_path / "journal.sqlite"
    with closing(open_journal(path, "DU1")) as journal:
        journal.append(EVENTS[:3], NOW)
        keep(journal, fold(EVENTS[:3]))
        journal.append(EVENTS[3:], NOW)
    return path


def test_snapshot_and_the_events_since_are_the_full_fold(path):
    with closing(open_journal(path, "", read_only=True)) as journal:
        assert journal.newest_snapshot(schema_key(), code_key()) is not None
        assert recover(journal) == fold(EVENTS)


@pytest.mark.parametrize("cut", range(1, len(whole_turn()), 3))
def test_wherever_the_snapshot_was_taken_the_book_is_the_full_fold(tmp_path, cut):
    events = whole_turn()
    with closing(open_journal(tmp_path / "turn.sqlite", "DU1")) as journal:
        journal.append(events[:cut], NOW)
        keep(journal, fold(events[:cut]))
        journal.append(events[cut:], NOW)

        assert recover(journal) == fold(events)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM snapshots",
        "UPDATE snapshots SET code = 'older'",
        "UPDATE snapshots SET schema = 'older'",
        "UPDATE snapshots SET payload = x'7b'",
        "UPDATE snapshots SET chain = x'00'",
    ],
)
def test_without_a_usable_snapshot_the_book_is_the_same(path, statement):
    with closing(open_journal(path, "DU1")) as journal:
        assert journal._db.execute(statement).rowcount == 1

        assert recover(journal) == fold(EVENTS)


def test_a_new_snapshot_replaces_the_one_before(path):
    with closing(open_journal(path, "DU1")) as journal:
        keep(journal, fold(EVENTS))

        assert journal._db.execute("SELECT seq FROM snapshots").fetchall() == [(4,)]
        assert recover(journal) == fold(EVENTS)


def test_an_empty_journal_keeps_no_snapshot(tmp_path):
    with closing(open_journal(tmp_path / "empty.sqlite", "DU1")) as journal:
        keep(journal, fold([]))

        assert journal.newest_snapshot(schema_key(), code_key()) is None
