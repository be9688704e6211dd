"""What a strategy wants, before risk has spoken.

An intent names a trade by a slot, says why in words, and carries as evidence the numbers it looked
at. `Passed` is its counterpart: a candidate that was looked at and left, with the same care.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum

import msgspec
from msgspec.structs import replace

from premia.domain.combo import Combo
from premia.domain.money import Price

Number = float | int | str | None

TOTALS = frozenset(
    {"credit", "cash_if_assigned", "fees", "fees_round_trip", "gain_if_called", "proceeds_if_called"}
)
"""Facts in USD of all units of an intent; any other, `quantity` apart, is of the market or of one share."""


class Evidence(msgspec.Struct, frozen=True):
    """Numbers by name, in the unit that the name says: what a decision saw."""

    facts: dict[str, Number]


def evidence(**facts: Number | Decimal | date) -> Evidence:
    """Evidence from named facts; exact decimals become the nearest float, dates ISO text."""
    return Evidence({name: _plain(fact) for name, fact in facts.items()})


def _plain(fact: Number | Decimal | date) -> Number:
    if isinstance(fact, Decimal):
        return float(fact)
    return fact.isoformat() if isinstance(fact, date) else fact


class Purpose(Enum):
    """What an intent does to a trade."""

    OPEN = "open"
    CLOSE = "close"
    ROLL = "roll"


class Intent(msgspec.Struct, frozen=True):
    """A wish of a strategy.

    Attributes:
        strategy: Name of the strategy.
        symbol: Ticker of the underlying.
        slot: The place it fills, at most one living order each: `SPY/put`, `SPY/call`, `SPY/roll/<trade>`.
        purpose: Open, close or roll.
        combo: Legs, from the point of view of the wanted position change.
        quantity: Units, above zero.
        mid, natural: Net credit a share at the middle and at what fills now; a debit is negative.
        worst: Lowest net credit a share that still makes sense; the price ladder never goes past it.
        reason: Why, as a sentence with its numbers.
        evidence: The numbers.
        trade: The trade closed or rolled; empty for an opening.
        urgency: Name of the price ladder.
        priority: Smaller goes first; closing comes before opening.
        score: Premium per reserved dollar a year; higher goes first within a priority.
    """

    strategy: str
    symbol: str
    slot: str
    purpose: Purpose
    combo: Combo
    quantity: int
    mid: Price
    natural: Price
    worst: Price
    reason: str
    evidence: Evidence
    trade: str = ""
    urgency: str = "patient"
    priority: int = 5
    score: float = 0.0


def resized(intent: Intent, quantity: int) -> Intent:
    """The same wish for fewer units, its evidence too: the quantity, and whatever is USD of all units.

    Args:
        intent: The wish.
        quantity: Units, above zero.
    """
    facts = dict(intent.evidence.facts)
    for name in TOTALS & facts.keys():
        total = facts[name]
        if isinstance(total, float | int):
            facts[name] = round(total * quantity / intent.quantity, 2)
    if "quantity" in facts:
        facts["quantity"] = quantity
    return replace(intent, quantity=quantity, evidence=Evidence(facts))


class Passed(msgspec.Struct, frozen=True):
    """Something that was considered and left, with the rule that said no and what it saw.

    Attributes:
        subject: What was looked at: a slot (`SPY/put`) or a contract's key.
        rule: Name of the rule or filter.
        reason: The sentence a person reads.
        evidence: The numbers.
    """

    strategy: str
    symbol: str
    subject: str
    rule: str
    reason: str
    evidence: Evidence
