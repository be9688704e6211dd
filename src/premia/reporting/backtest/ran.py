"""What a run on history leaves behind, before anybody has drawn a conclusion from it.

The engine on history fills a `Ran`; everything else in this package is computed from one. A `Ran` holds
the journal's facts and what the journal does not know: a valuation of every session, the series to
compare with, and whatever somebody else needs to make the same run again.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

import msgspec

from premia.domain.events import AnyEvent

_NOTHING = Decimal(0)


class Fill(Enum):
    """On which snapshot of a day an order may fill: the one that it was decided on, or the one after it."""

    SAME = "same"
    NEXT = "next"


class Flow(msgspec.Struct, frozen=True):
    """Money from outside on the morning of a day, USD: positive came in, negative went out."""

    day: date
    amount: Decimal


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a run was made, beside its configuration.

    Attributes:
        first, last: The sessions that were asked for, both included.
        capital: USD at the start.
        symbols: Tickers that were traded.
        alpha: Where orders fill: 0 at the middle, 1 at the natural price, a part of the way between; None
            where they fill by other rules, which the assumptions tell.
        spread_factor: By how much quoted spreads were widened; 1 leaves them as they are.
        iv_shift: Volatility points added to every quote (1.0 is one point).
        out_of_sample: First day that no choice of parameters has seen; None where nothing was kept apart.
        seed: What chance was drawn from.
        deposits: Money that came in or went out, ascending by day.
    """

    first: date
    last: date
    capital: Decimal
    symbols: tuple[str, ...]
    fill: Fill = Fill.NEXT
    alpha: float | None = 0.5
    spread_factor: float = 1.0
    iv_shift: float = 0.0
    out_of_sample: date | None = None
    seed: int = 0
    deposits: tuple[Flow, ...] = ()


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """An account at the end of a session, USD; None is not known and never zero.

    Attributes:
        at_mid: Net liquidation with options at the middle, dividends and interest accrued in it.
        at_natural: The same with options at the price that would close them now.
        cash: Total cash, settled or not.
        spots: Price a share of every traded symbol.
        shares: Value of all shares.
        accrued_dividends, accrued_interest: Earned and not paid yet; parts of `at_mid`.
        if_assigned: Cash left if every short put were assigned now; negative is borrowed.
        maintenance, excess: Maintenance margin and excess liquidity as the broker counts them.
    """

    day: date
    at_mid: Decimal
    cash: Decimal
    spots: dict[str, Decimal]
    shares: Decimal = _NOTHING
    at_natural: Decimal | None = None
    accrued_dividends: Decimal = _NOTHING
    accrued_interest: Decimal = _NOTHING
    if_assigned: Decimal | None = None
    maintenance: Decimal | None = None
    excess: Decimal | None = None

    @property
    def options(self) -> Decimal:
        """Value of all options at the middle, USD; of shorts it is negative."""
        return self.at_mid - self.cash - self.shares - self.accrued_dividends - self.accrued_interest


class Missing(msgspec.Struct, frozen=True):
    """Something that the data lacked: how often, of how many, and what was done instead."""

    what: str
    count: int
    of: int
    done: str


class BenchmarkKind(Enum):
    """What a series to compare with is."""

    HOLDING = "holding"  # a traded symbol, bought and held, dividends reinvested
    INDEX = "index"  # a market index with dividends, the yardstick of beta
    BILLS = "bills"  # Treasury bills, rolled
    PUBLISHED = "published"  # an option-writing index as its publisher computes it


class Benchmark(msgspec.Struct, frozen=True):
    """A series to compare with: total-return levels, in whatever unit, one a day.

    Attributes:
        levels: Above zero; only their growth counts.
        source: Where it comes from, and what it leaves out (costs, taxes).
    """

    name: str
    kind: BenchmarkKind
    days: tuple[date, ...]
    levels: tuple[float, ...]
    source: str = ""


class Tried(msgspec.Struct, frozen=True):
    """The trials among which a run's parameters were chosen.

    Attributes:
        trials: How many sets of parameters were run on these data.
        mean_correlation: Between the daily returns of two trials, on average; 0 makes each count in full.
        variance: Of the trials' Sharpe ratios a session.
    """

    trials: int
    mean_correlation: float
    variance: float


class Ran(NamedTuple):
    """All that a run leaves behind.

    Attributes:
        name: How people call the run.
        facts: The whole journal in its order.
        days: One a session, ascending; the last one valued after the last fact.
        config: The configuration's text, as it was read, and `config_hash` by which the journal knows it.
        data_digest: Digest of every quote, price and dividend that the run could see.
        code: Version of Premia, with the commit where it is known.
        missing: What the data lacked; empty where nothing did.
        benchmarks: Series to compare with; a day that one lacks takes its level before.
        assumptions: What was assumed where the data do not tell, each a sentence.
        tried: What the parameters were chosen from; None where nothing was searched.
    """

    name: str
    facts: tuple[AnyEvent, ...]
    days: tuple[Day, ...]
    settings: Settings
    config: str
    config_hash: str
    data_digest: str
    code: str
    missing: tuple[Missing, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    assumptions: tuple[str, ...] = ()
    tried: Tried | None = None
