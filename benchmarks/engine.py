"""The engine on history: events, rules, risk and journal in memory, in underlying-days a second.

Ten invented underlyings with 1,440 quotes a day each go through the same engine that trades live, on one
core. What is timed is the run itself, in rounds of which the median counts; opening the store is not. Beside
it stands a pass over the same days that decides nothing: the market alone, moved from snapshot to snapshot.
"""

import statistics
import sys
import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

from premia.bootstrap.backtest import backtest, instants_of
from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.data_synthetic import settings_of, synthetic_store
from premia.bootstrap.histories import History, open_history
from premia.bootstrap.settings import Settings, load
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy

GOAL = 1_000.0
"""Underlying-days a second."""
UNDERLYINGS, SESSIONS, ROUNDS = 10, 252, 3
CAPITAL = Decimal(2_000_000)
CACHE = Path(__file__).resolve().parent.parent / "build" / "bench" / f"engine-{UNDERLYINGS}x{SESSIONS}"


def configuration(folder: Path, symbols: tuple[str, ...]) -> Settings:
    """The shipped wheel on every underlying, in equal parts."""
    tables = "".join(
        f"[strategies.wheel.symbols.{symbol}]\nweight = {0.9 / len(symbols):.3f}\n" for symbol in symbols
    )
    path = folder / "premia.toml"
    account = '[account]\nnumber = "DU1000001"\nkind = "margin"\n'
    path.write_text(f'{account}[strategies.wheel]\nearnings = "ignore"\n{tables}', encoding="utf-8")
    return load(path)


def history() -> History:
    """The invented chains, made once."""
    if not (CACHE / "manifest.json").is_file():
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        synthetic_store(settings_of(1, UNDERLYINGS, SESSIONS, 60), CACHE)
    return open_history([CACHE])


def market_alone(past: History) -> float:
    """Seconds in which the market lives through all days without anybody trading."""
    market = past.market()
    instants = instants_of(market, None, None)
    account = AccountSetup("DU1000001", cash=CAPITAL)
    exchange = Exchange(market, [account], Policy(fills=FillRule.ALPHA), instants[0])
    begun = time.perf_counter()
    for at in instants:
        exchange.advance(at)
        exchange.values("DU1000001")
    return time.perf_counter() - begun


def main() -> int:
    """Run the rounds and print the median; 1 where it falls short of the goal."""
    past = history()
    rates: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = configuration(Path(folder), past.symbols)
        wish = BacktestWish(capital=CAPITAL)
        backtest(settings, past, wish._replace(last=date(2019, 2, 1)))  # imports and first touches
        for number in range(1, ROUNDS + 1):
            begun = time.perf_counter()
            ran = backtest(settings, past, wish)
            seconds = time.perf_counter() - begun
            days = len(ran.days) * len(past.symbols)
            rates.append(days / seconds)
            print(
                f"round {number}: {days:,} underlying-days in {seconds:.2f} s, {len(ran.facts):,} facts, "
                f"{sum(type(fact).__name__ == 'OrderFilled' for fact in ran.facts)} fills: "
                f"{rates[-1]:,.0f} a second",
                flush=True,
            )
    print(f"the market alone: {UNDERLYINGS * SESSIONS / market_alone(past):,.0f} underlying-days a second")
    figure = statistics.median(rates)
    print(f"engine: {figure:,.0f} underlying-days a second (goal {GOAL:,.0f})")
    return 0 if figure >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
