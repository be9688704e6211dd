"""Risk's answer to an intent. Only `rules` makes an `Approved`, and only an `Approved` becomes an order."""

from __future__ import annotations

import msgspec

from premia.domain.intent import Evidence, Intent
from premia.domain.money import Money


class Approved(msgspec.Struct, frozen=True):
    """An intent that every rule let pass.

    Attributes:
        intent: The intent, its quantity already lowered to what the rules allow.
        reserved: Cash promised to it until it ends (strike times multiplier for a secured put).
        notes: One sentence a rule that had something to say, with its numbers.
    """

    intent: Intent
    reserved: Money
    notes: tuple[str, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """An intent that a rule stopped: which rule, why in words, and the numbers it saw."""

    intent: Intent
    rule: str
    reason: str
    evidence: Evidence
