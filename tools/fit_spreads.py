"""Fit the spread model on recorded option chains, and say how well it fits.

Usage: `python tools/fit_spreads.py DATA`, where the folder DATA holds `option_chains/` and `indices/` as
Parquet. It prints the fitted coefficients, to be copied into `premia.pricing.spread`, and the statistics of
those that are there now; tests recompute the latter.
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
from premia.pricing.spread import REFERENCE_VIX, BookClass, SpreadInputs, half_spread
from premia.pricing.terms import Carry, OptionTerms
from premia.pricing.ticks import TickClass, tick_sizes

Floats = NDArray[np.float64]

SPX_2019 = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"
SPY_2021 = "option_chains/spy_sparse20_2021-01-04_2021-09-30.parquet"
CBOE_2023 = "option_chains/cboe_quote_table_spx_spy_xsp_2023-09-14.parquet"
STOCKS_2025 = "option_chains/us_equity_chains_bidask_2025-11-25_2025-12-02.parquet"
VIX = "indices/vix_daily_1990_2026.parquet"
FILES = (SPX_2019, SPY_2021, CBOE_2023, STOCKS_2025, VIX)


class Source(NamedTuple):
    """One recorded chain file, and what its spreads are read with."""

    path: str
    symbols: tuple[str, ...]
    book: BookClass
    ticks: TickClass
    rate: float
    dividend_yield: float


SOURCES = {
    "SPX 2019": Source(SPX_2019, ("SPX",), BookClass.INDEX, TickClass.INDEX, 0.024, 0.019),
    "SPX 2023": Source(CBOE_2023, ("SPX",), BookClass.INDEX, TickClass.INDEX, 0.053, 0.015),
    "SPY 2021": Source(SPY_2021, ("SPY",), BookClass.ETF, TickClass.FINE, 0.001, 0.013),
    "SPY 2023": Source(CBOE_2023, ("SPY",), BookClass.ETF, TickClass.FINE, 0.053, 0.015),
    "stocks 2025": Source(
        STOCKS_2025,
        ("AAPL", "AMZN", "GOOG", "JPM", "LLY", "META", "NFLX", "NVDA", "PLTR", "TSM"),
        BookClass.STOCK,
        TickClass.PENNY,
        0.04,
        0.005,
    ),
}
REFERENCES = ("SPX 2019", "SPY 2021", "stocks 2025")
"""The sources on whose typical name `liquidity` is 1."""
SAMPLE = 30_000
VOLS = (0.02, 3.5)
"""Implied volatilities outside these are bad quotes."""


class FitQuality(NamedTuple):
    """How well half-spreads are met, with one liquidity factor for each symbol of each source."""

    count: int
    r_squared: float  # of the logarithm
    median_error: float  # of the half-spread, relative
    liquidity: float


def spread_rows(folder: Path, name: str) -> pd.DataFrame:
    """Two-sided quotes of 1 to 400 days and absolute deltas of 0.02 to 0.95, with half-spread and VIX."""
    source = SOURCES[name]
    rows = pd.read_parquet(folder / source.path)
    rows = rows[rows.underlying.isin(source.symbols) & (rows.bid > 0) & (rows.ask > rows.bid)].copy()
    rows["days"] = (rows.expiry - rows.date).dt.days
    vix = pd.read_parquet(folder / VIX).set_index("date")["close"] / 100
    rows["vix"] = rows.date.map(vix)
    rows["mid"], rows["half"] = (rows.bid + rows.ask) / 2, (rows.ask - rows.bid) / 2
    rows = rows[rows.days.between(1, 400) & (rows.half < 0.9 * rows.mid)]
    sign = np.where(rows.right == "C", 1.0, -1.0)
    terms = OptionTerms(rows.strike.to_numpy(), rows.days.to_numpy() / 365, sign)
    carry = Carry(rows.underlying_price.to_numpy(), source.rate, source.dividend_yield)
    vol = implied_volatility(rows.mid.to_numpy(), terms, carry)
    rows["delta"] = np.abs(black_scholes.greeks(terms, carry, vol).delta)
    return rows[(vol > VOLS[0]) & (vol < VOLS[1]) & rows.delta.between(0.02, 0.95)]


def model_half(rows: pd.DataFrame, source: Source) -> Floats:
    """Half-spreads of the shipped model at liquidity 1."""
    found = np.empty(len(rows))
    for vix, part in rows.reset_index(drop=True).groupby("vix"):
        inputs = SpreadInputs(part.mid.to_numpy(), part.delta.to_numpy(), part.days.to_numpy())
        found[part.index] = half_spread(inputs, source.book, source.ticks, float(vix))
    return found


def spread_quality(rows: pd.DataFrame, source: Source) -> FitQuality:
    """The shipped model on the quotes of one symbol, its liquidity being the median ratio."""
    half, model = rows.half.to_numpy(), model_half(rows, source)
    liquidity = float(np.exp(np.median(np.log(half / model))))
    least = 0.5 * tick_sizes(rows.mid.to_numpy(), source.ticks)
    scaled = np.maximum(model * liquidity, least)
    miss = np.log(scaled / half)
    r_squared = 1.0 - float(np.mean(miss**2) / np.var(np.log(half)))
    return FitQuality(len(rows), r_squared, float(np.median(np.abs(scaled / half - 1.0))), liquidity)


def usual_options(rows: pd.DataFrame) -> pd.DataFrame:
    """The options that the wheel sells: out of the money, a week to three months."""
    return rows[rows.delta.between(0.0, 0.5) & rows.days.between(7, 90)]


def fit_spreads(folder: Path, book: BookClass) -> dict[str, float]:
    """Coefficients of one class by robust least squares of logarithms, with a factor for each symbol."""
    names = [name for name, source in SOURCES.items() if source.book is book]
    pieces = [spread_rows(folder, name).assign(source=name) for name in names]
    rows = pd.concat(pieces, ignore_index=True)
    rows = rows.sample(min(len(rows), SAMPLE), random_state=0)
    log_price = np.log(rows.mid.to_numpy())
    depth = np.maximum(rows.delta.to_numpy() - 0.5, 0.0)
    terms = {
        "price": log_price,
        "price_squared": log_price**2,
        "days": np.log(rows.days.to_numpy()),
        "depth": depth,
        "depth_squared": depth**2,
        "vix": np.log(rows.vix.to_numpy() / REFERENCE_VIX),
    }
    if book is BookClass.STOCK:
        del terms["vix"]  # five days at one level of the VIX tell nothing about it
    owner = rows.source + " " + rows.underlying
    shares = pd.get_dummies(owner).astype(float)
    matrix = np.column_stack([*terms.values(), shares.to_numpy()])
    least = np.log(0.5 * tick_sizes(rows.mid.to_numpy(), SOURCES[names[0]].ticks))
    target = np.log(rows.half.to_numpy())
    found = least_squares(
        lambda beta: np.maximum(least, matrix @ beta) - target,
        np.full(matrix.shape[1], -0.1),
        loss="soft_l1",
        f_scale=0.5,
    ).x
    bases = dict(zip(shares.columns, found[len(terms) :], strict=True))
    typical = [value for key, value in bases.items() if key.startswith(REFERENCES)]
    return {"base": float(np.mean(typical)), **dict(zip(terms, map(float, found), strict=False))}


def main(folder: Path) -> None:
    """Print the fitted shapes, and how the shipped ones do on each symbol."""
    for book in BookClass:
        fitted = {key: round(value, 3) for key, value in fit_spreads(folder, book).items()}
        print(f"spread {book.name}, fitted:", fitted)
    for name, source in SOURCES.items():
        rows = spread_rows(folder, name)
        for symbol in source.symbols:
            own = rows[rows.underlying == symbol]
            for label, part in (("all", own), ("usual", usual_options(own))):
                fit = spread_quality(part, source)
                print(
                    f"  {name} {symbol} {label}: n {fit.count:,}, R2 {fit.r_squared:.2f}, "
                    f"median error {fit.median_error:.0%}, liquidity {fit.liquidity:.2f}"
                )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
