"""A daemon on a real gateway, joined from a configuration and led by signals until it ends.

SIGTERM or SIGINT ends it within ten seconds: no new order leaves, working orders stay or are taken back as
configured. A second SIGINT ends it at once; what was going on then follows from the journal, as after a
crash. SIGHUP reads the configuration again, and takes it whole or not at all. SIGUSR1 throws the kill switch.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from premia.adapters.journals.snapshot import keep, recover
from premia.adapters.journals.timed import TimedJournal
from premia.bootstrap.compose import admission, broker_parts, engine_of, sessions_around
from premia.bootstrap.consent import agreed, agreed_in, may_trade
from premia.bootstrap.daemon import Daemon, Doors, Due, Observers
from premia.bootstrap.kill_switch import KillSwitch
from premia.bootstrap.lookout import Lookout
from premia.bootstrap.morning import Morning, symbol_of
from premia.bootstrap.operate import in_market_time
from premia.bootstrap.reload import reload
from premia.bootstrap.schedule_tables import schedules_of
from premia.bootstrap.settings import Settings
from premia.bootstrap.timetable import Timetable
from premia.bootstrap.worlds import World, real_world
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.errors import ConfigError, JournalError, NotAllowed
from premia.domain.sessions import Sessions
from premia.engine.cycle import Engine
from premia.engine.run import Parts, Runner

GRACE_S = 8.0
"""How long the current step may take once the process was told to end; then it is cut off."""

_LOADED_FOR = timedelta(days=60)  # sessions reach years further, so a calendar this old still serves
_HANGUP = getattr(signal, "SIGHUP", None)  # unknown to Windows, as the next
_KILL = getattr(signal, "SIGUSR1", None)


class Told(NamedTuple):
    """Who hears what the daemon does.

    Attributes:
        facts: Each batch of facts, once it is durable.
        ending: The process was told to end.
        appended: Wall seconds of one writing of the journal.
    """

    observers: Observers = Observers()
    facts: Callable[[Sequence[ev.AnyEvent]], None] = lambda _batch: None
    ending: Callable[[], None] = lambda: None
    appended: Callable[[float], None] = lambda _seconds: None


class Unattended:
    """One process that trades one account until it is told to end.

    Attributes:
        settings: The configuration in force.
        interrupted: Whether a second interrupt cut it off.
    """

    def __init__(self, settings: Settings, told: Told, world: World | None = None) -> None:
        """Join the parts and take the journal; nothing is connected yet. Without a world it is the real one.

        Raises:
            JournalHeld: If another process trades on the same journal.
            JournalError: If the journal cannot be used.
        """
        config = settings.config
        self.settings = settings
        self.interrupted = False
        self._told = told
        self._switch = KillSwitch(settings.kill_file)
        self._world = world or real_world()
        self._clock = self._world.clock
        self._parts = broker_parts(config, self._clock, self._world.timing)
        self._journal = self._world.opened(settings.journal, config.account.number)
        try:
            book = recover(self._journal)
            self._loaded_on = self._today()
            self._runner = Runner(self._engine(book), self._joined(), book)
        except BaseException:
            self._journal.close()
            raise
        self._timetable = self._times()
        self._asked = Morning(
            self._parts,
            self._world,
            lambda: self._sessions,
            lambda: symbol_of(self.settings.config.strategy_params()),
        )
        self._daemon = Daemon(self._runner, self._doors(), self._sessions, config.daemon.as_rhythm)
        self._task: asyncio.Task[None] | None = None

    async def live(self) -> None:
        """Trade until told to end.

        Raises:
            NotAllowed: If the account must not be traded.
            JournalHeld: If another process has taken the journal.
        """
        loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._daemon.run())
        with suppress(NotImplementedError):  # Windows: there Ctrl-C comes as KeyboardInterrupt
            loop.add_signal_handler(signal.SIGTERM, self.stop)
            loop.add_signal_handler(signal.SIGINT, self.interrupt)
            if _HANGUP is not None:
                loop.add_signal_handler(_HANGUP, self.reload)
            if _KILL is not None:
                loop.add_signal_handler(_KILL, self.kill)
        try:
            await self._task
        except asyncio.CancelledError:
            if not self._daemon.stopping:
                raise
            self._told.observers.trouble(
                "shutdown", "the current step was cut off; the journal tells the rest"
            )
        finally:
            self._journal.close()

    def stop(self) -> None:
        """End within `GRACE_S`, and at once where the step that runs takes longer."""
        if self._daemon.stopping:
            return
        self._told.ending()
        self._told.observers.state("ending: no new order leaves")
        self._daemon.stop()
        if self._task is not None:
            asyncio.get_running_loop().call_later(GRACE_S, self._task.cancel)

    def interrupt(self) -> None:
        """End as `stop` does; the second time at once."""
        if not self._daemon.stopping:
            self.stop()
            return
        self.interrupted = True
        if self._task is not None:
            self._task.cancel()

    def kill(self) -> None:
        """Throw the kill switch: from now on nothing is sent, and the next turn takes back what works."""
        try:
            self._switch.throw("SIGUSR1 was received", "a signal", self._world.wall())
        except JournalError as error:
            self._told.observers.trouble("kill", str(error))
            self.stop()

    def reload(self) -> None:
        """Take the configuration file as it is now; one that is not sound changes nothing."""
        try:
            settings = reload(self.settings.path, self.settings.config)
            book = self._runner.book
            if book.live:
                agreed(settings.config, book.consent, book.account)
        except (ConfigError, NotAllowed) as error:
            self._told.observers.trouble("config", f"the old configuration stays in force: {error}")
            return
        self.settings = settings
        self._compose()
        self._told.observers.state(f"{settings.path} was read again and is in force")

    def _compose(self) -> None:
        """Put what follows from configuration and calendar in force."""
        config = self.settings.config
        self._loaded_on = self._today()
        self._runner.engine = self._engine(self._runner.book)
        self._timetable = self._times()
        self._daemon.sessions, self._daemon.rhythm = self._sessions, config.daemon.as_rhythm

    def _times(self) -> Timetable:
        config, engine = self.settings.config, self._runner.engine
        names = {mandate.strategy.name: mandate.params for mandate in engine.mandates}
        zone = self._sessions.zone
        return Timetable(schedules_of(names, config.schedule, config.schedules, zone), self._sessions)

    @property
    def _sessions(self) -> Sessions:
        return self._runner.engine.reference.sessions

    def _engine(self, book: Book) -> Engine:
        config, today = self.settings.config, self._loaded_on
        return engine_of(config, sessions_around(config, today, today), book)

    def _joined(self) -> Parts:
        return Parts(
            broker=self._parts.broker,
            market=self._parts.market_data,
            journal=TimedJournal(self._journal, self._told.appended),
            clock=self._clock,
            recorded_at=self._world.wall,
            answer_timeout_s=self.settings.config.broker.request_timeout_s,
            on_facts=self._told.facts,
            shut=self._switch.shut,
        )

    def _doors(self) -> Doors:
        def due(now: datetime, book: Book) -> Due:
            return self._timetable(now, book)

        return Doors(
            admit=admission(self._set_right, self._clock, self._may_trade()),
            pace=self._world.pace(self._runner, self._parts),
            timetable=due,
            inbox=self._inbox,
            morning=self._morning,
            watch=Lookout(self._runner, lambda: self.settings.config.daemon.exact_cushion),
            keep=self._keep,
            observers=self._told.observers,
            clock=self._asked.clock,
            shut=self._switch.shut,
        )

    def _may_trade(self) -> Callable[[ev.Connected], None]:
        return may_trade(
            lambda: self.settings.config, lambda: agreed_in(self._runner.book, self._journal.pending())
        )

    def _keep(self, book: Book) -> None:
        keep(self._journal, book)

    def _inbox(self) -> Sequence[ev.OperatorCommand]:
        return in_market_time(self._journal.pending(), self._world.wall(), self._clock.now())

    async def _set_right(self) -> None:
        """Take the gateway's time for market time; a simulated one may live in another year."""
        await self._world.measure(self._parts)
        if abs(self._today() - self._loaded_on) > _LOADED_FOR:
            self._compose()

    async def _morning(self, book: Book, day: date) -> Sequence[ev.AnyEvent]:
        """What is looked at once a session; calendars are read again long before they end."""
        if abs(day - self._loaded_on) > _LOADED_FOR:
            self._compose()
        return await self._asked.hours(book, day)

    def _today(self) -> date:
        return self._clock.now().astimezone(UTC).date()


async def live(settings: Settings, told: Told) -> bool:
    """Trade until told to end; whether a second interrupt cut it off.

    Raises:
        NotAllowed: If the account must not be traded.
        JournalHeld: If another process trades on the same journal.
    """
    process = Unattended(settings, told)
    await process.live()
    return process.interrupted
