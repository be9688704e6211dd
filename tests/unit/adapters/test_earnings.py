"""Earnings dates from a file."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from premia.adapters.clocks import SteppedClock
from premia.adapters.earnings import EarningsCalendar, earnings_file
from premia.domain.errors import InvariantViolated, SourceUnavailable
from premia.domain.known import Known, Unknown

CLOCK = SteppedClock(datetime(2026, 1, 20, 15, 0, tzinfo=UTC))


def test_the_next_date_is_today_or_later():
    calendar = EarningsCalendar(
        {"ABC": [date(2025, 10, 30), date(2026, 1, 20), date(2026, 4, 30)]}, CLOCK, "it"
    )

    assert calendar("abc") == Known(date(2026, 1, 20), CLOCK.now())


def test_a_symbol_whose_dates_are_past_is_unknown_and_says_so():
    answer = EarningsCalendar({"ABC": [date(2025, 10, 30)]}, CLOCK, "dates.csv")("ABC")

    assert isinstance(answer, Unknown)
    assert answer.why == "dates.csv has no coming earnings date of ABC; its last one is 2025-10-30"


def test_a_file_is_read_by_its_column_names(tmp_path):
    path = tmp_path / "dates.csv"
    path.write_text("date,symbol\n2026-01-29,ABC\n2026-02-05,XYZ\n", encoding="utf-8")

    assert earnings_file(path, CLOCK)("XYZ").value == date(2026, 2, 5)


@pytest.mark.parametrize("row", ["ABC,29.01.2026", ",2026-01-29", "ABC,"])
def test_a_row_that_is_no_date_is_named(tmp_path, row):
    path = tmp_path / "dates.csv"
    path.write_text(f"symbol,date\nABC,2026-01-29\n{row}\n", encoding="utf-8")

    with pytest.raises(SourceUnavailable, match=r"dates\.csv:3: "):
        earnings_file(path, CLOCK)


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        earnings_file(tmp_path / "none.csv", CLOCK)


def test_a_stepped_clock_never_runs_backwards():
    clock = SteppedClock(datetime(2026, 1, 20, tzinfo=UTC))
    clock.move(datetime(2026, 1, 21, tzinfo=UTC))

    with pytest.raises(InvariantViolated, match="moved back"):
        clock.move(datetime(2026, 1, 20, tzinfo=UTC))
    assert clock.now() == datetime(2026, 1, 21, tzinfo=UTC)
