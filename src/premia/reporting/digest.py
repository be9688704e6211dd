"""One number for a run: equal digests mean the same decisions, orders and fills at the same market times.

It covers market time, kind and payload of every event but those about the connection. Ids that the
broker assigns and wall times are left out, and events of one instant are put in order, because two runs
may hear them in another order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from premia.domain import events as ev

_ABOUT_THE_CONNECTION = (
    ev.Connected,
    ev.Disconnected,
    ev.BrokerObserved,
    ev.BrokerWarned,
    ev.OrderIdAssigned,
    ev.OrderAccepted,
    ev.OrderAdopted,
    ev.OperatorCommand,
)
_IDS = frozenset({"broker_id", "client_id", "perm_id", "exec_id", "next_id"})


def digest(events: Iterable[tuple[int, ev.AnyEvent]]) -> str:
    """Hexadecimal SHA-256 over decisions, orders, fills and what was booked."""
    lines = sorted(line(event) for _sequence, event in events if not isinstance(event, _ABOUT_THE_CONNECTION))
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def line(event: ev.AnyEvent) -> bytes:
    """What of an event counts, as text: market time first, then kind, then payload."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    at, kind = fields.pop("at"), fields.pop("kind")
    return f"{at} {kind} ".encode() + msgspec.json.encode(_without_ids(fields), order="sorted")


def _without_ids(value: Any) -> Any:  # noqa: ANN401 - a tree of JSON
    match value:
        case dict():
            return {
                key: _without_ids(inner)
                for key, inner in cast("dict[str, Any]", value).items()
                if key not in _IDS
            }
        case list() | tuple():
            return [_without_ids(inner) for inner in cast("list[Any]", value)]
        case _:
            return value
