"""A screen sells one put after the other; its trades are those that a person finds in the file by hand."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from premia.adapters.synthetic_chains import write_parquet
from premia.bootstrap.data_synthetic import settings_of
from premia.domain.errors import MarketDataError
from premia.domain.instrument import Right
from premia.research import compiled, screen_pass
from premia.research.screen import ShortOption, screen

EPOCH = date(1970, 1, 1)
FEBRUARY, MARCH = date(2024, 2, 16), date(2024, 3, 15)
COLUMNS = ("date", "underlying", "expiry", "strike", "right", "bid", "ask", "delta")


def a_row(day, expiry=FEBRUARY, strike=95.0, bid=1.0, ask=1.1, delta=-0.3, right="P"):  # noqa: PLR0913, PLR0917 - the columns
    return (date(2024, 1, day), "ABC", expiry, strike, right, bid, ask, delta)


def a_file(path, *rows, group=1_000):
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    parquet.write_table(pa.table(columns), path, row_group_size=group)
    return path


def trades(path, want=None):
    found = screen([path], want or ShortOption())
    return [
        (one["opened"] - days(date(2024, 1, 1)) + 1, one["strike"] / 10_000, one["credit"], one["cost"])
        for one in found.trades
    ]


def days(day):
    return (day - EPOCH).days


def test_half_the_credit_closes_and_the_next_is_sold_a_day_later(tmp_path):
    """Sold at 1.00 on the 2nd, bought back at 0.50 on the 4th; on the 5th the next one is sold."""
    path = a_file(
        tmp_path / "abc.parquet",
        a_row(2),
        a_row(3, bid=0.5, ask=0.51),
        a_row(4, bid=0.4, ask=0.50),
        a_row(5, bid=2.0, ask=2.1),
        a_row(8, bid=0.9, ask=1.0),
        a_row(9),
    )  # fmt: skip - a day each

    assert trades(path) == [(2, 95.0, 10_000, 5_000), (5, 95.0, 20_000, 10_000)]


def test_the_nearest_days_then_delta_then_the_lower_strike_is_sold(tmp_path):
    """45 days to February's expiry on 2 January; 0.31 and 0.29 are as near, so the lower strike is."""
    path = a_file(
        tmp_path / "abc.parquet",
        a_row(2, expiry=MARCH, strike=80.0),
        a_row(2, strike=90.0, delta=-0.25, bid=0.7),
        a_row(2, strike=96.0, delta=-0.3125, bid=1.2),
        a_row(2, strike=95.0, delta=-0.2875, bid=0.0),
        a_row(2, strike=94.0, delta=-0.2875, bid=0.9),
        a_row(2, strike=94.0, right="C", delta=0.3),
        a_row(3, strike=94.0, ask=0.1),
    )  # fmt: skip - what competes stands together

    assert trades(path) == [(2, 94.0, 9_000, 1_000)]
    assert trades(path, ShortOption(right=Right.CALL)) == []


def test_an_old_position_is_closed_at_any_price_that_is_asked(tmp_path):
    """21 days before 16 February is 26 January; on that day nobody offers, on the 29th it costs 3.00."""
    path = a_file(tmp_path / "abc.parquet", a_row(2), a_row(26, ask=0.0), a_row(29, ask=3.0))

    assert trades(path) == [(2, 95.0, 10_000, 30_000)]


def test_what_vanishes_ends_at_its_last_ask_after_its_expiry(tmp_path):
    later = (date(2024, 2, 20), *a_row(2)[1:2], date(2024, 4, 19), 95.0, "P", 1.0, 1.1, -0.3)
    path = a_file(tmp_path / "abc.parquet", a_row(2), a_row(3, ask=1.4), later)

    found = screen([path], ShortOption()).trades

    assert [(one["closed"], one["cost"]) for one in found] == [(days(FEBRUARY), 14_000)]


def test_days_that_do_not_ascend_are_refused(tmp_path):
    path = a_file(tmp_path / "abc.parquet", a_row(3), a_row(2))

    with pytest.raises(MarketDataError, match="days do not ascend"):
        screen([path], ShortOption())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_parquet(
        settings_of(underlyings=2, sessions=260, strikes=20), tmp_path_factory.mktemp("made")
    )


def test_the_compiled_pass_is_the_plain_one(made):
    """Machine code and Python make the same trades of the same rows."""
    table = parquet.read_table(made[0]).slice(0, 40_000)
    names = ("date", "expiry", "strike", "bid", "ask", "delta")
    day, expiry, *quotes = (np.asarray(table[name].to_numpy()) for name in names)
    right = np.where(np.asarray(table["right"].to_pylist()) == "C", 1, -1).astype(np.int8)
    whole = [column.astype("datetime64[D]").astype(np.int32) for column in (day, expiry)]
    columns = (np.zeros(day.size, dtype=np.int32), *whole, right, *(one.astype(np.float64) for one in quotes))
    rule = np.zeros(1, dtype=screen_pass.RULE)
    rule[0] = (-1, 30, 60, 45, 0.30, 500_000, 21)
    found = []
    for walk in (compiled.screener(), screen_pass.screen_rows):
        states, ended = np.zeros(1, dtype=screen_pass.STATE), np.zeros(400, dtype=screen_pass.TRADE)
        count = walk(*columns, states, rule, ended)
        found.append(ended[:count].tolist())

    assert len(found[0]) >= 5
    assert found[0] == found[1]


def test_files_and_parts_do_not_change_the_trades(made, tmp_path):
    """However a file is cut into row groups, and whatever stands beside it."""
    small = tmp_path / "small.parquet"
    parquet.write_table(parquet.read_table(made[1]), small, row_group_size=7_001)

    both, alone = screen(made, ShortOption()), screen([small], ShortOption())

    second = both.trades[both.trades["underlying"] == 1]
    assert both.symbols == ("SYN0", "SYN1")
    assert [one.tolist()[1:] for one in second] == [one.tolist()[1:] for one in alone.trades]
    assert both.result == int((both.trades["credit"] - both.trades["cost"]).sum())
