"""Gateways with one client of the IB adapter, faults at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from tests.contracts.worlds import OverTcp, over_tcp
from tests.integration.gateway.conftest import an_exchange as quoted_exchange
from tests.integration.ib.markets import an_exchange as model_exchange


@pytest.fixture
async def opened() -> AsyncIterator[Callable]:
    """A function that opens a world over TCP on an exchange; all are closed afterwards."""
    async with AsyncExitStack() as stack:

        async def world(exchange, faults: tuple[str, ...] = (), **options) -> OverTcp:
            return await stack.enter_async_context(over_tcp(exchange, faults, **options))

        yield world


@pytest.fixture
async def trading(opened) -> OverTcp:
    """ABC at 100 with a few written-down quotes: the 95 put is 1.00 to 1.10."""
    return await opened(quoted_exchange())


@pytest.fixture
async def looking(opened) -> OverTcp:
    """A fund and two stocks of a model market."""
    return await opened(model_exchange())
