"""Greeks and implied volatilities of millions of options, by compiled code on all processors.

For whoever fills or sweeps history. The functions say the same as those of `black_scholes`, `implied_vol`
and `american`, to the last digits, and their answers do not depend on the number of threads; the first call
loads numba, which takes a second or, on a fresh machine, ten. The live engine prices a chain at a time with
numpy and never comes here.

Work is cut into pieces of a fixed size, so what is needed beside input and answer is a megabyte a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.pricing.implied_vol import Reasons
from premia.pricing.terms import AmericanArrays, Carry, Floats, GreekArrays, OptionTerms, ShapeMismatch

_PIECE = 8192
"""Options that a thread takes at a time."""
_COLUMNS = 7


class ImpliedVols(NamedTuple):
    """Implied volatilities, and for each why there is none.

    Attributes:
        vol: Annualised fraction; NaN exactly where `reason` is not `Reason.SOLVED`.
        reason: A `Reason` for each price.
    """

    vol: Floats
    reason: Reasons


def greeks(terms: OptionTerms, carry: Carry, vol: ArrayLike, *, threads: int = 0) -> GreekArrays:
    """Value and greeks of each European option, as `black_scholes.greeks`.

    Args:
        terms: Strike, years to expiry, sign of the right.
        carry: Spot, rate and dividend yield.
        vol: Annualised volatility as a fraction.
        threads: At most so many at once; 0 for as many as there are processors.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    from premia.pricing import compiled  # noqa: PLC0415 - numba is loaded by the first call

    rows = _Rows.of(terms, carry, vol)
    answers = GreekArrays(*np.empty((_COLUMNS, rows.count)))

    def fill(columns: Floats, place: slice) -> None:
        compiled.greeks_rows(columns, GreekArrays(*(answer[place] for answer in answers)))

    rows.each(fill, threads)
    return GreekArrays(*(answer.reshape(rows.shape) for answer in answers))


def implied_volatility(
    price: ArrayLike, terms: OptionTerms, carry: Carry, *, threads: int = 0
) -> ImpliedVols:
    """Volatility at which the European value equals each price, as `implied_vol.implied_volatility`.

    Args:
        price: Option prices, currency per share.
        terms: Strike, years to expiry, sign of the right.
        carry: Spot, rate and dividend yield.
        threads: At most so many at once; 0 for as many as there are processors.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    from premia.pricing import compiled  # noqa: PLC0415 - numba is loaded by the first call

    rows = _Rows.of(terms, carry, price)
    vols, reasons = np.empty(rows.count), np.empty(rows.count, dtype=np.int8)

    def fill(columns: Floats, place: slice) -> None:
        compiled.implied_rows(columns, vols[place], reasons[place])

    rows.each(fill, threads)
    return ImpliedVols(vols.reshape(rows.shape), reasons.reshape(rows.shape))


def american(terms: OptionTerms, carry: Carry, vol: ArrayLike, *, threads: int = 0) -> AmericanArrays:
    """Value, delta and gamma of each American option under a continuous yield, as `american.greeks`.

    Args:
        terms: Strike, years to expiry, sign of the right.
        carry: Spot, rate and dividend yield; with cash dividends, the spot net of their present value.
        vol: Annualised volatility as a fraction.
        threads: At most so many at once; 0 for as many as there are processors.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    from premia.pricing import compiled_american  # noqa: PLC0415 - numba is loaded by the first call

    rows = _Rows.of(terms, carry, vol)
    answers = AmericanArrays(*np.empty((len(AmericanArrays._fields), rows.count)))

    def fill(columns: Floats, place: slice) -> None:
        compiled_american.american_rows(columns, AmericanArrays(*(answer[place] for answer in answers)))

    rows.each(fill, threads)
    return AmericanArrays(*(answer.reshape(rows.shape) for answer in answers))


def american_implied_volatility(
    price: ArrayLike, terms: OptionTerms, carry: Carry, *, threads: int = 0
) -> ImpliedVols:
    """Volatility at which the American value equals each price, as `american.implied_volatility`.

    Where the right to exercise early is worth nothing to speak of this is the European answer, at its
    cost; elsewhere a hundred times that. Arguments and errors are those of `implied_volatility`; no
    volatility above 500 % is looked for.
    """
    from premia.pricing import compiled, compiled_inverse  # noqa: PLC0415 - numba is loaded by the first call

    rows = _Rows.of(terms, carry, price)
    vols, reasons = np.empty(rows.count), np.empty(rows.count, dtype=np.int8)

    def fill(columns: Floats, place: slice) -> None:
        compiled.implied_rows(columns, vols[place], reasons[place])
        compiled_inverse.american_implied_rows(columns, vols[place], reasons[place])

    rows.each(fill, threads)
    return ImpliedVols(vols.reshape(rows.shape), reasons.reshape(rows.shape))


@dataclass(frozen=True)
class _Rows:
    """The inputs, one-dimensional and of one length, and the shape that answers take."""

    columns: tuple[Floats, ...]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, terms: OptionTerms, carry: Carry, fourth: ArrayLike) -> _Rows:
        """Spot, strike, years, volatility or price, rate, yield and sign; copied only where they must be."""
        named = (carry.spot, terms.strike, terms.years, fourth, carry.rate, carry.dividend_yield, terms.sign)
        raw = [np.asarray(column) for column in named]
        try:
            shape = np.broadcast(*raw).shape or (1,)
        except ValueError as error:
            shapes = ", ".join(str(column.shape) for column in raw)
            raise ShapeMismatch(
                f"spot, strike, years, volatility or price, rate, yield and sign have the shapes {shapes}; "
                "give each one value or one value for each option."
            ) from error
        return cls(tuple(np.broadcast_to(column, shape).reshape(-1) for column in raw), shape)

    @property
    def count(self) -> int:
        """How many options there are."""
        return self.columns[0].size

    def each(self, fill: Callable[[Floats, slice], None], threads: int) -> None:
        """Hand every piece of the inputs to `fill`, with its place among the answers."""
        from premia.pricing.compiled import PROCESSORS  # noqa: PLC0415 - numba is loaded by the first call

        starts = range(0, self.count, _PIECE)
        workers = max(1, min(threads or PROCESSORS, len(starts)))

        def work(first: int) -> None:
            piece = np.empty((_COLUMNS, 0))
            for start in starts[first::workers]:
                place = slice(start, min(start + _PIECE, self.count))
                if piece.shape[1] != place.stop - start:
                    piece = np.empty((_COLUMNS, place.stop - start))
                for row, column in zip(piece, self.columns, strict=True):
                    row[:] = column[place]
                fill(piece, place)

        if workers == 1:
            work(0)
            return
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(workers)))
