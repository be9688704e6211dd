"""A process that trades without a pause, to be killed at any moment.

    python -m tests.chaos.worker recover PORT JOURNAL     the real engine, journal and adapter
    python -m tests.chaos.worker naive PORT FILE          sends again whatever it has not noted as filled

Both keep doing one thing: sell one put, buy it back, and so on. Each prints a line as soon as a step
is on disk, so that whoever kills it knows where it stood.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict

from premia.adapters.clocks import WallClock
from premia.adapters.ib.assemble import REAL_TIME, IbParts, IbSettings, ib_parts
from premia.adapters.ib.clock import IbClock
from premia.adapters.ib.connection import Address
from premia.adapters.journals.sqlite import open_journal
from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.combo import single
from premia.domain.instrument import Right
from premia.domain.intent import Intent, Passed, Purpose, evidence
from premia.domain.market import MarketRequest, MarketView, Scan, Seen, SymbolRequest
from premia.domain.money import Price, usd
from premia.domain.order import Ladder, Order
from premia.domain.sessions import Session, Sessions
from premia.engine.charges import US
from premia.engine.decide import Engine, Mandate
from premia.engine.gate import GateLimits
from premia.engine.planner import Pricing
from premia.engine.reconcile import Adoption, Reference
from premia.engine.run import Parts, Runner
from premia.rules.daily_limit import Params as DailyLimit
from premia.rules.review import Desk, Limits
from premia.strategies.registry import Strategy
from tests.permits import a_permit

SYMBOL = "FND"
ACCOUNT = "DU1000001"
CLIENT = 17
QUICK = Ladder(steps=0, every=timedelta(seconds=1), patience=timedelta(seconds=1.5))
EVERY_THIRD = 3
TOO_DEAR = Decimal("0.30")
SCAN = Scan(Right.PUT, 0.15, 0.30, 28, 45, expirations=1)
BUSY = GateLimits(a_minute=100_000, a_day=100_000, changes_a_minute=100_000, again_s=0.0)
"""Whoever trades every second is what the last gate stops; here that is the test."""
ENDLESS = DailyLimit(contracts_a_day=10_000, contracts_a_run=10_000)


class Nothing(BaseModel):
    """Parameters of a strategy that has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def request(book: Book, _params: Nothing, _at: datetime) -> tuple[SymbolRequest, ...]:
    held = tuple(leg.contract for trade in book.trades.values() for leg in trade.legs.values())
    return (SymbolRequest(SYMBOL, () if held else (SCAN,), held),)


def propose(view: MarketView, book: Book, _params: Nothing, _sessions: Sessions) -> Iterator[Intent | Passed]:
    """Buy back what is open; sell a put where nothing is. Every third order asks too much and is ended."""
    seen = view.seen(SYMBOL)
    more = TOO_DEAR if sum(book.attempts.values()) % EVERY_THIRD == EVERY_THIRD - 1 else Decimal(0)
    if not isinstance(seen, Seen) or book.orders:
        return
    trades = [trade for trade in book.trades.values() if not trade.flat]
    if trades:
        leg = trades[0].short_option
        quoted = None if leg is None else seen.option(leg.contract)
        ask = None if quoted is None else quoted[0].ask
        if leg is not None and ask is not None:
            yield _intent(Purpose.CLOSE, leg.contract, Price(more - ask), trades[0].id)
        return
    for row in seen.chain.rows(Right.PUT):
        bid = seen.chain.quote(int(row)).bid
        if bid is not None and -0.30 <= seen.chain.delta[row] <= -0.15:
            yield _intent(Purpose.OPEN, seen.chain.contracts[int(row)], Price(bid + more), "")
            return


def _intent(purpose: Purpose, contract, price: Price, trade: str) -> Intent:
    opening = purpose is Purpose.OPEN
    return Intent(
        strategy="metronome",
        symbol=SYMBOL,
        slot=f"{SYMBOL}/{'put' if opening else 'close'}",
        purpose=purpose,
        combo=single(contract, -1 if opening else 1),
        quantity=1,
        mid=price,
        natural=price,
        worst=price,
        reason="the next beat",
        evidence=evidence(price=price),
        trade=trade,
    )


