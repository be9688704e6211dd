"""Clocks that live in this process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from premia.adapters.clocks import SteppedClock, WallClock
from premia.domain.errors import InvariantViolated

START = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)


def test_a_stepped_clock_stands_still_until_it_is_moved():
    clock = SteppedClock(START)
    assert clock.now() == clock.now() == START

    clock.move(START + timedelta(minutes=5))

    assert clock.now() == START + timedelta(minutes=5)


def test_a_stepped_clock_never_runs_backwards():
    clock = SteppedClock(START)

    with pytest.raises(InvariantViolated, match="moved back"):
        clock.move(START - timedelta(seconds=1))
    assert clock.now() == START


def test_a_stepped_clock_tells_utc_whatever_zone_it_was_given():
    clock = SteppedClock(START.astimezone(timezone(timedelta(hours=-5))))

    assert clock.now().tzinfo is UTC


def test_the_wall_clock_runs_forward_in_utc():
    clock = WallClock()

    assert clock.now() <= clock.now()
    assert clock.now().tzinfo is UTC
