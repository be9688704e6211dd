"""Messages that are not about orders: errors, accounts, contracts, ticks, history.

Each function returns the fields of one message for a client of the given server version. Counts
are exact: clients drop a whole message, often silently, for one field too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from premia.domain.quote import Greeks
from premia.exchange.types import Bar, Terms
from premia.exchange.types_market import OptionClass
from premia.gateway.names import kind_of, wire_of
from premia.gateway.order_messages import contract_fields
from premia.gateway.requests import WireContract
from premia.gateway.times import ZONE
from premia.gateway.wire import Field

REJECT_JSON, SIZE_MIN_TICK, SIZE_RULES, DESCRIPTION = 166, 163, 164, 176
NO_MODEL = Greeks()


def error(req_id: int, code: int, text: str, version: int) -> list[Field]:
    """Message 4: an error or a warning; `req_id` -1 where it concerns no request."""
    fields: list[Field] = [4, 2, req_id, code, text]
    return [*fields, ""] if version >= REJECT_JSON else fields


def position(account: str, contract: WireContract, quantity: int, cost: Decimal) -> list[Field]:
    """Message 61: a position and its average cost per contract or share, multiplier included."""
    return [61, 3, account, *contract_fields(contract), quantity, _plain(cost)]


def position_multi(
    req_id: int, account: str, contract: WireContract, quantity: int, cost: Decimal
) -> list[Field]:
    """Message 71: the same, as an answer to one request."""
    return [71, 1, req_id, account, *contract_fields(contract), quantity, _plain(cost), ""]


class PortfolioLine(msgspec.Struct, frozen=True):
    """A position with its value: prices per share, amounts in the account's currency."""

    quantity: int
    price: Decimal
    value: Decimal
    cost: Decimal
    unrealized: Decimal
    realized: Decimal


def portfolio(account: str, contract: WireContract, line: PortfolioLine) -> list[Field]:
    """Message 7: a position with its value."""
    return [
        7,
        8,
        contract.con_id,
        contract.symbol,
        contract.sec_type,
        contract.expiry,
        contract.strike,
        contract.right,
        contract.multiplier,
        contract.primary_exchange,
        contract.currency,
        contract.local_symbol,
        contract.trading_class,
        line.quantity,
        _plain(line.price),
        _plain(line.value),
        _plain(line.cost),
        _plain(line.unrealized),
        _plain(line.realized),
        account,
    ]


class Details(msgspec.Struct, frozen=True):
    """What contract details hold beside the terms: hours as IB writes them, price steps, the underlying."""

    hours: str
    rule_id: int
    under_con_id: int
    under_symbol: str
    under_type: str
    valid_exchanges: tuple[str, ...]


def contract_details(req_id: int, terms: Terms, details: Details, version: int) -> list[Field]:
    """Message 10: one contract with all its particulars."""
    wire = wire_of(terms)
    option = kind_of(terms.contract) == "OPT"
    last = f"{terms.last_trade or ''}".replace("-", "") if option else ""
    expiry = f"{wire.expiry} 16:00:00 {ZONE}" if option and last == wire.expiry else last
    old = version < SIZE_RULES
    fields: list[Field] = [
        10,
        *([8] if old else []),
        req_id,
        wire.symbol,
        wire.sec_type,
        expiry,
        wire.strike,
        wire.right,
    ]
    fields += [
        wire.exchange,
        wire.currency,
        wire.local_symbol,
        wire.trading_class,
        wire.trading_class,
        wire.con_id,
    ]
    fields += [terms.min_tick, *([100] if old else []), wire.multiplier]
    fields += [
        "ACTIVETIM,AD,ADJUST,ALGO,COND,DAY,GTC,IOC,LMT,MKT,WHATIF",
        ",".join(details.valid_exchanges),
        1,
    ]
    fields += [
        details.under_con_id,
        terms.long_name,
        "" if option else terms.primary_exchange,
        wire.expiry[:6],
    ]
    fields += ["", "", "", ZONE, details.hours, details.hours, "", 0, 0, 1]
    fields += [details.under_symbol, details.under_type]
    fields += [
        ",".join([str(details.rule_id)] * len(details.valid_exchanges)),
        wire.expiry,
        "" if option else terms.kind,
    ]
    if version == SIZE_MIN_TICK:
        fields.append(1)
    return fields if old else [*fields, 1, 1, 100 if not option else 1]


