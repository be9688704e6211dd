"""Seven weeks of nine symbols that know last prices only: a wheel on modelled quotes, reckoned again.

The importer makes bids and asks around the source's volatilities and says so. Fills are held to the rows of
the store's own files, read with numpy alone, and to the last trades of the source; assignments, expiries and
cash to the prices of the source, read with pandas alone.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from premia.bootstrap.backtest import backtest
from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.data_import import Wanted, import_chains
from premia.bootstrap.histories import open_history
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
    share_sale,
)
from tests.real_data import real_data

pandas = pytest.importorskip("pandas")

CHAINS = "option_chains/us_chains_last_2026-05-26_2026-07-17.parquet"
FUNDS = ("IWM", "QQQ", "SPY", "XLF")
STOCKS = ("AMD", "INTC", "NVDA", "PFE", "SOFI")
CAPITAL = Decimal(2_000_000)
ALPHA = Decimal("0.25")
RATES = Rates(
    ("0.25", "0.50", "0.65"),
    "0.02815",
    "0.02",
    "0.0000206",
    "0.00329",
    share_taf="0.000195",
    share_cap="9.79",
)
"""Of May to July 2026, USD a contract or share."""
INTEREST = Decimal("0.03125")
"""Middle of the target of federal funds, 3.50 to 3.75 %, less half a point."""
POSTED = {
    (date(2026, 5, 26), date(2026, 5, 31)): date(2026, 6, 3),
    (date(2026, 6, 1), date(2026, 6, 30)): date(2026, 7, 6),
}
"""Interest of a month is paid on the third session of the next; 3 July 2026 is a holiday."""
CONFIG = """
[account]
number = "DU1000001"
kind = "margin"

[strategies.wheel]
dte_min = 3
dte_max = 14
contracts_max = 3
put_delta_max = 0.50
put_delta_aim = 0.40
call_delta_max = 0.50
yield_min_fund = 0.02
yield_min_stock = 0.02
take_profit = 0.95
take_profit_late = 0.95
rolls_max = 1
earnings = "ignore"

{symbols}
[limits.concentration]
fund = 1.0
stock = 1.0

[limits.all_assigned]
of_net_liquidation = 1.5

[limits.daily_limit]
contracts_a_day = 40
contracts_a_run = 40

