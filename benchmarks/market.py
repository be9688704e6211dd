"""How fast the simulated market answers: quotes and greeks of the shipped fund.

The goal is about one request of a client: forty contracts that nobody asked for in this minute, in
processor time, the best of many minutes, because the machine may be doing other things.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from premia.adapters.markets import sp500_market
from premia.domain.dates import NEW_YORK
from premia.domain.instrument import Option, Right
from premia.exchange.market import Market

GOAL_MS = 2.0
CONTRACTS = 40
MINUTES = 120
FOUR_WEEKS = 28
SYMBOL = "SPTEN"
STARTS = datetime(2018, 11, 5, 10, 30, tzinfo=NEW_YORK)


def best_ms(work: Callable[[datetime], object]) -> float:
    """Least processor time of a piece of work over the minutes, each of which is new to the market."""
    least = float("inf")
    for minute in range(MINUTES):
        before = time.process_time()
        work(STARTS + timedelta(minutes=minute))
        least = min(least, time.process_time() - before)
    return least * 1e3


def chain(market: Market, expiries: int) -> list[Option]:
    """Forty options near the money of as many expiries from four weeks on, puts and calls in turn."""
    spot = Decimal(round(market.spot(SYMBOL, STARTS)))
    series = [
        one for one in market.listed(SYMBOL, STARTS).series if (one.expiry - STARTS.date()).days >= FOUR_WEEKS
    ][:expiries]
    each = CONTRACTS // expiries // 2
    return [
        Option(SYMBOL, one.expiry, strike, right)
        for one in series
        for strike in sorted(one.strikes, key=lambda strike: abs(strike - spot))[:each]
        for right in Right
    ]


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    began = time.process_time()
    market = sp500_market()
    print(f"opening the shipped market: {(time.process_time() - began) * 1e3:.0f} ms")
    one, four = chain(market, 1), chain(market, 4)
    market.quotes(one, STARTS - timedelta(minutes=1))
    figures = {
        "quotes of one expiry": best_ms(lambda at: market.quotes(one, at)),
        "quotes of four expiries": best_ms(lambda at: market.quotes(four, at + timedelta(days=1))),
        "greeks of one expiry": best_ms(lambda at: market.greeks(one, at)),
    }
    for name, figure in figures.items():
        print(f"{name:<28}{figure:6.2f} ms")
    figure = figures["quotes of one expiry"]
    print(f"market: {figure:.2f} ms for {CONTRACTS} quotes (goal {GOAL_MS} ms)")
    return 0 if figure <= GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())
