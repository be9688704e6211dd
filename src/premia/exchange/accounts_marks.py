"""What each contract is worth at one instant: the marks by which accounts are valued.

A mark is the middle of bid and offer; without an offer it is the market's fair value. Marks are
looked up once an instant and shared by everything that values an account at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from premia.domain.instrument import Contract
from premia.domain.money import Price, Toward, to_tick
from premia.exchange.types_market import MarketSource

_GRAIN = Decimal("0.0001")


class Marks:
    """Marks of contracts at one instant, per share."""

    def __init__(self, market: MarketSource, at: datetime) -> None:
        self.market = market
        self.at = at
        self._known: dict[Contract, Price] = {}
        self._spots: dict[str, Decimal] = {}

    def of(self, contract: Contract) -> Price:
        """The mark of one contract."""
        if contract not in self._known:
            self.prime([contract])
        return self._known[contract]

    def prime(self, contracts: Iterable[Contract]) -> None:
        """Look up all marks that are not known yet, in one question to the market."""
        missing = [one for one in dict.fromkeys(contracts) if one not in self._known]
        if not missing:
            return
        unquoted: list[Contract] = []
        for contract, quote in zip(missing, self.market.quotes(missing, self.at), strict=True):
            if quote.mid is not None:
                self._known[contract] = quote.mid
            else:
                unquoted.append(contract)
        if unquoted:
            for contract, value in zip(unquoted, self.market.fair(unquoted, self.at), strict=True):
                self._known[contract] = to_tick(float(value), _GRAIN, toward=Toward.NEAREST)

    def spot(self, symbol: str) -> Decimal:
        """Price of an underlying."""
        found = self._spots.get(symbol)
        if found is None:
            exact = self.market.spot(symbol, self.at)
            found = self._spots[symbol] = to_tick(exact, _GRAIN, toward=Toward.NEAREST)
        return found
