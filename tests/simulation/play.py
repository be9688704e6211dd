"""Plays one seed from its first morning to the calm at its end, and says what came of it."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from premia.adapters.journals.places import open_journal
from premia.domain import events as ev
from premia.domain.dates import NEW_YORK
from premia.exchange.exchange import Exchange
from premia.exchange.exchange_digest import digest as record_digest
from tests.simulation.checker import Checker
from tests.simulation.hands import Hands
from tests.simulation.loop import Stuck, VirtualLoop
from tests.simulation.nemesis import Nemesis
from tests.simulation.script import ACCOUNT, CONFIG, Script, drawn, market_of
from tests.simulation.site import Life, Site, quiet

READY_WITHIN = timedelta(minutes=30)
_PUT_RIGHT = (timedelta(minutes=10), timedelta(minutes=20))
_EXPECTED_ENDS = ("stopped", "killed", "JournalHeld", "JournalError", "ConfigError")
_AGAIN_S = 30.0
_UNEXPECTED_MAX = 3  # ends that no process should have; then nobody begins it again


class Played(NamedTuple):
    """What a seed has shown.

    Attributes:
        digest: Of everything that the journal and the market hold, with its times, wherever it lies.
        problems: Broken promises, in words; none where all held.
        story: What struck and what followed, a line each.
        counts: Strikes by kind; facts by kind.
    """

    seed: int
    week: str
    digest: str
    problems: tuple[str, ...]
    story: tuple[str, ...]
    strikes: Counter[str]
    facts: Counter[str]
    lives: int


def play(seed: int, script: Script | None = None) -> Played:
    """Play a seed, or a script that somebody drew of it."""
    with quiet(), tempfile.TemporaryDirectory() as folder:
        playing = _Play(script or drawn(seed), Path(folder))
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            try:
                return runner.run(playing.run())
            except Stuck as error:
                playing.problem(str(error))
                return playing.played()


class _Play:
    def __init__(self, script: Script, folder: Path) -> None:
        self.script = script
        self.folder = folder
        self.story: list[str] = []
        self.problems: list[str] = []
        self.facts: Counter[str] = Counter()

    async def run(self) -> Played:
        script = self.script
        loop = asyncio.get_running_loop()
        exchange = Exchange(
            market_of(script.seed, script.sessions[0].day), [script.accounts], script.policy, script.start
        )
        self.site = site = Site(loop, exchange, self.folder)
        self.hands = Hands(site)
        self.nemesis = Nemesis(site, script, self.hands)
        self.nemesis.tell = self.tell
        await site.server.start()
        text = CONFIG.format(**script.settings, port=site.server.port, journal=site.journal.name)
        site.path.write_text(text, encoding="utf-8")
        self.checker = Checker(site, script, self.hands, self.problem)
        site.settled = self._settled
        self.ending = False
        keeper = asyncio.create_task(self._keep_alive())
        await self._live()
        self.ending = True
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await self._end()
        if keeper.done() and not keeper.cancelled() and keeper.exception() is not None:
            self.problem(f"the supervisor failed: {keeper.exception()!r}")
        return self.played()

    async def _live(self) -> None:
        script, site = self.script, self.site
        await self.nemesis.play()
        self.tell("calm")
        for after in _PUT_RIGHT:
            await site.until(script.calm + after)
            self.hands.put_right()
        await site.until(script.calm + READY_WITHIN)
        life = self.hands.life
        if life is None or not (life.book.connected and life.book.ready):
            state = "no process"
            if life is not None:
                state = f"connected {life.book.connected}, ready {life.book.ready}"
            why = () if life is None else life.troubles[-1:]
            self.problem(f"not READY {READY_WITHIN} after the last fault: {state} {why}")
        await site.until(script.end)

    async def _keep_alive(self) -> None:
        """What a supervisor does: begin the process again whenever it has ended."""
        unexpected = 0
        while not self.ending:
            life = self.site.begin()
            self.tell("a process begins")
            await asyncio.wait({life.task})
            self.tell(f"it has ended: {life.outcome}")
            if not life.outcome.startswith(_EXPECTED_ENDS):
                self.problem(f"the process ended with {life.outcome}")
                unexpected += 1
                if unexpected > _UNEXPECTED_MAX:
                    return
            wait_s = self.nemesis.restart_s if life.outcome in ("stopped", "killed") else _AGAIN_S
            self.nemesis.restart_s = 1.0
            left = (self.script.calm - self.site.now()).total_seconds()
            await asyncio.sleep(min(wait_s, max(left, 1.0)))

    async def _end(self) -> None:
        life = self.hands.life
        if life is not None:
            self.checker.at_the_end(life)
            life.process.stop()
            await life.task
        for rival in self.hands.rivals:
            if not rival.outcome.startswith(("JournalHeld", "JournalError")):
                self.problem(f"a second process ended with {rival.outcome or 'nothing'}")
        self.problems += [f"unheard: {text}" for text in self.site.strange] + self.hands.problems
        await self.site.server.stop()

    def _settled(self, life: Life, batch: Sequence[ev.AnyEvent]) -> None:
        self.facts.update(type(fact).__name__ for fact in batch)
        for fact in batch:
            if isinstance(fact, _TOLD):
                self.tell(_line(fact))
        self.checker.settled(life, batch)

    def tell(self, text: str) -> None:
        told = text.replace(f"{self.folder}/", "")  # it has another name in every process
        self.story.append(f"{self.site.now().astimezone(NEW_YORK):%a %m-%d %H:%M:%S.%f} {told}")

    def problem(self, text: str) -> None:
        self.problems.append(text)
        self.tell(f"PROBLEM {text}")

    def played(self) -> Played:
        return Played(
            seed=self.script.seed,
            week=self.script.week,
            digest=self._digest(),
            problems=tuple(self.problems),
            story=tuple(self.story),
            strikes=self.nemesis.counts,
            facts=self.facts,
            lives=len(self.site.lives),
        )

    def _digest(self) -> str:
        found = blake2b(digest_size=16)
        if self.site.journal.exists():
            journal = open_journal(self.site.journal, ACCOUNT, read_only=True)
            try:
                for row in journal.rows():
                    told = f"{row.kind} {row.market_at} {row.recorded_at} {row.payload}\n"
                    found.update(told.replace(str(self.folder), "").encode())
            finally:
                journal.close()
        found.update(record_digest(self.site.exchange.record).encode())
        found.update("\n".join(self.story).encode())
        return found.hexdigest()


_TOLD = (
    ev.Connected,
    ev.Disconnected,
    ev.LinkLost,
    ev.LinkRestored,
    ev.OrderRequested,
    ev.OrderIdAssigned,
    ev.OrderAccepted,
    ev.OrderRejected,
    ev.OrderFilled,
    ev.OrderCancelled,
    ev.OrderDropped,
    ev.OrderNeverSent,
    ev.OrderUnknown,
    ev.OrderAdopted,
    ev.CancelRequested,
    ev.AssignmentInferred,
    ev.ExpiryInferred,
    ev.ExternalChange,
    ev.CashUnexplained,
    ev.DiscrepancySeen,
    ev.SymbolBlocked,
    ev.SymbolUnblocked,
    ev.TradingHalted,
    ev.TradingReleased,
    ev.CommandAnswered,
    ev.RunSkipped,
)


def _line(fact: ev.AnyEvent) -> str:
    words = [type(fact).__name__]
    for name in ("key", "symbol", "cause", "verb", "ok", "code", "why", "text", "reason", "note", "amount"):
        value = getattr(fact, name, None)
        if value not in (None, ""):
            words.append(str(value))
    fill = getattr(fact, "fill", None)
    if fill is not None:
        words.append(f"{fill.quantity:+d} {fill.contract.key} at {fill.price}")
    contract = getattr(fact, "contract", None)
    if contract is not None:
        words.append(contract.key)
    return " ".join(words)[:220]
