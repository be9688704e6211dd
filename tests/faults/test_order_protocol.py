"""What a broker does to orders on bad days: faults 16 to 21, 30 and 44, through the real adapter over TCP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.adapters.ib import translate
from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.instrument import Option, Right
from premia.domain.order import Stage
from premia.engine.charges import US
from premia.engine.legs import LEGS
from premia.engine.reconcile import Adoption, Reference, reconcile
from premia.exchange.policy import FillRule, Opening, Policy
from tests.contracts.test_broker import ROLL_DOWN
from tests.contracts.worlds import QUICK
from tests.contracts.worlds import an_order as an_order_of
from tests.faults.stories import EAGER, a_story, at_work, heard, later, live
from tests.integration.gateway.conftest import an_exchange
from tests.integration.ib.conftest import opened  # noqa: F401 - a fixture
from tests.mutation import assert_mutant_fails
from tests.scenarios.test_engine_over_tcp import ACCOUNT, CONFIG, SYMBOLS, Story
from tests.unit.facts import (
    MONDAY,
    a_baseline,
    a_fill,
    a_position,
    a_put,
    a_roll,
    accepted,
    an_observation,
    an_order,
    at,
    filled,
    sent,
    weekdays,
)

NOON = at(MONDAY, 12)
HERE = "tests/faults/test_order_protocol.py"
AT_ONCE = Policy(seed=7, fills=FillRule.ALPHA, alpha=Decimal(-2))
"""Every order fills whole when it comes."""


@pytest.fixture
async def resting(tmp_path) -> AsyncIterator[Story]:
    """Orders rest until they reach the other side."""
    async with a_story(tmp_path) as begun:
        yield begun


@pytest.fixture
async def quick(tmp_path) -> AsyncIterator[Story]:
    """Orders fill when they come."""
    async with a_story(tmp_path, policy=AT_ONCE) as begun:
        yield begun


def executed(story: Story) -> dict[str, tuple[int, Decimal]]:
    """What the market says it executed, the summary lines of combos left out: by root, quantity and price."""
    lines = story.server.floor.exchange.executions()
    return {
        one.exec_id.rpartition(".")[0]: (one.quantity, one.price) for one in lines if one.contract is not None
    }


def booked(book) -> dict[str, tuple[int, Decimal]]:
    return {root: (fill.quantity, fill.price) for root, fill in book.fills.items()}


def cash_is_right(story: Story, book) -> bool:
    return abs(book.cash - story.server.floor.exchange.values(ACCOUNT).total_cash) < Decimal("0.005")


async def sold(story: Story, runner) -> None:
    """A pass, and everything that follows from it at once."""
    await runner.cycle()
    await heard(story, runner)


@pytest.mark.fault(
    16, "An execution told twice, corrected, or told out of order counts once, at its last word"
)
@pytest.mark.parametrize("faults", [("duplicate_execution",), ("correct_execution", "duplicate_execution")])
async def test_executions_told_twice_and_corrected(quick, faults):
    for fault in faults:
        await quick.strike(fault)
    async with quick.engine() as runner:
        await sold(quick, runner)
        await runner.observe()
        told = len(quick.facts(ev.OrderFilled))
        await runner.observe()
        first = runner.book
    async with quick.engine() as runner:
        again = runner.book

    assert booked(first) == booked(again) == executed(quick)
    assert len(booked(first)) == len(SYMBOLS)
    assert len(quick.facts(ev.OrderFilled)) == told
    assert cash_is_right(quick, again)
    assert again.uncosted == {}


@pytest.mark.fault(
    17, "A fill before the order is told is booked; a cost that is no number is pending, and set later"
)
@pytest.mark.parametrize("cost", ["odd_commission", "no_commission"])
async def test_a_fill_before_its_order_with_a_cost_that_comes_later(quick, cost):
    await quick.strike("fill_first")
    await quick.strike(cost)
    async with quick.engine() as runner:
        await sold(quick, runner)
        pending = dict(runner.book.uncosted)
        stages = {state.stage for state in runner.book.ended.values()}
        await runner.observe()
        book = runner.book

    assert stages == {Stage.FILLED}
    assert len(pending) == len(SYMBOLS)
    assert booked(book) == executed(quick)
    assert book.uncosted == {}
    assert cash_is_right(quick, book)


@pytest.mark.fault(16, "An earlier word that comes after its correction changes nothing")
def test_a_correction_that_comes_before_what_it_corrects():
    put = a_put("50")
    wrong = a_fill("p", put, -1, "0.65", NOON)
    right = replace(a_fill("p", put, -1, "0.60", NOON), exec_id=wrong.exec_id.replace(".01", ".02"))
    facts = [a_baseline(), *sent(an_order("p", put), NOON)]

    in_order = fold([*facts, filled(wrong), filled(right), filled(right)])
    reversed_order = fold([*facts, filled(right), filled(wrong)])

    assert in_order.cash == reversed_order.cash == Decimal("10058.95")
    assert in_order.holdings == reversed_order.holdings


def test_a_cost_of_minus_one_is_no_cost():
    assert translate.money(-1.0, "USD") is None
    assert translate.money(-0.37, "USD").amount == Decimal("-0.37")


HELD = Option("FND", date(2024, 3, 15), Decimal(195), Right.PUT)
PARTLY = Policy(seed=7, shy=0.0, whole=0.0)


@pytest.mark.fault(18, "Three of five units: three whole structures are kept, and the rest is planned anew")
async def test_a_combo_that_fills_in_part_and_is_taken_back(tmp_path):
    opening = Opening(HELD, -5, Decimal(-100))
    async with a_story(tmp_path, opening, policy=PARTLY, adopt=True) as story, story.engine() as runner:
        (trade,) = runner.book.trades

        def asked(verb: str, number: int, target: str, **arguments: str) -> ev.OperatorCommand:
            return ev.OperatorCommand(
                at=story.clock.now(),
                id=f"{verb}/{number}",
                verb=verb,
                target=target,
                who="anna",
                why="a test",
                arguments=arguments,
            )

        roll = {"expiry": "2024-04-19", "strike": "195"}
        await runner.take(asked("roll", 1, trade, **roll))
        await runner.cycle()
        await heard(story, runner)
        (order,) = [one for one in story.facts(ev.MarginRequested) if one.order.trade == trade]
        key = order.order.key
        for minute in range(31, 50):
            state = runner.book.orders[key]
            if 0 < state.filled < state.order.quantity:
                break
            await later(story, runner, f"2024-03-11 10:{minute}")
        await runner.take(asked("cancel", 1, key))
        await heard(story, runner)
        rolled = runner.book.ended[key].filled
        legs = {name: leg.quantity for name, leg in runner.book.trades[trade].legs.items()}
        await runner.take(asked("roll", 2, trade, **roll))
        await runner.cycle()
        answers = [one.text for one in story.facts(ev.CommandAnswered)]

    assert runner.book.ended[key].stage is Stage.CANCELLED
    assert 0 < rolled < 5
    assert legs == {HELD.key: rolled - 5, HELD.key.replace("2024-03-15", "2024-04-19"): -rolled}
    assert runner.book.halts == {}
    assert ": 2 x " in answers[-1]


def a_broken_roll(*extra):
    """A roll of which the old leg was bought back and the new one was not sold, then taken back."""
    old, new = a_put("50"), a_put("48", date(2026, 3, 6))
    roll = a_roll("roll", "p", old, new, session=MONDAY)
    put = an_order("p", old)
    bought, sold_anew = a_fill("roll", old, 1, "0.30", NOON), a_fill("roll", new, -1, "0.70", NOON)
    book = fold(
        [
            a_baseline(),
            *sent(put, NOON),
            filled(a_fill("p", old, -1, "0.60", NOON)),
            *sent(roll, NOON, broker_id=2),
            accepted("roll", NOON, broker_id=2),
            filled(bought),
            ev.OrderCancelled(at=NOON, key="roll", why="by the broker"),
            *(filled(sold_anew) for _ in extra),
        ]
    )
    return replace(book, connected=True), tuple(book.fills.values())


def concluded(book, fills) -> list:
    """What the engine concludes from a complete look."""
    held = [a_position(one.contract, one.quantity, "0") for one in book.holdings.values()]
    seen = an_observation(NOON, *held, cash=str(book.cash), fills=fills)
    return reconcile(fold([seen], book), seen, Reference(weekdays(), US, Adoption({})))


IN_TWO = (
    CONFIG
    + """
