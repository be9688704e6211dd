"""What a person should be told: causes that stand now, and things that happened once.

A cause is told by the one name under which a person looks for it. What only follows from another cause says
so (`because`), and is not told beside it: a lost connection makes passes blind, runs missed and broker and
ledger unequal, and is one cause all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from premia.domain import events as ev
from premia.domain.book import Book, Halt
from premia.domain.dates import NEW_YORK, new_york
from premia.domain.order import Stage
from premia.domain.schedule import BEGINS
from premia.engine.commands import OPERATOR
from premia.engine.halts import FOR_A_PERSON
from premia.engine.link import DATA, LINK
from premia.engine.morning import CLOCK

INFO, WARNING, CRITICAL = SEVERITIES = ("info", "warning", "critical")
"""How much a message asks of its reader: nothing, a look today, a look now."""

CONNECTION, JOURNAL = "connection", "journal"
"""Keys of the causes from which most others follow."""

_WIRE = (JOURNAL, CONNECTION, DATA)
_SILENT = frozenset({OPERATOR, "shutdown", LINK})  # a person's own doing; the end; told as the connection
_LOGIN = time(1, 0)  # of a Sunday in New York, when the week's login ends
_AROUND = timedelta(minutes=30)  # a gateway may go a while before the hour, or after it
_SUNDAY = 6


class Cause(NamedTuple):
    """Something to tell.

    Attributes:
        key: The same for the same cause, whenever it is found.
        severity: `info`, `warning` or `critical`.
        title: What it is, in a few words.
        text: What follows from it, and what to do.
        because: Keys of the causes that it may only follow from; it is not told beside one of them.
        patient: Whether it often ends by itself, and is told only when it has lasted a while.
        presses: Whether it is told again, louder, while it lasts.
    """

    key: str
    severity: str
    title: str
    text: str
    because: tuple[str, ...] = ()
    patient: bool = False
    presses: bool = False


def standing(book: Book, troubles: Mapping[str, str], at: datetime) -> Iterator[Cause]:
    """Causes that stand now.

    Args:
        book: Open state of the account.
        troubles: What no fact tells and still stands, by kind.
        at: Market time.
    """
    if JOURNAL in troubles:
        why = "Nothing is traded that cannot be written down: free the disk, or mend it."
        text = f"{troubles[JOURNAL]} {why}"
        yield Cause(JOURNAL, CRITICAL, "the journal cannot be written", text, presses=True)
    yield from _connection(book, troubles.get(CONNECTION, ""), at)
    yield from (_halt(cause, halt) for cause, halt in sorted(book.halts.items()) if cause not in _SILENT)
    if book.drift and CLOCK not in book.halts:
        yield _clock(f"This machine's clock and the broker's are {abs(book.drift):g} s apart.")
    yield from _for_a_person(book)
    if book.connected and not book.ready:
        title = "broker and ledger do not agree"
        text = "No decision is made while they differ. See `premia status` and `premia positions`."
        yield Cause("reconcile", WARNING, title, text, _WIRE, patient=True, presses=True)


def _for_a_person(book: Book) -> Iterator[Cause]:
    """What waits for somebody to decide."""
    for key, state in sorted(book.orders.items()):
        if state.stage is Stage.UNKNOWN:
            title = "an order may or may not live at the broker"
            todo = f"Nothing is resent. Look in TWS, then `premia resolve {key} filled` or `never-sent`."
            yield Cause(f"order/{key}", CRITICAL, title, f"{key}: {state.why}. {todo}", presses=True)
    for symbol, block in sorted(book.blocks.items()):
        if block.until_session is None:
            title = f"{symbol} stands still until a person speaks"
            text = f"{block.why}. Where the broker is right: `premia accept {symbol}`."
            yield Cause(f"symbol/{symbol}", WARNING, title, text, _WIRE)


def happened(facts: Sequence[ev.AnyEvent]) -> Iterator[Cause]:
    """What happened once, and is over."""
    for event in facts:
        if isinstance(event, ev.CycleEnded) and (event.again or "cut off" in event.note):
            made = "It is made again." if event.again else "It is not made again."
            yield Cause("cycle", WARNING, "a pass failed", f"{event.cycle}: {event.note}. {made}", _WIRE)
        elif isinstance(event, ev.RunSkipped) and event.why != BEGINS:
            text = f"{event.strategy} at {_hour(event.due)}: {event.why}"
            yield Cause("missed", WARNING, "a run was missed", text, _WIRE)
        elif isinstance(event, ev.AssignmentInferred):
            text = f"{event.contract.key}: {abs(event.quantity)} contracts, {event.shares:+d} shares."
            yield Cause(f"assigned/{event.contract.key}", INFO, "an option was assigned", text)
        elif isinstance(event, ev.SplitInferred):
            text = f"{event.denominator} shares of {event.symbol} are {event.numerator} now. Options follow."
            yield Cause(f"split/{event.symbol}", INFO, "shares were split", text)
        elif isinstance(event, ev.ExternalChange):
            text = f"{event.fill.quantity:+d} {event.fill.contract.key}, not by an order of Premia."
            yield Cause("external", INFO, "somebody else traded in the account", text)
        elif isinstance(event, ev.OrderRejected):
            text = f"{event.key}: {event.code} {event.text}"
            yield Cause("rejected", WARNING, "the broker rejected an order", text)


def _connection(book: Book, trouble: str, at: datetime) -> Iterator[Cause]:
    if book.connected and not book.link_lost and LINK not in book.halts:
        return
    if book.connected:
        text = "The gateway runs and has lost the broker's servers (1100). It ends by itself."
        title = "the gateway has lost the broker"
    elif _login_passed(book.at, at):
        title = "the gateway is gone, and the week's login has ended"
        text = f"{trouble} Log in anew and confirm it on the phone; Premia goes on by itself."
    else:
        title = "there is no connection with the gateway"
        text = f"{trouble} It is tried again all the time. Look whether the gateway runs and is logged in."
    yield Cause(CONNECTION, WARNING, title, text.strip(), (JOURNAL,), patient=True, presses=True)


def _login_passed(since: datetime, at: datetime) -> bool:
    """Whether the hour at which the week's login ends lies within what was lost, or right before it."""
    today = at.astimezone(NEW_YORK).date()
    sunday = today - timedelta(days=(today.weekday() - _SUNDAY) % 7)
    ended = new_york(sunday, _LOGIN)
    return ended - _AROUND <= at and since <= ended + _AROUND


def _halt(cause: str, halt: Halt) -> Cause:
    what = "everything" if halt.scope == "all" else "openings"
    if cause == CLOCK:
        return _clock(f"{halt.why}.")._replace(presses=True)
    if cause == DATA:
        text = f"{halt.why}. Trading is paused, and goes on by itself once data flow: end the other session."
        title, roots = "the broker gives no market data", (JOURNAL, CONNECTION)
        return Cause(DATA, WARNING, title, text, roots, presses=True)
    if cause in FOR_A_PERSON:
        text = f"{halt.why}. It waits for a person: `premia status`, then `premia release {cause}`."
        return Cause(f"halt/{cause}", CRITICAL, f"{what} halted: {cause}", text, presses=True)
    return Cause(f"halt/{cause}", WARNING, f"{what} halted: {cause}", f"{halt.why}. It ends by itself.")


def _clock(text: str) -> Cause:
    return Cause("clock", WARNING, "the clocks differ", f"{text} Set this machine's by network time (NTP).")


def _hour(at: datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%Y-%m-%d %H:%M} New York"
