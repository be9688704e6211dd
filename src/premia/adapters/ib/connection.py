"""One connection to a gateway: opened within a time limit, every request with one of its own.

Beneath is the client of `ib_async`, which encodes, decodes and moves bytes; its caches, its start-up
downloads (positions, account updates, all orders, executions, unasked) and its throttle are not used.
A client number that is still taken is waited out for a while, because it is our fence: two of us
never place orders under one number.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from contextlib import nullcontext, suppress
from typing import Any, NamedTuple

from ib_async.client import Client

from premia.adapters.ib import codes
from premia.adapters.ib.pacing import Pacer
from premia.adapters.ib.receiver import REQUESTS_FROM, TIME, Receiver
from premia.domain.errors import BrokerError, NotConnected, RequestTimedOut

# Without a handler of the program's own, the library's lines would go to a person's terminal.
logging.getLogger("ib_async").addHandler(logging.NullHandler())

ZONE = "America/New_York"
_ORDER_MESSAGES = frozenset({"3", "4", "58", "71"})
_FENCE_PAUSE_S = 0.5
_GOODBYE_S = 1.0


class Address(NamedTuple):
    """Where the gateway listens, and as which client we speak."""

    host: str = "127.0.0.1"
    port: int = 4002
    client_id: int = 1

    def __str__(self) -> str:
        """`127.0.0.1:4002 as client 1`."""
        return f"{self.host}:{self.port} as client {self.client_id}"


class TimeLimits(NamedTuple):
    """Wall seconds that we wait: for the session, an answer, the margin of an order, the fence."""

    connect_s: float = 10.0
    request_s: float = 10.0
    what_if_s: float = 10.0
    fence_s: float = 30.0


class Heartbeat(NamedTuple):
    """How a silent connection is found dead, in wall seconds; at the worst `2 * quiet_s + answer_s` after it.

    Attributes:
        quiet_s: Silence after which the gateway is asked for its time.
        answer_s: Silence after the question until the connection is given up.
    """

    quiet_s: float = 8.0
    answer_s: float = 8.0


class Counts(NamedTuple):
    """Messages sent and received since the connection object was made."""

    sent: int
    received: int


class PacedClient(Client):
    """The library's client with our pacing in place of its own, and with counters that outlive a session."""

    earlier_sent = 0
    earlier_received = 0

    def __init__(self, wrapper: object, pacer: Pacer) -> None:
        self._outbox = bytearray()
        self.pacer = pacer
        super().__init__(wrapper)

    def reset(self) -> None:
        """Start a session afresh; the library calls it on every disconnect."""
        self.earlier_received += getattr(self, "_numMsgRecv", 0)
        self.earlier_sent += getattr(self, "own_sent", 0)
        self.own_sent = 0
        self._outbox.clear()
        self.pacer.clear()  # what waits belongs to the session that ends, an order above all
        super().reset()

    def counts(self) -> Counts:
        """Messages so far, the handshake not counted."""
        return Counts(self.earlier_sent + self.own_sent, self.earlier_received + self._numMsgRecv)

    def flush(self) -> None:
        """Hand what is due to the socket: all messages of one turn of the event loop in one piece."""
        if self._outbox and self.isConnected():
            self.conn.sendMsg(bytes(self._outbox))
        self._outbox.clear()

    def sendMsg(self, msg: str) -> None:  # noqa: N802 - the library calls it by this name
        """Put a message in line and send what is due."""
        self.pacer.offer(msg, urgent=msg.split("\0", 1)[0] in _ORDER_MESSAGES)
        self._send_due()

    def _send_due(self) -> None:
        if not self.isConnected():
            self.pacer.clear()
            return
        for message in self.pacer.due():
            if not self._outbox:
                asyncio.get_running_loop().call_soon(self.flush)
            self._outbox += self._prefix(message.encode())
            self.own_sent += 1
        wait_s = self.pacer.wait_s()
        if wait_s is not None:
            asyncio.get_running_loop().call_later(wait_s, self._send_due)


