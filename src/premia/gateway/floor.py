"""The trading floor: the state that all connected clients share.

One exchange, one set of faults, the sessions in order of arrival, and the register that remembers
what clients wrote on their orders. It outlives every connection, and a restart of the gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from premia.domain.instrument import Contract
from premia.domain.money import Price
from premia.exchange.accounts import Worth
from premia.exchange.exchange import Exchange
from premia.exchange.types import OrderView
from premia.gateway.faults import Faults
from premia.gateway.names import Catalogue
from premia.gateway.pacing import HistoryPacing
from premia.gateway.requests import Placing
from premia.gateway.session import Session
from premia.gateway.settings import GatewaySettings


class Register:
    """What clients wrote on their orders, by client and order id, and the next id that nobody used."""

    def __init__(self) -> None:
        """No order yet."""
        self._placed: dict[tuple[int, int], Placing] = {}
        self._staged: dict[tuple[int, int], Placing] = {}
        self._acknowledged: set[int] = set()
        self._highest = 0

    @property
    def next_id(self) -> int:
        """The first order id above every one used."""
        return self._highest + 1

    def note(self, client_id: int, placing: Placing) -> None:
        """Remember an order, or its change; its id is used from now on."""
        self._placed[client_id, placing.order_id] = placing
        self._staged.pop((client_id, placing.order_id), None)
        self._highest = max(self._highest, placing.order_id)

    def stage(self, client_id: int, placing: Placing) -> None:
        """Remember an order that is not to be transmitted yet; nobody hears of it."""
        self._staged[client_id, placing.order_id] = placing
        self._highest = max(self._highest, placing.order_id)

    def unstage(self, client_id: int, order_id: int) -> bool:
        """Forget an order that was never transmitted; whether there was one."""
        return self._staged.pop((client_id, order_id), None) is not None

    def acknowledge(self, perm_id: int) -> bool:
        """Whether an order is acknowledged for the first time, and not after a change or an opening."""
        first = perm_id not in self._acknowledged
        self._acknowledged.add(perm_id)
        return first

    def placing(self, view: OrderView) -> Placing | None:
        """What the client wrote on an order; None for the market's own."""
        return self.placing_of(view.ticket.client_id, view.ticket.order_id)

    def placing_of(self, client_id: int, order_id: int) -> Placing | None:
        """What a client wrote on the order of this id; None where it never did."""
        return self._placed.get((client_id, order_id))


class Floor:
    """Everything that requests are answered from."""

    def __init__(self, exchange: Exchange, settings: GatewaySettings) -> None:
        """Open the floor on an exchange, with the faults of the settings in force."""
        self.exchange = exchange
        self.catalogue = Catalogue(exchange)
        self.settings = settings
        self.faults = Faults(settings.faults)
        self.register = Register()
        self.history = HistoryPacing(settings.history_requests)
        self.sessions: list[Session] = []
        self.met: list[Session] = []  # every client that ever started, for statistics
        self.connected = True
        self.opened = exchange.now
        self.looked_at = exchange.now
        self.accounts_pushed_at = exchange.now
        self.closes: dict[tuple[date, bool], dict[Contract, Price | None]] = {}
        self.day_start: dict[str, Worth] = {}
        self.fills: dict[
            tuple[str, str], Contract
        ] = {}  # by account and key: fills not yet pushed as positions

    @property
    def now(self) -> datetime:
        """Market time."""
        return self.exchange.now

    def started(self) -> Iterator[Session]:
        """Clients that named their id, in order of arrival."""
        return (session for session in list(self.sessions) if session.started and session.open)

    def client(self, client_id: int) -> Session | None:
        """The connected client of an id."""
        return next((session for session in self.started() if session.client_id == client_id), None)

    def listeners(self, client_id: int) -> list[Session]:
        """Who hears of an order of this client: itself, and the master client; nobody while the link is lost.

        What happens meanwhile is not told later: a client finds it by asking.
        """
        if not self.connected:
            return []
        ids = {client_id, self.settings.master_client_id}
        return [session for session in self.started() if session.client_id in ids]

    def lines_in_use(self) -> int:
        """Market data lines that are open, over all clients."""
        return sum(len(session.asks.data) for session in self.started())

    def traffic(self) -> list[dict[str, float]]:
        """Messages and wall seconds of each client that ever started, in order of arrival."""
        return [
            {
                "client_id": one.client_id,
                "received": one.received,
                "sent": one.sent,
                "connected": int(one.open),
                "seconds": round(one.seconds, 3),
            }
            for one in self.met
        ]
