"""The engine on a market in this process: the same decisions and rules, without a wire between.

Time is a list of instants. At each the exchange lives until then, the engine makes a pass, and
working orders take the steps of their ladders up to the next instant. On data with one snapshot a
day an order fills on its own snapshot, at the stated place in the spread; the report says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from premia.adapters.journals.memory import MemoryJournal
from premia.adapters.simulated.broker import SimulatedBroker
from premia.adapters.simulated.history import HistoryMarketData
from premia.adapters.simulated.market import SimulatedMarketData
from premia.bootstrap.compose import admission, engine_of
from premia.bootstrap.settings import Config
from premia.domain import events as ev
from premia.domain.book import Book
from premia.engine.run import Parts, Runner
from premia.exchange.exchange import Exchange
from premia.exchange.recorded_market import RecordedMarket
from premia.ports import MarketData


class Replayed(NamedTuple):
    """What a replay leaves behind.

    Attributes:
        facts: Everything that the journal holds.
        book: The book at the end.
        cash: The exchange's own cash at the end, for checking against the book's.
    """

    facts: tuple[ev.AnyEvent, ...]
    book: Book
    cash: Decimal


class ExchangeClock:
    """The exchange's time."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def now(self) -> datetime:
        """The market's present."""
        return self._exchange.now


def market_data(exchange: Exchange, lag: int = 0) -> MarketData:
    """What is seen of an exchange: recorded chains as columns, a model market contract by contract.

    Args:
        exchange: Its market and its present.
        lag: How many snapshots of recorded chains the view lies behind.
    """
    if isinstance(exchange.market, RecordedMarket):
        return HistoryMarketData(exchange, exchange.market, lag)
    return SimulatedMarketData(exchange)


async def already_right() -> None:
    """Nothing to set right: the clock is the exchange's own."""


async def replay(
    config: Config, exchange: Exchange, instants: Sequence[datetime], market: MarketData | None = None
) -> Replayed:
    """Run a configuration on an exchange, one pass at each instant.

    Args:
        config: What to trade; its account must be one of the exchange's.
        exchange: The market and the account, not later than the first instant.
        instants: Ascending market times of the passes.
        market: What is seen of it; `market_data` of the exchange where none is given.
    """
    clock = ExchangeClock(exchange)
    broker = SimulatedBroker(exchange, config.account.number, config.broker.client_id)
    journal = MemoryJournal(config.account.number)
    runner = Runner(
        engine_of(config, exchange.market.sessions),
        Parts(
            broker=broker,
            market=market or market_data(exchange),
            journal=journal,
            clock=clock,
            recorded_at=clock.now,
        ),
        Book(),
    )

    await runner.connect(admission(already_right, clock))
    try:
        for at, following in zip(instants, [*instants[1:], None], strict=True):
            broker.advance(at)
            await runner.settled()
            await runner.cycle()
            while (wake := runner.next_wake) is not None and (following is None or wake < following):
                broker.advance(wake)
                await runner.settled()
                await runner.tick()
        await runner.observe()
    finally:
        await runner.close()
    facts = tuple(event for _, event in journal.read())
    return Replayed(facts, runner.book, exchange.values(config.account.number).total_cash)
