"""The requirement of each recognised group, for one contract or one lot, in account currency.

Every short option's requirement includes its market value: the premium received is cash, and offsets
it there. Long options have no loan value and were paid in full, so they require nothing more.

Sources: FINRA Rule 4210(f)(2) and Cboe Rule 10.3 for the rates; IB's margin pages for covered calls,
iron condors and the order of expiries. Rates were checked against published examples.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from premia.domain.instrument import Option, Right, Settlement
from premia.margin.holdings import ZERO, MarginClass, RegT, Underlying

_RATE = {
    MarginClass.STOCK: Decimal("0.20"),
    MarginClass.BROAD_ETF: Decimal("0.15"),
    MarginClass.BROAD_INDEX: Decimal("0.15"),
    MarginClass.VIX: Decimal("0.20"),
}
_LEAST = Decimal("0.10")
_STOCK_INITIAL = Decimal("0.50")
_LONG_STOCK = Decimal("0.25")
_SHORT_STOCK = Decimal("0.30")
_WHOLE = Decimal(1)


class Need(NamedTuple):
    """Initial and maintenance requirement of one unit."""

    initial: Decimal
    maintenance: Decimal

    def times(self, units: int | Decimal) -> Need:
        """The requirement of several units."""
        return Need(self.initial * units, self.maintenance * units)


NOTHING = Need(ZERO, ZERO)


class OptionLine(NamedTuple):
    """An option with its mark; what the formulas read of a position."""

    option: Option
    mark: Decimal

    @property
    def worth(self) -> Decimal:
        """Market value of one contract, unsigned."""
        return self.mark * self.option.multiplier


def naked(line: OptionLine, underlying: Underlying, rules: RegT) -> Need:
    """One uncovered short option: its value plus a share of the underlying, less what it is out of the money.

    The minimum is 10 % of the strike for puts and of the underlying for calls. An account that may not
    borrow sets aside the whole strike of a put.
    """
    option, spot = line.option, underlying.spot
    if not rules.borrows and option.right is Right.PUT:
        return Need(option.strike_value.amount, option.strike_value.amount)
    rate = min(_RATE[underlying.kind] * underlying.leverage, _WHOLE)
    least = min(_LEAST * (underlying.leverage if rules.scaled_minimum else 1), _WHOLE)
    out = max((option.strike - spot) * option.right.sign, ZERO)
    base = option.strike if option.right is Right.PUT else spot
    risk = max(rate * spot - out, least * base)
    amount = max((line.mark + risk) * option.multiplier, rules.min_per_contract)
    return Need(amount, amount)


def vertical(short: OptionLine, long: OptionLine) -> Need:
    """One short option covered by a long one of its right that lives as long: the width of the strikes."""
    distance = (long.option.strike - short.option.strike) * short.option.right.sign
    amount = max(distance, ZERO) * short.option.multiplier
    return Need(amount, amount)


def strangle(one: OptionLine, other: OptionLine, underlying: Underlying, rules: RegT) -> Need:
    """A short put and a short call: the greater requirement, plus the market value of the other option."""
    first, second = naked(one, underlying, rules).initial, naked(other, underlying, rules).initial
    amount = sum(max((first, other.worth), (second, one.worth)), ZERO)
    return Need(amount, amount)


def stock(shares: int, underlying: Underlying, rules: RegT) -> Need:
    """Shares, long (positive) or short: half to open, 25 % or 30 % to keep, times the fund's leverage."""
    worth = abs(shares) * underlying.spot
    if not rules.borrows:
        return Need(worth, worth)
    kept = min((_LONG_STOCK if shares > 0 else _SHORT_STOCK) * underlying.leverage, _WHOLE)
    return Need(worth * max(_STOCK_INITIAL, kept), worth * kept)


def covered_call(call: OptionLine, underlying: Underlying, rules: RegT) -> Need:
    """One short call together with the shares that cover it (so the shares need nothing more).

    The shares count for no more than the strike once the call is in the money.
    """
    shares = call.option.multiplier
    alone = stock(shares, underlying, rules)
    if not rules.borrows:
        return alone
    worth = underlying.spot * shares
    inside = max(underlying.spot - call.option.strike, ZERO) * shares
    rate = alone.maintenance / worth
    limited = rate * min(underlying.spot, call.option.strike) * shares
    kept = max(inside + limited, min(worth, max(call.worth, alone.maintenance)))
    return Need(max(call.worth, alone.initial), kept)


def covered_put(put: OptionLine, underlying: Underlying, rules: RegT) -> Need:
    """One short put together with the shares sold short that it covers: their requirement plus its value."""
    alone = stock(-put.option.multiplier, underlying, rules)
    return Need(alone.initial + put.worth, alone.maintenance + put.worth)


def lives_as_long(long: Option, short: Option) -> bool:
    """Whether the long option can still be exercised when the short one is; AM settlement ends earlier."""
    return (long.expiry, _hour(long)) >= (short.expiry, _hour(short))


def _hour(option: Option) -> int:
    return 0 if option.settlement is Settlement.CASH_AM else 1
