"""A year of decisions of the wheel, without faults, through engine, adapter, protocol and exchange.

The shipped market of 2016 with the configuration that `premia init` writes: two passes a session, every step
of every ladder, a look at the close. Real are the engine, the rows of its journal, the IB adapter, the bytes
of the protocol and the exchange; time is stepped and sockets are queues in memory, so that nothing waits.

    make bench NAME=year
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from datetime import time as wall
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import STEPPED, IbParts
from premia.adapters.journals.memory import MemoryJournal
from premia.adapters.markets import sp500_market
from premia.bootstrap.compose import admission, broker_parts, engine_of, sessions_around
from premia.bootstrap.initial import Start, initial_text
from premia.bootstrap.pace import SteppedPace
from premia.bootstrap.settings import Config, load
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.dates import new_york
from premia.domain.money import CENT
from premia.domain.sessions import Session
from premia.engine.run import Parts, Runner
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from premia.exchange.scenarios import FUND_SYMBOL
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from tests.simulation.loop import VirtualLoop

GOAL_S = 60.0
ACCOUNT = "DU1000001"
CAPITAL = Decimal(250_000)
FIRST, LAST = date(2016, 1, 4), date(2016, 12, 30)
HALF_AN_HOUR, A_MINUTE = timedelta(minutes=30), timedelta(minutes=1)
LAST_STEP = timedelta(minutes=10)
MORNING = wall(8, 30)


class Year(NamedTuple):
    """What the year was: wall seconds from the first connection on, and what happened in it."""

    seconds: float
    sessions: int
    messages: int
    facts: Counter[str]
    book: Book
    cash: Decimal


def config_in(folder: Path, port: int) -> Config:
    """The file that `premia init` writes for the capital."""
    path = folder / "premia.toml"
    start = Start(capital=CAPITAL, number=ACCOUNT, symbols=[FUND_SYMBOL], port=port)
    path.write_text(initial_text(start), encoding="utf-8")
    return load(path).config


async def live(runner: Runner, go: SteppedPace, session: Session) -> None:
    """One session: two passes, each with the steps that working orders ask for, and a look at the close."""
    passes = (session.opens + HALF_AN_HOUR, session.closes - HALF_AN_HOUR)
    until = (passes[1], session.closes - LAST_STEP)
    for at, end in zip(passes, until, strict=True):
        await go(at)
        await runner.cycle()
        while (wake := runner.next_wake) is not None and wake < end:
            await go(wake)
            await runner.tick()
    await go(session.closes + A_MINUTE)
    await runner.tick()


async def a_year(folder: Path) -> Year:
    """Play it."""
    opens = new_york(FIRST, MORNING)
    exchange = Exchange(sp500_market(), [AccountSetup(ACCOUNT, cash=CAPITAL)], Policy(), opens)
    server = GatewayServer(exchange, GatewaySettings(port=0, clock="stepped", messages_per_s=0))
    await server.start()
    config = config_in(folder, server.port)
    clock = SteppedClock(exchange.now)
    parts: IbParts = broker_parts(config, clock, STEPPED)
    facts: Counter[str] = Counter()

    def told(batch: Sequence[ev.AnyEvent]) -> None:
        facts.update(type(fact).__name__ for fact in batch)

    async def already_right() -> None:
        """The clock is the gateway's own."""

    runner = Runner(
        engine_of(config, sessions_around(config, FIRST, LAST)),
        Parts(
            broker=parts.broker,
            market=parts.market_data,
            journal=MemoryJournal(ACCOUNT),
            clock=clock,
            recorded_at=clock.now,
            on_facts=told,
        ),
        Book(),
    )
    sessions = exchange.market.sessions.between(FIRST, LAST)
    began = time.perf_counter()
    await runner.connect(admission(already_right, clock))
    go = SteppedPace(runner, clock, server.advance, parts)
    for session in sessions:
        await live(runner, go, session)
    await runner.observe()
    seconds = time.perf_counter() - began
    counts = parts.connection.counts
    await runner.close()
    await server.stop()
    cash = exchange.values(ACCOUNT).total_cash
    return Year(seconds, len(sessions), counts.sent + counts.received, facts, runner.book, cash)


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        year = runner.run(a_year(Path(folder)))
    facts = year.facts
    print(
        f"{year.sessions} sessions, {facts['CycleEnded']} passes, {facts['OrderIdAssigned']} orders, "
        f"{facts['ReplaceRequested']} changes of price, {facts['OrderFilled']} fills, "
        f"{facts['AssignmentInferred']} assignments, {year.messages:,} messages"
    )
    print(f"cash of the ledger {year.book.cash:,.2f} USD, of the market {year.cash:,.2f} USD")
    if facts["CycleEnded"] < 2 * year.sessions or not facts["OrderFilled"]:
        print("The year did not make every pass, or never traded: nothing was measured.")
        return 2
    if not year.book.ready or year.book.cash is None or abs(year.book.cash - year.cash) > CENT:
        print("Ledger and market do not agree at the end: nothing was measured.")
        return 2
    print(f"year: {year.seconds:.1f} s (goal {GOAL_S:.0f} s)")
    return 0 if year.seconds <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
