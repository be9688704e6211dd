"""The fixed moments of the market's day, in order: what happens without anybody asking.

Every calendar day turns at midnight in New York (interest, settlement); a session day has a morning
delivery, an opening, looks at margin accounts, a close, and an evening in which expired options leave
positions. An agenda walks these moments; it never looks a day ahead, so a calendar that ends is an
error only for whoever walks past its end.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import NamedTuple

from premia.domain.dates import new_york, session_of
from premia.domain.sessions import Session, Sessions
from premia.exchange.policy import Policy

_DAY = timedelta(days=1)
_SATURDAY = 5


class Kind(IntEnum):
    """What happens; of two kinds at one instant the smaller happens first."""

    MIDNIGHT = 0
    DELIVERY = 1
    OPEN = 2
    MARGIN_LOOK = 3
    CLOSE = 4
    EVENING = 5


class Moment(NamedTuple):
    """A kind of happening at an instant of a New York day."""

    at: datetime
    kind: Kind
    day: date


def midnight(day: date) -> Moment:
    """The turn of a calendar day."""
    return Moment(new_york(day, time(0, 0)), Kind.MIDNIGHT, day)


def moments_of(session: Session, policy: Policy) -> list[Moment]:
    """Everything that happens on a session day after its midnight, in order."""
    day = session.day
    found = [
        Moment(new_york(day, policy.delivery), Kind.DELIVERY, day),
        Moment(session.opens, Kind.OPEN, day),
        Moment(session.closes, Kind.CLOSE, day),
        Moment(new_york(day, policy.vanish), Kind.EVENING, day),
    ]
    step = timedelta(minutes=policy.liquidation_minutes)
    at = session.opens + step
    while at < session.closes:
        found.append(Moment(at, Kind.MARGIN_LOOK, day))
        at += step
    return sorted(found)


class Agenda:
    """The moments after an instant, one by one."""

    def __init__(self, sessions: Sessions, policy: Policy, at: datetime) -> None:
        """Start strictly after `at`."""
        self._sessions = sessions
        self._policy = policy
        day = session_of(at)
        self._coming = [one for one in self._of(day) if one.at > at]
        self._next_day = day + _DAY

    def next(self) -> Moment:
        """The moment that comes next."""
        return self._coming[0] if self._coming else midnight(self._next_day)

    def step(self) -> Moment:
        """Take the next moment off the agenda."""
        if self._coming:
            return self._coming.pop(0)
        day, self._next_day = self._next_day, self._next_day + _DAY
        self._coming = self._of(day)
        return midnight(day)

    def _of(self, day: date) -> list[Moment]:
        session = self._sessions.get(day)
        if session is not None:
            return moments_of(session, self._policy)
        morning = Moment(new_york(day, self._policy.delivery), Kind.DELIVERY, day)
        return [morning] if self._policy.saturday and day.weekday() == _SATURDAY else []
