"""Small rules of the gateway: versions, pacing, faults, times, names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.domain.instrument import Option, Right
from premia.gateway.faults import KINDS, FaultError, Faults, parse_fault
from premia.gateway.marketdata import generic_numbers
from premia.gateway.names import from_local_symbol, local_symbol
from premia.gateway.pacing import HistoryPacing, MessageBucket
from premia.gateway.requests import WireContract
from premia.gateway.settings import agreed_version
from premia.gateway.times import parse_stamp, stamp

NOON = datetime(2024, 3, 11, 16, tzinfo=UTC)


@given(st.integers(100, 250), st.integers(100, 250))
def test_a_version_lies_in_both_ranges_and_is_never_158(low, high):
    version = agreed_version(low, high)

    assert version != 158
    if version is not None:
        assert max(low, 157) <= version <= min(high, 178)


def test_a_bucket_refills_with_market_time_up_to_its_burst():
    bucket = MessageBucket(per_s=2, burst_s=2, at=NOON)

    taken = [bucket.take(NOON) for _ in range(5)]
    later = [bucket.take(NOON + timedelta(seconds=1)) for _ in range(3)]
    rested = [bucket.take(NOON + timedelta(hours=1)) for _ in range(5)]

    assert taken == [True] * 4 + [False]
    assert later == [True, True, False]
    assert rested == [True] * 4 + [False]


def test_history_pacing_forgets_after_ten_minutes():
    pacing = HistoryPacing(limit=1)

    assert pacing.refusal(NOON, ("a",)) == ""
    assert "same request" in pacing.refusal(NOON + timedelta(seconds=5), ("a",))
    assert "more than 1" in pacing.refusal(NOON + timedelta(minutes=5), ("b",))
    assert pacing.refusal(NOON + timedelta(minutes=10), ("b",)) == ""


def test_a_fault_strikes_the_nth_that_fits_and_as_often_as_it_may():
    faults = Faults(("reject:symbol=SPY,nth=2", "drop_before_ack:count=2,client=7"))

    assert [bool(faults.hits("reject", "SPY")) for _ in range(3)] == [False, True, False]
    assert faults.hits("reject", "QQQ") is None
    assert [bool(faults.hits("drop_before_ack", "SPY", 7)) for _ in range(3)] == [True, True, False]
    assert faults.hits("drop_before_ack", "SPY", 8) is None
    assert faults.clear("reject") == 1


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_fault_has_a_name_that_is_understood_and_says_what_it_does(kind):
    assert parse_fault(kind).kind == kind
    assert KINDS[kind]


@pytest.mark.parametrize(
    ("text", "words"),
    [("rejekt", "Known faults"), ("reject:sybmol=SPY", "no setting"), ("reject:count=two", "int belongs")],
)
def test_a_fault_that_is_not_understood_is_named(text, words):
    with pytest.raises(FaultError, match=words):
        parse_fault(text)


@pytest.mark.parametrize(
    "text",
    ["20240311 12:00:00 US/Eastern", "20240311  12:00:00", "20240311-16:00:00", "20240311 16:00:00 UTC"],
)
def test_every_spelling_of_an_instant_is_understood(text):
    assert parse_stamp(text) == NOON


def test_a_time_is_spelled_as_the_version_wants_it():
    assert stamp(NOON, 178) == "20240311 12:00:00 US/Eastern"
    assert stamp(NOON, 173) == "20240311  12:00:00"
    assert parse_stamp("") is None
    assert parse_stamp("yesterday") is None


def test_an_option_is_found_by_its_name_of_21_characters():
    option = Option("BRK B", date(2024, 4, 19), Decimal("97.5"), Right.CALL, trading_class="BRKB")

    name = local_symbol(option)
    found = from_local_symbol(WireContract(local_symbol=name))

    assert name == "BRKB  240419C00097500"
    assert (found.symbol, found.expiry, found.strike, found.right) == (
        "BRKB",
        "20240419",
        Decimal("97.5"),
        "C",
    )


def test_generic_ticks_are_numbers_that_ib_knows():
    assert generic_numbers("100, 101,106") == {100, 101, 106}
    assert generic_numbers("") == frozenset()
    assert generic_numbers("mdoff") is None
    assert generic_numbers("9999") is None
