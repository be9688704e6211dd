"""Recorded chains over Apple's split of seven for one in June 2014, and of Google on an early close of 2015.

The rows of the file are read with pandas alone; what positions become is reckoned by the clearing house's
rule: seven contracts for one, at a seventh of the strike in whole cents.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from premia.bootstrap.backtest import backtest
from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.data_import import Wanted, import_chains
from premia.bootstrap.histories import History, open_history
from premia.bootstrap.settings import load
from premia.domain.instrument import Option, Right, Stock
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Opening, Policy
from premia.reporting.backtest.ran import Fill, Ran
from tests.acceptance.by_hand import Execution, Leg, Rates, by_order, exact, fill_price, order_cost
from tests.real_data import real_data

pandas = pytest.importorskip("pandas")

CHAINS = "option_chains/lean_eod_chain_aapl2014_goog2015.parquet"
EVENTS = "events/lean_splits_dividends.parquet"
BEFORE, AFTER = date(2014, 6, 6), date(2014, 6, 9)
EVE, EARLY = date(2015, 12, 23), date(2015, 12, 24)
CLOSED = datetime(2015, 12, 24, 18, 0, tzinfo=UTC)
"""13:00 in New York."""
RATES = Rates(("0.25", "0.50", "0.70"), "0.0404", "0.05", "0.0000221", "0.002")
"""Of June 2014, USD a contract."""
CENT = Decimal("0.01")
CONFIG = """
[account]
number = "DU1000001"
kind = "margin"

[strategies.wheel]
dte_min = 14
dte_max = 45
earnings = "ignore"

[strategies.wheel.symbols.{symbol}]
weight = 0.9

[gate]
contracts_an_order = 100

[limits.concentration]
stock = 1.0

[limits.all_assigned]
of_net_liquidation = 1.0

