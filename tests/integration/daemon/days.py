"""A daemon on a gateway over TCP whose days are stepped: what tests of the long-lived process share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import STEPPED
from premia.adapters.journals.journal import SqlJournal
from premia.adapters.journals.places import open_journal, send_command
from premia.adapters.journals.timed import TimedJournal
from premia.bootstrap.compose import admission, broker_parts, engine_of
from premia.bootstrap.daemon import Daemon, Doors, Due, Observers, Rhythm
from premia.bootstrap.pace import SteppedPace
from premia.bootstrap.settings import load
from premia.bootstrap.unattended import Told
from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.dates import new_york, session_of
from premia.domain.market import MarketRequest, MarketView
from premia.domain.sessions import Sessions
from premia.engine.cycle import Run
from premia.engine.run import Parts, Runner
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Opening, Policy
from premia.gateway.faults import parse_fault
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from tests.integration.ib.markets import ACCOUNT, a_market
from tests.unit.exchange.fixed_market import at

MONDAY = "2024-03-11 09:00"
CONFIG = """
[account]
number = "{account}"

[broker]
port = {port}
request_timeout_s = 1.0

[journal]
path = "days.db"

[strategies.wheel]
earnings = "ignore"
yield_min_stock = 0.06
open_interest_min = 0
spread_max = 0.3

[strategies.wheel.symbols]
FND = {{ weight = 0.3 }}

[limits.concentration]
fund = 0.4

