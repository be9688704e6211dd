"""Published option-writing indices by their rules: BXM day by day, and the rolls of BXM and PUT.

BXM holds the S&P 500 with its dividends and each month sells a one-month call just above the money. On the
third Friday (the session before it, if that is a holiday) the old call settles at the opening value, and the
new one is sold around noon: in between the index holds the S&P alone. Options here are priced by
Black-Scholes from an implied volatility that the caller gives; that, and not the rules, is what a
replication stands or falls with.

Sources: Cboe, "Description of the Cboe S&P 500 BuyWrite Index" (2010) and "Cboe S&P 500 PutWrite Index
methodology" (2014).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from premia.metrics.series import Days
from premia.pricing import black_scholes
from premia.pricing.terms import CALL, YEAR_DAYS, Carry, Floats, OptionTerms

STRIKE_STEP = 5.0
"""Points between listed strikes of the S&P 500 near the money."""
VIX_TO_AT_THE_MONEY = 0.83
"""Volatility of a one-month at-the-money option by VIX.

Mean of the medians of four years of quoted chains: 2019 (0.879), 2021 (0.770), 2023 (0.838) and 2026 (0.839).
Each year counts once, as years differ more than days within one. Measured by `at_the_money`, and fixed before
any level of a published index was looked at."""

_SETTLES_BEFORE_SALE = 3.0 / 24.0
"""Days between the hour of settlement (9:30) and that of the sale (12:30)."""
_SETTLES_BEFORE_CLOSE = 6.5 / 24.0
"""Days between the hour of settlement (9:30) and the close (16:00)."""


class IndexDays(NamedTuple):
    """An index over time, one value a session, each of shape (n,).

    Attributes:
        day: Sessions, ascending, datetime64[D].
        opening: Index at the opening settlement; only those of roll days are used.
        sale: Index when the new call is sold; likewise.
        close: Index at the close.
        dividend: Points that the index's members paid on the day.
        vol_at_sale: At-the-money implied volatility when the new call is sold, annualised fraction.
        vol_at_close: The same at the close.
        rate: Riskless, continuously compounded, annualised fraction.
        dividend_yield: Continuous, annualised fraction.
    """

    day: Days
    opening: Floats
    sale: Floats
    close: Floats
    dividend: Floats
    vol_at_sale: Floats
    vol_at_close: Floats
    rate: Floats
    dividend_yield: Floats


class Roll(NamedTuple):
    """One call sold: on which day, with the index at which level, at which strike, for how many points."""

    day: np.datetime64
    expiry: np.datetime64
    reference: float
    strike: float
    premium: float


class BuyWrite(NamedTuple):
    """A buy-write index over time.

    Attributes:
        day: Sessions from the first roll on, shape (m,).
        level: Level at each close, shape (m,); the first is 100.
        rolls: Every call that was sold.
    """

    day: Days
    level: Floats
    rolls: tuple[Roll, ...]


def roll_days(sessions: Days) -> Days:
    """Days on which monthly index options settle, one a month, from the first session's month on.

    It is the third Friday, and the session before it where that is a holiday. The first such day after the
    last session is added, by the calendar alone: the last option that is sold expires on it.
    """
    whole: Days = sessions.astype("datetime64[D]")
    first, last = (one.astype("datetime64[M]").astype(np.int64) for one in (whole[0], whole[-1]))
    months: Days = np.arange(int(first), int(last) + 2).astype("datetime64[M]").astype("datetime64[D]")
    fridays: Days = np.busday_offset(months, 2, roll="forward", weekmask="Fri")
    fridays = fridays[fridays >= whole[0]]
    known = fridays[fridays <= whole[-1]]
    held = whole[np.searchsorted(whole, known, side="right") - 1]
    return np.concatenate([held, fridays[known.size : known.size + 1]])


def call_strike(reference: float, step: float = STRIKE_STEP) -> float:
    """Strike of BXM's call: the first listed one at or above the reference value of the index."""
    return math.ceil(reference / step) * step


def put_strike(reference: float, step: float = STRIKE_STEP) -> float:
    """Strike of PUT's put: the first listed one at or below the reference value of the index."""
    return math.floor(reference / step) * step


