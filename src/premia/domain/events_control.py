"""Facts about the running of Premia itself: halts, commands and their answers, runs, triggers, the link.

A halt has a cause, and the same cause halts once however often it is found; every halt that stands forbids
what its scope says. Whether a cause may be released by what is observed, or only by a person, is decided
where halts are made.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from premia.domain.event import Event
from premia.domain.intent import Evidence


class OperatorCommand(Event, frozen=True, tag="operator_command"):
    """What a person asked for, with who and why; `id` makes it happen once."""

    id: str
    verb: str
    target: str
    who: str
    why: str
    arguments: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class CommandAnswered(Event, frozen=True, tag="command_answered"):
    """What became of a command: `ok` where it was done, and in words what was done or why not."""

    id: str
    verb: str
    ok: bool
    text: str


class LiveConsented(Event, frozen=True, tag="live_consented"):
    """A person agreed to what a real-money account may lose, with the sums that were typed back, USD."""

    account: str
    part: Decimal
    lost: Decimal
    left: Decimal
    who: str


class TradingHalted(Event, frozen=True, tag="trading_halted"):
    """Trading stops for a cause.

    Attributes:
        cause: `operator`, `kill`, `gate`, `calendar`, `clock`, `link`, `data`, ...: one halt each.
        scope: `entries` forbids openings, `all` forbids every new order and every change of a price.
        who: The person, where one asked for it.
    """

    cause: str
    scope: str
    why: str
    who: str = ""


class TradingReleased(Event, frozen=True, tag="trading_released"):
    """The halt of a cause is over, and what or who ended it."""

    cause: str
    why: str
    who: str = ""


class RunSkipped(Event, frozen=True, tag="run_skipped"):
    """A scheduled run of a strategy that was not made, and why; it is not made later.

    Attributes:
        name: Of its time in the schedule: `open+30`, `close-30`, `10:00`.
    """

    strategy: str
    name: str
    due: datetime
    why: str


class TriggerCrossed(Event, frozen=True, tag="trigger_crossed"):
    """Between runs, two observations agreed that something held asks for a look.

    Attributes:
        subject: A trade's id, or `account`.
        what: Name of the trigger: `profit_target`, `in_the_money`, `stop`, `excess_liquidity`, ...
    """

    subject: str
    symbol: str
    what: str
    reason: str
    evidence: Evidence


class LinkLost(Event, frozen=True, tag="link_lost"):
    """The gateway has lost the broker's servers: nothing is sent or changed until they are back."""

    code: int
    text: str


class LinkRestored(Event, frozen=True, tag="link_restored"):
    """The broker's servers are back; `data_kept` tells whether market data lines survived."""

    code: int
    text: str
    data_kept: bool


class DataLost(Event, frozen=True, tag="data_lost"):
    """The broker refuses market data of everything, a competing session above all; told once."""

    code: int
    text: str


class DataRestored(Event, frozen=True, tag="data_restored"):
    """Market data come again."""

    text: str


class HoursCompared(Event, frozen=True, tag="hours_compared"):
    """The broker's trading hours beside the calendar's, on the morning of a session.

    Attributes:
        session: The day.
        symbol: The underlying whose hours were asked for.
        opens: The later of the two openings; None where the broker is closed.
        closes: The earlier of the two closes; None where the broker is closed.
        differs: What differs today, or that the broker told nothing of it; empty where both agree.
        ahead: What differs on the days to come.
    """

    session: date
    symbol: str
    opens: datetime | None
    closes: datetime | None
    differs: str = ""
    ahead: tuple[str, ...] = ()


class ClockCompared(Event, frozen=True, tag="clock_compared"):
    """The broker's clock beside this machine's, told when they drift apart or meet again.

    Attributes:
        seconds: How far the broker's is ahead; negative where it is behind.
    """

    seconds: float
    text: str