[limits.liquidity]
open_interest_min = 0
spread_max = 0.3
"""
TIMES = (time(10, 0), time(15, 30))


class Days:
    """One market, one account, and daemons that come and go on one journal.

    Attributes:
        told: What the observers heard: troubles by kind.
        plan: Faults to strike and the market times at which they shall, in order.
        before_look: Awaited before each look at the market.
        hearers: Who else hears of the daemon.
        slices: How long one wait is at most, as on a real clock; without it waits are as long as asked for.
        opened: Opens the journal of a life.
        at_turn: Called at each turn of the loop with its market time, by a test that wants to interfere.
    """

    def __init__(self, server: GatewayServer, folder: Path) -> None:
        self.server = server
        self.path = folder / "premia.toml"
        self.path.write_text(CONFIG.format(account=ACCOUNT, port=server.port), encoding="utf-8")
        self.settings = load(self.path)
        self.clock = SteppedClock(server.floor.now)
        self.sessions: Sessions = server.floor.exchange.market.sessions
        self.told: list[tuple[str, str]] = []
        self.plan: list[tuple[str, str]] = []
        self.before_look: Callable[[], Awaitable[None]] | None = None
        self.at_turn: Callable[[datetime], None] = lambda _now: None
        self.opened: Callable = open_journal
        self.runs: list[tuple[datetime, Run]] = []
        self.hearers = Told()
        self.slices: timedelta | None = None

    def runner(self, journal: SqlJournal) -> tuple[Runner, SteppedPace]:
        parts = broker_parts(self.settings.config, self.clock, STEPPED)
        runner = Runner(
            engine_of(self.settings.config, self.sessions),
            Parts(
                parts.broker,
                parts.market_data,
                TimedJournal(journal, self.hearers.appended),
                self.clock,
                self.clock.now,
                answer_timeout_s=1.0,
                on_facts=self.hearers.facts,
            ),
            fold(event for _, event in journal.read()),
        )
        return runner, SteppedPace(runner, self.clock, self.server.advance, parts)

    async def live(self, until: str, rhythm: Rhythm | None = None, **doors: object) -> Book:
        """A life of the daemon, from the journal, until a market time; the book it leaves."""
        end = at(until)
        journal = self.opened(self.settings.journal, ACCOUNT)
        try:
            runner, pace = self.runner(journal)
            if self.before_look is not None:
                runner.parts = runner.parts._replace(market=SimpleNamespace(observe=self._watched(runner)))
            reading = doors.pop("reading", None)
            if reading is not None:
                runner.parts = runner.parts._replace(market=SimpleNamespace(observe=reading))

            async def already_right() -> None:
                """The clock is the gateway's own."""

            async def nothing(*_asked: object) -> tuple[()]:
                return ()

            def trouble(kind: str, text: str) -> None:
                self.told.append((kind, text))
                self.hearers.observers.trouble(kind, text)

            def turned(book: Book, now: datetime) -> None:
                self.hearers.observers.turned(book, now)
                self.at_turn(now)
                if now >= end:
                    daemon.stop()

            given = {
                "admit": admission(already_right, self.clock),
                "pace": lambda to: self._paced(pace, min(to, end)),
                "timetable": self.timetable,
                "inbox": journal.pending,
                "morning": nothing,
                "watch": nothing,
                "observers": Observers(self.hearers.observers.state, trouble, turned),
            }
            daemon = Daemon(runner, Doors(**(given | doors)), self.sessions, rhythm)
            async with asyncio.timeout(100):
                await daemon.run()
            return runner.book
        finally:
            journal.close()

    def _watched(self, runner: Runner) -> Callable:
        look = runner.parts.market.observe

        async def observe(request: MarketRequest) -> MarketView:
            await self.before_look()
            return await look(request)

        return observe

    async def _paced(self, pace: SteppedPace, to: datetime) -> None:
        """Wait as the daemon does, and strike what is planned on the way."""
        if self.slices is not None:
            to = min(to, self.clock.now() + self.slices)
        if self.plan and at(self.plan[0][0]) <= to:
            when, fault = self.plan.pop(0)
            await pace(max(at(when), self.clock.now()))
            await self.strike(fault)
            await pace(self.clock.now())
            return
        await pace(to)

    def timetable(self, now: datetime, book: Book) -> Due:
        """Two runs a session, each made once, those that were missed left out."""
        today = session_of(now)
        days = [session.day for session in self.sessions.between(today, today + timedelta(days=7))]
        times = [new_york(day, hour) for day in days for hour in TIMES]
        last = book.last_due.get("wheel", now - timedelta(minutes=1))
        runs = [Run(("wheel",), {"wheel": one}, "on schedule") for one in times if last < one <= now]
        return Due(runs, (), min(one for one in times if one > now))

    async def go(self, to: str) -> None:
        """Let the market live while nobody trades."""
        self.clock.move(at(to))
        await self.server.advance(at(to))

    async def strike(self, fault: str) -> None:
        await self.server.strike(parse_fault(fault))

    def send(self, verb: str, target: str = "", number: str = "1", **arguments: str) -> bool:
        """Put a command into the inbox, as another process does."""
        asked = ev.OperatorCommand(
            at=self.clock.now(),
            id=f"{verb}/{number}",
            verb=verb,
            target=target,
            who="anna",
            why="a test",
            arguments=arguments,
        )
        return send_command(self.settings.journal, asked, self.clock.now())

    def facts(self, *kinds: type) -> list:
        reading = open_journal(self.settings.journal, ACCOUNT, read_only=True)
        try:
            return [event for _, event in reading.read() if isinstance(event, kinds)]
        finally:
            reading.close()

    def orders(self) -> list:
        """Orders of any state at the market that carry a reference of ours."""
        exchange = self.server.floor.exchange
        views = [*exchange.open_orders(), *exchange.completed_orders()]
        return [view for view in views if view.ticket.order_ref]


async def days(stack: AsyncExitStack, folder: Path, *openings: Opening, when: str = MONDAY) -> Days:
    """A market that opens at `when`, stopped with the stack."""
    setup = AccountSetup(ACCOUNT, cash=Decimal(100_000), openings=openings)
    exchange = Exchange(a_market("FND"), [setup], Policy(seed=7, shy=0.0), at(when))
    server = GatewayServer(exchange, GatewaySettings(port=0, clock="stepped", messages_per_s=0))
    await server.start()
    stack.push_async_callback(server.stop)
    return Days(server, folder)
