"""A person steps in: pause, resume, kill, now, close, roll, cancel, resolve, accept, release.

Each verb puts a command into the inbox of the journal and shows the answer of whoever trades. It goes through
the same rules and the same gate as any decision, and is recorded with who and why.
"""

from __future__ import annotations

import getpass
from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from premia.adapters.clocks import WallClock
from premia.bootstrap.kill_switch import KillSwitch
from premia.bootstrap.operate import Sent, Wanted, ask
from premia.bootstrap.records import journal_of, kill_file_of
from premia.domain.errors import PremiaError
from premia.engine.gate import KILL
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, ConfigFile, day
from premia.ui.screen import emit, note, say

Why = Annotated[str, typer.Option("--why", help="The reason; it is recorded.")]
Identity = Annotated[
    str, typer.Option("--id", help="The command's own id; the same id a second time changes nothing.")
]
Wait = Annotated[float, typer.Option("--wait", min=0, max=900, help="Seconds to wait for the answer.")]
Quantity = Annotated[int | None, typer.Option("--quantity", min=1, help="Contracts; all of them by default.")]
Limit = Annotated[
    Decimal | None,
    typer.Option(
        "--limit", parser=Decimal, metavar="USD", help="The most to pay a share; below zero: to get."
    ),
]
TradeName = Annotated[
    str, typer.Argument(help="The trade, as `premia status --json` and `premia why` name it.")
]

_WAIT_S = 20.0


def pause(
    *,
    config: ConfigFile = CONFIG,
    everything: Annotated[
        bool, typer.Option("--all", help="Nothing new at all: no closing and no change of a price either.")
    ] = False,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Stop opening trades; with --all send nothing new."""
    arguments = {"scope": "all" if everything else "entries"}
    _do(config, Wanted("pause", "", arguments, why, identity), wait, as_json=as_json)


def resume(
    *,
    config: ConfigFile = CONFIG,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Trade again after `premia pause`."""
    _do(config, Wanted("resume", "", {}, why, identity), wait, as_json=as_json)


def kill(
    *,
    config: ConfigFile = CONFIG,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Throw the kill switch: nothing is sent, working orders end."""
    switch = KillSwitch(kill_file_of(config))
    new = switch.throw(why, getpass.getuser(), WallClock().now())
    if not as_json:
        say(f"The kill switch {'is' if new else 'was already'} thrown: {switch.path}")
    try:
        _do(config, Wanted("kill", "", {}, why, identity), wait, as_json=as_json)
    except PremiaError as error:  # the file alone is enough
        note(f"Nothing is sent; that could not be written into the journal: {error}")


def now(
    *,
    config: ConfigFile = CONFIG,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Have a pass made now, beside the schedule."""
    _do(config, Wanted("run", "", {}, why, identity), wait, as_json=as_json)


def close(  # noqa: PLR0913 - one parameter an option
    trade: TradeName,
    *,
    config: ConfigFile = CONFIG,
    quantity: Quantity = None,
    limit: Limit = None,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Close a trade, whole or in part, at once or at a limit."""
    arguments = _given(quantity=quantity, limit=limit)
    _do(config, Wanted("close", trade, arguments, why, identity), wait, as_json=as_json)


def roll(  # noqa: PLR0913 - one parameter an option
    trade: TradeName,
    *,
    config: ConfigFile = CONFIG,
    expiry: Annotated[date, typer.Option("--expiry", parser=day, metavar="DATE", help="The new expiry.")],
    strike: Annotated[
        Decimal | None,
        typer.Option("--strike", parser=Decimal, metavar="USD", help="The new strike; as before."),
    ] = None,
    quantity: Quantity = None,
    limit: Limit = None,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Roll a short option to another expiry or strike."""
    arguments = _given(expiry=expiry, strike=strike, quantity=quantity, limit=limit)
    _do(config, Wanted("roll", trade, arguments, why, identity), wait, as_json=as_json)


def cancel(
    order: Annotated[str, typer.Argument(help="The order, as `premia orders` names it, or `all`.")],
    *,
    config: ConfigFile = CONFIG,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Take an order back, or all of them."""
    _do(config, Wanted("cancel", order, {}, why, identity), wait, as_json=as_json)


def resolve(  # noqa: PLR0913 - one parameter an option
    order: Annotated[str, typer.Argument(help="The unknown order, as `premia orders` names it.")],
    outcome: Annotated[str, typer.Argument(help="filled, or never-sent: what TWS shows.")],
    *,
    config: ConfigFile = CONFIG,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Tell what became of an unknown order."""
    _do(config, Wanted("resolve", order, {"outcome": outcome}, why, identity), wait, as_json=as_json)


def accept(
    symbol: Annotated[str, typer.Argument(help="The symbol that stands still.")],
    *,
    config: ConfigFile = CONFIG,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """Take the broker's positions of a symbol for right."""
    _do(config, Wanted("accept", symbol.upper(), {}, why, identity), wait, as_json=as_json)


def release(
    cause: Annotated[str, typer.Argument(help="The halt, as `premia status` names it: gate, calendar, ...")],
    *,
    config: ConfigFile = CONFIG,
    why: Why = "",
    wait: Wait = _WAIT_S,
    identity: Identity = "",
    as_json: AsJson = False,
) -> None:
    """End a halt by its cause, such as gate."""
    if cause == KILL and KillSwitch(kill_file_of(config)).lift():
        note(f"The kill switch is lifted: {kill_file_of(config)} is removed.")
    _do(config, Wanted("release", cause, {}, why, identity), wait, as_json=as_json)


def _given(**values: object) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}


def _do(config: ConfigFile, wanted: Wanted, wait: float, *, as_json: bool) -> None:
    """Send, wait, show; the exit code says whether it was done."""
    sent = ask(journal_of(config), wanted, wait)
    if as_json:
        emit(wanted.verb, {"command": sent.id, "new": sent.new, "answer": sent.answer})
    elif sent.answer is not None:
        say(sent.answer.text)
    _end(sent, wait)


def _end(sent: Sent, wait: float) -> None:
    if sent.answer is None:
        note(
            f"Not answered within {wait:g} s. The command waits in the inbox and is done once, by `premia "
            "run` or the next `premia run --once`; closing, rolling and a pass only within ten minutes."
        )
        raise typer.Exit(Code.FAILED)
    if not sent.answer.ok:
        raise typer.Exit(Code.REFUSED)
