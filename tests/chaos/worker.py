"""One life of a process that trades without a pause, to be killed at any moment.

    python -m tests.chaos.worker SCRIPT PORT FILE [POINT]

Scripts trade with the real engine, journal and adapter, in rounds that begin and end with nothing open:

    metronome   sell a put, buy it back; every third order asks too much and is taken back
    put, close  the same without the third; killed in the opening, or in the closing
    call        sell a call on shares, buy it back
    roll        sell a put, roll it as one order, buy it back
    cancel      ask too much, and take it back
    reprice     ask too much, and walk to what fills
    naive       no engine: sends again whatever it has not noted as filled

A life prints a line for each step that has become durable. With a POINT it ends itself by SIGKILL at that
one, by number or name, of the points of the order that its script is about: before and after each batch of
facts is written, before and after bytes of an order, a change or a cancel leave.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict

from premia.adapters.clocks import WallClock
from premia.adapters.ib.assemble import REAL_TIME, IbParts, IbSettings, ib_parts
from premia.adapters.ib.clock import IbClock
from premia.adapters.ib.connection import Address
from premia.adapters.journals.journal import SqlJournal
from premia.adapters.journals.places import open_journal
from premia.adapters.journals.snapshot import keep, recover
from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.book import Book
from premia.domain.combo import Combo, Leg, single
from premia.domain.instrument import Option, Right
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
NAME = "metronome"
EVERY_THIRD = 3
_LEAVES_S = 0.03  # after which bytes that were handed to the transport have left
TOO_DEAR = Decimal("0.30")
QUICK = Ladder(steps=0, every=timedelta(seconds=1), patience=timedelta(seconds=0.8))
WALK = Ladder(steps=2, every=timedelta(seconds=0.3), patience=timedelta(seconds=2))
SCANS = {
    Right.PUT: Scan(Right.PUT, 0.15, 0.30, 28, 45, expirations=2),
    Right.CALL: Scan(Right.CALL, 0.15, 0.30, 28, 45, expirations=1),
}
BUSY = GateLimits(a_minute=100_000, a_day=100_000, changes_a_minute=100_000, again_s=0.0)
"""Whoever trades every second is what the last gate stops; here that is the test."""
ENDLESS = DailyLimit(contracts_a_day=10_000, contracts_a_run=10_000)
AIMS = {
    "put": Purpose.OPEN,
    "call": Purpose.OPEN,
    "cancel": Purpose.OPEN,
    "reprice": Purpose.OPEN,
    "close": Purpose.CLOSE,
    "roll": Purpose.ROLL,
}
"""Which order of a round a script is about."""


class Script(BaseModel):
    """Parameters of the strategy: which script it plays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = NAME

    @property
    def right(self) -> Right:
        """What it sells."""
        return Right.CALL if self.name == "call" else Right.PUT


def request(book: Book, script: Script, _at: datetime) -> tuple[SymbolRequest, ...]:
    held = tuple(
        leg.contract
        for trade in book.trades.values()
        for leg in trade.legs.values()
        if isinstance(leg.contract, Option)
    )
    scans = (SCANS[script.right],) if not held or script.name == "roll" else ()
    return (SymbolRequest(SYMBOL, scans, held),)


def propose(view: MarketView, book: Book, script: Script, _sessions: Sessions) -> Iterator[Intent | Passed]:
    """The next order of the round, at what fills now unless the script asks too much."""
    seen = view.seen(SYMBOL)
    if not isinstance(seen, Seen) or book.orders:
        return
    dear = TOO_DEAR if _asks_too_much(book, script) else Decimal(0)
    trades = [trade for trade in book.trades.values() if trade.short_option is not None]
    if not trades:
        contract = _to_sell(seen, script.right)
        if contract is not None:
            yield _opening(seen, contract, dear, script)
        return
    leg = trades[0].short_option
    if leg is None or not isinstance(leg.contract, Option):
        return
    later = _later(seen, leg.contract) if script.name == "roll" and not trades[0].rolls else None
    if later is not None:
        combo = Combo((Leg(leg.contract, 1), Leg(later, -1)))
        net = _bid(seen, later) - _ask(seen, leg.contract)
        yield _intent(Purpose.ROLL, combo, (net, net), trades[0].id)
        return
    price = dear - _ask(seen, leg.contract)
    yield _intent(Purpose.CLOSE, single(leg.contract, 1), (price, price), trades[0].id)


