"""A buy-write marked by real quotes, a day at a time, beside the published index of the same days."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from premia.pricing import black_scholes
from premia.pricing.implied_vol import implied_volatility
from premia.pricing.terms import CALL, Carry, Floats, OptionTerms
from premia.research.index_days import IndexDays, Roll
from tests.published_data import Find, published

CHAIN = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"
RATE = 0.0245
BEFORE_CLOSE_DAYS = 6.5 / 24.0
"""Days between settlement (9:30) and close (16:00)."""


class Marked(NamedTuple):
    """One call held from quote to quote, and the published index over the same days.

    Attributes:
        strike: Of the call.
        ours, theirs: Return from each recorded day to the next, shape (n,).
        bare: The same of the index without a call.
    """

    strike: float
    ours: Floats
    theirs: Floats
    bare: Floats

    @property
    def error(self) -> float:
        """Deviation of the daily differences."""
        return float(np.std(self.ours - self.theirs, ddof=1))

    @property
    def drift(self) -> float:
        """Difference of growth over all days."""
        return float(np.prod(1.0 + self.ours) - np.prod(1.0 + self.theirs))


def marked(find: Find, roll: Roll, index: IndexDays, strikes: list[float]) -> list[Marked]:
    """A month's buy-write at each of some strikes, from its roll to the last close before it settles."""
    chain = pd.read_parquet(
        find(CHAIN), filters=[("root", "==", "SPX"), ("expiry", "==", pd.Timestamp(roll.expiry))]
    )
    held = chain[(chain["date"] >= pd.Timestamp(roll.day)) & (chain["date"] < pd.Timestamp(roll.expiry))]
    when, level = published(find)
    bxm = pd.Series(level, index=pd.DatetimeIndex(when))
    paid = pd.Series(np.cumsum(index.dividend), index=pd.DatetimeIndex(index.day))
    return [_marked(held[held["strike"] == strike], strike, bxm, paid) for strike in strikes]


def _marked(rows: pd.DataFrame, strike: float, bxm: pd.Series, paid: pd.Series) -> Marked:
    """The chain was saved at some time of the day: the call is carried to the close at its own volatility.

    Its forward is what call and put say together, so that no dividend is guessed.
    """
    rows = rows.assign(mid=0.5 * (rows["bid"] + rows["ask"]))
    sides = rows.pivot_table(index="date", columns="right", values="mid").dropna()
    days = pd.DatetimeIndex(sides.index)
    about = rows.groupby("date")[["underlying_price", "underlying_close"]].first().loc[days]
    spot, close = (
        about[name].to_numpy(dtype=np.float64) for name in ("underlying_price", "underlying_close")
    )
    call, put = (sides[side].to_numpy(dtype=np.float64) for side in ("C", "P"))
    years = ((rows["expiry"].iloc[0] - days).days.to_numpy() - BEFORE_CLOSE_DAYS) / 365.0
    forward = strike + np.exp(RATE * years) * (call - put)
    income = RATE - np.log(forward / spot) / years
    terms = OptionTerms(strike, years, CALL)
    vol = implied_volatility(call, terms, Carry(spot, RATE, income))
    worth = close - black_scholes.value(terms, Carry(close, RATE, income), vol)
    dividends = np.diff(paid.loc[days].to_numpy())
    level = bxm.loc[days].to_numpy()
    return Marked(
        strike=strike,
        ours=(worth[1:] + dividends) / worth[:-1] - 1.0,
        theirs=level[1:] / level[:-1] - 1.0,
        bare=(close[1:] + dividends) / close[:-1] - 1.0,
    )
