"""American options: values, greeks, implied volatility and the test whether to exercise now.

An American option is the European one plus the worth of exercising early, and most of them need no tree:
where that worth is provably nothing the European value stands; under a continuous yield (or none) it is an
integral along the exercise boundary (`early_exercise`); for a call before the one ex-date that can matter it
is an integral over that evening's prices (`ex_dividend`). The rest, two such dates in a life or a put that
may be exercised between dividends, is left to a tree.

Cash dividends follow the escrowed model (see `dividends`): volatility acts on the spot net of them.
Pinned against QuantLib's QD+ fixed point engine and its finite differences with dividends.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from premia.pricing import black_scholes, early_exercise, ex_dividend
from premia.pricing.dividends import CashDividends, present_value
from premia.pricing.implied_vol import UNTOLD
from premia.pricing.probability import touch_probability
from premia.pricing.terms import YEAR_DAYS, Carry, Flags, Flat, Floats, GreekArrays, OptionTerms, broadcast
from premia.pricing.tree import tree_value

DEFAULT_STEPS = 101
NEGLIGIBLE = 2e-6
"""Share of the strike below which the right to exercise early counts as worth nothing."""
_BUMP = 1e-3
_POINT = 0.01
"""One volatility point, and one percentage point of a rate."""
CALM = 0.02
STEEP = 1.0
"""Below this volatility, or above this drift of the root of the life over volatility, the boundary integral
loses its footing and the tree is asked."""
LEAST_VOL, MOST_VOL = 1e-4, 5.0
_ROUNDS = 60
_PRECISION = 1e-12


class _Root(NamedTuple):
    """Value of American options now, its first two derivatives by the spot, and the European value."""

    value: Floats
    delta: Floats
    gamma: Floats
    european: Floats


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
        steps: Size of the tree, where one is needed; figures of the error in docs/explanation/pricing.md.

    Returns:
        Shape of the broadcast inputs. NaN where an input is NaN.

    Raises:
        ShapeMismatch: If the inputs do not broadcast to one shape.
    """
    flat = broadcast(terms, carry, vol)
    return _roots(_line(flat), dividends, steps).value.reshape(flat.spot.shape)


def greeks(
    terms: OptionTerms,
    carry: Carry,
    vol: ArrayLike,
    *,
    dividends: CashDividends | None = None,
    steps: int = DEFAULT_STEPS,
) -> GreekArrays:
    """Value and greeks of each American option, in the units of `GreekArrays`.

    Theta follows from value, delta and gamma by the pricing equation; vega and rho are the European
    ones plus the change of the early-exercise premium. Where exercising now is optimal the option is its
    intrinsic value: delta is the sign, everything else is zero. `itm` is the European probability.
    """
    whole = broadcast(terms, carry, vol)
    flat = _line(whole)
    # One pass over three copies: as they are, with a higher volatility, and with a higher rate.
    copies = (flat, flat._replace(vol=flat.vol + _BUMP), flat._replace(rate=flat.rate + _BUMP))
    stacked = Flat(*(np.concatenate(columns) for columns in zip(*copies, strict=True)))
    everything = _roots(stacked, dividends, steps)
    premium = (everything.value - everything.european).reshape(3, -1)
    root = _Root(*(column[: flat.spot.size] for column in everything))
    net = _net(flat, dividends)
    european = black_scholes.greeks_of(net)
    intrinsic = flat.sign * (flat.spot - flat.strike)
    dead = (flat.years <= 0.0) | (flat.vol <= 0.0)
    exercised = ~dead & (intrinsic > 0.0) & (root.value <= intrinsic * (1.0 + _PRECISION))
    alive = ~dead & ~exercised
    drift = (flat.rate - flat.dividend_yield) * net.spot * root.delta
    theta = flat.rate * root.value - drift - 0.5 * (flat.vol * net.spot) ** 2 * root.gamma
    answer = GreekArrays(
        value=root.value,
        delta=np.where(exercised, flat.sign, root.delta),
        gamma=np.where(alive, root.gamma, 0.0),
        vega=np.where(alive, european.vega + (premium[1] - premium[0]) * (_POINT / _BUMP), 0.0),
        theta=np.where(alive, theta, 0.0) / YEAR_DAYS,
        rho=np.where(alive, european.rho + (premium[2] - premium[0]) * (_POINT / _BUMP), 0.0),
        itm=european.itm,
    )
    return GreekArrays(*(column.reshape(whole.spot.shape) for column in answer))


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
    whole = broadcast(terms, carry, np.zeros_like(wanted))
    flat = _line(whole)
    wanted = np.broadcast_to(wanted, whole.spot.shape).ravel()
    low, high = np.full_like(flat.spot, LEAST_VOL), np.full_like(flat.spot, MOST_VOL)
    under = _roots(flat._replace(vol=low), dividends, steps).value - wanted
    over = _roots(flat._replace(vol=high), dividends, steps).value - wanted
    inside = flat.sign * (flat.spot - flat.strike) > 0.0
    told = under < np.where(inside, -UNTOLD * (flat.spot + flat.strike), 0.0)
    solvable = told & (over >= 0.0) & (flat.years > 0.0)
    answer = np.full_like(flat.spot, np.nan)
    if solvable.any():
        bracket = _Bracket(low[solvable], high[solvable], under[solvable], over[solvable])
        answer[solvable] = _solve(flat.where(solvable), wanted[solvable], bracket, dividends, steps)
    return answer.reshape(whole.spot.shape)


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
    held = _roots(_line(flat._replace(spot=left)), None, DEFAULT_STEPS).value.reshape(left.shape)
    return (flat.sign > 0.0) & (flat.spot - flat.strike > held)


