"""Where an order begins and where it may end: the middle, the floor, what is kept, what was wished."""

from datetime import timedelta
from decimal import Decimal

import pytest

from premia.domain.combo import single
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.money import price, usd
from premia.domain.order import Ladder, Then
from premia.domain.verdict import Approved
from premia.engine.collar import Collar
from premia.engine.planner import Pricing, plan
from tests.builders import a_book, a_chain, a_row, put

WALK = {"steps": 2, "every": timedelta(minutes=1), "patience": timedelta(minutes=5)}
WIDE = Collar(spreads=Decimal(10))


def planned(mid="1.00", natural="0.80", worst="0.10", **ladder):
    """An order for a put quoted around a middle, by a ladder of its own."""
    wish = Intent(
        strategy="wheel",
        symbol="XYZ",
        slot="XYZ/put",
        purpose=Purpose.OPEN,
        combo=single(put(95), -1),
        quantity=1,
        mid=price(mid),
        natural=price(natural),
        worst=price(worst),
        reason="a test",
        evidence=evidence(),
        urgency="own",
    )
    pricing = Pricing({"own": Ladder(**(WALK | ladder))}, WIDE)
    chain = a_chain(a_row(put(95), "0.81", "1.19"))
    return plan([Approved(wish, usd(0))], {"XYZ": chain}, a_book(), pricing)[0]


@pytest.mark.parametrize(
    ("ladder", "first", "last"),
    [
        ({}, "1.00", "0.80"),
        ({"start": Decimal("-0.5")}, "1.10", "0.80"),
        ({"start": Decimal("0.5")}, "0.90", "0.80"),
        ({"floor": Decimal("0.5")}, "1.00", "0.90"),
        ({"floor": Decimal("0.3")}, "1.00", "0.94"),
        ({"keep": Decimal("0.95")}, "1.00", "0.95"),
        ({"keep": Decimal("0.95"), "floor": Decimal("0.1")}, "1.00", "0.98"),
    ],
)
def test_a_ladder_says_where_an_order_begins_and_ends(ladder, first, last):
    order = planned(**ladder)

    assert (order.limit, order.worst) == (price(first), price(last))
    assert order.last is None


def test_what_the_strategy_calls_its_worst_is_never_passed():
    order = planned(worst="0.97", floor=Decimal(1), then=Then.NATURAL)

    assert (order.worst, order.last) == (price("0.97"), price("0.97"))


def test_an_order_that_pays_keeps_no_part_of_its_price():
    order = planned(mid="-1.00", natural="-1.20", worst="-9", keep=Decimal("0.95"))

    assert order.worst == price("-1.20")


def test_an_order_that_goes_to_what_fills_remembers_where_that_was():
    order = planned(floor=Decimal("0.2"), then=Then.NATURAL)

    assert (order.worst, order.last) == (price("0.96"), price("0.80"))


def closing(quantity, contracts, purpose=Purpose.CLOSE):
    """An order that closes some contracts of a trade where the gate lets so many through at once."""
    wish = Intent(
        strategy="wheel",
        symbol="XYZ",
        slot="XYZ/put/close",
        purpose=purpose,
        combo=single(put(95), 1),
        quantity=quantity,
        mid=price("-1.00"),
        natural=price("-1.19"),
        worst=price("-1.19"),
        reason="buy it back",
        evidence=evidence(),
        trade="t1",
        urgency="own",
    )
    pricing = Pricing({"own": Ladder(**WALK)}, WIDE, contracts=contracts)
    chain = a_chain(a_row(put(95), "0.81", "1.19"))
    return plan([Approved(wish, usd(1_400))], {"XYZ": chain}, a_book(), pricing)[0]


def test_more_than_the_gate_lets_through_is_closed_in_parts():
    """Two puts became fourteen by a split; closing them at once would stop at the gate and halt all."""
    order = closing(quantity=14, contracts=10)

    assert order.quantity == 10
    assert order.reserved == usd(1_000)
    assert "10 of 14" in order.reason


def test_what_the_gate_lets_through_is_closed_whole():
    order = closing(quantity=10, contracts=10)

    assert (order.quantity, order.reserved, order.reason) == (10, usd(1_400), "buy it back")


def test_an_opening_that_is_too_large_is_left_for_the_gate_to_see():
    assert closing(quantity=14, contracts=10, purpose=Purpose.OPEN).quantity == 14
