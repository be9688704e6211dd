"""Market time as a gateway has it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from premia.adapters.ib.clock import IbClock, gateway_time
from premia.domain.errors import RequestTimedOut


async def test_a_gateway_ahead_of_this_machine_moves_the_clock(trading):
    await trading.strike("clock_skew:seconds=90")
    clock = IbClock(trading.clock)

    measured = await clock.measure(trading.parts.connection)

    assert abs(measured - timedelta(seconds=90)) <= timedelta(seconds=0.5)
    assert clock.now() - trading.clock.now() == clock.drift == measured


async def test_a_difference_within_whole_seconds_is_noise(trading):
    clock = IbClock(trading.clock)

    await clock.measure(trading.parts.connection)

    assert clock.drift == timedelta(0)


async def test_a_gateway_that_does_not_answer_leaves_the_clock_alone(trading):
    await trading.strike("no_answer:code=49")
    clock = IbClock(trading.clock)

    with pytest.raises(RequestTimedOut):
        await clock.measure(trading.parts.connection)
    assert clock.now() == trading.clock.now()


async def test_a_stepped_gateway_tells_its_instant_exactly(trading):
    assert await gateway_time(trading.parts.connection) == trading.exchange.now
