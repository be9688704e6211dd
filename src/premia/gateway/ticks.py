"""What a market data line shows at one instant, as ticks by type number.

A line's ticks are a function of the market at that instant and of what was asked; the caller sends
those that differ from what it sent before. Delayed data have numbers of their own. After hours a
live line shows no bid and ask (-1), a frozen one the last quotes of the session.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from premia.domain.dates import session_of
from premia.domain.errors import MarketDataError
from premia.domain.instrument import Contract, Option, Right, strike_text
from premia.domain.money import Price
from premia.domain.quote import Greeks, Quote
from premia.gateway import messages
from premia.gateway.floor import Floor
from premia.gateway.session import DataLine
from premia.gateway.wire import Field

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4
DELAYED_IDS = {
    1: 66,
    2: 67,
    4: 68,
    0: 69,
    3: 70,
    5: 71,
    6: 72,
    7: 73,
    8: 74,
    9: 75,
    14: 76,
    10: 80,
    11: 81,
    12: 82,
    13: 83,
    45: 88,
}
OPEN_INTEREST, REALISED_VOL, IMPLIED_VOL, TRADES, DIVIDENDS = 101, 104, 106, 233, 456
"""Generic ticks that this market knows more about."""
DELAY = timedelta(minutes=15)
DAYS_REMEMBERED = 4
NO_PRICE = Decimal(-1)
_BENT = ("zero_bid", "crossed_quote", "locked_quote", "jump_options", "jump_underlying")
Ticks = dict[tuple[int, int], list[Field]]
"""Messages by (message number, tick type)."""


class Look(msgspec.Struct, frozen=True):
    """One contract at one instant: quote, trades of the day, and model values for an option."""

    quote: Quote
    last: Price | None
    close: Price | None
    volume: int
    greeks: Greeks | None


def looks(floor: Floor, contracts: Sequence[Contract], *, delayed: bool = False) -> list[Look]:
    """Each contract at this instant, or as it was a quarter of an hour ago."""
    at = max(floor.now - DELAY, floor.opened) if delayed else floor.now
    market = floor.exchange.market
    options = [contract for contract in contracts if isinstance(contract, Option)]
    models = dict(zip(options, market.greeks(options, at), strict=True)) if options else {}
    closes = previous_closes(floor, contracts, at)
    return [
        Look(
            quote=quote,
            last=market.last(contract, at),
            close=close,
            volume=market.volume(contract, at),
            greeks=models.get(contract) if isinstance(contract, Option) else None,
        )
        for contract, close, quote in zip(contracts, closes, market.quotes(contracts, at), strict=True)
    ]


def previous_closes(floor: Floor, contracts: Sequence[Contract], at: datetime) -> list[Price | None]:
    """Closes of the session before, remembered for the day: they change at the open and not in between."""
    market = floor.exchange.market
    session = market.sessions.on_or_before(session_of(at))
    when = (session.day, at >= session.opens)
    known = floor.closes.setdefault(when, {})
    missing = [contract for contract in dict.fromkeys(contracts) if contract not in known]
    if missing and market.sessions.first.day < session.day:
        # One look at the evening before for all of them is what the single questions then find prepared.
        before = market.sessions.before(session.day if when[1] else market.sessions.before(session.day).day)
        with suppress(MarketDataError):  # a recording that begins today has no evening before
            market.quotes(missing, before.closes)
    known.update({contract: market.previous_close(contract, at) for contract in missing})
    while len(floor.closes) > DAYS_REMEMBERED:
        floor.closes.pop(next(iter(floor.closes)))
    return [known[contract] for contract in contracts]


def ticks_of(floor: Floor, line: DataLine, look: Look, client_id: int) -> Ticks:
    """All ticks that a line shows now."""
    contract = line.terms.contract
    symbol = contract.symbol
    closed = not floor.exchange.is_open(contract)
    unquoted = floor.faults.holds("unquoted", symbol, client_id, strike_of(contract))
    hidden = unquoted is not None or (closed and data_type(floor, line) in (LIVE, DELAYED))
    ticks: Ticks = {}
    look = _bent(floor, contract, look, client_id)
    _quote_ticks(ticks, line, look, hidden=hidden)
    if floor.faults.holds("nan_quote", symbol, client_id, strike_of(contract)):
        for side in (1, 2):
            number = tick_id(line, side)
            ticks[1, number] = [*ticks[1, number][:4], "NaN", *ticks[1, number][5:]]
    _day_ticks(ticks, floor, line, look)
    if isinstance(contract, Option):
        _model_ticks(ticks, floor, line, look, hidden=hidden, client_id=client_id)
    _generic_ticks(ticks, floor, line, look)
    return ticks


def _bent(floor: Floor, contract: Contract, look: Look, client_id: int) -> Look:
    """The look with its quote as a fault shows it; the market itself stays as it is."""
    where = (contract.symbol, client_id, strike_of(contract))
    kind = next((kind for kind in _BENT if floor.faults.holds(kind, *where)), "")
    bid, ask = look.quote.bid, look.quote.ask
    option = isinstance(contract, Option)
    if bid is None or ask is None or (kind in ("zero_bid", "jump_options") and not option):
        return look
    cent = Decimal("0.01")
    sides = {
        "zero_bid": (Decimal(0), ask),
        "crossed_quote": (max(ask, bid + cent), min(bid, ask - cent)),
        "locked_quote": (ask, ask),
        "jump_options": (bid * 10, ask * 10),
        "jump_underlying": (bid, ask) if option else (bid * 10, ask * 10),
    }.get(kind, (bid, ask))
    quote = msgspec.structs.replace(look.quote, bid=Price(sides[0]), ask=Price(sides[1]))
    return msgspec.structs.replace(look, quote=quote)


def strike_of(contract: Contract) -> str:
    """An option's strike as faults name it; empty for anything else."""
    return strike_text(contract.strike) if isinstance(contract, Option) else ""


