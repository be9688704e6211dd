"""Interest on cash, as IBKR pays and charges it on US dollars.

Credit: benchmark less half a point on settled cash above 10,000, in proportion to net liquidation
below 100,000. Debit: benchmark plus one and a half points on settled cash below zero. Both accrue
each calendar day by ACT/360 and are posted in whole cents on the third session of the next month.

Source: IBKR's published schedule of interest paid and charged (Pro accounts, first tier).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import expm1

from premia.domain.money import to_cents
from premia.domain.sessions import Sessions

CREDIT_BELOW = Decimal("0.005")
"""Credit interest is the benchmark less this."""
DEBIT_ABOVE = Decimal("0.015")
"""Debit interest is the benchmark plus this."""
NO_INTEREST_ON = Decimal(10_000)
FULL_INTEREST_FROM = Decimal(100_000)
"""Net liquidation below which credit interest is scaled down in proportion."""

_DAY_COUNT = 360
_POSTING_SESSION = 3
_RATE_GRAIN = Decimal("0.000001")


def benchmark(continuous: float) -> Decimal:
    """The overnight benchmark, simple ACT/360, of a continuously compounded ACT/365 rate; to 0.0001 %."""
    return Decimal(repr(expm1(continuous / 365) * _DAY_COUNT)).quantize(_RATE_GRAIN)


def day_interest(settled: Decimal, worth: Decimal, reference: Decimal) -> Decimal:
    """Interest of one calendar day, positive is earned; exact, not rounded.

    Args:
        settled: Settled cash at the end of the day.
        worth: Net liquidation at the last close.
        reference: Benchmark, annualised fraction, simple.
    """
    if settled < 0:
        return settled * max(reference + DEBIT_ABOVE, Decimal(0)) / _DAY_COUNT
    earning = settled - NO_INTEREST_ON
    rate = reference - CREDIT_BELOW
    if earning <= 0 or rate <= 0:
        return Decimal(0)
    scale = min(max(worth, Decimal(0)) / FULL_INTEREST_FROM, Decimal(1))
    return earning * rate * scale / _DAY_COUNT


def earns_nothing(settled: Decimal, reference: Decimal) -> bool:
    """Whether the day's interest is zero whatever the account is worth."""
    return 0 <= settled <= NO_INTEREST_ON or (settled > 0 and reference <= CREDIT_BELOW)


def posts_on(day: date, sessions: Sessions) -> bool:
    """Whether the interest of the month before is posted on this day: its month's third session."""
    if sessions.get(day) is None:
        return False
    return len(sessions.between(day.replace(day=1), day)) == _POSTING_SESSION


def posted(accrued: Decimal) -> Decimal:
    """Accrued interest in whole cents, as it is posted."""
    return to_cents(accrued)