def _asks_too_much(book: Book, script: Script) -> bool:
    if script.name == "cancel":
        return True
    return script.name == NAME and sum(book.attempts.values()) % EVERY_THIRD == EVERY_THIRD - 1


def _opening(seen: Seen, contract: Option, dear: Decimal, script: Script) -> Intent:
    bid = _bid(seen, contract)
    first = bid + TOO_DEAR if script.name == "reprice" else bid + dear
    worst = bid if script.name == "reprice" else first
    return _intent(Purpose.OPEN, single(contract, -1), (first, worst), "")


def _to_sell(seen: Seen, right: Right) -> Option | None:
    for row in seen.chain.rows(right):
        option = seen.chain.contracts[int(row)]
        if 0.15 <= abs(seen.chain.delta[row]) <= 0.30 and seen.chain.quote(int(row)).bid is not None:
            return option
    return None


def _later(seen: Seen, held: Option) -> Option | None:
    """The same strike in the next expiry that is quoted."""
    for row in seen.chain.rows(held.right):
        option = seen.chain.contracts[int(row)]
        quoted = seen.chain.quote(int(row))
        if option.expiry > held.expiry and option.strike == held.strike and quoted.bid is not None:
            return option
    return None


def _bid(seen: Seen, option: Option) -> Decimal:
    found = seen.option(option)
    return Decimal(0) if found is None or found[0].bid is None else found[0].bid


def _ask(seen: Seen, option: Option) -> Decimal:
    found = seen.option(option)
    return Decimal(5) if found is None or found[0].ask is None else found[0].ask


def _intent(purpose: Purpose, combo: Combo, prices: tuple[Decimal, Decimal], trade: str) -> Intent:
    first, worst = prices
    return Intent(
        strategy=NAME,
        symbol=SYMBOL,
        slot=f"{SYMBOL}/{purpose.value}",
        purpose=purpose,
        combo=combo,
        quantity=1,
        mid=Price(first),
        natural=Price(worst),
        worst=Price(worst),
        reason="the next beat",
        evidence=evidence(price=first),
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


class Wish(NamedTuple):
    """What a life is to do.

    Attributes:
        point: Where it ends itself: a point's number, or how its name begins; empty to leave it to others.
    """

    script: str
    port: int
    path: Path
    point: str = ""


class Points:
    """Counts the named points of the order that a script is about, and ends the process at one of them."""

    def __init__(self, script: str, until: str) -> None:
        self._aim = AIMS.get(script)
        self._until = until
        self._count = 0
        self._armed = False

    def reach(self, name: str, batch: Sequence[ev.AnyEvent] = ()) -> None:
        """A point; SIGKILL where it is the one."""
        for event in batch:
            if isinstance(event, ev.MarginRequested):
                self._armed = self._armed or event.order.purpose is self._aim
        if not self._armed or not self._until:
            return
        full = f"{name} {'+'.join(type(event).__name__ for event in batch)}".strip()
        if self._until == str(self._count) or full.startswith(self._until):
            say(f"point {full}")
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1


class Written:
    """A journal that tells when it is about to write and when it has written."""

    def __init__(self, journal: SqlJournal, points: Points) -> None:
        self._journal = journal
        self._points = points

    def append(self, events: Sequence[ev.AnyEvent], recorded_at: datetime) -> None:
        self._points.reach("before-writing", events)
        self._journal.append(events, recorded_at)
        self._points.reach("written", events)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


class Sending:
    """A broker that tells when something is about to leave and when it has left."""

    def __init__(self, broker: Any, points: Points) -> None:
        self._broker = broker
        self._points = points

    async def submit(self, permit: Any) -> None:
        self._points.reach("before-sending")
        await self._broker.submit(permit)
        self._points.reach("handed-over")
        await asyncio.sleep(_LEAVES_S)
        self._points.reach("sent")

    async def cancel(self, state: Any) -> None:
        self._points.reach("before-cancelling")
        await self._broker.cancel(state)
        self._points.reach("cancel-handed-over")
        await asyncio.sleep(_LEAVES_S)
        self._points.reach("cancel-sent")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)


def say(text: str) -> None:
    """Print a line; one write, so that lives which share a pipe do not mix theirs."""
    os.write(sys.stdout.fileno(), f"{PREFIX}{text}\n".encode())


PREFIX = ""


