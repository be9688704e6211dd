from datetime import date

import numpy as np
import pytest

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Right
from premia.store.panel import Days, Rows, build

MONDAY = (date(2024, 1, 8) - date(1970, 1, 1)).days
JANUARY, MARCH = MONDAY + 11, MONDAY + 67
QUOTES = [  # day, expiry, strike in USD, right, bid in USD
    (MONDAY, MARCH, 95, -1, 2.10),
    (MONDAY, JANUARY, 100, 1, 1.50),
    (MONDAY, JANUARY, 95, -1, 0.40),
    (MONDAY, JANUARY, 90, -1, 0.10),
    (MONDAY + 1, JANUARY, 95, -1, 0.35),
    (MONDAY + 1, MARCH, 95, -1, 2.00),
    (MONDAY + 3, JANUARY, 95, -1, 0.20),
]


def the_days(*days):
    count = len(days)
    spot = np.full(count, 1_000_000, dtype=np.int64)
    return Days(np.array(days, dtype=np.int32), np.array(days, dtype=np.int64) * 86_400_000_000, spot, spot)


def the_rows(quotes):
    columns = [np.array(column) for column in zip(*quotes, strict=True)]
    count = len(quotes)
    money = [(columns[place] * 10_000).round().astype(np.int32) for place in (2, 4)]
    unknown = np.full(count, -1, dtype=np.int32)
    nothing = np.full(count, np.nan, dtype=np.float32)
    return Rows(
        day=columns[0].astype(np.int32),
        expiry=columns[1].astype(np.int32),
        strike=money[0],
        right=columns[3].astype(np.int8),
        root=np.zeros(count, dtype=np.int16),
        bid=money[1],
        ask=money[1] + 500,
        last=unknown,
        volume=unknown,
        open_interest=unknown,
        iv=nothing,
        delta=nothing,
    )


def a_panel(quotes=QUOTES, days=(MONDAY, MONDAY + 1, MONDAY + 2, MONDAY + 3)):
    return build("ABC", "stock", ("ABC",), the_days(*days), the_rows(quotes))


def test_rows_of_a_day_lie_by_expiry_right_and_strike():
    panel = a_panel()

    rows = panel.rows_of(0)

    assert panel.quotes["strike"][rows].tolist() == [900_000, 950_000, 1_000_000, 950_000]
    assert panel.groups["expiry"][:3].tolist() == [JANUARY, JANUARY, MARCH]
    assert panel.groups["right"][:3].tolist() == [-1, 1, -1]


def test_a_day_without_rows_has_no_groups():
    panel = a_panel()

    assert panel.rows_of(2) == slice(0, 0)
    assert panel.day_groups.tolist() == [0, 3, 5, 5, 6]


def test_each_row_leads_to_its_contract_on_the_next_recorded_day():
    panel = a_panel()
    row = panel.row(0, JANUARY, 0, Right.PUT, 950_000)

    bids = []
    while row >= 0:
        bids.append(int(panel.quotes["bid"][row]))
        row = int(panel.next[row])

    assert bids == [4_000, 3_500, 2_000]


def test_a_contract_is_found_by_its_terms_or_not_at_all():
    panel = a_panel()

    assert panel.quotes["bid"][panel.row(1, MARCH, 0, Right.PUT, 950_000)] == 20_000
    assert panel.row(1, MARCH, 0, Right.CALL, 950_000) == -1
    assert panel.row(0, JANUARY, 0, Right.PUT, 960_000) == -1
    assert panel.row(0, JANUARY, 0, Right.PUT, 1_960_000) == -1


def test_a_day_is_found_or_was_not_recorded():
    panel = a_panel(days=(MONDAY, MONDAY + 1, MONDAY + 3))

    assert panel.day_number(date(2024, 1, 9)) == 1
    assert panel.day_number(date(2024, 1, 10)) is None
    assert panel.day_number(date(2024, 2, 10)) is None


def test_a_contract_twice_on_a_day_is_refused():
    with pytest.raises(MarketDataError, match="appears twice"):
        a_panel([*QUOTES, QUOTES[0]])


def test_a_row_of_an_unknown_day_is_refused():
    with pytest.raises(MarketDataError, match="not known"):
        a_panel(days=(MONDAY, MONDAY + 1))


def test_days_that_do_not_ascend_are_refused():
    with pytest.raises(MarketDataError, match="must ascend"):
        a_panel(days=(MONDAY, MONDAY, MONDAY + 1, MONDAY + 3))


def test_a_panel_may_be_empty():
    panel = build(
        "ABC", "stock", ("ABC",), the_days(MONDAY), Rows(*(column[:0] for column in the_rows(QUOTES)))
    )

    assert panel.rows_of(0) == slice(0, 0)
    assert panel.quotes.size == 0


def test_large_panels_are_built_as_small_ones_are():
    """Ordered rows take the compiled way, shuffled ones the other: one panel comes of both."""
    draw = np.random.default_rng(5)
    days = np.arange(MONDAY, MONDAY + 60, dtype=np.int32)
    grid = np.meshgrid(days, MONDAY + np.arange(5, 85, 10), np.arange(50, 260), (-1, 1), indexing="ij")
    day, expiry, strike, right = (axis.ravel() for axis in grid)
    kept = (expiry >= day) & (draw.random(day.size) > 0.1)
    quotes = np.stack([day, expiry, strike, right, draw.integers(1, 50, day.size)])[:, kept]
    order = np.lexsort((quotes[2], quotes[3], quotes[1], quotes[0]))
    rows = the_rows(quotes[:, order].T.tolist())
    shuffled = rows.taken(draw.permutation(rows.day.size))
    known = the_days(*days.tolist())

    large = build("ABC", "stock", ("ABC",), known, rows)
    mixed = build("ABC", "stock", ("ABC",), known, shuffled)
    small = build("ABC", "stock", ("ABC",), known, rows.taken(np.flatnonzero(rows.strike < 600_000)))

    assert rows.day.size > 100_000
    for name in ("groups", "quotes", "day_groups", "next"):
        assert getattr(large, name).tobytes() == getattr(mixed, name).tobytes(), name
    cheap = np.flatnonzero(large.quotes["strike"] < 600_000)
    places = np.full(rows.day.size + 1, -1)
    places[cheap] = np.arange(cheap.size)
    np.testing.assert_array_equal(places[large.next[cheap]], small.next)


def test_a_contract_twice_in_many_rows_is_refused():
    rows = the_rows([(MONDAY, JANUARY, 90 + at / 10_000, -1, 1.0) for at in range(110_000)])
    rows.strike[50_001] = rows.strike[50_000]

    with pytest.raises(MarketDataError, match="appears twice"):
        build("ABC", "stock", ("ABC",), the_days(MONDAY), rows)
