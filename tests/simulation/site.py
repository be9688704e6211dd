"""An installation in virtual time: a market behind its gateway, a machine with a disk, lives of the daemon.

Everything is the real thing but time, sockets and chance: the daemon as `premia run` joins it, the IB
adapter, the bytes on the wire, the gateway's protocol, the journal's file. The market lives up to each whole
second that passes, before anybody hears of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path

from premia.adapters.ib.assemble import REAL_TIME, IbParts, Timing
from premia.adapters.ib.connection import Heartbeat
from premia.adapters.ib.pacing import Pacer
from premia.adapters.journals.journal import SqlJournal
from premia.adapters.journals.sqlite import open_sqlite
from premia.bootstrap.daemon import Observers, Pace
from premia.bootstrap.settings import load
from premia.bootstrap.unattended import Told, Unattended
from premia.bootstrap.worlds import World, real_world
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.errors import JournalError
from premia.engine.run import Runner
from premia.exchange.exchange import Exchange
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from tests.simulation.loop import Pipe, VirtualLoop

SECOND = timedelta(seconds=1)
_WORKING_S, _OPEN_S, _CLOSED_S = 60.0, 300.0, 1800.0
"""How far time may jump while orders work, while the market is open, and at night."""

SLOW_PULSE = Heartbeat(quiet_s=300.0, answer_s=8.0)
"""Most of a simulated week would be beats of a heart that nothing is wrong with."""

NIGHTLY = timedelta(hours=2)
"""Between two looks at the broker while the market is closed, for the same reason."""

LIFE: ContextVar[Life | None] = ContextVar("life", default=None)
"""The process to which running code belongs; None outside of all."""

Facts = Callable[["Life", Sequence[ev.AnyEvent]], None]


Sending = Callable[["Life", bytes, Callable[[bytes], None]], None]


class Killed(BaseException):
    """What ends the code that was running when its process was killed."""


class Machine:
    """The clock of the machine on which the daemon runs: the market's, and what it is off."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.off = timedelta(0)

    def now(self) -> datetime:
        return self._now() + self.off


class Disk:
    """The disk under the journals of all lives.

    Attributes:
        fails: Why nothing can be written; empty while it can.
        before, after: Called around each write of a life.
    """

    def __init__(self) -> None:
        self.fails = ""
        self.before: Callable[[Life], None] = lambda _life: None
        self.after: Callable[[Life], None] = lambda _life: None


class SimulatedJournal(SqlJournal):
    """The journal's file without waiting for a disk, and with one that fails when it is told to."""

    def __init__(self, path: Path, account: str, life: Life) -> None:
        self._life = life
        self._shut = False
        vars(self).update(vars(open_sqlite(path, account)))  # it is that journal, and fails when told to
        self._db.execute("PRAGMA synchronous = OFF")

    def append(self, events: Sequence[ev.AnyEvent], recorded_at: datetime) -> None:
        self._check()
        self._life.site.disk.before(self._life)
        super().append(events, recorded_at)
        self._life.written(events)
        self._life.site.disk.after(self._life)

    def keep_snapshot(self, schema: str, code: str, payload: bytes) -> None:
        self._check()
        super().keep_snapshot(schema, code, payload)

    def close(self) -> None:
        if not self._shut:
            self._shut = True
            super().close()

    def _check(self) -> None:
        if self._life.dead:
            raise JournalError("the process is dead and writes nothing")
        if self._life.site.disk.fails:
            raise JournalError(self._life.site.disk.fails)


