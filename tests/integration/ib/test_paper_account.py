"""Against a real gateway with a paper account, on demand: `PREMIA_IB_PORT=4002 pytest -m ib`.

Nothing is placed: the session, the account and one look at the market are read.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from premia.adapters.clocks import WallClock
from premia.adapters.ib.assemble import REAL_TIME, IbParts, IbSettings, ib_parts
from premia.adapters.ib.clock import IbClock
from premia.adapters.ib.connection import Address
from premia.adapters.ib.market import MarketSettings
from premia.domain.events import Connected
from premia.domain.instrument import Right
from premia.domain.known import Known
from premia.domain.market import MarketRequest, Scan, Seen, SymbolRequest

pytestmark = pytest.mark.ib


@pytest.fixture
async def paper() -> AsyncIterator[tuple[IbParts, Connected]]:
    port = os.environ.get("PREMIA_IB_PORT")
    if port is None:
        pytest.skip("no gateway named: set PREMIA_IB_PORT to the API port of a paper account")
    settings = IbSettings(
        Address(port=int(port), client_id=int(os.environ.get("PREMIA_IB_CLIENT", "77"))),
        os.environ.get("PREMIA_IB_ACCOUNT", ""),
        market=MarketSettings(stale_ok=True),
    )
    parts = ib_parts(settings, IbClock(WallClock()), REAL_TIME)
    opened = await parts.broker.connect()
    assert isinstance(opened, Connected)
    assert opened.paper, "this is a live account; nothing is tested on it"
    yield parts, opened
    await parts.broker.close()


async def test_everything_of_the_account_is_told(paper):
    parts, _ = paper

    observed = await parts.broker.observe()

    assert all(
        isinstance(part, Known)
        for part in (observed.account, observed.positions, observed.orders, observed.fills)
    )
    assert observed.account.value.net_liquidation is not None
    assert observed.account.value.settled_cash is not None
    assert observed.next_id is not None


async def test_a_liquid_fund_is_seen_with_a_few_puts(paper):
    parts, _ = paper
    scan = Scan(Right.PUT, 0.15, 0.30, 21, 50, delta_target=0.25)

    view = await parts.market_data.observe(MarketRequest((SymbolRequest("SPY", (scan,)),)))

    seen = view.seen("SPY")
    assert isinstance(seen, Seen), seen.why
    assert seen.underlying.fund
    assert len(seen.chain) > 0
    assert parts.connection.counts.sent < 60
