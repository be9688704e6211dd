"""Which facts of the journal an operator reads in the log, how loudly, and with which numbers.

Each fact is told once, where it was written down. What comes with every look at the broker and every
candidate that was passed over stays in the journal, where `premia why` finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from premia.domain import events as ev
from premia.domain.intent import Evidence, Intent
from premia.domain.order import Fill, Order
from premia.domain.position import BrokerPosition

DEBUG, INFO, WARNING, ERROR = "debug", "info", "warning", "error"

SILENT: frozenset[type[ev.AnyEvent]] = frozenset(
    {
        ev.BrokerObserved,
        ev.CandidatePassed,
        ev.DividendDeclared,
        ev.InterestAccrued,
        ev.MarginQuoted,
    }
)
"""Facts that are too many, or that another fact tells with more sense."""

LEVELS: dict[type[ev.AnyEvent], str] = {
    ev.AssignmentInferred: WARNING,
    ev.BrokerWarned: WARNING,
    ev.CancelRefused: WARNING,
    ev.CashUnexplained: WARNING,
    ev.ClockCompared: WARNING,
    ev.CopiesSeen: DEBUG,
    ev.DataLost: WARNING,
    ev.Disconnected: WARNING,
    ev.DiscrepancySeen: WARNING,
    ev.ExternalChange: WARNING,
    ev.LinkLost: WARNING,
    ev.OrderIdAssigned: DEBUG,
    ev.OrderNeverSent: WARNING,
    ev.OrderRejected: WARNING,
    ev.OrderRequested: DEBUG,
    ev.OrderUnknown: ERROR,
    ev.ReplaceRefused: WARNING,
    ev.RollAbandoned: WARNING,
    ev.RunSkipped: WARNING,
    ev.SplitInferred: WARNING,
    ev.SymbolBlocked: WARNING,
    ev.TradingHalted: WARNING,
    ev.CommissionReported: DEBUG,
}
"""How loudly a fact is told; what is in neither table is told as `info`."""


class Line(NamedTuple):
    """A line of the log.

    Attributes:
        level: `debug`, `info`, `warning` or `error`.
        name: The kind of the fact, as the journal names it.
        fields: Its figures by name: USD a share, contracts, market times; exact decimals as text.
    """

    level: str
    name: str
    fields: dict[str, object]


def line_of(event: ev.AnyEvent) -> Line | None:
    """The line that tells a fact; None where it is not told."""
    kind = type(event)
    if kind in SILENT:
        return None
    tag = kind.__struct_config__.tag
    return Line(LEVELS.get(kind, INFO), str(tag), dict(_fields(event)))


def _fields(event: ev.AnyEvent) -> Iterator[tuple[str, object]]:
    """Figures of a fact; what lies within an order, a fill or an intent is told by its own names."""
    yield "market_at", event.at.isoformat()
    for name in event.__struct_fields__:
        value: object = getattr(event, name)
        if name != "at" and value not in ("", None, {}, ()):
            yield from _plain(name, value)


def _plain(name: str, value: object) -> Iterator[tuple[str, object]]:
    match value:
        case Order():
            yield from _of_order(value)
        case Intent():
            yield from (("symbol", value.symbol), ("slot", value.slot), ("purpose", value.purpose.value))
            yield from (("legs", value.combo.text), ("quantity", value.quantity), ("wanted", value.reason))
        case Fill():
            yield from (("contract", value.contract.key), ("quantity", value.quantity))
            yield from (("price", str(value.price)), ("exec_id", value.exec_id))
        case BrokerPosition():
            yield from (("contract", value.contract.key), ("quantity", value.quantity))
        case Evidence():
            yield "numbers", dict(value.facts)
        case _:
            yield name, _builtin(value)


def _of_order(order: Order) -> Iterator[tuple[str, object]]:
    yield from (("key", order.key), ("symbol", order.symbol), ("purpose", order.purpose.value))
    yield from (("legs", order.combo.text), ("quantity", order.quantity))
    yield from (("limit", str(order.limit)), ("worst", str(order.worst)))
    yield from (("reserved", str(order.reserved.amount)), ("reason", order.reason))


def _builtin(value: object) -> object:
    key = getattr(value, "key", None)  # a contract is told by its key
    return key if isinstance(key, str) else msgspec.to_builtins(value, str_keys=True)
