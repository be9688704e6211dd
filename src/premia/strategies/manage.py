"""What becomes of a short option that is open: taken, rolled, defended before a dividend, or held.

Plain functions of numbers; prices are whole 1/10,000 USD a share. Whether a roll exists is the
market's business, which of these applies is the strategy's.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from premia.domain.rule import rule, share

HOLD, TAKE, STOP, DIVIDEND, TESTED = range(5)
"""What becomes of an open option, in the order in which it is asked."""

LIKELY = 0.5
"""Where between mid and natural a roll is expected to fill, for each of its legs."""

_DIVIDEND_SOON = 4


class Management(Protocol):
    """The parameters that say what becomes of an open option."""

    @property
    def take_profit(self) -> float:
        """Part of the premium that is earned when a short option is bought back."""
        ...

    @property
    def take_profit_late(self) -> float:
        """The same close to expiry."""
        ...

    @property
    def late_dte(self) -> int:
        """How close, in calendar days."""
        ...

    @property
    def stop_at(self) -> float:
        """Multiple of the premium at which a loss is taken; 0 for never."""
        ...

    @property
    def roll_dte(self) -> int:
        """From how many calendar days before expiry a tested option is rolled."""
        ...

    @property
    def roll_delta(self) -> float:
        """Absolute delta at which an option is tested."""
        ...


class Priced(NamedTuple):
    """The numbers of an open option: cost and moneyness in 1/10,000 USD a share, calendar days, delta."""

    mid: int
    moneyness: int
    dte: int
    delta: float


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


@rule
def verdict(option: Priced, entry: int, inviting: bool, params: Management) -> int:  # noqa: FBT001 - a rule's parameters are told by place
    """What becomes of an open option: taken, stopped, defended before a dividend, tested, or held.

    Args:
        option: Its numbers.
        entry: What it was sold at, 1/10,000 USD a share.
        inviting: Whether a dividend of tomorrow invites its exercise tonight.
        params: Of the strategy.
    """
    target = take_target(entry, option.dte, params.take_profit, params.take_profit_late, params.late_dte)
    if takes_profit(option.mid, target):
        return TAKE
    if stopped(option.mid, entry, params.stop_at):
        return STOP
    if inviting:
        return DIVIDEND
    if tested(option.delta, option.moneyness, option.dte, params.roll_dte, params.roll_delta):
        return TESTED
    return HOLD


@rule
def dearness(ask: int, intrinsic: int, fees: int) -> int:
    """What buying a call back costs beyond what exercise would take anyway."""
    return ask - intrinsic + fees


@rule
def worth_buying_back(cost: int, dividend: int) -> bool:
    """Whether buying back costs less than the dividend that exercise would take."""
    return cost < dividend


@rule
def dividend_roll_credit(dividend: int, fees: int) -> int:
    """The least net credit of a roll that defends a dividend: it may cost as much, less the fees."""
    return -dividend + 2 * fees


@rule
def near_roll(dte: int, roll_dte: int, sign: int, days_to_ex: int) -> bool:
    """Whether a roll could be wanted: close to expiry, or for a call a dividend within four days.

    Args:
        dte: Calendar days to expiry.
        roll_dte: From when a tested option is rolled.
        sign: +1 for a call, -1 for a put.
        days_to_ex: Calendar days to the next ex-date; 0 where none is declared.
    """
    return dte <= roll_dte or (sign > 0 and 0 < days_to_ex <= _DIVIDEND_SOON)


@rule
def rolled_enough(rolls: int, rolls_max: int) -> bool:
    """Whether a trade was rolled as often as it may be."""
    return rolls >= rolls_max


@rule
def too_late(today: int, dte_min: int, deadline: int) -> bool:
    """Whether the earliest expiry of a roll lies past the days of its trade (days since one date)."""
    return today + dte_min > deadline


@rule
def roll_premium(bid: int, ask: int, least: int) -> int:
    """The premium of a new option that pays for the old one, quoted so, and `least` on top."""
    return (bid + ask) // 2 + share(LIKELY, (ask - bid) // 2) + least


@rule
def roll_delta_bound(roll_delta_max: float, low: float) -> float:
    """The highest delta of a new option; the band is never empty."""
    return max(roll_delta_max, low)


@rule
def roll_strike_min(sign: int, strike: int, low: int) -> int:
    """The lowest strike of a new option: for a call not below the old one's."""
    return max(low, strike) if sign > 0 else low


@rule
def roll_strike_max(sign: int, strike: int, high: int) -> int:
    """The highest strike of a new option: for a put not above the old one's."""
    return high if sign > 0 else min(high, strike)
