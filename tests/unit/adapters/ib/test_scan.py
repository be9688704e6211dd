"""Which strikes are asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.adapters.ib import scan
from premia.adapters.ib.scan import Outlook
from premia.domain.chain import Row
from premia.domain.instrument import Option, Right
from premia.domain.market import Scan
from premia.domain.quote import Greeks, Quote

MONTH = 35 / 365
STRIKES = tuple(Decimal(n) for n in range(50, 151))
PUTS = Scan(Right.PUT, 0.15, 0.30, 28, 45, delta_target=0.25)


def seen(strike: int, delta: float | None, iv: float | None) -> Row:
    """A row as a look brought it."""
    option = Option("ABC", date(2024, 4, 19), Decimal(strike), Right.PUT)
    quote = Quote(None, None, datetime(2024, 3, 11, tzinfo=UTC))
    return Row(option, quote, Greeks(iv=iv, delta=delta), 100)


def test_the_first_look_lies_around_the_wanted_delta():
    chosen = scan.first_look(STRIKES, PUTS, Outlook(100.0, 0.20, MONTH), most=4)

    # At 20 % over 35 days one deviation is 6.2; 0.25 delta lies about 0.6 of it below 100.
    assert chosen == (Decimal(94), Decimal(95), Decimal(96), Decimal(97))


def test_a_higher_volatility_looks_farther_away():
    calm = scan.first_look(STRIKES, PUTS, Outlook(100.0, 0.15, MONTH), most=4)
    wild = scan.first_look(STRIKES, PUTS, Outlook(100.0, 0.60, MONTH), most=4)

    assert max(wild) < min(calm)


@given(st.floats(0.05, 1.5), st.floats(60, 140), st.floats(0.01, 1.0), st.integers(1, 8))
def test_a_look_is_small_ascending_and_of_listed_strikes(vol, spot, years, most):
    chosen = scan.first_look(STRIKES, PUTS, Outlook(spot, vol, years), most)

    assert list(chosen) == sorted(set(chosen))
    assert set(chosen) <= set(STRIKES)
    assert 1 <= len(chosen) <= most


def test_bounds_of_strikes_are_kept():
    floor = Scan(Right.CALL, 0.15, 0.35, 28, 45, strike_min=Decimal(110))

    chosen = scan.first_look(STRIKES, floor, Outlook(100.0, 0.20, MONTH), most=4)

    assert min(chosen) >= 110


def test_no_listed_strike_within_the_bounds_asks_for_nothing():
    none = Scan(Right.CALL, 0.15, 0.35, 28, 45, strike_min=Decimal(1000))

    assert scan.first_look(STRIKES, none, Outlook(100.0, 0.20, MONTH), most=4) == ()


def test_a_good_look_is_not_repeated():
    rows = [seen(95, -0.24, 0.2), seen(96, -0.28, 0.2)]

    assert scan.next_look(STRIKES, PUTS, Outlook(100.0, 0.2, MONTH), rows, frozenset({Decimal(95)})) == ()


def test_a_look_that_missed_is_repeated_with_the_volatility_that_it_saw():
    """The guess was 20 %; the market says 60 %, so 0.25 delta lies much lower."""
    rows = [seen(95, -0.40, 0.60), seen(96, -0.42, 0.60)]
    asked = frozenset({Decimal(95), Decimal(96)})

    again = scan.next_look(STRIKES, PUTS, Outlook(100.0, 0.20, MONTH), rows, asked)

    assert again
    assert max(again) < 93
    deltas = scan.implied_deltas(again, Right.PUT, Outlook(100.0, 0.20, MONTH), rows)
    assert deltas == pytest.approx([0.25] * len(again), abs=0.03)


def test_nothing_is_learned_from_rows_without_model_values():
    rows = [seen(95, None, None)]

    assert scan.next_look(STRIKES, PUTS, Outlook(100.0, 0.2, MONTH), rows, frozenset({Decimal(95)})) == ()


def test_strikes_that_turned_out_not_to_exist_are_not_asked_again():
    rows = [seen(90, -0.10, 0.2)]
    outlook = Outlook(100.0, 0.2, MONTH)
    first = scan.next_look(STRIKES, PUTS, outlook, rows, frozenset({Decimal(90)}))

    second = scan.next_look(STRIKES, PUTS, outlook, rows, frozenset({Decimal(90), *first}))

    assert first
    assert not set(first) & set(second)
