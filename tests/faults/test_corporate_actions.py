"""What companies do to their shares: fault 29, a daemon over TCP whose positions change overnight."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.instrument import Contract, Stock
from premia.domain.money import usd
from premia.exchange.policy import Opening
from premia.reporting.booked import booked
from premia.reporting.causes import happened, standing
from tests.faults.test_assignment import Modelled
from tests.faults.timed import Timed, timed
from tests.integration.ib.markets import ACCOUNT
from tests.mutation import assert_mutant_fails
from tests.unit.exchange.fixed_market import FixedMarket, a_call, a_put

HERE = "tests/faults/test_corporate_actions.py"
TUESDAY, WEDNESDAY, THURSDAY = "2024-03-12", "2024-03-13", "2024-03-14"
FUND = Stock("FND")
CALL, PUT = a_call("2024-04-19", "90", "FND"), a_put("2024-04-19", "70", "FND")
HALF_CALL, HALF_PUT = a_call("2024-04-19", "45", "FND"), a_put("2024-04-19", "35", "FND")
WHEEL = (Opening(FUND, 100, Decimal(78)), Opening(CALL, -1, Decimal(150)), Opening(PUT, -1, Decimal(60)))


@pytest.fixture
async def begin(tmp_path) -> AsyncIterator[Callable]:
    """A function that begins a market; its gateway is stopped afterwards."""
    async with AsyncExitStack() as stack:

        async def begun(when: str, *openings, **more) -> Timed:
            return await timed(stack, tmp_path, when, *openings, **more)

        yield begun


def a_market(after: str = "80", **splits: int) -> FixedMarket:
    """A fund at 80, and from Wednesday on at what an action makes of it."""
    market = Modelled("2023-12-01", "2026-03-31")
    market.stock("FND", {"2023-12-01 09:30": "80", f"{WEDNESDAY} 04:00": after})
    market.stock("NEW", {"2023-12-01 09:30": "80"})
    for option, bid, ask in (
        (CALL, "1.00", "1.04"),
        (PUT, "0.40", "0.42"),
        (HALF_CALL, "0.50", "0.52"),
        (HALF_PUT, "0.20", "0.21"),
        (replace(CALL, symbol="NEW"), "1.00", "1.04"),
        (replace(CALL, strike=Decimal(87)), "1.00", "1.04"),
        (replace(PUT, strike=Decimal(67)), "0.40", "0.42"),
        (replace(CALL, strike=Decimal(180), multiplier=50, adjusted=True), "2.00", "2.08"),
        (replace(PUT, strike=Decimal(140), multiplier=50, adjusted=True), "0.80", "0.84"),
    ):
        market.quote(option, "2023-12-01 09:30", bid, ask)
    if splits:
        market.split("FND", WEDNESDAY, **splits)
    return market


def becomes(world: Timed, *changes: tuple[Contract, Contract | None, int], cash: int = 0) -> None:
    """What the broker makes of positions at night: from one contract to a quantity of another, or to none."""
    account = world.server.floor.exchange._state.accounts[ACCOUNT]
    for before, after, quantity in changes:
        held = account.position(before)
        cost = held.remove(held.quantity)
        if after is not None:
            new = account.position(after)
            new.quantity += quantity
            new.basis += cost
    account.book_cash(Decimal(cash))


def sent(world: Timed) -> list[str]:
    return [one.key for one in world.facts(ev.OrderIdAssigned)]


def theirs(world: Timed) -> dict[str, int]:
    held = world.server.floor.exchange.holdings(ACCOUNT)
    return {one.contract.key: one.quantity for one in held if one.quantity}


@pytest.mark.fault(
    29, "A split 2:1 is mapped: shares, options, trades and campaign, and nothing is traded for it"
)
async def test_two_for_one(begin):
    world = await begin(f"{TUESDAY} 11:00", *WHEEL, market=a_market("40", numerator=2, denominator=1))
    before = await world.live(f"{TUESDAY} 18:00")
    orders = sent(world)

    book = await world.live(f"{WEDNESDAY} 12:00")

    assert theirs(world) == {"FND": 200, HALF_CALL.key: -2, HALF_PUT.key: -2}
    assert {key: held.quantity for key, held in book.holdings.items()} == theirs(world)
    (told,) = world.facts(ev.SplitInferred)
    assert (told.numerator, told.denominator) == (2, 1)
    assert [cause.title for cause in happened([told])] == ["shares were split"]
    (was,), (campaign,) = before.campaigns.values(), book.campaigns.values()
    assert (campaign.shares, campaign.share_cost, campaign.premium) == (200, was.share_cost, was.premium)
    legs = {leg.contract: leg for trade in book.trades.values() for leg in trade.legs.values()}
    assert {contract: leg.quantity for contract, leg in legs.items()} == {HALF_CALL: -2, HALF_PUT: -2}
    assert legs[HALF_CALL].entry == Decimal("0.75")
    assert book.blocks == {}
    assert book.ready
    assert book.cash == before.cash
    assert sent(world) == orders


@pytest.mark.fault(29, "After a split costs and results are those of before: nothing is won by it")
async def test_the_ledger_after_a_split(begin):
    world = await begin(f"{TUESDAY} 11:00", *WHEEL, market=a_market("40", numerator=2, denominator=1))
    await world.live(f"{WEDNESDAY} 12:00")

    ours = booked(enumerate(world.facts(ev.Event)))

    assert ours is not None
    assert ours.positions(datetime.fromisoformat(WEDNESDAY).date()) == theirs(world)
    assert [row.realised for row in ours.trades if row.realised] == []


@pytest.mark.fault(29, "A reverse split of shares alone is mapped")
async def test_a_reverse_split_of_shares(begin):
    market = a_market("320", numerator=1, denominator=4)
    late = '[schedule]\nat = ["15:30"]\n'
    world = await begin(f"{TUESDAY} 15:50", Opening(FUND, 100, Decimal(78)), market=market, more=late)
    await world.live(f"{TUESDAY} 18:00")
    orders = sent(world)

    book = await world.live(f"{WEDNESDAY} 09:40")

    (campaign,) = book.campaigns.values()
    assert theirs(world)["FND"] == book.shares("FND") == campaign.shares == 25
    assert campaign.share_cost == usd(7800)
    assert book.blocks == {}
    assert sent(world) == orders


FROZEN = {
    "a reverse split with options": (
        (FUND, FUND, 50),
        (CALL, replace(CALL, strike=Decimal(180), multiplier=50, adjusted=True), -1),
        (PUT, replace(PUT, strike=Decimal(140), multiplier=50, adjusted=True), -1),
    ),
    "a special dividend": (
        (CALL, replace(CALL, strike=Decimal(87)), -1),
        (PUT, replace(PUT, strike=Decimal(67)), -1),
    ),
    "a new ticker": ((FUND, Stock("NEW"), 100), (CALL, replace(CALL, symbol="NEW"), -1), (PUT, None, 0)),
    "a merger for cash": ((FUND, None, 0), (CALL, None, 0), (PUT, None, 0)),
    "shares that are missing": ((FUND, FUND, 50),),
}


@pytest.mark.fault(29, "What nobody can map stands still and is told to a person; it leads to no order")
@pytest.mark.parametrize("changes", FROZEN.values(), ids=FROZEN)
async def test_an_action_that_stands_still(begin, changes):
    """Fifty shares too few, options with other strikes, another ticker, cash instead: none is repaired."""
    world = await begin(f"{TUESDAY} 11:00", *WHEEL, market=a_market())
    await world.live(f"{TUESDAY} 18:00")
    orders = sent(world)
    cash = 7800 if changes[0][1] is None else 0

    becomes(world, *changes, cash=cash)
    wednesday = await world.live(f"{WEDNESDAY} 18:00")
    thursday = await world.live(f"{THURSDAY} 18:00")

    assert world.facts(ev.SplitInferred) == []
    assert sent(world) == orders
    assert "FND" in wednesday.blocks
    assert thursday.blocks["FND"].until_session is None
    told = {cause.title for cause in standing(thursday, {}, thursday.at)}
    assert "FND stands still until a person speaks" in told
    assert world.facts(ev.AssignmentInferred, ev.ExpiryInferred) == []


@pytest.mark.fault(29, "On a person's word what stood still is taken as the broker has it")
async def test_a_person_accepts_what_an_action_left(begin):
    world = await begin(f"{TUESDAY} 11:00", *WHEEL, market=a_market())
    await world.live(f"{TUESDAY} 18:00")
    becomes(world, *FROZEN["a special dividend"])
    await world.live(f"{WEDNESDAY} 09:50")

    world.send("accept", "FND")
    book = await world.live(f"{WEDNESDAY} 09:58")

    assert {key: held.quantity for key, held in book.holdings.items()} == theirs(world)
    assert book.blocks == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/domain/apply_splits.py",
            "one.shares * event.numerator // event.denominator",
            "one.shares",
            "test_two_for_one",
        ),
        (
            "premia/engine/splits.py",
            "strike = to_cents(contract.strike / ratio.numerator)",
            "strike = contract.strike",
            "test_two_for_one",
        ),
        (
            "premia/engine/positions.py",
            "until_session is None",
            "until_session is not None",
            "test_an_action_that_stands_still",
        ),
    ],
    ids=["shares", "strike", "told"],
)
def test_an_altered_line_is_missed_by_the_scenario(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
