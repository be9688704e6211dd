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

import msgspec

from premia.adapters.markets import file_market, invented_market, sp500_market
from premia.domain.account import AccountKind
from premia.domain.dates import new_york
from premia.domain.errors import PremiaError
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from premia.exchange.types_market import MarketSource
from premia.gateway.serve import serve
from premia.gateway.settings import GatewaySettings

DEMO_ACCOUNT = "DU1000001"
SHIPPED = "sp500"
INVENTED = "synthetic"
_MORNING = time(8, 30)


class GatewayWish(msgspec.Struct, frozen=True):
    """What somebody wants of a simulated gateway.

    Attributes:
        market: `sp500` (shipped history), `synthetic` (invented symbols), or a file of prices or chains.
        symbols: Of an invented market, each `TICKER`, `TICKER:fund` or `TICKER:index`.
        first: First day of an invented market, and the day on which any market's clock starts.
        accounts: Who may trade; the first one by default 250,000 USD on margin.
    """

    market: str = SHIPPED
    symbols: tuple[str, ...] = ("SPTEN:fund",)
    first: date = date(2014, 1, 3)
    starts: time = _MORNING
    seed: int = 1
    accounts: tuple[AccountSetup, ...] = (AccountSetup(DEMO_ACCOUNT, AccountKind.MARGIN, Decimal(250_000)),)
    policy: Policy = Policy()
    settings: GatewaySettings = GatewaySettings()

    @property
    def opens_at(self) -> datetime:
        """Where the market's clock stands first."""
        return new_york(self.first, self.starts)


def market_of(wish: GatewayWish) -> MarketSource:
    """The market that a wish names.

    Raises:
        MarketDataError: If a symbol or a file's rows cannot be used.
        SourceUnavailable: If a file cannot be read.
    """
    if wish.market == SHIPPED:
        return sp500_market(wish.seed)
    if wish.market == INVENTED:
        return invented_market(wish.symbols, wish.first, wish.seed)
    return file_market(Path(wish.market), wish.seed)


async def run(wish: GatewayWish) -> None:
    """Serve until told to stop.

    Raises:
        PremiaError: If a port is taken or the market cannot be opened.
    """
    exchange = Exchange(market_of(wish), wish.accounts, wish.policy, wish.opens_at)
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
