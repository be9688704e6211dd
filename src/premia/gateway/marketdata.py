"""Market data requests: streams, snapshots, tick by tick, and option calculators.

A stream sends everything once and then only what changed: the simulated market changes by the minute,
and on a real clock it is looked at once a minute. A snapshot of a contract with data ends at once;
without data it ends when IB's eleven seconds are over. Lines are counted over all clients.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from premia.domain.instrument import Contract, Option
from premia.domain.quote import Greeks
from premia.exchange.types import Terms
from premia.gateway import messages, ticks
from premia.gateway.accounts import Handler
from premia.gateway.calculator import Asked, price_at, volatility_at
from premia.gateway.codes import (
    BAD_REQUEST,
    CONNECTION_LOST,
    DELAYED_INSTEAD,
    DUPLICATE_ID,
    TICKER_LIMIT,
    UNKNOWN_TICKER,
)
from premia.gateway.floor import Floor
from premia.gateway.names import Trouble, combo_of
from premia.gateway.requests import BAG, WireContract, WireLeg, read_contract, read_short_legs
from premia.gateway.session import DataLine, Session
from premia.gateway.wire import Cursor

_KNOWN = "100 101 104 105 106 162 165 221 225 232 233 236 256 258 292 293 294 295 318 375 411 456 460 512 513"
_KNOWN_TOO = "541 542 576 577 578 586 587 588 595 614 619 623"
GENERIC_TICKS = frozenset(int(number) for number in f"{_KNOWN} {_KNOWN_TOO}".split())
MODES = (1, 2, 3, 4)


def market_data(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 1: a stream, or a snapshot that ends by itself."""
    cursor.integer()
    req_id, wanted = cursor.integer(), read_contract(cursor)
    legs = read_short_legs(cursor) if wanted.sec_type == BAG else ()
    if cursor.flag():
        for _ in range(3):
            cursor.text()
    generic, snapshot = cursor.text(""), cursor.flag()
    if req_id in session.asks.data:
        session.error(req_id, DUPLICATE_ID)
        return
    line = _line(floor, session, req_id, wanted, legs)
    if isinstance(line, Trouble):
        session.error(req_id, line.code, line.text)
        return
    numbers = generic_numbers(generic)
    if numbers is None or (snapshot and numbers):
        words = "Incorrect generic tick list" if numbers is None else "Snapshots cannot carry generic ticks"
        session.error(req_id, BAD_REQUEST, f"Error validating request.-'bW' : cause - {words}: {generic}")
        return
    line.generic, line.snapshot = numbers, snapshot
    if _refused(floor, session, line):
        return
    session.asks.data[req_id] = line
    session.asks.opening.append(line)


