"""`premia doctor`: each check on a line, and under what is wrong, what to do."""

from __future__ import annotations

import asyncio

import typer

from premia.adapters.ib.doctor import Check
from premia.bootstrap.doctor import doctor as examine
from premia.bootstrap.settings import load
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, ConfigFile
from premia.ui.screen import emit, say


def doctor(*, config: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Check gateway, account and machine; say what to click."""
    checks = asyncio.run(examine(load(config)))
    if as_json:
        emit("doctor", {"ok": all(one.ok for one in checks), "checks": [one._asdict() for one in checks]})
    else:
        _show(checks)
    raise typer.Exit(_code(checks))


def _show(checks: list[Check]) -> None:
    width = max(len(one.name) for one in checks)
    for one in checks:
        say(f"{'ok   ' if one.ok else 'WRONG'}  {one.name.ljust(width)}  {one.found}")
        if not one.ok and one.advice:
            say(f"{'':7}{'':{width}}  -> {one.advice}")
    wrong = sum(1 for one in checks if not one.ok)
    say("All is well: `premia plan` shows what a pass would do." if not wrong else f"{wrong} to put right.")


def _code(checks: list[Check]) -> Code:
    """What is wrong decides the code: no gateway, an account that is refused, anything else."""
    wrong = {one.name for one in checks if not one.ok}
    if "gateway" in wrong:
        return Code.BROKER
    if "paper account" in wrong:
        return Code.REFUSED
    return Code.FAILED if wrong else Code.OK
