"""From the connection to reconciled and ready, with 50 positions and 50 working orders.

`premia run` sells nothing here: it adopts fifty short puts on 25 funds and works an order to buy each of them
back, far below what they cost. Then it is ended, the orders stay at the gateway, and it is started
again, each time as a new process. The journal's rows tell when the session stood and when broker and ledger
agreed, with every order found again. A real-time simulated gateway over TCP, median of several starts.

    make bench NAME=restart
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import closing
from datetime import date, timedelta
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from statistics import median

from premia.adapters.clocks import WallClock
from premia.adapters.journals.places import open_journal, send_command
from premia.adapters.markets import invented_market
from premia.domain import events as ev
from premia.domain.apply import apply
from premia.domain.book import Book
from premia.domain.dates import new_york
from premia.domain.instrument import Option, Right
from premia.domain.order import Stage
from premia.exchange.policy import Opening, Policy
from tests.faults.test_process import Daemon
from tests.gateway_process import invented, started

GOAL_S = 5.0
ORDERS = 50
LIMIT_S = 240
WEEKS_OFF = 28
DAY = date(2024, 3, 11)
NAMES = tuple(f"{first}{second}F" for first in "ABCDE" for second in "KLMNO")
CONFIG = """
[account]
number = "DU1000001"

[broker]
port = {port}

[schedule]
at = ["15:55"]

[gate]
orders_a_minute = 1000

[strategies.wheel]
adopt = true
earnings = "ignore"

[strategies.wheel.symbols]
"""


def positions() -> tuple[Opening, ...]:
    """Two short puts on each fund, some weeks from expiry and out of the money."""
    market = invented_market([f"{name}:fund" for name in NAMES], DAY)
    at = new_york(DAY, clock_time(10, 30))
    found: list[Opening] = []
    for name in NAMES:
        spot = market.spot(name, at)
        series = next(one for one in market.listed(name, at).series if (one.expiry - DAY).days >= WEEKS_OFF)
        below = sorted(strike for strike in series.strikes if float(strike) < 0.95 * spot)[-2:]
        found += [
            Opening(
                Option(name, series.expiry, strike, Right.PUT, trading_class=series.trading_class),
                -1,
                Decimal(-150),
            )
            for strike in below
        ]
    return tuple(found)


def until(true: object, what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + LIMIT_S
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}, within {LIMIT_S} s")
        time.sleep(0.2)


def put_to_work(daemon: Daemon) -> None:
    """An order to buy back every trade, at a price that nobody sells at."""
    with closing(open_journal(daemon.journal, "", read_only=True)) as journal:
        trades = [one.trade for _, one in journal.read() if isinstance(one, ev.PositionAdopted)]
    now = WallClock().now()
    for number, trade in enumerate(trades):
        wish = ev.OperatorCommand(
            at=now,
            id=str(number),
            verb="close",
            target=trade,
            who="bench",
            why="",
            arguments={"limit": "0.01"},
        )
        send_command(daemon.journal, wish, now + timedelta(microseconds=number))
    until(lambda: len(daemon.facts(ev.OrderAccepted)) >= ORDERS, "not all orders were acknowledged")


def start_up(daemon: Daemon) -> float:
    """Wall seconds of the newest life from its session to a book that is ready and knows every order."""
    book, opened, found = Book(), None, None
    with closing(open_journal(daemon.journal, "", read_only=True)) as journal:
        for _, recorded, event in journal.read_recorded():
            book = apply(book, event)
            if isinstance(event, ev.Connected):
                opened, found = recorded, None
            elif opened is not None and found is None and book.ready:
                found = recorded
    working = [one for one in book.orders.values() if one.stage is Stage.WORKING]
    if opened is None or found is None or len(working) != ORDERS or len(book.holdings) != ORDERS:
        raise RuntimeError(
            f"not ready: {len(working)} orders work and {len(book.holdings)} positions are held"
        )
    return (found - opened).total_seconds()


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    wish = invented(tuple(f"{name}:fund" for name in NAMES), DAY, Policy(seed=1, shy=1.0), positions())
    text = CONFIG + "\n".join(f"{name} = {{{{ weight = 0.03 }}}}" for name in NAMES) + "\n"
    figures: list[float] = []
    with tempfile.TemporaryDirectory() as folder, started(wish) as gateway:
        daemon = Daemon(Path(folder), gateway.port, text)
        try:
            daemon.ready()
            put_to_work(daemon)
            daemon.end()
            for number in range(2, rounds + 2):
                daemon.again()
                daemon.ready(number)
                time.sleep(1)  # a second look, where the first one asked for it
                daemon.end()
                figures.append(start_up(daemon))
                print(f"start {number - 1}: {figures[-1]:.2f} s", flush=True)
        finally:
            daemon.close()
    figure = median(figures)
    print(f"{ORDERS} positions and {ORDERS} orders, every one found again in each of {rounds} starts")
    print(f"restart: {figure:.2f} s (goal {GOAL_S:.0f} s)")
    return 0 if figure <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
