"""Assigned before the expiry: faults 22, 23 and 24, a daemon over TCP through the night of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.bootstrap.lookout import Lookout
from premia.domain import events as ev
from premia.domain.instrument import Option, Right, Stock
from premia.domain.intent import Purpose
from premia.domain.money import usd
from premia.domain.quote import Greeks
from premia.exchange.policy import Opening, Policy
from premia.reporting.causes import happened
from tests.faults.timed import Timed, timed
from tests.integration.ib.markets import ACCOUNT
from tests.mutation import assert_mutant_fails
from tests.unit.exchange.fixed_market import FixedMarket, a_call, a_put, at

HERE = "tests/faults/test_assignment.py"
TUESDAY, WEDNESDAY = "2024-03-12", "2024-03-13"
DEEP, FAR = a_put("2024-04-19", "95", "FND"), a_put("2024-04-19", "70", "FND")
CALL = a_call("2024-04-19", "97", "FND")
ALL, HALF = Policy(seed=7, shy=0.0, early_assignment=1.0), Policy(seed=2, shy=0.0, early_assignment=0.5)


@pytest.fixture
async def begin(tmp_path) -> AsyncIterator[Callable]:
    """A function that begins a market; its gateway is stopped afterwards."""
    async with AsyncExitStack() as stack:

        async def begun(when: str, *openings, **more) -> Timed:
            return await timed(stack, tmp_path, when, *openings, **more)

        yield begun


class Modelled(FixedMarket):
    """With greeks, without which nothing is sold: a call out of the money is worth selling."""

    def greeks(self, contracts: Sequence[Option], at: datetime) -> list[Greeks]:
        spot = self.spot("FND", at)
        return [
            Greeks(
                iv=0.62 if one.right is Right.CALL else 0.25,
                delta=0.25 if one.right is Right.CALL else -0.6 if float(one.strike) > spot else -0.02,
                gamma=0.01,
                theta=-0.01,
                vega=0.1,
                underlying=spot,
            )
            for one in contracts
        ]


def a_market() -> FixedMarket:
    """A fund at 80, a put at 95 whose time value is gone, one at 70 that lives, and a call to sell."""
    market = Modelled("2023-12-01", "2026-03-31", rate=0.05)
    market.stock("FND", {"2023-12-01 09:30": "80"})
    market.quote(DEEP, "2023-12-01 09:30", "14.95", "15.05")
    market.quote(FAR, "2023-12-01 09:30", "0.40", "0.42")
    market.quote(CALL, "2023-12-01 09:30", "1.50", "1.54")
    market.quote(replace(DEEP, right=Right.CALL), "2023-12-01 09:30", "0.00", "0.01")
    return market


def sold(world: Timed) -> list:
    """Orders at the market that open something."""
    opening = {e.order.key for e in world.facts(ev.MarginRequested) if e.order.purpose is Purpose.OPEN}
    return [view for view in world.orders() if view.ticket.order_ref in opening]


@pytest.mark.fault(22, "It is concluded from positions alone and told; nothing is sent before the open")
async def test_a_leg_that_is_assigned_overnight(begin):
    """Two puts are short; the deep one is assigned, and 100 shares lie there in the morning."""
    world = await begin(
        f"{TUESDAY} 11:00",
        Opening(DEEP, -1, Decimal(1400)),
        Opening(FAR, -1, Decimal(60)),
        market=a_market(),
        policy=ALL,
    )
    await world.live(f"{TUESDAY} 16:05")
    orders = len(world.facts(ev.OrderIdAssigned))

    dawn = await world.live(f"{WEDNESDAY} 09:25")
    before = len(world.facts(ev.OrderIdAssigned))
    noon = await world.live(f"{WEDNESDAY} 12:00")

    (told,) = world.facts(ev.AssignmentInferred)
    assert (told.contract, told.quantity, told.shares) == (DEEP, 1, 100)
    assert told.exercised.isoformat() == TUESDAY
    assert [cause.title for cause in happened([told])] == ["an option was assigned"]
    assert before == orders
    assert dawn.shares("FND") == 100
    assert dawn.holding(DEEP) == 0
    (campaign,) = noon.campaigns.values()
    assert (campaign.shares, campaign.assigned, noon.holding(FAR)) == (100, 100, -1)
    assert campaign.capital == usd(100 * 95 + 100 * 70)
    assert world.facts(ev.CashUnexplained) == []
    assert noon.ready
    calls = sold(world)
    assert {leg.contract for view in calls for leg in view.ticket.legs} == {CALL}
    assert calls[0].accepted_at >= at(f"{WEDNESDAY} 10:00")


@pytest.mark.fault(
    23, "Two of five are assigned: 200 shares, three puts still short, one campaign holds both"
)
async def test_two_of_five_are_assigned(begin):
    world = await begin(f"{TUESDAY} 11:00", Opening(DEEP, -5, Decimal(1400)), market=a_market(), policy=HALF)
    before = await world.live(f"{TUESDAY} 16:05")

    dawn = await world.live(f"{WEDNESDAY} 09:25")

    (told,) = world.facts(ev.AssignmentInferred)
    assert (told.quantity, told.shares) == (2, 200)
    theirs = {one.contract.key: one.quantity for one in world.server.floor.exchange.holdings(ACCOUNT)}
    assert theirs == {DEEP.key: -3, "FND": 200}
    assert {key: held.quantity for key, held in dawn.holdings.items()} == theirs
    (trade,) = dawn.trades.values()
    (campaign,) = dawn.campaigns.values()
    assert [leg.quantity for leg in trade.legs.values()] == [-3]
    assert trade.realized == usd(2 * 1400)
    assert (campaign.shares, campaign.share_cost) == (200, usd(2 * 9500))
    assert campaign.capital == usd(2 * 9500 + 3 * 9500)
    assert before.cash is not None
    assert dawn.cash == before.cash - 2 * 9500
    assert dawn.ready
    assert dawn.blocks == {}


DIVIDEND = "2024-03-13"
LOW = a_call("2024-04-19", "75", "FND")


def before_a_dividend(bid: str, ask: str) -> FixedMarket:
    """A fund at 80 that goes ex 0.80 tomorrow, and a call at 75 quoted as given."""
    market = a_market()
    market.dividend("FND", DIVIDEND, "2024-04-05", "0.80")
    market.quote(LOW, "2023-12-01 09:30", bid, ask)
    return market


def watched(world: Timed) -> Callable:
    """The watch that the daemon itself has, over whichever runner lives."""
    make, lookouts = world.runner, []

    def runner(journal: object) -> tuple:
        made = make(journal)
        lookouts.append(Lookout(made[0], lambda: Decimal("0.05")))
        return made

    world.runner = runner

    async def watch() -> object:
        return await lookouts[-1]()

    return watch


@pytest.mark.fault(24, "On the eve of an ex-date a call with less time value than the dividend is told")
@pytest.mark.parametrize(
    ("bid", "ask", "warned"),
    [("5.10", "5.14", True), ("6.40", "6.44", False)],
    ids=["0.12 left", "1.42 left"],
)
async def test_the_eve_of_an_ex_date(begin, bid, ask, warned):
    """The dividend is 0.80. Buying back costs the 0.14 above what the call is worth at once: it is done."""
    world = await begin(
        f"{TUESDAY} 10:30",
        Opening(Stock("FND"), 100, Decimal(78)),
        Opening(LOW, -1, Decimal(200)),
        market=before_a_dividend(bid, ask),
        policy=ALL,
    )

    await world.live(f"{TUESDAY} 14:00", watch=watched(world))

    told = [one for one in world.facts(ev.TriggerCrossed) if one.what == "ex_dividend"]
    assert (len(told) > 0) is warned
    asked = [e.order for e in world.facts(ev.MarginRequested) if e.order.purpose is not Purpose.OPEN]
    assert (len(asked) > 0) is warned
    if warned:
        assert (
            told[0].reason
            == "a dividend of 0.80 on 2024-03-13 invites exercise of FND 2024-04-19 75 C tonight"
        )
        assert asked[0].purpose is Purpose.CLOSE
        assert asked[0].reason.startswith("buy back FND 2024-04-19 75 C before the ex-date, cost 0.1")


@pytest.mark.fault(
    24, "Where being called is welcome the call is left, and what comes of it is right by morning"
)
async def test_a_call_that_may_be_called_before_the_ex_date(begin):
    """The shares cost 70 and are called at 75 on the eve: they go without the dividend of the morning."""
    world = await begin(
        f"{TUESDAY} 10:30",
        Opening(Stock("FND"), 100, Decimal(70)),
        Opening(LOW, -1, Decimal(200)),
        market=before_a_dividend("5.10", "5.14"),
        policy=ALL,
    )
    await world.live(f"{TUESDAY} 16:05", watch=watched(world))

    dawn = await world.live(f"{WEDNESDAY} 09:45")

    assert any(one.what == "ex_dividend" for one in world.facts(ev.TriggerCrossed))
    assert [e for e in world.facts(ev.MarginRequested) if e.order.purpose is not Purpose.OPEN] == []
    (told,) = world.facts(ev.AssignmentInferred)
    assert (told.contract, told.shares) == (LOW, -100)
    assert dawn.shares("FND") == 0
    assert [e for e in world.facts(ev.DividendExpected) if e.shares] == []
    (ended,) = world.facts(ev.CampaignEnded)
    assert ended.share_result == usd(500)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/engine/positions.py",
            "taken = min(abs(gap.change), abs(left) // per_contract)",
            "taken = min(1, abs(left) // per_contract)",
            "test_two_of_five_are_assigned",
        ),
        (
            "premia/strategies/manage.py",
            "return intrinsic > 0 and mid - intrinsic < dividend + fees",
            "return intrinsic > 0 and mid - intrinsic > dividend + fees",
            "test_the_eve_of_an_ex_date",
        ),
        (
            "premia/domain/ledger.py",
            "campaign, assigned=campaign.assigned + part",
            "campaign, assigned=campaign.assigned",
            "test_a_leg_that_is_assigned_overnight",
        ),
    ],
    ids=["rest", "time value", "assigned"],
)
def test_an_altered_line_is_missed_by_the_scenario(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