def data_type(floor: Floor, line: DataLine) -> int:
    """The kind of data that a line shows now: 1 live, 2 frozen, 3 delayed, 4 delayed-frozen."""
    if line.delayed:
        frozen = line.mode in (FROZEN, DELAYED_FROZEN)
        live, still = DELAYED, DELAYED_FROZEN
    else:
        frozen, live, still = line.mode == FROZEN, LIVE, FROZEN
    return still if frozen and not floor.exchange.is_open(line.terms.contract) else live


def tick_id(line: DataLine, tick: int) -> int:
    """The number under which a line sends a tick: its own for delayed data."""
    return DELAYED_IDS.get(tick, tick) if line.delayed else tick


def combo_look(line: DataLine, each: Sequence[Look]) -> Look:
    """A combo's own quote: the sum over its legs; without a side where a leg lacks the needed one."""
    bid, ask = Decimal(0), Decimal(0)
    whole = True
    for (_terms, ratio), look in zip(line.legs, each, strict=True):
        toward, against = (look.quote.bid, look.quote.ask) if ratio > 0 else (look.quote.ask, look.quote.bid)
        whole = whole and toward is not None and against is not None
        bid += ratio * (toward or Decimal(0))
        ask += ratio * (against or Decimal(0))
    size = min((min(look.quote.bid_size, look.quote.ask_size) for look in each), default=0)
    quote = (
        Quote(Price(bid), Price(ask), each[0].quote.as_of, size, size)
        if whole
        else Quote(None, None, each[0].quote.as_of)
    )
    return Look(quote, None, None, 0, None)


def _quote_ticks(ticks: Ticks, line: DataLine, look: Look, *, hidden: bool) -> None:
    sides = (
        (1, 0, None if hidden else look.quote.bid, look.quote.bid_size),
        (2, 3, None if hidden else look.quote.ask, look.quote.ask_size),
    )
    for price_tick, size_tick, price, size in sides:
        _price(ticks, line, price_tick, NO_PRICE if price is None else price, 0 if price is None else size)
        _size(ticks, line, size_tick, 0 if price is None else size)


def _day_ticks(ticks: Ticks, floor: Floor, line: DataLine, look: Look) -> None:
    if not line.delayed:
        halted = floor.faults.holds("trading_halt", line.terms.contract.symbol) is not None
        ticks[45, 49] = messages.tick_generic(line.req_id, 49, 1.0 if halted else 0.0)
    if look.last is not None:
        _price(ticks, line, 4, look.last, 1)
        _size(ticks, line, 5, 1)
        stamp = tick_id(line, 45)
        ticks[46, stamp] = messages.tick_string(line.req_id, stamp, str(int(look.quote.as_of.timestamp())))
    _size(ticks, line, 8, look.volume)
    if look.close is not None:
        _price(ticks, line, 9, look.close, 0)
    if not isinstance(line.terms.contract, Option) and not line.legs:
        for bar in floor.exchange.bars(line.terms.contract, floor.now, 1, 86_400, "TRADES")[-1:]:
            for tick, price in ((14, bar.open), (6, bar.high), (7, bar.low)):
                _price(ticks, line, tick, price, 0)


