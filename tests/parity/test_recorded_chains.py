"""The surface and the spread model on recorded chains: the statistics that the documentation states."""

from pathlib import Path

import numpy as np
import pytest

from premia.pricing.surface import STOCK_SHAPE
from tests.real_data import real_data
from tools import fit_spreads, fit_surface


@pytest.fixture(scope="module")
def folder() -> Path:
    """The data folder, once every file that is read here is in it."""
    for path in {*fit_spreads.FILES, *fit_surface.FILES}:
        real_data(path)
    return real_data(fit_surface.VIX).parent.parent


@pytest.fixture(scope="module")
def smiles(folder):
    """Each eighth day; the documentation states all days, from which these differ by the tolerances below."""
    return fit_surface.smile_rows(folder, every=8)


def medians(smiles, errors):
    usual = (smiles.days.between(15, 60) & smiles.delta.between(0.05, 0.5)).to_numpy()
    return np.median(np.abs(errors)), np.median(np.abs(errors[usual]))


@pytest.mark.parametrize(
    ("told", "everywhere", "usual"),
    [("the expiry's at-the-money volatility", 0.37, 0.34), ("level", 0.57, 0.46), ("vix", 0.44, 0.46)],
)
def test_the_surface_meets_the_smiles_of_2019_within_half_a_point(smiles, told, everywhere, usual):
    """Median absolute errors in volatility points: of all options, and of those the wheel sells."""
    errors = fit_surface.surface_errors(smiles, told) if told in smiles else fit_surface.smile_errors(smiles)

    whole, some = medians(smiles, errors)

    assert whole == pytest.approx(everywhere, abs=0.07)
    assert some == pytest.approx(usual, abs=0.07)


def test_the_smile_of_single_stocks_is_met_within_a_point(folder):
    """Ten stocks, told the at-the-money volatility of each expiry."""
    size = np.abs(fit_surface.smile_errors(fit_surface.stock_smile_rows(folder), STOCK_SHAPE))

    assert np.median(size) == pytest.approx(0.65, abs=0.03)


def test_at_the_money_volatility_is_below_the_vix_by_the_stated_ratio(smiles):
    daily = smiles.groupby("date")[["level", "vix"]].first()

    assert (daily["level"] / daily["vix"]).mean() == pytest.approx(0.867, abs=0.05)


@pytest.mark.parametrize(
    ("source", "symbol", "r_squared", "median_error", "liquidity"),
    [
        ("SPX 2019", "SPX", 0.87, 0.20, 1.00),
        ("SPX 2023", "SPX", 0.86, 0.23, 1.64),
        ("SPY 2021", "SPY", 0.38, 0.32, 1.00),
        ("stocks 2025", "AAPL", 0.77, 0.39, 0.35),
        ("stocks 2025", "NVDA", 0.86, 0.24, 0.28),
        ("stocks 2025", "JPM", 0.62, 0.50, 1.78),
        ("stocks 2025", "LLY", 0.55, 0.38, 3.86),
    ],
)
def test_the_spread_model_fits_as_well_as_stated(folder, source, symbol, r_squared, median_error, liquidity):
    rows = fit_spreads.spread_rows(folder, source)

    found = fit_spreads.spread_quality(rows[rows.underlying == symbol], fit_spreads.SOURCES[source])

    assert found.r_squared == pytest.approx(r_squared, abs=0.02)
    assert found.median_error == pytest.approx(median_error, abs=0.02)
    assert found.liquidity == pytest.approx(liquidity, rel=0.05)
