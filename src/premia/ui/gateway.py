"""`premia gateway`: the simulated market behind the TWS protocol, for any client that speaks it."""

from __future__ import annotations

import asyncio
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

import typer

from premia.bootstrap.gateway import DEMO_ACCOUNT, GatewayWish, run
from premia.domain.account import AccountKind
from premia.exchange.policy import AccountSetup
from premia.gateway.settings import GatewaySettings
from premia.ui.options import day, hour, money, symbols
from premia.ui.screen import note

_WISH = GatewayWish()
_SETTINGS = GatewaySettings()


class ClockKind(StrEnum):
    """How market time moves."""

    REAL = "real"
    STEPPED = "stepped"

    @property
    def setting(self) -> Literal["real", "stepped"]:
        """The gateway's own word for it."""
        return "real" if self is ClockKind.REAL else "stepped"


def gateway(  # noqa: PLR0913 - one parameter an option
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the API; 0 takes a free one.")
    ] = _SETTINGS.port,
    clock: Annotated[
        ClockKind, typer.Option(help="Market time runs with the wall, or is stepped.")
    ] = ClockKind.REAL,
    control_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port that steps the clock and injects faults; 0: a free one."),
    ] = None,
    market: Annotated[
        str,
        typer.Option(
            help="sp500 (shipped history), synthetic, a CSV or Parquet file of prices, or recorded chains."
        ),
    ] = _WISH.market,
    names: Annotated[
        list[str] | None,
        typer.Option("--symbols", parser=symbols, metavar="A,B:fund", help="Symbols of a synthetic market."),
    ] = None,
    first: Annotated[
        date | None,
        typer.Option(
            parser=day,
            metavar="DATE",
            help="Day on which market time starts [default: 2014-01-03, of a file its first].",
        ),
    ] = None,
    starts: Annotated[
        time | None, typer.Option(parser=hour, metavar="HH:MM", help="New York time at which it starts.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another market.")] = _WISH.seed,
    account: Annotated[str, typer.Option(help="Account number; D for a simulated one.")] = DEMO_ACCOUNT,
    kind: Annotated[str, typer.Option(help="cash, ira or margin.")] = "margin",
    capital: Annotated[Decimal | None, typer.Option(parser=money, metavar="USD", help="Its cash.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="A fault in force from the start; may repeat.")
    ] = None,
) -> None:
    """Run a simulated IB Gateway for any TWS API client."""
    kinds = {one.value: one for one in AccountKind}
    if kind not in kinds:
        raise typer.BadParameter(f"--kind is {kind!r}; it must be cash, ira or margin.")
    chosen = tuple(name for group in names or [] for name in group)
    settings = GatewaySettings(
        port=port, control_port=control_port, clock=clock.setting, faults=tuple(fault or ())
    )
    wish = GatewayWish(
        market=market,
        symbols=chosen or _WISH.symbols,
        first=first,
        starts=starts or _WISH.starts,
        seed=seed,
        accounts=(AccountSetup(account, kinds[kind], capital or Decimal(250_000)),),
        settings=settings,
    )
    note(f"Simulated gateway of {market} for account {account}; Ctrl-C ends it.")
    asyncio.run(run(wish))
