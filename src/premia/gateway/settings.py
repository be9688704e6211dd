"""How a gateway is set up: address, clock, and the limits that IB imposes on its clients."""

from __future__ import annotations

from typing import Literal

import msgspec

SERVER_VERSION = 178
LOWEST_CLIENT = 157
SKIPPED_VERSION = 158


class GatewaySettings(msgspec.Struct, frozen=True):
    """What a gateway is told once, when it starts.

    Attributes:
        port: TCP port of the API; 0 takes a free one.
        control_port: Port of the line-based control channel; 0 takes a free one, None opens none.
        clock: `real` lets market time run with the wall, from the exchange's own time; `stepped` moves it
            by command.
        tick_s: Wall seconds between two looks at the market with a real clock.
        messages_per_s: Rate of client messages that IB allows; 0 for no limit.
        burst_s: Seconds' worth of messages that may come at once.
        lines: Market data lines of the user, over all clients.
        snapshot_wait_s: How long a snapshot of a contract without data stays open, on a real clock.
        history_requests: Requests for small bars allowed in ten minutes.
        faults: Faults in force from the start, as text (see `faults.parse_fault`).
        master_client_id: The client that sees the orders and executions of all others; None for nobody.
    """

    host: str = "127.0.0.1"
    port: int = 4002
    control_port: int | None = None
    clock: Literal["real", "stepped"] = "real"
    tick_s: float = 1.0
    messages_per_s: int = 50
    burst_s: float = 2.0
    lines: int = 100
    snapshot_wait_s: float = 11.0
    history_requests: int = 60
    faults: tuple[str, ...] = ()
    master_client_id: int | None = None


def agreed_version(lowest: int, highest: int) -> int | None:
    """The server version for a client's range; None where the client is too old or too new to be served."""
    version = min(highest, SERVER_VERSION)
    if version == SKIPPED_VERSION:
        version = LOWEST_CLIENT
    return version if version >= max(lowest, LOWEST_CLIENT) else None
