"""Faults that a test or an operator puts into the gateway, each aimed at what it should hit.

A fault is written as `kind:key=value,key=value`, for instance `drop_before_ack:symbol=SPY,count=1`.
It stays in force until its count is used up or it is cleared. States (no fill, missing greeks,
a read-only API) are asked for with `hits`; each positive answer that counts is one use.
"""

from __future__ import annotations

from typing import get_type_hints

import msgspec

from premia.domain.errors import PremiaError

ORDER_FAULTS = {
    "drop_before_receive": "the connection closes and the order's bytes are thrown away",
    "drop_before_ack": "the market takes the order, the connection closes before any answer",
    "drop_after_ack": "the connection closes after the order's first openOrder and orderStatus",
    "drop_after_fill": "the market fills the order, the connection closes before the client hears of it",
    "delay_ack": "everything sent to the client waits `seconds` of market time from its order on",
    "reject": "the order is refused with `code` (201 unless given)",
    "never_fill": "the order is accepted and meets no counterparty",
    "duplicate_status": "each orderStatus of the order is sent twice",
    "late_status": "after Filled comes a late Submitted with nothing filled",
    "fill_first": "executions are told before the order's first openOrder",
    "duplicate_execution": "each execution is told twice",
    "correct_execution": "each execution is told at a wrong price, then corrected; lists hold both",
    "no_commission": "no commission is reported beside an execution; lists hold it",
    "odd_commission": "commissions are told as 1.8e308 beside an execution; lists hold the right ones",
    "warn": "words with `code` come with the order's acknowledgement, and it lives on",
    "refuse_change": "changes of the order are refused with `code` (110 unless given)",
    "refuse_cancel": "its cancellation is refused with `code` (10147 unless given)",
    "dear_margin": "a what-if answers with more initial margin than equity",
    "no_option_permission": "orders in options are refused (201) for lack of permission",
    "read_only": "orders and cancellations are refused (321): the API is read-only",
}
DATA_FARM_DOWN_TEXT = "market data stops (2103) until it is cleared"
DATA_FAULTS = {
    "refuse_data": "market data is refused with `code` (354 unless given); 10167 shows delayed data",
    "no_data": "requests are accepted and no tick ever comes",
    "missing_greeks": "option computations are not sent",
    "nan_greeks": "option computations hold the text NaN",
    "adjusted_class": "the chain holds a class of an adjusted deliverable, 150 shares a contract, too",
    "nan_quote": "bid and ask hold the text NaN",
    "zero_bid": "nobody bids: bid 0 with size 0",
    "crossed_quote": "bid and ask are exchanged, a cent apart at least",
    "locked_quote": "the bid is the ask",
    "jump_options": "bid and ask of options are ten times what they are",
    "jump_underlying": "bid and ask of the underlying are ten times what they are",
    "unquoted": "bid and ask are -1",
    "trading_halt": "the exchange has halted trading: tick 49 says so, and new orders meet nobody",
    "farm_down": DATA_FARM_DOWN_TEXT,
    "no_contract": "contract requests find nothing (200)",
    "no_history": "historical data is refused (162)",
    "cut": "the connection closes at a request of message number `code`, which is thrown away",
    "no_answer": "requests of message number `code` are never answered",
}
SESSION_FAULTS = {
    "other_hours": "contract details tell another close of today, `seconds` early; closed without `seconds`",
    "clock_skew": "currentTime is `seconds` ahead of the market",
    "connectivity_lost": "1100 now; requests get errors until 1101 or 1102",
    "restored_without_data": "1101 now; market data subscriptions are gone",
    "restored_with_data": "1102 now; subscriptions live on",
    "drop": "the connections close now",
    "hold": "everything told to the clients waits `seconds` of market time from now on",
    "stall": "the connections stay open and carry nothing any more, in neither direction",
    "restart": "connections close, the port refuses for `seconds` of market time, then all is as before",
}
KINDS = {**ORDER_FAULTS, **DATA_FAULTS, **SESSION_FAULTS}
AT_ONCE = (
    "connectivity_lost",
    "restored_without_data",
    "restored_with_data",
    "drop",
    "hold",
    "stall",
    "restart",
)
DEFAULT_CODES = {"reject": 201, "refuse_change": 110, "refuse_cancel": 10147, "warn": 399, "refuse_data": 354}


