"""Two months of recorded SPX chains, reckoned again from the raw rows: fills, costs, settlement, cash.

The Parquet files are read here with pandas alone. The closes of sessions that the chains lack come from the
file of official closes, as events of the store; with them cash settlements are checked, too.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from premia.bootstrap.backtest import backtest
from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.data_import import Wanted, import_chains
from premia.bootstrap.histories import History, open_history
from premia.bootstrap.settings import load
from premia.reporting.backtest.ran import Ran
from tests.acceptance.by_hand import (
    Execution,
    Leg,
    Rates,
    Till,
    by_order,
    cents,
    exact,
    fill_price,
    order_cost,
)
from tests.real_data import real_data

pandas = pytest.importorskip("pandas")

CHAINS = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"
CLOSES = "indices/spx_close_1990_2022.parquet"
CAPITAL = Decimal(3_000_000)
RATES = Rates(("0.25", "0.50", "0.70"), "0.0404", "0.05", "0.0000207", "0.002", index="0.60")
"""Of April to June 2019, USD a contract."""
INTEREST = Decimal("0.01875")
"""Middle of the target of federal funds, 2.25 to 2.50 %, less half a point."""
POSTED = {"2019-04": date(2019, 5, 3), "2019-05": date(2019, 6, 5)}
"""Interest of a month is paid on the third session of the next."""
CONFIG = """
[account]
number = "DU1000001"
kind = "margin"

[strategies.wheel]
contracts_max = 4
expirations = 3
margin_usage = 1.0
{manage}
[strategies.wheel.symbols.SPX]
weight = 0.9

[limits.concentration]
fund = 1.0

[limits.all_assigned]
of_net_liquidation = 1.0

