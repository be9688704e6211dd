"""Many seeds on several processes: what each drew, and which ones broke a promise."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.simulation.kinds import KINDS
from tests.simulation.play import play
from tests.simulation.script import drawn


class Outcome(NamedTuple):
    """One seed in brief."""

    seed: int
    digest: str
    seconds: float
    lives: int
    problems: list[str]
    strikes: dict[str, int]
    facts: dict[str, int]

    @property
    def line(self) -> str:
        words = "; ".join(self.problems[:2])[:300] if self.problems else "kept every promise"
        return f"seed {self.seed}: {self.digest} {self.seconds:.1f} s: {words}"


class Summary(NamedTuple):
    """What many seeds have shown together."""

    seeds: int
    failed: list[Outcome]
    strikes: Counter[str]
    facts: Counter[str]
    lives: int

    @property
    def text(self) -> str:
        struck = ", ".join(f"{name} {count}" for name, count in sorted(self.strikes.items()))
        facts = ", ".join(f"{name} {count}" for name, count in sorted(self.facts.items()))
        return (
            f"{self.seeds} seeds, {self.lives} lives, {sum(self.strikes.values())} faults\n"
            f"faults: {struck}\nfacts: {facts}\nseeds that broke a promise: {len(self.failed)}"
        )


def outcome_of(seed: int, only: str = "") -> Outcome:
    """Play a seed, struck by one kind of fault alone where it is named; what cannot be played has failed."""
    began = time.perf_counter()
    try:
        played = play(seed, drawn(seed, kinds=lambda kind: kind == only) if only else None)
    except Exception as error:  # noqa: BLE001 - a seed that breaks the harness must not end the others
        where = traceback.format_exception(error)[-3:]
        return Outcome(seed, "", time.perf_counter() - began, 0, ["".join(where)], {}, {})
    seconds = time.perf_counter() - began
    strikes, facts = dict(played.strikes), dict(played.facts)
    return Outcome(seed, played.digest, seconds, played.lives, list(played.problems), strikes, facts)


def campaign(
    seeds: Iterable[int],
    processes: int,
    tell: Callable[[Outcome], None],
    *,
    first: bool = False,
    only: str = "",
) -> Summary:
    """Play seeds, each told as it ends.

    Args:
        first: End with the first that fails.
        only: The one kind of fault that strikes; empty for all.
    """
    failed: list[Outcome] = []
    strikes: Counter[str] = Counter()
    facts: Counter[str] = Counter()
    count = lives = 0
    with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=200) as pool:
        for one in pool.imap_unordered(partial(outcome_of, only=only), seeds):
            tell(one)
            count, lives = count + 1, lives + one.lives
            strikes.update(one.strikes)
            facts.update(one.facts)
            if one.problems:
                failed.append(one)
                if first:
                    break
    return Summary(count, sorted(failed), strikes, facts, lives)


def main(arguments: Sequence[str]) -> int:
    """Play what the command line names; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", help="one seed, or first-last")
    parser.add_argument("-j", "--processes", type=int, default=2)
    parser.add_argument("--log", type=Path, help="keep outcomes here, and leave out the seeds it holds")
    parser.add_argument("-x", "--first", action="store_true", help="end with the first seed that fails")
    parser.add_argument(
        "--only", choices=sorted(KINDS), default="", help="the one kind of fault that strikes"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="tell only the seeds that failed")
    asked = parser.parse_args(arguments)
    first, _, last = asked.seeds.partition("-")
    if not last:
        return _one(int(first))
    seeds = [seed for seed in range(int(first), int(last) + 1) if seed not in _kept(asked.log)]

    def tell(one: Outcome) -> None:
        if asked.log is not None:
            with asked.log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(one._asdict()) + "\n")
        if one.problems or not asked.quiet:
            say(one.line)

    began = time.perf_counter()
    summary = campaign(seeds, asked.processes, tell, first=asked.first, only=asked.only)
    say(summary.text)
    for one in summary.failed:
        say(f"again with: python -m tests.simulation {one.seed}")
    say(f"{time.perf_counter() - began:.0f} s")
    return 1 if summary.failed else 0


def _one(seed: int) -> int:
    played = play(seed)
    say("\n".join(played.story))
    say(f"faults: {', '.join(f'{name} {count}' for name, count in sorted(played.strikes.items()))}")
    for problem in played.problems:
        say(f"PROBLEM {problem}")
    say(f"seed {seed} ({played.week}): {played.digest}")
    return 1 if played.problems else 0


def _kept(log: Path | None) -> set[int]:
    """Seeds that a log holds already, without those that failed."""
    if log is None or not log.exists():
        return set()
    rows = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    return {row["seed"] for row in rows if not row["problems"]}


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