class FaultError(PremiaError):
    """A fault that cannot be understood."""


class Fault(msgspec.Struct):
    """One fault in force.

    Attributes:
        symbol: Only contracts on this underlying; empty for all.
        strike: Only options at this strike (market data alone); empty for all.
        client: Only this client id; -1 for all.
        nth: Only the nth order or request that fits otherwise, counted from 1; 0 for all.
        count: How many times it may still strike; 0 without limit.
        seconds: Market seconds, for delays, skews and restarts.
        code: IB's error number, where the fault has one.
        seen: How many orders or requests fitted so far.
    """

    kind: str
    symbol: str = ""
    strike: str = ""
    client: int = -1
    nth: int = 0
    count: int = 0
    seconds: float = 0.0
    code: int = 0
    seen: int = 0
    used: int = 0

    @property
    def spent(self) -> bool:
        """Whether it struck as often as it may."""
        return bool(self.count) and self.used >= self.count


class Faults:
    """The faults in force, in the order in which they came."""

    def __init__(self, texts: tuple[str, ...] = ()) -> None:
        """Put the faults of these texts in force."""
        self._all = [parse_fault(text) for text in texts]

    def add(self, fault: Fault) -> None:
        """Put one more in force."""
        self._all.append(fault)

    def clear(self, kind: str = "") -> int:
        """Lift all faults, or those of one kind; how many there were."""
        gone = [fault for fault in self._all if kind in ("", fault.kind)]
        self._all = [fault for fault in self._all if fault not in gone]
        return len(gone)

    def listed(self) -> list[Fault]:
        """The faults in force."""
        return list(self._all)

    def hits(self, kind: str, symbol: str = "", client: int = -1, strike: str = "") -> Fault | None:
        """The fault of this kind that strikes here and now, and counts as struck; None where none does."""
        for fault in self._all:
            if fault.kind != kind or fault.spent or not _aims_at(fault, symbol, client, strike):
                continue
            fault.seen += 1
            if fault.nth in (0, fault.seen):
                fault.used += 1
                return fault
        return None

    def holds(self, kind: str, symbol: str = "", client: int = -1, strike: str = "") -> Fault | None:
        """The fault of this kind that is in force here, without using it up."""
        for fault in self._all:
            if fault.kind == kind and not fault.spent and _aims_at(fault, symbol, client, strike):
                return fault
        return None


def parse_fault(text: str) -> Fault:
    """The fault that a text describes.

    Raises:
        FaultError: If its kind or a key is not known, or a value is no number where one belongs.
    """
    kind, _, rest = text.strip().partition(":")
    if kind not in KINDS:
        raise FaultError(f"Fault {kind!r} is not known. Known faults: {', '.join(sorted(KINDS))}.")
    types = {
        name: type_ for name, type_ in get_type_hints(Fault).items() if name not in ("kind", "seen", "used")
    }
    values: dict[str, str | int | float] = {}
    for part in filter(None, rest.split(",")):
        key, _, value = part.partition("=")
        if key not in types:
            raise FaultError(f"Fault {kind} has no setting {key!r}. Settings: {', '.join(types)}.")
        try:
            values[key] = types[key](value)
        except ValueError as error:
            raise FaultError(
                f"Fault {kind}: {key} is {value!r}; a {types[key].__name__} belongs there."
            ) from error
    values.setdefault("code", DEFAULT_CODES.get(kind, 0))
    return msgspec.convert({"kind": kind, **values}, Fault)


def _aims_at(fault: Fault, symbol: str, client: int, strike: str) -> bool:
    here = fault.symbol in ("", symbol) and fault.client in (-1, client)
    return here and fault.strike in ("", strike)
