"""The series that every statistic takes, checked once: one dimension, finite, of equal lengths."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from premia.domain.errors import InvariantViolated

Floats = NDArray[np.float64]
"""Array of float64."""
Days = NDArray[np.datetime64]
"""Array of datetime64[D]."""

_ROUNDING = 16.0 * float(np.finfo(np.float64).eps)


class UnusableSeries(InvariantViolated):
    """A series of the wrong shape or length, or with a value that is no number."""


def floats(values: ArrayLike, what: str = "returns") -> Floats:
    """Values as a float64 series of shape (n,).

    Raises:
        UnusableSeries: If there is more than one dimension, or a value is not finite.
    """
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1:
        raise UnusableSeries(f"{what} have the shape {series.shape}; a series has one dimension.")
    broken = np.flatnonzero(~np.isfinite(series))
    if broken.size:
        first = int(broken[0])
        raise UnusableSeries(
            f"{broken.size} of {series.size} {what} are no numbers, the first ({series[first]}) at place "
            f"{first}. Close the gaps before taking statistics."
        )
    return series


def beside(values: ArrayLike, series: Floats, what: str) -> Floats:
    """One value, or one for each of a series, as an array of the series' shape.

    Raises:
        UnusableSeries: If the lengths differ, or a value is not finite.
    """
    raw = np.asarray(values, dtype=np.float64)
    column = floats(np.full(series.size, raw) if raw.ndim == 0 else raw, what)
    if column.size != series.size:
        raise UnusableSeries(f"there are {column.size} {what} for {series.size} returns; give one for each.")
    return column


def deviation(series: Floats) -> float:
    """Sample standard deviation (n - 1); zero where only rounding tells the values apart."""
    if series.size <= 1:
        return 0.0
    spread = float(np.std(series, ddof=1))
    return 0.0 if spread <= _ROUNDING * float(np.max(np.abs(series))) else spread


def ratio(above: float, below: float) -> float | None:
    """A quotient; None where the denominator is zero."""
    return None if below == 0.0 else above / below


def growth(wealth: float, power: float) -> float:
    """Growth a year of wealth that began with 1; -1 where nothing is left."""
    return -1.0 if wealth <= 0.0 else math.exp(math.log(wealth) * power) - 1.0
