"""One pass on a real gateway: what it would do now, and doing it.

`plan` settles everything in memory and performs nothing; `run_once` is the same pass through the
journal, with effects. Both answer with rows that a person reads and a program parses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from premia.adapters.clocks import WallClock
from premia.adapters.ib.assemble import REAL_TIME
from premia.adapters.ib.clock import IbClock
from premia.adapters.ib.connection import Connection
from premia.adapters.journals.places import Place, is_there, open_journal, open_to_trade
from premia.adapters.journals.snapshot import keep, recover
from premia.bootstrap.compose import admission, broker_parts, engine_of, sessions_around
from premia.bootstrap.consent import agreed_in, may_look, may_trade
from premia.bootstrap.evening import as_if_live, next_opening, staleness
from premia.bootstrap.kill_switch import KillSwitch
from premia.bootstrap.operate import in_market_time
from premia.bootstrap.settings import Settings
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.intent import Number
from premia.domain.order import OrderState
from premia.engine.decide import MarketArrived, market_request, settle, start_cycle
from premia.engine.gate import thrown
from premia.engine.run import Admit, Parts, Runner, open_session
from premia.ports import Broker, Clock, MarketData

Progress = Callable[[str], None]
_LOOKS = 2  # a difference is booked on the second equal look
_WORK_MAX = timedelta(hours=7)
_SAME_TIMES = timedelta(days=60)  # the calendar that was loaded reaches much further than this


class OrderLine(msgspec.Struct, frozen=True):
    """An order as it is shown before and after it exists; prices are net credits in USD a share."""

    key: str
    symbol: str
    purpose: str
    legs: str
    quantity: int
    limit: Decimal
    worst: Decimal
    credit: Decimal
    reserved: Decimal
    reason: str
    evidence: dict[str, Number]
    notes: tuple[str, ...] = ()
    stage: str = "planned"
    filled: int = 0


class Reason(msgspec.Struct, frozen=True):
    """A no: what was looked at, the rule that stopped it, and the numbers it saw."""

    symbol: str
    subject: str
    rule: str
    reason: str
    evidence: dict[str, Number]


class Report(msgspec.Struct, frozen=True):
    """What one pass decided.

    Attributes:
        tradable: Whether live data of an open exchange stood behind it.
        messages: API messages sent and received.
    """

    cycle: str
    at: datetime
    account: str
    tradable: bool
    orders: tuple[OrderLine, ...]
    refused: tuple[Reason, ...]
    passed: tuple[Reason, ...]
    notes: tuple[str, ...] = ()
    messages: tuple[int, int] = (0, 0)


def _silent(_text: str) -> None:
    """Say nothing."""


async def plan(settings: Settings, progress: Progress = _silent) -> Report:
    """What a pass would do now, and why; nothing is sent and nothing is journalled.

    Raises:
        NotConnected: If no gateway answers.
        NotAllowed: If it is real money that the file does not name as such.
    """
    config = settings.config
    clock = IbClock(WallClock())
    parts = broker_parts(config, clock, REAL_TIME, stale_ok=True)

    async def set_right() -> None:
        await clock.measure(parts.connection)

    progress(f"connecting to {config.broker.host}:{config.broker.port}")
    try:
        admit = admission(set_right, clock, may_look(config))
        book = _known_book(settings.journal, config.account.number)
        look = _Look(parts.broker, parts.market_data, clock, progress)
        report = await look.take(settings, book, admit)
        return replace(report, messages=_counts(parts.connection))
    finally:
        await parts.broker.close()


async def run_once(
    settings: Settings,
    *,
    consent: Callable[[OrderLine], bool] | None = None,
    work: bool = False,
    progress: Progress = _silent,
) -> Report:
    """One pass with effects: orders are placed and keep working after it, unless `work` waits for them.

    Args:
        settings: The configuration.
        consent: Asked of each order before it is sent.
        work: Walk the price ladders until every order has ended.
        progress: Told each step in words.

    Raises:
        NotConnected: If no gateway answers.
        NotAllowed: If it is real money and its owner has not agreed to what may be lost.
        JournalHeld: If another process trades on the same journal.
    """
    config = settings.config
    clock = IbClock(WallClock())
    parts = broker_parts(config, clock, REAL_TIME)
    switch = KillSwitch(settings.kill_file)
    journal = open_to_trade(settings.journal, config.account.number)
    facts: list[ev.AnyEvent] = []

    async def set_right() -> None:
        await clock.measure(parts.connection)
        if abs(_days(clock)[0] - days[0]) > _SAME_TIMES:  # a simulated gateway may live in another year
            runner.engine = engine_of(config, sessions_around(config, *_days(clock)), runner.book)

    def agreed(wanted: ev.MarginRequested) -> bool:
        return consent is None or consent(_line(wanted))

    try:
        days, book = _days(clock), recover(journal)
        runner = Runner(
            engine_of(config, sessions_around(config, *days), book),
            Parts(
                broker=parts.broker,
                market=parts.market_data,
                journal=journal,
                clock=clock,
                recorded_at=WallClock().now,
                answer_timeout_s=config.broker.request_timeout_s,
                on_facts=facts.extend,
                consent=agreed,
                shut=switch.shut,
            ),
            book,
        )
        progress(f"connecting to {config.broker.host}:{config.broker.port}")
        try:
            allowed = may_trade(lambda: config, lambda: agreed_in(runner.book, journal.pending()))
            await runner.connect(admission(set_right, clock, allowed))
            await _heed(switch, runner)
            progress("reading the account and the market")
            await _obey(journal.pending(), runner)
            cycle = await runner.cycle()
            if work:
                progress("working the orders")
                await runner.work(clock.now() + _WORK_MAX)
        finally:
            await runner.close()
        keep(journal, runner.book)
        report = _report(cycle, clock.now(), facts, runner.book)
        return replace(report, messages=_counts(parts.connection))
    finally:
        journal.close()


def make_journal(settings: Settings) -> None:
    """Make the journal where there is none yet, so that its inbox can take a command.

    Raises:
        JournalError: If it cannot be made.
    """
    if not is_there(settings.journal):
        open_journal(settings.journal, settings.config.account.number).close()


async def _obey(commands: Iterable[ev.OperatorCommand], runner: Runner) -> None:
    """Take what persons have asked for and nobody has taken yet."""
    for command in in_market_time(commands, WallClock().now(), runner.parts.clock.now()):
        if command.id not in runner.book.commands:
            await runner.take(command)


async def _heed(switch: KillSwitch, runner: Runner) -> None:
    """A kill switch that is thrown halts everything, in the journal too."""
    for halt in thrown(runner.book, switch.shut(), runner.parts.clock.now()):
        await runner.take(halt)


class _Look:
    """A pass that performs nothing."""

    def __init__(self, broker: Broker, market: MarketData, clock: Clock, progress: Progress) -> None:
        self._broker = broker
        self._market = market
        self._clock = clock
        self._progress = progress

    async def take(self, settings: Settings, book: Book, admit: Admit) -> Report:
        """The report of a pass on `book`; the sessions are loaded once the gateway's time is known."""
        opened = await open_session(self._broker, admit)
        engine = engine_of(settings.config, sessions_around(settings.config, *_days(self._clock)), book)
        _, book = settle(engine, book, opened)
        self._progress("reading the account")
        for _ in range(_LOOKS):
            _, book = settle(engine, book, await self._broker.observe())
        started = start_cycle(engine, self._clock.now())
        _, book = settle(engine, book, started)
        self._progress("reading the market")
        view = await self._market.observe(market_request(engine, book))
        at = self._clock.now()
        desk = engine.desk
        opens = next_opening(at, desk.sessions, timedelta(minutes=desk.limits.hours.after_open))
        notes = staleness(view, opens)
        arrived = MarketArrived(opens or at, started.cycle, as_if_live(view, opens))
        decided, book = settle(engine, book, arrived)
        report = _report(started.cycle, at, decided, book)
        return replace(report, tradable=not notes, notes=(*report.notes, *notes))


