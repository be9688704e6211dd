"""When a person is told of a cause: once when it comes, again while it lasts, and once when it is over.

The same thing is told at most once in ten minutes, with a count of what was held back. A cause that lasts is
told again after a quarter of an hour, an hour before the exchange opens and when it opens, and then asks for
more than before. What often ends by itself is told only when it has lasted a while. Pure: time is handed in,
and what comes out are messages that somebody else carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from premia.reporting.causes import CRITICAL, Cause

_FORGOTTEN = timedelta(days=1)
_LASTS = timedelta(minutes=15)
_BEFORE_OPEN = timedelta(hours=1)
_NO_TIME = timedelta(0)
_FOLLOWS = 5  # of what happened because of a cause, told with its end
_BEGUN, _OVER, _ONCE = "begun", "over", "once"


class Message(NamedTuple):
    """What a person reads.

    Attributes:
        key: Of the cause.
        severity: By which it is routed; that of the cause also when it is over.
        at: Market time.
        held: How many more of the same were held back before it.
        over: Whether it tells the end of a cause.
    """

    key: str
    severity: str
    title: str
    text: str
    at: datetime
    held: int = 0
    over: bool = False


class Manners(NamedTuple):
    """How often a person may be disturbed.

    Attributes:
        quiet: Between two messages of one kind about one cause.
        patience: How long what often ends by itself must have lasted.
    """

    quiet: timedelta = timedelta(minutes=10)
    patience: timedelta = timedelta(minutes=2)


class _Standing:
    """A cause while it lasts.

    Attributes:
        told: Whether it was to be told, after patience where it asks for some.
        follows: What happened because of it.
    """

    def __init__(self, cause: Cause, since: datetime) -> None:
        self.cause = cause
        self.since = since
        self.told = False
        self.follows: list[Cause] = []


class _Window:
    """What was sent of one kind about one cause, and what waits until it may be sent."""

    def __init__(self) -> None:
        self.sent: datetime | None = None
        self.waits: Message | None = None
        self.held = 0


class Desk:
    """Decides what is told, from what stands and what happened at each look.

    Attributes:
        held_back: Messages that were not sent because the same had been told a moment ago.
    """

    def __init__(
        self, manners: Manners | None = None, opens: Callable[[datetime], datetime | None] | None = None
    ) -> None:
        """Begin without a memory.

        Args:
            manners: How often a person may be disturbed.
            opens: The opening of the session on the day of an instant; None where there is none.
        """
        self._manners = manners or Manners()
        self._opens = opens or _never
        self._standing: dict[str, _Standing] = {}
        self._windows: dict[tuple[str, str], _Window] = {}
        self._open: set[str] = set()  # causes that a person was told to begin, and not to end
        self._looked: datetime | None = None
        self.held_back = 0

    def look(self, at: datetime, stands: Iterable[Cause], happened: Iterable[Cause] = ()) -> list[Message]:
        """What is to be sent now.

        Args:
            at: Market time.
            stands: Causes that stand.
            happened: What happened since the last look.
        """
        now = {cause.key: cause for cause in stands}
        roots = {key: cause for key, cause in now.items() if not now.keys() & set(cause.because)}
        for key, cause in roots.items():
            one = self._standing.setdefault(key, _Standing(cause, at))
            one.cause, one.since = cause, min(one.since, at)
        alone = self._alone(happened, roots)
        sent = [*self._ended(at, now, roots, alone), *self._begun(at, roots)]
        sent += [found for cause in alone for found in self._offer(_ONCE, _message(cause, at))]
        sent += self._flushed(at)
        self._looked = at
        return sent

    def _alone(self, happened: Iterable[Cause], roots: Mapping[str, Cause]) -> list[Cause]:
        """What happened by itself; the rest is kept with the cause that it follows from."""
        alone: list[Cause] = []
        for cause in happened:
            root = next((key for key in cause.because if key in roots or key in self._standing), None)
            follows = alone if root is None else self._standing[root].follows
            follows.append(cause)
        return alone

    def _ended(
        self, at: datetime, now: Mapping[str, Cause], roots: Mapping[str, Cause], alone: list[Cause]
    ) -> list[Message]:
        """What is over; a cause that began to follow from another is neither over nor told."""
        sent: list[Message] = []
        for key in [key for key in self._standing if key not in roots]:
            one = self._standing[key]
            if key in now and one.told:
                continue
            del self._standing[key]
            self._drop(self._windows.get((key, _BEGUN)))
            if key in self._open:
                follows = [f"{cause.title}: {cause.text}" for cause in one.follows]
                text = " ".join([f"It lasted {_span(at - one.since)}.", *follows[:_FOLLOWS]])
                over = Message(key, one.cause.severity, f"over: {one.cause.title}", text, at, over=True)
                sent += self._offer(_OVER, over)
            else:
                alone += one.follows
        return sent

    def _begun(self, at: datetime, roots: Mapping[str, Cause]) -> list[Message]:
        sent: list[Message] = []
        for key, cause in roots.items():
            one = self._standing[key]
            patience = self._manners.patience if cause.patient else _NO_TIME
            if not one.told and at - one.since >= patience:
                one.told = True
                sent += self._offer(_BEGUN, _message(cause, at))
            elif one.told and cause.presses and self._escalates(one, at):
                lasting = f"{cause.title}, for {_span(at - one.since)}"
                louder = cause._replace(severity=CRITICAL, title=lasting)
                sent += self._offer(_BEGUN, _message(louder, at))
        return sent

    def _escalates(self, one: _Standing, at: datetime) -> bool:
        """Whether one of the moments at which it is told again lies between the last look and this one."""
        last = self._looked
        if last is None:
            return False
        moments = [one.since + _LASTS]
        opening = self._opens(at)
        if opening is not None:
            moments += [opening - _BEFORE_OPEN, opening]
        return any(max(last, one.since) < moment <= at for moment in moments)

    def _offer(self, kind: str, message: Message) -> list[Message]:
        """The message, if nothing of its kind was sent within the quiet; else it waits."""
        window = self._windows.setdefault((message.key, kind), _Window())
        self._drop(window)
        if self._quiet(window, message.at):
            window.waits = message
            return []
        return [self._send((message.key, kind), window, message)]

    def _flushed(self, at: datetime) -> list[Message]:
        """What waited long enough; windows that are of no use any more go."""
        sent: list[Message] = []
        for name, window in list(self._windows.items()):
            if self._quiet(window, at):
                continue
            if window.waits is not None and name[1] == _OVER and name[0] in self._standing:
                self._drop(window)
            if window.waits is not None:
                sent.append(self._send(name, window, window.waits._replace(at=at)))
            elif not window.held or window.sent is None or at - window.sent > _FORGOTTEN:
                del self._windows[name]
        return sent

    def _drop(self, window: _Window | None) -> None:
        """Give up what waits; it counts as held back."""
        if window is not None and window.waits is not None:
            window.waits = None
            window.held += 1
            self.held_back += 1

    def _quiet(self, window: _Window, at: datetime) -> bool:
        return window.sent is not None and _NO_TIME <= at - window.sent < self._manners.quiet

    def _send(self, name: tuple[str, str], window: _Window, message: Message) -> Message:
        key, kind = name
        held, window.held = window.held, 0
        window.sent, window.waits = message.at, None
        if kind == _BEGUN:
            self._open.add(key)
        elif kind == _OVER:
            self._open.discard(key)
        return message._replace(held=held)


def _never(_at: datetime) -> None:
    """No session is known."""


def _message(cause: Cause, at: datetime) -> Message:
    return Message(cause.key, cause.severity, cause.title, cause.text, at)


def _span(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    if minutes < 1:
        return f"{length.total_seconds():.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"  # noqa: PLR2004 - two hours
