"""What importing found: rows read, kept and dropped by reason, and what is kept although it looks wrong.

Nothing is dropped in silence: rows read are rows kept and rows dropped, each dropped one under the first
reason that holds. What is suspicious is kept, because a backtest must meet it as the day did; it is counted,
so that whoever bets on the result knows what it stands on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import numpy as np

from premia.domain.sessions import Sessions
from premia.store.panel import Panel

DROPPED: Mapping[str, str] = {
    "no_day": "without a day",
    "no_expiry": "without an expiry",
    "no_strike": "without a strike",
    "no_right": "neither put nor call",
    "expired": "of an expiry before its day",
    "beyond_columns": "with a price that the columns cannot hold",
    "no_session": "of a day on which the exchange was closed",
    "copied_day": "of a day that repeats the day before, quote for quote",
    "duplicate": "of a contract that the day has already",
}
"""Reasons for which a row is dropped, in the order in which they are asked."""

SUSPICIOUS: Mapping[str, str] = {
    "no_quote": "rows with neither bid nor ask",
    "zero_bid": "rows that nobody bids for, with an ask",
    "one_sided": "rows with a bid and no ask",
    "crossed": "rows with a bid above the ask",
    "locked": "rows with a bid equal to the ask",
    "stale": "quotes unchanged since the day before while the underlying moved by 1 % or more",
    "vertical": "neighbouring strikes that could be traded against each other at a certain gain",
    "butterfly": "three neighbouring strikes that could be, likewise",
    "parity": "pairs of put and call that contradict the rest of their expiry",
    "gaps": "contracts that are absent on some recorded day between two on which they are there",
    "vanished": "contracts whose rows end before their expiry while the recording goes on",
    "no_iv": "rows with bid and ask that no volatility explains, or of which none is known",
    "no_spot": "days without a price of the underlying",
    "jumps": "days on which the underlying moved by more than 30 %: a split that no event tells?",
}
"""What is counted and kept."""
_EPOCH = date(1970, 1, 1)
_LISTED = 10


class Report(msgspec.Struct, frozen=True):
    """What became of one underlying's rows.

    Attributes:
        read, kept: Rows.
        dropped: Rows by reason, of `DROPPED`.
        suspicious: Counts, of `SUSPICIOUS`.
        filled: Values that the source lacked and that were computed, by name, such as `iv`.
        days: Recorded days.
        first, last: The first and last of them.
        missing: Sessions of the exchange between these that were not recorded.
    """

    symbol: str
    read: int = 0
    kept: int = 0
    dropped: dict[str, int] = {}
    suspicious: dict[str, int] = {}
    filled: dict[str, int] = {}
    days: int = 0
    first: date | None = None
    last: date | None = None
    missing: tuple[date, ...] = ()


def added(first: Report, second: Report) -> Report:
    """The counts of two parts of one underlying, without what only the whole can tell."""
    return Report(
        first.symbol,
        first.read + second.read,
        first.kept + second.kept,
        _sum(first.dropped, second.dropped),
        {},
        _sum(first.filled, second.filled),
    )


def judged(report: Report, panel: Panel, sessions: Sessions) -> Report:
    """The report with what a look at the whole panel tells.

    Args:
        report: Counts of importing.
        panel: All that was kept.
        sessions: Of the exchange; they span the recording.
    """
    days = [_EPOCH + timedelta(days=day) for day in panel.days.day.tolist()]
    known = set(days)
    wanted = sessions.between(days[0], days[-1]) if days else ()
    return msgspec.structs.replace(
        report,
        suspicious=suspicious(panel),
        days=len(days),
        first=days[0] if days else None,
        last=days[-1] if days else None,
        missing=tuple(one.day for one in wanted if one.day not in known),
    )


def suspicious(panel: Panel) -> dict[str, int]:
    """Counts of what is kept although it looks wrong; every key of `SUSPICIOUS`."""
    from premia.store.compiled import count_suspicious  # noqa: PLC0415 - loads a compiler

    spot = panel.days.spot
    known = (spot[1:] > 0) & (spot[:-1] > 0)
    moved = np.abs(np.diff(spot)[known]) > 0.3 * spot[:-1][known]
    counts = count_suspicious(panel)
    both_sides = (panel.quotes["bid"] > 0) & (panel.quotes["ask"] > 0)
    counts["no_iv"] = int((both_sides & np.isnan(panel.iv)).sum())
    return {**counts, "no_spot": int((spot <= 0).sum()), "jumps": int(moved.sum())}


def told(report: Report) -> list[str]:
    """The report in lines of text."""
    lines = [
        f"{report.symbol}: {report.kept:,} of {report.read:,} rows kept, {report.days:,} days"
        + (f" from {report.first} to {report.last}" if report.first else "")
    ]
    lines += [f"  dropped: {count:,} rows {DROPPED[reason]}" for reason, count in report.dropped.items()]
    lines += [f"  computed: {name} of {count:,} rows" for name, count in report.filled.items()]
    lines += [f"  kept: {count:,} {SUSPICIOUS[name]}" for name, count in report.suspicious.items() if count]
    if report.missing:
        lines.append(f"  not recorded: {len(report.missing):,} sessions: {_some(report.missing)}")
    return lines


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    return msgspec.to_builtins(report)


def _some(days: Sequence[date]) -> str:
    shown = ", ".join(day.isoformat() for day in days[:_LISTED])
    return shown if len(days) <= _LISTED else f"{shown} and {len(days) - _LISTED:,} more"


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in dict.fromkeys((*first, *second))}
