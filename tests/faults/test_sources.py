"""Sources of data that are down, slow, limited or speak nonsense: fault 45, as far as it can happen here.

Premia asks the broker for quotes and contracts, and the configuration for earnings dates: one source for
each, so that no two can disagree, and none that answers in JSON or HTML. What can speak HTML is a port that
is not the gateway's.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from premia.adapters.clocks import SteppedClock
from premia.adapters.ib.assemble import STEPPED, IbSettings, ib_parts
from premia.adapters.ib.connection import Address, TimeLimits
from premia.domain import events as ev
from premia.domain.errors import NotConnected
from tests.faults.stories import a_story, heard
from tests.mutation import assert_mutant_fails
from tests.scenarios.test_engine_over_tcp import CONFIG, SYMBOLS, Story
from tests.unit.exchange.fixed_market import at

HERE = "tests/faults/test_sources.py"
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>Welcome!</body></html>\n"


@pytest.fixture
async def story(tmp_path) -> AsyncIterator[Story]:
    async with a_story(tmp_path) as begun:
        yield begun


def traded(story: Story) -> set[str]:
    return {one.order.symbol for one in story.facts(ev.MarginRequested)}


def said(story: Story, symbol: str) -> str:
    """Why a symbol was passed over or refused, in one text."""
    passed = [one.passed for one in story.facts(ev.CandidatePassed)]
    refused = [(one.intent.symbol, one.rule, one.reason) for one in story.facts(ev.IntentRefused)]
    found = [(one.symbol, one.rule, one.reason) for one in passed] + refused
    return "; ".join(f"{rule}: {reason}" for of, rule, reason in found if of == symbol)


@pytest.mark.fault(45, "A source that fails for one symbol makes that symbol unknown; the others are traded")
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("no_data:symbol=ABC", "no price in time"),  # accepted and silent
        ("refuse_data:symbol=ABC,code=354", "354"),  # not subscribed
        ("refuse_data:symbol=ABC,code=101", "101"),  # more lines than allowed
        ("no_contract:symbol=ABC", "ABC"),  # no such contract
    ],
)
async def test_a_source_that_is_down_for_one_symbol(story, fault, why):
    await story.strike(fault)
    async with story.engine() as runner:
        await runner.cycle()
        await heard(story, runner)

    assert traded(story) == set(SYMBOLS) - {"ABC"}
    assert why in said(story, "ABC")
    assert len(story.facts(ev.CycleEnded)) == 1


@pytest.mark.fault(
    45, "A source that never answers ends the pass in time and without an order; the next one trades"
)
async def test_a_source_that_is_too_slow(story):
    await story.strike("no_answer:code=9")
    began = time.monotonic()
    async with story.engine() as runner:
        await runner.cycle()
        took, blind = time.monotonic() - began, traded(story)
        await story.server.lift("no_answer")
        await runner.cycle()
        await heard(story, runner)

    assert blind == set()
    assert took < 10
    assert re.search(r"no answer|within 2 s", said(story, "FND"))
    assert traded(story) == set(SYMBOLS)


@asynccontextmanager
async def a_port_that_says(answer: bytes) -> AsyncIterator[int]:
    """A port of something else than a gateway, which answers each caller and stays."""
    ends: list[asyncio.StreamWriter] = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        writer.write(answer)
        await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for end in ends:
            end.close()
        server.close()
        await server.wait_closed()


@pytest.mark.fault(
    45, "A port that answers 200 with HTML, nonsense or nothing is no gateway: told in time, and kept out"
)
@pytest.mark.parametrize(
    "answer", [HTML, b"\x00\x00\x00\x05junk\x00" * 50, b""], ids=["html", "junk", "silence"]
)
async def test_a_port_that_is_not_a_gateway_s(answer):
    async with a_port_that_says(answer) as port:
        settings = IbSettings(Address(port=port, client_id=3), limits=TimeLimits(connect_s=1.0))
        parts = ib_parts(settings, SteppedClock(at("2024-03-11 10:30")), STEPPED)
        began = time.monotonic()
        with pytest.raises(NotConnected, match=str(port)):
            await parts.broker.connect()
        took = time.monotonic() - began
        await parts.broker.close()

    assert took < 5


EARNINGS = CONFIG.replace('earnings = "ignore"\n', "") + "\n[events.earnings]\n{dates}\n"


@pytest.mark.fault(
    45, "An earnings date that nobody knows, or that has passed, is a blackout; a known one is kept clear of"
)
@pytest.mark.parametrize(
    ("dates", "why"),
    [
        ("", "no earnings date of ABC is configured"),
        ("ABC = 2024-02-01", "has passed"),
        ("ABC = 2024-03-20", "2024-03-20"),
    ],
)
async def test_a_stock_whose_earnings_are_unknown_past_or_near(tmp_path, dates, why):
    text = EARNINGS.replace("{dates}", dates)
    async with a_story(tmp_path, config=text) as story, story.engine() as runner:
        await runner.cycle()
        await heard(story, runner)

    assert "ABC" not in traded(story)
    assert "FND" in traded(story)
    assert why in said(story, "ABC")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/bootstrap/compose.py",
            'Unknown(at, f"no earnings date of {symbol} is configured under events.earnings")',
            "Known(None, at)",
            "test_a_stock_whose_earnings_are_unknown_past_or_near",
        ),
        (
            "premia/adapters/ib/connection.py",
            "            raise NotConnected(self._silent()) from error",
            "            return True",
            "test_a_port_that_is_not_a_gateway_s",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
