"""Numbers are exact and say no more than they know."""

from decimal import Decimal

import pytest

from premia.reporting.numbers import tidied, tidy


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("20616.00000000000000000000000", "20616.00"),
        ("401.400107", "401.400107"),
        ("-3900", "-3900.00"),
        ("49.41050", "49.4105"),
        ("1.500000000E-14", "0.00"),
        ("33.33333333333333", "33.333333"),
        ("0", "0.00"),
    ],
)
def test_an_amount_keeps_its_millionths_and_loses_idle_zeros(amount, written):
    assert str(tidy(Decimal(amount))) == written


def test_what_is_not_known_stays_unknown():
    assert tidied(None) is None
    assert tidied(Decimal(7)) == 7
