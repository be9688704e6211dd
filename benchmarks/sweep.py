"""Thousands of configurations of the full wheel over ten underlyings and five years, against each one alone.

The set is made from a seed (18.8 million quotes) and read from a store through mapped files. What is
measured is walking: puts, assignment, calls, rolls, stops, dividends, early exercise, fees, and margin each
day. The bound of the same run is the single configuration times their number; results are compared and must
be equal. Seconds are those of the processor, so that a busy machine disturbs less. Walking runs in a process
of its own, whose highest memory counts. `--sessions` makes a smaller set.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from premia.bootstrap.data_synthetic import settings_of, synthetic_store
from premia.bootstrap.histories import open_history
from premia.research.stored import underlying_of
from premia.research.sweep import BLOCK, Result, prepared, sweep_prepared
from premia.strategies.wheel_params import Params, SymbolParams

GOAL = 2_000
"""Configurations a second on two threads."""
ALONE_MOST_MS = 10.0
MEMORY_MOST_MB = 600
UNDERLYINGS, YEARS_SESSIONS = 10, 1_305
COUNT, ALONE, ROUNDS, THREADS = 4 * BLOCK, 12, 5, 2


def configuration(number: int, symbols: Sequence[str]) -> Params:
    """A wheel of a number: bands, windows, takes, stops, rolls and policies differ."""
    draw = np.random.default_rng(number)
    put, call = round(draw.uniform(0.1, 0.2), 3), round(draw.uniform(0.1, 0.2), 3)
    return Params(
        put_delta_min=put,
        put_delta_max=round(put + 0.15, 3),
        put_delta_aim=round(put + draw.uniform(0.0, 0.14), 3),
        call_delta_min=call,
        call_delta_max=round(call + 0.2, 3),
        call_delta_aim=round(call + draw.uniform(0.0, 0.19), 3),
        dte_min=int(draw.integers(20, 30)),
        dte_max=int(draw.integers(35, 60)),
        take_profit=round(draw.uniform(0.3, 0.9), 3),
        stop_at=float(draw.choice([0.0, 0.0, 2.5])),
        roll_dte=int(draw.integers(2, 12)),
        roll_delta=round(draw.uniform(0.3, 0.5), 3),
        rolls_max=int(draw.integers(0, 4)),
        otherwise=str(draw.choice(["hold", "close"])),
        called=str(draw.choice(["welcome", "avoid"])),
        underwater=str(draw.choice(["wait", "min_delta", "recover"])),
        yield_min_stock=0.04,
        earnings="ignore",
        symbols={symbol: SymbolParams(weight=0.9) for symbol in symbols},
    )


def walk(folder: Path) -> int:
    """Walk all configurations, and some alone; print the figures, and fail where results differ."""
    market = open_history([folder]).market()
    # The first underlying of the set splits, which a sweep does not follow.
    symbols = market.symbols[1:]
    underlyings = [underlying_of(market.snapshots(symbol).recorded) for symbol in symbols]
    rows = sum(one.panel.quotes.size for one in underlyings)
    configs = [configuration(number, symbols) for number in range(COUNT)]
    begun = time.perf_counter()
    ready = prepared(underlyings, configs, market.sessions)
    sweep_prepared(ready, slice(0, 1))
    print(f"{rows:,} quotes of {len(symbols)} underlyings; ready after {time.perf_counter() - begun:.1f} s")
    walls: list[float] = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        together = sweep_prepared(ready, threads=THREADS)
        walls.append(time.process_time() - begun)
    alone: list[float] = []
    for number in range(ALONE):
        for _ in range(ROUNDS):
            begun = time.process_time()
            one = sweep_prepared(ready, slice(number, number + 1), threads=1)
            alone.append(time.process_time() - begun)
        differing(one, together, number)
    days = underlyings[0].panel.days.day.size * len(symbols)
    return judged(together, walls, alone, days)


def differing(one: Result, together: Result, number: int) -> None:
    """End the run where a configuration alone is not what it is among others."""
    for name, column in one._asdict().items():
        if column[0] != getattr(together, name)[number]:
            sys.exit(
                f"configuration {number}: {name} is {column[0]} alone, not {getattr(together, name)[number]}"
            )


def judged(together: Result, walls: list[float], alone: list[float], days: int) -> int:
    """Print what came out; 0 where every goal is met."""
    a_second = THREADS * COUNT / median(walls)
    single = 1_000 * median(alone)
    memory = own_memory()
    sales, rolls = together.trades.mean(), together.rolls.mean()
    print(f"a configuration makes {sales:,.0f} sales, {rolls:.1f} rolls, {together.assigned.mean():.1f}")
    print(f"assignments at expiry and {together.early.mean():.1f} early ones")
    print(f"one configuration alone: {single:.2f} ms (at most {ALONE_MOST_MS:g})")
    print(f"{1e9 * median(walls) / COUNT / days:.0f} ns a day and underlying;", end=" ")
    print(f"{a_second / THREADS * single / 1_000:.1f} times as fast as each one alone")
    print(f"highest memory of its own while walking: {memory:.0f} MB (at most {MEMORY_MOST_MB})")
    print(f"sweep: {a_second:,.0f} configurations a second (goal {GOAL:,})")
    met = a_second >= GOAL and single <= ALONE_MOST_MS and memory <= MEMORY_MOST_MB
    return 0 if met else 1


def own_memory() -> float:
    """Memory that nothing else could use, MB; files of the store that are mapped are left out."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Rss")}
    mapped = sizes["RssFile"] + sizes["RssShmem"]
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - mapped) / 1024


def main(arguments: list[str]) -> int:
    """Make the set, then walk in a process of its own, once before to have machine code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--walk", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--sessions", type=int, default=YEARS_SESSIONS, help="Days of the set.")
    parser.add_argument("--store", type=Path, help="Keep the set here, or use the one that is here.")
    asked = parser.parse_args(arguments)
    if asked.walk is not None:
        return walk(asked.walk)
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = asked.store or Path(scratch) / "chains"
        if not folder.exists():
            begun = time.perf_counter()
            synthetic_store(settings_of(underlyings=UNDERLYINGS + 1, sessions=asked.sessions), folder)
            print(f"made the set in {time.perf_counter() - begun:.0f} s", flush=True)
        again = [sys.executable, __file__, "--walk", str(folder)]
        subprocess.run(again, check=False, stdout=subprocess.DEVNULL)
        return subprocess.run(again, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
