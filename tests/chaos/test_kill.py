"""Killed a thousand times, it never doubles an order and never loses a fill; the naive resend does.

Lives trade against gateways in processes of their own and are ended by SIGKILL, most often while an order is
between request and its end, which the gateway stretches. Nearly all are forked from a parent that had opened
nothing; some begin in a fresh interpreter. Afterwards the market's own record is the judge.
"""

from __future__ import annotations

import contextlib
import os
import random  # noqa: TID251 - the moments of the kills are drawn by the test, from a seed
import sqlite3
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from premia.domain import events as ev
from premia.domain.instrument import Option
from tests.chaos.theatre import Control, Life, a_stage, cold, course, references, the_books

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

KILLS = int(os.environ.get("PREMIA_CHAOS_KILLS", "1000"))
STAGES = 2
COLD_EVERY = 20
NAIVE_KILLS = 40
IN_FLIGHT_SHARE = 0.4
STRETCH_S = 0.2
STRETCHED = f"delay_ack:seconds={STRETCH_S}"
IN_FLIGHT = ("assigned, not at the market", "at the market, not answered", "filled, not recorded", "working")


class Ended(NamedTuple):
    """What a stage left behind: phases of its kills, and what its judges found."""

    phases: Counter[str]
    doubled: dict[str, set[int]]
    exposures: set[int]
    fills: int
    lost: set[str]
    orphans: set[str]
    apart: int
    complaints: int
    sound: bool


def kill_at_a_drawn_moment(life: Life, draw: random.Random) -> None:
    """Mostly within a sent order's life; sometimes anywhere."""
    if draw.random() < 0.8:
        assert life.until("assigned", times=draw.choice((1, 1, 1, 2)))
        time.sleep(draw.uniform(0, STRETCH_S * 1.2))
    else:
        assert life.until("connected")
        time.sleep(draw.uniform(0, 0.4))
    life.kill()


def phase(life: Life, control: Control) -> str:
    """Where the newest order stood when the process died, by what was durable and by the market."""
    key, stage = next(reversed(life.stages.items()), ("", "ended"))
    if stage in ("ended", "filled"):
        return "no order alive"
    kinds = {
        report["type"]
        for report in control.read()
        if report.get("order") and report["order"]["ticket"]["order_ref"] == key
    }
    if "filled" in kinds:
        return "filled, not recorded"
    if "accepted" in kinds:
        return "at the market, not answered" if stage == "assigned" else "working"
    return "assigned, not at the market" if stage == "assigned" else "decided, not sent"


def killed(number: int, kills: int, folder: Path) -> Ended:
    """One stage: so many lives and deaths on one journal, then a last life that puts everything right."""
    draw = random.Random(f"stage {number}")  # noqa: S311 - no secret is drawn
    journal = folder / f"chaos-{number}.db"
    phases: Counter[str] = Counter()
    with a_stage(STRETCHED, seed=3 + number) as (gateway, control, nursery):
        for count in range(kills):
            if count % COLD_EVERY == COLD_EVERY - 1:
                with cold("metronome", gateway.port, journal) as life:
                    kill_at_a_drawn_moment(life, draw)
            else:
                life = nursery.born("metronome", gateway.port, journal)
                kill_at_a_drawn_moment(life, draw)
            phases[phase(life, control)] += 1
        control.ask(cmd="clear", kind="")
        last = nursery.born("close", gateway.port, journal)
        assert last.until("round")
        last.kill()
        return _judged(phases, journal, control)


def _judged(phases: Counter[str], journal: Path, control: Control) -> Ended:
    record, state = control.read(), control.ask(cmd="state")
    book, events = the_books(journal)
    ours = {event.order.key for event in events if isinstance(event, ev.MarginRequested)}
    at_market = references(record)
    executed = {one["exec_id"] for one in state["executions"] if one["contract"]}
    booked = {event.fill.exec_id for event in events if isinstance(event, ev.OrderFilled | ev.ExternalChange)}
    held = sum(one.quantity for one in book.holdings.values() if isinstance(one.contract, Option))
    with contextlib.closing(sqlite3.connect(journal)) as db:
        sound = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return Ended(
        phases,
        {key: numbers for key, numbers in at_market.items() if len(numbers) > 1},
        set(course(record)),
        len(course(record)),
        executed - booked,
        set(at_market) - ours,
        held - (course(record)[-1] if course(record) else 0),
        sum(isinstance(event, ev.CashUnexplained | ev.ExternalChange | ev.OrderUnknown) for event in events),
        sound,
    )


def show(phases: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The histogram, also where the runner keeps tests quiet."""
    kills = phases.total()
    bars = [
        f"  {name:32} {count:5}  {'#' * round(60 * count / kills)}" for name, count in phases.most_common()
    ]
    with capsys.disabled():
        sys.stdout.write(f"\n{kills} kills by the state of the newest order:\n" + "\n".join(bars) + "\n")


def test_a_thousand_kills_double_no_order_and_lose_no_fill(tmp_path, capsys):
    with ThreadPoolExecutor(STAGES) as pool:
        stages = list(pool.map(lambda number: killed(number, KILLS // STAGES, tmp_path), range(STAGES)))
    phases = sum((stage.phases for stage in stages), Counter[str]())
    show(phases, capsys)

    assert phases.total() == KILLS // STAGES * STAGES
    for stage in stages:
        assert stage.doubled == {}
        assert stage.exposures <= {0, -1}
        assert stage.fills >= KILLS / STAGES / 4
        assert stage.lost == set()
        assert stage.orphans == set()
        assert stage.apart == 0
        assert stage.complaints == 0
        assert stage.sound
    assert sum(phases[name] for name in IN_FLIGHT) >= IN_FLIGHT_SHARE * KILLS


def test_the_naive_look_up_and_resend_doubles_orders_in_the_same_harness(tmp_path):
    draw = random.Random(7)  # noqa: S311 - no secret is drawn
    with a_stage(STRETCHED) as (gateway, control, nursery):
        for _ in range(NAIVE_KILLS):
            life = nursery.born("naive", gateway.port, tmp_path / "notes.txt")
            life.until("assigned", limit_s=20)
            time.sleep(draw.uniform(0, STRETCH_S * 1.2))
            life.kill()
        record = control.read()

    doubled = {key: numbers for key, numbers in references(record).items() if len(numbers) > 1}
    assert doubled
    assert not set(course(record)) <= {0, -1}
