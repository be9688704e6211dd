"""Fit the volatility surface on recorded option chains, and say how well it fits.

Usage: `python tools/fit_surface.py DATA`, where the folder DATA holds `option_chains/` and `indices/` as
Parquet. It prints the fitted shapes, to be copied into `premia.pricing.surface`, and the statistics of those
that are there now; tests recompute the latter.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from premia.pricing import black_scholes
from premia.pricing.implied_vol import implied_volatility
from premia.pricing.surface import (
    ATM_TO_VIX,
    INDEX_SHAPE,
    LEVEL_YEARS,
    STOCK_SHAPE,
    Surface,
    SurfaceShape,
)
from premia.pricing.terms import Carry, OptionTerms

Floats = NDArray[np.float64]

SPX_2019 = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"
STOCKS_2025 = "option_chains/us_equity_chains_bidask_2025-11-25_2025-12-02.parquet"
VIX = "indices/vix_daily_1990_2026.parquet"
TERM_STRUCTURE = "indices/vix_term_structure_2006_2026.parquet"
FILES = (SPX_2019, STOCKS_2025, VIX)


class Reading(NamedTuple):
    """How far from the money, as a fraction, the forward and the at-the-money volatility are read."""

    forward: float
    atm: float


INDEX, STOCK = Reading(0.05, 0.03), Reading(0.08, 0.05)
POINTS_MIN = 6
"""Strikes that each of the two needs."""
NICKEL, WIDE, ATM = 0.05, 0.3, (0.05, 2.0)
"""Quotes of stocks that are read: bids above, widths as a share of the middle below, volatilities within."""
EACH = 600
"""Options of each stock that are drawn for its fit, so that every name counts alike."""


def smile_rows(folder: Path, every: int = 1) -> pd.DataFrame:
    """Out-of-the-money S&P 500 options of 5 to 400 days with implied and at-the-money volatility.

    The forward and the discount of each expiry are the line through call less put around the money. With
    `every` above 1 only each so manieth of the 41 days is read.
    """
    wanted = ["date", "underlying_price", "root", "expiry", "strike", "right", "bid", "ask"]
    rows = pd.read_parquet(folder / SPX_2019, columns=wanted)
    days = sorted(rows.date.unique())[::every]
    rows = rows[(rows.bid > 0) & rows.date.isin(days)].copy()
    rows["days"] = (rows.expiry - rows.date).dt.days
    rows["mid"] = (rows.bid + rows.ask) / 2
    rows = rows[rows.days.between(5, 400)]
    vix = pd.read_parquet(folder / VIX).set_index("date")["close"] / 100
    pieces = [piece for _, part in rows.groupby(["date", "root", "expiry"]) for piece in _smile(part, INDEX)]
    smiles = pd.concat(pieces, ignore_index=True)
    smiles["vix"] = smiles.date.map(vix)
    levels = smiles.groupby("date").apply(_level, include_groups=False)
    smiles["level"] = smiles.date.map(levels)
    return smiles[smiles.delta.between(0.02, 0.6)]


def stock_smile_rows(folder: Path) -> pd.DataFrame:
    """As `smile_rows`, of single stocks and 7 to 300 days, read as European; quotes at most 30 % wide."""
    rows = pd.read_parquet(folder / STOCKS_2025)
    rows["days"] = (rows.expiry - rows.date).dt.days
    rows["mid"] = (rows.bid + rows.ask) / 2
    rows = rows[(rows.bid > NICKEL) & (rows.ask - rows.bid < WIDE * rows.mid) & rows.days.between(7, 300)]
    parts = rows.groupby(["date", "underlying", "expiry"])
    smiles = pd.concat([piece for _, part in parts for piece in _smile(part, STOCK)], ignore_index=True)
    return smiles[smiles.delta.between(0.03, 0.6) & smiles.atm.between(*ATM)]


def _smile(part: pd.DataFrame, reading: Reading) -> list[pd.DataFrame]:
    """Implied volatilities of one expiry on one day; nothing where it cannot be read."""
    spot = part.underlying_price.iloc[0]
    near = part[(part.strike / spot - 1).abs() < reading.forward]
    call, put = (near[near.right == right].set_index("strike").mid for right in ("C", "P"))
    difference = (call - put).dropna()
    if len(difference) < POINTS_MIN:
        return []
    slope, level = np.polyfit(difference.index, difference, 1)
    ahead, discount, years = level / -slope, -slope, part.days.iloc[0] / 365
    part = part.assign(k=np.log(part.strike / ahead), years=years)
    part = part[((part.right == "C") & (part.k >= 0)) | ((part.right == "P") & (part.k < 0))]
    sign = np.where(part.right == "C", 1.0, -1.0)
    terms, carry = OptionTerms(part.strike.to_numpy(), years, sign), Carry(ahead, 0.0)
    vol = implied_volatility(part.mid.to_numpy() / discount, terms, carry)
    part = part.assign(vol=vol, delta=np.abs(black_scholes.greeks(terms, carry, vol).delta)).dropna(
        subset="vol"
    )
    middle = part[part.k.abs() < reading.atm]
    if len(middle) < POINTS_MIN:
        return []
    return [part.assign(atm=np.polyfit(middle.k, middle.vol, 2)[2])]


def _level(day: pd.DataFrame) -> float:
    """At-the-money volatility of 30 days on one day, between expiries by total variance."""
    line = day.groupby("days").atm.mean()
    years = line.index.to_numpy() / 365
    variance = np.interp(LEVEL_YEARS, years, line.to_numpy() ** 2 * years)
    return float(np.sqrt(variance / LEVEL_YEARS))


def surface_errors(rows: pd.DataFrame, anchor: str, shape: SurfaceShape = INDEX_SHAPE) -> Floats:
    """Model less market, in volatility points, when the surface is told `level` or only `vix`."""
    found = np.empty(len(rows))
    for level, part in rows.reset_index(drop=True).groupby(anchor):
        surface = Surface(float(level) * (ATM_TO_VIX if anchor == "vix" else 1.0), shape)
        found[part.index] = surface.vols(part.k.to_numpy(), part.years.to_numpy())
    return (found - rows.vol.to_numpy()) * 100


def smile_errors(rows: pd.DataFrame, shape: SurfaceShape = INDEX_SHAPE) -> Floats:
    """Model less market, in volatility points, when each expiry's at-the-money volatility is known."""
    k, years = rows.k.to_numpy(), rows.years.to_numpy()
    return (_smile_vols(k, rows.atm.to_numpy() ** 2 * years, years, shape) - rows.vol.to_numpy()) * 100


