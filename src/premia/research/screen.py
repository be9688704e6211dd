"""A first look at selling one option, straight from Parquet files and without a store.

Of each underlying one option is held at a time: on a day without one, the option nearest to the wanted days
and delta is sold at its bid; it is bought back at its ask once enough was earned or it has grown old. That is
all: no capital, fees, assignment or events, and what expires or vanishes ends at its last ask. It answers in
the time of reading the file whether an idea is worth a backtest, and is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Right
from premia.research.screen_pass import PPM, RULE, STATE, TRADE
from premia.store.tables import Table, tables

_COLUMNS = ("date", "underlying", "expiry", "strike", "right", "bid", "ask", "delta")


class ShortOption(NamedTuple):
    """What is sold, and when it is closed.

    Attributes:
        dte_min, dte_max, dte_target: Calendar days to expiry.
        delta: Wanted, without its sign.
        profit: Share of the credit whose earning closes it.
        dte_exit: Closed from so many days to expiry on.
    """

    right: Right = Right.PUT
    dte_min: int = 30
    dte_max: int = 60
    dte_target: int = 45
    delta: float = 0.30
    profit: float = 0.5
    dte_exit: int = 21


class Screened(NamedTuple):
    """Trades that have ended, `screen_pass.TRADE`, by underlying and day; these are places in `symbols`."""

    symbols: tuple[str, ...]
    trades: NDArray[np.void]

    @property
    def result(self) -> int:
        """Credits less costs of all trades, 1/10,000 USD a share."""
        return int((self.trades["credit"] - self.trades["cost"]).sum())


def screen(paths: Sequence[Path], want: ShortOption) -> Screened:
    """Sell one option after the other through files of option chains in Premia's own form.

    Args:
        paths: Parquet files, each of underlyings of its own and ascending by day.
        want: What is sold and when it is closed.

    Raises:
        SourceUnavailable: Where a file is absent or cannot be read.
        MarketDataError: Where its days do not ascend, or a column is missing.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(partial(_file, want), paths))
    symbols: list[str] = []
    parts: list[NDArray[np.void]] = []
    for one in found:
        part = one.trades.copy()
        part["underlying"] += len(symbols)
        symbols.extend(one.symbols)
        parts.append(part)
    return Screened(tuple(symbols), np.concatenate(parts) if parts else np.zeros(0, dtype=TRADE))


def _file(want: ShortOption, path: Path) -> Screened:
    from premia.research.compiled import screener  # noqa: PLC0415 - loads the compiler

    rule = np.zeros(1, dtype=RULE)
    # What may be left to pay once the wanted share of the credit is earned.
    left = PPM - round(want.profit * PPM)
    rule[0] = (want.right.sign, *want[1:5], left, want.dte_exit)
    symbols: list[str] = []
    states = np.zeros(0, dtype=STATE)
    trades: list[NDArray[np.void]] = []
    for table in tables(path, _COLUMNS, rows=1):
        _look_at(table)
        codes, names = table.words("underlying")
        symbols.extend(name for name in names if name not in symbols)
        states = np.concatenate((states, np.zeros(len(symbols) - states.size, dtype=STATE)))
        places = np.array([symbols.index(name) for name in names], dtype=np.int32)
        day = table.days("date")
        ended = np.zeros(len(symbols) * (int(day.max()) - int(day.min()) + 2), dtype=TRADE)
        columns = (places[codes], day, table.days("expiry"), _rights(table))
        quotes = (table.numbers(name) for name in ("strike", "bid", "ask", "delta"))
        count = screener()(*columns, *quotes, states, rule, ended)
        if count < 0:
            raise MarketDataError(
                f"{path}: days do not ascend. Sort the file by date, or import it into a store."
            )
        trades.append(ended[:count])
    whole = np.concatenate(trades) if trades else np.zeros(0, dtype=TRADE)
    return Screened(tuple(symbols), whole[np.argsort(whole["underlying"], kind="stable")])


def _rights(table: Table) -> NDArray[np.int8]:
    codes, words = table.words("right")
    signs = np.array([1 if word == "C" else -1 for word in words], dtype=np.int8)
    return signs[codes]


def _look_at(table: Table) -> None:
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise MarketDataError(
            f"{table.path}: column {', '.join(missing)} is missing. Needed are {', '.join(_COLUMNS)}."
        )