class Life:
    """One process of the daemon, from its start to its end.

    Attributes:
        outcome: What ended it: empty while it lives, else `stopped`, `killed`, or the error in words.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.dead = False
        self.outcome = ""
        self.error: BaseException | None = None
        self.turns = 0
        self.troubles: list[tuple[str, str]] = []
        self._tasks: list[asyncio.Task] = []
        self._pipes: list[Pipe] = []
        self._journal: SimulatedJournal | None = None
        self.process: Unattended | None = None
        self.task: asyncio.Task | None = None

    @property
    def book(self) -> Book:
        return self.process._runner.book

    @property
    def runner(self) -> Runner:
        return self.process._runner

    def begin(self) -> None:
        """Start the process; it runs until it is stopped, killed or fails."""
        token = LIFE.set(self)
        try:
            self.task = self.site.loop.create_task(self._run())
        finally:
            LIFE.reset(token)

    async def _run(self) -> None:
        try:
            told = Told(Observers(trouble=self._trouble, turned=self._turned), self._facts)
            self.process = Unattended(load(self.site.path), told, self._world())
            daemon = self.process._daemon
            daemon.rhythm = daemon.rhythm._replace(observe_closed=NIGHTLY)
            await self.process.live()
            self.outcome = self.outcome or "stopped"
        except Killed:
            self.outcome = "killed"
        except asyncio.CancelledError:
            self.outcome = self.outcome or "killed"
        except BaseException as error:  # noqa: BLE001 - whatever ends a process is what a check looks at
            self.outcome = self.outcome or f"{type(error).__name__}: {error}"
            self.error = error
        finally:
            if self._journal is not None:
                self._journal.close()

    def kill(self) -> None:
        """SIGKILL: nothing of it runs, writes or sends any more; what it has sent is under way."""
        if self.dead or self.outcome:
            return
        self.dead = True
        self.outcome = "killed"
        for pipe in self._pipes:
            pipe.die()
        if self._journal is not None:
            self._journal.close()
        for task in self._tasks:
            task.cancel()

    def note(self, task: asyncio.Task) -> None:
        self._tasks = [one for one in self._tasks if not one.done()]
        self._tasks.append(task)

    def connected(self, pipe: Pipe) -> None:
        self._pipes = [one for one in self._pipes if not one.is_closing()]
        self._pipes.append(pipe)

    @property
    def pipes(self) -> list[Pipe]:
        return [one for one in self._pipes if not one.is_closing()]

    def written(self, events: Sequence[ev.AnyEvent]) -> None:
        found = [fact for fact in events if isinstance(fact, ev.OrderIdAssigned)]
        self.site.numbers |= {str(fact.broker_id).encode() for fact in found}
        self.site.written(self, events)

    def _open(self, path: Path, account: str) -> SqlJournal:
        self._journal = SimulatedJournal(path, account, self)
        return self._journal

    def _facts(self, batch: Sequence[ev.AnyEvent]) -> None:
        if not self.dead:
            self.site.settled(self, batch)

    def _trouble(self, kind: str, text: str) -> None:
        self.troubles.append((kind, text))

    def _turned(self, _book: Book, _now: datetime) -> None:
        self.turns += 1

    def _world(self) -> World:
        site = self.site
        world = real_world(site.machine)
        return world._replace(timing=site.timing(), pace=self._pace, opened=self._open)

    def _pace(self, runner: Runner, _parts: IbParts) -> Pace:
        """Waits as on real time, without looking at the inbox twice a second when nothing is in it."""

        async def pace(until: datetime) -> None:
            left = (until - runner.parts.clock.now()).total_seconds()
            await runner.wait(max(min(left, self.site.undisturbed_s()), 0.0))

        return pace


class Site:
    """Market, gateway, machine and disk, and whoever lives on them.

    Attributes:
        settled: Told each batch of facts that a life has settled, once it is durable.
        written: The same, right after the write and before the life knows of it.
        moved: Told after the market has lived on.
        sending: Given what a life sends, and how to send it.
        leap_s: For how long the machine sleeps from now on, while the market lives.
        numbers: Order numbers that are written down, as the wire spells them.
        disturbances: Virtual times at which something happens to a life from outside, ascending.
    """

    def __init__(self, loop: VirtualLoop, exchange: Exchange, folder: Path) -> None:
        self.loop = loop
        self.start = exchange.now
        self.exchange = exchange
        self.server = GatewayServer(exchange, GatewaySettings(port=0))
        self.machine = Machine(self.now)
        self.disk = Disk()
        self.folder = folder
        self.path = folder / "premia.toml"
        self.journal = folder / "premia.db"
        self.lives: list[Life] = []
        self.settled: Facts = lambda _life, _batch: None
        self.written: Facts = lambda _life, _batch: None
        self.moved: Callable[[], None] = lambda: None
        self.sending: Sending = lambda _life, data, send: send(data)
        self.disturbances: list[float] = []
        self.leap_s = 0.0
        self.numbers: set[bytes] = set()
        self.strange: list[str] = []
        loop.passing = self._passing
        loop.network.connected = self._connected
        loop.set_task_factory(self._task)
        loop.set_exception_handler(self._unheard)

    def now(self) -> datetime:
        """Market time, to the microsecond; the exchange stands at the last whole second."""
        return self.start + timedelta(seconds=self.loop.time())

    def timing(self) -> Timing:
        """That of a real gateway, with the loop's seconds."""
        return REAL_TIME._replace(pacer=lambda: Pacer(self.loop.time), heartbeat=SLOW_PULSE)

    def begin(self) -> Life:
        """A new process of the daemon."""
        life = Life(self)
        self.lives.append(life)
        life.begin()
        return life

    def undisturbed_s(self) -> float:
        """Seconds until something happens from outside, and half a second more in which it is noticed."""
        now = self.loop.time()
        while self.disturbances and self.disturbances[0] + 0.5 <= now + 0.001:
            self.disturbances.pop(0)
        return self.disturbances[0] + 0.5 - now if self.disturbances else 3600.0

    async def until(self, at: datetime) -> None:
        """Let time pass."""
        await asyncio.sleep(max((at - self.now()).total_seconds(), 0.0))

    def _passing(self, to: float) -> float:
        if self.leap_s:
            to, self.leap_s = self.loop.time() + self.leap_s, 0.0
        else:
            to = min(to, self.loop.time() + self._jump_s())
        whole = self.start + timedelta(seconds=int(to))
        if whole > self.exchange.now:
            at_once(self.server.advance(whole))
            self.moved()
        return to

    def _jump_s(self) -> float:
        floor = self.server.floor
        if any(session.held_until is not None for session in floor.sessions):
            return 1.0
        if self.exchange.open_orders():
            return _WORKING_S
        now = self.exchange.now
        session = self.exchange.market.sessions.of(now)
        return _OPEN_S if session is not None and session.opens <= now < session.closes else _CLOSED_S

    def _connected(self, pipe: Pipe) -> None:
        life = LIFE.get()
        if life is not None:
            life.connected(pipe)
            pipe.sender = lambda data: self.sending(life, data, pipe.send)

    def _task(self, loop, coroutine, **options):
        task = asyncio.Task(coroutine, loop=loop, **options)
        life = LIFE.get()
        if life is not None:
            life.note(task)
        return task

    def _unheard(self, _loop, context: dict) -> None:
        error = context.get("exception")
        if not isinstance(error, Killed):
            self.strange.append(f"{context.get('message')}: {error!r}")


def at_once(coroutine) -> None:
    """Run what never has to wait, outside of any task."""
    with suppress(StopIteration):
        coroutine.send(None)
        raise AssertionError("The gateway waited for something in the middle of an instant.")


@contextmanager
def quiet() -> Iterator[None]:
    """Let libraries keep what they would log."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
