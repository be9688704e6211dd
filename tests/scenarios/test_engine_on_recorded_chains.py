"""The engine sells and manages puts on the recorded SPX chains of 2019 by the rules that trade live.

European and settled in cash, so no share ever moves. Fills lie at mid less alpha half-spreads, on the
snapshot on which they were decided; the closes of days that the recording lacks are the official ones.
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from premia.adapters.markets import recorded_market
from premia.bootstrap.replay import Replayed, replay
from premia.bootstrap.settings import load
from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.instrument import Option, Right, Settlement
from premia.domain.intent import Purpose
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy
from premia.exchange.recorded_market import RecordedMarket
from tests.real_data import real_data

pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray:DeprecationWarning")

FILE = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"
CLOSES = "indices/spx_close_1990_2022.parquet"
ACCOUNT = "DU1000001"
CONFIG = """
[account]
number = "DU1000001"
kind = "margin"

[strategies.wheel]
dte_min = 7
dte_max = 21
contracts_max = 4
expirations = 3
margin_usage = 1.0

[strategies.wheel.symbols.SPX]
weight = 0.9

[limits.concentration]
fund = 1.0

[limits.all_assigned]
of_net_liquidation = 1.0
"""


@pytest.fixture(scope="module")
def closes() -> dict[date, Decimal]:
    pandas = pytest.importorskip("pandas")
    table = pandas.read_parquet(real_data(CLOSES))
    rows = zip(table["date"], table["spx_close"], strict=True)
    return {day.date(): Decimal(str(round(float(close), 2))) for day, close in rows if day.year == 2019}


@pytest.fixture(scope="module")
def market(closes) -> RecordedMarket:
    return recorded_market(real_data(FILE), {"SPX": closes})


def run(market: RecordedMarket, alpha: str, folder: Path) -> Replayed:
    path = folder / "premia.toml"
    path.write_text(CONFIG, encoding="utf-8")
    instants = [one.at for one in market.snapshots("SPX").all]
    setup = AccountSetup(ACCOUNT, AccountKind.MARGIN, Decimal(3_000_000))
    policy = Policy(fills=FillRule.ALPHA, alpha=Decimal(alpha))
    start = instants[0] - timedelta(hours=1)
    exchange = Exchange(market, [setup], policy, start)
    return asyncio.run(replay(load(path).config, exchange, instants))


@pytest.fixture(scope="module")
def half(market, tmp_path_factory) -> Replayed:
    return run(market, "0.5", tmp_path_factory.mktemp("half"))


def fills(replayed: Replayed) -> list[ev.OrderFilled]:
    return [event for event in replayed.facts if isinstance(event, ev.OrderFilled)]


def orders(replayed: Replayed) -> dict[str, ev.MarginRequested]:
    return {e.order.key: e for e in replayed.facts if isinstance(e, ev.MarginRequested)}


def test_puts_are_sold_managed_and_settled_and_no_share_moves(half):
    sold = [e.fill.contract for e in fills(half) if e.fill.quantity < 0]
    bought = [e for e in fills(half) if e.fill.quantity > 0]

    assert len(sold) >= 8
    assert bought
    assert all(isinstance(c, Option) and c.right is Right.PUT for c in sold)
    assert all(c.settlement is Settlement.CASH_PM for c in sold)
    assert not any(isinstance(e, ev.AssignmentInferred) for e in half.facts)


def test_the_ledger_ends_with_the_exchanges_cash(half):
    unexplained = [e for e in half.facts if isinstance(e, ev.CashUnexplained)]

    assert unexplained == []
    assert abs(half.book.cash - half.cash) < Decimal("0.005")


@pytest.mark.parametrize("alpha", ["0", "0.5", "1"])
def test_every_sale_fills_at_mid_less_alpha_half_spreads_rounded_against_us(market, alpha, tmp_path):
    replayed = run(market, alpha, tmp_path)
    asked = orders(replayed)
    checked = 0
    for event in fills(replayed):
        order = asked[event.key].order
        if order.purpose is not Purpose.OPEN:
            continue
        facts = asked[event.key].evidence.facts
        bid, ask = Decimal(str(facts["bid"])), Decimal(str(facts["ask"]))
        exact = (bid + ask) / 2 - Decimal(alpha) * (ask - bid) / 2
        tick = Decimal("0.05") if exact < 3 else Decimal("0.10")
        assert event.fill.price == exact // tick * tick
        checked += 1

    assert checked >= 8


def test_each_put_that_ended_in_the_money_was_paid_at_the_official_close(half, closes):
    for event in half.facts:
        if isinstance(event, ev.CashSettlementInferred):
            worth = max(event.contract.strike - closes[event.contract.expiry], Decimal(0))
            assert event.amount.amount == -worth * 100 * event.quantity
        if isinstance(event, ev.ExpiryInferred):
            assert closes[event.contract.expiry] >= event.contract.strike
