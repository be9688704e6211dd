"""The S&P 500, the VIX and quoted chains as arrays, for the replay of published indices.

Only real data, put together where one source lacks something: how, each function says. The paths are
asked for by the caller, who knows what to do where they are missing.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from premia.pricing.implied_vol import implied_volatility
from premia.pricing.terms import Carry, OptionTerms
from premia.research.at_the_money import Pairs, Quotes, quotes_of, thirty_day_vol
from premia.research.index_days import IndexDays

Find = Callable[[str], Path]
"""Path of a file of real data by its name."""

FIRST, LAST = "2005-12-01", "2022-12-28"
DIVIDENDS_2022 = ((18, 3), (17, 6), (16, 9), (16, 12))
"""Ex-dates of SPY in 2022, day and month; what it paid is taken as in 2021, as no file has it."""

# What the discount rate stands above the Federal funds rate, from the day on.
OVER_FUNDS = (
    ("2003-01-09", 1.00),
    ("2007-08-17", 0.50),
    ("2008-03-17", 0.25),
    ("2010-02-19", 0.50),
    ("2020-03-16", 0.00),
)


class Ratio(NamedTuple):
    """At-the-money volatility by VIX in one set of chains."""

    name: str
    days: int
    median: float
    deviation: float


def index_days(find: Find, ratio: float) -> IndexDays:
    """The S&P 500 from December 2005 to December 2022, its options at `ratio` times the VIX.

    The opening value is the previous close moved as SPY moved overnight; on SPY's ex-dates its dividend is
    added first, as the index falls by none of it. In 2022 SPY's opening is in no file and the previous close
    stands for it. The call is sold half-way between opening and close. SPY hands on once a quarter what its
    members paid through it, so the index's dividends are spread over the sessions since the last ex-date.
    """
    close = _column(find("indices/spx_close_1990_2022.parquet"), "spx_close")
    spy = _spy(find).reindex(close.index)
    before, spy_before = close.shift(1), spy["close"].shift(1)
    opening = (before * (spy["open"] + spy["dividend"].fillna(0.0)) / spy_before).fillna(before)
    dividend = _spread(spy["dividend"].fillna(0.0) * (before / spy_before).ffill())
    vix = pd.read_parquet(find("indices/vix_daily_1990_2026.parquet")).set_index("date") / 100.0
    vix = vix.reindex(close.index).ffill()
    income = dividend.rolling(252).sum() / close
    table = pd.DataFrame(
        {
            "opening": opening,
            "sale": 0.5 * (opening + close),
            "close": close,
            "dividend": dividend,
            "vol_at_sale": ratio * 0.5 * (vix["open"] + vix["close"]),
            "vol_at_close": ratio * vix["close"],
            "rate": np.log1p(_funds_rate(find, close.index)),
            "dividend_yield": income,
        }
    ).loc[FIRST:LAST]
    columns = {name: column.to_numpy(dtype=np.float64) for name, column in table.items()}
    return IndexDays(day=table.index.to_numpy().astype("datetime64[D]"), **columns)


def published(find: Find) -> tuple[np.ndarray, np.ndarray]:
    """Days and levels of BXM as Cboe published them."""
    levels = _column(find("indices/bxm_daily_2002_2026.parquet"), "bxm")
    return levels.index.to_numpy().astype("datetime64[D]"), levels.to_numpy()


def fund_ex_dates(find: Find) -> np.ndarray:
    """Days on which SPY traded without its dividend for the first time."""
    paid = _spy(find)["dividend"]
    return paid.index[paid.fillna(0.0) > 0.0].to_numpy().astype("datetime64[D]")


def _column(path: Path, name: str) -> pd.Series:
    return pd.read_parquet(path).set_index("date")[name]


def _spy(find: Find) -> pd.DataFrame:
    """Open, close and dividend of SPY by session, 1998 to 2021, and the dividends of 2022."""
    lean = pd.read_parquet(find("prices/lean_equity_daily_1998_2021.parquet"))
    lean = lean[lean["symbol"] == "SPY"].set_index("date")[["open", "close"]]
    paid = pd.read_parquet(find("events/lean_splits_dividends.parquet"))
    paid = paid[(paid["symbol"] == "SPY") & (paid["kind"] == "dividend")].set_index("date")["amount"]
    later = pd.read_parquet(find("prices/spy_daily_2021_tiingo.parquet"))
    later = (
        later[later["symbol"] == "SPY"]
        .assign(date=lambda rows: pd.to_datetime(rows["date"]))
        .set_index("date")
    )
    last_year = later["divCash"][later["divCash"] > 0.0].to_numpy()
    later = later[later.index > lean.index[-1]]
    table = pd.concat([lean, later[["open", "close"]]])
    table["dividend"] = paid.reindex(table.index)
    table.loc[later.index, "dividend"] = later["divCash"]
    days = [pd.Timestamp(year=2022, month=month, day=day) for day, month in DIVIDENDS_2022]
    assumed = pd.DataFrame({"dividend": last_year}, index=pd.DatetimeIndex(days))
    return pd.concat([table, assumed])


def _spread(lumps: pd.Series) -> pd.Series:
    """Each payment in equal parts over the sessions since the one before; after the last, at its pace."""
    ends = np.flatnonzero(lumps.to_numpy() > 0.0)
    even = np.zeros(len(lumps))
    for start, stop in pairwise(ends):
        even[start + 1 : stop + 1] = lumps.iloc[stop] / (stop - start)
    even[ends[-1] + 1 :] = even[ends[-1]]
    return pd.Series(even, index=lumps.index)


def _funds_rate(find: Find, days: pd.DatetimeIndex) -> pd.Series:
    """Federal funds rate by session as a fraction: the discount rate less what it stands above."""
    rate = _column(find("reference/fed_primary_credit_rate_2003_2023.parquet"), "primary_credit_rate_pct")
    above = pd.Series(dict(OVER_FUNDS))
    above.index = pd.DatetimeIndex(above.index)
    rate, above = (one.reindex(one.index.union(days)).ffill().reindex(days) for one in (rate, above))
    return ((rate - above) / 100.0).clip(lower=0.0)


def ratios(find: Find) -> list[Ratio]:
    """At-the-money volatility of thirty days by VIX, in every set of chains that tells it."""
    vix = _column(find("indices/vix_daily_1990_2026.parquet"), "close") / 100.0
    spx = _chains(find("option_chains/spx_chain_2019-04-25_2019-06-28.parquet"), "SPX")
    sparse = _chains(find("option_chains/spy_sparse20_2021-01-04_2021-09-30.parquet"), "SPY")
    table = _chains(find("option_chains/cboe_quote_table_spx_spy_xsp_2023-09-14.parquet"), "SPX")
    traded = _chains(find("option_chains/us_chains_last_2026-05-26_2026-07-17.parquet"), "SPY")
    traded = traded[(traded["volume"] > 0) & (traded["iv"] > 0.0)]
    sets = (
        ("SPX 2019, all quotes", _quoted(spx), lambda rows: _by_parity(rows, rate=0.0245)),
        (
            "SPY 2021, 20 quotes a day",
            _quoted(sparse),
            lambda rows: _by_yield(rows, rate=0.001, income=0.0133),
        ),
        ("SPX 2023-09-14, all quotes", _quoted(table), lambda rows: _by_parity(rows, rate=0.0535)),
        ("SPY 2026, volatilities of what traded", traded, _as_given),
    )
    return [_ratio(name, rows, quotes, vix) for name, rows, quotes in sets]


def _ratio(
    name: str, chains: pd.DataFrame, quotes: Callable[[pd.DataFrame], Quotes], vix: pd.Series
) -> Ratio:
    found = []
    for day, rows in chains.groupby("date"):
        vol = thirty_day_vol(quotes(rows))
        if vol is not None and day in vix.index:
            found.append(vol / vix[day])
    deviation = float(np.std(found, ddof=1)) if len(found) > 1 else 0.0
    return Ratio(name, len(found), float(np.median(found)), deviation)


def _chains(path: Path, underlying: str) -> pd.DataFrame:
    """Options of one underlying within 2.5 % of the spot and 5 to 70 days."""
    rows = pd.read_parquet(path, filters=[("underlying", "==", underlying)])
    days = (rows["expiry"] - rows["date"]).dt.days
    near = (rows["strike"] / rows["underlying_price"] - 1.0).abs() < 0.025
    return rows.assign(days=days)[near & days.between(5, 70)]


def _quoted(rows: pd.DataFrame) -> pd.DataFrame:
    """What has two sides, with its middle."""
    chosen = rows[(rows["bid"] > 0.0) & (rows["ask"] > rows["bid"])]
    return chosen.assign(mid=0.5 * (chosen["bid"] + chosen["ask"]))


def _by_parity(rows: pd.DataFrame, rate: float) -> Quotes:
    """Volatilities on the forwards that the quotes themselves imply."""
    # SPX settles in the morning and SPXW in the evening of one day; a pair is of one class.
    root = rows["contract"].str.extract(r"^\D*?([A-Z]+)", expand=False)
    sides = rows.assign(root=root).pivot_table(
        index=["days", "root", "strike"], columns="right", values="mid"
    )
    sides = sides.dropna().reset_index()
    columns = (sides[name].to_numpy(dtype=np.float64) for name in ("days", "strike", "C", "P"))
    return quotes_of(Pairs(*columns), float(rows["underlying_price"].iloc[0]), rate)


def _by_yield(rows: pd.DataFrame, rate: float, income: float) -> Quotes:
    """Volatilities at a dividend yield that is known, where too few strikes have both sides for a forward."""
    days, strike, spot, mid = (
        rows[name].to_numpy(dtype=np.float64) for name in ("days", "strike", "underlying_price", "mid")
    )
    terms = OptionTerms(strike, days / 365.0, np.where(rows["right"] == "C", 1.0, -1.0))
    return Quotes(days, strike / spot, implied_volatility(mid, terms, Carry(spot, rate, income)))


def _as_given(rows: pd.DataFrame) -> Quotes:
    """Volatilities as the source gives them."""
    days, strike, spot, vol = (
        rows[name].to_numpy(dtype=np.float64) for name in ("days", "strike", "underlying_price", "iv")
    )
    return Quotes(days, strike / spot, vol)
