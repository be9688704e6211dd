"""The control channel: one JSON object a line, in and out, on a loopback port.

With it a test or the demo moves a stepped clock, puts faults into the gateway, and reads the
market's own record, which no client ever sees. An answer to `advance` comes only when every frame
that resulted is in the clients' sockets; what a client then reads first is that, in order.

    {"cmd": "advance", "to": "2024-03-11T15:00:00Z"}    -> {"ok": true, "now": "...Z", "reports": 3}
    {"cmd": "now"}                                      -> {"ok": true, "now": "..."}
    {"cmd": "fault", "fault": "reject:symbol=SPY"}      -> {"ok": true, "faults": [...]}
    {"cmd": "clear", "kind": "reject"}                  -> {"ok": true, "cleared": 1}
    {"cmd": "state"}                                    -> {"ok": true, "accounts": {...}, ...}
    {"cmd": "record", "after": 120}                     -> {"ok": true, "record": [...], "next": 147}
    {"cmd": "stats"}                                    -> {"ok": true, "clients": [...]}
    {"cmd": "shutdown"}                                 -> {"ok": true}, then the gateway stops
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from datetime import datetime
from typing import Any

import msgspec

from premia.domain.dates import as_utc
from premia.domain.errors import PremiaError
from premia.gateway.faults import AT_ONCE, parse_fault
from premia.gateway.server import GatewayServer, PortTaken

LINE_LIMIT = 1024 * 1024
_ENCODER = msgspec.json.Encoder(decimal_format="string")


class ControlError(PremiaError):
    """A command that cannot be carried out."""


class Command(msgspec.Struct):
    """A command with the arguments of any of them."""

    cmd: str
    to: datetime | None = None
    fault: str = ""
    kind: str = ""
    after: int = 0


class ControlPort:
    """Answers commands for one gateway; `stopped` is set once it was told to shut down."""

    def __init__(self, gateway: GatewayServer, port: int) -> None:
        """Set up, without listening yet; port 0 takes a free one."""
        self._gateway = gateway
        self._server: asyncio.Server | None = None
        self._turn = asyncio.Lock()
        self.port = port
        self.stopped = asyncio.Event()

    async def start(self) -> None:
        """Listen on the loopback interface.

        Raises:
            PortTaken: If another program holds the port.
        """
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=LINE_LIMIT)
        except OSError as error:
            raise PortTaken(
                f"The control channel cannot listen on 127.0.0.1:{self.port}: {error.strerror or error}. "
                "Choose another port with --control-port, or 0 for a free one."
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while line := await reader.readline():
                async with self._turn:
                    answer = await self._answer(line)
                writer.write(_ENCODER.encode(answer) + b"\n")
                await writer.drain()
                if self.stopped.is_set():
                    break
        except (ConnectionError, ValueError):
            pass  # The other side is gone, or sent a line beyond the limit.
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        """The answer to one command; what went wrong with it in words."""
        try:
            command = msgspec.json.decode(line, type=Command)
            return {"ok": True, **await self._carry_out(command)}
        except (PremiaError, msgspec.MsgspecError) as error:
            return {"ok": False, "error": str(error)}

    async def _carry_out(self, command: Command) -> dict[str, Any]:
        commands = {
            "advance": self._advance,
            "now": self._now,
            "fault": self._fault,
            "clear": self._clear,
            "state": self._state,
            "record": self._record,
            "stats": self._stats,
            "shutdown": self._shutdown,
        }
        if command.cmd not in commands:
            raise ControlError(
                f"Command {command.cmd!r} is not known. Known commands: {', '.join(commands)}."
            )
        return await commands[command.cmd](command)

    async def _advance(self, command: Command) -> dict[str, Any]:
        gateway = self._gateway
        if gateway.settings.clock != "stepped":
            raise ControlError(
                "This gateway follows the wall clock; start it with --clock stepped to advance it."
            )
        if command.to is None or command.to.tzinfo is None:
            raise ControlError(
                'Command advance needs "to", a time with its zone such as 2024-03-11T15:00:00Z.'
            )
        to = as_utc(command.to)
        if to < gateway.floor.now:
            raise ControlError(
                f"The market is at {_time(gateway.floor.now)} and cannot go back to {_time(to)}."
            )
        reports = await gateway.advance(to)
        return {"now": _time(gateway.floor.now), "reports": len(reports)}

    async def _now(self, command: Command) -> dict[str, Any]:
        del command
        return {"now": _time(self._gateway.floor.now)}

    async def _fault(self, command: Command) -> dict[str, Any]:
        fault = parse_fault(command.fault)
        await self._gateway.strike(fault)
        kept = [] if fault.kind in AT_ONCE else [fault]
        return {"faults": self._gateway.floor.faults.listed() or kept}

    async def _clear(self, command: Command) -> dict[str, Any]:
        return {"cleared": await self._gateway.lift(command.kind)}

    async def _state(self, command: Command) -> dict[str, Any]:
        del command
        exchange = self._gateway.floor.exchange
        return {
            "now": _time(exchange.now),
            "accounts": {
                account: {"values": exchange.values(account), "holdings": exchange.holdings(account)}
                for account in exchange.accounts()
            },
            "orders": exchange.open_orders(),
            "completed": exchange.completed_orders(),
            "executions": exchange.executions(),
            "next_order_id": self._gateway.floor.register.next_id,
        }

    async def _record(self, command: Command) -> dict[str, Any]:
        record = self._gateway.floor.exchange.record
        return {"record": record[command.after :], "next": len(record)}

    async def _stats(self, command: Command) -> dict[str, Any]:
        del command
        return {"clients": self._gateway.floor.traffic()}

    async def _shutdown(self, command: Command) -> dict[str, Any]:
        del command
        self.stopped.set()
        return {}


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
