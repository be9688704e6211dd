"""The price steps on which quotes lie, as the quotes say them."""

import numpy as np
import pytest

from premia.exchange.recorded import tick_class_of
from premia.research.altered import shifted
from premia.store.steps import Steps, price_steps
from tests.recorded import Story, calendar, panel_of, walk

PANEL = panel_of(Story("ABC", walk(4, seed=2)), calendar())[0]


def quoted(*bids: int):
    """A panel whose bids are these, and each ask a dime above."""
    quotes = PANEL.quotes[: len(bids)].copy()
    quotes["bid"] = bids
    quotes["ask"] = np.asarray(bids) + 1_000
    return PANEL._replace(quotes=quotes)


@pytest.mark.parametrize(
    ("bids", "steps"),
    [
        ((1_000, 4_000, 31_000), Steps(1_000, 1_000)),
        ((1_500, 4_000, 31_000), Steps(500, 1_000)),
        ((1_500, 4_000, 31_500), Steps(500, 500)),
        ((1_100, 4_000, 31_000), Steps(100, 1_000)),
        ((1_150, 4_000), Steps(100, 100)),
        ((31_000,), Steps(100, 1_000)),
    ],
)
def test_the_step_is_the_coarsest_on_which_all_quotes_lie(bids, steps):
    assert price_steps(quoted(*bids)) == steps


@pytest.mark.parametrize(
    ("usual", "bids", "trades"),
    [
        ("FINE", (1_000, 31_000), "FINE"),
        ("PENNY", (1_100, 31_500), "PENNY"),
        ("PENNY", (1_100, 31_100), "FINE"),
        ("INDEX", (1_500, 31_000), "INDEX"),
        ("INDEX", (1_500, 31_500), "PENNY"),
        ("INDEX", (1_500, 31_100), "FINE"),
    ],
)
def test_an_underlying_trades_in_its_usual_steps_unless_quotes_lie_between(usual, bids, trades):
    assert tick_class_of(usual, quoted(*bids)) == trades


def test_a_panel_in_coarse_steps_stays_on_them_with_another_volatility():
    """Below 3 USD in nickels, above in dimes, as index options are; spreads hold but at the border."""
    quotes = PANEL.quotes.copy()
    for side in ("bid", "ask"):
        units = quotes[side].astype(np.int64)
        step = np.where(units < 30_000, 500, 1_000)
        quotes[side] = np.where(units > 0, np.maximum(units // step, 1) * step, units)
    coarse = PANEL._replace(quotes=quotes)
    assert price_steps(coarse) == Steps(500, 1_000)

    higher = shifted(coarse, 1.0)

    assert price_steps(higher) == Steps(500, 1_000)
    moved = higher.quotes["bid"].astype(int) - quotes["bid"]
    assert (moved > 0).mean() > 0.2
    assert (higher.quotes["bid"] <= higher.quotes["ask"])[quotes["ask"] > 0].all()
