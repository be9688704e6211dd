"""Worth over time, and the comparison with doing nothing clever."""

from datetime import date
from decimal import Decimal
from xml.parsers import expat

import pytest

from premia.reporting.chart import chart, overlay
from premia.reporting.equity import Point, buy_and_hold, compare, equity, performance
from premia.reporting.svg import Series, picture
from tests.unit.reporting.story import at, numbered, start, told

D = Decimal


def points(*values: int, first: int = 1) -> list[Point]:
    return [Point(date(2026, 1, first + n), D(value)) for n, value in enumerate(values)]


def test_equity_is_the_last_value_told_in_each_session():
    events = [*start(), told(at(1, 6, 15), "10010"), told(at(1, 6, 20), "10020"), told(at(1, 8), "9990")]

    assert equity(numbered(events)) == [
        Point(date(2026, 1, 5), D(10000)),
        Point(date(2026, 1, 6), D(10020)),
        Point(date(2026, 1, 8), D(9990)),
    ]


def test_a_late_evening_belongs_to_the_new_york_day():
    """03:00 UTC on the 7th is 22:00 on the 6th in New York."""
    assert equity(numbered([told(at(1, 7, 3), "10010")])) == [Point(date(2026, 1, 6), D(10010))]


def test_buying_and_holding_takes_whole_shares_and_keeps_the_rest():
    """1,000 buys 3 at 300 and leaves 100; at 330 they are 990 and 100, and a dividend of 2 adds 6."""
    closes = [(date(2026, 1, 1), D(300)), (date(2026, 1, 2), D(330)), (date(2026, 1, 5), D(330))]

    held = buy_and_hold(D(1000), closes, {date(2026, 1, 4): D(2), date(2026, 1, 1): D(9)})

    assert [point.value for point in held] == [D(1000), D(1090), D(1096)]
    assert buy_and_hold(D(1000), []) == []


def test_performance_measures_growth_falls_and_time_under_water():
    """100, 120, 90, 110: up 10 %, deepest fall 25 %, under water for 2 days."""
    told = performance(points(100, 120, 90, 110))

    assert told.total == pytest.approx(0.10)
    assert told.drawdown == pytest.approx(0.25)
    assert (told.underwater_days, told.annual) == (2, None)
    assert performance(points(100)) is None


def test_growth_a_year_compounds_over_calendar_days():
    """10 % in 73 days, a fifth of a year: 1.1 to the fifth."""
    told = performance([Point(date(2026, 1, 1), D(100)), Point(date(2026, 3, 15), D(110))])

    assert told.annual == pytest.approx(1.1**5 - 1)


def test_a_comparison_uses_the_days_that_both_have_and_says_plainly_who_trails():
    told = compare(points(100, 105, 103), points(100, 110, first=2), "XYZ")

    assert [point.day.day for point in told.equity] == [2, 3]
    assert told.sentence.startswith(
        "The wheel trails holding XYZ by 7 USD: 103 USD (-1.9%) against 110 USD (+10.0%)"
    )


def test_being_ahead_and_being_equal_are_said_too():
    assert "is ahead of holding XYZ by 10 USD" in compare(points(100, 120), points(100, 110), "XYZ").sentence
    assert "equals holding XYZ: 110 USD" in compare(points(100, 110), points(100, 110), "XYZ").sentence
    assert compare(points(100, 110), points(100, 110, first=20), "XYZ") is None


def test_a_chart_draws_highs_on_top_and_lows_at_the_bottom():
    rows = chart(points(100, 200), width=10, height=4)

    assert len(rows) == 5
    assert rows[0].startswith("         200 |")
    assert rows[3].startswith("         100 |")
    top, bottom = rows[0].partition("|")[2], rows[3].partition("|")[2]
    assert top[0] == "\u2800"
    assert top[-1] != "\u2800"
    assert bottom[0] != "\u2800"
    assert "2026-01-01" in rows[4]
    assert "2026-01-02" in rows[4]


def test_a_flat_series_and_a_single_point_do_no_harm():
    assert len(chart(points(100, 100, 100))) == 13
    assert chart(points(100)) == []
    assert overlay([points(100), points(1, 2)], 8, 2) == overlay([points(1, 2)], 8, 2)


def test_the_picture_is_one_file_that_fetches_nothing():
    drawing = picture(
        "Wheel & hold", [Series("wheel", tuple(points(100, 120))), Series("hold <1>", tuple(points(100, 90)))]
    )

    expat.ParserCreate().Parse(drawing, True)  # noqa: FBT003 - the last part of the text
    assert drawing.startswith("<svg ")
    assert drawing.count('text-anchor="end" fill="#555555">20') == 1, "the last date ends inside the picture"
    assert drawing.count("<polyline") == 2
    assert "Wheel &amp; hold" in drawing
    assert "hold &lt;1&gt;" in drawing
    assert "href" not in drawing
    assert "<script" not in drawing


def test_a_picture_without_days_says_so():
    assert "no two days to draw" in picture("x", [Series("wheel", tuple(points(100)))])
