import json
import mmap
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from premia.domain.errors import MarketDataError, NotAllowed, SourceUnavailable
from premia.store.events import CashDividend, Events, ShareSplit, merged
from premia.store.open import Overlap, join, open_store, save, verify
from premia.store.panel import Days, Rows, build
from premia.store.rows import days_taken, rows_of
from premia.store.write import COLUMNS, Writer

MONDAY = (date(2024, 1, 8) - date(1970, 1, 1)).days
EVENTS = Events(
    splits=(ShareSplit("ABC", date(2024, 6, 10), 7, 1),),
    dividends=(CashDividend("ABC", date(2024, 2, 9), Decimal("0.24"), pay=date(2024, 2, 15)),),
)


def a_panel(symbol="ABC", days=12, seed=7, kind="stock", roots=("ABC",)):
    """A panel whose contracts come, stay away for a day and expire; all numbers drawn from a seed."""
    draw = np.random.default_rng(seed)
    rows = [
        (MONDAY + day, MONDAY + left, strike, right, root)
        for day in range(days)
        for left in (3, 8, 30)
        for strike in range(90, 111, 5)
        for right in (-1, 1)
        for root in range(len(roots))
        if left >= day and draw.random() > 0.2
    ]
    day, expiry, strike, right, root = (np.array(column) for column in zip(*rows, strict=True))
    count = len(rows)
    number = np.arange(days)
    spot = 1_000_000 + 1_000 * number
    known = Days((MONDAY + number).astype(np.int32), (MONDAY + number) * 86_400_000_000, spot, spot + 500)
    return build(
        symbol,
        kind,
        roots,
        known,
        Rows(
            *(column.astype(np.int32) for column in (day, expiry, strike * 10_000)),
            right.astype(np.int8),
            root.astype(np.int16),
            *draw.integers(0, 50_000, (5, count), dtype=np.int32),
            *draw.random((2, count), dtype=np.float32),
        ),
    )


def piece(panel, start, stop):
    """Some days of a panel as a panel of its own."""
    rows = rows_of(panel)
    wanted = np.flatnonzero((rows.day >= panel.days.day[start]) & (rows.day < (panel.days.day[0] + stop)))
    return build(
        panel.symbol,
        panel.kind,
        panel.roots,
        days_taken(panel.days, np.arange(start, stop)),
        rows.taken(wanted),
    )


def a_store(path, *panels, events=EVENTS):
    with Writer(path) as writer:
        for panel in panels:
            writer.add(panel)
        writer.finish(events)
    return open_store(path)


def assert_equal(found, wanted):
    assert found[:3] == wanted[:3]
    for name in COLUMNS:
        ours, theirs = (getattr(one.days if name in Days._fields else one, name) for one in (found, wanted))
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def lies_in_a_map(column) -> bool:
    """Whether a column is a view of a mapped file."""
    while column is not None and not isinstance(column, mmap.mmap | np.memmap):
        column = getattr(column, "base", None)
    return column is not None


def test_what_was_written_is_read_back(tmp_path):
    """Quotes, days and events are the same, and nothing is read before it is used."""
    panel, index = a_panel(), a_panel("BRK.B/X", kind="index", roots=("A", "B"), seed=3)

    store = a_store(tmp_path / "store", panel, index)

    assert store.symbols == ("ABC", "BRK.B/X")
    assert store.events == EVENTS
    assert lies_in_a_map(store.panel("ABC").quotes)
    assert_equal(store.panel("ABC"), panel)
    assert_equal(store.panel("BRK.B/X"), index)
    assert verify(tmp_path / "store").digest == store.digest


@pytest.mark.parametrize("cuts", [(0, 4, 12), (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)])
def test_pieces_in_the_order_of_days_give_the_bytes_of_the_whole(tmp_path, cuts):
    """Each contract leads on from piece to piece, over days on which it was not quoted too."""
    panel = a_panel()
    pieces = [piece(panel, start, stop) for start, stop in pairwise(cuts)]

    whole, pieced = a_store(tmp_path / "whole", panel), a_store(tmp_path / "pieces", *pieces)

    assert_equal(pieced.panel("ABC"), panel)
    assert pieced.digest == whole.digest


def test_a_piece_may_bring_trading_classes_in_another_order(tmp_path):
    panel = a_panel(roots=("SPX", "SPXW"))
    late = piece(panel, 6, 12)
    rows = rows_of(late)
    turned = build("ABC", "stock", ("SPXW", "SPX"), late.days, rows._replace(root=(1 - rows.root)))

    store = a_store(tmp_path / "store", piece(panel, 0, 6), turned)

    assert_equal(store.panel("ABC"), panel)


