"""An event loop whose time passes only when nothing is left to do, and sockets that are queues.

Whoever waits waits in virtual seconds: when every task rests, the loop goes to the next timer at once. On the
way a hook may let a market live, or stop earlier. Connections are made in memory: bytes arrive in the order
in which they were written, in pieces of any size, and the same run gives the same order of everything.
"""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from types import SimpleNamespace

RESOLUTION = 1e-6
"""Of virtual time: the spacing of floats after days of seconds, or the loop would turn without end."""

IDLE_TURNS_MAX = 50_000
"""Turns of the loop at one instant; more is a program that waits for nothing."""

Passing = Callable[[float], float]
"""Told the virtual time to which the loop would go; answers how far it may."""


class Stuck(AssertionError):
    """Nothing is left to do and nothing is waited for, or time has stopped."""


class _Nothing(selectors.BaseSelector):
    """A selector without files: waiting lets virtual time pass."""

    def __init__(self) -> None:
        self.pass_time: Callable[[float | None], None] = lambda _timeout: None

    def register(self, fileobj, events, data=None):
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj):
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def modify(self, fileobj, events, data=None):
        return selectors.SelectorKey(fileobj, 0, events, data)

    def select(self, timeout=None):
        self.pass_time(timeout)
        return []

    def get_key(self, fileobj):
        raise KeyError(fileobj)

    def get_map(self):
        return {}

    def close(self):
        """Nothing is open."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; `passing` is asked before time moves on."""

    def __init__(self) -> None:
        nothing = _Nothing()
        super().__init__(nothing)
        nothing.pass_time = self._pass_time
        self._clock_resolution = RESOLUTION
        self._virtual = 0.0
        self._turns = 0
        self.given_up = False
        self.passing: Passing = lambda to: to
        self.network = Network(self)

    def time(self) -> float:
        return self._virtual

    def _pass_time(self, timeout: float | None) -> None:
        if timeout is None and not self.given_up:
            self.given_up = True
            raise Stuck("Every task waits for something that nobody will do.")
        if self.given_up:
            self._virtual += 1.0
            return
        if timeout <= 0:
            self._turns += 1
            if self._turns > IDLE_TURNS_MAX:
                self.given_up = True
                raise Stuck(f"{IDLE_TURNS_MAX} turns of the loop and time stands at {self._virtual:.6f} s.")
            return
        self._turns = 0
        self._virtual = max(self.passing(self._virtual + timeout), self._virtual)

    async def create_connection(self, protocol_factory, _host=None, port=None, **_options):
        return await self.network.connect(protocol_factory, port)

    async def create_server(self, protocol_factory, _host=None, port=None, **_options):
        return self.network.listen(protocol_factory, port)

    def add_signal_handler(self, _sig, _callback, *_args):
        """Nobody sends signals; whoever would calls what they would set going."""

    def run_in_executor(self, _executor, func, *_args):
        raise Stuck(f"{func} was to run in a thread, which has no virtual time.")


class Network:
    """Ports that are listened on, and the connections between them.

    Attributes:
        cut: How many bytes of what is under way may arrive at once; None for all of them.
        delay_s: For how long bytes are under way.
    """

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._ports: dict[int, Callable[[], asyncio.Protocol]] = {}
        self._next_port = 4001
        self.cut: Callable[[], int] | None = None
        self.delay_s: Callable[[], float] = lambda: 0.0
        self.connected: Callable[[Pipe], None] = lambda _pipe: None
        self.beyond = copy_context()  # of what happens on the other side of a wire

    def listen(self, factory: Callable[[], asyncio.Protocol], port: int) -> SimpleNamespace:
        if not port:
            self._next_port += 1
            port = self._next_port
        if port in self._ports:
            raise OSError(98, f"port {port} is taken")
        self._ports[port] = factory
        address = SimpleNamespace(getsockname=lambda: ("127.0.0.1", port))
        return SimpleNamespace(sockets=[address], close=lambda: self._ports.pop(port, None))

    async def connect(self, factory: Callable[[], asyncio.Protocol], port: int):
        await asyncio.sleep(0)
        listener = self._ports.get(port)
        if listener is None:
            raise ConnectionRefusedError(111, f"nobody listens on port {port}")
        here, there = Pipe(self._loop, copy_context()), Pipe(self._loop, self.beyond)
        here.peer, there.peer = there, here
        client = factory()
        here.protocol, there.protocol = client, self.beyond.run(listener)
        self.beyond.run(there.protocol.connection_made, there)
        self.connected(here)
        client.connection_made(here)
        return here, client