def put_exercise_pays(terms: OptionTerms, carry: Carry, vol: ArrayLike) -> Flags:
    """Whether the holder of each put should exercise now: the spot is at or below the critical price.

    Calls answer False; so does a put without interest to gain, and any put at expiry.
    """
    flat = broadcast(terms, carry, vol)
    asked = (flat.sign < 0.0) & (flat.rate > 0.0) & (flat.spot < flat.strike) & (flat.years > 0.0)
    asked &= (flat.vol > 0.0) & (flat.dividend_yield >= 0.0)
    followed = asked & _sure_footed(flat)
    answer = np.zeros(flat.spot.shape, dtype=np.bool_)
    if followed.any():
        rows = flat.where(followed)
        answer[followed] = rows.spot <= early_exercise.critical_price(rows)
    rest = asked & ~followed
    if rest.any():
        rows = flat.where(rest)
        answer[rest] = _roots(rows, None, DEFAULT_STEPS).value <= (rows.strike - rows.spot) * (
            1.0 + _PRECISION
        )
    return answer


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
    low, high, under, over = bracket
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
        if np.all((np.abs(miss) <= _PRECISION * flat.strike) | (high - low < _PRECISION)):
            break
        # Both ends exact would divide zero by zero above.
        over = np.where(over == under, over + 1e-300, over)
    return guess


def _line(flat: Flat) -> Flat:
    """The same options in one dimension."""
    return Flat(*(column.ravel() for column in flat))


def _net(flat: Flat, dividends: CashDividends | None) -> Flat:
    """The same options on the spot net of the cash dividends within their lives."""
    if dividends is None:
        return flat
    return flat._replace(spot=np.maximum(flat.spot - present_value(dividends, flat.rate, flat.years), 1e-12))


def _roots(flat: Flat, dividends: CashDividends | None, steps: int) -> _Root:
    """Values of one-dimensional options, each by the cheapest way that is right for it."""
    net = _net(flat, dividends)
    european = black_scholes.greeks_of(net)
    root = _Root(european.value.copy(), european.delta, european.gamma, european.value)
    intrinsic = np.maximum(flat.sign * (flat.spot - flat.strike), 0.0)
    chance = ex_dividend.chances(flat, dividends)
    start, waits = _put_start(flat, dividends)
    matters = _matters(flat, start, chance.number)
    call = flat.sign > 0.0
    paying = net.spot < flat.spot
    one = matters & call & (chance.number == 1.0) & (flat.dividend_yield == 0.0) & (flat.rate >= 0.0)
    smooth = matters & ~one & _sure_footed(flat) & np.where(call, ~paying & (flat.rate >= 0.0), waits)
    smooth &= np.where(call, flat.dividend_yield > 0.0, (flat.rate > 0.0) & (flat.dividend_yield >= 0.0))
    if one.any():
        picked = ex_dividend.Chances(*(column[one] for column in chance))
        for kept, extra in zip(root[:3], ex_dividend.premium(net.where(one), picked), strict=True):
            kept[one] += extra
    if smooth.any():
        _add_premium(root, net, start, smooth)
    rest = np.flatnonzero(matters & ~one & ~smooth)
    if rest.size:
        for kept, grown in zip(root[:3], tree_value(net.where(rest), dividends, steps), strict=True):
            kept[rest] = grown
        root.value[rest] = np.maximum(root.value[rest], european.value[rest])
    return root._replace(value=np.maximum(root.value, intrinsic))


