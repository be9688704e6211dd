"""Returns of an account into which money is paid and out of which it is taken.

The time-weighted return judges the strategy: it is what each dollar became that was there all the time.
The money-weighted return is what the owner got, whose timing of deposits counts. The two can differ in
sign, and neither is the change of the account's worth.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from premia.metrics.returns import total
from premia.metrics.series import Floats, UnusableSeries, beside, floats

_HALVINGS = 100
_LOG_GROWTH_MAX = 700.0
"""Beyond exp(700) float64 ends."""


class MoneyWeighted(msgspec.Struct, frozen=True):
    """The owner's return.

    Attributes:
        rate: Growth a unit of time; None where the span is so short that it is beyond all numbers.
        total: Growth over the whole span.
        method: "irr" where one rate and no other makes the flows worth nothing at the start, else
            "modified_dietz".
    """

    rate: float | None
    total: float
    method: Literal["irr", "modified_dietz"]


def period_returns(values: ArrayLike, flows: ArrayLike) -> Floats:
    """Return of each period, the money that came in at its start included in what it is measured by.

    Args:
        values: Worth of the account at the start and at the end of each period, shape (n + 1,).
        flows: Paid in (positive) or out (negative) at the start of each period, shape (n,).

    Raises:
        UnusableSeries: If the lengths do not fit, or a period began with nothing to earn on.
    """
    worth = floats(values, "values")
    if not worth.size:
        raise UnusableSeries("there is no value; give the worth at the start and at the end of each period.")
    paid = beside(flows, worth[1:], "flows")
    base = worth[:-1] + paid
    if np.any(base <= 0.0):
        first = int(np.flatnonzero(base <= 0.0)[0])
        raise UnusableSeries(
            f"period {first} began with {base[first]:.2f} after its flow; a return needs more than nothing."
        )
    return worth[1:] / base - 1.0


def time_weighted(values: ArrayLike, flows: ArrayLike) -> float:
    """Growth of one unit that was there all the time; arguments as for `period_returns`."""
    return total(period_returns(values, flows))


def money_weighted(
    start: float, end: float, flows: ArrayLike, times: ArrayLike, span: float
) -> MoneyWeighted | None:
    """The rate at which all that was paid in grew to what is there now.

    Args:
        start: Worth at time 0.
        end: Worth at time `span`.
        flows: Paid in (positive) or out (negative), shape (n,).
        times: When, between 0 and `span`, shape (n,); years give a rate a year.
        span: Above zero.

    Returns:
        The internal rate of return where the flows change their sign once, so that there is exactly one;
        otherwise modified Dietz. None where that has no answer either: nothing was there to earn on, or
        more than everything was lost.

    Raises:
        UnusableSeries: If a time lies outside the span.
    """
    paid = floats(flows, "flows")
    when = beside(times, paid, "times of flows")
    if span <= 0.0 or np.any((when < 0.0) | (when > span)):
        raise UnusableSeries(f"a flow lies outside the span of {span}; times run from 0 to the span.")
    cash = np.concatenate([[start], paid, [-end]])
    moments = np.concatenate([[0.0], when, [span]])
    if _sign_changes(cash, moments) == 1:
        grown = _root(cash, moments / span)
        if grown is not None:
            return MoneyWeighted(_a_unit(grown, span), math.expm1(grown), "irr")
    dietz = modified_dietz(start, end, paid, when, span)
    if dietz is None or dietz <= -1.0:
        return None
    return MoneyWeighted(_a_unit(math.log1p(dietz), span), dietz, "modified_dietz")


def modified_dietz(start: float, end: float, flows: ArrayLike, times: ArrayLike, span: float) -> float | None:
    """Gain by average capital over the span, each flow weighted by the time that it was there.

    Arguments as for `money_weighted`. None where the average capital is zero or less.
    """
    paid = floats(flows, "flows")
    weights = (span - beside(times, paid, "times of flows")) / span
    capital = start + float(np.sum(weights * paid))
    return None if capital <= 0.0 else (end - start - float(np.sum(paid))) / capital


def _sign_changes(cash: Floats, moments: Floats) -> int:
    """Changes of sign in order of time; flows of one moment are one flow. One change means one root."""
    when, place = np.unique(moments, return_inverse=True)
    summed = np.zeros(when.size)
    np.add.at(summed, place, cash)
    signs = np.sign(summed[summed != 0.0])
    return int(np.sum(signs[1:] != signs[:-1]))


def _root(cash: Floats, moments: Floats) -> float | None:
    """Logarithm of growth over all moments at which the flows are worth nothing; None out of reach."""

    def is_negative(log_growth: float) -> bool:
        # Scaled by the largest exponent, so that nothing overflows; the sign is all that is asked for.
        exponents = -log_growth * moments
        return float(np.sum(cash * np.exp(exponents - np.max(exponents)))) < 0.0

    low, high = -_LOG_GROWTH_MAX, _LOG_GROWTH_MAX
    side = is_negative(low)
    if is_negative(high) == side:
        return None
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if is_negative(middle) == side:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _a_unit(log_growth: float, span: float) -> float | None:
    """Growth a unit of time of a growth over a span."""
    return None if log_growth / span > _LOG_GROWTH_MAX else math.expm1(log_growth / span)
