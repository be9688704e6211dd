"""The TCP side of the gateway: greeting, sessions, the passing of market time, and restarts.

Requests are answered one after the other in the order in which their bytes came; nothing is
answered while market time moves, so what happens at one instant depends on nothing but the order
of requests. The exchange and the register outlive connections and restarts.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal

from premia.domain.dates import new_york, session_of
from premia.domain.errors import PremiaError
from premia.domain.instrument import Contract
from premia.exchange.exchange import Exchange
from premia.exchange.types import CashMoved, Filled, Holding, PositionMoved, Report
from premia.gateway import accounts, history, marketdata, orders
from premia.gateway.codes import (
    CLIENT_ID_TAKEN,
    CONNECTION_LOST,
    DATA_FARM_DOWN,
    DATA_FARM_OK,
    DEFINITION_FARM_OK,
    HISTORY_FARM_OK,
    RESTORED_WITH_DATA,
    RESTORED_WITHOUT_DATA,
)
from premia.gateway.dispatch import answer
from premia.gateway.faults import Fault
from premia.gateway.floor import Floor
from premia.gateway.pacing import MessageBucket
from premia.gateway.session import Session
from premia.gateway.settings import GatewaySettings, agreed_version
from premia.gateway.times import greeting_time
from premia.gateway.wire import Cursor, FrameReader, ProtocolError, fields_of, frame

GREETING = b"API\0"
START_API = 71
READ_BYTES = 65_536
GOODBYE_S = 5.0
MIDNIGHT = time(0, 0)


class PortTaken(PremiaError):
    """The port that the gateway should listen on is in use."""


class GatewayServer:
    """An exchange behind the TWS API protocol.

    `port` is the port it listens on once started. All times are market time.
    """

    def __init__(self, exchange: Exchange, settings: GatewaySettings | None = None) -> None:
        """Set up, without listening yet."""
        self.settings = settings or GatewaySettings(port=0, clock="stepped")
        self.floor = Floor(exchange, self.settings)
        self.port = self.settings.port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[StreamWriter] = set()
        self._returns_at: datetime | None = None
        self._note_day_start()

    async def start(self) -> None:
        """Listen.

        Raises:
            PortTaken: If another program holds the port.
        """
        try:
            self._server = await asyncio.start_server(self._serve, self.settings.host, self.port)
        except OSError as error:
            raise PortTaken(
                f"The gateway cannot listen on {self.settings.host}:{self.port}: {error.strerror or error}. "
                "Stop the program that holds the port, or choose another one with --port."
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection and the port."""
        await self._close_port()
        for writer in list(self._writers):
            writer.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GOODBYE_S)

    async def advance(self, to: datetime) -> list[Report]:
        """Move market time, tell clients what happened, and wait until their sockets took it.

        Returns what happened, in order. A time that is not later than now changes nothing.
        """
        reports: list[Report] = []
        midnight = new_york(session_of(to), MIDNIGHT)
        for until in (midnight, to):
            if until > self.floor.now:
                reports += self._move(until)
                if until == midnight:
                    self._note_day_start()
        await self._drain()
        if self._returns_at is not None and self.floor.now >= self._returns_at:
            self._returns_at = None
            await self.start()
        return reports

    async def strike(self, fault: Fault) -> None:
        """Put a fault in force; one that happens at once happens before this returns."""
        at_once: dict[str, Callable[[Fault], None]] = {
            "connectivity_lost": self._lose_link,
            "restored_without_data": self._restore_link,
            "restored_with_data": self._restore_link,
            "drop": self._drop_sessions,
            "hold": self._hold_sessions,
            "stall": self._stall_sessions,
        }
        if fault.kind in at_once:
            at_once[fault.kind](fault)
        elif fault.kind == "restart":
            self._returns_at = self.floor.now + timedelta(seconds=fault.seconds)
            await self._close_port()
        else:
            self.floor.faults.add(fault)
            if fault.kind == "farm_down":
                self._tell_all(DATA_FARM_DOWN)
        await self._drain()

    async def lift(self, kind: str) -> int:
        """Clear the faults of a kind (empty: all); how many there were."""
        farm = self.floor.faults.holds("farm_down") is not None and kind in ("", "farm_down")
        gone = self.floor.faults.clear(kind)
        if farm:
            self._tell_all(DATA_FARM_OK)
        await self._drain()
        return gone

    def _move(self, until: datetime) -> list[Report]:
        """One step of market time, with everything that clients hear of it put on its way."""
        floor = self.floor
        reports = floor.exchange.advance(until)
        orders.publish(floor, reports)
        affected = [report for report in reports if isinstance(report, Filled | PositionMoved | CashMoved)]
        marketdata.push(floor)
        history.push(floor)
        accounts.push(floor, moved=_moved(floor, reports), affected=bool(affected))
        self._flush()
        return reports

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection from its first byte to its last."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        session: Session | None = None
        try:
            session = await self._greet(reader, writer)
            if session is not None:
                self.floor.sessions.append(session)
                await self._listen(session, reader)
        except (ConnectionError, asyncio.IncompleteReadError, ProtocolError):
            pass  # The client is gone, or was none; its orders work on.
        finally:
            if session is not None and session in self.floor.sessions:
                self.floor.sessions.remove(session)
                session.close()
            self._writers.discard(writer)
            writer.close()

    async def _greet(self, reader: StreamReader, writer: StreamWriter) -> Session | None:
        """Agree on a version; None where the other side speaks something else."""
        if await reader.readexactly(len(GREETING)) != GREETING:
            return None
        length = int.from_bytes(await reader.readexactly(4), "big")
        offer = (await reader.readexactly(min(length, 256))).decode("ascii", "replace").split(" ")[0]
        low, _, high = offer.removeprefix("v").partition("..")
        if not (low.isdigit() and (high or low).isdigit()):
            return None
        version = agreed_version(int(low), int(high or low))
        if version is None:
            return None
        writer.write(frame(version, greeting_time(self.floor.now)))
        await writer.drain()
        bucket = MessageBucket(self.settings.messages_per_s, self.settings.burst_s, self.floor.now)
        return Session(writer, version, bucket)

    async def _listen(self, session: Session, reader: StreamReader) -> None:
        """Answer a client's requests until one of us closes."""
        frames = FrameReader()
        while session.open:
            data = await reader.read(READ_BYTES)
            if not data:
                return
            if session.stalled:
                continue
            for body in frames.feed(data):
                fields = fields_of(body)
                if session.started:
                    answer(self.floor, session, fields)
                    self._after_request()
                elif fields and fields[0] == str(START_API):
                    self._start_session(session, fields)
                if not session.open:
                    break
            marketdata.settle(self.floor, session)
            self._flush()
            await session.drain()

    def _start_session(self, session: Session, fields: list[str]) -> None:
        """Take a client's id and tell it where it stands, in the order in which a gateway does."""
        cursor = Cursor(fields[1:])
        cursor.integer()
        client_id = cursor.integer()
        if self.floor.client(client_id) is not None:
            session.error(-1, CLIENT_ID_TAKEN)
            session.flush_all()
            session.close()
            return
        session.client_id, session.started = client_id, True
        self.floor.met.append(session)
        if any(view.ticket.client_id == client_id for view in self.floor.exchange.open_orders()):
            orders.send_open(self.floor, session, everyone=False)
            session.send([53, 1])
        session.send([15, 1, ",".join(self.floor.exchange.accounts())])
        session.send([9, 1, self.floor.register.next_id])
        farm = DATA_FARM_DOWN if self.floor.faults.holds("farm_down") else DATA_FARM_OK
        for code in (farm, HISTORY_FARM_OK, DEFINITION_FARM_OK):
            session.error(-1, code)
        if not self.floor.connected:
            session.error(-1, CONNECTION_LOST)

    def _after_request(self) -> None:
        """Pushes that an order's immediate fill caused at this same instant."""
        if self.floor.fills:
            moved = _moved(self.floor, [])
            accounts.push(self.floor, moved=moved, affected=True)

    def _note_day_start(self) -> None:
        """Remember each account's worth, from which the day's P&L counts."""
        exchange = self.floor.exchange
        self.floor.day_start = {account: exchange.worth(account) for account in exchange.accounts()}

    def _tell_all(self, code: int) -> None:
        for session in self.floor.started():
            session.error(-1, code)
        self._flush()

    def _flush(self) -> None:
        for session in self.floor.sessions:
            session.flush(self.floor.now)

    async def _drain(self) -> None:
        self._flush()
        for session in list(self.floor.sessions):
            await session.drain()

    def _close_sessions(self, client_id: int) -> None:
        for session in list(self.floor.sessions):
            if client_id in (-1, session.client_id):
                session.close()

    def _lose_link(self, _fault: Fault) -> None:
        self.floor.connected = False
        self._tell_all(CONNECTION_LOST)

    def _restore_link(self, fault: Fault) -> None:
        self.floor.connected = True
        lost = fault.kind == "restored_without_data"
        self._tell_all(RESTORED_WITHOUT_DATA if lost else RESTORED_WITH_DATA)
        if lost:
            marketdata.drop_lines(self.floor)

    def _drop_sessions(self, fault: Fault) -> None:
        self._close_sessions(fault.client)

    def _hold_sessions(self, fault: Fault) -> None:
        for session in self.floor.started():
            if fault.client in (-1, session.client_id):
                session.held_until = self.floor.now + timedelta(seconds=fault.seconds)

    def _stall_sessions(self, fault: Fault) -> None:
        for session in self.floor.sessions:
            session.stalled = session.stalled or fault.client in (-1, session.client_id)

    async def _close_port(self) -> None:
        self._close_sessions(-1)
        if self._server is not None:
            self._server.close()
            self._server = None


def _moved(floor: Floor, reports: list[Report]) -> list[Holding]:
    """The positions that these reports changed, as they are now."""
    moves = [(one.account, one.contract) for one in reports if isinstance(one, PositionMoved)]
    touched = {**{(account, contract.key): contract for account, contract in moves}, **floor.fills}
    floor.fills.clear()
    return _holdings(floor, touched)


def _holdings(floor: Floor, touched: dict[tuple[str, str], Contract]) -> list[Holding]:
    """Each touched position as it stands; one that is gone has quantity zero."""
    if not touched:
        return []
    held = {
        (account, holding.contract.key): holding
        for account in {account for account, _ in touched}
        for holding in floor.exchange.holdings(account)
    }
    gone = Decimal(0)
    return [
        held.get((account, key)) or Holding(account, contract, 0, gone, gone)
        for (account, key), contract in touched.items()
    ]
