"""How the clocks are compared when answers are slow, or the clock is set meanwhile."""

from datetime import UTC, datetime, timedelta

from premia.adapters.ib.clock import IbClock, drift_of

TRUE = datetime(2026, 3, 9, 14, tzinfo=UTC)


class Machine:
    """A machine whose clock is behind by an hour, and a gateway whose answers take their time.

    Each entry of `delays` is how long one answer takes, in seconds: half on the way there, half on the way
    back; a negative one is a clock that is set back meanwhile.
    """

    def __init__(self, *delays: float) -> None:
        self.delays = list(delays)
        self.at = TRUE
        self.behind = timedelta(hours=1)

    def now(self) -> datetime:
        return self.at - self.behind

    async def barrier(self) -> int:
        delay = self.delays.pop(0)
        if delay < 0:
            self.behind += timedelta(seconds=-delay)
            return int(self.at.timestamp())
        self.at += timedelta(seconds=delay)
        return int((self.at - timedelta(seconds=delay)).timestamp())


async def test_a_quick_answer_is_asked_for_once():
    machine = Machine(0.2)

    drift = await drift_of(machine, machine)

    assert abs(drift - timedelta(hours=1)) < timedelta(seconds=1)
    assert machine.delays == []


async def test_an_answer_that_took_long_is_asked_for_again_and_the_quickest_counts():
    """Ten seconds spent on the way back would read as five seconds of drift."""
    machine = Machine(10, 0.2)

    drift = await drift_of(machine, machine)

    assert abs(drift - timedelta(hours=1)) < timedelta(seconds=1)


async def test_where_every_answer_is_slow_the_quickest_of_three_counts():
    machine = Machine(10, 4, 6, 0)

    await drift_of(machine, machine)

    assert machine.delays == [0]


async def test_a_clock_that_is_set_while_it_is_compared_is_compared_again():
    machine = Machine(-1800, 0.2)
    clock = IbClock(machine)

    await clock.measure(machine)

    assert abs(clock.now() - machine.at) < timedelta(seconds=1)
