"""Opens a simulated market by name: the shipped one, an invented one, a file of prices, recorded chains."""

from __future__ import annotations

from premia.adapters.calendars import NEW_YORK, sessions
from premia.adapters.history_arch import sp500
from premia.exchange.market import Market
from premia.exchange.scenarios import LOOK_AHEAD, default_market


def sp500_market(seed: int = 1) -> Market:
    """The shipped market: a fund at a tenth of the S&P 500, options from 2014-01-03 to 2018-12-31."""
    history = sp500()
    calendar = sessions(NEW_YORK, history.days[0], history.days[-1] + LOOK_AHEAD)
    return default_market(history, calendar, seed)
