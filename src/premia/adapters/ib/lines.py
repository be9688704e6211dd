"""Market data lines: opened for one look at the market, each starting empty.

A gateway grants about a hundred lines to all its clients. A look opens as many as its budget allows,
waits until each has what it was opened for, and goes on with the rest. Lines that have answered are
cancelled when another look needs them or a moment after the look ended; the end of the connection
frees them too, so a short run need not cancel at all. Snapshots are not used: they carry no open
interest and end up to eleven seconds later.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import NamedTuple

from ib_async import Contract as IbContract

from premia.adapters.ib import codes, translate
from premia.adapters.ib.connection import Connection
from premia.adapters.ib.waits import DataWait
from premia.domain.instrument import Contract, Option, Right
from premia.domain.money import Price
from premia.domain.quote import DataKind, Greeks, Quote
from premia.ports import Clock

LINE_BUDGET = 90
LINGER_S = 2.0

_BID, _ASK, _LAST, _CLOSE = "bid", "ask", "last", "close"
_PRICES = {1: _BID, 2: _ASK, 4: _LAST, 9: _CLOSE, 66: _BID, 67: _ASK, 68: _LAST, 75: _CLOSE}
_SIZES = {0: _BID, 3: _ASK, 69: _BID, 70: _ASK}
_OPEN_INTEREST = {27: Right.CALL, 28: Right.PUT}
_FIGURES = {23: "hv30", 24: "iv30"}
_MODELS = frozenset({13, 83})
_HALTED = 49
_DIVIDENDS = 59
_KINDS = {1: DataKind.LIVE, 2: DataKind.FROZEN, 3: DataKind.DELAYED, 4: DataKind.DELAYED_FROZEN}
_NO_SIDE = -1
_NO_SENSITIVITY = -2


class LineAsk(NamedTuple):
    """A contract to look at, IB's name of it, and the generic ticks wanted."""

    contract: Contract
    listed: IbContract
    generic: str


class TickLine:
    """All that one line has told since it was opened.

    Attributes:
        contract: What it shows.
        kind: How fresh the gateway says its data are.
        figures: iv30 and hv30 where they came.
        dividends: IB's text of dividends; None until it came.
        halted: Whether the exchange has halted trading in it.
        refusal: The gateway's words instead of data; empty where it gave data.
        refusal_code: Their number; 0 where there are none.
        changed_at: Transport seconds at which a kind of tick came for the first time.
    """

    def __init__(self, contract: Contract, clock: Clock) -> None:
        self.contract = contract
        self.kind = DataKind.LIVE
        self.figures: dict[str, float] = {}
        self.dividends: str | None = None
        self.halted = False
        self.refusal = ""
        self.refusal_code = 0
        self.changed_at = asyncio.get_running_loop().time()
        self._clock = clock
        self._told: set[int] = set()
        self._as_of = clock.now()
        self._prices: dict[str, float] = {}
        self._sizes: dict[str, int] = {}
        self._greeks: Greeks | None = None
        self._interest: int | None = None

    def tick(self, kind: int, value: float, size: float) -> None:
        """A number, with a size where the message carried one."""
        self._touch(kind)
        if kind in _PRICES:
            side = _PRICES[kind]
            self._prices[side] = value
            if side in (_BID, _ASK):
                self._sizes[side] = _whole(size)
                self._as_of = self._clock.now()
        elif kind in _SIZES:
            self._sizes[_SIZES[kind]] = _whole(value)
        elif kind in _OPEN_INTEREST:
            self._take_interest(_OPEN_INTEREST[kind], _whole(value))
        elif kind == _HALTED:
            self.halted = value > 0  # 1: halted, 2: halted for volatility, -1: not told
        elif kind in _FIGURES:
            figure = translate.model_value(value, _NO_SIDE)
            if figure is not None:
                self.figures[_FIGURES[kind]] = figure

    def text(self, kind: int, value: str) -> None:
        """A text tick."""
        self._touch(kind)
        if kind == _DIVIDENDS:
            self.dividends = value

    def model(self, kind: int, values: tuple[float, ...]) -> None:
        """Option values: iv, delta, price, dividends, gamma, vega, theta, underlying."""
        self._touch(kind)
        if kind not in _MODELS:
            return
        iv, delta, _price, _dividends, gamma, vega, theta, underlying = values
        self._greeks = Greeks(
            iv=translate.model_value(iv, _NO_SIDE),
            delta=translate.model_value(delta, _NO_SENSITIVITY),
            gamma=translate.model_value(gamma, _NO_SENSITIVITY),
            theta=translate.model_value(theta, _NO_SENSITIVITY),
            vega=translate.model_value(vega, _NO_SENSITIVITY),
            underlying=translate.model_value(underlying, _NO_SIDE),
        )

    def freshness(self, kind: int) -> None:
        """Which type of market data follows."""
        self.kind = _KINDS.get(kind, DataKind.LIVE)

    def refused(self, code: int, text: str) -> None:
        """The gateway's words; those that only announce delayed data do not end the line."""
        if codes.denies_live_data(code) or not codes.is_warning(code):
            self.refusal_code = code
            self.refusal = codes.explained(code, text)

    @property
    def complete(self) -> bool:
        """Whether nothing more needs to be waited for."""
        if self.ended:
            return True
        if isinstance(self.contract, Option):
            return (
                {_BID, _ASK} <= self._prices.keys()
                and self._greeks is not None
                and self._interest is not None
            )
        if isinstance(self.contract, translate.Index):
            return _LAST in self._prices
        return (
            {_BID, _ASK, _LAST} <= self._prices.keys()
            and self.dividends is not None
            and len(self.figures) > 1
        )

    @property
    def ended(self) -> bool:
        """Whether the gateway refused it, so that nothing will come."""
        return bool(self.refusal_code) and not codes.is_warning(self.refusal_code)

    @property
    def silent(self) -> bool:
        """Whether not one price has come."""
        return not self._prices

    @property
    def quote(self) -> Quote:
        """Both sides as they came; a side without an offer is None."""
        return Quote(
            bid=self.price(_BID),
            ask=self.price(_ASK),
            as_of=self._as_of,
            bid_size=self._sizes.get(_BID, 0),
            ask_size=self._sizes.get(_ASK, 0),
            kind=self.kind,
        )

    @property
    def greeks(self) -> Greeks:
        """Model values; all None where none came."""
        return self._greeks or Greeks()

    @property
    def open_interest(self) -> int | None:
        """Open contracts; None where the gateway did not say."""
        return self._interest

    def price(self, name: str) -> Price | None:
        """The price called bid, ask, last or close; None where none came, or IB wrote -1 for none."""
        value = self._prices.get(name)
        if value is None or value == _NO_SIDE:
            return None
        exact = translate.number(value)
        return None if exact is None else Price(exact)

    def _take_interest(self, right: Right, contracts: int) -> None:
        # Both rights come for every option, the other one as zero.
        if isinstance(self.contract, Option) and self.contract.right is right:
            self._interest = contracts

    def _touch(self, kind: int) -> None:
        # A stream repeats what it told; only what is told for the first time is worth waiting on.
        if kind not in self._told:
            self._told.add(kind)
            self.changed_at = asyncio.get_running_loop().time()


