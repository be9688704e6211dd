"""`premia alerts test` and `premia alerts send`: real messages, and what became of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import Enum
from typing import Annotated

import msgspec
import typer

from premia.bootstrap.alert_channels import Tried, Words, channels_alone, sent, tried
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, ConfigFile
from premia.ui.screen import NONE, Column, emit, table

_TEST = Words("Premia: a test", "This channel works: alerts will look like this.")

alerts = typer.Typer(
    help="Send a message on the channels of [alerts], or try them all.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


class Severity(Enum):
    """How much a message asks of its reader."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@alerts.command("test")
def send_test(
    *,
    config: ConfigFile = CONFIG,
    channel: Annotated[str, typer.Option("--channel", metavar="NAME", help="Only this channel.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send a real test message on each channel, and report what became of it."""
    found = tried(channels_alone(config, os.environ), _TEST, channel)
    _show("alerts test", found, as_json=as_json)
    if not all(one.ok for one in found):
        raise typer.Exit(Code.FAILED)


@alerts.command("send")
def send(
    title: Annotated[str, typer.Argument(help="The first line.")],
    text: Annotated[str, typer.Argument(help="The rest.")] = "",
    *,
    config: ConfigFile = CONFIG,
    severity: Annotated[
        Severity, typer.Option("--severity", help="By which it is routed.")
    ] = Severity.WARNING,
    as_json: AsJson = False,
) -> None:
    """Send a message by the route of its severity; of the file only [alerts] must be sound."""
    found = sent(channels_alone(config, os.environ), Words(title, text or title, severity.value))
    _show("alerts send", found, as_json=as_json)
    if not any(one.ok for one in found):
        raise typer.Exit(Code.FAILED)


def _show(verb: str, found: Sequence[Tried], *, as_json: bool) -> None:
    if as_json:
        emit(verb, {"channels": msgspec.to_builtins(found)})
        return
    columns = [Column("channel"), Column("sent"), Column("seconds", number=True), Column("why not")]
    table("Messages", columns, map(_row, found))


def _row(one: Tried) -> tuple[str, ...]:
    return (one.channel, "yes" if one.ok else "no", f"{one.seconds:.1f}", one.text or NONE)
