"""Seeds of the simulation: a week of a whole installation with faults of every kind, and every promise kept.

One seed again, with its story:  python -m tests.simulation SEED
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.simulation.campaign import campaign, outcome_of
from tests.simulation.kinds import KINDS
from tests.simulation.play import Played, play
from tests.simulation.script import drawn

FIRST, LAST = 1, 300
QUICK = 1
_LIMIT_S = 100


def a_digest(seed: int, hashes: str) -> str:
    """What a process of its own says last of a seed."""
    environment = {**os.environ, "PYTHONHASHSEED": hashes}
    command = [sys.executable, "-m", "tests.simulation", str(seed)]
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout.splitlines()[-1]


def test_a_week_without_faults_trades_and_keeps_every_promise():
    played = play(QUICK, drawn(QUICK, faults=0))

    assert played.problems == ()
    assert played.strikes == {}
    assert played.lives == 1
    assert played.facts["OrderFilled"] >= 3


@pytest.fixture(scope="module")
def played() -> Played:
    """A week with faults, played once."""
    return play(QUICK)


def test_a_week_with_faults_keeps_every_promise(played):
    assert played.problems == ()
    assert sum(played.strikes.values()) >= 10
    assert played.strikes["switch"] == 1, "its file is named in the journal, in a folder of its own"
    assert played.facts["OrderFilled"] >= 1


def test_a_seed_gives_the_same_digest_in_another_process_with_other_hashes(played):
    assert played.digest in a_digest(QUICK, "1")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.fault(56, "300 weeks with faults of every kind: each invariant holds after every step")
def test_three_hundred_seeds_keep_every_promise():
    summary = campaign(range(FIRST, LAST + 1), 2, lambda _one: None)

    sys.stdout.write(summary.text + "\n")
    assert summary.failed == [], "\n".join(one.line for one in summary.failed)
    assert summary.seeds == LAST - FIRST + 1
    drawn_kinds = {name.partition(":")[0] for name in summary.strikes}
    assert drawn_kinds == set(KINDS)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_seeds_give_the_same_digests_in_processes_with_other_hashes():
    for seed in range(FIRST, FIRST + 10):
        assert outcome_of(seed).digest in a_digest(seed, str(seed))
