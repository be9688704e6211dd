"""What is said beside the figures of a backtest: with what to compare them, what lacked, what was assumed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from premia.bootstrap.histories import History
from premia.domain.dates import session_of
from premia.domain.instrument import Stock
from premia.exchange.policy import Deposit
from premia.exchange.rates import short_rate
from premia.exchange.recorded_market import RecordedMarket
from premia.exchange.stochastic import Kind
from premia.reporting.backtest import ran


class BacktestWish(NamedTuple):
    """How to run.

    Attributes:
        first, last: Sessions, both included; None is the recording's own.
        capital: USD at the start.
        fill: On which snapshot an order trades.
        alpha: Where: 0 at the middle, 1 at the natural price.
        spread_factor: By how much recorded spreads are widened around their middle.
        iv_shift: Volatility points added to every quote.
        deposits: Money that comes in or goes out, ascending by day.
        out_of_sample: First day that no choice of parameters has seen.
        early_assignment: Chance that an exercise that pays its holder falls on a short contract of ours.
        seed: Of what is left to chance: assignments.
        name: How people call the run.
    """

    first: date | None = None
    last: date | None = None
    capital: Decimal = Decimal(100_000)
    fill: ran.Fill = ran.Fill.SAME
    alpha: float = 0.5
    spread_factor: float = 1.0
    iv_shift: float = 0.0
    deposits: tuple[Deposit, ...] = ()
    out_of_sample: date | None = None
    early_assignment: float = 0.5
    seed: int = 0
    name: str = "backtest"


def benchmarks(market: RecordedMarket, instants: Sequence[datetime]) -> tuple[ran.Benchmark, ...]:
    """Each symbol bought and held with its dividends, and bills rolled over night."""
    days = tuple(session_of(at) for at in instants)
    found: list[ran.Benchmark] = []
    for symbol in market.symbols:
        if not isinstance(market.underlier(symbol), Stock):
            continue
        known = [at for at in instants if at >= market.snapshots(symbol).all[0].at]
        found.append(
            ran.Benchmark(
                name=f"{symbol} held",
                kind=ran.BenchmarkKind.HOLDING,
                days=tuple(session_of(at) for at in known),
                levels=_held_levels(market, symbol, known),
                source="Recorded prices, dividends reinvested on their ex-dates; no costs, no taxes.",
            )
        )
    levels = [1.0]
    for before, day in pairwise(days):
        levels.append(levels[-1] * (1.0 + short_rate(before) * (day - before).days / 365.0))
    bills = ran.Benchmark(
        name="Treasury bills",
        kind=ran.BenchmarkKind.BILLS,
        days=days,
        levels=tuple(levels),
        source="The federal funds target, compounded daily; bills paid about as much.",
    )
    return (*found, bills)


def _held_levels(market: RecordedMarket, symbol: str, instants: Sequence[datetime]) -> tuple[float, ...]:
    """Value of one share bought at the first instant, dividends reinvested, splits followed."""
    shares, levels = 1.0, list[float]()
    before: date | None = None
    for at in instants:
        day, spot = session_of(at), market.spot(symbol, at)
        if before is not None:
            for split in market.splits(symbol):
                if before < split.ex <= day:
                    shares *= split.numerator / split.denominator
            paid = sum(float(one.amount) for one in market.dividends(symbol) if before < one.ex <= day)
            shares *= 1.0 + paid / spot
        levels.append(shares * spot)
        before = day
    return tuple(levels)


def missing(
    unquoted: int, history: History, market: RecordedMarket, instants: Sequence[datetime]
) -> tuple[ran.Missing, ...]:
    """What the data lacked between the first and the last instant, counted, and what was done instead."""
    found: list[ran.Missing] = []
    passes = len(instants) * len(market.symbols)
    if unquoted:
        found.append(
            ran.Missing(
                "quotes of options that were held",
                unquoted,
                passes,
                "It was neither closed nor rolled on that session, and valued at its last middle of ten "
                "snapshots, else at what exercise would pay",
            )
        )
    closes = sum(history.stood_in.get(symbol, 0) for symbol in market.symbols)
    if closes:
        found.append(
            ran.Missing(
                "official closes of sessions",
                closes,
                passes,
                "The last recorded price stood in, also for options that expired on that session",
            )
        )
    sessions = market.sessions.between(session_of(instants[0]), session_of(instants[-1]))
    recorded = {session_of(at) for at in instants}
    absent = sum(1 for one in sessions if one.day not in recorded)
    if absent:
        text = "No pass was made on them; expiries, dividends, interest and assignments took place"
        found.append(ran.Missing("sessions without any snapshot", absent, len(sessions), text))
    return tuple(found)


def assumptions(wish: BacktestWish, history: History) -> tuple[str, ...]:
    """What a run takes for granted where the data do not tell, each a sentence."""
    decided = {
        ran.Fill.SAME: "Orders trade on the snapshot on which they were decided",
        ran.Fill.NEXT: "Orders are decided on one snapshot and trade on the next",
    }[wish.fill]
    said = [
        f"{decided}, at the middle less {wish.alpha:g} of the half-spread, rounded against us to the tick.",
        "An order fills whole, whatever size was quoted, and moves no price.",
        f"Where early exercise pays the holder, a short is assigned at {wish.early_assignment:.0%} chance.",
        "Margin is that of Reg T, for each session; commissions are those of the broker's fixed schedule.",
    ]
    if any(one.panel.kind != Kind.INDEX.value and one.earnings is None for one in history.underlyings):
        said.append("No earnings dates were given: a single stock that avoids them is not traded.")
    if any(not one.dividends for one in history.underlyings if isinstance(one.contract, Stock)):
        said.append("Underlyings without recorded dividends are taken to pay none.")
    return tuple(said)
