"""A gateway in a process of its own, for tests and benchmarks whose clients live in other processes.

    python -m tests.gateway_process --market invented --at 2026-11-23T15:00:00+00:00 --clock real --port 0

prints one line of JSON with its ports once it listens. `started` runs that and yields the ports.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from premia.adapters import markets
from premia.domain.account import AccountKind
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy
from premia.gateway.serve import serve
from premia.gateway.settings import GatewaySettings

ROOT = Path(__file__).resolve().parents[1]
START_S = 60


class Running(msgspec.Struct, frozen=True):
    """A gateway that listens: its ports, its process, and market time when it opened."""

    port: int
    control_port: int
    process: subprocess.Popen[str]
    now: str
    accounts: list[str]


@contextlib.contextmanager
def started(arguments: Sequence[str]) -> Iterator[Running]:
    """A gateway process with these arguments; it is ended afterwards."""
    command = [sys.executable, "-m", "tests.gateway_process", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    # The command is this file itself.
    process = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline() or "{}")
        yield Running(line["port"], line["control_port"], process, line["now"], line["accounts"])
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def main() -> None:
    """Serve the market named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--market", default="sp500")
    parser.add_argument("--symbols", default="AAA,BBB,CCC")
    parser.add_argument("--at", required=True)
    parser.add_argument("--clock", default="real")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cash", default="1000000")
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--messages-per-s", type=int, default=50)
    parser.add_argument("--fills", choices=("hazard", "generous"), default="hazard")
    given = parser.parse_args()
    at = datetime.fromisoformat(given.at)
    if given.market == "sp500":
        market = markets.sp500_market()
    else:
        market = markets.invented_market(given.symbols.split(","), at.date())
    account = AccountSetup("DU1000001", AccountKind.MARGIN, cash=Decimal(given.cash))
    settings = GatewaySettings(
        port=given.port,
        control_port=0,
        clock=given.clock,
        faults=tuple(given.fault),
        messages_per_s=given.messages_per_s,
    )
    policy = (
        Policy(seed=1) if given.fills == "hazard" else Policy(seed=1, fills=FillRule.ALPHA, alpha=Decimal(-2))
    )
    asyncio.run(serve(settings, Exchange(market, [account], policy, at)))


if __name__ == "__main__":
    main()
