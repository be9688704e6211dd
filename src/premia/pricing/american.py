"""American options: values, greeks, implied volatility and the test whether to exercise now.

The value is a binomial tree whose last step is the European formula (which removes the kink of the
pay-off), taken at `steps` and at half as many, and extrapolated to none (Broadie and Detemple's BBSR).
The tree grows around the forward, so its probabilities are valid for every rate and volatility. Cash
dividends follow the escrowed model (see `dividends`): the tree carries the spot net of them, and what
exercise brings at a node counts those still to come.

Where exercising early cannot be worth more than a hundredth of a basis point of the strike, the
European value is returned instead of growing a tree: calls without dividends, puts without interest.

Source: M. Broadie, J. Detemple, "American option valuation" (1996); pinned against QuantLib's QD+
fixed point engine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.pricing import black_scholes
from premia.pricing.dividends import CashDividends, present_value
from premia.pricing.probability import touch_probability
from premia.pricing.terms import YEAR_DAYS, Carry, Flags, Flat, Floats, GreekArrays, OptionTerms, broadcast

DEFAULT_STEPS = 51
_CHUNK = 96
"""Contracts per tree: as many as keep the arrays of one step inside the processor's cache."""
_NEGLIGIBLE = 1e-6
"""Share of the strike below which the right to exercise early is not worth a tree."""
_BUMP = 1e-3
_LOW_VOL, _HIGH_VOL = 1e-4, 5.0
_ROUNDS = 60


class _Root(NamedTuple):
    """Value and shape of the tree at the instant of valuation."""

    value: Floats
    delta: Floats
    gamma: Floats


