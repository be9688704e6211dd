"""The port `MarketData` on an exchange in this process: the whole delta band of each chain, at no cost.

No wire means no need to guess strikes: every listed option of the wanted expirations is valued at once
and those inside the band are shown. An underlying and its options that another client sees over the
wire at the same instant are quoted the same here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from premia.domain import dates
from premia.domain.chain import Chain, Row
from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Option, Settlement
from premia.domain.known import Known, Unknown
from premia.domain.market import (
    Dividend,
    MarketRequest,
    MarketView,
    Scan,
    Seen,
    SymbolRequest,
    Underlying,
)
from premia.domain.quote import DataKind
from premia.exchange.exchange import Exchange
from premia.exchange.terms import canonical
from premia.exchange.types_market import Series

_FRESHNESS = (DataKind.LIVE, DataKind.FROZEN, DataKind.DELAYED, DataKind.DELAYED_FROZEN)

Earnings = Callable[[str], "Known[date | None] | Unknown"]
"""Next earnings date of a single stock."""


class SimulatedMarketData:
    """Quotes of an exchange in this process."""

    def __init__(self, exchange: Exchange, earnings: Earnings | None = None) -> None:
        """Look at `exchange`; without `earnings` the date of every single stock is unknown."""
        self._exchange = exchange
        self._earnings = earnings

    async def observe(self, request: MarketRequest) -> MarketView:
        """What the market shows now; a symbol that it does not know is `Unknown`, alone."""
        at = self._exchange.now
        return MarketView(at, {one.symbol: self._seen(one) for one in request.symbols})

    def _seen(self, request: SymbolRequest) -> Seen | Unknown:
        exchange = self._exchange
        if request.symbol not in exchange.market.symbols:
            return Unknown(exchange.now, f"{request.symbol} is not traded here")
        try:
            underlying = self._underlying(request.symbol)
            rows, gaps = self._rows(request)
        except MarketDataError as error:
            return Unknown(exchange.now, f"{request.symbol}: {error}")
        kinds = {row.quote.kind for row in rows} or {DataKind.LIVE}
        return Seen(underlying, Chain(request.symbol, rows, max(kinds, key=_FRESHNESS.index)), gaps)

    def _underlying(self, symbol: str) -> Underlying:
        exchange, at = self._exchange, self._exchange.now
        own = exchange.market.underlier(symbol)
        fund = isinstance(own, Index) or exchange.market.settings(symbol).etf
        outlook = exchange.dividends(symbol)
        coming = None
        if outlook.next_date is not None and outlook.next_amount:
            coming = Dividend(outlook.next_date, outlook.next_amount)
        return Underlying(
            symbol=symbol,
            quote=exchange.quote(own),
            last=exchange.last(own),
            previous_close=exchange.previous_close(own),
            iv30=exchange.iv30(symbol),
            hv30=exchange.hv30(symbol),
            fund=fund,
            dividend=Known(coming, at),
            earnings=self._earnings_of(symbol, fund=fund),
        )

    def _earnings_of(self, symbol: str, *, fund: bool) -> Known[date | None] | Unknown:
        if fund:
            return Known(None, self._exchange.now)
        if self._earnings is None:
            return Unknown(self._exchange.now, f"no source of earnings dates is configured for {symbol}")
        return self._earnings(symbol)

    def _rows(self, request: SymbolRequest) -> tuple[list[Row], tuple[str, ...]]:
        rows = {row.contract: row for row in self._quoted([*request.contracts])}
        gaps: list[str] = []
        for scan in request.scans:
            series = self._series(request.symbol, scan)
            if not series:
                gaps.append(
                    f"{request.symbol} lists no expiration {scan.dte_min} to {scan.dte_max} days away"
                )
            for one in series:
                rows |= {row.contract: row for row in self._band(request.symbol, scan, one)}
        return list(rows.values()), tuple(gaps)

    def _series(self, symbol: str, scan: Scan) -> list[Series]:
        """The expirations of a scan, the earliest first; of two classes the one that settles at the close."""
        now = self._exchange.now
        found: dict[date, Series] = {}
        listed = self._exchange.market.listed(symbol, now).series
        for one in sorted(listed, key=lambda s: s.settlement is Settlement.CASH_AM):
            if scan.dte_min <= dates.dte(one.expiry, now) <= scan.dte_max:
                found.setdefault(one.expiry, one)
        return [found[expiry] for expiry in sorted(found)][: scan.expirations]

    def _band(self, symbol: str, scan: Scan, series: Series) -> list[Row]:
        currency = self._exchange.market.underlier(symbol).currency
        options = [
            canonical(series.option(symbol, strike, scan.right, currency))
            for strike in series.strikes
            if (scan.strike_min is None or strike >= scan.strike_min)
            and (scan.strike_max is None or strike <= scan.strike_max)
        ]
        greeks = self._exchange.greeks(options) if options else []
        # Far strikes of a recording may lack model values; only where all do is that worth showing.
        blind = all(model.delta is None for model in greeks)
        inside = [
            option
            for option, model in zip(options, greeks, strict=True)
            if blind or (model.delta is not None and scan.delta_min <= abs(model.delta) <= scan.delta_max)
        ]
        return self._quoted(inside)

    def _quoted(self, options: Sequence[Option]) -> list[Row]:
        if not options:
            return []
        exchange = self._exchange
        quotes, greeks = exchange.quotes(options), exchange.greeks(options)
        return [
            Row(option, quote, model, exchange.open_interest(option))
            for option, quote, model in zip(options, quotes, greeks, strict=True)
        ]
