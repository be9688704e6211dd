"""One pass of the wheel against one of ThetaGang 2.1.1, on the same gateway and the same account.

Both connect, read the account, scan four expirations of every symbol, decide, place their orders and
disconnect. The gateway itself measures: wall seconds from greeting to goodbye, and messages received.
Each pass meets a gateway of its own with the same seed, warm, on a real clock; the two alternate. Measured
for three and for ten symbols, and for three with one strike that nobody quotes.

    make bench NAME=cycle
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import NamedTuple

import ib_async

from premia.adapters.calendars import NEW_YORK, sessions
from premia.adapters.markets import invented_market
from premia.domain.dates import new_york
from premia.domain.instrument import Option, Right, Stock, strike_text
from premia.exchange.market import Market
from premia.exchange.policy import Opening
from tests import gateway_process
from tests.clients import environments, thetagang
from tests.clients.control import ask

ROOT = Path(__file__).resolve().parents[1]
GOAL = 10.0
WARMING = 99
SHARES, PAID = 200, Decimal(50)
"""Of each symbol, so that both look at calls and at puts."""
LIMIT_S = 400
CANDIDATES = tuple(letter * count for count in (3, 4) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
STRIKES, EXPIRATIONS, DTE_MIN = 15, 4, 30
"""What the rival scans of each symbol and right."""


class Pass(NamedTuple):
    """What the gateway saw of one pass: wall seconds, messages received, symbols with options sold."""

    seconds: float
    messages: int
    sold: frozenset[str]


class Case(NamedTuple):
    """One comparison: how many symbols, and faults of the gateway."""

    name: str
    symbols: tuple[str, ...]
    faults: tuple[str, ...] = ()


Runner = Callable[[Path, int, tuple[str, ...]], None]


def session_day() -> date:
    """The first session from today's date on, because ThetaGang counts days from it."""
    today = datetime.now(UTC).date()  # noqa: TID251 - ThetaGang goes by the machine's date
    return sessions(NEW_YORK, today, today + timedelta(days=14)).first.day


def premia(folder: Path, port: int, symbols: tuple[str, ...]) -> None:
    """One pass of ours in a process of its own, with the configuration that `premia init` writes."""
    config = folder / "premia.toml"
    traded = ["--symbols", ",".join(symbols), "--port", str(port)]
    verbs = [
        ["init", "--capital", "1000000", "--account", "DU1000001", *traded, str(config)],
        ["run", "--once", "--config", str(config)],
    ]
    for verb in verbs:
        if verb[0] == "run":
            config.write_text(adapted(config.read_text()))
        done = subprocess.run(
            [sys.executable, "-m", "premia.ui.cli", *verb],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"premia {verb[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
            )


def adapted(text: str) -> str:
    """The configuration with four weekly expirations, shares that join in, and no daily limit to speak of."""
    for old, new in (
        ("dte_max = 45", "dte_max = 56"),
        ("contracts_a_day = 6", "contracts_a_day = 100"),
        ("[strategies.wheel]\n", "[strategies.wheel]\nadopt = true\n"),
    ):
        text = text.replace(old, new)
    return text


def rival(folder: Path, port: int, symbols: tuple[str, ...]) -> None:
    """One pass of ThetaGang; a day order that is not filled yet makes its exit code 1."""
    program = environments.program(environments.folder_of("thetagang"), "thetagang")
    outcome = thetagang.run(program, thetagang.configuration(folder, port, symbols), limit_s=LIMIT_S)
    if outcome.exit_code != 0 and "unfilled order(s)" not in outcome.output:
        raise RuntimeError(f"ThetaGang ended with {outcome.exit_code}:\n{outcome.output[-4000:]}")


async def warmed(port: int, symbols: tuple[str, ...]) -> None:
    """Let the simulated market work out its first prices, which a real one has ready."""
    client = ib_async.IB()
    await client.connectAsync("127.0.0.1", port, clientId=WARMING, timeout=30)
    client.client.MaxRequests = 40
    for symbol in symbols:
        [stock] = await client.qualifyContractsAsync(ib_async.Stock(symbol, "SMART", "USD"))
        [chain] = await client.reqSecDefOptParamsAsync(symbol, "", "STK", stock.conId)
        for expiry in chain.expirations:
            await client.reqContractDetailsAsync(ib_async.Option(symbol, expiry, exchange="SMART"))
        details = await client.reqContractDetailsAsync(
            ib_async.Option(symbol, chain.expirations[5], exchange="SMART")
        )
        await client.reqTickersAsync(stock, *(one.contract for one in details[::20]))
    client.disconnect()


