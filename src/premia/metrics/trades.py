"""What trades won and lost: by trade, in dollars, and by what each of them put at stake.

A trade runs from opening a combo until it is flat, rolls included; profits are after fees. A trade that
came out at exactly zero is neither won nor lost: it counts in the expectancy and not in the win rate.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from premia.metrics.series import UnusableSeries, beside, floats, growth, ratio

YEAR_DAYS = 365.0


class TradeFigures(msgspec.Struct, frozen=True):
    """Trades in figures.

    Attributes:
        count, wins, losses: Trades; those at exactly zero are in `count` alone.
        win_rate: Wins by wins and losses; None where there are neither.
        gains, lost: Sums of profits and of losses in USD, neither negative.
        profit_factor: Gains by losses; None without a loss.
        average_win, average_loss: USD, neither negative; None where there is none.
        payoff: Average win by average loss; None where either is missing.
        expectancy: Mean profit of a trade in USD; None without trades.
        expectancy_r: Mean profit by maximum risk; None without trades, or where risks are not told.
        best, worst: USD; None without trades.
        losing_streak: The most losses in a row.
    """

    count: int
    wins: int
    losses: int
    win_rate: float | None
    gains: float
    lost: float
    profit_factor: float | None
    average_win: float | None
    average_loss: float | None
    payoff: float | None
    expectancy: float | None
    expectancy_r: float | None
    best: float | None
    worst: float | None
    losing_streak: int


def trade_figures(profits: ArrayLike, risks: ArrayLike | None = None) -> TradeFigures:
    """Figures of closed trades.

    Args:
        profits: Profit of each trade in USD after fees, in order of closing, shape (n,).
        risks: The most that each trade could have lost, in USD, above zero; one for each.

    Raises:
        UnusableSeries: If a risk is zero or less: such a trade has no multiple of it.
    """
    series = floats(profits, "profits")
    won, lost = series[series > 0.0], -series[series < 0.0]
    gains, losses = float(np.sum(won)), float(np.sum(lost))
    average_win = ratio(gains, won.size)
    average_loss = ratio(losses, lost.size)
    multiples = None
    if risks is not None:
        stakes = beside(risks, series, "risks")
        if np.any(stakes <= 0.0):
            raise UnusableSeries(f"the risk of a trade is {np.min(stakes)} USD; it is above zero.")
        multiples = series / stakes
    there = series.size > 0
    return TradeFigures(
        count=series.size,
        wins=won.size,
        losses=lost.size,
        win_rate=ratio(won.size, won.size + lost.size),
        gains=gains,
        lost=losses,
        profit_factor=ratio(gains, losses),
        average_win=average_win,
        average_loss=average_loss,
        payoff=None if average_win is None or average_loss is None else average_win / average_loss,
        expectancy=float(np.mean(series)) if there else None,
        expectancy_r=float(np.mean(multiples)) if there and multiples is not None else None,
        best=float(np.max(series)) if there else None,
        worst=float(np.min(series)) if there else None,
        losing_streak=_longest_run(series < 0.0),
    )


def premium_yield(premium: float, capital: float, days: float) -> float | None:
    """Premium a year by capital, without compounding; None without capital or days.

    Args:
        premium: What was received, in the unit of `capital`.
        capital: What was tied up. Say which: the strike, the strike less the premium, or the margin; the
            same option yields 12 % on the first and 74 % on the last, and two strategies compare only
            on the same one.
        days: Calendar days for which it was tied up.
    """
    return None if capital <= 0.0 or days <= 0.0 else premium / capital / days * YEAR_DAYS


def premium_yield_compounded(premium: float, capital: float, days: float) -> float | None:
    """`premium_yield` where each premium is put to work like the capital; None likewise."""
    if capital <= 0.0 or days <= 0.0:
        return None
    return growth(1.0 + premium / capital, YEAR_DAYS / days)


def premium_capture(profit: float, premium: float) -> float | None:
    """Part of the premium sold that was kept: profit by premium, below zero after a loss; None unsold."""
    return ratio(profit, premium)


def _longest_run(flags: np.ndarray) -> int:
    padded = np.concatenate([[False], flags, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return int(np.max(edges[1::2] - edges[::2], initial=0))
