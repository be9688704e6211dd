"""The smallest client that speaks the protocol: it sends fields and collects frames, in order."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable


class RawClient:
    """A TCP connection to a gateway that keeps every frame it received."""

    def __init__(self, reader, writer, version: int) -> None:
        self._reader = reader
        self._writer = writer
        self.version = version
        self.frames: list[list[str]] = []

    @classmethod
    async def connect(cls, port: int, client_id: int | None = 1, versions: str = "v157..178") -> RawClient:
        """Connect, agree on a version, and start the API unless `client_id` is None."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        offer = versions.encode()
        writer.write(b"API\0" + struct.pack(">I", len(offer)) + offer)
        client = cls(reader, writer, 0)
        try:
            version, _time = await client.frame()
        except (EOFError, ConnectionError):
            await client.close()
            raise
        client.version = int(version)
        if client_id is not None:
            client.send(71, 2, client_id, "")
        return client

    def send(self, *fields: object) -> None:
        """Send one request."""
        body = "".join(f"{field}\0" for field in fields).encode()
        self._writer.write(struct.pack(">I", len(body)) + body)

    async def frame(self) -> list[str]:
        """The next frame; raises IncompleteReadError once the server has closed."""
        (length,) = struct.unpack(">I", await asyncio.wait_for(self._reader.readexactly(4), 10))
        body = await asyncio.wait_for(self._reader.readexactly(length), 10)
        assert body.endswith(b"\0")
        return body.decode("ascii").split("\0")[:-1]

    async def until(self, wanted: Callable[[list[str]], bool]) -> list[list[str]]:
        """Every frame up to the first one that fits, that one included."""
        seen: list[list[str]] = []
        while True:
            fields = await self.frame()
            seen.append(fields)
            self.frames.append(fields)
            if wanted(fields):
                return seen

    async def until_time(self) -> list[list[str]]:
        """Every frame that the server had sent when it answered a request for its time."""
        self.send(49, 1)
        return (await self.until(lambda fields: fields[0] == "49"))[:-1]

    async def rest(self) -> list[list[str]]:
        """Every frame until the server closes the connection."""
        seen: list[list[str]] = []
        try:
            while True:
                seen.append(await self.frame())
        except (asyncio.IncompleteReadError, ConnectionError):
            return seen

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
