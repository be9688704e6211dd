"""The demo: the wheel on five years of real prices, through the real protocol, in minutes.

A simulated gateway runs as a process of its own with a stepped clock; the engine, the journal and the
IB adapter are those of a paper account, and nothing in them knows the difference. Whoever steps the
clock here plays the role of time: each session one pass, then every step of the price ladders.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from premia.adapters.clocks import SteppedClock
from premia.adapters.gateway_control import GatewayControl, open_control
from premia.adapters.ib.assemble import STEPPED
from premia.adapters.journals.places import Place, open_journal
from premia.adapters.journals.snapshot import keep
from premia.bootstrap.compose import admission, broker_parts, engine_of, sessions_around
from premia.bootstrap.gateway import DEMO_ACCOUNT, GatewayWish
from premia.bootstrap.initial import Start, initial_text
from premia.bootstrap.pace import SteppedPace
from premia.bootstrap.settings import Settings, load
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.dates import new_york
from premia.domain.errors import InvariantViolated, NotConnected
from premia.domain.known import Known
from premia.domain.market import MarketRequest, MarketView, Seen
from premia.domain.sessions import Session
from premia.engine.run import Parts, Runner
from premia.exchange.policy import AccountSetup
from premia.exchange.scenarios import FUND_NAME, FUND_SYMBOL
from premia.gateway.settings import GatewaySettings
from premia.ports import MarketData

CONFIG = "premia.toml"
_CYCLE = time(10, 0)
_LAST_STEP = timedelta(minutes=10)  # before the close no ladder takes another step
_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 10.0


class DemoWish(NamedTuple):
    """What to run.

    Attributes:
        folder: Where configuration and journal are written; an earlier demo in it is replaced.
    """

    folder: Path
    first: date = date(2014, 1, 3)
    last: date = date(2018, 12, 31)
    capital: Decimal = Decimal(250_000)
    seed: int = 1


class DayValue(msgspec.Struct, frozen=True):
    """A session's net liquidation at its pass, and the price of the underlying then."""

    day: date
    equity: Decimal
    spot: Decimal


class DemoReport(msgspec.Struct, frozen=True):
    """What happened, beside what stands in the journal.

    Attributes:
        days: One value a session.
        gateway: The market's own account at the end, for checking: cash, holdings, results.
        commissions, realized: USD of all executions by the market's own record; results as IB counts them.
        messages: API messages sent and received.
        record: All that happened at the market, by its own record; no client ever sees it.
    """

    account: str
    symbol: str
    name: str
    capital: Decimal
    first: date
    last: date
    days: tuple[DayValue, ...]
    journal: Place
    config: Path
    gateway: dict[str, Any]
    commissions: Decimal
    realized: Decimal
    ledger_cash: Decimal
    messages: tuple[int, int]
    record: tuple[dict[str, Any], ...] = ()


Progress = Callable[[date, Decimal], None]


def _silent(_day: date, _equity: Decimal) -> None:
    """Say nothing."""


async def demo(wish: DemoWish, progress: Progress = _silent) -> DemoReport:
    """Run the wheel from the first to the last day of a wish.

    Raises:
        NotConnected: If the gateway's process does not start.
    """
    async with gateway_process(wish) as started:
        settings = write_config(wish, started.port)
        control = await open_control(started.control_port)
        try:
            return await _run(wish, settings, control, progress)
        finally:
            await control.close()


class Started(msgspec.Struct, frozen=True):
    """Ports of a gateway's process."""

    port: int
    control_port: int


