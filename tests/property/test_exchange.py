"""The exchange under arbitrary orders: its books always add up, and reading it changes nothing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.instrument import Contract, Stock
from premia.exchange.exchange import Exchange
from premia.exchange.exchange_digest import digest
from premia.exchange.policy import AccountSetup, Opening, Policy
from premia.exchange.types import (
    CashMoved,
    Filled,
    OrderKind,
    OrderTicket,
    PositionMoved,
    TicketLeg,
    TimeInForce,
)
from tests.unit.exchange.fixed_market import FixedMarket, a_call, a_put, at

ABC = Stock("ABC")
ACCOUNT = "DU1"
START = "2024-03-04 09:00"
EXPIRIES = ("2024-03-08", "2024-03-15")
OPTIONS = tuple(
    make(expiry, strike) for expiry in EXPIRIES for strike in ("48", "50", "52") for make in (a_put, a_call)
)

SIX_PUTS = OrderTicket(1, 5, ACCOUNT, (TicketLeg(OPTIONS[0], 1),), -6, OrderKind.LIMIT, Decimal("0.30"))


def a_market(path: tuple[int, ...]) -> FixedMarket:
    """ABC steps by half dollars three times a day; options are quoted 0.30 above their intrinsic value."""
    market = FixedMarket("2024-01-02", "2024-12-31", rate=0.05)
    times = [f"2024-03-{day:02d} {hour}:00" for day in range(4, 23) for hour in ("09", "11", "14")]
    level = Decimal(50)
    prices = {"2024-01-02 09:30": "50"}
    for n, when in enumerate(times):
        level = max(level + Decimal(path[n % len(path)]) / 2, Decimal(40))
        prices[when] = str(level)
    market.stock("ABC", prices)
    for option in OPTIONS:
        for when, price in prices.items():
            middle = option.intrinsic(Decimal(price)) + Decimal("0.30")
            market.quote(option, when, str(middle - Decimal("0.05")), str(middle + Decimal("0.05")), size=3)
    market.dividend("ABC", "2024-03-12", "2024-03-20", "0.40")
    return market


def an_exchange(market: FixedMarket, kind: AccountKind, seed: int) -> Exchange:
    openings = (Opening(ABC, 200, Decimal(49)),)
    setup = AccountSetup(ACCOUNT, kind, Decimal(40_000), openings=openings)
    return Exchange(market, [setup], Policy(seed=seed, base_hazard=0.9), at(START))


paths = st.lists(st.integers(-3, 3), min_size=3, max_size=12).map(tuple)
legs = st.one_of(
    st.sampled_from([*OPTIONS, ABC]).map(lambda one: (TicketLeg(one, 1),)),
    st.permutations(OPTIONS).map(lambda some: (TicketLeg(some[0], 1), TicketLeg(some[1], -1))),
)


@st.composite
def tickets(draw) -> OrderTicket:
    chosen = draw(legs)
    market_order = draw(st.booleans())
    combo = len(chosen) > 1
    low = -300 if combo else 5
    limit = Decimal(draw(st.integers(low, 500))) * 5 / 100 if chosen[0].contract != ABC else Decimal(50)
    return OrderTicket(
        client_id=draw(st.integers(1, 2)),
        order_id=draw(st.integers(1, 30)),
        account=ACCOUNT,
        legs=chosen,
        quantity=draw(st.integers(-6, 6).filter(bool)) * (10 if chosen[0].contract == ABC else 1),
        kind=OrderKind.MARKET if market_order else OrderKind.LIMIT,
        limit=None if market_order else limit,
        tif=draw(st.sampled_from(list(TimeInForce))),
    )


class Life(RuleBasedStateMachine):
    """Orders, changes, cancels and time in any order; a plain ledger beside it folds what was reported."""

    @initialize(path=paths, kind=st.sampled_from(list(AccountKind)), seed=st.integers(0, 99))
    def begin(self, path, kind, seed):
        self.exchange = an_exchange(a_market(path), kind, seed)
        self.kind = kind
        self.cash = Decimal(40_000)
        self.held: Counter[Contract] = Counter({ABC: 200})
        self.orders = 100
        self.read = 0

    @rule(ticket=tickets())
    def submit(self, ticket):
        self.orders += 1
        self.exchange.submit(replace(ticket, order_id=self.orders))

    @rule(ticket=tickets())
    def submit_under_any_name(self, ticket):
        self.exchange.submit(ticket)

    @rule(n=st.integers(0, 9), cents=st.integers(-30, 30))
    @precondition(lambda self: self.exchange.open_orders())
    def change(self, n, cents):
        live = self.exchange.open_orders()
        ticket = live[n % len(live)].ticket
        moved = None if ticket.limit is None else ticket.limit + Decimal(cents) * 5 / 100
        self.exchange.submit(replace(ticket, limit=moved))

    @rule(n=st.integers(0, 9))
    @precondition(lambda self: self.exchange.open_orders())
    def cancel(self, n):
        live = self.exchange.open_orders()
        ticket = live[n % len(live)].ticket
        self.exchange.cancel(ticket.client_id, ticket.order_id)

    @rule(minutes=st.sampled_from([0, 1, 7, 45, 300, 1_440, 2 * 1_440, 5 * 1_440]))
    @precondition(lambda self: self.exchange.now < at("2024-03-20 12:00"))
    def advance(self, minutes):
        self.exchange.advance(self.exchange.now + timedelta(minutes=minutes))

    @invariant()
    def the_record_explains_the_books(self):
        if not hasattr(self, "exchange"):
            return
        for report in self.exchange.record[self.read :]:
            self._fold(report)
        self.read = len(self.exchange.record)
        values = self.exchange.values(ACCOUNT)
        assert values.total_cash == self.cash
        books = {one.contract: one.quantity for one in self.exchange.holdings(ACCOUNT) if one.quantity}
        assert books == {contract: quantity for contract, quantity in self.held.items() if quantity}

    @invariant()
    def equity_is_cash_and_positions_at_their_marks(self):
        if not hasattr(self, "exchange"):
            return
        values = self.exchange.values(ACCOUNT)
        worth = sum(
            (
                one.contract.value_of(one.market_price, one.quantity).amount
                for one in self.exchange.holdings(ACCOUNT)
            ),
            Decimal(0),
        )
        assert values.stock_value + values.option_value == worth
        coming = self._coming()
        accrued = values.accrued_dividend + values.accrued_interest
        assert values.net_liquidation == values.total_cash + worth + accrued + coming
        assert values.available_funds <= values.equity_with_loan - values.initial_margin

    @invariant()
    def an_account_that_may_not_borrow_has_no_debt_and_nothing_short_but_covered_options(self):
        if not hasattr(self, "exchange") or self.kind is AccountKind.MARGIN:
            return
        assert self.held[ABC] >= 0
        assert self.exchange.values(ACCOUNT).total_cash > -100

    def _coming(self) -> Decimal:
        """What deliveries on their way are worth: the shares at the mark less what is to be paid for them."""
        total = Decimal(0)
        for one in self.exchange._state.accounts[ACCOUNT].deliveries:
            spot = self.exchange.quote(ABC).mid
            total += spot * one.quantity - one.paid
            if one.early:
                total -= one.option.value_of(self.exchange.quote(one.option).mid, one.contracts).amount
        return total

    def _fold(self, report):
        if isinstance(report, Filled):
            self._fold_fill(report)
        elif isinstance(report, PositionMoved):
            self.held[report.contract] += report.quantity
        elif isinstance(report, CashMoved):
            self.cash += report.amount.amount

    def _fold_fill(self, report):
        ticket = report.order.ticket
        lines = [one for one in report.executions if one.contract is not None]
        units = report.executions[0].quantity if len(ticket.legs) > 1 else lines[0].quantity
        net = report.executions[0].price
        assert units * ticket.quantity > 0, "a fill goes the way of its order"
        if ticket.limit is not None and ticket.kind is OrderKind.LIMIT:
            assert net <= ticket.limit if units > 0 else net >= ticket.limit
        assert abs(report.order.filled) <= abs(ticket.quantity)
        for line, leg in zip(lines, ticket.legs, strict=True):
            assert line.contract == leg.contract
            assert line.quantity == units * leg.ratio, "a combo keeps its ratio"
            self.held[line.contract] += line.quantity
            self.cash -= line.contract.value_of(line.price, line.quantity).amount + line.commission.amount


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)

actions = st.lists(
    st.one_of(
        tickets(),
        st.tuples(st.integers(1, 2), st.integers(1, 30)),
        st.sampled_from([1, 7, 45, 300, 900]),
    ),
    max_size=15,
)


def play(exchange: Exchange, steps, *, reads: bool, pieces: int) -> str:
    """Run the steps; with reads and with time cut into pieces the record must stay the same."""
    for step in steps:
        if isinstance(step, OrderTicket):
            exchange.submit(step)
        elif isinstance(step, int):
            until = exchange.now + timedelta(minutes=step)
            for n in range(1, pieces + 1):
                exchange.advance(until - timedelta(seconds=60 * step) * (pieces - n) / pieces)
                if reads:
                    exchange.quotes(OPTIONS)
                    exchange.values(ACCOUNT)
                    exchange.what_if(
                        OrderTicket(9, 1, ACCOUNT, (TicketLeg(ABC, 1),), 1, OrderKind.MARKET, None)
                    )
                    exchange.holdings(ACCOUNT)
        else:
            exchange.cancel(*step)
    return digest(exchange.record)


@settings(max_examples=40, deadline=None)
@given(paths, actions, st.integers(0, 99), st.integers(2, 3))
def test_reading_and_cutting_time_into_pieces_change_nothing(path, steps, seed, pieces):
    market = a_market(path)
    once = play(an_exchange(market, AccountKind.MARGIN, seed), steps, reads=False, pieces=1)
    again = play(an_exchange(market, AccountKind.MARGIN, seed), steps, reads=False, pieces=1)
    watched = play(an_exchange(market, AccountKind.MARGIN, seed), steps, reads=True, pieces=pieces)
    assert once == again == watched


def test_another_seed_is_another_market_day():
    market = a_market((0,))
    days = [an_exchange(market, AccountKind.MARGIN, seed) for seed in range(6)]
    assert len({play(day, [60, SIX_PUTS, 300], reads=False, pieces=1) for day in days}) > 1


@pytest.mark.parametrize("order_id", [1, 77])
def test_the_number_that_a_client_gives_an_order_does_not_decide_its_fill(order_id):
    """Numbers depend on how many requests a client made before; fills may not."""
    market = a_market((0, 1, -1))
    orders = (SIX_PUTS, replace(SIX_PUTS, order_id=order_id))
    days = [[60, order, 300] for order in orders]
    results = [play(an_exchange(market, AccountKind.MARGIN, 4), day, reads=False, pieces=1) for day in days]
    assert results[0] == results[1]
