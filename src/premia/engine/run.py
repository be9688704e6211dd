"""The loop: settle an arrival in memory, write it down, then perform it.

A `Runner` is the one writer of a journal. Everything durable is durable before anybody acts on it;
an order's broker id before the order is sent; and an order is sent only when the one before it has
been answered. What the broker reports comes in through a queue and is settled like anything else.
Wall time appears here only as the patience with which an answer is awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.apply import turned
from premia.domain.book import Book
from premia.domain.errors import GateShut, InvariantViolated, NotConnected
from premia.domain.intent import evidence
from premia.domain.order import ENDING, OrderState, Stage
from premia.domain.permit import Permit
from premia.engine.cycle import EVERYTHING, Run
from premia.engine.decide import (
    Arrival,
    Engine,
    MarketArrived,
    Tick,
    market_request,
    settle,
    start_cycle,
)
from premia.engine.gate import Wanted, consequences, killed, permit, refused_change
from premia.engine.gate_book import Breach
from premia.engine.link import LINK
from premia.engine.working import next_wake
from premia.ports import Broker, Clock, Journal, MarketData

_HANDOVERS = 8  # turns of the loop from a frame that was read to its report in our queue, and some to spare
_LOOKS_MAX = 3  # observations in a row that may each find something new


class Parts(NamedTuple):
    """What a runner is joined from.

    Attributes:
        recorded_at: Wall time for the journal's rows; nothing decides on it.
        answer_timeout_s: How long an acknowledgement is awaited before the order stays in flight.
        on_facts: Told each batch once it is durable.
        consent: Asked of each approved order before anything of it leaves; a no drops it.
        shut: Asked right before anything is sent: why it may not be, empty where it may.
    """

    broker: Broker
    market: MarketData
    journal: Journal
    clock: Clock
    recorded_at: Callable[[], datetime]
    answer_timeout_s: float = 10.0
    on_facts: Callable[[list[ev.AnyEvent]], None] = lambda _batch: None
    consent: Callable[[ev.MarginRequested], bool] = lambda _wanted: True
    shut: Callable[[], str] = lambda: ""


Admit = Callable[[ev.Connected], Awaitable[ev.Connected]]
"""Looks at a session that was just opened: lets it pass, stamped with market time, or raises."""


async def open_session(broker: Broker, admit: Admit) -> ev.Connected:
    """Open a session with the broker and have it admitted."""
    opened = await broker.connect()
    if not isinstance(opened, ev.Connected):
        raise InvariantViolated(f"A broker answered connect with {type(opened).__name__}.")
    return await admit(opened)


class Runner:
    """Runs an engine on a journal; the only place where decisions become effects.

    Attributes:
        ending: No new order is sent any more, whatever a running pass has planned: the process is ending.
    """

    def __init__(self, engine: Engine, parts: Parts, book: Book) -> None:
        """Start from a book that is the fold of the journal: start-up is recovery, and nothing else.

        A session that the journal shows open belonged to an earlier process; this one has none yet.
        """
        self.engine = engine
        self.parts = parts
        self.book = replace(book, connected=False, ready=False)
        self._queue: asyncio.Queue[ev.AnyEvent] = asyncio.Queue()
        self._listener: asyncio.Task[None] | None = None
        self._sought: set[str] = set()
        self._looks = 0
        self.ending = False

    async def connect(self, admit: Admit) -> None:
        """Open the session and reconcile; `admit` raises where the account must not be traded.

        Raises:
            NotConnected: If the broker is not there.
        """
        opened = await open_session(self.parts.broker, admit)
        self._listener = asyncio.create_task(self._listen())
        await self.take(opened)
        await self.observe()

    async def close(self) -> None:
        """End the session; working orders stay where they are."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        await self.parts.broker.close()

    async def abandon(self) -> None:
        """End the session without a word in the journal, which cannot take one; the book is as it says."""
        await self.close()
        while not self._queue.empty():  # what it told is told again by the next look
            self._queue.get_nowait()
        self.book = replace(self.book, connected=False, ready=False)

    async def observe(self) -> None:
        """Ask the broker for everything, and reconcile."""
        self._looks = 0
        await self._look()

    async def cycle(self, run: Run = EVERYTHING) -> str:
        """One pass: observe, propose, review, plan, perform. Its name."""
        await self.observe()
        started = start_cycle(self.engine, self.parts.clock.now(), run)
        await self.take(started)
        view = await self.parts.market.observe(market_request(self.engine, self.book, run))
        await self.settled()  # what the look told of the wire counts before what it showed
        await self.take(MarketArrived(self.parts.clock.now(), started.cycle, view, run))
        await self.drain()
        return started.cycle

    async def tick(self) -> None:
        """Let market time speak: ladders walk, patience ends."""
        await self.drain()
        await self.take(Tick(self.parts.clock.now()))
        await self.drain()

    async def settled(self) -> None:
        """Let the transport hand over what it has read, then settle it."""
        for _ in range(_HANDOVERS):
            await asyncio.sleep(0)
        await self.drain()

    async def drain(self) -> None:
        """Settle all reports that have come in."""
        while not self._queue.empty():
            await self.take(self._queue.get_nowait())

    async def work(self, until: datetime) -> None:
        """Keep working orders on their ladders until none works or market time `until` is reached."""
        while any(not state.stage.terminal for state in self.book.orders.values()):
            now = self.parts.clock.now()
            wake = min(self.next_wake or until, until)
            if now >= until or not self.book.connected:
                return
            await self._wait((wake - now).total_seconds())
            await self.tick()

    @property
    def next_wake(self) -> datetime | None:
        """When a ladder next asks for something, seen from now: the book stands at its last fact."""
        return next_wake(turned(self.book, self.parts.clock.now()))

    async def take(self, arrived: Arrival) -> None:
        """Settle an arrival, make it durable, perform what it demands."""
        batch, book = settle(self.engine, self.book, arrived)
        if batch:
            self.parts.journal.append(batch, self.parts.recorded_at())
        self.book = book
        self.parts.on_facts(batch)
        for event in batch:
            await self._perform(event)

    async def _perform(self, event: ev.AnyEvent) -> None:
        """The few events that have effects."""
        if isinstance(event, ev.MarginRequested):
            await self._ask_margin(event)
        elif isinstance(event, ev.OrderRequested):
            await self._send(event.key)
        elif isinstance(event, ev.ReplaceRequested):
            await self._replace(event)
        elif isinstance(event, ev.CancelRequested):
            await self._cancel(event)
        elif isinstance(event, ev.DiscrepancySeen | ev.LinkRestored | ev.CancelRefused):
            await self._look_again(event)

    async def _look_again(self, event: ev.DiscrepancySeen | ev.LinkRestored | ev.CancelRefused) -> None:
        """The looks that facts ask for: a second one, one after a gap, and one for what was not cancelled."""
        if isinstance(event, ev.LinkRestored):
            await self.observe()
        elif isinstance(event, ev.DiscrepancySeen):
            if self._looks < _LOOKS_MAX:
                await self._look()
        elif event.key in self.book.orders and event.key not in self._sought:
            self._sought.add(event.key)  # once: later looks come on schedule
            await self.observe()

    async def _cancel(self, event: ev.CancelRequested) -> None:
        state = self.book.orders.get(event.key)
        if state is None or LINK in self.book.halts:
            return
        aimed = replace(state, broker_id=event.broker_id) if event.broker_id else state
        with suppress(NotConnected):  # asked for again by the look that follows the gap
            await self.parts.broker.cancel(aimed)

    async def _look(self) -> None:
        self._looks += 1
        await self.drain()
        await self.take(await self.parts.broker.observe())

    async def _ask_margin(self, event: ev.MarginRequested) -> None:
        key = event.order.key
        if key not in self.book.orders:
            return
        if self.ending:
            await self._drop(key, ENDING, "the process is ending; the next one decides anew")
            return
        if not self.parts.consent(event):
            await self._drop(key, "operator", "the operator did not confirm it")
            return
        quote = await self.parts.broker.what_if(event.order)
        await self.take(ev.MarginQuoted(at=self.parts.clock.now(), key=event.order.key, quote=quote))

    async def _send(self, key: str) -> None:
        """Allocate an id, make it durable, send, and wait for the answer."""
        state = self._requested(key)
        client = self.book.client_id
        if state is None or client is None or not self.book.connected:
            return
        if self.ending:
            await self._drop(key, ENDING, "the process is ending; the next one decides anew")
            return
        wanted = Wanted(state, state.limit, change=False)
        number = self.parts.broker.allocate_id(self.book.next_id)
        leave = self._permit(wanted, number)
        if isinstance(leave, Breach):
            await self._stopped(wanted, leave)
            return
        assigned = ev.OrderIdAssigned(at=self.parts.clock.now(), key=key, broker_id=number, client_id=client)
        await self.take(assigned)
        try:
            await self.parts.broker.submit(leave)
        except GateShut as shut:
            await self._stopped(wanted, killed(str(shut)))
            return
        except NotConnected:  # nothing was sent; the look that follows the gap proves it
            await self.settled()
            return
        await self._answered(key)

    async def _drop(self, key: str, rule: str, why: str) -> None:
        dropped = ev.OrderDropped(at=self.book.at, key=key, rule=rule, reason=why, evidence=evidence())
        await self.take(dropped)

    def _permit(self, wanted: Wanted, broker_id: int) -> Permit | Breach:
        return permit(self.book, wanted, broker_id, self.engine.gate, self.parts.shut)

    async def _stopped(self, wanted: Wanted, breach: Breach) -> None:
        """Write down what the gate stopped at the door."""
        for event in consequences(self.book, wanted, breach):
            await self.take(event)
        if wanted.change:
            await self.take(refused_change(self.book, wanted, breach))

    def _requested(self, key: str) -> OrderState | None:
        state = self.book.orders.get(key)
        return state if state is not None and state.stage is Stage.REQUESTED else None

    async def _replace(self, event: ev.ReplaceRequested) -> None:
        state = self.book.orders.get(event.key)
        if state is None or state.broker_id is None:
            return
        wanted = Wanted(state, event.limit, change=True)
        leave = self._permit(wanted, state.broker_id)
        try:
            if not isinstance(leave, Breach):
                with suppress(NotConnected):  # the look that follows the gap tells the price that it has
                    await self.parts.broker.submit(leave)
                return
        except GateShut as shut:
            leave = killed(str(shut))
        await self._stopped(wanted, leave)

    async def _answered(self, key: str) -> None:
        """Settle reports until the order is acknowledged or has ended, or patience ends.

        Patience ends the waiting only: what a report sets going, the next order among it, is finished.
        """
        until = asyncio.get_running_loop().time() + self.parts.answer_timeout_s
        while (state := self.book.orders.get(key)) is not None and state.in_flight and self.book.connected:
            try:
                async with asyncio.timeout_at(until):
                    event = await self._queue.get()
            except TimeoutError:
                text = f"no answer to {key} within {self.parts.answer_timeout_s:g} s; it stays in flight"
                await self.take(ev.BrokerWarned(at=self.parts.clock.now(), code=0, text=text, key=key))
                return
            await self.take(event)

    async def _wait(self, seconds: float) -> None:
        """Wait for a report, at most so long; the report stays queued."""
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                event = await self._queue.get()
        except TimeoutError:
            return
        await self.take(event)

    def post(self, event: ev.AnyEvent) -> None:
        """Put a fact from outside the broker in line, a person's command above all; it ends a wait."""
        self._queue.put_nowait(event)

    async def wait(self, seconds: float) -> None:
        """Wait for a report or a posted fact, at most so long (wall seconds), and settle it."""
        await self._wait(seconds)

    async def _listen(self) -> None:
        async for event in self.parts.broker.reports():
            self._queue.put_nowait(event)