@asynccontextmanager
async def gateway_process(wish: DemoWish) -> AsyncGenerator[Started]:
    """A gateway in a process of its own, ended with the context."""
    asked = GatewayWish(
        first=wish.first,
        seed=wish.seed,
        accounts=(AccountSetup(DEMO_ACCOUNT, cash=wish.capital),),
        settings=GatewaySettings(port=0, control_port=0, clock="stepped", messages_per_s=0),
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "premia.bootstrap.gateway",
        msgspec.json.encode(asked).decode(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield await _ports(process)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_LIMIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _ports(process: asyncio.subprocess.Process) -> Started:
    if process.stdout is None or process.stderr is None:
        raise InvariantViolated("The gateway's process was started without pipes.")
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_LIMIT_S)
    except TimeoutError:
        line = b""
    if not line:
        words = (await process.stderr.read()).decode(errors="replace").strip() if process.returncode else ""
        raise NotConnected(f"The simulated gateway did not start within {_START_LIMIT_S:g} s. {words}")
    return msgspec.json.decode(line, type=Started)


def write_config(wish: DemoWish, port: int) -> Settings:
    """The shipped defaults for the wish's capital, with the demo's account, port and one fund."""
    wish.folder.mkdir(parents=True, exist_ok=True)
    for stale in wish.folder.glob("demo.db*"):
        stale.unlink()
    path = wish.folder / CONFIG
    start = Start(
        capital=wish.capital, number=DEMO_ACCOUNT, symbols=[FUND_SYMBOL], port=port, journal="demo.db"
    )
    path.write_text(initial_text(start), encoding="utf-8")
    return load(path)


async def _run(wish: DemoWish, settings: Settings, control: GatewayControl, progress: Progress) -> DemoReport:
    config = settings.config
    sessions = sessions_around(config, wish.first, wish.last)
    clock = SteppedClock(await control.now())
    parts = broker_parts(config, clock, STEPPED)
    journal = open_journal(settings.journal, config.account.number)
    watched = _Watched(parts.market_data)
    runner = Runner(
        engine_of(config, sessions),
        Parts(
            broker=parts.broker,
            market=watched,
            journal=journal,
            clock=clock,
            recorded_at=clock.now,
        ),
        Book(),
    )
    time_machine = _TimeMachine(runner, SteppedPace(runner, clock, control.advance, parts))
    days: list[DayValue] = []

    async def already_right() -> None:
        """A stepped clock is the gateway's own."""

    try:
        await runner.connect(admission(already_right, clock))
        for session in sessions.between(wish.first, wish.last):
            await time_machine.live(session)
            value = _value(session.day, runner.book, watched.spots.get(FUND_SYMBOL))
            if value is not None:
                days.append(value)
                progress(value.day, value.equity)
        await runner.observe()
        keep(journal, runner.book)
        state, record = await control.state(), await control.record()
        return DemoReport(
            account=runner.book.account,
            symbol=FUND_SYMBOL,
            name=FUND_NAME,
            capital=wish.capital,
            first=wish.first,
            last=wish.last,
            days=tuple(days),
            journal=settings.journal,
            config=settings.path,
            gateway=state,
            commissions=_summed(record, "commission"),
            realized=_summed(record, "realized"),
            ledger_cash=runner.book.cash or Decimal(0),
            messages=(parts.connection.counts.sent, parts.connection.counts.received),
            record=tuple(record),
        )
    finally:
        await runner.close()
        journal.close()


class _TimeMachine:
    """Steps the market's clock and lets the engine live each instant."""

    def __init__(self, runner: Runner, go: SteppedPace) -> None:
        self._runner = runner
        self._go = go

    async def live(self, session: Session) -> None:
        """One session: a pass, then the steps that working orders ask for."""
        await self._go(new_york(session.day, _CYCLE))
        await self._runner.cycle()
        last = session.closes - _LAST_STEP
        while (wake := self._runner.next_wake) is not None and wake < last:
            await self._go(wake)
            await self._runner.tick()
        await self._go(session.closes + timedelta(minutes=1))
        await self._runner.tick()


def _summed(record: list[dict[str, Any]], what: str) -> Decimal:
    """A sum of money over all executions of the market's record; executions without it count nothing."""
    amounts = (one[what] for report in record for one in report.get("executions", ()))
    return sum((Decimal(money["amount"]) for money in amounts if money is not None), Decimal(0))


class _Watched:
    """Market data that remembers each underlying's last price, for the comparison with buy and hold."""

    def __init__(self, market: MarketData) -> None:
        self._market = market
        self.spots: dict[str, Decimal] = {}

    async def observe(self, request: MarketRequest) -> MarketView:
        """What the market shows, noting the prices on the way."""
        view = await self._market.observe(request)
        for symbol, seen in view.symbols.items():
            spot = seen.underlying.spot if isinstance(seen, Seen) else None
            if spot is not None:
                self.spots[symbol] = spot
        return view


def _value(day: date, book: Book, spot: Decimal | None) -> DayValue | None:
    account = book.observed.account
    worth = account.value.net_liquidation if isinstance(account, Known) else None
    return None if worth is None or spot is None else DayValue(day, worth, spot)


def facts_of(report: DemoReport) -> list[ev.AnyEvent]:
    """Everything that the demo's journal holds."""
    journal = open_journal(report.journal, report.account, read_only=True)
    try:
        return [event for _, event in journal.read()]
    finally:
        journal.close()