def _known_book(place: Place, account: str) -> Book:
    """The book of the journal as it is, without holding it; an empty one where there is no journal yet."""
    if not is_there(place):
        return Book()
    journal = open_journal(place, account, read_only=True)
    try:
        return recover(journal)
    finally:
        journal.close()


def _counts(connection: Connection) -> tuple[int, int]:
    return connection.counts.sent, connection.counts.received


def _days(clock: Clock) -> tuple[date, date]:
    today = clock.now().astimezone(UTC).date()
    return today, today


def _report(cycle: str, at: datetime, facts: Sequence[ev.AnyEvent], book: Book) -> Report:
    return Report(
        cycle=cycle,
        at=at,
        account=book.account,
        tradable=True,
        orders=tuple(_staged(_line(e), book) for e in facts if isinstance(e, ev.MarginRequested)),
        refused=tuple(_refusals(facts, book)),
        passed=tuple(
            Reason(e.passed.symbol, e.passed.subject, e.passed.rule, e.passed.reason, e.passed.evidence.facts)
            for e in facts
            if isinstance(e, ev.CandidatePassed)
        ),
        notes=tuple(_notes(facts)),
    )


def _refusals(facts: Iterable[ev.AnyEvent], book: Book) -> Iterable[Reason]:
    for event in facts:
        if isinstance(event, ev.IntentRefused):
            intent = event.intent
            seen = event.evidence.facts
            beside = {name: fact for name, fact in intent.evidence.facts.items() if name not in seen}
            reason = f"{event.reason}; wanted: {intent.reason}"
            yield Reason(intent.symbol, intent.slot, event.rule, reason, seen | beside)
        elif isinstance(event, ev.OrderDropped):
            state = _state(event.key, book)
            symbol = "" if state is None else state.order.symbol
            yield Reason(symbol, event.key, event.rule, event.reason, event.evidence.facts)


def _notes(facts: Iterable[ev.AnyEvent]) -> Iterable[str]:
    for event in facts:
        if isinstance(event, ev.CycleEnded) and event.note:
            yield event.note
        elif isinstance(event, ev.BrokerWarned) and event.text:
            yield f"{event.code}: {event.text}" if event.code else event.text
        elif isinstance(event, ev.SymbolBlocked):
            yield event.why
        elif isinstance(event, ev.CashUnexplained):
            yield event.note
        elif isinstance(event, ev.PositionLeft):
            yield f"{event.position.contract.key} is left alone: {event.why}"


def _line(wanted: ev.MarginRequested) -> OrderLine:
    order = wanted.order
    return OrderLine(
        key=order.key,
        symbol=order.symbol,
        purpose=order.purpose.value,
        legs=order.combo.text,
        quantity=order.quantity,
        limit=order.limit,
        worst=order.worst,
        credit=order.combo.premium_of(order.limit, order.quantity).amount,
        reserved=order.reserved.amount,
        reason=order.reason,
        evidence=wanted.evidence.facts,
        notes=wanted.notes,
    )


def _staged(line: OrderLine, book: Book) -> OrderLine:
    state = _state(line.key, book)
    return line if state is None else replace(line, stage=state.stage.value, filled=state.filled)


def _state(key: str, book: Book) -> OrderState | None:
    return book.orders.get(key) or book.ended.get(key)
