"""Fit the volatility surface and the spread model on recorded option chains, and say how well they fit.

Usage: `python tools/fit_market_models.py DATA_FOLDER`, where the folder holds `option_chains/` and
`indices/` as Parquet. It prints the fitted numbers, to be copied into `premia.pricing.surface` and
`premia.pricing.spread`, and the statistics of the numbers that are there now; tests recompute the latter.
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
from premia.pricing.surface import ATM_TO_VIX, INDEX_SHAPE, LEVEL_YEARS, Surface, SurfaceShape
from premia.pricing.terms import Carry, OptionTerms
from premia.pricing.ticks import TickClass, tick_sizes

Floats = NDArray[np.float64]

SPX_2019 = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"
SPY_2021 = "option_chains/spy_sparse20_2021-01-04_2021-09-30.parquet"
CBOE_2023 = "option_chains/cboe_quote_table_spx_spy_xsp_2023-09-14.parquet"
STOCKS_2025 = "option_chains/us_equity_chains_bidask_2025-11-25_2025-12-02.parquet"
VIX = "indices/vix_daily_1990_2026.parquet"
TERM_STRUCTURE = "indices/vix_term_structure_2006_2026.parquet"


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
NEAR_MONEY, AT_MONEY, POINTS_MIN = 0.05, 0.03, 6
"""How far from the money the forward and the at-the-money volatility are read, on how many strikes."""


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
    pieces = [piece for _, part in rows.groupby(["date", "root", "expiry"]) for piece in _smile(part)]
    smiles = pd.concat(pieces, ignore_index=True)
    smiles["vix"] = smiles.date.map(vix)
    levels = smiles.groupby("date").apply(_level, include_groups=False)
    smiles["level"] = smiles.date.map(levels)
    return smiles[smiles.delta.between(0.02, 0.6)]


def _smile(part: pd.DataFrame) -> list[pd.DataFrame]:
    """Implied volatilities of one expiry on one day; nothing where it cannot be read."""
    spot = part.underlying_price.iloc[0]
    near = part[(part.strike / spot - 1).abs() < NEAR_MONEY]
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
    middle = part[part.k.abs() < AT_MONEY]
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


def fit_surface(folder: Path, rows: pd.DataFrame) -> SurfaceShape:
    """Skew, curvature and decay on the smiles; the term structure on at-the-money levels and on the VIX's."""

    def smile(beta: Floats) -> Floats:
        shape = INDEX_SHAPE._replace(skew=beta[0], curvature=beta[1], decay=beta[2])
        return np.clip(smile_errors(rows, shape), -5.0, 5.0)

    skew, curvature, decay = least_squares(smile, [-0.7, 1.0, 0.4]).x
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
    return SurfaceShape(float(skew), float(curvature), float(decay), *(float(value) for value in found))


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


def print_spreads(folder: Path) -> None:
    """The fitted spread shapes, and how the shipped ones do on each symbol."""
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


def main(folder: Path) -> None:
    """Print fits and statistics."""
    print_surface(folder)
    print_spreads(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