def test_pieces_that_do_not_follow_each_other_are_refused(tmp_path):
    panel = a_panel()

    with Writer(tmp_path / "store") as writer:
        writer.add(piece(panel, 0, 6))
        with pytest.raises(MarketDataError, match="begins on 2024-01-13 does not follow 2024-01-13"):
            writer.add(piece(panel, 5, 12))


def test_a_store_appears_whole_or_not_at_all(tmp_path):
    """A writer that does not finish leaves nothing behind, and what is there is never overwritten."""
    with Writer(tmp_path / "store") as writer:
        writer.add(a_panel())
    assert list(tmp_path.iterdir()) == []

    store = a_store(tmp_path / "store", a_panel())
    with pytest.raises(NotAllowed, match="exists already and is not overwritten"):
        Writer(tmp_path / "store")

    assert verify(tmp_path / "store").digest == store.digest
    assert [one.name for one in tmp_path.iterdir()] == ["store"]


def test_a_store_that_appeared_meanwhile_is_kept(tmp_path):
    with Writer(tmp_path / "store") as late:
        late.add(a_panel(seed=1))
        first = a_store(tmp_path / "store", a_panel(seed=2))
        with pytest.raises(NotAllowed, match="appeared while"):
            late.finish()

    assert open_store(tmp_path / "store").digest == first.digest
    assert [one.name for one in tmp_path.iterdir()] == ["store"]


def test_one_altered_byte_is_found_and_named(tmp_path):
    a_store(tmp_path / "store", a_panel())
    file = tmp_path / "store" / "ABC" / "quotes.npy"
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)

    with pytest.raises(MarketDataError, match=r"quotes\.npy is not what was written"):
        verify(tmp_path / "store")


def test_a_file_that_lost_its_end_is_found_on_opening(tmp_path):
    a_store(tmp_path / "store", a_panel())
    file = tmp_path / "store" / "ABC" / "iv.npy"
    file.write_bytes(file.read_bytes()[:-4])

    with pytest.raises(MarketDataError, match=r"ABC: .*iv\.npy has .* bytes, written were"):
        open_store(tmp_path / "store")


def test_what_is_no_store_is_told_so(tmp_path):
    with pytest.raises(SourceUnavailable, match="is no chain store"):
        open_store(tmp_path)


def test_a_newer_format_is_not_read(tmp_path):
    a_store(tmp_path / "store", a_panel())
    file = tmp_path / "store" / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))

    with pytest.raises(MarketDataError, match="has format 99; this Premia reads up to 1"):
        open_store(tmp_path / "store")


def test_the_digest_follows_the_content_alone(tmp_path):
    """One quote, or one event, makes another digest; another folder does not."""
    panel = a_panel()
    quotes = np.array(panel.quotes)
    quotes["bid"][0] += 1

    here, there = a_store(tmp_path / "a", panel), a_store(tmp_path / "b" / "c", panel)
    other = a_store(tmp_path / "d", panel._replace(quotes=quotes))
    silent = a_store(tmp_path / "e", panel, events=Events())

    assert here.digest == there.digest
    assert len({here.digest, other.digest, silent.digest}) == 3


def test_joined_stores_read_as_one(tmp_path):
    """Later days append, other symbols stand beside, and the whole is that of one store."""
    panel = a_panel()
    early = a_store(tmp_path / "early", piece(panel, 0, 5))
    late = a_store(tmp_path / "late", piece(panel, 5, 12), a_panel("XYZ", seed=2))

    store = join([late, early])

    assert store.symbols == ("ABC", "XYZ")
    assert_equal(store.panel("ABC"), panel)
    assert store.left_out == {}
    saved = save(store, tmp_path / "both")
    assert saved.digest == open_store(tmp_path / "both").digest
    assert_equal(open_store(tmp_path / "both").panel("ABC"), panel)


def test_days_held_twice_are_refused_or_the_first_store_wins(tmp_path):
    panel = a_panel()
    early = a_store(tmp_path / "early", piece(panel, 0, 8))
    late = a_store(tmp_path / "late", piece(panel, 6, 12))
    twice = sum(slice_.stop - slice_.start for slice_ in (panel.rows_of(6), panel.rows_of(7)))

    with pytest.raises(MarketDataError, match="ABC: two stores hold 2024-01-14 and 1 more"):
        join([early, late])
    store = join([early, late], Overlap.FIRST)

    assert store.left_out == {"ABC": twice}
    assert_equal(store.panel("ABC"), panel)


def test_sources_that_contradict_each_other_are_refused():
    other = Events(dividends=(CashDividend("ABC", date(2024, 2, 9), Decimal("0.25")),))

    assert merged([EVENTS, EVENTS, Events()]) == EVENTS
    with pytest.raises(MarketDataError, match="contradict each other"):
        merged([EVENTS, other])
