"""What a market says of its contracts without any price: numbers, details, classes.

Shared by the model market and the recorded one, which differ in their prices only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Contract, Index, Option, Settlement, Stock
from premia.domain.sessions import Sessions
from premia.exchange.terms import ContractIds, Numbered, canonical
from premia.exchange.types import Terms
from premia.exchange.types_market import UnderlyingSettings

_TICKS = {
    "FINE": (Decimal("0.01"), Decimal("0.01")),
    "PENNY": (Decimal("0.01"), Decimal("0.05")),
    "INDEX": (Decimal("0.05"), Decimal("0.10")),
    "OTHER": (Decimal("0.05"), Decimal("0.10")),
}
_CENT = Decimal("0.01")


class Reference:
    """Underlyings of a market with their settings, and the details of every contract on them."""

    def __init__(
        self,
        underlyings: Mapping[str, tuple[Stock | Index, UnderlyingSettings]],
        sessions: Sessions,
        ids: ContractIds,
    ) -> None:
        self._underlyings = dict(underlyings)
        self._sessions = sessions
        self.ids = ids

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every underlying, in the market's order."""
        return tuple(self._underlyings)

    def underlier(self, symbol: str) -> Stock | Index:
        """The contract of an underlying.

        Raises:
            MarketDataError: Where the market has no such symbol; names those it has.
        """
        return self._entry(symbol)[0]

    def settings(self, symbol: str) -> UnderlyingSettings:
        """What does not move about an underlying.

        Raises:
            MarketDataError: Where the market has no such symbol.
        """
        return self._entry(symbol)[1]

    def terms(self, contract: Contract) -> Terms:
        """Details of an underlying or of an option in one of its classes, whether it is listed now or not.

        Raises:
            MarketDataError: Where the market has no such symbol or class.
        """
        symbol = contract.symbol
        underlying, settings = self._entry(symbol)
        if isinstance(contract, Option):
            low, high = _TICKS[settings.tick_class]
            return Terms(
                con_id=self.ids.option(contract),
                contract=canonical(contract),
                long_name=settings.long_name,
                exchange="SMART",
                primary_exchange="",
                tick_low=low,
                tick_high=high,
                min_tick=low,
                last_trade=self.last_trade(contract),
                kind="",
            )
        if contract != underlying:
            raise MarketDataError(
                f"{symbol} is known as {underlying} here, not as {contract}. "
                f"Ask for it by that kind and currency."
            )
        index = isinstance(underlying, Index)
        return Terms(
            con_id=self.ids.underlying(symbol),
            contract=underlying,
            long_name=settings.long_name,
            exchange="CBOE" if index else "SMART",
            primary_exchange="CBOE" if index else ("ARCA" if settings.etf else "NASDAQ"),
            tick_low=_CENT,
            tick_high=_CENT,
            min_tick=_CENT,
            last_trade=None,
            kind="INDEX" if index else ("ETF" if settings.etf else "COMMON"),
        )

    def last_trade(self, option: Option) -> date:
        """The last trading date: the expiry, or the session before it for what settles in the morning."""
        if option.settlement is Settlement.CASH_AM:
            return self._sessions.before(option.expiry).day
        return option.expiry

    def read(self, con_id: int) -> Stock | Index | Numbered | None:
        """What a number stands for; None where it is no number of this market."""
        found = self.ids.read(con_id)
        return self.underlier(found) if isinstance(found, str) else found

    def _entry(self, symbol: str) -> tuple[Stock | Index, UnderlyingSettings]:
        entry = self._underlyings.get(symbol)
        if entry is None:
            raise MarketDataError(f"{symbol} is not in this market; it has {', '.join(self._underlyings)}.")
        return entry