[orders]
rolls = "two_orders"
"""
)


def asked_for(story: Story, trade: str) -> ev.OperatorCommand:
    """A person's wish to roll a trade by five weeks."""
    return ev.OperatorCommand(
        at=story.clock.now(),
        id=f"roll/{story.clock.now()}",
        verb="roll",
        target=trade,
        who="anna",
        why="a test",
        arguments={"expiry": "2024-04-19", "strike": "195"},
    )


def held(book) -> set[str]:
    """Keys of what is held of the fund."""
    return {one.contract.key for one in book.holdings.values() if one.contract.symbol == "FND"}


NEW_KEY = HELD.key.replace("2024-03-15", "2024-04-19")


@pytest.mark.fault(
    5, "A process that dies between the halves of a roll finishes it: one new option, one trade"
)
async def test_a_roll_in_two_orders_that_a_crash_cuts_in_half(tmp_path):
    """Where combos are not taken, a roll is bought back first; the book says that it is half done."""
    opening = Opening(HELD, -2, Decimal(-100))
    async with a_story(tmp_path, opening, policy=AT_ONCE, adopt=True, config=IN_TWO) as story:
        async with story.engine() as runner:
            (trade,) = runner.book.trades
            await runner.take(asked_for(story, trade))
            await sold(story, runner)
            half, between = runner.book.half_rolls[trade], held(runner.book)
        async with story.engine() as runner:
            assert runner.book.half_rolls == {trade: half}
            await sold(story, runner)
            book = runner.book

    orders = [one.order for one in story.facts(ev.MarginRequested) if one.order.trade == trade]
    assert [(one.purpose.value, one.combo.text) for one in orders] == [
        ("close", f"+1 {HELD.key}"),
        ("roll", f"-1 {NEW_KEY}"),
    ]
    assert (half.units, between) == (2, set())
    assert not story.facts(ev.TradeEnded)
    assert book.half_rolls == {}
    assert {key: leg.quantity for key, leg in book.trades[trade].legs.items()} == {NEW_KEY: -2}
    assert book.trades[trade].rolls == 1
    assert len(story.orders("FND")) == 2
    paid, earned = (next(f.price for f in book.fills.values() if f.order_ref == one.key) for one in orders)
    assert earned - paid >= orders[0].follow.least
    assert cash_is_right(story, book)


