"""Options that several verbs share, and how their text becomes a value."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="PREMIA_CONFIG", help="Configuration file.", show_default=True),
]
JournalFile = Annotated[
    Path | None, typer.Option("--journal", help="Journal to read, instead of the configuration's.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON with stable keys instead of tables.")]

CONFIG = Path("premia.toml")


def money(text: str) -> Decimal:
    """An amount of US dollars: `250000`, `250_000`, `250,000.50`."""
    try:
        amount = Decimal(text.replace(",", "").replace("_", ""))
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0:
        raise typer.BadParameter(f"{text!r} is no amount above zero, such as 250000.")
    return amount


def day(text: str) -> date:
    """A date as 2026-01-31."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date, such as 2026-01-31.") from error


def hour(text: str) -> time:
    """A time of day as 10:00."""
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time, such as 10:00.") from error


def symbols(text: str) -> list[str]:
    """Tickers, separated by commas; what stands after a colon keeps its letters (`SPY:fund`)."""
    names = [_ticker(part.strip()) for part in text.split(",") if part.strip()]
    if not names:
        raise typer.BadParameter("name at least one symbol, such as SPY,QQQ.")
    return names


def _ticker(text: str) -> str:
    name, colon, kind = text.partition(":")
    return f"{name.upper()}{colon}{kind}"
