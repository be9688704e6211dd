"""The parts of a change in equity: whole cents that add up, whatever came in fractions of them."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from premia.domain import events as ev
from premia.domain.instrument import Option, Right
from premia.domain.money import CENT, Money, Price
from premia.reporting.backtest.attribution import attribution
from premia.reporting.backtest.ran import Day, Flow, Settings
from premia.reporting.moves import Move
from tests.unit.reporting.story import at

D = Decimal
DAY = date(2026, 1, 6)
PUT = Option("XYZ", date(2026, 1, 16), D(50), Right.PUT)
amounts = st.decimals(-100_000, 100_000, places=6, allow_nan=False)
cents = st.decimals(-100_000, 100_000, places=2, allow_nan=False)


@given(
    dividends=st.lists(amounts, max_size=4),
    interest=st.lists(amounts, max_size=4),
    fees=st.lists(st.decimals(0, 10, places=6), max_size=4),
    deposits=st.lists(cents, max_size=2),
    odd=st.one_of(st.just(D(0)), cents),
)
def test_the_parts_are_whole_cents_that_add_up(dividends, interest, fees, deposits, odd):
    """Equity is what the flows come to, rounded as a broker does, and `odd` that nobody explains."""
    facts: list[ev.AnyEvent] = [booked("dividend/XYZ/2026-01-05", one) for one in dividends]
    facts += [booked("interest/2025-12", one) for one in interest]
    moves = [Move(1, at(1, 6), PUT, -1, "traded", Price(D("0.60")), fee=one) for one in fees]
    paid = sum(deposits, D(0)) + odd + 60 * len(fees) - sum(fees, D(0))
    end = (10_000 + sum(dividends, D(0)) + sum(interest, D(0)) + paid).quantize(CENT)
    settings = Settings(
        first=DAY,
        last=DAY,
        capital=D(10_000),
        symbols=(),
        deposits=tuple(Flow(DAY, one) for one in deposits),
    )

    told = attribution(facts, moves, (), (Day(day=DAY, at_mid=end, cash=end, spots={}),), settings)

    parts = dict(told.parts)
    assert sum(parts.values()) == told.change == end - 10_000
    assert all(amount == amount.quantize(CENT) for amount in parts.values())
    assert abs(parts["unexplained"] - odd) <= 2 * CENT
    assert (parts["unexplained"] == 0) or odd
    assert abs(parts["dividends"] - sum(dividends, D(0))) <= 2 * CENT
    assert abs(parts["deposits"] - sum(deposits, D(0))) <= 2 * CENT


def booked(cause: str, amount: Decimal) -> ev.CashBooked:
    return ev.CashBooked(at=at(1, 6), cause=cause, predicted=Money(amount), amount=Money(amount))
