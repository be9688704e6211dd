"""`premia init`: a first configuration, with defaults for the size of the account."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from premia.bootstrap.initial import Start, initial_text
from premia.config.save import save
from premia.domain.errors import ConfigError
from premia.ui.options import CONFIG, money, symbols
from premia.ui.screen import say

_FIRST = Start(Decimal(1))


def init(  # noqa: PLR0913 - one parameter an option
    path: Annotated[Path, typer.Argument(help="The file to write.")] = CONFIG,
    *,
    capital: Annotated[Decimal, typer.Option(parser=money, metavar="USD", help="Size of the account.")],
    account: Annotated[
        str, typer.Option(help="Account number; a paper account begins with D.")
    ] = _FIRST.number,
    kind: Annotated[str, typer.Option(help="cash, ira or margin.")] = _FIRST.kind,
    names: Annotated[
        list[str] | None,
        typer.Option("--symbols", parser=symbols, metavar="SPY,QQQ", help="What to trade, by ticker."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the gateway or TWS.")] = _FIRST.port,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a first configuration for an account of a given size."""
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already and was left as it is; --force replaces it.")
    chosen = [name for group in names or [] for name in group] or list(_FIRST.symbols)
    text = initial_text(Start(capital, account, kind, chosen, port))
    try:
        save(path, text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error
    say(f"Wrote {path} for {capital:,.0f} USD, trading {', '.join(chosen)}.")
    say("Next: `premia config check`, then `premia doctor` with a paper gateway running, then `premia plan`.")
