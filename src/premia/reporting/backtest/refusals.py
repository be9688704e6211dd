"""Every no of a run by rule: how often, on which symbols, and one of its sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from premia.domain import events as ev
from premia.domain.dates import session_of


class Refusals(msgspec.Struct, frozen=True):
    """What one rule or filter has stopped.

    Attributes:
        verdict: `refused` (a rule stopped an intent), `passed` (a candidate was left) or `dropped` (an order
            ended before it was sent).
        count: How often, and on how many `sessions`.
        example: Its newest sentence, of `last`.
    """

    rule: str
    verdict: str
    count: int
    sessions: int
    symbols: tuple[str, ...]
    first: date
    last: date
    example: str


class _Counted:
    def __init__(self) -> None:
        self.count = 0
        self.sessions: set[date] = set()
        self.symbols: set[str] = set()
        self.example = ""


def refusals(facts: Iterable[ev.AnyEvent]) -> tuple[Refusals, ...]:
    """All of them, those of rules first, the most frequent first."""
    found: dict[tuple[str, str], _Counted] = {}
    symbols: dict[str, str] = {}
    for event in facts:
        if isinstance(event, ev.MarginRequested):
            symbols[event.order.key] = event.order.symbol
        told = _told(event, symbols)
        if told is not None:
            verdict, rule, symbol, reason = told
            one = found.setdefault((verdict, rule), _Counted())
            one.count += 1
            one.sessions.add(session_of(event.at))
            one.symbols.add(symbol)
            one.example = reason
    lines = [_line(verdict, rule, one) for (verdict, rule), one in found.items()]
    order = ("refused", "dropped", "passed")
    return tuple(sorted(lines, key=lambda line: (order.index(line.verdict), -line.count, line.rule)))


def _told(event: ev.AnyEvent, symbols: dict[str, str]) -> tuple[str, str, str, str] | None:
    """Verdict, rule, symbol and sentence of a no; None of anything else."""
    if isinstance(event, ev.IntentRefused):
        return "refused", event.rule, event.intent.symbol, event.reason
    if isinstance(event, ev.CandidatePassed):
        one = event.passed
        return "passed", one.rule, one.symbol, one.reason
    if isinstance(event, ev.OrderDropped):
        return "dropped", event.rule, symbols.get(event.key, ""), event.reason
    return None


def _line(verdict: str, rule: str, one: _Counted) -> Refusals:
    symbols = tuple(sorted(one.symbols - {""}))
    return Refusals(
        rule,
        verdict,
        one.count,
        len(one.sessions),
        symbols,
        min(one.sessions),
        max(one.sessions),
        one.example,
    )
