"""Trades and attribution of a run: by a journal that one checks by head, and by a real one."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from premia.adapters.markets import sp500_market
from premia.bootstrap.initial import Start, initial_text
from premia.bootstrap.replay import replay as run
from premia.bootstrap.settings import load
from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.book import Book
from premia.domain.money import usd
from premia.domain.position import BrokerPosition
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy
from premia.reporting.backtest.attribution import Attribution, attribution
from premia.reporting.backtest.observed import days_observed
from premia.reporting.backtest.ran import Day, Flow, Settings
from premia.reporting.backtest.trades import BacktestTrade, Decided, Slipped, slipped, trades
from premia.reporting.moves import Move, moves
from premia.reporting.replay import replay
from tests.unit.reporting.backtest_story import days, with_middles
from tests.unit.reporting.story import (
    PUT,
    a_roll,
    assigned,
    at,
    filled,
    numbered,
    put_sold,
    sent,
    start,
    whole_turn,
)

D = Decimal
ACCOUNT, CASH = "DU1000001", 250_000


class Read(NamedTuple):
    """A journal, read once."""

    decided: Decided
    moves: list[Move]
    slips: dict[str, Slipped]
    book: Book


def read(events: list[ev.AnyEvent]) -> Read:
    decided, book = Decided(), Book()
    for step in replay(numbered(events)):
        decided.take(step)
        book = step.after
    moved = moves(numbered(events))
    return Read(decided, moved, slipped(decided, moved), book)


def trades_of(events: list[ev.AnyEvent]) -> tuple[BacktestTrade, ...]:
    return trades(*read(events))


def parts(
    events: list[ev.AnyEvent], valued: tuple[Day, ...], capital: int = 10_000, **other: object
) -> Attribution:
    seen = read(events)
    settings = Settings(first=valued[0].day, last=valued[-1].day, capital=D(capital), symbols=(), **other)
    return attribution(events, seen.moves, seen.slips.values(), valued, settings)


def test_a_trade_tells_its_legs_its_money_and_why():
    put, call = trades_of(with_middles(whole_turn()))

    assert (put.how, put.days, put.quantity) == ("assigned", 14, 1)
    assert (put.premium, put.fees, put.slippage, put.result) == (D(60), D("1.05"), D(-1), D("58.95"))
    assert (put.reason, put.spot, put.evidence["delta"]) == ("put at delta 0.25", D("52.10"), -0.25)
    leg = put.legs[0]
    assert (leg.contract, leg.right, leg.strike, leg.quantity, leg.price) == (
        PUT.key,
        "P",
        D(50),
        -1,
        D("0.60"),
    )
    assert (leg.ended, leg.ended_price, leg.how) == (date(2026, 1, 20), D(0), "assigned")
    assert (call.slot, call.campaign, call.result) == ("XYZ/call", put.id, D("53.95"))


def test_a_trade_that_is_open_at_the_end_says_so():
    (put,) = trades_of(put_sold_only())

    assert (put.how, put.ended, put.premium, put.result) == ("open", None, D(60), D("58.95"))
    assert (put.legs[0].ended, put.legs[0].how) == (None, "")


def put_sold_only() -> list[ev.AnyEvent]:
    return [*start(), *put_sold()]


def test_a_roll_stays_in_its_trade_with_its_credit_and_reason():
    """Bought back at 0.80 and sold anew at 1.00: 20 USD more in the same trade, whose put is the 49 now."""
    events = put_sold_only()
    first = events[-1].key
    order, new = a_roll(first, at(1, 12))
    events += [
        *sent(order, at(1, 12), broker_id=8),
        filled(order, PUT, 1, "0.80", at(1, 12)),
        filled(order, new, -1, "1.00", at(1, 12)),
    ]

    (trade,) = trades_of(events)

    assert (trade.premium, len(trade.rolls), trade.rolls[0].credit) == (D(80), 1, D(20))
    assert [(leg.strike, leg.how) for leg in trade.legs] == [(D(50), "traded"), (D(49), "")]


def test_a_trade_that_was_there_before_has_its_leg_at_what_it_cost():
    """A put that came with 58.95 a contract and expired."""
    held = BrokerPosition(PUT, -1, D("58.95"), D("0.40"))
    events = [
        *start(positions=(held,)),
        ev.PositionAdopted(at=at(1, 5), strategy="wheel", position=held, campaign="t", trade="t"),
        ev.ExpiryInferred(at=at(1, 20), contract=PUT, quantity=1),
    ]

    (trade,) = trades_of(events)

    leg = trade.legs[0]
    assert (leg.quantity, leg.price, leg.how, leg.ended_price) == (-1, D("0.5895"), "expired", D(0))
    assert trade.reason == ""


def test_an_order_without_a_known_middle_slips_nothing():
    assert trades_of(whole_turn())[0].slippage == D(0)


def test_the_parts_of_a_turn_are_those_that_one_counts_by_hand():
    """Bought back at 0.80, sold anew at 1.00: 20 USD more in the same trade, whose put is the 49 now."""
    told = parts(with_middles(whole_turn()), days())

    assert dict(told.parts) == {
        "premium": D(117),
        "slippage": D(-2),
        "shares": D(100),
        "dividends": D(25),
        "interest": D(0),
        "fees": D("-2.10"),
        "deposits": D(0),
        "unexplained": D(0),
    }
    assert (told.start, told.end, told.change) == (D(10000), D("10237.90"), D("237.90"))


@pytest.mark.parametrize("count", range(1, 8))
def test_the_parts_add_up_on_every_day_of_the_turn(count):
    """Up to each day the facts known by then: open options at their marks, a dividend while it is owed."""
    until = days()[count - 1].day
    facts = [event for event in with_middles(whole_turn()) if event.at.date() <= until]

    told = parts(facts, days()[:count])

    assert sum(amount for _, amount in told.parts) == told.change == told.end - 10000
    assert told.unexplained == 0


def test_cash_that_nothing_explains_is_told_as_such():
    events = [*start(), ev.CashUnexplained(at=at(1, 6), amount=usd("12.34"), note="a gift")]
    last = Day(day=date(2026, 1, 6), at_mid=D("10012.34"), cash=D("10012.34"), spots={})

    assert parts(events, (last,)).unexplained == D("12.34")


def test_a_deposit_is_no_gain_and_explains_its_cash():
    events = [*start(), ev.CashUnexplained(at=at(1, 6), amount=usd("500"), note="not ours")]
    last = Day(day=date(2026, 1, 6), at_mid=D(10500), cash=D(10500), spots={})

    told = parts(events, (last,), deposits=(Flow(date(2026, 1, 6), D(500)), Flow(date(2026, 1, 7), D(9))))

    assert (told.deposits, told.unexplained, told.change, told.earned) == (D(500), D(0), D(500), D(0))


def test_fractions_of_cents_never_break_the_sum():
    """Three fees of a third of a cent and an equity in whole cents: every part is whole, and they add up."""
    odd = [
        replace(event, fill=replace(event.fill, commission=usd("1.053333")))
        if isinstance(event, ev.OrderFilled)
        else event
        for event in with_middles([*start(), *put_sold(), *assigned()])
    ]
    last = Day(
        day=date(2026, 1, 20), at_mid=D("9858.95"), cash=D("5058.95"), spots={"XYZ": D(48)}, shares=D(4800)
    )

    told = parts(odd, (last,))

    assert sum(amount for _, amount in told.parts) == told.change == D("-141.05")
    assert all(amount == amount.quantize(D("0.01")) for _, amount in told.parts)
    assert told.unexplained == 0


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[ev.AnyEvent], tuple[Day, ...]]:
    """The wheel of `premia init` from June to October 2015, the fall of August within."""
    return live(tmp_path_factory.mktemp("run"))


def live(folder: Path) -> tuple[list[ev.AnyEvent], tuple[Day, ...]]:
    market = sp500_market(seed=3)
    symbol = market.symbols[0]
    path = folder / "premia.toml"
    path.write_text(initial_text(Start(D(CASH), ACCOUNT, symbols=[symbol])), encoding="utf-8")
    passes = [
        one.opens + timedelta(minutes=30)
        for one in market.sessions.between(date(2015, 6, 1), date(2015, 10, 30))
    ]
    policy = Policy(fills=FillRule.ALPHA, alpha=D("0.5"), seed=3)
    exchange = Exchange(
        market, [AccountSetup(ACCOUNT, AccountKind.MARGIN, D(CASH))], policy, passes[0] - timedelta(hours=1)
    )
    facts = list(asyncio.run(run(load(path).config, exchange, passes)).facts)
    spots = {one.date(): {symbol: D(str(round(market.spot(symbol, one), 2)))} for one in passes}
    return facts, days_observed(numbered(facts), spots)


@pytest.mark.filterwarnings("ignore:Series.values returning an ndarray:DeprecationWarning")
def test_the_parts_of_a_real_run_add_up_and_nothing_is_unexplained(lived):
    facts, valued = lived

    told = parts(facts, valued, CASH)

    assert sum(amount for _, amount in told.parts) == told.change
    assert told.unexplained == 0
    assert told.premium != 0 != told.shares
    assert told.fees < 0
    assert told.end == valued[-1].at_mid
    assert len(valued) > 100


@pytest.mark.filterwarnings("ignore:Series.values returning an ndarray:DeprecationWarning")
def test_the_trades_of_a_real_run_hold_its_premium_and_fees(lived):
    """Premium by trade and by movement are one; the fees of assignments are the campaigns'."""
    facts, _valued = lived
    seen = read(facts)
    told = trades(*seen)

    traded = sum(-m.contract.value_of(m.price, m.quantity).amount for m in seen.moves if m.how == "traded")
    assert sum(one.premium for one in told) == traded
    assert sum(one.fees for one in told) == sum(m.fee for m in seen.moves if m.how == "traded")
    assert {"assigned", "closed"} <= {one.how for one in told}
    assert all(one.reason and one.evidence and one.legs for one in told)
