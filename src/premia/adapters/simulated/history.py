"""The port `MarketData` on recorded chains: columns of the store as they lie there, cut to what is asked.

What `SimulatedMarketData` shows of a recorded market is shown here without a detour over contracts:
expirations come from the directory of the day, the delta band from its column. With a lag of one the view is
that of the snapshot before the present one, shown as if it were live: decisions then know nothing of the
quotes on which their orders trade.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from premia.domain import dates
from premia.domain.chain import Chain, Columns
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
from premia.domain.money import CENT, Price, Toward, to_tick
from premia.domain.quote import DataKind, Quote
from premia.exchange.exchange import Exchange
from premia.exchange.recorded import Snapshot, Snapshots
from premia.exchange.recorded_market import DISPLAYED, RecordedMarket
from premia.store.panel import Int64s, exact

_UNIX_DAY = date(1970, 1, 1).toordinal()
_HALF_CENT = 0.005

Earnings = Callable[[str], "Known[date | None] | Unknown"]
"""Next earnings date of a single stock."""


class _Sight(NamedTuple):
    """The snapshot that is shown of one underlying, and as what."""

    snapshots: Snapshots
    number: int
    kind: DataKind
    as_of: datetime

    @property
    def snapshot(self) -> Snapshot:
        return self.snapshots.all[self.number]


class HistoryMarketData:
    """Quotes of a recorded market in this process."""

    def __init__(
        self,
        exchange: Exchange,
        market: RecordedMarket,
        lag: int = 0,
        earnings: Earnings | None = None,
    ) -> None:
        """Look at the market of an exchange.

        Args:
            exchange: Whose present it is.
            market: The market of that exchange.
            lag: How many snapshots the view lies behind the present one.
            earnings: Next earnings dates; the recording's own where it has them, else unknown.
        """
        self._exchange = exchange
        self._market = market
        self._lag = lag
        self._earnings = earnings
        self.unquoted = 0
        """Held contracts that were asked for and not recorded in the snapshot shown."""

    async def observe(self, request: MarketRequest) -> MarketView:
        """What the market shows now; a symbol that it does not know is `Unknown`, alone."""
        at = self._exchange.now
        return MarketView(at, {one.symbol: self._seen(one, at) for one in request.symbols})

    def _seen(self, request: SymbolRequest, at: datetime) -> Seen | Unknown:
        symbol = request.symbol
        if symbol not in self._market.symbols:
            return Unknown(at, f"{symbol} is not recorded")
        try:
            sight = self._sight(symbol, at)
            underlying = self._underlying(symbol, sight, at)
        except MarketDataError as error:
            return Unknown(at, f"{symbol}: {error}")
        rows: dict[int, Option] = {}
        gaps: list[str] = []
        for scan in request.scans:
            found = self._scanned(sight, scan, at)
            rows |= found
            if not found:
                gaps.append(f"{symbol} lists no expiration {scan.dte_min} to {scan.dte_max} days away")
        for option in request.contracts:
            row = self._market.row(option, sight.number, at)
            if row >= 0:
                rows[row] = option
            else:
                self.unquoted += 1
                gaps.append(f"{option.key} was not recorded on {sight.snapshot.day}")
        return Seen(underlying, self._chain(sight, rows), tuple(gaps))

    def _sight(self, symbol: str, at: datetime) -> _Sight:
        snapshots = self._market.snapshots(symbol)
        present = snapshots.number_at(at)
        live = self._market.is_live(snapshots, present, at)
        number = present - self._lag
        if number < 0:
            raise MarketDataError(f"nothing was recorded before {snapshots.all[present].day}")
        as_of = at if number != present else snapshots.all[present].at
        return _Sight(snapshots, number, DataKind.LIVE if live else DataKind.FROZEN, as_of)

    def _scanned(self, sight: _Sight, scan: Scan, at: datetime) -> dict[int, Option]:
        """Options of the wanted expirations in the delta band, by row."""
        found: dict[int, Option] = {}
        panel = sight.snapshots.recorded.panel
        for run in self._runs(sight, scan, at):
            start, stop = sight.snapshots.runs(sight.number)[run]
            delta = np.abs(exact(panel.quotes["delta"][start:stop]))
            inside = (delta >= scan.delta_min) & (delta <= scan.delta_max)
            if np.isnan(delta).all():
                inside[:] = True
            strikes = panel.quotes["strike"][start:stop]
            if scan.strike_min is not None:
                inside &= strikes >= float(scan.strike_min) * 10_000
            if scan.strike_max is not None:
                inside &= strikes <= float(scan.strike_max) * 10_000
            for place in np.flatnonzero(inside).tolist():
                found[start + place] = self._option(sight.snapshots, start + place, run)
        return found

    def _runs(self, sight: _Sight, scan: Scan, at: datetime) -> list[tuple[int, int, int]]:
        """Runs of the expirations of a scan, the earliest first; the class that settles at the close."""
        today = dates.session_of(at).toordinal() - _UNIX_DAY
        snapshots, roots = sight.snapshots, sight.snapshots.recorded.panel.roots
        found: dict[int, tuple[bool, int]] = {}
        for expiry, root, right in snapshots.runs(sight.number):
            if right == scan.right.sign and scan.dte_min <= expiry - today <= scan.dte_max:
                morning = snapshots.settles(roots[root])[1] is Settlement.CASH_AM
                if not (morning and expiry <= today):
                    found[expiry] = min(found.get(expiry, (True, root)), (morning, root))
        chosen = sorted(found)[: scan.expirations]
        return [(expiry, found[expiry][1], scan.right.sign) for expiry in chosen]

    def _option(self, snapshots: Snapshots, row: int, run: tuple[int, int, int]) -> Option:
        return snapshots.option_at(row, run)

    def _chain(self, sight: _Sight, rows: dict[int, Option]) -> Chain:
        panel = sight.snapshots.recorded.panel
        order = sorted(rows)
        places: Int64s = np.array(order, dtype=np.int64)
        contracts = tuple(rows[row] for row in order)
        quotes = panel.quotes[places]
        iv, delta = exact(panel.iv[places]), exact(quotes["delta"])
        if (blank := np.isnan(iv) | np.isnan(delta)).any():
            missing = [contract for contract, lacks in zip(contracts, blank, strict=True) if lacks]
            model = self._market.greeks_in(sight.snapshots, sight.number, missing)
            iv[blank] = [np.nan if one.iv is None else one.iv for one in model]
            delta[blank] = [np.nan if one.delta is None else one.delta for one in model]
        bid, ask = quotes["bid"].astype(np.int64), quotes["ask"].astype(np.int64)
        return Chain.of(
            sight.snapshots.recorded.contract.symbol,
            Columns(
                contracts=contracts,
                expiry=np.array([one.expiry.toordinal() - _UNIX_DAY for one in contracts], dtype=np.int64),
                strike=quotes["strike"].astype(np.int64),
                right=np.array([one.right.sign for one in contracts], dtype=np.int64),
                bid=np.where(bid > 0, bid, -1),
                ask=np.where(ask > 0, ask, -1),
                delta=delta,
                iv=iv,
                open_interest=panel.open_interest[places].astype(np.int64),
                bid_size=np.where(bid > 0, DISPLAYED, 0),
                ask_size=np.where(ask > 0, DISPLAYED, 0),
                as_of=round(sight.as_of.timestamp() * 1e6),
            ),
            sight.kind,
        )

    def _underlying(self, symbol: str, sight: _Sight, at: datetime) -> Underlying:
        market, snapshot = self._market, sight.snapshot
        own = market.underlier(symbol)
        index = isinstance(own, Index)
        fund = index or market.settings(symbol).etf
        spot = market.spot(symbol, at) if sight.number == sight.snapshots.number_at(at) else snapshot.spot
        bid = to_tick(spot - _HALF_CENT, CENT, toward=Toward.DOWN)
        quote = Quote(bid, Price(bid + CENT), at, DISPLAYED * 100, DISPLAYED * 100, sight.kind)
        outlook = self._exchange.dividends(symbol)
        coming = None
        if outlook.next_date is not None and outlook.next_amount:
            coming = Dividend(outlook.next_date, outlook.next_amount)
        return Underlying(
            symbol=symbol,
            quote=Quote(None, None, at, kind=sight.kind) if index else quote,
            last=to_tick(spot, CENT, toward=Toward.NEAREST),
            previous_close=market.previous_close(own, at),
            iv30=market.iv30(symbol, snapshot.at),
            hv30=market.hv30(symbol, at),
            fund=fund,
            dividend=Known(coming, at),
            earnings=self._earnings_of(symbol, at, fund=fund),
        )

    def _earnings_of(self, symbol: str, at: datetime, *, fund: bool) -> Known[date | None] | Unknown:
        if fund:
            return Known(None, at)
        given = self._market.snapshots(symbol).recorded.earnings
        if given is not None:
            today = dates.session_of(at)
            return Known(next((day for day in given if day >= today), None), at)
        if self._earnings is None:
            return Unknown(at, f"no source of earnings dates is configured for {symbol}")
        return self._earnings(symbol)
