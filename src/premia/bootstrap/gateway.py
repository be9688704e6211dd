"""The simulated gateway as a program: a market by name, accounts, and the protocol in front of it.

The command line starts it for people; the demo and the tests start it as a process of its own with
one JSON argument (`python -m premia.bootstrap.gateway WISH`), and read the ports from its first line.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec

from premia.adapters.markets import file_market, invented_market, sp500_market
from premia.domain.account import AccountKind
from premia.domain.dates import new_york
from premia.domain.errors import MarketDataError, PremiaError
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from premia.exchange.types_market import MarketSource
from premia.gateway.serve import serve
from premia.gateway.settings import GatewaySettings

DEMO_ACCOUNT = "DU1000001"
SHIPPED = "sp500"
INVENTED = "synthetic"
_MORNING = time(8, 30)
_FIRST = date(2014, 1, 3)  # the shipped market's options are quoted from here on


class GatewayWish(msgspec.Struct, frozen=True):
    """What somebody wants of a simulated gateway.

    Attributes:
        market: `sp500` (shipped history), `synthetic` (invented symbols), or a file of prices or chains.
        symbols: Of an invented market, each `TICKER`, `TICKER:fund` or `TICKER:index`.
        first: Day on which market time starts, and the first day of an invented market; None for the
            market's own: 2014-01-03, of a file the first day on which it shows all it can.
        accounts: Who may trade; the first one by default 250,000 USD on margin.
    """

    market: str = SHIPPED
    symbols: tuple[str, ...] = ("SPTEN:fund",)
    first: date | None = None
    starts: time = _MORNING
    seed: int = 1
    accounts: tuple[AccountSetup, ...] = (AccountSetup(DEMO_ACCOUNT, AccountKind.MARGIN, Decimal(250_000)),)
    policy: Policy = Policy()
    settings: GatewaySettings = GatewaySettings()


class Opening(NamedTuple):
    """A market, and the instant at which its clock starts."""

    market: MarketSource
    at: datetime


def opening_of(wish: GatewayWish) -> Opening:
    """The market that a wish names, at its beginning.

    Raises:
        MarketDataError: If a symbol or a file's rows cannot be used, or the market knows nothing of the day.
        SourceUnavailable: If a file cannot be read.
    """
    market, own = _market_of(wish)
    first = wish.first or own
    known = market.sessions
    if not known.first.day <= first <= known.last.day:
        raise MarketDataError(
            f"The market starts on {first}, which {wish.market} does not cover: it knows "
            f"{known.first.day} to {known.last.day}. Choose a day among them, or none for {own}."
        )
    return Opening(market, new_york(first, wish.starts))


def _market_of(wish: GatewayWish) -> tuple[MarketSource, date]:
    if wish.market == SHIPPED:
        return sp500_market(wish.seed), _FIRST
    if wish.market == INVENTED:
        first = wish.first or _FIRST
        return invented_market(wish.symbols, first, wish.seed), first
    return file_market(Path(wish.market), wish.seed)


async def run(wish: GatewayWish) -> None:
    """Serve until told to stop.

    Raises:
        PremiaError: If a port is taken or the market cannot be opened.
    """
    opening = opening_of(wish)
    exchange = Exchange(opening.market, wish.accounts, wish.policy, opening.at)
    await serve(wish.settings, exchange)


def main() -> int:
    """Run the wish of the first argument."""
    try:
        asyncio.run(run(msgspec.json.decode(sys.argv[1], type=GatewayWish)))
    except PremiaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