def _smile_vols(k: Floats, total: Floats, years: Floats, shape: SurfaceShape) -> Floats:
    bent = shape.curvature / (total**shape.decay * (1.0 + total) ** (1.0 - shape.decay)) * k
    smile = 0.5 * (1.0 + shape.skew * bent + np.sqrt((bent + shape.skew) ** 2 + 1.0 - shape.skew**2))
    return np.sqrt(total * smile / years)


def fit_smile(rows: pd.DataFrame, shape: SurfaceShape, loss: str = "linear") -> SurfaceShape:
    """Skew, curvature and decay, by least squares of the errors in points, none counted as more than five.

    Quotes of stocks are delayed and hold more that is wrong: they are fitted with the loss `soft_l1`.
    """

    def errors(beta: Floats) -> Floats:
        trial = shape._replace(skew=beta[0], curvature=beta[1], decay=beta[2])
        return np.clip(smile_errors(rows, trial), -5.0, 5.0)

    bounds = ([-0.95, 0.1, 0.2], [0.5, 3.0, 0.5])
    skew, curvature, decay = least_squares(errors, [-0.4, 1.0, 0.4], bounds=bounds, loss=loss).x
    return shape._replace(skew=float(skew), curvature=float(curvature), decay=float(decay))


def fit_surface(folder: Path, rows: pd.DataFrame) -> SurfaceShape:
    """Skew, curvature and decay on the smiles; the term structure on at-the-money levels and on the VIX's."""
    fitted = fit_smile(rows, INDEX_SHAPE)
    lines = rows.groupby(["date", "days"])[["atm", "level"]].mean().reset_index()
    table = pd.read_parquet(folder / TERM_STRUCTURE).dropna(subset=["vix3m", "vix6m"])

    def term(beta: Floats) -> Floats:
        shape = INDEX_SHAPE._replace(long_run=beta[0], stickiness=beta[1], reversion=beta[2])
        own = _term(lines.level.to_numpy(), lines.days.to_numpy() / 365, shape) / lines.atm.to_numpy()
        level = table.vix.to_numpy() / 100 * ATM_TO_VIX
        ends = [
            _term(level, np.full(len(table), days / 365), shape) / (ATM_TO_VIX * table[name].to_numpy() / 100)
            for name, days in (("vix3m", 93), ("vix6m", 184))
        ]
        far = np.concatenate(ends)
        # The market's own at-the-money levels count three times the index's expectation.
        return np.concatenate([np.log(own) / np.sqrt(own.size), 0.3 * np.log(far) / np.sqrt(far.size)]) * 10

    bounds = ([0.05, 0.1, 1.0], [0.6, 0.95, 40.0])
    found = least_squares(term, [0.2, 0.5, 5.0], bounds=bounds, loss="soft_l1", f_scale=0.1).x
    return fitted._replace(long_run=float(found[0]), stickiness=float(found[1]), reversion=float(found[2]))