[limits.stress]
loss_max = 1.0
"""


class Raw:
    """Rows of the file."""

    def __init__(self) -> None:
        table = pandas.read_parquet(real_data(CHAINS))
        self.rows = table.set_index(["underlying", "date", "expiry", "strike", "right"]).sort_index()
        self.spots = {
            (symbol, day.date()): exact(price)
            for (symbol, day), price in table.groupby(["underlying", "date"])["underlying_price"]
            .first()
            .items()
        }

    def quote(self, option, day: date) -> tuple[Decimal, Decimal]:
        """Bid and ask of an option on a day."""
        key = (
            option.symbol,
            pandas.Timestamp(day),
            pandas.Timestamp(option.expiry),
            float(option.strike),
            option.right.value,
        )
        row = self.rows.loc[[key]].iloc[0]
        return exact(row["bid"]), exact(row["ask"])

    def mid(self, option, day: date) -> Decimal:
        return sum(self.quote(option, day)) / 2


@pytest.fixture(scope="module")
def raw() -> Raw:
    return Raw()


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> History:
    folder = tmp_path_factory.mktemp("lean")
    import_chains(Wanted("lean", [real_data(CHAINS)], [real_data(EVENTS)]), folder / "store")
    return open_history([folder / "store"])


def run(history: History, folder: Path, symbol: str, **wish) -> Ran:
    path = folder / "premia.toml"
    path.write_text(CONFIG.format(symbol=symbol), encoding="utf-8")
    return backtest(load(path), history, BacktestWish(capital=Decimal(1_000_000), **wish))


def of_kind(ran: Ran, *names: str) -> list:
    return [fact for fact in ran.facts if type(fact).__name__ in names]


def seventh(strike: Decimal) -> Decimal:
    return (strike / 7).quantize(CENT, rounding=ROUND_HALF_UP)


def test_a_put_sold_before_the_split_is_seven_of_a_seventh_after_it_and_is_bought_back_so(
    history, raw, tmp_path
):
    ran = run(history, tmp_path, "AAPL", first=BEFORE, last=AFTER)
    (sale,), (closing,) = (fills for fills in by_order(ran.facts).values())
    (split,) = of_kind(ran, "SplitInferred")
    (change,) = split.changes

    old = sale.contract
    assert (sale.at.date(), closing.at.date()) == (BEFORE, AFTER)
    assert (split.numerator, split.denominator) == (7, 1)
    assert (change.before, change.held) == (old, sale.quantity)
    assert change.after.strike == seventh(old.strike)
    assert (change.after.expiry, change.after.multiplier) == (old.expiry, 100)
    assert change.becomes == 7 * sale.quantity
    assert (closing.contract, closing.quantity) == (change.after, -7 * sale.quantity)
    for fill in (sale, closing):
        leg = Leg(1 if fill.quantity > 0 else -1, *raw.quote(fill.contract, fill.at.date()))
        assert leg.ratio * fill.price == fill_price([leg], Decimal("0.5"), "0.01", "0.05")


def test_cash_and_net_liquidation_go_through_the_split_unbroken(history, raw, tmp_path):
    ran = run(history, tmp_path, "AAPL", first=BEFORE, last=AFTER)
    (sale,), (closing,) = (fills for fills in by_order(ran.facts).values())
    cash = Decimal(1_000_000)
    for day, fill in zip(ran.days, (sale, closing), strict=True):
        cash -= fill.price * fill.quantity * 100
        cash -= order_cost([Execution(fill.quantity, fill.price)], RATES)
        assert abs(day.cash - cash) < Decimal("0.005")

    before, after = ran.days
    assert of_kind(ran, "CashUnexplained", "TradingHalted") == []
    worth = before.cash + sale.quantity * 100 * raw.mid(sale.contract, BEFORE)
    assert abs(before.at_mid - worth) < Decimal("0.005")
    assert abs(after.at_mid - after.accrued_interest - after.cash) < Decimal("0.005")
    assert abs(after.at_mid - before.at_mid) < Decimal("0.002") * before.at_mid


def test_shares_and_calls_held_over_the_split_are_worth_what_the_rows_say(history, raw):
    share = Stock("AAPL")
    call = Option("AAPL", date(2014, 6, 27), Decimal(650), Right.CALL)
    setup = AccountSetup(
        "DU1",
        cash=Decimal(50_000),
        openings=(Opening(share, 200, Decimal(600)), Opening(call, -2, Decimal(900))),
    )
    exchange = Exchange(
        history.of(["AAPL"]).market(), [setup], Policy(), datetime(2014, 6, 6, 19, 50, tzinfo=UTC)
    )
    before = exchange.worth("DU1")

    exchange.advance(datetime(2014, 6, 9, 19, 50, tzinfo=UTC))
    after = exchange.worth("DU1")

    held = {one.contract: one for one in exchange.holdings("DU1") if one.quantity}
    new = Option("AAPL", call.expiry, seventh(call.strike), Right.CALL)
    assert {contract: one.quantity for contract, one in held.items()} == {share: 1_400, new: -14}
    assert before.cash == after.cash == 50_000
    for was, shares, option, day in ((before, 200, call, BEFORE), (after, 1_400, new, AFTER)):
        worth = 50_000 + shares * (raw.spots["AAPL", day] - raw.mid(option, day))
        # A share is marked between the cents around its price.
        assert abs(was.amount - was.accrued_interest - worth) <= shares * Decimal("0.005")
    assert abs(after.amount / before.amount - 1) < Decimal("0.02")


@pytest.mark.parametrize("fill", [Fill.SAME, Fill.NEXT])
def test_on_an_early_close_the_pass_lies_before_it_and_nothing_is_decided_after_it(history, tmp_path, fill):
    ran = run(history, tmp_path, "GOOG", first=EVE, last=EARLY, fill=fill, alpha=1.0)
    passes = [fact.at for fact in of_kind(ran, "CycleStarted") if fact.at.date() == EARLY]
    asked = of_kind(ran, "OrderRequested", "ReplaceRequested", "OrderFilled")

    assert len(passes) == 1
    assert CLOSED.replace(hour=17, minute=30) <= passes[0] < CLOSED
    assert [fact for fact in asked if fact.at.date() == EARLY]
    assert all(fact.at < CLOSED for fact in ran.facts)


def test_options_of_an_early_close_end_at_its_price_and_no_order_trades_after_it(history, raw):
    puts = [Option("GOOG", EARLY, Decimal(strike), Right.PUT) for strike in ("745", "750")]
    setup = AccountSetup(
        "DU1", cash=Decimal(200_000), openings=tuple(Opening(put, -1, Decimal(300)) for put in puts)
    )
    exchange = Exchange(
        history.of(["GOOG"]).market(), [setup], Policy(), datetime(2015, 12, 24, 17, 50, tzinfo=UTC)
    )
    live = exchange.quotes(puts)

    exchange.advance(CLOSED)
    closed = exchange.quotes(puts)
    exchange.advance(datetime(2015, 12, 28, 20, 0, tzinfo=UTC))

    held = {one.contract: one.quantity for one in exchange.holdings("DU1") if one.quantity}
    assert Decimal(745) < raw.spots["GOOG", EARLY] < Decimal(750)
    assert [quote.kind.value for quote in live] == ["live", "live"]
    assert [quote.kind.value for quote in closed] == ["frozen", "frozen"]
    assert [(quote.bid or 0, quote.ask) for quote in live] == [raw.quote(put, EARLY) for put in puts]
    assert held == {Stock("GOOG"): 100}
    assert exchange.worth("DU1").cash == 200_000 - 75_000
