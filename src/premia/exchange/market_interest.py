"""Open interest and volume of model options: invented, but shaped as real ones.

Most contracts are open near the money and somewhat out of it, in the monthly expiries, at round
strikes; weeklies far from the money may have none. A lognormal draw a contract makes neighbours
differ; open interest grows from the listing of an expiry to its last week and changes once a day.
"""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from premia.domain.dates import YEAR_DAYS, session_of
from premia.domain.instrument import Option, Right
from premia.exchange.noise import normal
from premia.exchange.underlyings import UnderlyingSetup
from premia.exchange.underlyings_tape import Tape

_THIRD_WEEK = range(15, 22)
_FRIDAY, _THURSDAY = 4, 3
_TURNOVER = 0.15
_KEPT = 4096


class Setups(Protocol):
    """What is asked of a market here."""

    @property
    def seed(self) -> int:
        """Of all randomness."""
        ...

    def setup(self, symbol: str) -> UnderlyingSetup:
        """An underlying as it was given."""
        ...

    def tape(self, symbol: str) -> Tape:
        """Its prices."""
        ...


class Popularity:
    """Open interest and volume of a market's options, with a memory of the open interest of the day.

    A market data line asks for an option's open interest three times over: for itself, for the volume,
    and for whether there was a last trade.
    """

    def __init__(self, market: Setups) -> None:
        """An empty memory over a market."""
        self._market = market
        self._open: dict[tuple[Option, int, int], int] = {}

    def open_interest(self, option: Option, at: datetime) -> int:
        """Contracts of a listed option open on the evening before the session of `at`."""
        row = self._market.tape(option.symbol).moment(at).row
        name = (option, row, session_of(at).toordinal())
        known = self._open.get(name)
        if known is None:
            if len(self._open) >= _KEPT:
                self._open.clear()
            known = self._open[name] = self._drawn(*name)
        return known

    def volume(self, option: Option, at: datetime, done: float) -> int:
        """Contracts traded in the session so far; `done` is the share of it that has passed."""
        day = session_of(at).toordinal()
        draw = normal(self._market.seed, "volume", option.symbol, *_key(option), day)
        return int(self.open_interest(option, at) * _TURNOVER * math.exp(0.9 * draw) * done)

    def _drawn(self, option: Option, row: int, today: int) -> int:
        setup, seed = self._market.setup(option.symbol), self._market.seed
        spot = float(setup.history.close[max(row - 1, 0)])
        left = max(option.expiry.toordinal() - today, 0)
        grown = 1.0 / (1.0 + left / 30.0)
        days = option.expiry.toordinal() - left
        wobble = 0.03 * normal(seed, "interest day", option.symbol, *_key(option), days)
        draw = normal(seed, "interest", option.symbol, *_key(option))
        return int(setup.open_interest * _shape(option, spot, left) * grown * math.exp(0.8 * draw + wobble))


def _key(option: Option) -> tuple[int, int, int]:
    return option.expiry.toordinal(), int(option.strike * 1000), option.right.sign


def _shape(option: Option, spot: float, left: int) -> float:
    """How popular a contract is beside the at-the-money one of a monthly expiry, 0 to about 2."""
    width = 0.20 * math.sqrt(max(left, 5) / YEAR_DAYS)
    depth = math.log(float(option.strike) / spot) / width
    if option.right is Right.PUT:
        depth = -depth
    # Buyers prefer options somewhat out of the money; far in the money nobody trades.
    near = math.exp(-0.5 * ((depth - 0.5) / (1.6 if depth > 0 else 0.8)) ** 2)
    monthly = option.expiry.day in _THIRD_WEEK and option.expiry.weekday() in (_FRIDAY, _THURSDAY)
    popular = (1.0 if monthly else 0.35) * (2.0 if option.strike % 5 == Decimal(0) else 1.0)
    return near * popular