def _whole(size: float) -> int:
    """A size as a whole number; 0 where the gateway sent no number."""
    return round(size) if math.isfinite(size) else 0


class Lines:
    """Opens market data lines within a budget and cancels them.

    Attributes:
        budget: How many lines may be open at once.
        opened: How many lines were opened so far.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        wait: DataWait,
        budget: int = LINE_BUDGET,
        linger_s: float = LINGER_S,
    ) -> None:
        """Look through `connection`, with at most `budget` lines open at once.

        After a look its lines stay open for `linger_s` wall seconds, in which a session that ends need not
        cancel them; with 0 they are cancelled at once, so that a stepped market has nobody to push to.
        """
        self._linger_s = linger_s
        self._connection = connection
        self._clock = clock
        self._told: set[int] = set()
        self._wait = wait
        self.budget = budget
        self._open: dict[int, TickLine] = {}
        self._release_timer: asyncio.TimerHandle | None = None
        self.opened = 0

    async def look(self, asks: Sequence[LineAsk]) -> list[TickLine]:
        """What the market shows of each contract, in the order asked.

        Raises:
            NotConnected: If the session ends meanwhile.
            RequestTimedOut: If a stepped gateway does not answer.
        """
        self._hold()
        lines: list[TickLine] = []
        for start in range(0, len(asks), self.budget):
            batch = asks[start : start + self.budget]
            self._free(len(self._open) + len(batch) - self.budget)
            fresh = [self._start(ask) for ask in batch]
            await self._wait.until_settled(fresh)
            lines += fresh
        if self._linger_s:
            self._release_timer = asyncio.get_running_loop().call_later(self._linger_s, self.release)
        else:
            self.release()
            # Once this is answered the gateway has read the cancels too.
            await self._wait.until_settled(lines)
        return lines

    def release(self) -> None:
        """Cancel every open line."""
        self._hold()
        self._free(len(self._open))

    def forget(self) -> None:
        """Let go of all lines without a word: their connection has ended."""
        self._hold()
        self._open.clear()

    def _start(self, ask: LineAsk) -> TickLine:
        self._connection.require()
        number = self._connection.request_id()
        line = TickLine(ask.contract, self._clock)
        self._open[number] = line
        self._connection.receiver.lines[number] = line
        self._connection.client.reqMktData(number, ask.listed, ask.generic, False, False, [])  # noqa: FBT003 - the library's signature
        self.opened += 1
        return line

    def _free(self, count: int) -> None:
        """Cancel the `count` lines that were opened first."""
        for number in list(self._open)[: max(count, 0)]:
            line = self._open.pop(number)
            self._connection.receiver.lines.pop(number, None)
            # A refused line was never opened at the gateway, so there is nothing to cancel.
            if self._connection.is_open and not line.ended:
                self._connection.client.cancelMktData(number)

    def _hold(self) -> None:
        if self._release_timer is not None:
            self._release_timer.cancel()
            self._release_timer = None