def _term(level: Floats, years: Floats, shape: SurfaceShape) -> Floats:
    speed = shape.reversion
    left = -np.expm1(-speed * years) / (speed * years)
    month = -np.expm1(-speed * LEVEL_YEARS) / (speed * LEVEL_YEARS)
    target = (shape.long_run ** (1.0 - shape.stickiness) * level**shape.stickiness) ** 2
    present = target + (level**2 - target) / month
    return np.sqrt(np.maximum(target + (present - target) * left, 1e-6))


def print_surface(folder: Path) -> None:
    """The fitted surface, and how the shipped one does."""
    rows = smile_rows(folder)
    print("surface, fitted:", fit_surface(folder, rows))
    daily = rows.groupby("date")[["level", "vix"]].first()
    print(f"  at-the-money over VIX {(daily['level'] / daily['vix']).mean():.3f}; {len(rows):,} options")
    usual = (rows.days.between(15, 60) & rows.delta.between(0.05, 0.5)).to_numpy()
    for name, errors in (
        ("at-the-money volatility of the expiry known", smile_errors(rows)),
        ("30-day level known", surface_errors(rows, "level")),
        ("only the VIX known", surface_errors(rows, "vix")),
    ):
        size, some = np.abs(errors), errors[usual]
        print(f"  {name}: median {np.median(size):.2f} points, 90 % within {np.quantile(size, 0.9):.2f};")
        middle, bias = np.median(np.abs(some)), np.median(some)
        print(f"    15-60 days, delta 0.05-0.50: median {middle:.2f}, bias {bias:+.2f}")


def print_stock_smiles(folder: Path) -> None:
    """The fitted smile of single stocks, and how the shipped one does."""
    rows = stock_smile_rows(folder)
    even = rows.groupby("underlying").sample(n=EACH, replace=True, random_state=0)
    print("stock smile, fitted:", fit_smile(even, STOCK_SHAPE, "soft_l1")[:3])
    size = np.abs(smile_errors(rows, STOCK_SHAPE))
    middle, most = np.median(size), np.quantile(size, 0.9)
    print(f"  {len(rows):,} options: median {middle:.2f} points, 90 % within {most:.2f}")
    medians = pd.Series(size).groupby(rows.underlying.to_numpy()).median().round(2)
    print("  median by stock:", medians.to_dict())


def main(folder: Path) -> None:
    """Print fits and statistics."""
    print_surface(folder)
    print_stock_smiles(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
