"""`premia alerts test`: a real message on each channel, and what became of it."""

from __future__ import annotations

import os
from typing import Annotated

import msgspec
import typer

from premia.bootstrap.alerting import Tried, tried
from premia.bootstrap.settings import load
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, ConfigFile
from premia.ui.screen import NONE, Column, emit, table

alerts = typer.Typer(
    help="Send a test message on the channels of [alerts].",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@alerts.callback()
def verbs() -> None:
    """Send a test message on the channels of [alerts]."""


@alerts.command("test")
def send_test(
    *,
    config: ConfigFile = CONFIG,
    channel: Annotated[str, typer.Option("--channel", metavar="NAME", help="Only this channel.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send a real test message on each channel, and report what became of it."""
    found = tried(load(config), os.environ, channel)
    if as_json:
        emit("alerts test", {"channels": msgspec.to_builtins(found)})
    else:
        columns = [Column("channel"), Column("sent"), Column("seconds", number=True), Column("why not")]
        table("Test messages", columns, map(_row, found))
    if not all(one.ok for one in found):
        raise typer.Exit(Code.FAILED)


def _row(one: Tried) -> tuple[str, ...]:
    return (one.channel, "yes" if one.ok else "no", f"{one.seconds:.1f}", one.text or NONE)