def told(batch: list[ev.AnyEvent]) -> None:
    """Print what has just become durable."""
    words = {
        ev.MarginRequested: "decided",
        ev.OrderIdAssigned: "assigned",
        ev.OrderAccepted: "working",
        ev.OrderFilled: "filled",
        ev.CancelRequested: "cancelling",
        ev.OrderCancelled: "ended",
        ev.OrderNeverSent: "ended",
        ev.OrderUnknown: "unknown",
    }
    for event in batch:
        word = words.get(type(event))
        if word is not None:
            say(f"{word} {event.order.key if isinstance(event, ev.MarginRequested) else event.key}")


def joined(port: int) -> tuple[IbParts, IbClock]:
    clock = IbClock(WallClock())
    return ib_parts(IbSettings(Address("127.0.0.1", port, CLIENT), ACCOUNT), clock, REAL_TIME), clock


def an_engine(script: str, sessions: Sessions) -> Engine:
    limits = Limits().model_copy(update={"daily_limit": ENDLESS})
    ladder = WALK if script == "reprice" else QUICK
    return Engine(
        (Mandate(Strategy(NAME, Script, request, propose), Script(name=script)),),
        Desk(AccountKind.MARGIN, sessions, limits),
        Reference(sessions, US, Adoption({SYMBOL: NAME})),
        Pricing({"patient": ladder, "ordinary": ladder, "urgent": ladder}, BUSY.collar),
        BUSY,
    )


async def trade(wish: Wish) -> None:
    """Trade with the engine, from whatever the journal holds."""
    parts, clock = joined(wish.port)
    points = Points(wish.script, wish.point)
    journal = open_journal(wish.path, ACCOUNT)

    async def admit(opened: ev.Connected) -> ev.Connected:
        await clock.measure(parts.connection)
        runner.engine = an_engine(wish.script, weekdays(clock.now().date()))
        return replace(opened, at=clock.now())

    runner = Runner(
        an_engine(wish.script, weekdays(clock.now().date())),
        Parts(
            Sending(parts.broker, points),
            parts.market_data,
            Written(journal, points),
            clock,
            WallClock().now,
            on_facts=told,
        ),
        recover(journal),
    )
    await runner.connect(admit)
    keep(journal, runner.book)
    say("connected")
    orders = sum(runner.book.attempts.values())
    parent = os.getppid()
    while os.getppid() == parent:
        await runner.cycle()
        await runner.work(clock.now() + timedelta(seconds=30))
        parts.lines.release()
        flat = not any(trade.short_option for trade in runner.book.trades.values())
        if sum(runner.book.attempts.values()) > orders and flat and not runner.book.orders:
            say("round")
            orders = sum(runner.book.attempts.values())


def noted(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def note(path: Path, step: int) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{step}\n")


async def naive(wish: Wish) -> None:
    """Look up what lives by its reference, send what is not noted and does not live; note what has filled."""
    parts, clock = joined(wish.port)
    await parts.broker.connect()
    await clock.measure(parts.connection)
    say("connected")
    view = await parts.market_data.observe(MarketRequest((SymbolRequest(SYMBOL, (SCANS[Right.PUT],)),)))
    seen = view.seen(SYMBOL)
    if not isinstance(seen, Seen):
        raise SystemExit(f"no market: {seen.why}")
    contract = seen.chain.contracts[0]
    while True:
        step = len(noted(wish.path))
        order = _naive_order(step, contract, clock.now())
        found = (await parts.broker.observe()).orders
        living = {one.order_ref for one in getattr(found, "value", ()) if not one.done}
        if order.key not in living:
            await parts.broker.submit(a_permit(order, parts.broker.allocate_id(0)))
            say(f"assigned {order.key}")
        if await _filled(parts.broker.reports(), order.key):
            note(wish.path, step)
            say(f"filled {order.key}")


async def _filled(reports: AsyncIterator[ev.AnyEvent], key: str) -> bool:
    """Whether the order is reported filled within half a second."""
    try:
        async with asyncio.timeout(0.5):
            async for event in reports:
                if isinstance(event, ev.OrderFilled) and event.key == key:
                    return True
    except TimeoutError:
        pass
    return False


def _naive_order(step: int, contract: Option, at: datetime) -> Order:
    selling = step % 2 == 0
    price = Price(Decimal("0.05")) if selling else Price(Decimal(-50))
    return Order(
        key=f"naive/{step}",
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
        session=at.date(),
        reason="the next step",
    )


def live(wish: Wish) -> None:
    """Live until somebody ends it."""
    asyncio.run(naive(wish) if wish.script == "naive" else trade(wish))


if __name__ == "__main__":
    given = sys.argv[1:]
    live(Wish(given[0], int(given[1]), Path(given[2]), given[3] if len(given) > 3 else ""))
