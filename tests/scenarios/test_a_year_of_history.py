"""A year of the shipped market traded in process by a fixed rule, checked by a ledger of its own.

The trader sells puts near the money a month out at the middle of the quote, and calls when it holds shares.
The ledger below knows executions, official closes, dividends and the target rate, and shares no code
with the exchange: what it predicts must be the account's cash to the cent.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest

from premia.adapters.markets import sp500_market
from premia.domain.account import AccountKind
from premia.domain.instrument import Option, Right, Stock
from premia.exchange.exchange import Exchange
from premia.exchange.exchange_digest import digest
from premia.exchange.market import Market
from premia.exchange.policy import AccountSetup, Policy
from premia.exchange.rates import target
from premia.exchange.types import Cancelled, Filled, OrderKind, OrderTicket, TicketLeg

# The package of calendars asks pandas for something that a later pandas will answer otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray:DeprecationWarning")

ACCOUNT = "DU1"
START, END = date(2017, 8, 1), date(2018, 7, 20)
CASH = Decimal(150_000)
LOTS = 3
NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def market() -> Market:
    return sp500_market()


@pytest.fixture(scope="module")
def lived(market) -> Exchange:
    return live(market, seed=11)


def live(market: Market, seed: int, end: date = END) -> Exchange:
    """Each session at 10:00, where nothing is written: a new order, good for the day."""
    setup = AccountSetup(ACCOUNT, AccountKind.CASH, CASH)
    exchange = Exchange(
        market, [setup], Policy(seed=seed, early_assignment=0.0), datetime.combine(START, time(), NEW_YORK)
    )
    for n, session in enumerate(market.sessions.between(START, end)):
        exchange.advance(session.opens + timedelta(minutes=30))
        held = {one.contract: one.quantity for one in exchange.holdings(ACCOUNT) if one.quantity}
        if not any(isinstance(one, Option) for one in held):
            shares = sum(quantity for one, quantity in held.items() if isinstance(one, Stock))
            exchange.submit(an_order(exchange, shares // 100, n))
        exchange.advance(session.closes + timedelta(minutes=5))
    exchange.advance(datetime.combine(end + timedelta(days=3), time(12), NEW_YORK))
    return exchange


def an_order(exchange: Exchange, lots: int, order_id: int) -> OrderTicket:
    symbol, today = exchange.market.symbols[0], exchange.now.astimezone(NEW_YORK).date()
    listing = exchange.market.listed(symbol, exchange.now)
    series = min(listing.series, key=lambda one: abs((one.expiry - today).days - 30))
    spot = exchange.market.spot(symbol, exchange.now)
    strike = min(series.strikes, key=lambda one: abs(float(one) - spot * 1.003))
    option = series.option(symbol, strike, Right.CALL if lots else Right.PUT)
    limit = exchange.quote(option).mid.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    quantity = -(lots or LOTS)
    return OrderTicket(1, order_id, ACCOUNT, (TicketLeg(option, 1),), quantity, OrderKind.LIMIT, limit)


class Ledger:
    """A day book: options, shares, settled and unsettled money, by calendar day, from executions alone."""

    def __init__(self, market: Market, fills: dict[date, list]) -> None:
        self.market = market
        self.symbol = market.symbols[0]
        self.sessions = {one.day for one in market.sessions.between(START, date(2018, 9, 1))}
        self.fills = fills
        self.cash = CASH
        self.settling: list[tuple[date, Decimal]] = []
        self.settled = CASH
        self.options: Counter = Counter()
        self.shares = 0
        self.arriving: list[tuple[date, int, Decimal]] = []
        self.dividends: list[tuple[date, Decimal]] = []
        self.accrued = Decimal(0)
        self.due = Decimal(0)

    def live(self) -> None:
        day = START
        while day <= END + timedelta(days=3):
            self.settled += sum(amount for when, amount in self.settling if when == day)
            self.morning(day)
            for fill in self.fills.get(day, ()):
                money = -fill.price * 100 * fill.quantity - fill.commission.amount
                self.take(money, self.later(day, 1))
                self.options[fill.contract] += fill.quantity
            self.evening(day)
            if day < END + timedelta(days=3):
                self.interest(day)
            day += timedelta(days=1)

    def take(self, money: Decimal, settles: date | None = None) -> None:
        self.cash += money
        if settles is None:
            self.settled += money
        else:
            self.settling.append((settles, money))

    def later(self, day: date, count: int) -> date:
        while count:
            day += timedelta(days=1)
            count -= day in self.sessions
        return day

    def morning(self, day: date) -> None:
        if day.day == 1:
            self.due, self.accrued = self.accrued, Decimal(0)
        if day not in self.sessions:
            return
        self.arrivals(day)
        for when, amount in self.dividends:
            if when == day:
                self.take(amount)
        month = [one for one in self.sessions if (one.year, one.month) == (day.year, day.month)]
        if sum(one <= day for one in month) == 3:
            self.take(self.due.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))
            self.due = Decimal(0)
        for one in self.market.dividends(self.symbol):
            if one.ex == day and self.shares:
                self.dividends.append((one.pay, round(one.amount * self.shares, 2)))

    def arrivals(self, day: date) -> None:
        """Shares settle three sessions after the exercise until September 2017, two from then on."""
        for when, shares, money in self.arriving:
            if when == day:
                self.shares += shares
                exercised = max(one for one in self.sessions if one < day)
                self.take(money, self.later(exercised, 3 if exercised < date(2017, 9, 5) else 2))

    def evening(self, day: date) -> None:
        for option, quantity in list(self.options.items()):
            if option.expiry != day:
                continue
            del self.options[option]
            close = self.market.close(self.symbol, day)
            sign = 1 if option.right is Right.CALL else -1
            if (close - option.strike) * sign < Decimal("0.01"):
                continue
            shares = 100 * quantity * sign
            money = -shares * option.strike
            if shares < 0:
                rate = (
                    Decimal("21.80")
                    if day < date(2017, 7, 4)
                    else Decimal("23.10")
                    if day < date(2018, 5, 22)
                    else Decimal(13)
                )
                money -= rate / 1_000_000 * money + Decimal("0.000119") * -shares
            self.arriving.append((self.later(day, 1), shares, money))

    def interest(self, day: date) -> None:
        """Below 100,000 of net liquidation interest shrinks; this account is never there."""
        rate = target(day) - Decimal("0.005")
        if rate > 0 and self.settled > 10_000:
            self.accrued += (self.settled - 10_000) * rate / 360


def test_cash_and_positions_are_what_a_ledger_of_executions_closes_and_rates_says(market, lived):
    fills: dict[date, list] = {}
    for one in lived.record:
        if isinstance(one, Filled):
            fills.setdefault(one.at.astimezone(NEW_YORK).date(), []).extend(one.executions)
    ledger = Ledger(market, fills)

    ledger.live()

    values = lived.values(ACCOUNT)
    assert abs(values.total_cash - ledger.cash) < Decimal("0.000001")
    assert abs(values.settled_cash - ledger.settled) < Decimal("0.000001")
    assert abs(values.accrued_interest - ledger.accrued - ledger.due) < Decimal("0.000001")
    held = {one.contract: one.quantity for one in lived.holdings(ACCOUNT) if one.quantity}
    expected = {one: quantity for one, quantity in ledger.options.items() if quantity}
    if ledger.shares:
        expected[Stock(market.symbols[0])] = ledger.shares
    assert held == expected


def test_the_year_holds_everything_that_a_wheel_meets(lived):
    moved = Counter(
        (one.cause, type(one.contract).__name__)
        for one in lived.record
        if hasattr(one, "cause") and hasattr(one, "contract")
    )
    paid = Counter(one.cause.split()[0] for one in lived.record if hasattr(one, "amount"))
    assert moved["assigned", "Stock"] >= 2
    assert moved["expired", "Option"] >= 2
    assert paid["dividend"] >= 1
    assert paid["interest"] >= 9


def test_some_orders_fill_in_parts_and_some_never(lived):
    views = [one.order for one in lived.record if isinstance(one, Filled)]
    parts = Counter(one.perm_id for one in views)
    unfilled = [one for one in lived.record if isinstance(one, Cancelled) and one.order.filled == 0]
    assert max(parts.values()) > 1
    assert unfilled


def test_the_same_seed_is_the_same_autumn_and_another_is_not(market, lived):
    until = date(2017, 11, 17)
    end = datetime.combine(until + timedelta(days=3), time(12), NEW_YORK)
    once = digest(one for one in lived.record if one.at <= end)
    again, other = (digest(live(market, seed, until).record) for seed in (11, 13))
    assert once == again != other
