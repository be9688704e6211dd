"""Whether a run's advantage survives other assumptions on prices: the sign of its excess, in words.

Where in the spread an order fills, and what an option is worth between a bid and an ask, nobody knows
from quotes. So a run is made at the middle, half-way and at the natural price, and with every implied
volatility a point lower and higher. An advantage whose sign depends on that is not one to bet on.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from premia.reporting.backtest.html import chance
from premia.reporting.backtest.result import Variant

ALPHAS = (0.0, 0.5, 1.0)
"""Where fills are assumed: at the middle, half-way, at the natural price."""
IV_SHIFTS = (-1.0, 1.0)
"""Points by which every implied volatility is moved."""
_NEARLY = 0.0005


class Honesty(msgspec.Struct, frozen=True):
    """What other assumptions make of a run's excess growth.

    Attributes:
        stable: Whether the excess has one sign in all runs that were made; None where fewer than two tell.
            Only with `complete` is that said of all assumptions.
        complete: Whether all five were made: alpha 0, 0.5 and 1, implied volatility a point down and up.
        missing: Those that were not, in words.
        sentences: What follows, the verdict first.
    """

    stable: bool | None
    complete: bool
    missing: tuple[str, ...]
    sentences: tuple[str, ...]


def honesty(variants: Sequence[Variant]) -> Honesty:
    """Whether the sign of the excess is the same in all variants of a run.

    Args:
        variants: Runs of one configuration on the same data that differ in alpha, in the shift of implied
            volatility or in the width of spreads.
    """
    told = [(one, one.excess) for one in variants if one.excess is not None]
    missing = _missing(variants)
    stable = len({excess > 0.0 for _one, excess in told}) == 1 if len(told) > 1 else None
    sentences = [_verdict(told, stable=stable, complete=not missing)]
    if told:
        sentences += _notes(told, stable=stable is True)
    if missing:
        sentences.append(f"Not made: {', '.join(missing)}. Without them the sign is not known to be stable.")
    return Honesty(stable, not missing, missing, tuple(sentences))


def label(one: Variant) -> str:
    """`alpha 0.5`, with what else differs."""
    parts = ["fills by other rules" if one.alpha is None else f"alpha {one.alpha:g}"]
    if one.iv_shift:
        parts.append(f"volatility {one.iv_shift:+g} point{'s' if abs(one.iv_shift) != 1.0 else ''}")
    if one.spread_factor != 1.0:
        parts.append(f"spreads x {one.spread_factor:g}")
    return ", ".join(parts)


def _missing(variants: Sequence[Variant]) -> tuple[str, ...]:
    plain = [one for one in variants if not one.iv_shift]
    alphas = [f"alpha {alpha:g}" for alpha in ALPHAS if all(one.alpha != alpha for one in plain)]
    shifts = [
        f"volatility {shift:+g} point"
        for shift in IV_SHIFTS
        if all(one.iv_shift != shift for one in variants)
    ]
    return (*alphas, *shifts)


def _verdict(told: Sequence[tuple[Variant, float]], *, stable: bool | None, complete: bool) -> str:
    if not told:
        return "No run has an alternative to be judged by, so nothing is said of its advantage."
    low, high = min(told, key=_excess), max(told, key=_excess)
    span = f"from {low[1]:+.2%} a year ({label(low[0])}) to {high[1]:+.2%} ({label(high[0])})"
    over = (
        told[0][0].yardstick
        if len({one.yardstick for one, _excess in told}) == 1
        else "index and bills of equal beta"
    )
    if stable is None:
        return f"Only {label(told[0][0])} was run: {told[0][1]:+.2%} a year against {over}."
    if not stable:
        return f"The sign of the excess over {over} is NOT stable: {span}. It rests on assumptions on prices."
    side = "above" if low[1] > 0.0 else "below"
    holds = (
        "the sign of its excess is stable" if complete else "its excess has one sign in those that were made"
    )
    return f"The run is {side} {over} in all {len(told)} runs, {span}: {holds}."


def _excess(one: tuple[Variant, float]) -> float:
    return one[1]


def _notes(told: Sequence[tuple[Variant, float]], *, stable: bool) -> list[str]:
    """What a reader should know beside the sign."""
    notes: list[str] = []
    natural = next((excess for one, excess in told if one.alpha == 1.0 and not one.iv_shift), None)
    best = max(excess for _one, excess in told)
    if natural is not None and natural <= 0.0 < best:
        notes.append(f"At natural prices it is {natural:+.2%} a year: it needs fills better than natural.")
    if min(abs(excess) for _one, excess in told) < _NEARLY:
        notes.append("One of them is within 0.05 % a year of zero: its sign says little.")
    chances = [one.sharpe_probability for one, _excess in told if one.sharpe_probability is not None]
    if len(chances) > 1:
        known = "A stable sign is no proof of skill: the" if stable else "The"
        notes.append(
            f"{known} chance that the true Sharpe ratio is above zero lies "
            f"between {chance(min(chances))} and {chance(max(chances))}."
        )
    return notes