def buywrite_to_settlement(
    before: float, premium: float, settlement: float, strike: float, paid: float
) -> float:
    """Growth of a buy-write from a mark to the settlement of its call, a fraction.

    Args:
        before: Index at the mark.
        premium: What the call was worth then, points.
        settlement: Opening value at which the call settles.
        strike: Of the call.
        paid: Dividends in between, points.
    """
    return (settlement + paid - max(settlement - strike, 0.0)) / (before - premium) - 1.0


def puts_sold(money: float, strike: float, premium: float, rate: float) -> float:
    """How many puts an index worth `money` sells, so that its bills will pay for every strike.

    Args:
        money: Worth of the index.
        strike: Of the puts.
        premium: Received for each, points; it buys bills too.
        rate: What bills earn until the puts expire, a fraction for that time and not a year.
    """
    return money / (strike / (1.0 + rate) - premium)


def putwrite_to_settlement(money: float, puts: float, strike: float, settlement: float) -> float:
    """Growth of a put-write from the sale of its puts to their settlement, a fraction."""
    return puts * (strike - max(strike - settlement, 0.0)) / money - 1.0


def buywrite(index: IndexDays, step: float = STRIKE_STEP) -> BuyWrite:
    """A buy-write index by the rules of BXM, from the first roll day on.

    Args:
        index: The index and what its options are priced by.
        step: Points between listed strikes.
    """
    rolls = roll_days(index.day)
    starts = np.searchsorted(index.day.astype("datetime64[D]"), rolls[:-1])
    stops = np.append(starts[1:], index.day.size)
    sold: list[Roll] = []
    growth: list[Floats] = []
    carried = 0.0  # what the call sold before was worth at the close before the roll
    for month, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        noon, strike = float(index.sale[start]), call_strike(float(index.sale[start]), step)
        expiry = rolls[month + 1]
        premium = _premium_at_sale(index, start, strike, expiry)
        marks = _marks(index, slice(start, stop), strike, expiry)
        first = (float(index.close[start]) - marks[0]) / (noon - premium)
        if sold:
            settled = buywrite_to_settlement(
                float(index.close[start - 1]),
                carried,
                float(index.opening[start]),
                sold[-1].strike,
                float(index.dividend[start]),
            )
            first *= (1.0 + settled) * noon / float(index.opening[start])
        held = index.close[start:stop] - marks
        growth.append(np.concatenate([[first], (held[1:] + index.dividend[start + 1 : stop]) / held[:-1]]))
        sold.append(Roll(rolls[month], expiry, noon, strike, premium))
        carried = float(marks[-1])
    level = np.cumprod(np.concatenate(growth), dtype=np.float64)
    return BuyWrite(index.day[starts[0] :], 100.0 * level / level[0], tuple(sold))


def total_return(index: IndexDays) -> Floats:
    """Level of the index with its dividends put back at each close, shape (n,); the first is 100."""
    grown = (index.close[1:] + index.dividend[1:]) / index.close[:-1]
    return 100.0 * np.cumprod(np.concatenate([[1.0], grown]), dtype=np.float64)


def _premium_at_sale(index: IndexDays, place: int, strike: float, expiry: np.datetime64) -> float:
    days = _days_between(index.day[place : place + 1], expiry) - _SETTLES_BEFORE_SALE
    carry = Carry(index.sale[place], index.rate[place], index.dividend_yield[place])
    return float(
        black_scholes.value(OptionTerms(strike, days / YEAR_DAYS, CALL), carry, index.vol_at_sale[place])[0]
    )


def _marks(index: IndexDays, held: slice, strike: float, expiry: np.datetime64) -> Floats:
    """Worth of the call at each close, points."""
    days = _days_between(index.day[held], expiry) - _SETTLES_BEFORE_CLOSE
    carry = Carry(index.close[held], index.rate[held], index.dividend_yield[held])
    return black_scholes.value(OptionTerms(strike, days / YEAR_DAYS, CALL), carry, index.vol_at_close[held])


def _days_between(day: Days, expiry: np.datetime64) -> Floats:
    return (expiry - day.astype("datetime64[D]")).astype(np.float64)