@pytest.mark.fault(
    5, "A second half that cannot be sold is given up: the trade stays flat, never twice short"
)
async def test_the_second_half_of_a_roll_that_nobody_takes(tmp_path):
    opening = Opening(HELD, -2, Decimal(-100))
    async with (
        a_story(tmp_path, opening, policy=AT_ONCE, adopt=True, config=IN_TWO) as story,
        story.engine() as runner,
    ):
        (trade,) = runner.book.trades
        await runner.take(asked_for(story, trade))
        await sold(story, runner)
        await story.strike("never_fill:symbol=FND")
        await sold(story, runner)
        waiting = {one.slot for one in runner.book.half_rolls.values()}
        await later(story, runner, "2024-03-11 10:45")
        await later(story, runner, "2024-03-11 11:01")
        book = runner.book

    assert waiting == {f"FND/roll/{trade.removeprefix('wheel/FND/')}"}
    (left,) = story.facts(ev.RollAbandoned)
    assert (left.trade, left.units) == (trade, 2)
    assert book.half_rolls == {}
    assert trade not in book.trades
    assert held(book) == set()


@pytest.mark.fault(
    19, "A leg that is missing after a complete look halts openings, and its coming releases them"
)
def test_a_leg_that_has_filled_alone():
    """No unit counts as filled, so nothing takes the rest for a whole structure."""
    book, fills = a_broken_roll()
    found = concluded(book, fills)

    (halted,) = [one for one in found if isinstance(one, ev.TradingHalted)]
    assert (halted.cause, halted.scope) == (LEGS, "entries")
    assert book.ended["roll"].filled == 0
    whole, told = a_broken_roll("the other leg")
    released = [
        one.cause for one in concluded(fold([halted], whole), told) if isinstance(one, ev.TradingReleased)
    ]
    assert released == [LEGS]


