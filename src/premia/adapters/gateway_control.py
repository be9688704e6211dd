"""The control channel of a simulated gateway: step its clock, put faults in force, read its own record.

One JSON object a line goes out, one comes back. An answer to `advance` arrives only when every
message that the step caused is in the clients' sockets, so that what a client reads next is that.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import msgspec

from premia.domain.errors import BrokerError, NotConnected, RequestTimedOut

LINE_LIMIT = 64 * 1024 * 1024


class ControlRefused(BrokerError):
    """A command that the gateway could not carry out, in its words."""


class GatewayControl:
    """A client of one gateway's control port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit_s: float) -> None:
        """Use `open_control` instead."""
        self._reader = reader
        self._writer = writer
        self._limit_s = limit_s
        self._turn = asyncio.Lock()

    async def advance(self, to: datetime) -> datetime:
        """Step the market's clock to an instant; the market's present afterwards.

        Raises:
            ControlRefused: If the clock is not stepped, or stands later already.
        """
        return _instant(await self._ask({"cmd": "advance", "to": to.isoformat()}))

    async def now(self) -> datetime:
        """The market's present."""
        return _instant(await self._ask({"cmd": "now"}))

    async def fault(self, text: str) -> None:
        """Put a fault in force, written `kind:key=value,key=value`."""
        await self._ask({"cmd": "fault", "fault": text})

    async def clear(self, kind: str = "") -> int:
        """Lift the faults of a kind (empty: all); how many there were."""
        return int((await self._ask({"cmd": "clear", "kind": kind}))["cleared"])

    async def state(self) -> dict[str, Any]:
        """Accounts, holdings, orders and executions as the market itself holds them."""
        return await self._ask({"cmd": "state"})

    async def record(self, after: int = 0) -> list[dict[str, Any]]:
        """What happened at the market, from the `after`th report on."""
        return list((await self._ask({"cmd": "record", "after": after}))["record"])

    async def stats(self) -> list[dict[str, Any]]:
        """Messages by client, as the gateway counted them."""
        return list((await self._ask({"cmd": "stats"}))["clients"])

    async def shutdown(self) -> None:
        """Tell the gateway to end."""
        await self._ask({"cmd": "shutdown"})

    async def close(self) -> None:
        """Close the channel; the gateway goes on."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return  # The gateway went first.

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        async with self._turn:
            try:
                self._writer.write(msgspec.json.encode(command) + b"\n")
                await self._writer.drain()
                line = await asyncio.wait_for(self._reader.readline(), self._limit_s)
            except TimeoutError as error:
                raise RequestTimedOut(
                    f"The gateway's control channel did not answer {command['cmd']} in {self._limit_s:g} s."
                ) from error
            except ConnectionError as error:
                raise NotConnected(f"The gateway's control channel ended: {error}.") from error
        if not line:
            raise NotConnected("The gateway's control channel ended: the gateway was stopped.")
        answer: dict[str, Any] = msgspec.json.decode(line)
        if not answer.get("ok"):
            raise ControlRefused(
                f"The gateway refused {command['cmd']}: {answer.get('error', 'without a word')}"
            )
        return answer


async def open_control(port: int, host: str = "127.0.0.1", limit_s: float = 60.0) -> GatewayControl:
    """Open a gateway's control channel.

    Raises:
        NotConnected: If nothing listens there.
    """
    try:
        reader, writer = await asyncio.open_connection(host, port, limit=LINE_LIMIT)
    except OSError as error:
        raise NotConnected(
            f"No control channel at {host}:{port}: {error}. Only a simulated gateway has one."
        ) from error
    return GatewayControl(reader, writer, limit_s)


def _instant(answer: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(answer["now"])
