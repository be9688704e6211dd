"""Why a symbol was traded, or not: every yes and every no of a cycle, with rule, numbers and reason.

Each cycle that looked at the symbol gives its findings in the order in which they were made: what was
ordered and what became of the order, what a rule refused, which candidates were passed over, what
stood the symbol still. Nothing is summarised away; a screen may choose what to show first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.intent import Evidence, Number
from premia.reporting.orders import orders

_NO_EVIDENCE = Evidence({})


class Finding(msgspec.Struct, frozen=True):
    """One yes or no.

    Attributes:
        verdict: `ordered`, `refused`, `passed`, `dropped`, `rejected`, `blocked`, `unblocked` or `booked`.
        subject: A slot (`SPY/put`), a contract's key or an order's key.
        rule: What said no; empty for a yes.
        reason: The sentence a person reads.
        numbers: What was seen, by name with the unit in it; of a refusal those of the rule, then the wish's.
        outcome: What became of an order.
    """

    at: datetime
    verdict: str
    symbol: str
    subject: str
    rule: str
    reason: str
    numbers: dict[str, Number]
    outcome: str = ""


class Cycle(msgspec.Struct, frozen=True):
    """One pass of the engine as it looked at one symbol, or at all."""

    cycle: str
    at: datetime
    note: str
    intents: int
    approved: int
    refused: int
    passed: int
    findings: tuple[Finding, ...]


class Standing(msgspec.Struct, frozen=True):
    """What holds for a symbol now, whatever the last cycle said: empty where nothing stands in the way."""

    symbol: str
    blocked: str
    until_session: str
    unknown_orders: tuple[str, ...]
    working_orders: tuple[str, ...]


def explain(
    events: Iterable[tuple[int, ev.AnyEvent]], symbol: str | None = None, last: int | None = None
) -> list[Cycle]:
    """The cycles that had anything to say of a symbol, newest last.

    Args:
        events: A journal, or its end from some cycle's start.
        symbol: Ticker; None for all symbols.
        last: How many cycles at the most; None for all.
    """
    numbered = list(events)
    outcomes = {line.key: _outcome(line.state, line.why) for line in orders(numbered)}
    cycles: list[Cycle] = []
    for _sequence, event in numbered:
        if isinstance(event, ev.CycleStarted):
            cycles.append(Cycle(event.cycle, event.at, "", 0, 0, 0, 0, ()))
        elif isinstance(event, ev.CycleEnded) and cycles:
            cycles[-1] = msgspec.structs.replace(
                cycles[-1],
                note=event.note,
                intents=event.intents,
                approved=event.approved,
                refused=event.refused,
                passed=event.passed,
            )
        else:
            finding = _finding(event, outcomes)
            if finding is not None and cycles and symbol in (None, finding.symbol):
                _add(cycles, finding)
    told = [cycle for cycle in cycles if cycle.findings or cycle.note or symbol is None]
    return told if last is None else told[-last:]


def standing(book: Book, symbol: str) -> Standing:
    """What holds for a symbol by the book."""
    block = book.blocks.get(symbol)
    mine = [state for state in book.orders.values() if state.order.symbol == symbol]
    return Standing(
        symbol=symbol,
        blocked="" if block is None else block.why,
        until_session="" if block is None or block.until_session is None else block.until_session.isoformat(),
        unknown_orders=tuple(state.key for state in mine if state.stage.value == "unknown"),
        working_orders=tuple(state.key for state in mine if state.stage.value != "unknown"),
    )


def _add(cycles: list[Cycle], finding: Finding) -> None:
    """Add a finding to the newest cycle."""
    newest = cycles[-1]
    cycles[-1] = msgspec.structs.replace(newest, findings=(*newest.findings, finding))


def _finding(event: ev.AnyEvent, outcomes: dict[str, str]) -> Finding | None:
    """What an event says of a symbol; None where it says nothing."""
    if isinstance(event, ev.CandidatePassed):
        one = event.passed
        return Finding(event.at, "passed", one.symbol, one.subject, one.rule, one.reason, one.evidence.facts)
    if isinstance(event, ev.IntentRefused):
        intent = event.intent
        reason = f"{event.reason}; wanted: {intent.reason}"
        numbers = event.evidence.facts | _beside(intent.evidence.facts, event.evidence.facts)
        return Finding(event.at, "refused", intent.symbol, intent.slot, event.rule, reason, numbers)
    if isinstance(event, ev.MarginRequested):
        order = event.order
        reason = "; ".join((order.reason, *event.notes))
        outcome = outcomes.get(order.key, "")
        return Finding(
            event.at, "ordered", order.symbol, order.key, "", reason, event.evidence.facts, outcome
        )
    return _circumstance(event)


def _beside(facts: dict[str, Number], other: dict[str, Number]) -> dict[str, Number]:
    """Those facts whose names the other ones do not use."""
    return {name: fact for name, fact in facts.items() if name not in other}


def _circumstance(event: ev.AnyEvent) -> Finding | None:
    """What happened to a symbol beside decisions."""
    if isinstance(event, ev.SymbolBlocked):
        until = "" if event.until_session is None else f" until positions of {event.until_session} are known"
        return _plain(event.at, "blocked", event.symbol, f"{event.why}{until}")
    if isinstance(event, ev.SymbolUnblocked):
        return _plain(event.at, "unblocked", event.symbol, event.why)
    if isinstance(event, ev.PositionLeft):
        contract = event.position.contract
        return _plain(event.at, "passed", contract.symbol, f"left alone: {event.why}", contract.key)
    return _booked(event)


def _booked(event: ev.AnyEvent) -> Finding | None:
    """What positions became by themselves."""
    if isinstance(event, ev.AssignmentInferred | ev.ExerciseInferred):
        verb = "assigned" if isinstance(event, ev.AssignmentInferred) else "exercised"
        text = f"{event.contract.key} was {verb}: {event.shares:+d} shares at {event.contract.strike}"
        return _plain(event.at, "booked", event.contract.symbol, text, event.contract.key)
    if isinstance(event, ev.ExpiryInferred):
        text = f"{event.contract.key} expired worthless"
        return _plain(event.at, "booked", event.contract.symbol, text, event.contract.key)
    if isinstance(event, ev.SplitInferred):
        text = (
            f"split: {event.denominator} shares are {event.numerator} now, options and costs a share follow"
        )
        return _plain(event.at, "booked", event.symbol, text)
    return None


def _plain(at: datetime, verdict: str, symbol: str, reason: str, subject: str = "") -> Finding:
    return Finding(at, verdict, symbol, subject or symbol, "", reason, _NO_EVIDENCE.facts)


def _outcome(state: str, why: str) -> str:
    words = state.replace("_", " ")
    return f"{words}: {why}" if why else words
