"""The demo as a result of the same form as a backtest's: one file, one page, one way to read both.

The demo lives on modelled quotes, so its result says what was assumed in place of what was recorded. The
account is valued as the broker last told it in each session, shares at the price of the session's pass.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

import premia
from premia.bootstrap.demo import DayValue, DemoReport, DemoWish
from premia.bootstrap.settings import load
from premia.domain import events as ev
from premia.domain.dates import YEAR_DAYS
from premia.exchange.rates import short_rate
from premia.reporting.backtest.observed import days_observed
from premia.reporting.backtest.ran import Benchmark, BenchmarkKind, Ran, Settings
from premia.reporting.backtest.result import Result, result_of
from premia.reporting.dividends import declared

_ASSUMED = (
    "The fund's daily prices are history; the path within a day is drawn from the seed.",
    "Option quotes are modelled from the VIX of the day and a model of spreads, not recorded.",
    "Orders fill where the simulated exchange's quotes reach them, in parts of what is shown.",
    "Shares are valued at the price of each session's pass, all else as the broker last told it.",
    "Taxes are left out.",
)


def demo_result(report: DemoReport, wish: DemoWish, facts: Sequence[ev.AnyEvent]) -> Result:
    """The result of a demo.

    Args:
        report: What the run left behind.
        wish: What was run.
        facts: Its journal.
    """
    numbered = list(enumerate(facts, 1))
    settings = load(report.config)
    spots = {one.day: {report.symbol: one.spot} for one in report.days}
    days = tuple(one.day for one in report.days)
    held = Benchmark(
        name=f"{report.symbol} held",
        kind=BenchmarkKind.HOLDING,
        days=days,
        levels=held_levels(report.days, declared(numbered, report.symbol)),
        source="The fund at each pass, dividends reinvested on their ex-dates; no costs, no taxes.",
    )
    bills = Benchmark(
        name="Treasury bills",
        kind=BenchmarkKind.BILLS,
        days=days,
        levels=_bill_levels(days),
        source="The federal funds target, compounded daily; bills paid about as much.",
    )
    ran = Ran(
        name=f"The wheel on {report.symbol}",
        facts=tuple(facts),
        days=days_observed(numbered, spots),
        settings=Settings(
            first=report.first,
            last=report.last,
            capital=report.capital,
            symbols=(report.symbol,),
            alpha=None,
            seed=wish.seed,
        ),
        config=settings.path.read_text(encoding="utf-8"),
        config_hash=settings.config.mark,
        data_digest=_digest(report.days, wish.seed),
        code=premia.__version__,
        benchmarks=(held, bills),
        assumptions=_ASSUMED,
    )
    return result_of(ran)


def held_levels(days: Iterable[DayValue], dividends: Mapping[date, Decimal]) -> tuple[float, ...]:
    """Worth of one share bought on the first day, each dividend reinvested at the price of its ex-date."""
    shares, levels = 1.0, list[float]()
    before: date | None = None
    for one in days:
        spot = float(one.spot)
        if before is not None:
            paid = sum(float(amount) for ex, amount in dividends.items() if before < ex <= one.day)
            shares *= 1.0 + paid / spot
        levels.append(shares * spot)
        before = one.day
    return tuple(levels)


def _bill_levels(days: Sequence[date]) -> tuple[float, ...]:
    levels = [1.0] if days else []
    for before, day in pairwise(days):
        levels.append(levels[-1] * math.exp(short_rate(before) * (day - before).days / YEAR_DAYS))
    return tuple(levels)


def _digest(days: Iterable[DayValue], seed: int) -> str:
    """Of the prices that were seen and the seed from which the rest of the market is drawn."""
    seen = "\n".join([f"seed {seed}", *(f"{one.day} {one.spot}" for one in days)])
    return hashlib.sha256(seen.encode()).hexdigest()
