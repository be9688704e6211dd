"""The best pairing, against trying everything."""

from decimal import Decimal
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from premia.margin.pairing import best_pairs


@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=3),
    st.lists(st.integers(0, 2), min_size=1, max_size=3),
    st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2)), st.integers(-2, 9), max_size=9),
)
def test_no_other_pairing_saves_more(left, right, drawn):
    """Small books, compared with every pairing there is."""
    savings = {(i, j): Decimal(n) for (i, j), n in drawn.items() if i < len(left) and j < len(right)}

    found = best_pairs(left, right, savings)

    assert sum((savings[pair] * units for pair, units in found.items()), Decimal(0)) == everything(
        tuple(left), tuple(right), tuple(savings.items())
    )
    for i, units in enumerate(left):
        assert sum(n for (one, _), n in found.items() if one == i) <= units
    for j, units in enumerate(right):
        assert sum(n for (_, other), n in found.items() if other == j) <= units


@cache
def everything(left, right, savings):
    """The greatest saving by trying, one unit at a time, every pair that is left."""
    best = Decimal(0)
    for (i, j), saving in savings:
        if left[i] and right[j]:
            fewer = (
                tuple(n - (k == i) for k, n in enumerate(left)),
                tuple(n - (k == j) for k, n in enumerate(right)),
            )
            best = max(best, saving + everything(*fewer, savings))
    return best


def test_ties_go_to_what_was_named_first():
    equal = {(0, 0): Decimal(5), (0, 1): Decimal(5), (1, 0): Decimal(5)}

    assert best_pairs([1, 0], [1, 1], equal) == {(0, 0): 1}
