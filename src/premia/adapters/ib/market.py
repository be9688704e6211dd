"""Market data of an IB gateway: underlyings, and the few options of each chain that matter.

All symbols move through the same steps together, so that a look costs a few round trips whatever
their number: details (once a session), then prices of the underlyings beside their option classes
(once a day), then a narrow scan of each chain, widened only where the first guess missed. What fails
for one symbol is that symbol's `Unknown`, with the broker's words and what to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from premia.adapters.ib import codes, scan
from premia.adapters.ib.connection import Connection
from premia.adapters.ib.contracts import ContractBook, OptionClassEntry, UnderlyingEntry
from premia.adapters.ib.lines import LineAsk, Lines, TickLine
from premia.adapters.ib.scan import Outlook
from premia.adapters.ib.views import chain_of, gaps_of, row_of, underlying_of
from premia.domain import dates
from premia.domain.chain import Row
from premia.domain.errors import BrokerError, MarketDataError
from premia.domain.instrument import Option
from premia.domain.known import Known, Unknown
from premia.domain.market import MarketRequest, MarketView, Scan, Seen, SymbolRequest
from premia.ports import Clock

Earnings = Callable[[str], "Known[date | None] | Unknown"]
"""Next earnings date of a single stock, from a source outside IB."""

_LOOKS_MAX = 2  # a look that a gap cut through is taken once more
LIVE, FROZEN, DELAYED_FROZEN = 1, 2, 4
STOCK_TICKS = "104,106,456"
INDEX_TICKS = "104,106"
OPTION_TICKS = "101"


class MarketSettings(NamedTuple):
    """How a look at the market is taken.

    Attributes:
        strikes: Options asked for first, for each expiration of a scan, where the lines suffice for it.
        strikes_least: How few it may be where they do not.
        quick: Lines of a first look at many symbols; more of them would wait for the pacing.
        rounds: How often a scan may look again where its guess missed.
        stale_ok: Whether frozen and delayed data, marked as such, are taken where there are no live ones.
    """

    strikes: int = scan.STRIKES_PER_EXPIRY
    strikes_least: int = 1
    quick: int = 51
    rounds: int = 2
    stale_ok: bool = False


class _Expiration:
    """One expiration of one scan: what was asked, and what came."""

    def __init__(self, wanted: Scan, of_class: OptionClassEntry, expiry: date) -> None:
        self.wanted = wanted
        self.of_class = of_class
        self.expiry = expiry
        self.asked: set[Decimal] = set()
        self.rows: list[Row] = []


class _Look:
    """One symbol on its way through the steps."""

    def __init__(self, request: SymbolRequest) -> None:
        self.request = request
        self.symbol = request.symbol
        self.failure = ""
        self.entry: UnderlyingEntry | None = None
        self.classes: tuple[OptionClassEntry, ...] = ()
        self.line: TickLine | None = None
        self.expirations: list[_Expiration] = []
        self.options: dict[Option, TickLine] = {}
        self.gaps: list[str] = []

    @property
    def alive(self) -> bool:
        """Whether nothing has failed so far."""
        return not self.failure


class IbMarketData:
    """The port `MarketData` on an IB gateway."""

    def __init__(
        self,
        connection: Connection,
        book: ContractBook,
        lines: Lines,
        clock: Clock,
        settings: MarketSettings | None = None,
        earnings: Earnings | None = None,
    ) -> None:
        """Look through `connection`; without `earnings` the date of every single stock is unknown."""
        self._connection = connection
        self._book = book
        self._lines = lines
        self._clock = clock
        self._settings = settings or MarketSettings()
        self._earnings = earnings
        self._data_type = LIVE
        self._strikes_each = self._settings.strikes

    async def observe(self, request: MarketRequest) -> MarketView:
        """What the market shows now; a symbol that fails is `Unknown`, alone.

        Every look opens its lines anew. One that the loss of IB's servers cut through is taken again once
        they are back, from its first line on; while they are away nothing is known of any symbol.
        """
        receiver = self._connection.receiver
        looks: list[_Look] = []
        cut = True
        for _ in range(_LOOKS_MAX):
            gaps = receiver.gaps
            looks = [_Look(one) for one in request.symbols]
            if not receiver.lost:
                await self._look(looks)
            cut = receiver.lost or receiver.gaps != gaps
            if receiver.lost or not cut:
                break
        at = self._clock.now()
        if cut:
            for look in looks:
                look.failure = f"{look.symbol}: the gateway has lost IB's servers; older quotes do not count"
        return MarketView(at, {look.symbol: self._seen(look, at) for look in looks})

    async def _look(self, looks: list[_Look]) -> None:
        await self._name(looks)
        await asyncio.gather(self._price(looks), self._list_options(looks))
        self._judge_prices(looks)
        await self._quote_options(looks)
        lines = [line for look in looks for line in (look.line, *look.options.values()) if line is not None]
        denied = any(line.refusal_code == codes.COMPETING_SESSION for line in lines)
        if denied or any(not line.silent for line in lines):
            self._connection.receiver.looked(denied=denied)

    async def _name(self, looks: list[_Look]) -> None:
        async def one(look: _Look) -> None:
            look.entry = await self._book.underlying(look.symbol)

        await self._each(looks, one)

    async def _list_options(self, looks: list[_Look]) -> None:
        day = dates.session_of(self._clock.now())

        async def one(look: _Look) -> None:
            look.classes = await self._book.classes(look.symbol, day)

        await self._each([look for look in looks if look.request.scans], one)

    async def _price(self, looks: list[_Look]) -> None:
        await self._ask_for(LIVE if not self._settings.stale_ok else FROZEN)
        await self._price_lines([look for look in looks if look.alive])
        refused = [
            look for look in looks if look.line is not None and codes.denies_live_data(look.line.refusal_code)
        ]
        if self._settings.stale_ok and refused:
            await self._ask_for(DELAYED_FROZEN)
            await self._price_lines(refused)

    async def _price_lines(self, looks: list[_Look]) -> None:
        async def all_at_once() -> None:
            asks = [self._underlying_ask(look.entry) for look in looks if look.entry is not None]
            for look, line in zip(looks, await self._lines.look(asks), strict=True):
                look.line = line

        await self._together(looks, all_at_once)

    def _judge_prices(self, looks: list[_Look]) -> None:
        for look in looks:
            if not look.alive or look.line is None:
                continue
            if (
                look.line.quote.mid is None
                and look.line.price("last") is None
                and look.line.price("close") is None
            ):
                why = look.line.refusal or "the gateway sent no price in time"
                look.failure = f"{look.symbol} has no market data: {why}"

    async def _quote_options(self, looks: list[_Look]) -> None:
        self._plan_scans(looks)
        self._strikes_each = self._share_of_lines(looks)
        for round_number in range(self._settings.rounds + 1):
            asks = self._held_asks(looks) if round_number == 0 else []
            for look in looks:
                if look.alive:
                    asks += self._scan_asks(look, round_number)
            if not asks:
                return
            await self._look_at_options(looks, asks)

    async def _look_at_options(self, looks: list[_Look], asks: list[tuple[_Look, Option]]) -> None:
        concerned = [look for look in looks if any(owner is look for owner, _ in asks)]

        async def all_at_once() -> None:
            wanted = [LineAsk(option, self._book.listed(option), OPTION_TICKS) for _, option in asks]
            for (look, option), line in zip(asks, await self._lines.look(wanted), strict=True):
                look.options[option] = line
            for look in concerned:
                self._sort_rows(look)

        await self._together(concerned, all_at_once)

    def _plan_scans(self, looks: list[_Look]) -> None:
        now = self._clock.now()
        for look in looks:
            if not look.alive:
                continue
            for wanted in look.request.scans:
                found = _expirations(wanted, look.classes, now)
                look.expirations += found
                if not found:
                    look.gaps.append(
                        f"{look.symbol} lists no expiration {wanted.dte_min} to {wanted.dte_max} days away"
                    )

    def _share_of_lines(self, looks: list[_Look]) -> int:
        """How many options to ask for of each expiration, so that a look fits into the lines if it can."""
        expirations = sum(len(look.expirations) for look in looks)
        held = sum(len(look.request.contracts) for look in looks)
        lines = min(self._lines.budget, self._settings.quick)
        share = (lines - len(looks) - held) // max(expirations, 1)
        return min(max(share, self._settings.strikes_least), self._settings.strikes)

    def _held_asks(self, looks: list[_Look]) -> list[tuple[_Look, Option]]:
        return [(look, option) for look in looks if look.alive for option in look.request.contracts]

    def _scan_asks(self, look: _Look, round_number: int) -> list[tuple[_Look, Option]]:
        """The options that the scans of a symbol want to see in this round."""
        asks: list[tuple[_Look, Option]] = []
        for one in look.expirations:
            outlook = self._outlook(look, one.expiry)
            if outlook is None:
                continue
            if round_number == 0:
                strikes = scan.first_look(one.of_class.strikes, one.wanted, outlook, self._strikes_each)
            else:
                strikes = scan.next_look(
                    one.of_class.strikes, one.wanted, outlook, one.rows, frozenset(one.asked)
                )
            one.asked.update(strikes)
            options = [
                one.of_class.option(look.symbol, one.expiry, strike, one.wanted.right) for strike in strikes
            ]
            known = {option for _, option in asks} | look.options.keys() | set(look.request.contracts)
            asks += [(look, option) for option in options if option not in known]
        return asks

    def _outlook(self, look: _Look, expiry: date) -> Outlook | None:
        if look.line is None:
            return None
        spot = look.line.quote.mid or look.line.price("last") or look.line.price("close")
        if spot is None:
            return None
        figures = look.line.figures
        vol = figures.get("iv30") or figures.get("hv30") or scan.DEFAULT_VOL
        return Outlook(float(spot), vol, dates.years(expiry, self._clock.now()))

    def _sort_rows(self, look: _Look) -> None:
        rows = {
            option: row for option, line in look.options.items() if (row := row_of(option, line)) is not None
        }
        for one in look.expirations:
            one.rows = [
                row
                for option, row in rows.items()
                if option.expiry == one.expiry
                and option.right is one.wanted.right
                and option.strike in one.asked
            ]

    def _underlying_ask(self, entry: UnderlyingEntry) -> LineAsk:
        index = entry.listed.secType == "IND"
        return LineAsk(entry.contract, entry.listed, INDEX_TICKS if index else STOCK_TICKS)

    def _seen(self, look: _Look, at: datetime) -> Seen | Unknown:
        if look.failure or look.line is None or look.entry is None:
            return Unknown(at, look.failure or f"{look.symbol} was not looked at")
        earnings = self._earnings_of(look.entry, at)
        return Seen(
            underlying=underlying_of(look.entry, look.line, earnings, at),
            chain=chain_of(look.symbol, look.options),
            gaps=(*look.gaps, *self._book.left_out(look.symbol), *gaps_of(look.options)),
        )

    def _earnings_of(self, entry: UnderlyingEntry, at: datetime) -> Known[date | None] | Unknown:
        if entry.fund:
            return Known(None, at)
        if self._earnings is None:
            return Unknown(at, f"no source of earnings dates is configured for {entry.contract.symbol}")
        return self._earnings(entry.contract.symbol)

    async def _ask_for(self, data_type: int) -> None:
        """Choose which type of data the lines opened from now on shall have."""
        if data_type != self._data_type and self._connection.is_open:
            self._connection.client.reqMarketDataType(data_type)
            self._data_type = data_type

    async def _each(self, looks: list[_Look], step: Callable[[_Look], Awaitable[None]]) -> None:
        """Take a step for each symbol at once; what fails, fails for that symbol."""

        async def guarded(look: _Look) -> None:
            await self._together([look], lambda: step(look))

        await asyncio.gather(*(guarded(look) for look in looks if look.alive))

    async def _together(self, looks: Sequence[_Look], step: Callable[[], Awaitable[None]]) -> None:
        """Take one step for these symbols; what fails, fails for all of them."""
        try:
            await step()
        except (BrokerError, MarketDataError) as error:
            for look in looks:
                look.failure = look.failure or f"{look.symbol}: {error}"


def _expirations(wanted: Scan, classes: Sequence[OptionClassEntry], now: datetime) -> list[_Expiration]:
    """The expirations of a scan, the earliest first, each in the first class that lists it."""
    found: dict[date, _Expiration] = {}
    for one in classes:
        for expiry in one.expiries:
            if wanted.dte_min <= dates.dte(expiry, now) <= wanted.dte_max and expiry not in found:
                found[expiry] = _Expiration(wanted, one, expiry)
    return [found[expiry] for expiry in sorted(found)][: wanted.expirations]