@pytest.mark.fault(19, "Combos are sent as guaranteed ones: no routing asks for anything else")
async def test_a_combo_is_sent_guaranteed(opened):  # noqa: F811 - the fixture
    world = await opened(an_exchange())

    number = await world.send(an_order_of(ROLL_DOWN, "-0.80"))

    placing = world.server.floor.register.placing_of(1, number)
    assert len(placing.legs) == 2
    assert placing.routing == ()


async def passes(story: Story, runner, *times: str) -> None:
    """A pass now and at each of these times."""
    await sold(story, runner)
    for time in times:
        await later(story, runner, f"2024-03-11 {time}")
        await sold(story, runner)


@pytest.mark.fault(20, "A rejected order is tried again after 5 and 10 minutes, and then no more that day")
@pytest.mark.parametrize("code", [201, 110])
async def test_an_order_that_the_broker_rejects(resting, code):
    await resting.strike(f"reject:code={code}")
    async with resting.engine() as runner:
        await passes(resting, runner, "10:33", "10:36", "10:40", "10:47", "11:30", "14:00")

    tried = [one for one in resting.facts(ev.OrderRejected) if "/FND/" in one.key]
    assert [(one.at.hour - 4, one.at.minute) for one in tried] == [(10, 30), (10, 36), (10, 47)]
    assert {one.code for one in tried} == {code}
    refused = [one for one in resting.facts(ev.IntentRefused) if one.rule == "attempts"]
    assert any("rejected 3 orders" in one.reason for one in refused)


@pytest.mark.fault(
    20, "Words that only tell something (399, 404, 10349) leave the order alive until it fills"
)
@pytest.mark.parametrize("code", [399, 404, 10349])
async def test_words_about_an_order_that_lives_on(tmp_path, code):
    async with a_story(tmp_path, policy=EAGER) as story, story.engine() as runner:
        await story.strike(f"warn:code={code}")
        await sold(story, runner)
        alive = {state.stage for state in runner.book.orders.values()}
        await later(story, runner, "2024-03-11 12:00")
        ended = {state.stage for state in runner.book.ended.values()}

        assert [one.code for one in story.facts(ev.BrokerWarned)] == [code] * len(SYMBOLS)
        assert alive <= {Stage.WORKING}
        assert ended == {Stage.FILLED}
        assert booked(runner.book) == executed(story)


@pytest.mark.fault(
    20, "A refused change of price (104, 105, 110) leaves the order at its price; three are tried"
)
@pytest.mark.parametrize("code", [104, 105, 110])
async def test_a_change_of_price_that_is_refused(resting, code):
    await resting.strike(f"refuse_change:code={code}")
    async with resting.engine() as runner:
        await sold(resting, runner)
        state = at_work(runner)[0]
        for minute in range(31, 50):
            await later(resting, runner, f"2024-03-11 10:{minute}")
            standing_now = runner.book.orders.get(state.key)
            if standing_now is not None:
                assert standing_now.limit == state.limit
        ended = runner.book.ended[state.key]

    refused = [one for one in resting.facts(ev.ReplaceRefused) if one.key == state.key]
    assert len(refused) == 3
    assert {one.code for one in refused} == {code}
    assert ended.stage is Stage.CANCELLED
    (view,) = [one for one in resting.orders() if one.ticket.order_ref == state.key]
    assert view.ticket.limit == state.limit


@pytest.mark.fault(21, "A cancel that meets a fill ends as filled, by the broker's evidence and at once")
async def test_a_cancel_that_races_with_a_fill(tmp_path):
    async with a_story(tmp_path, policy=EAGER) as story, story.engine() as runner:
        await sold(story, runner)
        state = at_work(runner)[0]
        await story.strike("hold:seconds=3600")
        story.parts.connection.limits = QUICK  # what is asked meanwhile is not answered
        await story.go("2024-03-11 11:15")
        assert live(story, state.key) == []
        await runner.parts.broker.cancel(state)
        await runner.take(ev.CancelRequested(at=story.clock.now(), key=state.key, why="a test"))
        assert runner.book.orders[state.key].stage is Stage.CANCELLING
        await story.go("2024-03-11 11:31")
        await heard(story, runner)
        ended = runner.book.ended[state.key]

    assert ended.stage is Stage.FILLED
    assert booked(runner.book) == executed(story)


