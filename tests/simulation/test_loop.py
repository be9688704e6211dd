"""The loop of the simulation: time that passes at once, bytes that keep their order, ends that are heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.simulation.loop import Stuck, VirtualLoop


class Client(asyncio.Protocol):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard = b""
        self.ended = asyncio.Event()
        self.why: Exception | None = None

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.why = exc
        self.ended.set()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say again what is said, until the other side ends."""
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


def lived(story: Callable[[VirtualLoop], Awaitable[object]]) -> object:
    """What comes of a story in a loop of its own."""

    async def told() -> object:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        found = await story(loop)
        await asyncio.sleep(60)  # until servers have heard that nobody is there any more
        return found

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(told())


async def connected(loop: VirtualLoop):
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    return await loop.create_connection(Client, "127.0.0.1", port)


def test_a_day_of_waiting_passes_at_once_and_to_the_second():
    async def story(loop: VirtualLoop) -> float:
        await asyncio.gather(*(asyncio.sleep(hours * 3600) for hours in range(25)))
        return loop.time()

    assert lived(story) == 86_400


def test_whoever_asks_before_time_passes_may_stop_it_on_the_way():
    async def story(loop: VirtualLoop) -> list[float]:
        stops: list[float] = []

        def passing(to: float) -> float:
            stops.append(min(to, loop.time() + 2))
            return stops[-1]

        loop.passing = passing
        await asyncio.sleep(5)
        return list(stops)

    assert lived(story) == [2, 4, 5]


def test_bytes_keep_their_order_however_they_are_cut_and_delayed():
    text = bytes(range(256)) * 4

    async def story(loop: VirtualLoop) -> bytes:
        transport, client = await connected(loop)
        delays = iter([0.5, 0.1] * 2000)
        loop.network.cut, loop.network.delay_s = (lambda: 7), lambda: next(delays)
        for start in range(0, len(text), 100):
            transport.write(text[start : start + 100])
        await asyncio.sleep(10)
        transport.close()
        await client.ended.wait()
        return client.heard

    assert lived(story) == text


def test_a_side_that_ends_is_heard_and_one_that_is_reset_too():
    async def story(loop: VirtualLoop) -> tuple[bool, type]:
        first, ended = await connected(loop)
        first.write_eof()
        await asyncio.wait_for(ended.ended.wait(), 1)
        second, broken = await connected(loop)
        second.reset()
        await asyncio.wait_for(broken.ended.wait(), 1)
        return ended.why is None, type(broken.why)

    assert lived(story) == (True, ConnectionResetError)


def test_a_dead_process_hears_nothing_and_what_it_sent_arrives():
    async def story(loop: VirtualLoop) -> tuple[bytes, bytes]:
        said: list[bytes] = []

        async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            said.append(await reader.read(-1))
            writer.write(b"too late")
            writer.close()

        server = await asyncio.start_server(note, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        transport, client = await loop.create_connection(Client, "127.0.0.1", port)
        transport.write(b"last words")
        transport.die()
        await asyncio.sleep(1)
        return said[0], client.heard

    assert lived(story) == (b"last words", b"")


@pytest.mark.parametrize("kind", ["turns", "waits"])
def test_a_program_that_turns_without_rest_or_waits_for_nobody_is_stopped(kind):
    async def story(_loop: VirtualLoop) -> None:
        if kind == "waits":
            await asyncio.Event().wait()
        while True:  # noqa: ASYNC110 - that it never rests is the story
            await asyncio.sleep(0)

    with pytest.raises(Stuck):
        lived(story)
