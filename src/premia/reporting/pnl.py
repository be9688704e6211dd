"""What was earned: by our convention, with the broker's beside it, in total and month by month.

Our convention counts an option's premium when the option ends (bought back, expired or assigned) and
shares against the strike or price at which they came; fees, dividends and interest stand in lines of
their own. The broker's realised P&L averages costs with commissions in them and lets an assigned
option's premium wait in the shares. Both are stated, with the difference explained by what still waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import msgspec

from premia.domain import events as ev
from premia.domain.dates import session_of
from premia.domain.instrument import Option
from premia.reporting.costs import BROKER, OURS, Realised, costs
from premia.reporting.moves import Move, moves
from premia.reporting.numbers import tidy
from premia.reporting.replay import Numbered

_NOTHING = Decimal(0)


class Earned(msgspec.Struct, frozen=True):
    """What a period earned, USD.

    Attributes:
        month: First day of the month; None for the whole time.
        premium: Net option premium received and paid in the period, before fees, earned or not.
        options: Result of options that ended in the period, before fees.
        shares: Result of shares that left, against strike or price at which they came.
        fees: Commissions and fees; a cost is positive.
        unexplained: Cash that came or went without an explanation.
        total: Options, shares, dividends, interest and unexplained less fees.
        broker: Realised P&L by the broker's convention, computed from the same executions.
    """

    month: date | None
    premium: Decimal = _NOTHING
    options: Decimal = _NOTHING
    shares: Decimal = _NOTHING
    dividends: Decimal = _NOTHING
    interest: Decimal = _NOTHING
    fees: Decimal = _NOTHING
    unexplained: Decimal = _NOTHING
    total: Decimal = _NOTHING
    broker: Decimal = _NOTHING


class Statement(msgspec.Struct, frozen=True):
    """Realised results of a journal.

    Attributes:
        waiting: What our convention has realised and the broker's has not: premium that waits in
            assigned shares, and commissions of open positions.
        reported: Sum of the realised results that the broker itself gave with executions, USD.
        computed: Our computation of the same executions by the broker's convention.
        difference: Computed less reported: zero to the cent when both keep the same books.
        commissions: The part of the fees that executions cost; the rest came with assignments and exercises.
    """

    total: Earned
    months: tuple[Earned, ...]
    waiting: Decimal
    reported: Decimal
    computed: Decimal
    difference: Decimal
    commissions: Decimal


def statement(events: Iterable[Numbered]) -> Statement:
    """The results of a whole journal."""
    numbered = list(events)
    moved = moves(numbered)
    ours, brokers = costs(moved, OURS), costs(moved, BROKER)
    lines: dict[date, dict[str, Decimal]] = {}
    for move in moved:
        _count_move(lines, move)
    for result in ours.realised:
        _add(lines, result.at, "options" if isinstance(result.contract, Option) else "shares", result.result)
    for result in brokers.realised:
        _add(lines, result.at, "broker", result.result)
    for _sequence, event in numbered:
        _count_cash(lines, event)
    months = tuple(_earned(month, lines[month]) for month in sorted(lines))
    total = _earned(None, _sum(lines.values()))
    answered = [result for result in brokers.realised if result.reported is not None]
    reported = sum((_reported(result) for result in answered), _NOTHING)
    computed = sum((result.result for result in answered), _NOTHING)
    return Statement(
        total=total,
        months=months,
        waiting=tidy(total.options + total.shares - total.fees - total.broker),
        reported=tidy(reported),
        computed=tidy(computed),
        difference=tidy(computed - reported),
        commissions=tidy(sum((move.fee for move in moved if move.execution), _NOTHING)),
    )


def _reported(result: Realised) -> Decimal:
    return _NOTHING if result.reported is None else result.reported


def _count_move(lines: dict[date, dict[str, Decimal]], move: Move) -> None:
    _add(lines, move.at, "fees", move.fee)
    if isinstance(move.contract, Option) and move.how in ("traded", "traded by hand"):
        _add(lines, move.at, "premium", -move.contract.value_of(move.price, move.quantity).amount)


def _count_cash(lines: dict[date, dict[str, Decimal]], event: ev.AnyEvent) -> None:
    if isinstance(event, ev.CashUnexplained):
        _add(lines, event.at, "unexplained", event.amount.amount)
    elif isinstance(event, ev.CashBooked):
        name = "dividends" if event.cause.startswith("dividend/") else "interest"
        _add(lines, event.at, name, event.amount.amount)


def _add(lines: dict[date, dict[str, Decimal]], at: datetime, name: str, amount: Decimal) -> None:
    if amount:
        month = session_of(at).replace(day=1)
        line = lines.setdefault(month, {})
        line[name] = line.get(name, _NOTHING) + amount


def _sum(lines: Iterable[dict[str, Decimal]]) -> dict[str, Decimal]:
    whole: dict[str, Decimal] = {}
    for line in lines:
        for name, amount in line.items():
            whole[name] = whole.get(name, _NOTHING) + amount
    return whole


def _earned(month: date | None, line: dict[str, Decimal]) -> Earned:
    plus = sum(
        (line.get(name, _NOTHING) for name in ("options", "shares", "dividends", "interest", "unexplained")),
        _NOTHING,
    )
    total = tidy(plus - line.get("fees", _NOTHING))
    return Earned(month=month, total=total, **{name: tidy(amount) for name, amount in line.items()})