def _model_ticks(
    ticks: Ticks, floor: Floor, line: DataLine, look: Look, *, hidden: bool, client_id: int
) -> None:
    contract = line.terms.contract
    symbol, strike = contract.symbol, strike_of(contract)
    if look.greeks is None or floor.faults.holds("missing_greeks", symbol, client_id, strike):
        return
    model = model_price(look)
    prices = {10: None if hidden else look.quote.bid, 11: None if hidden else look.quote.ask, 12: look.last}
    for tick, price in prices.items():
        if price is not None:
            number = tick_id(line, tick)
            values = at_price(look.greeks, model, float(price))
            ticks[21, number] = messages.option_computation(line.req_id, number, values, float(price))
    number = tick_id(line, 13)
    ticks[21, number] = messages.option_computation(line.req_id, number, look.greeks, model)
    if floor.faults.holds("nan_greeks", symbol, client_id, strike):
        for key, fields in ticks.items():
            if key[0] == 21:  # noqa: PLR2004 - the message number itself
                ticks[key] = [*fields[:4], *["NaN"] * 8]


def model_price(look: Look) -> float | None:
    """The model's price of an option: the middle of its quote, or what it traded at last."""
    mid = look.quote.mid
    if mid is not None:
        return float(mid)
    return float(look.last) if look.last is not None else None


def at_price(greeks: Greeks, model: float | None, price: float) -> Greeks:
    """Model values at another price: volatility moved by the price difference over vega, the rest as it is.

    Exact implied volatilities of bid and ask would cost a solver a tick; a line's first-order figure
    differs by less than the tick itself. What would fall to zero or below is not computed.
    """
    if greeks.iv is None or not greeks.vega or model is None:
        return greeks
    moved = greeks.iv + (price - model) / greeks.vega / 100
    return msgspec.structs.replace(greeks, iv=moved) if moved > 0 else Greeks(underlying=greeks.underlying)


def _generic_ticks(ticks: Ticks, floor: Floor, line: DataLine, look: Look) -> None:
    contract, exchange = line.terms.contract, floor.exchange
    if isinstance(contract, Option) and OPEN_INTEREST in line.generic:
        interest = exchange.open_interest(contract)
        call = contract.right is Right.CALL
        _size(ticks, line, 27, interest if call else 0)
        _size(ticks, line, 28, 0 if call else interest)
    for generic, tick, value in (
        (REALISED_VOL, 23, exchange.hv30(contract.symbol) if REALISED_VOL in line.generic else None),
        (IMPLIED_VOL, 24, exchange.iv30(contract.symbol) if IMPLIED_VOL in line.generic else None),
        (236, 46, 3.0),
    ):
        if generic in line.generic and value is not None and not isinstance(contract, Option):
            ticks[45, tick] = messages.tick_generic(line.req_id, tick, value)
    mark = look.quote.mid or look.last
    if line.generic & {221, 232} and mark is not None:
        ticks[1, 37] = messages.tick_price(line.req_id, 37, mark, 0)
    if TRADES in line.generic and look.last is not None:
        millis = int(look.quote.as_of.timestamp() * 1000)
        text = f"{look.last};1;{millis};{look.volume};{look.last};true"
        ticks[46, 48] = messages.tick_string(line.req_id, 48, text)
    if DIVIDENDS in line.generic and not isinstance(contract, Option):
        ticks[46, 59] = messages.tick_string(line.req_id, 59, dividend_text(floor, contract.symbol))


def dividend_text(floor: Floor, symbol: str) -> str:
    """Dividends as tick 59 states them: past year, next year, next date, next amount; empty where unknown."""
    outlook = floor.exchange.dividends(symbol)
    day = "" if outlook.next_date is None else f"{outlook.next_date:%Y%m%d}"
    amount = "" if outlook.next_amount is None else f"{outlook.next_amount}"
    return f"{outlook.past_year},{outlook.next_year},{day},{amount}"


def _price(ticks: Ticks, line: DataLine, tick: int, price: Decimal | float, size: int) -> None:
    number = tick_id(line, tick)
    ticks[1, number] = messages.tick_price(line.req_id, number, price, size)


def _size(ticks: Ticks, line: DataLine, tick: int, size: int) -> None:
    number = tick_id(line, tick)
    ticks[2, number] = messages.tick_size(line.req_id, number, size)
