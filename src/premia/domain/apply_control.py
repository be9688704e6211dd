"""The fold of facts about the running of Premia: halts, commands, runs; a part of `apply`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from premia.domain import events_control as ev
from premia.domain.book import Book, Consent, Halt


def _commanded(book: Book, event: ev.OperatorCommand) -> Book:
    return replace(book, commands={**book.commands, event.id: event})


def _answered(book: Book, event: ev.CommandAnswered) -> Book:
    return replace(book, commands={key: one for key, one in book.commands.items() if key != event.id})


def _consented(book: Book, event: ev.LiveConsented) -> Book:
    return replace(book, consent=Consent(event.account, event.part, event.who, event.at))


def _halted(book: Book, event: ev.TradingHalted) -> Book:
    before = book.halts.get(event.cause)
    since = event.at if before is None else before.since
    return replace(book, halts={**book.halts, event.cause: Halt(event.scope, event.why, since, event.who)})


def _released(book: Book, event: ev.TradingReleased) -> Book:
    return replace(book, halts={cause: halt for cause, halt in book.halts.items() if cause != event.cause})


def _skipped(book: Book, event: ev.RunSkipped) -> Book:
    return answered_due(book, {event.strategy: event.due})


def _link_lost(book: Book, _event: ev.LinkLost) -> Book:
    return replace(book, link_lost=True, ready=False)


def _link_restored(book: Book, _event: ev.LinkRestored) -> Book:
    """What was observed before the gap says nothing about now."""
    return replace(book, link_lost=False, ready=False)


def _hours(book: Book, event: ev.HoursCompared) -> Book:
    return replace(book, hours=event)


def _clock(book: Book, event: ev.ClockCompared) -> Book:
    return replace(book, drift=event.seconds)


def _nothing(book: Book, _event: object) -> Book:
    return book


def answered_due(book: Book, due: dict[str, datetime]) -> Book:
    """The book with scheduled times answered; an earlier one than the newest changes nothing."""
    newest = {strategy: max(at, book.last_due.get(strategy, at)) for strategy, at in due.items()}
    return replace(book, last_due={**book.last_due, **newest})


ENTRIES: dict[type[Any], Callable[[Book, Any], Book]] = {
    ev.OperatorCommand: _commanded,
    ev.CommandAnswered: _answered,
    ev.TradingHalted: _halted,
    ev.TradingReleased: _released,
    ev.RunSkipped: _skipped,
    ev.HoursCompared: _hours,
    ev.ClockCompared: _clock,
    ev.TriggerCrossed: _nothing,
    ev.LinkLost: _link_lost,
    ev.LinkRestored: _link_restored,
    ev.DataLost: _nothing,
    ev.DataRestored: _nothing,
    ev.LiveConsented: _consented,
}
