"""Ready-made markets from plain values: nothing here reads a file or asks for the date.

`default_market` is the one that the demo, the tutorial and most tests run on: a fund at a tenth of
the S&P 500 with the real VIX behind its options. `synthetic_market` invents any number of stocks,
funds and an index from a seed. Loading (packages, files, calendars) is the business of adapters.
"""

from __future__ import annotations

from datetime import timedelta

from premia.domain.instrument import Stock
from premia.domain.sessions import Sessions
from premia.exchange.market import Market
from premia.exchange.types_market import UnderlyingSettings
from premia.exchange.underlyings import DailyHistory, UnderlyingSetup
from premia.exchange.underlyings_fund import Quarters, fund_history, quarters
from premia.pricing.surface import ATM_TO_VIX

FUND_SYMBOL = "SPTEN"
FUND_NAME = "Synthetic fund at one tenth of the S&P 500 (simulated, not a security)"
FUND_YIELD = 0.019
"""Dividend yield of the S&P 500 in 2014-2018 was 1.8 to 2.1 % a year."""
CALM_VIX = 0.15
LOOK_AHEAD = timedelta(days=500)
"""How far a calendar must reach beyond the last price: options a year ahead, and dividends beyond them."""


def default_market(index: DailyHistory, sessions: Sessions, seed: int = 1) -> Market:
    """The fund at a tenth of an index.

    Args:
        index: The S&P 500, with the VIX (as a fraction) in `vol`.
        sessions: New York's, reaching `LOOK_AHEAD` beyond the last price.
        seed: Of the minutes, the noise and the sizes.
    """
    level = index._replace(vol=index.vol * ATM_TO_VIX)
    history, dividends = fund_history(
        level, dividend_calendar(history=index, sessions=sessions), scale=0.1, dividend_yield=FUND_YIELD
    )
    setup = UnderlyingSetup(
        contract=Stock(FUND_SYMBOL),
        settings=UnderlyingSettings(FUND_NAME, "broad_etf", "FINE", etf=True),
        history=history,
        dividends=dividends,
        calm_vol=CALM_VIX * ATM_TO_VIX,
        open_interest=30_000,
    )
    return Market([setup], sessions, seed)


def dividend_calendar(history: DailyHistory, sessions: Sessions) -> Quarters:
    """Quarterly ex-dates from the first session of a history until a year beyond its last one."""
    last = min(history.days[-1] + timedelta(days=400), sessions.last.day - timedelta(days=62))
    return quarters(sessions, history.days[0], last)
