"""A gateway in a process of its own, for tests and benchmarks whose clients live in other processes."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec

from premia.bootstrap.gateway import DEMO_ACCOUNT, INVENTED, GatewayWish
from premia.domain.account import AccountKind
from premia.exchange.policy import AccountSetup, FillRule, Opening, Policy
from premia.gateway.settings import GatewaySettings

ROOT = Path(__file__).resolve().parents[1]
MILLION = Decimal(1_000_000)
GENEROUS = Policy(seed=1, fills=FillRule.ALPHA, alpha=Decimal(-2))
"""Every order fills at once, up to two half-spreads better than mid: for those who only want it done."""


class Running(msgspec.Struct, frozen=True):
    """A gateway that listens: its ports, its process, and market time when it opened."""

    port: int
    control_port: int
    process: subprocess.Popen[str]
    now: str
    accounts: list[str]


def invented(
    symbols: tuple[str, ...],
    day: date,
    policy: Policy | None = None,
    openings: tuple[Opening, ...] = (),
    **settings: object,
) -> GatewayWish:
    """An invented market that opens on a day, on a real clock, with a million on margin and holdings."""
    wish = GatewayWish()
    return msgspec.structs.replace(
        wish,
        market=INVENTED,
        symbols=symbols,
        first=day,
        starts=wish.starts.replace(hour=10, minute=30),
        accounts=(AccountSetup(DEMO_ACCOUNT, AccountKind.MARGIN, MILLION, openings=openings),),
        policy=policy or Policy(seed=1),
        settings=GatewaySettings(**{"port": 0, "control_port": 0, **settings}),
    )


@contextlib.contextmanager
def started(wish: GatewayWish) -> Iterator[Running]:
    """The process of a wish, ended afterwards."""
    command = [sys.executable, "-m", "premia.bootstrap.gateway", msgspec.json.encode(wish).decode()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None:
            raise RuntimeError("The gateway's process was started without a pipe.")
        line = json.loads(process.stdout.readline() or "{}")
        yield Running(line["port"], line["control_port"], process, line["now"], line["accounts"])
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
