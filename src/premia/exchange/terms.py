"""Contract numbers: composed from the terms of a contract, and read back into them.

A contract's number (IB's `conId`) is composed from its terms, not counted up and not hashed: the place
of its class in the market, days to expiry from a fixed day, strike, right. So two contracts never
share one, the number is the same whenever it is asked for, and it can be read back into the contract.
Numbers fit 31 bits: with one class that leaves decades of expiries, with thirty still ten years.

A strike that is no whole number of half dollars below 2,048 (or of five dollars above) comes only from
a split; it gets one of 2,048 further codes and is read back by looking through the strikes listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from msgspec import structs

from premia.domain.errors import InvariantViolated, MarketDataError
from premia.domain.instrument import Option, Right

_CODES = 8192
_HALVES = 4096
_FIVES = 2048
_ODD = _HALVES + _FIVES
_ODD_CODES = _CODES - _ODD
_RIGHTS = (Right.CALL, Right.PUT)
_RESERVED = 1 << 25
"""Numbers below this belong to underlyings; the number that IB gives every combo lies among them."""
_FIRST = 1_000
"""Number of the first underlying."""
_LIMIT = 1 << 31


class Numbered(NamedTuple):
    """What a number says: class, expiry, right, and the strike where the number holds it, else its code."""

    symbol: str
    trading_class: str
    expiry: date
    right: Right
    strike: Decimal | None
    code: int


class ContractIds:
    """The numbers of all contracts that one market can ever list."""

    def __init__(self, classes: Sequence[tuple[str, str]], first: date, last: date) -> None:
        """Lay out the numbers.

        Args:
            classes: Symbol and trading class, each pair once, in the market's order.
            first: No expiry is earlier.
            last: No expiry is later.

        Raises:
            MarketDataError: Where classes x days do not fit; names both.
        """
        self._classes = tuple(classes)
        self._places = {pair: i for i, pair in enumerate(self._classes)}
        self._symbols = tuple(dict.fromkeys(symbol for symbol, _ in self._classes))
        self._first = first
        self._days = (last - first).days + 1
        room = (_LIMIT - _RESERVED) // (_CODES * len(_RIGHTS))
        if len(self._classes) * self._days > room:
            raise MarketDataError(
                f"{len(self._classes)} option classes over {self._days} days need more contract numbers than "
                f"31 bits hold (at most {room // max(len(self._classes), 1)} days). "
                f"Use fewer symbols or a shorter history."
            )

    def underlying(self, symbol: str) -> int:
        """Number of an underlying."""
        return _FIRST + self._symbols.index(symbol)

    def option(self, option: Option) -> int:
        """Number of an option.

        Raises:
            InvariantViolated: Where the market has no such class or its expiry lies outside the layout.
        """
        place = self._places.get((option.symbol, option.trading_class or option.symbol))
        day = (option.expiry - self._first).days
        if place is None or not 0 <= day < self._days:
            raise InvariantViolated(f"{option.key} belongs to no class or day of this market.")
        slot = (place * self._days + day) * len(_RIGHTS) + _RIGHTS.index(option.right)
        return _RESERVED + slot * _CODES + strike_code(option.strike)

    def read(self, con_id: int) -> str | Numbered | None:
        """The symbol of an underlying's number, the terms of an option's, None for any other number."""
        if 0 <= con_id - _FIRST < len(self._symbols):
            return self._symbols[con_id - _FIRST]
        slot, code = divmod(con_id - _RESERVED, _CODES)
        slot, right = divmod(slot, len(_RIGHTS))
        place, day = divmod(slot, self._days)
        if not 0 <= place < len(self._classes):
            return None
        symbol, trading_class = self._classes[place]
        expiry = self._first + timedelta(days=day)
        return Numbered(symbol, trading_class, expiry, _RIGHTS[right], _strike_of(code), code)


def strike_code(strike: Decimal) -> int:
    """The code of a strike within its class, expiry and right."""
    halves = strike * 2
    if halves == int(halves) and halves < _HALVES:
        return int(halves)
    fives = strike / 5
    if fives == int(fives) and fives < _FIVES:
        return _HALVES + int(fives)
    return _ODD + int((strike * 100).to_integral_value()) % _ODD_CODES


def _strike_of(code: int) -> Decimal | None:
    if code < _HALVES:
        return Decimal(code) / 2
    return Decimal(code - _HALVES) * 5 if code < _ODD else None


def canonical(option: Option) -> Option:
    """The option with its class left empty where the class is the symbol itself."""
    return structs.replace(option, trading_class="") if option.trading_class == option.symbol else option
