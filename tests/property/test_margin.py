"""What holds for every portfolio: shorts never help, covers never hurt, and the sum is that of its parts."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from premia.domain.instrument import Option, Right, Stock
from premia.margin.reg_t import AccountKind, Position, RegT, Underlying, requirement

SPOT = Decimal(100)
EXPIRIES = (date(2026, 1, 16), date(2026, 2, 20))
PRICES = {"XYZ": Underlying(SPOT)}

kinds = st.sampled_from(list(AccountKind))


@st.composite
def options(draw, quantities):
    strike = Decimal(draw(st.integers(16, 24)) * 5)
    right = draw(st.sampled_from(list(Right)))
    contract = Option("XYZ", draw(st.sampled_from(EXPIRIES)), strike, right)
    mark = contract.intrinsic(SPOT) + Decimal(draw(st.integers(5, 400))) / 100
    return Position(contract, draw(quantities), mark)


held = st.lists(options(st.integers(-3, 3).filter(bool)), max_size=5)
shares = st.integers(0, 3).map(lambda lots: Position(Stock("XYZ"), lots * 100, SPOT))
shorts = options(st.integers(-2, -1))


def add(book, *more):
    """The book with more positions; one contract keeps one mark, as in a real account."""
    marks = {position.contract: position.mark for position in book}
    same = [Position(p.contract, p.quantity, marks.get(p.contract, p.mark)) for p in more]
    return [*book, *same]


def one_mark_each(book):
    marks = {position.contract: position.mark for position in book}
    return [Position(p.contract, p.quantity, marks[p.contract]) for p in book]


def only_shorts_grow(book, short):
    """Whether the added short is naked in itself and buys back no long option."""
    return all(p.contract != short.contract or p.quantity < 0 for p in book)


@settings(max_examples=250, deadline=None)
@given(held, shares, shorts)
def test_margin_never_falls_when_a_naked_short_is_added(book, stock, short):
    book = one_mark_each([*book, stock])
    if not only_shorts_grow(book, short):
        return

    before, after = requirement(book, PRICES), requirement(add(book, short), PRICES)

    assert after.initial.amount >= before.initial.amount
    assert after.maintenance.amount >= before.maintenance.amount


@settings(deadline=None)
@given(held, st.integers(1, 3), st.integers(1, 3))
def test_more_shares_never_raise_what_the_options_require(book, lots, more):
    """Shares may cover calls; what remains beyond the shares' own half never grows."""
    book = one_mark_each(book)
    some = [*book, Position(Stock("XYZ"), lots * 100, SPOT)]
    many = [*book, Position(Stock("XYZ"), (lots + more) * 100, SPOT)]

    def beyond(positions, count):
        return requirement(positions, PRICES).initial.amount - count * 100 * SPOT / 2

    assert beyond(many, lots + more) <= beyond(some, lots)


@settings(deadline=None)
@given(held, options(st.integers(1, 2)), kinds)
def test_a_long_option_never_raises_the_requirement(book, long, kind):
    book = one_mark_each(book)
    rules = RegT(kind)

    before, after = requirement(book, PRICES, rules), requirement(add(book, long), PRICES, rules)

    assert after.initial.amount <= before.initial.amount


@settings(deadline=None)
@given(held, shares, kinds)
def test_the_groups_are_the_positions_and_sum_to_the_requirement(book, stock, kind):
    book = one_mark_each([*book, stock])

    answer = requirement(book, PRICES, RegT(kind))

    assert answer.initial.amount == sum((group.initial for group in answer.groups), Decimal(0))
    grouped: dict[object, int] = {}
    for group in answer.groups:
        for part in group.positions:
            grouped[part.contract] = grouped.get(part.contract, 0) + part.quantity
    wanted: dict[object, int] = {}
    for position in book:
        wanted[position.contract] = wanted.get(position.contract, 0) + position.quantity
    assert grouped == {contract: units for contract, units in wanted.items() if units}


@settings(deadline=None)
@given(held, shares, kinds)
def test_keeping_never_needs_more_than_opening(book, stock, kind):
    """With rates of 50 % to open and 25 % to keep; deep calls written on shares are the one exception."""
    book = one_mark_each([*book, stock])
    if any(p.contract.key.endswith("C") and p.quantity < 0 and stock.quantity for p in book):
        return

    answer = requirement(book, PRICES, RegT(kind))

    assert answer.maintenance.amount <= answer.initial.amount


@settings(deadline=None)
@given(held, shares, kinds, st.randoms(use_true_random=False))
def test_the_order_of_positions_does_not_matter(book, stock, kind, shuffle):
    book = one_mark_each([*book, stock])
    other = list(book)
    shuffle.shuffle(other)

    first, second = requirement(book, PRICES, RegT(kind)), requirement(other, PRICES, RegT(kind))

    assert (first.initial, first.maintenance) == (second.initial, second.maintenance)