class Connection:
    """A session with a gateway, and the one way to ask it something.

    Attributes:
        address: Where it leads.
        limits: How long it waits.
        receiver: Where messages arrive.
    """

    def __init__(
        self,
        address: Address,
        pacer: Pacer,
        limits: TimeLimits | None = None,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        """Prepare a connection; nothing is sent before `open`. Without `heartbeat` silence is no death."""
        self.address = address
        self.limits = limits or TimeLimits()
        self.receiver = Receiver()
        self.client = PacedClient(self.receiver.callbacks(ZONE), pacer)
        self.client.decoder.logger = _Complaints(self.receiver)
        self._request = REQUESTS_FROM
        self._locks: dict[Hashable, asyncio.Lock] = {}
        self._heartbeat = heartbeat
        self._pulse: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a session stands."""
        return self.client.isReady()

    @property
    def is_held_back(self) -> bool:
        """Whether messages wait for the pace to let them out."""
        return self.client.pacer.wait_s() is not None

    @property
    def counts(self) -> Counts:
        """Messages sent and received."""
        return self.client.counts()

    @property
    def accounts(self) -> tuple[str, ...]:
        """Accounts that the session manages."""
        return tuple(self.client.getAccounts()) if self.is_open else ()

    async def open(self) -> None:
        """Connect and wait until the gateway has told accounts and the next order number.

        Raises:
            NotConnected: If no session stands within the limit, with what to look at.
        """
        if self.is_open:
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + self.limits.fence_s
        while not await self._attempt():
            if loop.time() >= until:
                raise NotConnected(
                    f"Client number {self.address.client_id} is in use at {self.address.host}:"
                    f"{self.address.port} for more than {self.limits.fence_s:g} s. Another program "
                    "(or another Premia) is connected under it: end that one, or choose another number."
                )
            await asyncio.sleep(_FENCE_PAUSE_S)
        if self._heartbeat is not None:
            self._pulse = asyncio.create_task(self._listen_for_life(self._heartbeat))

    async def ask(
        self, key: Hashable, what: str, send: Callable[[], object], limit_s: float | None = None
    ) -> list[Any]:
        """Send a request and collect its answer.

        Args:
            key: A request number, or the name of a kind of request without one; of each kind one is open.
            what: The request in words, for errors.
            send: Sends it.
            limit_s: Wall seconds to wait; the ordinary limit where None.

        Raises:
            NotConnected: If there is no session, or it ends meanwhile.
            RequestTimedOut: If the answer is not complete in time.
            RequestRefused: If the gateway answers with an error.
        """
        async with self._locks.setdefault(key, asyncio.Lock()) if isinstance(key, str) else nullcontext():
            self.require()
            waiting = self.receiver.expect(key, what)
            limit_s = self.limits.request_s if limit_s is None else limit_s
            try:
                send()
                return await asyncio.wait_for(waiting.future, limit_s)
            except TimeoutError as error:
                raise RequestTimedOut(
                    f"The gateway did not answer {what} within {limit_s:g} s; it stays unknown."
                ) from error
            finally:
                self.receiver.forget(key)

    def request_id(self) -> int:
        """A number for a request, never used before."""
        self._request += 1
        return self._request

    def require(self) -> None:
        """Make sure that a session stands.

        Raises:
            NotConnected: If none does.
        """
        if not self.is_open:
            raise NotConnected(f"There is no session with the gateway at {self.address}. Connect first.")

    async def barrier(self) -> int:
        """The gateway's time (seconds since 1970 UTC); all that it sent before was read when this returns."""
        (seconds,) = await self.ask(TIME, "its time", self.client.reqCurrentTime)
        return int(seconds)

    async def close(self) -> None:
        """End the session; the gateway frees its data lines, orders keep working."""
        if self._pulse is not None:
            self._pulse.cancel()
            self._pulse = None
        if self.client.conn.isConnected():
            gone = asyncio.Event()
            self.client.conn.disconnected.connect(lambda *_words: gone.set())
            self.client.flush()
            self.client.disconnect()
            try:
                await asyncio.wait_for(gone.wait(), _GOODBYE_S)
            except TimeoutError:  # the other side takes nothing any more, not even a farewell
                self._hang_up()
        self.receiver.lines.clear()

    async def _listen_for_life(self, heartbeat: Heartbeat) -> None:
        """Give up a connection that neither speaks nor answers: a half-open socket never ends by itself."""
        while self.is_open:
            before = self.counts.received
            await asyncio.sleep(heartbeat.quiet_s)
            if self.counts.received != before:
                continue
            with suppress(BrokerError):
                await self.ask(TIME, "a sign of life", self.client.reqCurrentTime, heartbeat.answer_s)
            if self.is_open and self.counts.received == before:
                seconds = heartbeat.quiet_s + heartbeat.answer_s
                self.receiver.why_closed = f"the gateway has been silent for {seconds:g} s"
                self._hang_up()
                return

    def _hang_up(self) -> None:
        """End the socket at once; what was not sent is dropped."""
        transport: asyncio.Transport | None = self.client.conn.transport
        if transport is not None:
            transport.abort()

    async def _attempt(self) -> bool:
        """Try once; False when the client number is taken."""
        host, port, client_id = self.address
        self.receiver.notices.clear()
        self.receiver.why_closed = ""
        self.receiver.lost = False  # a gateway that still lacks IB's servers says so again
        opening = asyncio.ensure_future(
            self.client.connectAsync(host, port, client_id, self.limits.connect_s)
        )
        hung_up = asyncio.ensure_future(_once(self.client.conn.disconnected))
        try:
            await asyncio.wait({opening, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                opening.result()
                return True
            if any(code == codes.CLIENT_ID_TAKEN for code, _ in self.receiver.notices):
                return False
            raise NotConnected(self._hung_up())
        except ConnectionError as error:
            raise NotConnected(self._refused()) from error
        except TimeoutError as error:
            raise NotConnected(self._silent()) from error
        except OSError as error:
            raise NotConnected(f"{host}:{port} cannot be reached: {error}. Check host and port.") from error
        finally:
            for task in (opening, hung_up):
                task.cancel()
                with suppress(asyncio.CancelledError, OSError, TimeoutError):
                    await task

    def _refused(self) -> str:
        return (
            f"No gateway listens at {self.address.host}:{self.address.port}. Start IB Gateway or TWS, log "
            "in, and enable API > Settings > Enable ActiveX and Socket Clients. Ports: Gateway 4002 paper, "
            "4001 live; TWS 7497 paper, 7496 live."
        )

    def _silent(self) -> str:
        return (
            f"{self.address.host}:{self.address.port} took the connection but told no accounts within "
            f"{self.limits.connect_s:g} s. Is the gateway logged in? Is 127.0.0.1 among its trusted "
            "addresses, and does no dialog wait for a click?"
        )

    def _hung_up(self) -> str:
        words = "; ".join(codes.explained(code, text) for code, text in self.receiver.notices)
        return f"{self.address.host}:{self.address.port} ended the connection before the session stood" + (
            f": {words}."
            if words
            else ". It may be restarting, or this address is not among its trusted ones."
        )


class _Complaints(logging.Logger):
    """Takes what the decoder would only log: a message that it could not read is a fact we must know of."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__("premia.ib.decoder", logging.ERROR)
        self._receiver = receiver
        self.propagate = False

    def handle(self, record: logging.LogRecord) -> None:
        """Count the message as lost."""
        self._receiver.undecoded(record.getMessage())


async def _once(event: Any) -> None:  # noqa: ANN401 - the library's event type is awaitable and untyped
    await event