[limits.stress]
loss_max = 1.0
"""


class Raw:
    """The source, and the files of the store that was made of it."""

    def __init__(self, folder: Path) -> None:
        table = pandas.read_parquet(real_data(CHAINS))
        near = table["expiry"] <= table["date"] + pandas.Timedelta(days=21)
        away = table["strike"] / table["underlying_price"] - 1
        kept = near & (away.isna() | (away.abs() < 0.25))
        self.table = table[table["underlying"].isin([*FUNDS, *STOCKS]) & kept]
        self.file = folder / "chains.parquet"
        self.table.to_parquet(self.file)
        self.lasts = self.table.set_index(["date", "underlying", "expiry", "strike", "right"]).sort_index()
        priced = self.table[self.table["underlying_price"] > 0]
        self.prices = {
            (symbol, day.date()): exact(price)
            for (symbol, day), price in priced.groupby(["underlying", "date"])["underlying_price"]
            .first()
            .items()
        }
        self.sessions = sorted({day.date() for day in table["date"]})
        self.store = folder / "store"

    def next_session(self, day: date) -> date:
        """The session after a day; Monday the 20th after the last one."""
        return min((one for one in self.sessions if one > day), default=date(2026, 7, 20))

    def last(self, option, day: date) -> tuple[Decimal, float]:
        """Last trade of an option and its volume on a day."""
        key = (
            pandas.Timestamp(day),
            option.symbol,
            pandas.Timestamp(option.expiry),
            float(option.strike),
            option.right.value,
        )
        row = self.lasts.loc[[key]].iloc[0]
        return exact(row["last"]), float(row["volume"])

    def quote(self, option, day: date) -> tuple[Decimal, Decimal] | None:
        """Bid and ask of an option in the store, found by walking through its files; None without both."""
        folder = self.store / option.symbol
        days, starts = np.load(folder / "day.npy"), np.load(folder / "day_groups.npy")
        groups, quotes = np.load(folder / "groups.npy"), np.load(folder / "quotes.npy", mmap_mode="r")
        (place,) = np.flatnonzero(days == (day - date(1970, 1, 1)).days)
        wanted = ((option.expiry - date(1970, 1, 1)).days, 1 if option.right.value == "C" else -1)
        for group in groups[starts[place] : starts[place + 1]]:
            if (group["expiry"], group["right"]) == wanted:
                for row in quotes[group["start"] : group["stop"]]:
                    if row["strike"] == option.strike * 10_000 and row["ask"] > 0:
                        return Decimal(max(int(row["bid"]), 0)) / 10_000, Decimal(int(row["ask"])) / 10_000
        return None


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Raw:
    return Raw(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def ran(raw) -> Ran:
    imported = import_chains(Wanted("last_price", [raw.file]), raw.store)
    assert "MODELLED QUOTES" in imported.manifest.sources[0].notes[0]
    tables = "\n".join(f"[strategies.wheel.symbols.{one}]\nweight = 0.105\n" for one in [*FUNDS, *STOCKS])
    path = raw.store.parent / "premia.toml"
    path.write_text(CONFIG.format(symbols=tables), encoding="utf-8")
    return backtest(load(path), open_history([raw.store]), BacktestWish(capital=CAPITAL, alpha=float(ALPHA)))


def of_kind(ran: Ran, *names: str) -> list:
    return [fact for fact in ran.facts if type(fact).__name__ in names]


def day_of(fill) -> date:
    """Trading day; orders of these runs trade before 16:00 New York, 20:00 UTC."""
    return fill.at.date()


def intrinsic(option, price: Decimal) -> Decimal:
    return price - option.strike if option.right.value == "C" else option.strike - price


def reckoned(ran: Ran, raw: Raw) -> Till:
    """Cash from fills at their prices, own costs, shares at their strikes and own interest."""
    till = Till(CAPITAL)
    for fills in by_order(ran.facts).values():
        day = day_of(fills[0])
        paid = sum((fill.price * fill.quantity * 100 for fill in fills), Decimal(0))
        cost = order_cost([Execution(fill.quantity, fill.price) for fill in fills], RATES)
        till.book(-paid - cost, day, raw.next_session(day))
    for fact in of_kind(ran, "AssignmentInferred"):
        shares = fact.quantity * 100 * (1 if fact.contract.right.value == "P" else -1)
        fees = share_sale(-shares, fact.contract.strike, RATES) if shares < 0 else Decimal(0)
        arrives = raw.next_session(fact.exercised)
        till.book(-shares * fact.contract.strike - fees, arrives, arrives)
    for (first, last), day in POSTED.items():
        till.book(cents(till.interest(first, last, INTEREST)), day, day)
    return till


def test_every_order_traded_at_its_place_in_the_spread_of_the_stores_row(ran, raw):
    orders = by_order(ran.facts)
    traded = Counter(fill.contract.symbol for fills in orders.values() for fill in fills)

    assert set(traded) == {*FUNDS, *STOCKS}
    assert len([fills for fills in orders.values() if len(fills) > 1]) >= 3
    for fills in orders.values():
        size, high = abs(fills[0].quantity), "0.01" if fills[0].contract.symbol in FUNDS else "0.05"
        legs = [Leg(fill.quantity // size, *raw.quote(fill.contract, day_of(fill))) for fill in fills]
        paid = sum((leg.ratio * fill.price for leg, fill in zip(legs, fills, strict=True)), Decimal(0))
        assert paid == fill_price(legs, ALPHA, "0.01", high), fills


def test_fills_lie_about_the_last_trades_of_the_source(ran, raw):
    """The last trade of a day may be hours old; most lie within the modelled spread or next to it."""
    away, inside = [], []
    for fills in by_order(ran.facts).values():
        for fill in fills:
            last, volume = raw.last(fill.contract, day_of(fill))
            if volume > 0 and last >= Decimal("0.20"):
                bid, ask = raw.quote(fill.contract, day_of(fill))
                inside.append(bid <= last <= ask)
                away.append(float(abs(fill.price / last - 1)))

    assert len(away) >= 50
    assert median(away) < 0.05
    assert sum(inside) >= 0.4 * len(inside)


def test_every_order_cost_what_the_schedule_of_2026_says(ran):
    told = {fact.exec_id: fact.commission.amount for fact in of_kind(ran, "CommissionReported")}
    for fills in by_order(ran.facts).values():
        wanted = order_cost([Execution(fill.quantity, fill.price) for fill in fills], RATES)
        assert abs(sum(told[fill.exec_id] for fill in fills) - wanted) < Decimal("0.00001")


def test_every_option_that_was_held_to_its_end_ended_by_the_price_of_that_day(ran, raw):
    assigned, worthless = of_kind(ran, "AssignmentInferred"), of_kind(ran, "ExpiryInferred")
    open_: Counter = Counter()
    for fills in by_order(ran.facts).values():
        for fill in fills:
            open_[fill.contract] += fill.quantity

    assert {fact.contract.right.value for fact in assigned} == {"P", "C"}
    assert len(assigned) >= 8
    assert len(worthless) >= 5
    for fact in assigned:
        price = raw.prices[fact.contract.symbol, fact.exercised]
        assert intrinsic(fact.contract, price) >= Decimal("0.01")
        assert fact.exercised <= fact.contract.expiry
    for fact in worthless:
        assert intrinsic(fact.contract, raw.prices[fact.contract.symbol, fact.contract.expiry]) <= 0
    for fact in [*assigned, *worthless]:
        open_[fact.contract] += fact.quantity
    last = ran.days[-1].day
    assert all(option.expiry >= last for option, quantity in open_.items() if quantity)


def test_cash_is_that_of_trades_shares_and_interest_to_the_cent_on_every_session(ran, raw):
    till = reckoned(ran, raw)

    assert of_kind(ran, "CashUnexplained") == []
    for day in ran.days:
        assert abs(day.cash - till.until(day.day)) < Decimal("0.005"), day.day
    assert abs(ran.days[-1].cash - till.total) < Decimal("0.005")


def positions(ran: Ran, raw: Raw, day: date) -> tuple[Counter, Counter]:
    """Options and shares at the end of a session, from fills, assignments and expiries."""
    options, shares = Counter(), Counter()
    for fills in by_order(ran.facts).values():
        for fill in fills:
            if day_of(fill) <= day:
                options[fill.contract] += fill.quantity
    for fact in of_kind(ran, "AssignmentInferred", "ExpiryInferred"):
        if fact.at.date() <= day:
            options[fact.contract] += fact.quantity
            shares[fact.contract.symbol] += getattr(fact, "shares", 0)
    return options, shares


def test_net_liquidation_is_cash_shares_at_the_sources_price_and_options_at_the_middle(ran, raw):
    looked = 0
    for day in ran.days:
        options, shares = positions(ran, raw, day.day)
        quotes = {option: raw.quote(option, day.day) for option, count in options.items() if count}
        prices = {symbol: raw.prices.get((symbol, day.day)) for symbol, count in shares.items() if count}
        if None in quotes.values() or None in prices.values():
            continue  # what was not recorded is valued otherwise
        worth = day.cash + day.accrued_interest
        worth += sum(options[option] * 50 * sum(quote) for option, quote in quotes.items())
        worth += sum(shares[symbol] * price for symbol, price in prices.items())
        cents_of_shares = Decimal("0.005") * sum(shares.values())  # a share is marked in whole cents
        assert abs(day.at_mid - worth) < cents_of_shares + Decimal("0.005"), day.day
        looked += 1

    assert looked >= 20
