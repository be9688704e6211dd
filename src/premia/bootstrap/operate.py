"""A person's commands to whoever trades: put into the inbox, and answered from the journal.

Another process takes them: the daemon at once, or the next `premia run --once`. A command bears an id; the
same id a second time is the same command, so a double click or a retry does nothing twice.
"""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from premia.adapters.clocks import WallClock
from premia.adapters.journals.journal import SqlJournal
from premia.adapters.journals.places import Place, open_journal, send_command
from premia.domain import events as ev
from premia.domain.errors import JournalError
from premia.reporting.redaction import Redactor, secrets_in

_Bearing = TypeVar("_Bearing", ev.OperatorCommand, ev.CommandAnswered)

_ONCE_A_MINUTE = frozenset({"close", "roll"})
_LOOK_S = 0.1
_RECENT = 100
_NO_TIME = timedelta(0)


class Wanted(NamedTuple):
    """A command as a person gave it.

    Attributes:
        id: Its own; empty makes one. A close or a roll gets it of what is asked for and the minute, so that
            asking twice is asking once; what does no harm twice is a command of its own each time.
    """

    verb: str
    target: str = ""
    arguments: Mapping[str, str] = {}
    why: str = ""
    id: str = ""


class Sent(NamedTuple):
    """A command in the inbox, and its answer where one came in time.

    Attributes:
        new: Whether nobody had sent it before.
    """

    id: str
    new: bool
    answer: ev.CommandAnswered | None


def ask(journal: Place, wanted: Wanted, wait_s: float) -> Sent:
    """Send a command and wait for its answer, at most so many seconds.

    Raises:
        JournalError: If there is no journal, or its id was used for another command.
    """
    now = WallClock().now()
    command = _command(wanted, now)
    try:
        new = send_command(journal, command, now)
    except JournalError:
        if wanted.id or _kept(journal, command.id) is None:
            raise
        new = False  # within the minute, by another person or with another reason: the same command
    until = time.monotonic() + wait_s
    answer = _answer(journal, command.id)
    while answer is None and time.monotonic() < until:
        time.sleep(_LOOK_S)
        answer = _answer(journal, command.id)
    return Sent(command.id, new, answer)


def _command(wanted: Wanted, now: datetime) -> ev.OperatorCommand:
    asked = " ".join(
        filter(None, [wanted.verb, wanted.target, *map("=".join, sorted(wanted.arguments.items()))])
    )
    once = wanted.verb in _ONCE_A_MINUTE
    at = now.replace(second=0, microsecond=0) if once else now
    return ev.OperatorCommand(
        at=at,
        id=wanted.id or f"{asked} {at.isoformat()}",
        verb=wanted.verb,
        target=wanted.target,
        who=getpass.getuser(),
        why=Redactor(secrets_in(os.environ), shorten=False)(wanted.why),
        arguments=dict(wanted.arguments),
    )


def in_market_time(
    commands: Iterable[ev.OperatorCommand], wall: datetime, market: datetime
) -> list[ev.OperatorCommand]:
    """Commands as old by market time as they are by the wall: a sender knows no market's clock.

    Args:
        commands: As they were sent.
        wall: The machine's present.
        market: The market's present.
    """
    return [replace(one, at=market - max(wall - one.at, _NO_TIME)) for one in commands]


def _kept(path: Place, identity: str) -> ev.OperatorCommand | None:
    """A command that waits in the inbox or was taken, by its id."""
    with closing(open_journal(path, "", read_only=True)) as journal:
        waiting = next((one for one in journal.pending() if one.id == identity), None)
        return waiting or _newest(journal, "operator_command", ev.OperatorCommand, identity)


def _answer(path: Place, identity: str) -> ev.CommandAnswered | None:
    with closing(open_journal(path, "", read_only=True)) as journal:
        return _newest(journal, "command_answered", ev.CommandAnswered, identity)


def _newest(journal: SqlJournal, kind: str, of: type[_Bearing], identity: str) -> _Bearing | None:
    """The newest event of a kind that bears an id, among the last hundred."""
    for seq, _, _ in reversed(journal.newest(kind, _RECENT)):
        _, event = next(iter(journal.read(seq - 1)))
        if isinstance(event, of) and event.id == identity:
            return event
    return None
