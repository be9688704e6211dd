"""How fast chains become a result: a short put straight from Parquet, and a store made and opened.

The set is synthetic: ten underlyings, 1,305 sessions, twelve expiries, sixty strikes and two rights, 18.8
million rows. It is made once and kept under build/bench. Figures are medians of rounds in which all take
turns, so that whatever else the machine does hits all of them; imports and compilation stand apart.

a) A short put from Parquet to its trades: no slower than the same job in polars, whose trades must be ours,
   (optopsy, which took thirty-one seconds for a similar rule, needs a Python and packages of its own).
b) A store of everything in at most ten times the scan of the columns that a) needs, opened in 50 ms.
c) At most 1.5 GB of memory while the store is made.

With `--small` a set of a tenth of that is taken, to see whether it works.
"""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _backtest_peers import Rule, Trade, in_polars
from pyarrow import parquet

from premia.adapters.synthetic_chains import write_parquet
from premia.bootstrap.data_import import Wanted, import_chains
from premia.bootstrap.data_synthetic import settings_of
from premia.research.screen import Screened, ShortOption, screen
from premia.store.open import open_store

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "bench"
NEEDED = ["date", "underlying", "expiry", "strike", "right", "bid", "ask", "delta"]
ROUNDS, TURNS, OPENINGS = 7, 3, 20
GOAL_POLARS, GOAL_SCANS, GOAL_OPEN_MS, GOAL_MB = 1.0, 10.0, 50.0, 1_500.0
TINY = settings_of(underlyings=1, sessions=60, strikes=10)


def the_files(*, small: bool) -> list[Path]:
    """The set's Parquet files; made where they are not there yet."""
    name, settings = ("small", settings_of(sessions=131)) if small else ("whole", settings_of())
    folder = KEPT / f"chains-{name}-{settings.seed}"
    if not folder.exists():
        print(f"making {settings.rows:,} rows in {folder} (once, about a minute)", flush=True)
        started = folder.with_suffix(".part")
        shutil.rmtree(started, ignore_errors=True)
        write_parquet(settings, started)
        started.rename(folder)
    return sorted(folder.glob("*.parquet"))


def scan(paths: list[Path]) -> None:
    """Read the columns that the job needs, and nothing more: no cold job is faster."""
    for path in paths:
        parquet.read_table(path, columns=NEEDED)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a piece of work."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def ours(found: Screened) -> list[Trade]:
    """The trades in the form of the peers."""
    fields = ("opened", "closed", "expiry", "strike", "credit", "cost")
    return [
        (found.symbols[int(one["underlying"])], *(int(one[field]) for field in fields))
        for one in found.trades
    ]


def cold(paths: list[Path]) -> dict[str, float]:
    """Medians of scan, polars and ours in turns; their trades must be the same."""
    wanted, rule = ShortOption(), Rule()
    apart = seconds(lambda: screen(paths[:1], wanted))
    mine, theirs = ours(screen(paths, wanted)), in_polars(paths, rule)
    if mine != theirs or len(mine) <= len(paths):
        raise SystemExit(f"{len(set(mine) ^ set(theirs))} of {len(mine)} trades differ from those of polars")
    print(f"first use, with its compilation: {apart:.2f} s; {len(mine):,} trades, as in polars")
    work: dict[str, Callable[[], object]] = {
        "scan": lambda: scan(paths),
        "polars": lambda: in_polars(paths, rule),
        "ours": lambda: screen(paths, wanted),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, one in work.items():
            times[name].append(seconds(one))
    return {name: statistics.median(taken) for name, taken in times.items()}


def prepare(paths: list[Path], to: Path) -> dict[str, float]:
    """Import everything in this process, in turns with scans: the times, and the memory at most."""
    warm = to / "warm"
    write_parquet(TINY, warm / "files")
    import_chains(Wanted("premia", sorted((warm / "files").glob("*.parquet"))), warm / "store")
    wanted = Wanted("premia", paths, events=[paths[0].parent / "events.csv"])
    scans: list[float] = []
    stores: list[float] = []
    for _ in range(TURNS):
        shutil.rmtree(to / "store", ignore_errors=True)
        scans += [seconds(lambda: scan(paths)) for _ in range(3)]
        stores.append(seconds(lambda: import_chains(wanted, to / "store")))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": statistics.median(stores),
        "scan": statistics.median(scans),
        "mb": most / (1e6 if sys.platform == "darwin" else 1e3),
    }


def store(paths: list[Path]) -> dict[str, float]:
    """A store in a process of its own, so that its memory is its own, and how long it takes to open."""
    folder = KEPT / "store"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = [sys.executable, __file__, "--prepare", str(folder), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])

    def opened() -> int:
        whole = open_store(folder / "store")
        return sum(whole.panel(symbol).quotes.size for symbol in whole.symbols)

    rows = sum(parquet.read_metadata(path).num_rows for path in paths)
    if opened() != rows:
        raise SystemExit(f"the store holds {opened():,} of {rows:,} rows")
    found["open_ms"] = 1e3 * float(np.median([seconds(opened) for _ in range(OPENINGS)]))
    shutil.rmtree(folder)
    return found


def main(arguments: list[str]) -> int:
    """Measure, print, and say by the exit code whether the goals are met."""
    if arguments[:1] == ["--prepare"]:
        print(json.dumps(prepare([Path(one) for one in arguments[2:]], Path(arguments[1]))))
        return 0
    paths = the_files(small="--small" in arguments)
    times, made = cold(paths), store(paths)
    ratio, scans = times["ours"] / times["polars"], made["seconds"] / made["scan"]
    print(f"column scan {times['scan']:.2f} s, polars {times['polars']:.2f} s, ours {times['ours']:.2f} s")
    print(f"store made in {made['seconds']:.1f} s, {scans:.1f} column scans (goal {GOAL_SCANS:g})")
    print(f"memory at most while it was made: {made['mb']:,.0f} MB (goal {GOAL_MB:,.0f})")
    print(f"store opened, every panel mapped, in {made['open_ms']:.1f} ms (goal {GOAL_OPEN_MS:g})")
    print("optopsy: not run, it needs Python 3.12 and packages of its own")
    print(f"backtest: {ratio:.2f} of the time of polars (goal {GOAL_POLARS:g})")
    met = (
        ratio <= GOAL_POLARS,
        scans <= GOAL_SCANS,
        made["mb"] <= GOAL_MB,
        made["open_ms"] <= GOAL_OPEN_MS,
    )
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
