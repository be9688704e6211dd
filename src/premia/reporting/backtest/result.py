"""The result of a run as one value: everything that people are shown, and all that makes the run again.

A result is computed from what a run left behind and from nothing else: the same `Ran` gives the same
result, byte for byte. Equity is counted at the middle of quotes; what closing at natural prices would
leave is told beside it, and never mixed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec
import numpy as np

from premia.domain import events as ev
from premia.domain.book import Book
from premia.metrics.exposure import exposure
from premia.metrics.series import Floats
from premia.reporting.backtest.against import Against, comparisons, riskless, yardstick
from premia.reporting.backtest.attribution import Attribution, attribution
from premia.reporting.backtest.figures import (
    Figures,
    MonthRow,
    TradeFigures,
    Wealth,
    deflated,
    figures,
    months,
    trades_in_figures,
    wealth_of,
)
from premia.reporting.backtest.ran import Day, Missing, Ran, Settings, Tried
from premia.reporting.backtest.refusals import Refusals, refusals
from premia.reporting.backtest.trades import BacktestTrade, Decided, Slipped, slipped, trades
from premia.reporting.campaigns import CampaignLine, ended_campaigns, ended_trades, open_campaigns
from premia.reporting.digest import digest
from premia.reporting.moves import Move, moves
from premia.reporting.orders import orders
from premia.reporting.replay import Numbered, Step, replay
from premia.reporting.summary import Counts, counts_of

SCHEMA = 1
"""Version of the file of a result; it rises when a key changes its meaning or goes."""


class Use(msgspec.Struct, frozen=True):
    """Something committed by what the account was worth, over the sessions; fractions.

    Attributes:
        in_use: Share of the sessions with anything committed.
        average, highest: Of all sessions.
    """

    in_use: float | None
    average: float | None
    highest: float | None


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """What stood behind the returns.

    Attributes:
        capital: Shares at their price and short puts at their strikes.
        shares: Shares alone.
        margin: Maintenance margin, over the sessions in which it is known.
        least_cash_if_assigned: USD left at the worst if every short put had been assigned; negative is
            borrowed. With its day, None where never known.
        least_excess: Lowest excess liquidity, USD, with its day.
    """

    capital: Use
    shares: Use
    margin: Use
    least_cash_if_assigned: Decimal | None
    least_cash_day: date | None
    least_excess: Decimal | None
    least_excess_day: date | None


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """The same run under another assumption on prices, in its figures.

    Attributes:
        excess: Growth a year above the yardstick, a fraction; `yardstick` names it.
    """

    name: str
    alpha: float | None
    iv_shift: float
    spread_factor: float
    fill: str
    final: Decimal
    total: float | None
    growth: float | None
    max_drawdown: float | None
    sharpe: float | None
    sharpe_probability: float | None
    trades: int
    excess: float | None
    yardstick: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A run's result.

    Attributes:
        schema: Version of these keys.
        settings, config, config_hash, data_digest, code: What makes the run again.
        digest: Of decisions, orders and fills; the same on every run of the same.
        figures: Over the whole time; `in_sample` and `out_of_sample` apart where the run keeps days apart.
        final_natural: Equity at the end if everything were closed at natural prices, USD.
        tried: What the parameters were chosen from; None where nothing was searched.
        deflated_sharpe: Probability that the true Sharpe ratio is above what luck shows in the best of them.
        trades: By opening. `trade_figures` are of the ended ones.
        equity: One valued session each.
        benchmarks: The alternatives; the mix of equal beta is the last one.
        yardstick: Name of the one by which the run is judged.
        variants: The run under other assumptions on prices, itself among them; empty where none was made.
    """

    schema: int = SCHEMA
    name: str
    settings: Settings
    config: str
    config_hash: str
    data_digest: str
    code: str
    digest: str
    final: Decimal
    final_natural: Decimal | None
    figures: Figures | None
    in_sample: Figures | None
    out_of_sample: Figures | None
    tried: Tried | None
    deflated_sharpe: float | None
    trade_figures: TradeFigures
    counts: Counts
    attribution: Attribution
    exposure: Exposure
    benchmarks: tuple[Against, ...]
    yardstick: str
    months: tuple[MonthRow, ...]
    campaigns: tuple[CampaignLine, ...]
    trades: tuple[BacktestTrade, ...]
    refusals: tuple[Refusals, ...]
    equity: tuple[Day, ...]
    missing: tuple[Missing, ...]
    assumptions: tuple[str, ...]
    variants: tuple[Variant, ...] = ()

    @property
    def judged_by(self) -> Against | None:
        """The alternative by which the run is judged."""
        return next((one for one in self.benchmarks if one.name == self.yardstick), None)