[limits.stress]
loss_max = 1.0
"""
MANAGED = "dte_min = 7\ndte_max = 21\n"
HELD = """
dte_min = 3
dte_max = 9
put_delta_min = 0.30
put_delta_max = 0.60
put_delta_aim = 0.50
take_profit = 1.0
take_profit_late = 1.0
rolls_max = 0
"""


class Raw:
    """Rows of the files, and the sessions between the first and the last."""

    def __init__(self) -> None:
        chains = pandas.read_parquet(real_data(CHAINS)).drop_duplicates(
            ["date", "root", "expiry", "strike", "right"]
        )
        self.rows = chains.set_index(["date", "root", "expiry", "strike", "right"]).sort_index()
        closes = pandas.read_parquet(real_data(CLOSES))
        self.closes = {
            day.date(): exact(round(float(close), 2))
            for day, close in zip(closes["date"], closes["spx_close"], strict=True)
            if day.year == 2019
        }

    def quote(self, option, day: date) -> tuple[Decimal, Decimal]:
        """Bid and ask of an option on a day."""
        key = (
            pandas.Timestamp(day),
            option.trading_class or "SPX",
            pandas.Timestamp(option.expiry),
            float(option.strike),
            option.right.value,
        )
        row = self.rows.loc[key]
        return exact(row["bid"]), exact(row["ask"])

    def next_session(self, day: date) -> date:
        """The session after a day."""
        return min(one for one in self.closes if one > day)


@pytest.fixture(scope="module")
def raw() -> Raw:
    return Raw()


@pytest.fixture(scope="module")
def history(raw, tmp_path_factory) -> History:
    folder = tmp_path_factory.mktemp("spx")
    events = folder / "closes.csv"
    lines = [f"close,SPX,{day},{close}" for day, close in raw.closes.items() if 4 <= day.month <= 7]
    events.write_text("\n".join(["kind,symbol,date,amount", *lines]) + "\n", encoding="utf-8")
    import_chains(Wanted("premia", [real_data(CHAINS)], [events]), folder / "store")
    return open_history([folder / "store"])


def run(history: History, folder: Path, manage: str, alpha: str) -> Ran:
    path = folder / "premia.toml"
    path.write_text(CONFIG.format(manage=manage), encoding="utf-8")
    return backtest(load(path), history, BacktestWish(capital=CAPITAL, alpha=float(alpha)))


@pytest.fixture(scope="module", params=["0", "0.5", "1"])
def managed(request, history, tmp_path_factory) -> tuple[Decimal, Ran]:
    return Decimal(request.param), run(history, tmp_path_factory.mktemp("run"), MANAGED, request.param)


@pytest.fixture(scope="module")
def held(history, tmp_path_factory) -> Ran:
    return run(history, tmp_path_factory.mktemp("held"), HELD, "0.5")


def day_of(fill) -> date:
    """Trading day; orders of these runs trade before 16:00 New York, 20:00 UTC."""
    return fill.at.date()


def of_kind(ran: Ran, *names: str) -> list:
    return [fact for fact in ran.facts if type(fact).__name__ in names]


def reckoned(ran: Ran, raw: Raw) -> Till:
    """Cash from fills at their prices, own costs, own settlements and own interest."""
    till = Till(CAPITAL)
    for fills in by_order(ran.facts).values():
        day = day_of(fills[0])
        paid = sum((fill.price * fill.quantity * 100 for fill in fills), Decimal(0))
        cost = order_cost([Execution(fill.quantity, fill.price) for fill in fills], RATES)
        till.book(-paid - cost, day, raw.next_session(day))
    for fact in of_kind(ran, "CashSettlementInferred"):
        worth = max(fact.contract.strike - raw.closes[fact.contract.expiry], Decimal(0))
        settled = raw.next_session(fact.contract.expiry)
        till.book(-worth * 100 * fact.quantity, settled, settled)
    first = ran.days[0].day
    for month, day in POSTED.items():
        since = max(first, date.fromisoformat(f"{month}-01"))
        until = date(2019, 4, 30) if month == "2019-04" else date(2019, 5, 31)
        till.book(cents(till.interest(since, until, INTEREST)), day, day)
    return till


def test_every_order_traded_at_its_place_in_the_spread_of_its_row(managed, raw):
    alpha, ran = managed
    orders = by_order(ran.facts)
    combos = [fills for fills in orders.values() if len(fills) > 1]

    assert len(orders) >= 30
    assert len(combos) >= 5
    for fills in orders.values():
        size = abs(fills[0].quantity)
        legs = [Leg(fill.quantity // size, *raw.quote(fill.contract, day_of(fill))) for fill in fills]
        paid = sum((leg.ratio * fill.price for leg, fill in zip(legs, fills, strict=True)), Decimal(0))
        assert paid == fill_price(legs, alpha, "0.05", "0.10"), fills
        for leg, fill in zip(legs, fills, strict=True):
            assert leg.bid - Decimal("0.05") <= fill.price <= leg.ask + Decimal("0.05")


def test_every_order_cost_what_the_schedule_of_2019_says(managed):
    _, ran = managed
    told = {fact.exec_id: fact.commission.amount for fact in of_kind(ran, "CommissionReported")}
    orders = by_order(ran.facts)

    assert len(told) == sum(map(len, orders.values()))
    for fills in orders.values():
        wanted = order_cost([Execution(fill.quantity, fill.price) for fill in fills], RATES)
        assert abs(sum(told[fill.exec_id] for fill in fills) - wanted) < Decimal("0.00001")


def test_cash_is_that_of_the_trades_to_the_cent_on_every_session(managed, raw):
    _, ran = managed
    till = reckoned(ran, raw)

    for day in ran.days:
        assert abs(day.cash - till.until(day.day)) < Decimal("0.005"), day.day
    assert abs(ran.days[-1].cash - till.total) < Decimal("0.005")


def test_net_liquidation_is_cash_and_options_at_the_middle_of_their_rows(managed, raw):
    _, ran = managed
    for day in ran.days:
        options: Counter = Counter()
        for fills in by_order(ran.facts).values():
            for fill in fills:
                if day_of(fill) <= day.day:
                    options[fill.contract] += fill.quantity
        worth = day.cash + day.accrued_interest
        for option, quantity in options.items():
            if quantity and option.expiry >= day.day:
                worth += quantity * 100 * sum(raw.quote(option, day.day)) / 2
        assert abs(day.at_mid - worth) < Decimal("0.005"), day.day


def test_puts_that_are_held_are_settled_at_the_official_close_of_their_expiry(held, raw):
    open_: Counter = Counter()
    for fills in by_order(held.facts).values():
        for fill in fills:
            open_[fill.contract] += fill.quantity
    paid = of_kind(held, "CashSettlementInferred")
    worthless = of_kind(held, "ExpiryInferred")
    recorded = {day.day for day in held.days}

    assert len(paid) >= 2
    assert len(worthless) >= 5
    assert len([fact for fact in [*paid, *worthless] if fact.contract.expiry not in recorded]) >= 4
    for fact in paid:
        option = fact.contract
        worth = option.strike - raw.closes[option.expiry]
        assert worth > 0
        assert fact.amount.amount == -worth * 100 * fact.quantity
    for fact in worthless:
        assert raw.closes[fact.contract.expiry] >= fact.contract.strike
    for fact in [*paid, *worthless]:
        assert open_.pop(fact.contract) == -fact.quantity
    assert all(option.expiry >= held.days[-1].day for option, quantity in open_.items() if quantity)


def test_cash_after_settlements_is_right_to_the_cent(held, raw):
    till = reckoned(held, raw)

    assert abs(held.days[-1].cash - till.total) < Decimal("0.005")
