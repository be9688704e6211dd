"""Options that end: faults 25 and 26, a daemon over TCP through an expiry and the weekend after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest

from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.instrument import Option, Right, Settlement, Style
from premia.domain.intent import Purpose
from premia.domain.option_hours import last_trade
from premia.domain.quote import Greeks
from premia.exchange.policy import Opening, Policy
from premia.rules import expiry_day, hours
from premia.rules.answers import PASS, Refuse, Running
from tests.builders import a_book, a_view
from tests.faults.timed import Timed, timed
from tests.integration.ib.markets import ACCOUNT
from tests.mutation import assert_mutant_fails
from tests.unit.exchange.fixed_market import FixedMarket, a_put, at
from tests.unit.rules.test_market_rules import wish

HERE = "tests/faults/test_expiry.py"
FRIDAY, MONDAY = "2024-03-15", "2024-03-18"
PUT, NEXT = a_put(FRIDAY, "95", "FND"), a_put("2024-04-19", "95", "FND")


@pytest.fixture
async def begin(tmp_path) -> AsyncIterator[Callable]:
    """A function that begins a market; its gateway is stopped afterwards."""
    async with AsyncExitStack() as stack:

        async def begun(when: str, *openings, **more) -> Timed:
            return await timed(stack, tmp_path, when, *openings, **more)

        yield begun


LATE = '[schedule]\nat = ["15:45"]\n'
"""A run that falls behind the cut-off of rolls, half an hour before the close."""


class Case(NamedTuple):
    """An expiry: the price at the close, at which holders decide, and what becomes of two short puts."""

    close: str
    decided: str
    assigned: int
    pin: str = "0"
    seed: int = 7


CASES = {
    "in the money by 0.01": Case("94.99", "94.99", 2),
    "out of the money by 0.01": Case("95.01", "95.01", 0),
    "pinned: one of two is assigned": Case("95.00", "95.00", 1, pin="0.001", seed=0),
    "moves after hours": Case("95.20", "94.80", 2),
    "exercised against the exception: out of the money": Case("95.05", "95.05", 2, pin="0.001", seed=6),
    "not exercised in spite of the exception": Case("94.95", "94.95", 0, pin="0.001", seed=5),
}
"""The exchange draws what holders do within `pin` of the strike; the seeds are those with this outcome."""


class Modelled(FixedMarket):
    """With greeks, without which nothing is sold."""

    def greeks(self, contracts: Sequence[Option], at: datetime) -> list[Greeks]:
        del at
        model = Greeks(iv=0.2, delta=-0.4, gamma=0.01, theta=-0.01, vega=0.1, underlying=95.0)
        return [model for _ in contracts]


def a_market(case: Case) -> FixedMarket:
    market = Modelled("2023-12-01", "2026-03-31")
    market.stock("FND", {"2023-12-01 09:30": "95.30", f"{FRIDAY} 15:00": case.close})
    market.close_at("FND", FRIDAY, case.decided)
    market.quote(PUT, "2023-12-01 09:30", "0.20", "0.24")
    market.quote(NEXT, "2023-12-01 09:30", "1.50", "1.54")
    return market


@pytest.mark.fault(25, "No new order after the cut-off; on Saturday the position is what the broker shows")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_an_expiry_ends_without_orders_and_with_the_brokers_position(begin, case):
    policy = Policy(seed=case.seed, saturday=True, pin_fraction=Decimal(case.pin))
    world = await begin(
        f"{FRIDAY} 09:00", Opening(PUT, -2, Decimal(100)), market=a_market(case), policy=policy, more=LATE
    )
    (trade,) = (await world.live(f"{FRIDAY} 15:25")).trades

    await world.live(f"{FRIDAY} 15:40")
    world.send("roll", trade, number="late", expiry="2024-04-19")
    await world.live(f"{FRIDAY} 16:05")
    world.send("close", trade, number="after", limit="9.99")
    await world.live(f"{FRIDAY} 21:00")
    saturday = await world.live("2024-03-16 12:00")
    monday = await world.live(f"{MONDAY} 12:00")

    rolled, closed = world.facts(ev.CommandAnswered)
    assert rolled.text.startswith("expiry_day: FND 2024-03-15 95 P ends today in 20 minutes")
    assert closed.text == "FND 2024-03-15 95 P is not quoted on both sides now; nothing was sent"
    assert world.orders() == []
    assert saturday.shares("FND") == monday.shares("FND") == 100 * case.assigned
    assert monday.holding(PUT) == 0
    theirs = {one.contract.key: one.quantity for one in world.server.floor.exchange.holdings(ACCOUNT)}
    assert {key: held.quantity for key, held in monday.holdings.items()} == theirs
    assert sum(one.quantity for one in world.facts(ev.AssignmentInferred)) == case.assigned
    assert sum(one.quantity for one in world.facts(ev.ExpiryInferred)) == 2 - case.assigned
    assert monday.blocks == {}
    assert monday.ready


@pytest.mark.fault(25, "Until positions show what became of it, the symbol takes no order")
async def test_between_expiry_and_positions_the_symbol_stands_still(begin):
    world = await begin(
        f"{FRIDAY} 09:00",
        Opening(PUT, -2, Decimal(100)),
        market=a_market(CASES["in the money by 0.01"]),
        more=LATE,
    )

    evening = await world.live(f"{FRIDAY} 21:00")
    monday = await world.live(f"{MONDAY} 12:00")

    assert list(evening.blocks) == ["FND"]
    assert monday.blocks == {}
    assert monday.shares("FND") == 200


# 26: settled in the morning or by the close, in cash


def an_index_put(name: str, settlement: Settlement) -> Option:
    day = date.fromisoformat(FRIDAY)
    return Option(
        "SPX", day, Decimal(510), Right.PUT, trading_class=name, style=Style.EUROPEAN, settlement=settlement
    )


MORNING, CLOSE = an_index_put("SPX", Settlement.CASH_AM), an_index_put("SPXW", Settlement.CASH_PM)


def an_index_market() -> FixedMarket:
    """The index opens at 508 on Friday and closes at 509.50: 2 and 0.50 points in the money."""
    market = FixedMarket("2023-12-01", "2026-03-31")
    market.stock("FND", {"2023-12-01 09:30": "95.30"})
    market.index("SPX", {"2023-12-01 09:30": "511", f"{FRIDAY} 09:30": "508", f"{FRIDAY} 15:00": "509.50"})
    market.settle_at("SPX", FRIDAY, "508")
    market.quote(NEXT, "2023-12-01 09:30", "1.50", "1.54")
    for option in (MORNING, CLOSE):
        market.quote(option, "2023-12-01 09:30", "1.00", "1.04")
    return market


@pytest.mark.fault(26, "SPX ends by its opening value, SPXW by the close; both are booked as cash, exactly")
async def test_index_options_are_settled_in_cash_by_their_own_value(begin):
    """One contract short of each: 2 points and half a point times 100 are paid."""
    short = (Opening(one, -1, Decimal(100)) for one in (MORNING, CLOSE))
    world = await begin("2024-03-14 09:00", *short, market=an_index_market())
    before = (await world.live("2024-03-14 12:00")).cash

    book = await world.live(f"{MONDAY} 12:00")

    settled = {one.contract.key: one for one in world.facts(ev.CashSettlementInferred)}
    assert settled.keys() == {MORNING.key, CLOSE.key}
    assert before is not None
    assert book.cash == before - 200 - 50
    assert book.holdings == {}
    assert world.facts(ev.CashUnexplained) == []
    assert book.ready
    assert book.blocks == {}


@pytest.mark.fault(26, "The last trade of SPX is on Thursday at 16:15, that of SPXW on Friday at 16:00")
@pytest.mark.parametrize(
    ("option", "when", "allowed"),
    [
        (MORNING, "2024-03-14 16:14", True),
        (MORNING, "2024-03-14 16:15", False),
        (MORNING, f"{FRIDAY} 09:31", False),
        (CLOSE, "2024-03-14 16:14", True),
        (CLOSE, f"{FRIDAY} 15:59", True),
        (CLOSE, f"{FRIDAY} 16:00", False),
    ],
)
def test_buying_back_is_possible_until_the_last_trade(option, when, allowed):
    sessions = an_index_market().sessions
    running = Running(AccountKind.MARGIN, sessions)
    view, book = a_view(at=at(when)), a_book()
    closing = wish(Purpose.CLOSE, (option, 1))

    answers = [
        hours.check(book, view, closing, hours.Params(), running),
        expiry_day.check(book, view, closing, expiry_day.Params(), running),
    ]

    assert all(one is PASS for one in answers) is allowed
    assert allowed or any(isinstance(one, Refuse) for one in answers)
    ends = last_trade(option, sessions)
    assert ends is not None
    assert (at(when) < ends) is allowed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/rules/expiry_day.py",
            "if left < timedelta(minutes=params.cut_off):",
            "if left < timedelta(minutes=0):",
            "test_an_expiry_ends_without_orders_and_with_the_brokers_position",
        ),
        (
            "premia/rules/expiry_day.py",
            "if last < today:",
            "if last < today and option.key in sells:",
            "test_buying_back_is_possible_until_the_last_trade",
        ),
        (
            "premia/domain/option_hours.py",
            "return session.closes if last or option.symbol not in INDICES",
            "return session.closes if option.symbol not in INDICES",
            "test_buying_back_is_possible_until_the_last_trade",
        ),
    ],
    ids=["cut-off", "morning", "last day"],
)
def test_an_altered_line_is_missed_by_the_scenario(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
