"""`premia live`: real money is traded only once a person has typed back what it may lose."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from premia.bootstrap.live import worst_of
from premia.bootstrap.operate import Wanted, ask
from premia.bootstrap.settings import load
from premia.bootstrap.trading import make_journal
from premia.engine.commands import AGREE
from premia.ui.exits import Code
from premia.ui.options import CONFIG, ConfigFile
from premia.ui.screen import note, say

_WAIT_S = 2.0


def live(
    *,
    config: ConfigFile = CONFIG,
    wait: Annotated[float, typer.Option("--wait", min=0, max=900, help="Seconds to wait for the answer.")] = (
        _WAIT_S
    ),
) -> None:
    """Agree to what a live account may lose, so that it is traded."""
    settings = load(config)
    worst = asyncio.run(worst_of(settings))
    if not worst.live:
        say(f"Account {worst.account} is no real money and needs no agreement; it could lose, {worst.text}.")
        return
    say(f"Account {worst.account} is real money. The worst case under these limits, {worst.text}.")
    first = settings.config.limits.probation.sessions
    say(f"For its first {first} sessions an order that opens or rolls is of one contract.")
    typed = typer.prompt("Type both sums, the lost one first", err=True)
    if not worst.is_typed_back(typed):
        note("Those are not the two sums: nothing was agreed to, and nothing is traded.")
        raise typer.Exit(Code.REFUSED)
    make_journal(settings)
    arguments = {"part": str(worst.part), "lost": str(worst.lost), "left": str(worst.left)}
    sent = ask(settings.journal, Wanted(AGREE, worst.account, arguments, worst.text), wait)
    if sent.answer is None:
        say("Agreed. It takes effect when `premia run` starts, or with the next `premia run --once`.")
        return
    say(sent.answer.text)
    if not sent.answer.ok:
        raise typer.Exit(Code.REFUSED)