def option_parameters(req_id: int, under_con_id: int, one: OptionClass) -> list[Field]:
    """Message 75: one class of options at one exchange; strikes are the union over its expiries."""
    expiries = [f"{expiry:%Y%m%d}" for expiry in one.expiries]
    strikes = [_plain(strike) for strike in one.strikes]
    head: list[Field] = [75, req_id, one.exchange, under_con_id, one.trading_class, one.multiplier]
    return [*head, len(expiries), *expiries, len(strikes), *strikes]


def symbol_samples(req_id: int, found: Sequence[tuple[Terms, bool]], version: int) -> list[Field]:
    """Message 79: contracts whose symbol or name matches; each with whether it has options."""
    fields: list[Field] = [79, req_id, len(found)]
    for terms, has_options in found:
        wire = wire_of(terms)
        fields += [terms.con_id, wire.symbol, wire.sec_type, terms.primary_exchange, wire.currency]
        fields += [1, "OPT"] if has_options else [0]
        if version >= DESCRIPTION:
            fields += [terms.long_name, ""]
    return fields


def tick_price(req_id: int, tick: int, price: Decimal | float, size: int) -> list[Field]:
    """Message 1: a price with its size; -1 and 0 where there is none."""
    return [1, 6, req_id, tick, price, size, 0]


def tick_size(req_id: int, tick: int, size: int) -> list[Field]:
    """Message 2: a size."""
    return [2, 6, req_id, tick, size]


def tick_generic(req_id: int, tick: int, value: float) -> list[Field]:
    """Message 45: a figure that is neither price nor size."""
    return [45, 6, req_id, tick, value]


def tick_string(req_id: int, tick: int, value: str) -> list[Field]:
    """Message 46: text."""
    return [46, 6, req_id, tick, value]


def option_computation(req_id: int, tick: int, greeks: Greeks, price: float | None) -> list[Field]:
    """Message 21: model values; what is missing is -1 for prices and volatility, -2 for sensitivities."""
    return [
        21,
        req_id,
        tick,
        0,
        _or(greeks.iv, -1),
        _or(greeks.delta, -2),
        _or(price, -1),
        0.0 if greeks.iv is not None else -1,
        _or(greeks.gamma, -2),
        _or(greeks.vega, -2),
        _or(greeks.theta, -2),
        _or(greeks.underlying, -1),
    ]


def historical_data(req_id: int, span: tuple[str, str], bars: Sequence[tuple[str, Bar]]) -> list[Field]:
    """Message 17: all bars of a request in one frame, each with the spelling of its time."""
    fields: list[Field] = [17, req_id, span[0], span[1], len(bars)]
    for when, bar in bars:
        mean = round((bar.high + bar.low + bar.close) / 3, 4)
        count = max(bar.volume // 10, 0)
        fields += [when, bar.open, bar.high, bar.low, bar.close, bar.volume, mean, count]
    return fields


def historical_schedule(req_id: int, sessions: Sequence[tuple[datetime, datetime]]) -> list[Field]:
    """Message 106: the sessions of a period; times local to New York."""
    spelled = [
        (f"{start:%Y%m%d-%H:%M:%S}", f"{end:%Y%m%d-%H:%M:%S}", f"{start:%Y%m%d}") for start, end in sessions
    ]
    first, last = (spelled[0][0], spelled[-1][1]) if spelled else ("", "")
    return [106, req_id, first, last, ZONE, len(spelled), *(part for one in spelled for part in one)]


def _or(value: float | None, missing: int) -> Field:
    return missing if value is None else value


def _plain(value: Decimal) -> Decimal:
    """A decimal without idle zeros, and never as an exponent."""
    return value.normalize() if value else Decimal(0)