def weekdays(around: date) -> Sessions:
    """Every weekday from half a year before to a year after, 09:30 to 16:00 in New York."""
    days = (around + timedelta(days=n) for n in range(-180, 500))
    return Sessions(
        Session(
            day,
            datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC),
            datetime(day.year, day.month, day.day, 21, tzinfo=UTC),
        )
        for day in days
        if day.weekday() < 5
    )


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def told(batch: list[ev.AnyEvent]) -> None:
    """Print what has just become durable."""
    for event in batch:
        if isinstance(event, ev.OrderIdAssigned):
            say("assigned")
        elif isinstance(event, ev.OrderAccepted):
            say("accepted")
        elif isinstance(event, ev.OrderFilled):
            say("filled")


def joined(port: int) -> tuple[IbParts, IbClock]:
    clock = IbClock(WallClock())
    return ib_parts(IbSettings(Address("127.0.0.1", port, CLIENT), ACCOUNT), clock, REAL_TIME), clock


async def recover(port: int, path: Path) -> None:
    """Trade with the engine, from whatever the journal holds."""
    parts, clock = joined(port)
    journal = open_journal(path, ACCOUNT)

    async def admit(opened: ev.Connected) -> ev.Connected:
        await clock.measure(parts.connection)
        return replace(opened, at=clock.now())

    await parts.connection.open()
    await clock.measure(parts.connection)
    sessions = weekdays(clock.now().date())
    limits = Limits().model_copy(update={"daily_limit": ENDLESS})
    strategy = Strategy("metronome", Nothing, request, propose)
    engine = Engine(
        (Mandate(strategy, Nothing()),),
        Desk(AccountKind.MARGIN, sessions, limits),
        Reference(sessions, US, Adoption({})),
        Pricing({"patient": QUICK, "ordinary": QUICK, "urgent": QUICK}),
        BUSY,
    )
    runner = Runner(
        engine,
        Parts(parts.broker, parts.market_data, journal, clock, WallClock().now, on_facts=told),
        fold(event for _, event in journal.read()),
    )
    await parts.connection.close()
    await runner.connect(admit)
    say("connected")
    while True:
        await runner.cycle()
        await runner.work(clock.now() + timedelta(seconds=30))
        parts.lines.release()


def noted(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def note(path: Path, step: int) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{step}\n")


async def naive(port: int, path: Path) -> None:
    """Send the next step, note it once it has filled; after a restart send what is not noted."""
    parts, clock = joined(port)
    await parts.connection.open()
    await clock.measure(parts.connection)
    await parts.connection.close()
    await parts.broker.connect()
    say("connected")
    view = await parts.market_data.observe(MarketRequest((SymbolRequest(SYMBOL, (SCAN,)),)))
    seen = view.seen(SYMBOL)
    if not isinstance(seen, Seen):
        raise SystemExit(f"no market: {seen.why}")
    contract = seen.chain.contracts[0]
    reports = parts.broker.reports()
    while True:
        notes = noted(path)
        selling = len(notes) % 2 == 0
        step = len(notes)
        price = Price(Decimal("0.05")) if selling else Price(Decimal(-50))
        order = Order(
            key=f"naive/{step}/{clock.now().timestamp()}/1",
            strategy="naive",
            symbol=SYMBOL,
            slot="s",
            purpose=Purpose.OPEN,
            combo=single(contract, -1 if selling else 1),
            quantity=1,
            limit=price,
            worst=price,
            tick=Decimal("0.01"),
            ladder=QUICK,
            reserved=usd(0),
            trade="t",
            session=clock.now().date(),
            reason="the next step",
        )
        await parts.broker.submit(a_permit(order, parts.broker.allocate_id(0)))
        say("assigned")
        async for event in reports:
            if isinstance(event, ev.OrderFilled) and event.key == order.key:
                break
        note(path, step)
        say("filled")


if __name__ == "__main__":
    work = {"recover": recover, "naive": naive}[sys.argv[1]]
    asyncio.run(work(int(sys.argv[2]), Path(sys.argv[3])))
