"""Choosing the one option of a chain that is to be sold.

Filters come first, in a fixed order, and a row that fails one is out: nothing falls back to a row
that was rejected. Among the rows that pass, the one nearest to the wanted delta goes first, counted in
steps of two points of delta so that noise does not decide; within a step the higher yield on the
strike goes first, then the earlier expiry, then the lower strike. What was passed over is summed up
by filter, with the few rows that came closest.

Prices are whole 1/10,000 USD a share. A missing value fails its filter: it is never zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from premia.domain.chain import NOT_QUOTED, Chain, expiry_of
from premia.domain.dates import dte as days_to
from premia.domain.instrument import Option, Right, Settlement
from premia.domain.money import Price, from_ten_thousandths
from premia.domain.quote import DataKind
from premia.domain.rule import rule, share, tight

NEAR_MISSES = 3
_STEPS_PER_DELTA = 50
_STANDARD_MULTIPLIER = 100
_FILTERS = (
    "contract",
    "window",
    "quote",
    "greeks",
    "delta",
    "strike",
    "earnings",
    "spread",
    "open_interest",
    "premium",
)


class Premiums(NamedTuple):
    """The least premium: the highest of three minima, in 1/10,000 USD a share.

    Attributes:
        credit: Absolute.
        fees: A multiple of the fees in and out, as a price a share.
        per_year: Fraction of the strike a year.
    """

    credit: int
    fees: int
    per_year: float


class Wanted(NamedTuple):
    """What an option must be to be sold.

    Attributes:
        delta_min, delta_max, delta_aim: Absolute.
        strike_min, strike_max: 1/10,000 USD; 0 and a very large number where unbounded.
        before: Options must expire before this date (earnings); None where nothing stands in the way.
        expires_after: Options must expire after this date; None where any will do.
        expires_by: Options must not expire later; None where any will do.
        spread_max: Fraction of the mid. `spread_always`: width that always passes, 1/10,000 USD.
        place: Where between mid (0) and bid (1) the premium is counted.
        am_settled: Whether options settled at an opening value will do.
    """

    right: Right
    dte_min: int
    dte_max: int
    delta_min: float
    delta_max: float
    delta_aim: float
    premiums: Premiums
    spread_max: float
    spread_always: int
    open_interest_min: int
    strike_min: int = 0
    strike_max: int = 10**12
    before: date | None = None
    expires_after: date | None = None
    expires_by: date | None = None
    place: float = 0.0
    am_settled: bool = False


class Candidate(NamedTuple):
    """A row of a chain, read; `iv` and `delta` are NaN and the sides -1 where missing."""

    contract: Option
    bid: int
    ask: int
    delta: float
    iv: float
    open_interest: int
    dte: int
    strike: int

    @property
    def mid(self) -> Price:
        """Half-way between the sides, a share."""
        return Price(Decimal(self.bid + self.ask) / 20_000)

    @property
    def natural(self) -> Price:
        """What a sale brings now, a share."""
        return from_ten_thousandths(self.bid)

    @property
    def yearly(self) -> float:
        """The mid a year as a fraction of the strike."""
        return yearly((self.bid + self.ask) // 2, self.strike, self.dte)


class Choice(NamedTuple):
    """What a search of a chain found.

    Attributes:
        best: The row to sell; None where no row passed.
        passed: How many rows passed all filters.
        near: Rows that came closest, each as a sentence with its numbers.
        counts: How many rows each filter took out, in the order of the filters.
    """

    best: Candidate | None
    passed: int
    near: tuple[str, ...]
    counts: dict[str, int]

    @property
    def facts(self) -> dict[str, float | int | str | None]:
        """The same as evidence: what passed, what each filter took out, and the near misses."""
        facts: dict[str, float | int | str | None] = {"rows_passed": self.passed}
        facts.update({f"failed_{name}": count for name, count in self.counts.items()})
        facts.update({f"near_{i}": text for i, text in enumerate(self.near, start=1)})
        return facts


@rule
def in_band(delta: float, low: float, high: float) -> bool:
    """Whether an absolute delta lies in the band; a missing one (NaN) does not."""
    return low <= abs(delta) <= high


@rule
def yearly(premium: int, strike: int, dte: int) -> float:
    """A premium as a fraction of the strike a year (365 days); the day of expiry counts as one."""
    return premium * 365.0 / (strike * max(dte, 1))


@rule
def least_premium(strike: int, dte: int, premiums: Premiums) -> int:
    """The least premium of an option sold: absolute, by fees, and by its yield on the strike."""
    by_yield = math.ceil(premiums.per_year * strike * max(dte, 1) / 365.0 - 1e-9)
    return max(premiums.credit, premiums.fees, by_yield)


@rule
def counted_premium(bid: int, ask: int, place: float) -> int:
    """The premium at a place between mid (0) and bid (1)."""
    return (bid + ask) // 2 - share(place, (ask - bid) // 2)


@rule
def steps_from(delta: float, aim: float) -> int:
    """How far an absolute delta lies from the aim, in whole steps of two points."""
    return int(abs(abs(delta) - aim) * _STEPS_PER_DELTA + 0.5)


def choose(chain: Chain, wanted: Wanted, at: datetime) -> Choice:
    """The row to sell, and what was passed over.

    Args:
        chain: One snapshot.
        wanted: What the option must be.
        at: Market time, from which days to expiry are counted.
    """
    passing: list[Candidate] = []
    failing: list[tuple[int, Candidate]] = []
    for candidate in candidates(chain, wanted.right, at):
        stage = _fails_at(candidate, wanted)
        if stage is None:
            passing.append(candidate)
        else:
            failing.append((stage, candidate))
    if chain.kind is not DataKind.LIVE and passing:
        failing += [(_FILTERS.index("quote"), candidate) for candidate in passing]
        passing = []
    return Choice(
        best=min(passing, key=lambda c: _order(c, wanted.delta_aim), default=None),
        passed=len(passing),
        near=tuple(_near(failing, wanted)),
        counts={
            name: count
            for stage, name in enumerate(_FILTERS)
            if (count := sum(1 for failed, _ in failing if failed == stage))
        },
    )


def candidates(chain: Chain, right: Right, at: datetime) -> Iterator[Candidate]:
    """Every row of a right, read."""
    for row in chain.rows(right):
        yield Candidate(
            contract=chain.contracts[row],
            bid=int(chain.bid[row]),
            ask=int(chain.ask[row]),
            delta=float(chain.delta[row]),
            iv=float(chain.iv[row]),
            open_interest=int(chain.open_interest[row]),
            dte=days_to(expiry_of(int(chain.expiry[row])), at),
            strike=int(chain.strike[row]),
        )


def band_strikes(chain: Chain, wanted: Wanted, at: datetime) -> tuple[Decimal, Decimal] | None:
    """Lowest and highest strike in window and delta band, whatever else they lack; None without one."""
    strikes = [
        c.contract.strike
        for c in candidates(chain, wanted.right, at)
        if wanted.dte_min <= c.dte <= wanted.dte_max and in_band(c.delta, wanted.delta_min, wanted.delta_max)
    ]
    return (min(strikes), max(strikes)) if strikes else None


def _order(candidate: Candidate, aim: float) -> tuple[int, float, int, int]:
    return (steps_from(candidate.delta, aim), -candidate.yearly, candidate.dte, candidate.strike)


def _fails_at(c: Candidate, wanted: Wanted) -> int | None:
    """Index of the first filter that a row fails; None where it passes them all."""
    quoted = c.bid != NOT_QUOTED and 0 <= c.bid <= c.ask and c.ask > 0
    checks = (
        _is_standard(c.contract, wanted),
        _in_window(c, wanted),
        quoted,
        not (math.isnan(c.delta) or math.isnan(c.iv)),
        in_band(c.delta, wanted.delta_min, wanted.delta_max),
        wanted.strike_min <= c.strike <= wanted.strike_max,
        wanted.before is None or c.contract.expiry < wanted.before,
        tight(c.bid, c.ask, wanted.spread_max, wanted.spread_always),
        wanted.open_interest_min == 0 or c.open_interest >= wanted.open_interest_min,
        quoted
        and counted_premium(c.bid, c.ask, wanted.place) >= least_premium(c.strike, c.dte, wanted.premiums),
    )
    return next((stage for stage, passes in enumerate(checks) if not passes), None)


def _is_standard(contract: Option, wanted: Wanted) -> bool:
    return (
        not contract.adjusted
        and contract.multiplier == _STANDARD_MULTIPLIER
        and (wanted.am_settled or contract.settlement is not Settlement.CASH_AM)
    )


def _in_window(c: Candidate, wanted: Wanted) -> bool:
    expiry = c.contract.expiry
    return (
        wanted.dte_min <= c.dte <= wanted.dte_max
        and (wanted.expires_after is None or expiry > wanted.expires_after)
        and (wanted.expires_by is None or expiry <= wanted.expires_by)
    )


def _near(failing: list[tuple[int, Candidate]], wanted: Wanted) -> Iterator[str]:
    """The rows that failed last: nearest to the wanted delta, or to the premium where only that lacks."""

    def closeness(failed: tuple[int, Candidate]) -> tuple[int, float, int, int]:
        stage, c = failed
        distance = 9.0 if math.isnan(c.delta) else abs(abs(c.delta) - wanted.delta_aim)
        if _FILTERS[stage] == "premium":
            least = least_premium(c.strike, c.dte, wanted.premiums)
            distance = float(least - counted_premium(c.bid, c.ask, wanted.place))
        return (-stage, distance, c.dte, c.strike)

    for stage, c in sorted(failing, key=closeness)[:NEAR_MISSES]:
        yield f"{c.contract.key}: {_why(stage, c, wanted)}"


def _why(stage: int, c: Candidate, wanted: Wanted) -> str:
    sides = f"{_shown(c.bid)}/{_shown(c.ask)}"
    return {
        "contract": f"adjusted, {c.contract.multiplier} shares a contract, or settled at an opening value",
        "window": f"{c.dte} days, outside {wanted.dte_min} to {wanted.dte_max} or the wanted dates",
        "quote": f"quote {sides} is missing a side, crossed or not live",
        "greeks": "delta or implied volatility is missing",
        "delta": f"delta {abs(c.delta):.3f}, outside {wanted.delta_min} to {wanted.delta_max}",
        "strike": f"strike outside {_bound(wanted.strike_min)} to {_bound(wanted.strike_max)}",
        "earnings": f"expires on or after the earnings of {wanted.before}",
        "spread": (
            f"spread {sides} is wider than {wanted.spread_max:.0%} of mid and {_shown(wanted.spread_always)}"
        ),
        "open_interest": f"open interest {_interest(c.open_interest)}, below {wanted.open_interest_min}",
        "premium": (
            f"premium {_shown(counted_premium(c.bid, c.ask, wanted.place))} at delta {abs(c.delta):.3f}, "
            f"below {_shown(least_premium(c.strike, c.dte, wanted.premiums))}"
        ),
    }[_FILTERS[stage]]


def _shown(units: int) -> str:
    return "none" if units == NOT_QUOTED else f"{units / 10_000:.2f}"


def _interest(contracts: int) -> str:
    return "unknown" if contracts == NOT_QUOTED else str(contracts)


def _bound(units: int) -> str:
    return "any" if units in (0, 10**12) else f"{units / 10_000:.2f}"