def cancel_market_data(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 2: end a stream."""
    del floor
    cursor.integer()
    req_id = cursor.integer()
    if session.asks.data.pop(req_id, None) is None:
        session.error(req_id, UNKNOWN_TICKER, "Can't find EId with tickerId:" + str(req_id))


def market_data_type(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 59: the kind of data that later requests get."""
    del floor
    cursor.integer()
    kind = cursor.integer()
    if kind not in MODES:
        session.error(
            -1, BAD_REQUEST, f"Error validating request.-'bV' : cause - Invalid market data type {kind}"
        )
        return
    session.market_data_type = kind


def tick_by_tick(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 97: each trade, quote or midpoint; here each look that differs from the last."""
    req_id, wanted, kind = cursor.integer(), read_contract(cursor), cursor.text()
    terms = floor.catalogue.resolve(wanted)
    if isinstance(terms, Trouble):
        session.error(req_id, terms.code, terms.text)
        return
    if kind not in ("Last", "AllLast", "BidAsk", "MidPoint"):
        session.error(
            req_id, BAD_REQUEST, f"Error validating request.-'cF' : cause - Invalid tick type {kind!r}"
        )
        return
    session.asks.ticks[req_id] = (terms, kind)
    _send_tick(floor, session, req_id)


def cancel_tick_by_tick(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 98."""
    del floor
    session.asks.ticks.pop(cursor.integer(), None)


def implied_volatility(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 54: the volatility that explains an option price; tick 53."""
    _calculate(floor, session, cursor, wants_price=False)


def option_price(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 55: the option price at a volatility; tick 53."""
    _calculate(floor, session, cursor, wants_price=True)


def no_cancel(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Messages 56 and 57: a calculation is answered at once, so there is nothing to end."""
    del floor, session, cursor


def push(floor: Floor) -> None:
    """Send every open line what changed, and end the snapshots whose time is over."""
    if not floor.connected or floor.faults.holds("farm_down"):
        return
    minute = floor.now.replace(second=0, microsecond=0)
    quiet = floor.settings.clock == "real" and minute == floor.looked_at
    floor.looked_at = minute
    for session in floor.started():
        lines = list(session.asks.data.values())
        if not quiet:
            for line, look in zip(lines, _looks(floor, lines), strict=True):
                _send_changes(floor, session, line, look)
            for req_id in session.asks.ticks:
                _send_tick(floor, session, req_id)
        for line in lines:
            if line.ends_at is not None and floor.now >= line.ends_at:
                _end_snapshot(session, line)


def drop_lines(floor: Floor) -> None:
    """Forget every stream, as after a connection that came back without data."""
    for session in floor.started():
        session.asks.data.clear()
        session.asks.ticks.clear()


def generic_numbers(text: str) -> frozenset[int] | None:
    """The numbers of a generic tick list; None where it holds something else."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.split(":")[0].isdigit() for part in parts):
        return None
    numbers = frozenset(int(part.split(":")[0]) for part in parts)
    return numbers if numbers <= GENERIC_TICKS else None


def _line(
    floor: Floor, session: Session, req_id: int, wanted: WireContract, legs: tuple[WireLeg, ...]
) -> DataLine | Trouble:
    """A line for a request's contract or combo."""
    if not floor.connected:
        return Trouble(CONNECTION_LOST, "")
    if floor.lines_in_use() >= floor.settings.lines:
        return Trouble(TICKER_LIMIT, "")
    if not legs:
        terms = floor.catalogue.resolve(wanted)
        if isinstance(terms, Trouble):
            return terms
        return DataLine(
            req_id, terms, wanted, frozenset(), session.market_data_type, delayed=_delayed(session)
        )
    members: list[tuple[Terms, int]] = []
    for leg in legs:
        terms = floor.catalogue.resolve(WireContract(con_id=leg.con_id, exchange=leg.exchange or "SMART"))
        if isinstance(terms, Trouble):
            return terms
        members.append((terms, leg.ratio if leg.action == "BUY" else -leg.ratio))
    wire = combo_of(wanted.symbol, wanted.currency or "USD", legs)
    line = DataLine(
        req_id, members[0][0], wire, frozenset(), session.market_data_type, delayed=_delayed(session)
    )
    line.legs = tuple(members)
    return line


def _delayed(session: Session) -> bool:
    return session.market_data_type in (ticks.DELAYED, ticks.DELAYED_FROZEN)


def _refused(floor: Floor, session: Session, line: DataLine) -> bool:
    """Whether a fault refuses this line; a warning lets it go on, with delayed data."""
    contract = line.terms.contract
    where = (contract.symbol, session.client_id, ticks.strike_of(contract))
    fault = floor.faults.hits("refuse_data", *where)
    if fault is None:
        line.silent = floor.faults.hits("no_data", *where) is not None
        return False
    session.error(line.req_id, fault.code)
    if fault.code != DELAYED_INSTEAD:
        return True
    line.delayed = True
    return False


def settle(floor: Floor, session: Session) -> None:
    """Open the lines that were asked for since the last other request, from one look at all of them.

    A client that wants forty quotes sends forty requests at once, and pricing forty options together
    costs little more than pricing one.
    """
    lines = [line for line in session.asks.opening if session.asks.data.get(line.req_id) is line]
    session.asks.opening.clear()
    for line, look in zip(lines, _looks(floor, lines), strict=True):
        session.send([81, line.req_id, line.terms.min_tick, "9c0001", 3])
        session.send([58, 1, line.req_id, ticks.data_type(floor, line)])
        _send_changes(floor, session, line, look)
        if line.snapshot:
            _end_unless_waiting(floor, session, line, look)


def _end_unless_waiting(floor: Floor, session: Session, line: DataLine, look: ticks.Look) -> None:
    """End a snapshot, unless it has no data and the wall clock will bring the end of its patience."""
    empty = line.silent or (look.quote.bid is None and look.quote.ask is None and look.last is None)
    if empty and floor.settings.clock == "real":
        line.ends_at = floor.now + timedelta(seconds=floor.settings.snapshot_wait_s)
    else:
        _end_snapshot(session, line)


def _end_snapshot(session: Session, line: DataLine) -> None:
    session.send([57, 1, line.req_id])
    session.asks.data.pop(line.req_id, None)


def _looks(floor: Floor, lines: Sequence[DataLine]) -> list[ticks.Look]:
    """What each line shows, from one look at every contract of all live and of all delayed lines."""
    seen: dict[tuple[bool, Contract], ticks.Look] = {}
    for delayed in (False, True):
        chosen = [line for line in lines if line.delayed is delayed]
        wanted = list(dict.fromkeys(member.contract for line in chosen for member, _ in _members(line)))
        found = ticks.looks(floor, wanted, delayed=delayed) if wanted else []
        seen |= {(delayed, contract): look for contract, look in zip(wanted, found, strict=True)}
    return [
        ticks.combo_look(line, [seen[line.delayed, member.contract] for member, _ in line.legs])
        if line.legs
        else seen[line.delayed, line.terms.contract]
        for line in lines
    ]


def _members(line: DataLine) -> tuple[tuple[Terms, int], ...]:
    return line.legs or ((line.terms, 1),)


def _send_changes(floor: Floor, session: Session, line: DataLine, look: ticks.Look) -> None:
    if line.silent:
        return
    for key, fields in ticks.ticks_of(floor, line, look, session.client_id).items():
        values = tuple(fields[3:])
        if line.sent.get(key) != values:
            line.sent[key] = values
            session.send(fields)


def _send_tick(floor: Floor, session: Session, req_id: int) -> None:
    terms, kind = session.asks.ticks[req_id]
    look = ticks.looks(floor, [terms.contract])[0]
    at, quote = int(floor.now.timestamp()), look.quote
    if kind in ("Last", "AllLast"):
        if look.last is not None:
            session.send([99, req_id, 1 if kind == "Last" else 2, at, look.last, 1, 0, "SMART", ""])
    elif quote.bid is not None and quote.ask is not None:
        if kind == "BidAsk":
            session.send([99, req_id, 3, at, quote.bid, quote.ask, quote.bid_size, quote.ask_size, 0])
        else:
            session.send([99, req_id, 4, at, (quote.bid + quote.ask) / 2])


def _calculate(floor: Floor, session: Session, cursor: Cursor, *, wants_price: bool) -> None:
    cursor.integer()
    req_id, wanted = cursor.integer(), read_contract(cursor)
    given, under = cursor.number() or Decimal(0), cursor.number() or Decimal(0)
    terms = floor.catalogue.resolve(wanted)
    if isinstance(terms, Trouble) or not isinstance(terms.contract, Option):
        session.error(req_id, BAD_REQUEST, "Error validating request.-'bO' : cause - An option is needed")
        return
    look = ticks.looks(floor, [terms.contract])[0]
    asked = Asked(terms.contract, floor.now, floor.exchange.market.rate(floor.now), float(under))
    if wants_price:
        values, price = price_at(asked, look.greeks or Greeks(), ticks.model_price(look), float(given))
    else:
        price = float(given)
        values = volatility_at(asked, look.greeks or Greeks(), ticks.model_price(look), price)
    session.send(messages.option_computation(req_id, 53, values, price))


HANDLERS: dict[int, Handler] = {
    1: market_data,
    2: cancel_market_data,
    54: implied_volatility,
    55: option_price,
    56: no_cancel,
    57: no_cancel,
    59: market_data_type,
    97: tick_by_tick,
    98: cancel_tick_by_tick,
}
"""Request numbers of this module."""
