"""An engine on a gateway over TCP that faults strike: what scenarios of the wire and of orders share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from premia.bootstrap.settings import load
from premia.domain.order import OrderState, Stage
from premia.engine.run import Runner
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Opening, Policy
from premia.gateway.server import GatewayServer
from premia.gateway.settings import GatewaySettings
from tests.integration.ib.markets import ACCOUNT, a_market
from tests.scenarios.test_engine_over_tcp import CONFIG, MONDAY, SYMBOLS, Story
from tests.unit.exchange.fixed_market import at

RESTING = Policy(seed=7, shy=1.0)
"""Orders meet nobody before they reach the other side."""

EAGER = Policy(seed=7, shy=0.0)
"""Somebody takes every order within minutes."""


@asynccontextmanager
async def a_story(
    folder: Path,
    *openings: Opening,
    policy: Policy = RESTING,
    when: str = MONDAY,
    config: str = CONFIG,
    adopt: bool = False,
) -> AsyncIterator[Story]:
    """A market with an account of 100,000 USD, and a configuration beside an empty journal."""
    setup = AccountSetup(ACCOUNT, cash=Decimal(100_000), openings=openings)
    exchange = Exchange(a_market(*SYMBOLS), [setup], policy, at(when))
    server = GatewayServer(exchange, GatewaySettings(port=0, clock="stepped", messages_per_s=0))
    await server.start()
    try:
        path = folder / "premia.toml"
        text = config.format(account=ACCOUNT, port=server.port, adopt=str(adopt).lower())
        path.write_text(text, encoding="utf-8")
        yield Story(server, load(path))
    finally:
        await server.stop()


async def heard(story: Story, runner: Runner) -> None:
    """Let the engine read and settle all that the gateway has said."""
    if story.parts.connection.is_open:
        await story.parts.connection.barrier()
    await runner.settled()


async def later(story: Story, runner: Runner, to: str) -> None:
    """Let the market and the engine live until a market time, the engine looking once at its end."""
    await story.go(to)
    await heard(story, runner)
    await runner.tick()
    await heard(story, runner)


async def until_gone(runner: Runner) -> None:
    """Wait until the engine knows that its connection is lost."""
    async with asyncio.timeout(5):
        while runner.book.connected:
            await runner.wait(1)


def at_work(runner: Runner) -> list[OrderState]:
    """Orders of ours that work, by key."""
    found = [state for state in runner.book.orders.values() if state.stage is Stage.WORKING]
    return sorted(found, key=lambda state: state.key)


def live(story: Story, key: str) -> list:
    """Orders at the market that work under a reference."""
    return [view for view in story.server.floor.exchange.open_orders() if view.ticket.order_ref == key]