def value(
    terms: OptionTerms,
    carry: Carry,
    vol: ArrayLike,
    *,
    dividends: CashDividends | None = None,
    steps: int = DEFAULT_STEPS,
) -> Floats:
    """Value of each American option per share; never below intrinsic, nor below the European value.

    Args:
        terms: Strike, years to expiry, sign of the right.
        carry: Spot (with the dividends still to come), rate and continuous dividend yield.
        vol: Annualised volatility as a fraction.
        dividends: Known cash dividends of the underlying, on top of the yield.
        steps: Size of the tree; the figures of the error in docs/explanation/pricing.md.

    Returns:
        Shape of the broadcast inputs. NaN where an input is NaN.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    return _roots(broadcast(terms, carry, vol), dividends, steps).value


def greeks(
    terms: OptionTerms,
    carry: Carry,
    vol: ArrayLike,
    *,
    dividends: CashDividends | None = None,
    steps: int = DEFAULT_STEPS,
) -> GreekArrays:
    """Value and greeks of each American option, in the units of `GreekArrays`.

    Delta and gamma are read from the tree, theta follows from them by the pricing equation, vega and
    rho are the European ones plus the change of the early-exercise premium. Where exercising now is
    optimal the option is its intrinsic value: delta is the sign, everything else is zero. `itm` is
    the European probability.
    """
    flat = broadcast(terms, carry, vol)
    shape, flat = flat.spot.shape, Flat(*(column.ravel() for column in flat))
    root = _roots(flat, dividends, steps)
    live = root.value > np.maximum(flat.sign * (flat.spot - flat.strike), 0.0) * (1.0 + 1e-12)
    vega, rho = _bumped(flat, dividends, max(steps // 2, 8))
    net = flat.spot - _escrow(flat, dividends)
    drift = (flat.rate - flat.dividend_yield) * net * root.delta
    theta = flat.rate * root.value - drift - 0.5 * (flat.vol * net) ** 2 * root.gamma
    european = black_scholes.greeks(*_european(flat, dividends))
    alive = live & (flat.years > 0.0)
    exercised = np.where(live, european.delta, np.where(flat.spot == flat.strike, european.delta, flat.sign))
    intrinsic_delta = np.where(root.value > 0.0, exercised, european.delta)
    answer = GreekArrays(
        value=root.value,
        delta=np.where(alive, root.delta, intrinsic_delta),
        gamma=np.where(alive, root.gamma, 0.0),
        vega=np.where(alive, vega, 0.0),
        theta=np.where(alive, theta, 0.0) / YEAR_DAYS,
        rho=np.where(alive, rho, 0.0),
        itm=european.itm,
    )
    return GreekArrays(*(column.reshape(shape) for column in answer))


def implied_volatility(
    price: ArrayLike,
    terms: OptionTerms,
    carry: Carry,
    *,
    dividends: CashDividends | None = None,
    steps: int = DEFAULT_STEPS,
) -> Floats:
    """Volatility at which the American value equals each price, by bracketed secant steps.

    Returns:
        Annualised volatility as a fraction, between 0.0001 and 5. NaN where the price is at or below
        what exercising now brings, or above what 500 % explain: no volatility follows from it.
    """
    wanted = np.asarray(price, dtype=np.float64)
    flat = broadcast(terms, carry, np.zeros_like(wanted))
    shape, flat = flat.spot.shape, Flat(*(column.ravel() for column in flat))
    wanted = np.broadcast_to(wanted, shape).ravel()
    low, high = np.full_like(wanted, _LOW_VOL), np.full_like(wanted, _HIGH_VOL)
    under = _roots(flat._replace(vol=low), dividends, steps).value - wanted
    over = _roots(flat._replace(vol=high), dividends, steps).value - wanted
    solvable = (under < 0.0) & (over >= 0.0) & (flat.years > 0.0)
    answer = np.full_like(wanted, np.nan)
    if solvable.any():
        bracket = _Bracket(low[solvable], high[solvable], under[solvable], over[solvable])
        answer[solvable] = _solve(flat.where(solvable), wanted[solvable], bracket, dividends, steps)
    return answer.reshape(shape)


def early_exercise_pays(terms: OptionTerms, carry: Carry, vol: ArrayLike, dividend: ArrayLike) -> Flags:
    """Whether the holder of each call should exercise at the close before the ex-date.

    Exercising brings the spot less the strike; holding leaves a call on a share that opens lower by
    the dividend. Equivalent: the dividend exceeds the interest on the strike plus the put that is
    given up. Puts answer False.

    Args:
        terms: Strike, years to expiry, sign of the right.
        carry: Spot at that close, with the dividend still in it; rate and yield.
        vol: Annualised volatility as a fraction.
        dividend: Currency per share that goes ex next.
    """
    flat = broadcast(terms, carry, vol)
    left = np.maximum(flat.spot - np.asarray(dividend, dtype=np.float64), 1e-12)
    held = _roots(flat._replace(spot=left), None, DEFAULT_STEPS).value
    return (flat.sign > 0.0) & (flat.spot - flat.strike > held)


def put_exercise_pays(terms: OptionTerms, carry: Carry, vol: ArrayLike) -> Flags:
    """Whether the holder of each put should exercise now: the spot is at or below the critical price.

    Calls answer False; so does a put without interest to gain.
    """
    flat = broadcast(terms, carry, vol)
    shape, flat = flat.spot.shape, Flat(*(column.ravel() for column in flat))
    exercise = flat.strike - flat.spot
    # The value can only be intrinsic where exercise beats the European value.
    asked = (flat.sign < 0.0) & (exercise > 0.0) & (black_scholes.value_of(flat) < exercise)
    answer = np.zeros(flat.spot.shape, dtype=np.bool_)
    if asked.any():
        chosen = flat.where(asked)
        held = _held(chosen, 4 * DEFAULT_STEPS + 1)
        answer[asked] = held <= exercise[asked]
    return answer.reshape(shape)


class _Bracket(NamedTuple):
    """Two volatilities around the answer, and by how much each misses the price."""

    low: Floats
    high: Floats
    under: Floats
    over: Floats


def _solve(
    flat: Flat, wanted: Floats, bracket: _Bracket, dividends: CashDividends | None, steps: int
) -> Floats:
    """Illinois steps: regula falsi that halves the weight of an end which stays."""
    low, high, under, over = (column.copy() for column in bracket)
    side = np.zeros_like(low)
    guess = low
    for _ in range(_ROUNDS):
        guess = (low * over - high * under) / (over - under)
        miss = _roots(flat._replace(vol=guess), dividends, steps).value - wanted
        below = miss < 0.0
        over = np.where(below & (side < 0.0), 0.5 * over, over)
        under = np.where(~below & (side > 0.0), 0.5 * under, under)
        low, under = np.where(below, guess, low), np.where(below, miss, under)
        high, over = np.where(below, high, guess), np.where(below, over, miss)
        side = np.where(below, -1.0, 1.0)
        done = (np.abs(miss) <= 1e-12 * flat.strike) | (high - low < 1e-12)  # noqa: PLR2004 - precision asked for
        if done.all():
            break
        # An end that is exact needs no more steps; keep the division above from meeting zero.
        over = np.where(over == under, over + 1e-300, over)
    return guess


def _bumped(flat: Flat, dividends: CashDividends | None, steps: int) -> tuple[Floats, Floats]:
    """Vega per point and rho per percentage point: European, plus the change of the premium for exercise."""
    rows = (flat, flat._replace(vol=flat.vol + _BUMP), flat._replace(rate=flat.rate + _BUMP))
    stacked = Flat(*(np.concatenate(columns) for columns in zip(*rows, strict=True)))
    european = black_scholes.value(*_european(stacked, dividends))
    premium = (_roots(stacked, dividends, steps).value - european).reshape(3, -1)
    base = black_scholes.greeks(*_european(flat, dividends))
    scale = 0.01 / _BUMP
    return base.vega + (premium[1] - premium[0]) * scale, base.rho + (premium[2] - premium[0]) * scale


def _european(flat: Flat, dividends: CashDividends | None) -> tuple[OptionTerms, Carry, Floats]:
    """The arguments of the European formulas, with the spot net of cash dividends."""
    net = flat.spot - _escrow(flat, dividends)
    terms = OptionTerms(flat.strike, flat.years, flat.sign)
    return terms, Carry(np.maximum(net, 1e-12), flat.rate, flat.dividend_yield), flat.vol


def _escrow(flat: Flat, dividends: CashDividends | None) -> Floats:
    if dividends is None:
        return np.zeros_like(flat.spot)
    return present_value(dividends, flat.rate.ravel(), flat.years.ravel()).reshape(flat.spot.shape)


def _roots(flat: Flat, dividends: CashDividends | None, steps: int) -> _Root:
    """Value, delta and gamma of options of any shape; trees only where early exercise can matter."""
    shape, flat = flat.spot.shape, Flat(*(column.ravel() for column in flat))
    terms, carry, vol = _european(flat, dividends)
    european = black_scholes.greeks(terms, carry, vol)
    intrinsic = np.maximum(flat.sign * (flat.spot - flat.strike), 0.0)
    result = _Root(np.maximum(european.value, intrinsic), european.delta.copy(), european.gamma.copy())
    needed = np.flatnonzero(_worth_a_tree(flat, dividends))
    for start in range(0, needed.size, _CHUNK):
        rows = needed[start : start + _CHUNK]
        chosen = Flat(*(column[rows] for column in flat))
        fine, coarse = _tree(chosen, dividends, steps), _tree(chosen, dividends, steps // 2)
        weight = steps / (steps - steps // 2)
        for kept, sharp, blunt in zip(result, fine, coarse, strict=True):
            kept[rows] = weight * sharp + (1.0 - weight) * blunt
        floor = np.maximum(intrinsic[rows], european.value[rows])
        result.value[rows] = np.maximum(result.value[rows], floor)
    return _Root(*(column.reshape(shape) for column in result))


def _worth_a_tree(flat: Flat, dividends: CashDividends | None) -> Flags:
    """Where the right to exercise early may be worth more than `_NEGLIGIBLE` of the strike.

    A put's right is worth at most the interest on the strike while the price is below it, a call's at
    most the dividends on the share while it is above; both need the strike to be touched.
    """
    put = flat.sign < 0.0
    interest = flat.strike * -np.expm1(-np.maximum(flat.rate, 0.0) * flat.years)
    income = flat.spot * -np.expm1(-np.maximum(flat.dividend_yield, 0.0) * flat.years)
    negative = flat.strike * np.expm1(np.maximum(-flat.rate, 0.0) * flat.years)
    gain = np.where(put, interest, income + negative + _escrow(flat, dividends))
    at_risk = (flat.years > 0.0) & (flat.vol > 0.0) & (gain > _NEGLIGIBLE * flat.strike)
    out = flat.sign * (flat.spot - flat.strike) < 0.0
    drift = np.where(put, np.minimum(flat.rate - flat.dividend_yield, 0.0), np.maximum(flat.rate, 0.0))
    touch = touch_probability(flat.spot, flat.strike, flat.years, drift, np.maximum(flat.vol, 1e-9))
    return at_risk & (np.where(out, touch, 1.0) * gain > _NEGLIGIBLE * flat.strike)


class _Grid(NamedTuple):
    """The constants of one tree; columns are contracts."""

    net: Floats  # spot net of cash dividends at the instant of valuation
    powers: Floats  # exp(k v sqrt dt), k from -levels to levels, shape (2 levels + 1, n)
    step: Floats  # years of one step
    growth: Floats  # of the forward in one step
    up: Floats  # discounted probabilities
    down: Floats
    levels: int


def _grid(flat: Flat, net: Floats, steps: int) -> _Grid:
    levels = steps + 2
    step = flat.years / steps
    width = flat.vol * np.sqrt(step)
    powers = np.exp(np.arange(-levels, levels + 1)[:, None] * width)
    discount = np.exp(-flat.rate * step)
    chance = 1.0 / (1.0 + np.exp(width))
    growth = np.exp((flat.rate - flat.dividend_yield) * step)
    return _Grid(net, powers, step, growth, discount * chance, discount * (1.0 - chance), levels)


def _tree(flat: Flat, dividends: CashDividends | None, steps: int) -> _Root:
    """One tree, begun two steps before now, so that three nodes of the present give delta and gamma."""
    net = np.maximum(flat.spot - _escrow(flat, dividends), 1e-12)
    grid = _grid(flat, net, steps)
    values = _last_step(flat, dividends, grid, steps - 1)
    for i in range(steps - 2, -1, -1):
        held = grid.up * values[1:] + grid.down * values[:-1]
        values = np.maximum(held, _exercise(flat, dividends, grid, i), out=held)
    low, mid, high = net * grid.powers[grid.levels - 2], net, net * grid.powers[grid.levels + 2]
    below, above = (values[1] - values[0]) / (mid - low), (values[2] - values[1]) / (high - mid)
    # Quadratic through the three nodes: its slope and curvature at the middle one.
    delta = (below * (high - mid) + above * (mid - low)) / (high - low)
    gamma = 2.0 * (above - below) / (high - low)
    return _Root(values[1], delta, gamma)


def _held(flat: Flat, steps: int) -> Floats:
    """Value of not exercising at this instant, but perhaps at any later one."""
    grid = _grid(flat, flat.spot, steps)
    values = _last_step(flat, None, grid, steps - 1)
    for i in range(steps - 2, 0, -1):
        held = grid.up * values[1:] + grid.down * values[:-1]
        values = np.maximum(held, _exercise(flat, None, grid, i), out=held)
    return (grid.up * values[1:] + grid.down * values[:-1])[1]


def _nodes(grid: _Grid, i: int) -> Floats:
    """Net prices at `i` steps from now, lowest first, shape (i + 3, n)."""
    m = i + 2
    return grid.net * grid.growth**i * grid.powers[grid.levels - m : grid.levels + m + 1 : 2]


def _exercise(flat: Flat, dividends: CashDividends | None, grid: _Grid, i: int) -> Floats:
    """What exercising brings at each node `i` steps from now."""
    nodes = _nodes(grid, i)
    if dividends is None:
        nodes -= flat.strike
        nodes *= flat.sign
        return nodes
    return _exercise_with_dividends(flat, dividends, grid, i)


def _exercise_with_dividends(flat: Flat, dividends: CashDividends, grid: _Grid, i: int) -> Floats:
    """As `_exercise`; a node also may commit itself to exercise at the ex-date within the next step.

    Calls exercise just before the share goes ex and puts just after, which seldom falls on a node.
    """
    nodes = _nodes(grid, i)
    now = i * grid.step
    best = np.full_like(nodes, -np.inf)
    when, amount = dividends.columns()
    instants = [now, *(np.where((day >= now) & (day < now + grid.step), day, now) for day in when)]
    for instant in instants:
        # A share going ex at this instant still pays the caller, and no longer costs the owner of a put.
        coming = np.zeros_like(now)
        for day, cash in zip(when, amount, strict=True):
            left = (day > 0.0) & (day <= flat.years)
            counts = left & ((day > instant) | ((day == instant) & (flat.sign > 0.0)))
            coming += np.where(counts, cash * np.exp(-flat.rate * (day - now)), 0.0)
        strike = flat.strike * np.exp(-flat.rate * (instant - now))
        np.maximum(best, flat.sign * (nodes + coming - strike), out=best)
    return best


def _last_step(flat: Flat, dividends: CashDividends | None, grid: _Grid, i: int) -> Floats:
    """Values one step before expiry: exercise, or the European formula for what is left."""
    nodes = _nodes(grid, i)
    left = Flat(
        nodes,
        *(np.broadcast_to(column, nodes.shape) for column in (flat.strike, grid.step)),
        *(np.broadcast_to(column, nodes.shape) for column in flat[3:]),
    )
    return np.maximum(black_scholes.value_of(left), _exercise(flat, dividends, grid, i))
