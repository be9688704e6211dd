"""A daemon with its real timetable, morning and clock, on a market whose days and clock a test arranges."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import STEPPED
from premia.adapters.journals.journal import SqlJournal
from premia.bootstrap.compose import broker_parts, engine_of
from premia.bootstrap.daemon import Due, Rhythm
from premia.bootstrap.morning import Morning
from premia.bootstrap.pace import SteppedPace
from premia.bootstrap.schedule_tables import schedules_of
from premia.bootstrap.settings import load
from premia.bootstrap.timetable import Timetable
from premia.bootstrap.worlds import real_world
from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.dates import NEW_YORK, new_york
from premia.domain.sessions import Sessions
from premia.engine.run import Parts, Runner
from premia.exchange.exchange import Exchange
from premia.exchange.market import Market
from premia.exchange.policy import AccountSetup, Deposit, Opening, Policy
from premia.exchange.types_market import MarketSource
from premia.exchange.underlyings import DailyHistory, UnderlyingSetup
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from tests.integration.daemon.days import Days
from tests.integration.ib.markets import ACCOUNT, a_setup
from tests.unit.exchange.fixed_market import at, weekdays

TWICE = '[schedule]\nat = ["10:00", "15:30"]\n'
_STEP = timedelta(seconds=1)


class Machine:
    """The clock of a machine, which need not be right: the market's, and what it is off."""

    def __init__(self, market: SteppedClock) -> None:
        self.market = market
        self.off = timedelta(0)

    def now(self) -> datetime:
        return self.market.now() + self.off


class Timed(Days):
    """Lives of a daemon on one journal.

    Attributes:
        sessions: Our calendar; a test may give it other days than the market's own.
        machine: The clock of the machine on which the daemon runs.
        leaps: Market times from which the machine sleeps until another one, in order.
    """

    def __init__(self, server: GatewayServer, folder: Path, more: str = TWICE) -> None:
        super().__init__(server, folder)
        text = self.path.read_text(encoding="utf-8") + more
        table = "[strategies.wheel]\n"
        self.path.write_text(text.replace(table, f"{table}adopt = true\n"), encoding="utf-8")
        self.settings = load(self.path)
        self.machine = Machine(self.clock)
        self.leaps: list[tuple[str, str]] = []

    def runner(self, journal: SqlJournal) -> tuple[Runner, SteppedPace]:
        config = self.settings.config
        world = real_world(self.machine)
        self.ours = world.clock
        parts = broker_parts(config, self.ours, STEPPED)
        self.morning = Morning(parts, world, lambda: self.sessions, lambda: config_symbol(config))
        found = schedules_of(config.strategy_params(), config.schedule, config.schedules, self.sessions.zone)
        self.table = Timetable(found, self.sessions)
        runner = Runner(
            engine_of(config, self.sessions),
            Parts(parts.broker, parts.market_data, journal, self.ours, self.clock.now, answer_timeout_s=1.0),
            fold(event for _, event in journal.read()),
        )
        return runner, SteppedPace(runner, self.clock, self.server.advance, parts)

    async def live(self, until: str, rhythm: Rhythm | None = None, **doors: object) -> Book:
        async def hours(book: Book, day: date) -> object:
            return await self.morning.hours(book, day)

        async def clocks(book: Book) -> object:
            return await self.morning.clock(book)

        def due(now: datetime, book: Book) -> Due:
            return self.table(now, book)

        given = {
            "timetable": due,
            "morning": hours,
            "clock": clocks,
        }
        return await super().live(until, rhythm, **(given | doors))

    async def _paced(self, pace: SteppedPace, to: datetime) -> None:
        """Wait as the daemon does; time moves on at least a little, and leaps while the machine sleeps."""
        to = max(to, self.clock.now() + _STEP)
        if self.leaps and at(self.leaps[0][0]) <= to:
            to = max(at(self.leaps.pop(0)[1]), to)
        await super()._paced(pace, to)

    def made(self) -> list[datetime]:
        """The scheduled times that passes have answered, in order."""
        return [one.due["wheel"] for one in self.facts(ev.CycleStarted) if one.due]

    def walls(self) -> list[str]:
        """When the passes of the schedule began, on New York's clock."""
        began = [one.at for one in self.facts(ev.CycleStarted) if one.due]
        return [f"{one.astimezone(NEW_YORK):%Y-%m-%d %H:%M}" for one in began]


def config_symbol(config: object) -> str:
    """The one symbol that these worlds trade."""
    (symbol,) = config.strategy_params()["wheel"].symbols
    return symbol


def sessions_of(first: str, last: str, closed: Iterable[str] = (), early: Iterable[str] = ()) -> Sessions:
    """Weekdays from 09:30 to 16:00 without some, and until 13:00 on others."""
    short = {date.fromisoformat(day) for day in early}
    days = weekdays(*map(date.fromisoformat, (first, last)), map(date.fromisoformat, closed))
    one_pm = time(13)
    return Sessions(
        replace(one, closes=new_york(one.day, one_pm), early=True) if one.day in short else one
        for one in days
    )


class Given(NamedTuple):
    """What a test arranges of a market; `sessions` are its own days."""

    sessions: Sessions = sessions_of("2023-10-02", "2026-03-31")
    market: MarketSource | None = None
    policy: Policy = Policy(seed=7, shy=0.0)
    more: str = TWICE
    deposits: tuple[Deposit, ...] = ()


async def timed(stack: AsyncExitStack, folder: Path, when: str, *openings: Opening, **given: object) -> Timed:
    """A market that opens at `when`, stopped with the stack."""
    asked = Given(**given)
    setup = AccountSetup(ACCOUNT, cash=Decimal(100_000), openings=openings, deposits=asked.deposits)
    source = asked.market or Market([_a_fund(asked.sessions)], asked.sessions, seed=3)
    exchange = Exchange(source, [setup], asked.policy, at(when))
    server = GatewayServer(exchange, GatewaySettings(port=0, clock="stepped", messages_per_s=0))
    await server.start()
    stack.push_async_callback(server.stop)
    return Timed(server, folder, asked.more)


def _a_fund(days: Sessions) -> UnderlyingSetup:
    """The fund, with prices on the days of a calendar only."""
    setup = a_setup("FND")
    table = setup.history
    kept = [n for n, day in enumerate(table.days) if days.get(day) is not None]
    columns = (column[kept] for column in table[1:])
    return replace(setup, history=DailyHistory(tuple(table.days[n] for n in kept), *columns))


def utc(wall: str) -> datetime:
    """The UTC instant of a New York time."""
    return at(wall).astimezone(UTC)
