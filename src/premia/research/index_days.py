"""What published option-writing indices share: the index over time, the days they roll on, marks of options.

Options are priced by Black-Scholes from an implied volatility that the caller gives; that, and not the rules,
is what a replication stands or falls with.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from premia.metrics.series import Days
from premia.pricing import black_scholes
from premia.pricing.terms import YEAR_DAYS, Carry, Floats, OptionTerms

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
        sale: Index when the new option is sold; likewise.
        close: Index at the close.
        dividend: Points that the index's members paid on the day.
        vol_at_sale: At-the-money implied volatility when the new option is sold, annualised fraction.
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
    """One option sold: on which day, with the index at which level, at which strike, for how many points."""

    day: np.datetime64
    expiry: np.datetime64
    reference: float
    strike: float
    premium: float


class Replay(NamedTuple):
    """A published index by its rules.

    Attributes:
        day: Sessions from the first roll on, shape (m,).
        level: Level at each close, shape (m,); the first is 100.
        rolls: Every option that was sold.
    """

    day: Days
    level: Floats
    rolls: tuple[Roll, ...]


class Held(NamedTuple):
    """Places of the sessions between two rolls, and when the option that is held settles."""

    start: int
    stop: int
    expiry: np.datetime64


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


def months_held(sessions: Days) -> list[Held]:
    """The sessions over which each option is held, from one roll day to the session before the next."""
    rolls = roll_days(sessions)
    starts = np.searchsorted(sessions.astype("datetime64[D]"), rolls[:-1])
    stops = np.append(starts[1:], sessions.size)
    places = zip(starts.tolist(), stops.tolist(), strict=True)
    return [Held(start, stop, rolls[month + 1]) for month, (start, stop) in enumerate(places)]


def total_return(index: IndexDays) -> Floats:
    """Level of the index with its dividends put back at each close, shape (n,); the first is 100."""
    grown = (index.close[1:] + index.dividend[1:]) / index.close[:-1]
    return 100.0 * np.cumprod(np.concatenate([[1.0], grown]), dtype=np.float64)


def sold(index: IndexDays, held: Held, strike: float, sign: float) -> Roll:
    """The option that is sold at the start of a month; `sign` is +1 for a call, -1 for a put."""
    place = held.start
    days = days_to(index.day[place : place + 1], held.expiry) - _SETTLES_BEFORE_SALE
    carry = Carry(index.sale[place], index.rate[place], index.dividend_yield[place])
    terms = OptionTerms(strike, days / YEAR_DAYS, sign)
    premium = float(black_scholes.value(terms, carry, index.vol_at_sale[place])[0])
    return Roll(
        index.day.astype("datetime64[D]")[place], held.expiry, float(index.sale[place]), strike, premium
    )


def marks(index: IndexDays, held: Held, strike: float, sign: float) -> Floats:
    """Worth of an option at each close of a month, points; `sign` as for `sold`."""
    over = slice(held.start, held.stop)
    carry = Carry(index.close[over], index.rate[over], index.dividend_yield[over])
    terms = OptionTerms(strike, years_at_close(index, held), sign)
    return black_scholes.value(terms, carry, index.vol_at_close[over])


def years_at_close(index: IndexDays, held: Held) -> Floats:
    """Years from each close of a month to the settlement of what is held."""
    return (days_to(index.day[held.start : held.stop], held.expiry) - _SETTLES_BEFORE_CLOSE) / YEAR_DAYS


def days_to(day: Days, expiry: np.datetime64) -> Floats:
    """Calendar days from each day to an expiry."""
    return (expiry - day.astype("datetime64[D]")).astype(np.float64)
