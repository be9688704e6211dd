"""Sixty sessions of the daemon over TCP: each night a restart, each week a login, each run exactly once.

Two stretches: autumn 2015 holds the end of daylight saving time, a holiday and an early close, spring 2016 a
holiday, the beginning of daylight saving time and Good Friday. The expected times come from another calendar
library than the product's.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pandas_market_calendars
import pytest

from premia.adapters.gateway_control import open_control
from premia.adapters.journals.places import open_journal
from premia.bootstrap.daemon import Observers
from premia.bootstrap.gateway import DEMO_ACCOUNT, GatewayWish
from premia.bootstrap.initial import Start, initial_text
from premia.bootstrap.settings import load
from premia.bootstrap.unattended import Told, Unattended
from premia.bootstrap.worlds import stepped_world
from premia.domain import events as ev
from premia.domain.dates import new_york
from premia.exchange.scenarios import FUND_SYMBOL
from premia.gateway.settings import GatewaySettings
from tests.gateway_process import Running, started

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("ignore:Series.dt.weekday is deprecated"),  # inside pandas_market_calendars
]

SESSIONS = 30
STRETCHES = {
    "autumn": (date(2015, 10, 26), date(2015, 12, 7)),
    "spring": (date(2016, 2, 16), date(2016, 3, 29)),
}
DAEMON = """
[daemon]
watch_s = 900
"""
RESTART, LOGIN = time(23, 45), time(1, 0)
SUNDAY = 6
WARM = 10  # sessions before memory is measured


def nights(first: date, last: date) -> list[tuple[datetime, str]]:
    """When the gateway restarts, and on Sundays wants a person to log in again."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    restarts = [(new_york(day, RESTART), "restart:seconds=300") for day in days]
    logins = [(new_york(day, LOGIN), "restart:seconds=36000") for day in days if day.weekday() == SUNDAY]
    return sorted(restarts + logins)


def expected(first: date, last: date) -> list[datetime]:
    """Half an hour after each opening and before each close."""
    calendar = pandas_market_calendars.get_calendar("NYSE")
    plan = calendar.schedule(start_date=first.isoformat(), end_date=last.isoformat())
    half = timedelta(minutes=30)
    times = [
        moment.to_pydatetime().astimezone(UTC)
        for opens, closes in zip(plan["market_open"], plan["market_close"], strict=True)
        for moment in (opens + half, closes - half)
    ]
    assert len(times) == 2 * SESSIONS
    return times


def resident() -> int:
    """Memory of this process in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


class Stretch:
    """One life of the daemon through a stretch of sessions."""

    def __init__(self, gateway: Running, folder: Path, first: date, last: date) -> None:
        self.path = folder / "premia.toml"
        start = Start(
            capital=Decimal(250_000),
            number=DEMO_ACCOUNT,
            symbols=[FUND_SYMBOL],
            port=gateway.port,
            journal="soak.db",
        )
        self.path.write_text(initial_text(start) + DAEMON, encoding="utf-8")
        self.strikes = nights(first, last)
        self.process: Unattended | None = None
        self.last = last
        self.end = new_york(last, time(17, 0))
        self.memory: dict[date, int] = {}
        self.descriptors: dict[date, int] = {}
        self.troubles: Counter[str] = Counter()

    async def live(self, control_port: int) -> list[ev.AnyEvent]:
        """The facts of the stretch."""
        control = await open_control(control_port)
        settings = load(self.path)
        try:
            world = stepped_world(await control.now(), self.struck(control.advance, control.fault))
            loop = asyncio.get_running_loop()
            strange: list[object] = []
            loop.set_exception_handler(lambda _loop, context: strange.append(context))
            self.process = Unattended(settings, Told(self.observers()), world)
            await self.process.live()
            assert strange == []
        finally:
            await control.close()
        journal = open_journal(settings.journal, DEMO_ACCOUNT, read_only=True)
        try:
            return [event for _, event in journal.read()]
        finally:
            journal.close()

    def struck(
        self, advance: Callable[[datetime], Awaitable[object]], fault: Callable[[str], Awaitable[None]]
    ) -> Callable[[datetime], Awaitable[None]]:
        async def go(to: datetime) -> None:
            while self.strikes and self.strikes[0][0] <= to:
                moment, text = self.strikes.pop(0)
                await advance(moment)
                await fault(text)
            await advance(to)

        return go

    def observers(self) -> Observers:
        def turned(_book: object, now: datetime) -> None:
            day = now.date()
            if day not in self.memory:
                self.memory[day] = resident()
                self.descriptors[day] = len(list(Path("/proc/self/fd").iterdir()))
            if now >= self.end and self.process is not None:
                self.process.stop()

        return Observers(trouble=lambda kind, _text: self.troubles.update([kind]), turned=turned)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Nobody keeps what libraries log: it would count as our memory."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.fault(
    54, "memory stays within a tenth and no descriptor leaks through months of sessions at speed"
)
@pytest.mark.fault(
    42, "the daily restart and the weekly login are waited for; it resumes alone and misses no run"
)
@pytest.mark.parametrize("name", STRETCHES)
async def test_thirty_sessions_with_restarts_and_logins_make_each_run_once(name, tmp_path):
    first, last = STRETCHES[name]
    wish = msgspec.structs.replace(
        GatewayWish(),
        first=first,
        settings=GatewaySettings(port=0, control_port=0, clock="stepped", messages_per_s=0),
    )
    with started(wish) as gateway:
        stretch = Stretch(gateway, tmp_path, first, last)
        facts = await stretch.live(gateway.control_port)

    made = [due for fact in facts if isinstance(fact, ev.CycleStarted) for due in fact.due.values()]
    ended = {fact.cycle for fact in facts if isinstance(fact, ev.CycleEnded)}
    begun = [fact.cycle for fact in facts if isinstance(fact, ev.CycleStarted)]
    assert sorted(made) == expected(first, last)
    assert ended == set(begun)
    skipped = [fact for fact in facts if isinstance(fact, ev.RunSkipped)]
    assert all(fact.due < made[0] for fact in skipped), "only what was before its first day"
    assert sum(isinstance(fact, ev.Disconnected) for fact in facts) >= SESSIONS
    assert set(stretch.troubles) <= {"connection"}
    assert [fact for fact in facts if isinstance(fact, ev.OrderFilled)]
    days = sorted(stretch.memory)
    warm, end = stretch.memory[days[WARM]], stretch.memory[days[-1]]
    assert abs(end - warm) <= warm / 10, f"{warm / 1e6:.0f} MB, then {end / 1e6:.0f} MB"
    assert stretch.descriptors[days[-1]] <= stretch.descriptors[days[WARM]] + 1