def result_of(ran: Ran) -> Result:
    """The result of a run."""
    numbered = list(enumerate(ran.facts, 1))
    read = _read(numbered)
    wealth = wealth_of(ran.days, ran.settings.capital, ran.settings.deposits)
    rate = riskless(wealth, ran.benchmarks)
    told = comparisons(wealth, ran.benchmarks, rate)
    judged = yardstick(told)
    apart = _apart(wealth, ran.settings.out_of_sample)
    last = ran.days[-1] if ran.days else None
    ended = ended_trades(read.ends)
    campaigns = (*ended_campaigns(read.ends), *open_campaigns(read.book))
    return Result(
        name=ran.name,
        settings=ran.settings,
        config=ran.config,
        config_hash=ran.config_hash,
        data_digest=ran.data_digest,
        code=ran.code,
        digest=digest(numbered),
        final=ran.settings.capital if last is None else last.at_mid,
        final_natural=None if last is None else last.at_natural,
        figures=figures(wealth, rate),
        in_sample=None if apart is None else _earlier(wealth, rate, apart),
        out_of_sample=None if apart is None else _later(wealth, rate, apart),
        tried=ran.tried,
        deflated_sharpe=None if ran.tried is None else deflated(wealth, rate, ran.tried),
        trade_figures=trades_in_figures([one.result for one in ended]),
        counts=counts_of(numbered, orders(numbered), campaigns, ended),
        attribution=attribution(ran.facts, read.moves, read.slips.values(), ran.days, ran.settings),
        exposure=_exposure(ran.days),
        benchmarks=told,
        yardstick="" if judged is None else judged.name,
        months=months(wealth),
        campaigns=campaigns,
        trades=trades(read.decided, read.moves, read.slips, read.book),
        refusals=refusals(ran.facts),
        equity=ran.days,
        missing=ran.missing,
        assumptions=ran.assumptions,
    )


def variant_of(result: Result, name: str = "") -> Variant:
    """A result in the line that stands beside others."""
    told, settings, judged = result.figures, result.settings, result.judged_by
    return Variant(
        name=name or result.name,
        alpha=settings.alpha,
        iv_shift=settings.iv_shift,
        spread_factor=settings.spread_factor,
        fill=settings.fill.value,
        final=result.final,
        total=None if told is None else told.total,
        growth=None if told is None else told.growth,
        max_drawdown=None if told is None else told.max_drawdown,
        sharpe=None if told is None else told.sharpe,
        sharpe_probability=None if told is None else told.sharpe_probability,
        trades=result.trade_figures.count,
        excess=None if judged is None else judged.excess,
        yardstick=result.yardstick,
    )


def with_variants(result: Result, others: Sequence[Result]) -> Result:
    """A result that shows runs of the same configuration under other assumptions on prices beside itself."""
    lines = sorted(
        (variant_of(one) for one in (result, *others)),
        key=lambda one: (one.iv_shift != 0, one.iv_shift, one.alpha or 0.0),
    )
    return msgspec.structs.replace(result, variants=tuple(lines))


class _Read(NamedTuple):
    """A journal, read once."""

    decided: Decided
    ends: list[Step]
    moves: list[Move]
    slips: dict[str, Slipped]
    book: Book


def _read(numbered: Sequence[Numbered]) -> _Read:
    decided, book = Decided(), Book()
    ends: list[Step] = []
    for step in replay(numbered):
        decided.take(step)
        book = step.after
        if isinstance(step.event, ev.CampaignEnded | ev.TradeEnded):
            ends.append(step)
    moved = moves(numbered)
    return _Read(decided, ends, moved, slipped(decided, moved), book)


def _apart(wealth: Wealth, out_of_sample: date | None) -> int | None:
    """Place of the last value in sample; None where nothing is kept apart, or one side has no return."""
    if out_of_sample is None:
        return None
    place = int(np.searchsorted(wealth.days, np.datetime64(out_of_sample, "D"))) - 1
    return place if 0 < place < wealth.days.size - 1 else None


def _earlier(wealth: Wealth, rate: Floats, place: int) -> Figures | None:
    return figures(wealth.between(0, place), rate[:place])


def _later(wealth: Wealth, rate: Floats, place: int) -> Figures | None:
    return figures(wealth.between(place, wealth.days.size - 1), rate[place:])


def _exposure(days: Sequence[Day]) -> Exposure:
    alive = [one for one in days if one.at_mid > 0]
    assigned = [(one.if_assigned, one.day) for one in days if one.if_assigned is not None]
    excess = [(one.excess, one.day) for one in days if one.excess is not None]
    least, least_day = min(assigned, default=(None, None))
    low, low_day = min(excess, default=(None, None))
    known = [one for one in alive if one.if_assigned is not None]
    return Exposure(
        capital=_use(known, [one.shares + one.cash - (one.if_assigned or Decimal(0)) for one in known]),
        shares=_use(alive, [one.shares for one in alive]),
        margin=_used_margin(alive),
        least_cash_if_assigned=least,
        least_cash_day=least_day,
        least_excess=low,
        least_excess_day=low_day,
    )


def _used_margin(days: Sequence[Day]) -> Use:
    known = [(one, one.maintenance) for one in days if one.maintenance is not None]
    return _use([one for one, _ in known], [margin for _, margin in known])


def _use(days: Sequence[Day], committed: Sequence[Decimal]) -> Use:
    told = exposure([float(one) for one in committed], [float(one.at_mid) for one in days])
    return Use(told.in_market, told.average, told.highest)
