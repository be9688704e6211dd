"""The short put of the backtest benchmark as a job in polars; its trades are held against ours.

It is the whole job, from the Parquet files on, written as fast as we know how.
"""

from pathlib import Path
from typing import NamedTuple

import polars as pl


class Rule(NamedTuple):
    """Puts of 30 to 60 days nearest 45 and nearest a delta of 0.30, out at half the credit or at 21 days."""

    dte_min: int = 30
    dte_max: int = 60
    dte_target: int = 45
    delta: float = 0.30
    profit: float = 0.5
    dte_exit: int = 21


Trade = tuple[str, int, int, int, int, int, int]
"""Symbol; day opened, day closed and expiry, since 1970; strike, credit and cost, 1/10,000 USD."""
_CONTRACT = ("underlying", "expiry", "strike")


def in_polars(paths: list[Path], rule: Rule) -> list[Trade]:
    """Pick every day's put, find the first day that closes each, keep those that do not overlap."""
    puts = (
        pl.scan_parquet(paths)
        .filter(pl.col("right") == "P")
        .select("date", *_CONTRACT, "bid", "ask", "delta")
        .with_columns(dte=(pl.col("expiry").to_physical() - pl.col("date").to_physical()))
        .collect()
    )
    picks = _picks(puts, rule)
    out = (pl.col("ask") <= rule.profit * pl.col("credit")) | (pl.col("dte") <= rule.dte_exit)
    later = (
        puts.lazy()
        .select(*_CONTRACT, "date", "ask", "dte")
        .filter(pl.col("ask") > 0)
        .join(picks.lazy(), on=_CONTRACT)
        .filter(pl.col("date") > pl.col("opened"))
        .sort("date")
        .group_by(*_CONTRACT, "opened")
        .agg(
            closed=pl.col("date").filter(out).first(),
            cost=pl.col("ask").filter(out).first(),
            last_ask=pl.col("ask").last(),
        )
        .collect()
    )
    found = (
        picks.join(later, on=[*_CONTRACT, "opened"], how="left")
        .with_columns(ends=pl.col("closed").is_not_null())
        .with_columns(
            cost=pl.coalesce("cost", "last_ask", "entry_ask"), closed=pl.coalesce("closed", "expiry")
        )
        .sort("underlying", "opened")
    )
    ended = pl.col("ends") | (pl.col("expiry") < found["opened"].max())
    rows = found.select(
        pl.col("underlying").cast(pl.String),
        *(pl.col(name).to_physical().cast(pl.Int64) for name in ("opened", "closed", "expiry")),
        *((pl.col(name) * 10_000).round().cast(pl.Int64) for name in ("strike", "credit", "cost")),
        ended,
    ).rows()
    return _one_at_a_time(rows)


def _picks(puts: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The put of each day: nearest days, the earlier expiry, nearest delta, the lower strike."""
    by_day = ("underlying", "date")
    off = (pl.col("dte") - rule.dte_target).abs() * 1_000 + pl.col("dte")
    delta_off = (pl.col("delta").cast(pl.Float64).abs() - rule.delta).abs()
    return (
        puts.lazy()
        .filter(pl.col("dte").is_between(rule.dte_min, rule.dte_max) & (pl.col("bid") > 0))
        .with_columns(off=off)
        .filter(pl.col("off") == pl.col("off").min().over(by_day))
        .with_columns(delta_off=delta_off)
        .filter(pl.col("delta_off") == pl.col("delta_off").min().over(by_day))
        .sort("strike")
        .unique(by_day, keep="first", maintain_order=True)
        .select(*_CONTRACT, opened="date", credit="bid", entry_ask="ask")
        .collect()
    )


def _one_at_a_time(rows: list[tuple]) -> list[Trade]:
    """The trades that end and are made when one must end before the next is sold."""
    made: list[Trade] = []
    busy: dict[str, int] = {}
    for *trade, ended in rows:
        symbol, opened, closed = trade[:3]
        if opened > busy.get(symbol, 0):
            busy[symbol] = closed
            if ended:
                made.append(tuple(trade))
    return made