@pytest.mark.fault(21, "A cancel that finds nothing (10147) is looked into at once, not waited for")
async def test_a_cancel_that_finds_nothing(resting):
    async with resting.engine() as runner:
        await sold(resting, runner)
        state, other = at_work(runner)[:2]
        await resting.strike("refuse_cancel:code=10147,count=1")
        resting.server.floor.exchange.cancel(state.client_id, state.broker_id)  # nobody is told
        asked = ev.CancelRequested(at=resting.clock.now(), key=state.key, why="a test")
        await runner.take(asked)
        await heard(resting, runner)
        before = resting.clock.now()

        assert [one.code for one in resting.facts(ev.CancelRefused)] == [10147]
        assert runner.book.ended[state.key].stage is Stage.CANCELLED
        assert runner.book.ended[state.key].why == "the broker says Cancelled"
        assert resting.clock.now() == before
        assert other.key in runner.book.orders


@pytest.mark.fault(21, "An order that lives although its cancel was refused is not taken for dead")
async def test_a_refused_cancel_of_a_living_order(resting):
    async with resting.engine() as runner:
        await sold(resting, runner)
        state = at_work(runner)[0]
        await resting.strike("refuse_cancel:code=10147,count=1")
        await runner.take(ev.CancelRequested(at=resting.clock.now(), key=state.key, why="a test"))
        await heard(resting, runner)

        assert len([one for one in resting.facts(ev.CancelRequested) if one.key == state.key]) == 2
        assert runner.book.ended[state.key].stage is Stage.CANCELLED
        assert live(resting, state.key) == []


@pytest.mark.fault(30, "No order in what its exchange has halted; what works there stays, watched")
async def test_a_symbol_whose_trading_is_halted(resting):
    async with resting.engine() as runner:
        await resting.strike("trading_halt:symbol=FND")
        await sold(resting, runner)
        sent = {one.ticket.order_ref.split("/")[1] for one in resting.orders()}
        await resting.strike("trading_halt:symbol=ABC")
        (abc,) = [state for state in at_work(runner) if state.order.symbol == "ABC"]
        await later(resting, runner, "2024-03-11 10:33")
        watched = runner.book.orders[abc.key].stage
        await resting.server.lift("trading_halt")
        await sold(resting, runner)

    assert sent == set(SYMBOLS) - {"FND"}
    refused = [one for one in resting.facts(ev.IntentRefused) if one.intent.symbol == "FND"]
    assert "halted by its exchange" in refused[0].reason
    assert watched is Stage.WORKING
    assert resting.orders("FND")


@pytest.mark.fault(44, "No order where the broker's margin figures exceed the equity, or do not come")
@pytest.mark.parametrize(
    ("fault", "rule"), [("dear_margin", "what_if"), ("no_answer:code=3", "what_if_unanswered")]
)
async def test_the_brokers_own_margin_has_the_last_word(resting, fault, rule):
    await resting.strike(fault)
    async with resting.engine() as runner:
        await sold(resting, runner)

    assert resting.orders() == []
    assert {one.rule for one in resting.facts(ev.OrderDropped)} == {rule}
    assert resting.facts(ev.OrderIdAssigned) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/engine/reconcile.py",
            "        elif known is not None and not fill.corrects(known):",
            "        elif False:",
            "test_executions_told_twice_and_corrected",
        ),
        (
            "premia/domain/apply.py",
            "    kept = state.limit if state.agreed is None else state.agreed",
            "    kept = state.limit",
            "test_a_change_of_price_that_is_refused",
        ),
        (
            "premia/engine/decide.py",
            "    if quote.initial_after > quote.equity_after:",
            "    if quote.initial_after > 2 * quote.equity_after:",
            "test_the_brokers_own_margin_has_the_last_word",
        ),
        (
            "premia/engine/decide.py",
            "    living = {order.trade for order in book.planned} | book.half_rolls.keys()",
            "    living = {order.trade for order in book.planned}",
            "test_a_roll_in_two_orders_that_a_crash_cuts_in_half",
        ),
        (
            "premia/rules/data_quality.py",
            "    if underlying.halted:",
            "    if False:",
            "test_a_symbol_whose_trading_is_halted",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
