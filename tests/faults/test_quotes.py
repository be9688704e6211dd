"""Quotes and chains that must not be traded on: faults 27 and 28, through the real adapter over TCP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.combo import single
from premia.domain.intent import Purpose
from premia.domain.money import price
from premia.rules import data_quality
from premia.rules.answers import Pass, Refuse, Running
from tests.builders import SESSIONS, a_book, a_view, an_underlying, put, seen
from tests.contracts.test_rule import an_intent
from tests.faults.stories import a_story, heard
from tests.mutation import assert_mutant_fails
from tests.scenarios.test_engine_over_tcp import SYMBOLS, Story

HERE = "tests/faults/test_quotes.py"


@pytest.fixture
async def story(tmp_path) -> AsyncIterator[Story]:
    async with a_story(tmp_path) as begun:
        yield begun


def said(story: Story) -> dict[str, set[str]]:
    """Why nothing of each symbol was traded: the rules' names with their sentences."""
    passed = [
        (one.passed.symbol, one.passed.rule, one.passed.reason) for one in story.facts(ev.CandidatePassed)
    ]
    refused = [(one.intent.symbol, one.rule, one.reason) for one in story.facts(ev.IntentRefused)]
    found: dict[str, set[str]] = {symbol: set() for symbol in SYMBOLS}
    for symbol, rule, reason in [*passed, *refused]:
        found[symbol].add(f"{rule}: {reason}")
    return found


QUOTES = [
    ("nan_quote", "selection: .*quote none/none"),
    ("unquoted", "selection: .*quote none/none"),
    ("zero_bid", "selection: .*spread 0.00/.* is wider"),
    ("crossed_quote", "market_data: .*crossed: bid .* above ask"),
    ("locked_quote", "data_quality: quote of .*locked: bid and ask are"),
    ("missing_greeks", "selection: .*delta or implied volatility is missing"),
    ("nan_greeks", "selection: .*delta or implied volatility is missing"),
    ("refuse_data:code=10167", "market_data: .*data are delayed, not live"),
    ("jump_options", "data_quality: the middle of .*its own volatility of .*makes it"),
    ("jump_underlying", "selection: .*(none/0.01|delta 1.000)"),
]


@pytest.mark.fault(27, "A quote that is no market is refused with a reason, without an exception")
@pytest.mark.parametrize(("fault", "reason"), QUOTES, ids=[fault for fault, _ in QUOTES])
async def test_a_quote_that_is_no_market(story, fault, reason):
    await story.strike(fault)
    async with story.engine() as runner:
        await runner.cycle()
        await heard(story, runner)

    assert story.orders() == []
    assert len(story.facts(ev.CycleEnded)) == 1
    for symbol, why in said(story).items():
        assert any(re.match(reason, one) for one in why), (symbol, why)


@pytest.mark.fault(27, "A quote that was old when the decision came is refused with its age")
async def test_a_quote_that_has_grown_old(story):
    async with story.engine() as runner:
        look = runner.parts.market.observe

        async def slow(request):
            view = await look(request)
            await story.go("2024-03-11 10:32")  # the look took so long
            return view._replace(at=story.clock.now())

        runner.parts = runner.parts._replace(market=SimpleNamespace(observe=slow))
        await runner.cycle()

    assert story.orders() == []
    for symbol, why in said(story).items():
        assert any("120 s old" in one for one in why), (symbol, why)


@pytest.mark.fault(
    27, "An underlying ten times off its previous close is not believed, but to close what is held"
)
@pytest.mark.parametrize(
    ("close", "purpose", "believed"),
    [
        ("100", Purpose.OPEN, True),
        ("66", Purpose.OPEN, False),
        ("10", Purpose.OPEN, False),
        ("1000", Purpose.OPEN, False),
        ("10", Purpose.CLOSE, True),
    ],
)
def test_an_underlying_that_has_jumped(close, purpose, believed):
    """It stands at 100."""
    underlying = an_underlying()._replace(previous_close=price(close))
    wish = an_intent(purpose, single(put(95), -1 if purpose is Purpose.OPEN else 1))

    view = a_view(seen(underlying))
    answer = data_quality.check(
        a_book(), view, wish, data_quality.Params(), Running(AccountKind.MARGIN, SESSIONS)
    )

    assert isinstance(answer, Pass if believed else Refuse)


@pytest.mark.fault(28, "A strike that is not listed is skipped with the reason, and another one is traded")
@pytest.mark.sqlite("it has two journals, one after the other")
async def test_a_chain_with_missing_strikes(tmp_path):
    for folder in ("whole", "thin"):
        (tmp_path / folder).mkdir()
    async with a_story(tmp_path / "whole") as story, story.engine() as runner:
        await runner.cycle()
        (first,) = [view.ticket.legs[0].contract for view in story.orders("FND")]
    async with a_story(tmp_path / "thin") as story, story.engine() as runner:
        await story.strike(f"refuse_data:symbol=FND,code=200,strike={first.strike}")
        await runner.cycle()
        (second,) = [view.ticket.legs[0].contract for view in story.orders("FND")]

    assert second.strike != first.strike
    gaps = [one.passed.reason for one in story.facts(ev.CandidatePassed) if one.passed.rule == "data_gap"]
    assert [one for one in gaps if "not listed" in one and first.key in one]


@pytest.mark.fault(28, "Options of an adjusted deliverable are left out with the reason")
async def test_a_chain_with_an_adjusted_class(story):
    await story.strike("adjusted_class:symbol=FND")
    async with story.engine() as runner:
        await runner.cycle()

    (order,) = [view.ticket for view in story.orders("FND")]
    assert order.legs[0].contract.multiplier == 100
    gaps = [one.passed.reason for one in story.facts(ev.CandidatePassed) if one.passed.rule == "data_gap"]
    assert [one for one in gaps if "class 2FND (150 shares a contract)" in one]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/rules/data_quality.py",
            "    if fair / params.model_max - _ROOM <= float(mid) <= fair * params.model_max + _ROOM:",
            "    if fair / params.model_max - _ROOM <= float(mid):",
            "test_a_quote_that_is_no_market",
        ),
        (
            "premia/adapters/ib/contracts.py",
            "        and not translate.class_is_standard(symbol, row.trading_class, row.multiplier)",
            "        and False",
            "test_a_chain_with_an_adjusted_class",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
