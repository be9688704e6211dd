"""Present values of cash dividends."""

import numpy as np
import pytest

from premia.pricing.dividends import CashDividends, present_value


def test_only_dividends_within_the_life_count():
    dividends = CashDividends([-0.1, 0.25, 0.50, 1.0], [1.0, 2.0, 2.0, 2.0])

    answer = present_value(dividends, 0.04, [0.2, 0.25, 0.6, 2.0])

    first, second, third = 2 * np.exp(-0.01), 2 * np.exp(-0.02), 2 * np.exp(-0.04)
    assert answer == pytest.approx([0.0, first, first + second, first + second + third])


def test_each_life_may_have_its_own_rate():
    answer = present_value(CashDividends(0.5, 1.0), [0.0, 0.10], 1.0)

    assert answer == pytest.approx([1.0, np.exp(-0.05)])