class Pipe(asyncio.Transport):
    """One end of a connection."""

    peer: Pipe
    protocol: asyncio.Protocol

    def __init__(self, loop: VirtualLoop, context: Context) -> None:
        super().__init__()
        self._loop = loop
        self._context = context
        self._inbound: deque[bytes | None] = deque()  # None: the other side has ended
        self._pumping = False
        self._paused = False
        self._closing = False
        self._finished = False  # our side has said that it writes no more
        self._arrives = 0.0
        self.dead = False
        self.sender: Callable[[bytes], None] = self.send

    def write(self, data) -> None:
        if self._closing or self._finished or self.dead or not data:
            return
        self.sender(bytes(data))

    def send(self, data: bytes) -> None:
        """Let bytes leave, whatever stands between."""
        if not self.dead:
            self.peer.arrive(data)

    def write_eof(self) -> None:
        if not self._finished and not self.dead:
            self._finished = True
            self.peer.arrive(None)

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        self._end(None)

    def abort(self) -> None:
        self._inbound.clear()
        self._end(None)

    def reset(self) -> None:
        """The connection breaks: what was under way is lost, and both sides hear of it."""
        for side in (self, self.peer):
            side._inbound.clear()
            side._finished = True
        for side in (self, self.peer):
            side._end(ConnectionResetError(104, "the connection was reset"))

    def die(self) -> None:
        """The process of this side is gone: it hears nothing any more, the other side hears the end."""
        self.write_eof()
        self.dead = self._closing = True
        self._inbound.clear()

    def _end(self, why: Exception | None) -> None:
        if self._closing:
            return
        self.write_eof()
        self._closing = True
        self._loop.call_soon(self._lost, why, context=self._context)

    def _lost(self, why: Exception | None) -> None:
        if not self.dead:
            self.protocol.connection_lost(why)

    def arrive(self, data: bytes | None) -> None:
        """Bytes, or the end, are on their way to this side."""
        if self.dead:
            return
        if data is not None and self._loop.network.cut is not None:
            size = self._loop.network.cut()
            for start in range(0, len(data), size):
                self._inbound.append(data[start : start + size])
        else:
            self._inbound.append(data)
        self._arrives = max(self._arrives, self._loop.time() + self._loop.network.delay_s())
        self._pump_soon()

    def _pump_soon(self) -> None:
        if self._pumping or self._paused:
            return
        self._pumping = True
        if self._arrives > self._loop.time():
            self._loop.call_at(self._arrives, self._pump, context=self._context)
        else:
            self._loop.call_soon(self._pump, context=self._context)

    def _pump(self) -> None:
        self._pumping = False
        if not self._inbound or self._closing or self._paused:
            return
        data = self._inbound.popleft()
        if data is None:
            if not self.protocol.eof_received():
                self.close()
        else:
            self.protocol.data_received(data)
        if self._inbound:
            self._pump_soon()

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        if self._inbound:
            self._pump_soon()

    def is_reading(self) -> bool:
        return not self._paused and not self._closing

    def is_closing(self) -> bool:
        return self._closing

    def get_extra_info(self, name, default=None):
        return ("127.0.0.1", 0) if name == "peername" else default

    def get_write_buffer_size(self) -> int:
        return 0

    def get_write_buffer_limits(self):
        return 0, 0

    def set_write_buffer_limits(self, high=None, low=None) -> None:
        """Nothing is ever buffered here."""

    def set_protocol(self, protocol) -> None:
        self.protocol = protocol

    def get_protocol(self):
        return self.protocol
