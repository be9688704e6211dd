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

from premia.domain.chain import NOT_QUOTED, Chain, days_of, expiry_of
from premia.domain.dates import dte as days_to
from premia.domain.instrument import Option, Right, Settlement
from premia.domain.money import Price, from_ten_thousandths
from premia.domain.quote import DataKind
from premia.domain.rule import rule, share, tight

NEAR_MISSES = 3
_STEPS_PER_DELTA = 50
_STANDARD_MULTIPLIER = 100
_NO_DAY = 10**9
"""A day that never comes."""
PASSES = -1
CONTRACT, WINDOW, QUOTE, GREEKS, DELTA, STRIKE, EARNINGS, SPREAD, OPEN_INTEREST, PREMIUM = range(10)
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


class Terms(NamedTuple):
    """The numbers of a `Wanted`: days are counted since 1970-01-01, both ends of `expiry` are allowed."""

    dte_min: int
    dte_max: int
    expiry_min: int
    expiry_max: int
    before: int
    delta_min: float
    delta_max: float
    strike_min: int
    strike_max: int
    spread_max: float
    spread_always: int
    open_interest_min: int
    place: float
    premiums: Premiums


class Line(NamedTuple):
    """The numbers of a row: expiry in days since 1970-01-01, prices in 1/10,000 USD a share."""

    standard: bool
    expiry: int
    dte: int
    strike: int
    bid: int
    ask: int
    delta: float
    iv: float
    open_interest: int


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
def eased_premiums(premiums: Premiums) -> Premiums:
    """The least premium of a call on shares under water.

    They are held anyway, so what the call yields on them does not decide; fees and credit do.
    """
    return Premiums(premiums.credit, premiums.fees, 0.0)


@rule
def eased_delta(under_water: float, usual: float) -> float:
    """The least delta of a call on shares under water: never above the usual one."""
    return min(under_water, usual)


@rule
def counted_premium(bid: int, ask: int, place: float) -> int:
    """The premium at a place between mid (0) and bid (1)."""
    return (bid + ask) // 2 - share(place, (ask - bid) // 2)


@rule
def steps_from(delta: float, aim: float) -> int:
    """How far an absolute delta lies from the aim, in whole steps of two points."""
    return int(abs(abs(delta) - aim) * _STEPS_PER_DELTA + 0.5)


@rule
def quoted(bid: int, ask: int) -> bool:
    """Whether a row has two sides that make a market."""
    return bid != NOT_QUOTED and 0 <= bid <= ask and ask > 0


@rule
def lacks(line: Line, terms: Terms) -> int:
    """The first filter that a row fails by what it is: contract, window, quote or greeks; -1 for none."""
    if not line.standard:
        return CONTRACT
    if not (
        terms.dte_min <= line.dte <= terms.dte_max and terms.expiry_min <= line.expiry <= terms.expiry_max
    ):
        return WINDOW
    if not quoted(line.bid, line.ask):
        return QUOTE
    if math.isnan(line.delta) or math.isnan(line.iv):
        return GREEKS
    return PASSES


@rule
def misses(line: Line, terms: Terms) -> int:
    """The first filter that a row fails by what is wanted: from delta to open interest; -1 for none."""
    if not in_band(line.delta, terms.delta_min, terms.delta_max):
        return DELTA
    if not terms.strike_min <= line.strike <= terms.strike_max:
        return STRIKE
    if line.expiry >= terms.before:
        return EARNINGS
    if not tight(line.bid, line.ask, terms.spread_max, terms.spread_always):
        return SPREAD
    if terms.open_interest_min > 0 and line.open_interest < terms.open_interest_min:
        return OPEN_INTEREST
    return PASSES


@rule
def pays(line: Line, terms: Terms) -> bool:
    """Whether the premium of a row is the least premium or more."""
    least = least_premium(line.strike, line.dte, terms.premiums)
    return counted_premium(line.bid, line.ask, terms.place) >= least


@rule
def fails_at(line: Line, terms: Terms) -> int:
    """Place among the filters of the first that a row fails; -1 where it passes them all."""
    stage = lacks(line, terms)
    if stage == PASSES:
        stage = misses(line, terms)
    if stage == PASSES and not pays(line, terms):
        stage = PREMIUM
    return stage


@rule
def rank(line: Line, aim: float) -> tuple[int, float, int, int]:
    """The order of rows that pass, the least first: steps from the aim, yield, expiry, strike."""
    return (
        steps_from(line.delta, aim),
        -yearly((line.bid + line.ask) // 2, line.strike, line.dte),
        line.dte,
        line.strike,
    )


def choose(chain: Chain, wanted: Wanted, at: datetime) -> Choice:
    """The row to sell, and what was passed over.

    Args:
        chain: One snapshot.
        wanted: What the option must be.
        at: Market time, from which days to expiry are counted.
    """
    terms = terms_of(wanted)
    passing: list[tuple[tuple[int, float, int, int], Candidate]] = []
    failing: list[tuple[int, Candidate]] = []
    for candidate in candidates(chain, wanted.right, at):
        line = _line(candidate, wanted)
        stage = fails_at(line, terms)
        if stage == PASSES:
            passing.append((rank(line, wanted.delta_aim), candidate))
        else:
            failing.append((stage, candidate))
    if chain.kind is not DataKind.LIVE and passing:
        failing += [(QUOTE, candidate) for _, candidate in passing]
        passing = []
    return Choice(
        best=min(passing, key=lambda ranked: ranked[0])[1] if passing else None,
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


def terms_of(wanted: Wanted) -> Terms:
    """The numbers of what is wanted."""
    first = 0 if wanted.expires_after is None else days_of(wanted.expires_after) + 1
    return Terms(
        dte_min=wanted.dte_min,
        dte_max=wanted.dte_max,
        expiry_min=first,
        expiry_max=_NO_DAY if wanted.expires_by is None else days_of(wanted.expires_by),
        before=_NO_DAY if wanted.before is None else days_of(wanted.before),
        delta_min=wanted.delta_min,
        delta_max=wanted.delta_max,
        strike_min=wanted.strike_min,
        strike_max=wanted.strike_max,
        spread_max=wanted.spread_max,
        spread_always=wanted.spread_always,
        open_interest_min=wanted.open_interest_min,
        place=wanted.place,
        premiums=wanted.premiums,
    )


def _line(c: Candidate, wanted: Wanted) -> Line:
    expiry = days_of(c.contract.expiry)
    standard = _is_standard(c.contract, wanted)
    return Line(standard, expiry, c.dte, c.strike, c.bid, c.ask, c.delta, c.iv, c.open_interest)


def _is_standard(contract: Option, wanted: Wanted) -> bool:
    return (
        not contract.adjusted
        and contract.multiplier == _STANDARD_MULTIPLIER
        and (wanted.am_settled or contract.settlement is not Settlement.CASH_AM)
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