def measured(run: Runner, case: Case) -> Pass:
    """One pass on a gateway of its own."""
    symbols = tuple(f"{symbol}:fund" for symbol in case.symbols)
    held = tuple(Opening(Stock(symbol), SHARES, PAID) for symbol in case.symbols)
    wish = gateway_process.invented(symbols, session_day(), openings=held, faults=case.faults)
    with tempfile.TemporaryDirectory() as folder, gateway_process.started(wish) as gateway:
        asyncio.run(warmed(gateway.port, case.symbols))
        run(Path(folder), gateway.port, case.symbols)
        everyone = ask(gateway.control_port, cmd="stats")["clients"]
        clients = [one for one in everyone if one["client_id"] != WARMING]
        state = ask(gateway.control_port, cmd="state")
    legs = [one["ticket"] for one in [*state["orders"], *state["completed"]]]
    sold = frozenset(one["legs"][0]["contract"]["symbol"] for one in legs if one["quantity"] < 0)
    return Pass(sum(one["seconds"] for one in clients), sum(one["received"] for one in clients), sold)


def compared(case: Case, rounds: int) -> tuple[float, float]:
    """How many times less time and fewer messages ours takes, by the medians of alternating passes."""
    ours, theirs = [], []
    for number in range(1, rounds + 1):
        ours.append(measured(premia, case))
        theirs.append(measured(rival, case))
        print(f"{case.name}, round {number}: {ours[-1]} against {theirs[-1]}", flush=True)
    if not all(one.sold for one in [*ours, *theirs]):
        raise RuntimeError(f"{case.name}: a pass placed no order, so nothing can be compared.")
    faster = median(one.seconds for one in theirs) / median(one.seconds for one in ours)
    leaner = median(one.messages for one in theirs) / median(one.messages for one in ours)
    print(f"{case.name}: {faster:.1f} times faster, {leaner:.1f} times fewer messages", flush=True)
    return faster, leaner


def opening() -> datetime:
    """Market time at which every gateway opens."""
    return new_york(session_day(), time(10, 30))


def scanned(market: Market, symbol: str) -> list[Option]:
    """What the rival looks at: puts from 5 % in the money on, and for its shares calls from the price on."""
    at = opening()
    series = market.listed(symbol, at).series
    spot = market.spot(symbol, at)
    union = sorted({strike for one in series for strike in one.strikes})
    puts = [strike for strike in union if float(strike) <= 1.05 * spot][-STRIKES:]
    calls = [strike for strike in union if float(strike) >= spot][:STRIKES]
    expiries = [one for one in series if (one.expiry - at.date()).days >= DTE_MIN][:EXPIRATIONS]
    return [
        Option(symbol, one.expiry, strike, right, trading_class=one.trading_class)
        for one in expiries
        for right, strikes in ((Right.PUT, puts), (Right.CALL, calls))
        for strike in strikes
        if strike in one.strikes
    ]


def fully_quoted() -> tuple[str, ...]:
    """Invented funds whose scanned options all have two sides: one without costs the rival a minute."""
    market = invented_market([f"{symbol}:fund" for symbol in CANDIDATES], session_day())
    return tuple(
        symbol
        for symbol in CANDIDATES
        if all(quote.mid is not None for quote in market.quotes(scanned(market, symbol), opening()))
    )


def strike_below(symbol: str) -> str:
    """A strike a little below a fund's price, which both programs look at."""
    market = invented_market([f"{symbol}:fund"], session_day())
    spot = market.spot(symbol, opening())
    below = [one.strike for one in scanned(market, symbol) if float(one.strike) < 0.96 * spot]
    return strike_text(max(below))


def main() -> int:
    """Measure every case, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args().rounds
    print("ThetaGang is installed once; then each round takes some minutes.", flush=True)
    environments.folder_of("thetagang")
    names = fully_quoted()
    unquoted = f"unquoted:symbol={names[0]},strike={strike_below(names[0])}"
    cases = [
        Case("3 symbols", names[:3]),
        Case("3 symbols, one strike unquoted", names[:3], (unquoted,)),
        Case("10 symbols", names[:10]),
    ]
    least = min(min(compared(case, rounds)) for case in cases)
    print(f"cycle: {least:.1f}x ThetaGang in time and messages, whichever is less (goal {GOAL:.0f}x)")
    return 0 if least >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