def _sure_footed(flat: Flat) -> Flags:
    """Where the boundary integral is accurate: what early exercise earns is not large against volatility."""
    drift = flat.sign * (flat.dividend_yield - flat.rate)
    return (flat.vol >= CALM) & (drift * np.sqrt(flat.years) <= STEEP * flat.vol)


def _add_premium(root: _Root, net: Flat, start: Floats, chosen: Flags) -> None:
    """Add the boundary integral to the European figures of the chosen options.

    A call is the put with spot and strike, and rate and yield, exchanged; its derivatives by the spot
    follow from those by the strike because values are proportional to both together.
    """
    flat, call = net.where(chosen), net.sign[chosen] > 0.0
    mirrored = Flat(
        spot=np.where(call, flat.strike, flat.spot),
        strike=np.where(call, flat.spot, flat.strike),
        years=flat.years,
        vol=flat.vol,
        rate=np.where(call, flat.dividend_yield, flat.rate),
        dividend_yield=np.where(call, flat.rate, flat.dividend_yield),
        sign=flat.sign,
    )
    extra = early_exercise.premium(mirrored, np.where(call, 0.0, start[chosen]))
    swapped = (extra.value - mirrored.spot * extra.delta) / mirrored.strike
    curved = extra.gamma * (mirrored.spot / mirrored.strike) ** 2
    now = extra.exercised > 0.0
    intrinsic = flat.sign * (flat.spot - flat.strike)
    root.value[chosen] = np.where(now, intrinsic, root.value[chosen] + extra.value)
    root.delta[chosen] = np.where(now, flat.sign, root.delta[chosen] + np.where(call, swapped, extra.delta))
    root.gamma[chosen] = np.where(now, 0.0, root.gamma[chosen] + np.where(call, curved, extra.gamma))


def _put_start(flat: Flat, dividends: CashDividends | None) -> tuple[Floats, Flags]:
    """From when a put may be exercised: after the last ex-date, where waiting for it is never worse.

    Waiting from any instant brings the dividends on the way, and costs the interest on the strike. The
    second answer is False where that interest is greater for some instant, so that the first does not hold.
    """
    start = np.zeros_like(flat.spot)
    waits = np.ones(flat.spot.shape, dtype=np.bool_)
    if dividends is None:
        return start, waits
    when, amount = dividends.columns()
    inside = (when > 0.0) & (when <= flat.years[:, None])
    start = np.max(np.where(inside, when, 0.0), axis=1, initial=0.0)
    for instant in (0.0, *when):
        ahead = inside & (when > instant)
        worth = np.sum(np.where(ahead, amount * np.exp(-flat.rate[:, None] * (when - instant)), 0.0), axis=1)
        interest = flat.strike * -np.expm1(-flat.rate * np.maximum(start - instant, 0.0))
        waits &= (worth >= interest) | (instant < 0.0)
    return start, waits


def _matters(flat: Flat, start: Floats, chances: Floats) -> Flags:
    """Where the right to exercise early may be worth more than `NEGLIGIBLE` of the strike.

    A put's right is worth at most the interest on the strike while the price is below it, a call's at
    most the income of the share while it is above; both need the strike to be touched.
    """
    put = flat.sign < 0.0
    interest = flat.strike * (np.exp(-flat.rate * start) - np.exp(-flat.rate * flat.years))
    charge = flat.spot * np.expm1(np.maximum(-flat.dividend_yield, 0.0) * flat.years)
    income = flat.spot * -np.expm1(-np.maximum(flat.dividend_yield, 0.0) * flat.years)
    negative = flat.strike * np.expm1(np.maximum(-flat.rate, 0.0) * flat.years)
    gain = np.where(
        put, np.maximum(interest, 0.0) + charge, income + negative + np.where(chances > 0.0, flat.spot, 0.0)
    )
    out = flat.sign * (flat.spot - flat.strike) < 0.0
    drift = np.where(put, np.minimum(flat.rate - flat.dividend_yield, 0.0), np.maximum(flat.rate, 0.0))
    reach = touch_probability(flat.spot, flat.strike, flat.years, drift, np.maximum(flat.vol, 1e-9))
    worth = np.where(out & (chances == 0.0), reach, 1.0) * gain
    return (flat.years > 0.0) & (flat.vol > 0.0) & (worth > NEGLIGIBLE * flat.strike)
