"""The long-lived process: the engine's loop through days, nights, restarts and lost connections.

One task does everything in turn: it takes a person's commands, connects and reconciles, makes the runs that
are due, watches what is held, walks the ladders, and waits for whichever comes first. What was due while the
connection or the process was gone follows from the journal, so a restart and a reconnect take the same path.
Nothing here decides on a trade, and nothing here knows whether time is real or stepped: `Pace` waits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import NamedTuple

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.errors import BrokerError, JournalError, JournalHeld, MarketDataError
from premia.domain.sessions import Sessions
from premia.engine.cycle import Run
from premia.engine.gate import thrown
from premia.engine.link import LINK
from premia.engine.run import Admit, Runner
from premia.engine.wishes import waiting

Pace = Callable[[datetime], Awaitable[None]]
"""Waits until a market time, or until a report or a command has come and been settled."""

SHUTDOWN = "shutdown"
"""Cause of the halt under which orders are taken back when the process ends; released by the next start."""

CONNECTING = "connecting"
"""What it says it does at each attempt to open a session."""

_TRIES = 3  # of a pass that the connection cut off
_STILL_GOOD = timedelta(minutes=45)  # how long a pass that was cut off may be made up for
_BEFORE_OPEN = timedelta(hours=1)  # when the morning's checks are made, so that the broker's word is fresh
_A_MINUTE = timedelta(minutes=1)
_GOODBYE = timedelta(seconds=5)
_SOON = timedelta(seconds=5)  # between looks while a lost link is to be declared whole
_FAR = timedelta(hours=1)


class Due(NamedTuple):
    """What a timetable asks for now.

    Attributes:
        runs: Passes to make now, oldest first.
        skipped: Runs that are not made, with the reason.
        wake: The next market time at which something is due.
    """

    runs: Sequence[Run]
    skipped: Sequence[ev.RunSkipped]
    wake: datetime


class Rhythm(NamedTuple):
    """How often the daemon looks, in market time.

    Attributes:
        observe: Between two reconciliations while the exchange is open.
        observe_closed: The same while it is closed.
        retry: Between two looks while broker and ledger do not agree, and after the journal failed.
        watch: Between two looks at what is held, while the exchange is open.
        clock: Between two comparisons of this machine's clock with the broker's.
        reconnect: Waits between attempts to connect; the last one repeats.
        cancel_on_stop: Whether working orders are taken back when the process is told to end.
    """

    observe: timedelta = timedelta(minutes=5)
    observe_closed: timedelta = timedelta(minutes=30)
    retry: timedelta = timedelta(seconds=30)
    watch: timedelta = timedelta(seconds=30)
    clock: timedelta = timedelta(minutes=1)
    reconnect: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (1, 2, 5, 10, 20, 30, 60))
    cancel_on_stop: bool = False


class Observers(NamedTuple):
    """Who is told how things go; none of them may raise or take long.

    Attributes:
        state: One line on what the daemon does now.
        trouble: Something that no fact in the journal tells, by kind: `connection`, `journal`, `config`.
        turned: The loop has turned once more: it is alive.
    """

    state: Callable[[str], None] = lambda _text: None
    trouble: Callable[[str, str], None] = lambda _kind, _text: None
    turned: Callable[[Book, datetime], None] = lambda _book, _at: None


async def _no_facts(_book: Book) -> Sequence[ev.AnyEvent]:
    return ()


class Doors(NamedTuple):
    """What the daemon reaches the world by, beside its runner.

    Attributes:
        admit: Lets a session with the broker in, or raises.
        pace: How it waits.
        timetable: What is due, by now and by what was answered already.
        inbox: Commands of persons that nobody has taken yet.
        morning: Checks made once a session after connecting; the facts that follow from them.
        watch: A look at what is held, between runs; the runs that it asks for.
        keep: Keeps a snapshot of the book.
        clock: Sets our clock right by the broker's; the facts that follow.
        shut: Why nothing may be sent at this very moment, by the kill switch; empty where it may.
    """

    admit: Admit
    pace: Pace
    timetable: Callable[[datetime, Book], Due]
    inbox: Callable[[], Iterable[ev.OperatorCommand]]
    morning: Callable[[Book, date], Awaitable[Sequence[ev.AnyEvent]]]
    watch: Callable[[], Awaitable[Sequence[Run]]]
    keep: Callable[[Book], None] = lambda _book: None
    observers: Observers = Observers()
    clock: Callable[[Book], Awaitable[Sequence[ev.AnyEvent]]] = _no_facts
    shut: Callable[[], str] = lambda: ""


class Daemon:
    """Runs a `Runner` until it is told to stop.

    Attributes:
        runner: The engine at work; its engine may be replaced between two turns.
    """

    def __init__(
        self, runner: Runner, doors: Doors, sessions: Sessions, rhythm: Rhythm | None = None
    ) -> None:
        """Prepare; nothing is connected before `run`."""
        self.runner = runner
        self.sessions = sessions
        self.rhythm = rhythm or Rhythm()
        self._doors = doors
        self._stopping = False
        self._met = False
        self._attempts = 0
        self._again: datetime | None = None  # no session is opened before
        self._looked: dict[str, datetime] = {}
        self._morning: date | None = None
        self._kept: date | None = None
        self._tries: dict[str, int] = {}

    def stop(self) -> None:
        """End after the current step, which sends no new order any more; a second call changes nothing."""
        self._stopping = True
        self.runner.ending = True

    @property
    def stopping(self) -> bool:
        """Whether it was told to end."""
        return self._stopping

    async def run(self) -> None:
        """Live until stopped.

        Raises:
            NotAllowed: If the account must not be traded.
            JournalHeld: If another process has taken the journal.
            InvariantViolated: If the book contradicts itself: the process must end.
        """
        try:
            while not self._stopping:
                await self._turn()
            await self._farewell()
        finally:
            await self.runner.close()
            with suppress(JournalError):
                self._doors.keep(self.runner.book)

    async def _turn(self) -> None:
        """One turn: everything that is due now, then the wait for what comes next."""
        runner, observers = self.runner, self._doors.observers
        try:
            if self._met:  # before that nobody knows what time it is at the market
                await self._heed()
            if not runner.book.connected and self._may_connect() and await self._connect():
                await self._heed()
            if runner.book.connected:
                await self._compare_clocks()
                await self._daily()
                await self._due()
            observers.turned(runner.book, self._now())
            if not self._stopping:
                await self._doors.pace(self._wake())
                await self._tick()
        except JournalHeld:
            raise
        except JournalError as error:
            await self._stand_still("journal", error)
        except (BrokerError, MarketDataError) as error:
            await self._interrupted(error)

    async def _heed(self) -> None:
        """What persons want: a switch that is thrown halts everything, session or not; then commands."""
        for halt in thrown(self.runner.book, self._doors.shut(), self._now()):
            self._doors.observers.state(halt.why)
            await self.runner.take(halt)
        for command in self._doors.inbox():
            if command.id not in self.runner.book.commands:
                await self.runner.take(command)

    async def _connect(self) -> bool:
        """Open a session and reconcile; whether it stands."""
        runner = self.runner
        self._doors.observers.state(CONNECTING)
        try:
            await runner.close()
            await runner.connect(self._doors.admit)
        except BrokerError as error:
            self._attempts += 1
            self._again = self._now() + self._patience()
            self._doors.observers.trouble("connection", str(error))
            return False
        self._attempts = 0
        self._again = self._now() + self._patience()
        self._met = True
        self._morning = None
        self._saw("observe")
        if SHUTDOWN in runner.book.halts:
            await runner.take(
                ev.TradingReleased(at=runner.book.at, cause=SHUTDOWN, why="the process runs again")
            )
        return runner.book.connected

    def _may_connect(self) -> bool:
        """Whether the last attempt is long enough ago; also where the clock was set back meanwhile."""
        return self._again is None or not self._now() < self._again <= self._now() + _FAR

    def _patience(self) -> timedelta:
        waits = self.rhythm.reconnect
        return waits[min(self._attempts, len(waits) - 1)]

    async def _compare_clocks(self) -> None:
        """Before anything is read off our clock: a step of it must not make or lose a run."""
        if self._is_due("clock", self.rhythm.clock, self._now()):
            for fact in await self._doors.clock(self.runner.book):
                await self.runner.take(fact)
            self._saw("clock")

    async def _daily(self) -> None:
        """What is done once a session: the morning's checks, and a snapshot when it is over."""
        book, now = self.runner.book, self._now()
        today = session_of(now)
        coming = self.sessions.get(today)
        if (
            coming is not None
            and self._morning != today
            and coming.opens - _BEFORE_OPEN <= now < coming.closes
        ):
            for fact in await self._doors.morning(book, today):
                await self.runner.take(fact)
            self._morning = today
        session = self.sessions.on_or_before(today)
        if now >= session.closes and self._kept != session.day:
            self._kept = session.day
            self._doors.keep(self.runner.book)

    async def _due(self) -> None:
        """Looks, runs, ladders: whatever market time asks for now."""
        runner, now = self.runner, self._now()
        if self._is_due("observe", self._observe_every(), now):
            await runner.observe()
            self._saw("observe")
        for run in await self._runs(now):
            await self._pass(run)
        if self._open(now) and self._is_due("watch", self.rhythm.watch, now):
            self._saw("watch")
            for run in await self._doors.watch():
                await self._pass(run)

    async def _runs(self, now: datetime) -> list[Run]:
        """What must be run now: what was cut off, what the timetable asks for, what a person asked for."""
        book = self.runner.book
        runs = await self._cut_off(now)
        due = self._doors.timetable(now, book)
        for skipped in due.skipped:
            await self.runner.take(skipped)
        runs += due.runs
        if not runs and book.ready:
            runs += self._afresh(now)
        asked = waiting(book)
        if asked and book.ready and not runs:
            who = ", ".join(f"{one.verb} by {one.who}" for one in asked)
            everything = any(one.verb == "run" for one in asked)
            runs.append(Run(None if everything else (), why=f"asked for: {who}"))
        return runs

    def _afresh(self, now: datetime) -> list[Run]:
        """A pass for one that was blind or lost its order on the way, rarely and minutes apart."""
        since = self.runner.book.afresh
        names = tuple(sorted(name for name, at in since.items() if now - at <= _STILL_GOOD))
        name = f"afresh {session_of(now)}"
        if not names or self._tries.get(name, 0) >= _TRIES or not self._is_due("afresh", _A_MINUTE, now):
            return []
        self._tries[name] = self._tries.get(name, 0) + 1
        self._saw("afresh")
        return [Run(names, why="decided afresh: a pass was blind, or an order never arrived")]

    async def _cut_off(self, now: datetime) -> list[Run]:
        """The pass that a crash or a lost connection has cut off, while it is worth making up for."""
        cut = self.runner.book.running
        if cut is None:
            return []
        name = ", ".join(f"{one} {at.isoformat()}" for one, at in sorted(cut.due.items())) or cut.why
        self._tries[name] = self._tries.get(name, 0) + 1
        if now - cut.at <= _STILL_GOOD and self._tries[name] <= _TRIES:
            return [Run(cut.strategies, cut.due, f"the pass of {cut.cycle} was cut off", cut.entries)]
        note = f"cut off and not made up for: begun at {cut.at:%H:%M} UTC, tried {self._tries[name]} times"
        await self.runner.take(
            ev.CycleEnded(at=now, cycle=cut.cycle, intents=0, approved=0, refused=0, passed=0, note=note)
        )
        return []

    async def _pass(self, run: Run) -> None:
        if self._stopping or not self.runner.book.connected:
            return
        self._doors.observers.state(f"making a pass: {run.why}")
        await self.runner.cycle(run)
        self._saw("observe")

    async def _tick(self) -> None:
        """Settle what has come in, and let the ladders walk."""
        wake = self.runner.next_wake
        if wake is not None and wake <= self._now():
            await self.runner.tick()
        else:
            await self.runner.drain()

    async def _interrupted(self, error: Exception) -> None:
        """The broker failed in the middle of something: whatever it was follows from the book again."""
        runner = self.runner
        self._doors.observers.trouble("connection", str(error))
        await runner.drain()
        if runner.book.connected:
            self._looked.pop("observe", None)
            await self._doors.pace(self._now() + self.rhythm.reconnect[0])

    async def _stand_still(self, kind: str, error: Exception) -> None:
        """Nothing may be done that cannot be written down: hang up, wait, begin again as after a crash."""
        self._doors.observers.trouble(kind, str(error))
        await self.runner.abandon()
        self._again = self._now() + self.rhythm.retry
        await self._doors.pace(self._again)

    async def _farewell(self) -> None:
        """What is done before the end: working orders stay, or are taken back where so wished."""
        runner = self.runner
        self._doors.observers.state("stopping")
        if not self.rhythm.cancel_on_stop or not runner.book.connected:
            return
        with suppress(BrokerError):
            await runner.take(
                ev.TradingHalted(at=self._now(), cause=SHUTDOWN, scope="all", why="the process is ending")
            )
            until = self._now() + _GOODBYE
            while runner.book.orders and self._now() < until and runner.book.connected:
                await self._doors.pace(until)
                await runner.drain()

    def _wake(self) -> datetime:
        """The next market time at which something is due."""
        runner, now = self.runner, self._now()
        if not runner.book.connected:
            return now if self._again is None else max(self._again, now)
        times = [now + _FAR, self._doors.timetable(now, runner.book).wake]
        times.append(self._looked.get("observe", now) + self._observe_every())
        if runner.next_wake is not None:
            times.append(runner.next_wake)
        if self._open(now):
            times.append(self._looked.get("watch", now) + self.rhythm.watch)
        return max(min(times), now)

    def _observe_every(self) -> timedelta:
        book = self.runner.book
        if book.link_lost:  # nothing new can be known before the servers are back, which is told
            return self.rhythm.observe_closed
        if not book.ready:
            return min(self.rhythm.retry, _SOON) if LINK in book.halts else self.rhythm.retry
        return self.rhythm.observe if self._open(self._now()) else self.rhythm.observe_closed

    def _is_due(self, what: str, every: timedelta, now: datetime) -> bool:
        looked = self._looked.get(what)
        return looked is None or now - looked >= every or looked > now

    def _saw(self, what: str) -> None:
        self._looked[what] = self._now()

    def _open(self, now: datetime) -> bool:
        session = self.runner.book.trading(self.sessions.of(now))
        return session is not None and session.opens <= now < session.closes

    def _now(self) -> datetime:
        return self.runner.parts.clock.now()
