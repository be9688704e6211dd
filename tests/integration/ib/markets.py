"""Small model markets for tests of the IB adapter: a fund, two stocks and an index that all move a little."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np

from premia.domain.account import AccountKind
from premia.domain.instrument import Index, Stock
from premia.exchange.exchange import Exchange
from premia.exchange.market import Market
from premia.exchange.policy import AccountSetup, Policy
from premia.exchange.types_market import Dividend, UnderlyingSettings
from premia.exchange.underlyings import DailyHistory, UnderlyingSetup
from tests.unit.exchange.fixed_market import at, weekdays

ACCOUNT = "DU1000001"
MONDAY = "2024-03-11 10:30"
LEVELS = {"FND": 200.0, "ABC": 100.0, "XYZ": 50.0}
VOLS = {"FND": 0.16, "ABC": 0.28, "XYZ": 0.40}


def a_history(level: float, vol: float) -> DailyHistory:
    """Half a year of sessions around a level; each day moves by half a percent, to and fro."""
    days = [session.day for session in weekdays(date(2023, 10, 2), date(2024, 6, 28))]
    n = len(days)
    closes = level * (1 + 0.005 * np.cos(np.arange(n)))
    opens = np.concatenate([[level], closes[:-1]])
    return DailyHistory(
        tuple(days),
        opens,
        np.maximum(opens, closes) * 1.003,
        np.minimum(opens, closes) * 0.997,
        closes,
        np.full(n, 1e6),
        np.full(n, vol),
    )


def a_setup(symbol: str) -> UnderlyingSetup:
    """A fund that pays a dividend, or a stock that pays none."""
    fund = symbol == "FND"
    paid = Dividend(date(2024, 3, 22), date(2024, 4, 5), Decimal("0.80"), declared=date(2024, 1, 15))
    return UnderlyingSetup(
        contract=Stock(symbol),
        settings=UnderlyingSettings(
            f"{symbol} Inc.", "broad_etf" if fund else "stock", "FINE" if fund else "PENNY", etf=fund
        ),
        history=a_history(LEVELS[symbol], VOLS[symbol]),
        dividends=(paid,) if fund else (),
    )


def an_index() -> UnderlyingSetup:
    """A cash-settled index with options of two classes."""
    return UnderlyingSetup(
        contract=Index("SPX"),
        settings=UnderlyingSettings("Index", "broad_index", "INDEX"),
        history=a_history(4000.0, 0.15),
    )


def a_market(*symbols: str) -> Market:
    """A market of these symbols (all three stocks where none is named)."""
    setups = [an_index() if symbol == "SPX" else a_setup(symbol) for symbol in symbols or tuple(LEVELS)]
    return Market(setups, weekdays(date(2023, 10, 2), date(2026, 3, 31)), seed=3)


def an_exchange(*symbols: str, when: str = MONDAY, policy: Policy | None = None) -> Exchange:
    """The market with one margin account of 100,000 USD."""
    accounts = [AccountSetup(ACCOUNT, AccountKind.MARGIN)]
    return Exchange(a_market(*symbols), accounts, policy or Policy(seed=7), at(when))
