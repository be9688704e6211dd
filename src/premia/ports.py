"""The few doors through which the engine reaches the world.

Each is small, and has at least two implementations: in process and over the wire. The core is
synchronous; only what waits for the world is a coroutine. Every method that asks somebody has a time
limit of its own inside the implementation, and answers `Unknown` rather than an empty value.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from premia.domain.events import AnyEvent, BrokerObserved
from premia.domain.known import Known, Unknown
from premia.domain.market import MarketRequest, MarketView
from premia.domain.order import MarginQuote, Order, OrderState
from premia.domain.permit import Permit


class Clock(Protocol):
    """Market time."""

    def now(self) -> datetime:
        """The market's present, in UTC."""
        ...


class MarketData(Protocol):
    """Where quotes come from."""

    async def observe(self, request: MarketRequest) -> MarketView:
        """What the market shows now of each symbol asked for; a symbol that fails is `Unknown`, alone."""
        ...


class Broker(Protocol):
    """Where orders go. What becomes of them arrives through `reports`, never as a return value."""

    async def connect(self) -> AnyEvent:
        """Open the session; `Connected`.

        Raises:
            NotConnected: If no session could be opened, with what to check.
        """
        ...

    async def observe(self) -> BrokerObserved:
        """Account, positions, orders, executions behind one barrier; what timed out is `Unknown`."""
        ...

    def allocate_id(self, at_least: int) -> int:
        """The id for the next order: above every id used, and not below `at_least`."""
        ...

    async def submit(self, permit: Permit) -> None:
        """Send the order of a permit, or change its price; the permit is redeemed as the bytes leave.

        Raises:
            GateShut: If sending was forbidden meanwhile; nothing has left.
        """
        ...

    async def cancel(self, state: OrderState) -> None:
        """Ask for an order to be taken back."""
        ...

    async def what_if(self, order: Order) -> Known[MarginQuote] | Unknown:
        """What the order would change, without placing it."""
        ...

    def reports(self) -> AsyncIterator[AnyEvent]:
        """What happens to orders and to the session, as it happens."""
        ...

    async def close(self) -> None:
        """End the session; orders keep working."""
        ...


class Journal(Protocol):
    """The authority: what it holds has happened, and nothing else has."""

    def append(self, events: Sequence[AnyEvent], recorded_at: datetime) -> None:
        """Make events durable, all or none, before returning."""
        ...

    def read(self, after: int = 0) -> Iterable[tuple[int, AnyEvent]]:
        """Events in order with their sequence numbers, those after `after`.

        Raises:
            SequenceGap: If a row is missing.
            SchemaTooNew: If a row was written by a newer version.
        """
        ...

    def last_sequence(self) -> int:
        """Number of the newest event; 0 for an empty journal."""
        ...

    def close(self) -> None:
        """Let go of the journal."""
        ...
