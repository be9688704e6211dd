"""What becomes of a short option that is open: taken, rolled, defended before a dividend, or held.

Plain functions of numbers; prices are whole 1/10,000 USD a share. Whether a roll exists is the
market's business, which of these applies is the strategy's.
"""

from __future__ import annotations

from premia.domain.rule import rule, share


@rule
def take_target(entry: int, dte: int, take: float, late_take: float, late_dte: int) -> int:
    """The most that may be paid to buy a short option back with the wanted profit."""
    wanted = late_take if dte <= late_dte else take
    return entry - share(wanted, entry)


@rule
def takes_profit(cost: int, target: int) -> bool:
    """Whether buying back at `cost` leaves the wanted profit."""
    return cost <= target


@rule
def stopped(cost: int, entry: int, multiple: float) -> bool:
    """Whether an option costs the multiple of its entry at which a loss is taken; a multiple of 0 never."""
    return multiple > 0 and cost >= share(multiple, entry)


@rule
def moneyness(spot: int, strike: int, sign: int) -> int:
    """What exercising would pay now, negative where it would cost; `sign` is +1 for a call, -1 for a put."""
    return (spot - strike) * sign


@rule
def tested(delta: float, moneyness: int, dte: int, roll_dte: int, roll_delta: float) -> bool:
    """Whether a short option close to expiry is in danger.

    It is when in the money (`moneyness` above zero) or at the delta that says so; a missing delta (NaN)
    leaves the moneyness to decide.
    """
    return dte <= roll_dte and (moneyness > 0 or abs(delta) >= roll_delta)


@rule
def invites_exercise(mid: int, intrinsic: int, dividend: int, fees: int) -> bool:
    """Whether the holder of a call gains by exercising before the ex-date: time value below dividend."""
    return intrinsic > 0 and mid - intrinsic < dividend + fees


@rule
def least_roll_credit(credit_min: int, fees: int) -> int:
    """The least net credit of a roll: the wanted one, and the fees of both legs."""
    return credit_min + 2 * fees


@rule
def defended_by_roll(net: int, dividend: int) -> bool:
    """Whether rolling away costs no more than the dividend that exercise would take (a debit is negative)."""
    return -net <= dividend
