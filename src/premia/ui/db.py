"""`premia db verify|backup|restore|migrate`: the journal looked at, copied, put back, brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from premia.bootstrap import keeping
from premia.bootstrap.records import journal_of
from premia.ui.exits import Code
from premia.ui.options import CONFIG, AsJson, ConfigFile, JournalFile
from premia.ui.screen import emit, say

db = typer.Typer(
    help="Verify, back up, restore or migrate the journal.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@db.command()
def verify(*, config: ConfigFile = CONFIG, journal: JournalFile = None, as_json: AsJson = False) -> None:
    """Hold every page, row and hash of the journal to the others."""
    findings = keeping.verify(journal or journal_of(config))
    ok = all(one.ok for one in findings)
    if as_json:
        emit("db verify", {"ok": ok, "findings": [one._asdict() for one in findings]})
    else:
        for one in findings:
            say(f"{'ok   ' if one.ok else 'WRONG'}  {one.name:<6}  {one.found}")
            if one.advice:
                say(f"{'':15}-> {one.advice}")
    if not ok:
        raise typer.Exit(Code.FAILED)


@db.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The new file.")],
    *,
    config: ConfigFile = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Copy the journal into a new file, also while Premia runs."""
    extent = keeping.back_up(journal_of(config), file)
    if as_json:
        emit("db backup", {"file": str(file), "account": extent.account, "events": extent.events})
        return
    say(f"{file} holds {extent.events:,} events of {extent.account or 'nobody'}; every row was read back.")


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    *,
    config: ConfigFile = CONFIG,
    force: Annotated[
        bool, typer.Option("--force", help="Also where the journal holds what the backup does not.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the journal's place; what lay there is kept."""
    place = journal_of(config)
    aside = keeping.set_aside(place, config.parent)
    extent, kept = keeping.restore(file, place, aside, force=force)
    if as_json:
        content = {
            "events": extent.events,
            "account": extent.account,
            "kept": None if kept is None else str(kept),
        }
        emit("db restore", content)
        return
    say(f"{place} holds {extent.events:,} events of {extent.account or 'nobody'} until {extent.market_at}.")
    if kept is not None:
        say(f"What lay there before is kept as {kept}.")
    say("At its next start Premia compares with the broker; what the backup does not know stops trading.")


@db.command()
def migrate(*, config: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Bring the journal's tables up to date, whole or not at all."""
    done = keeping.migrate(journal_of(config))
    if as_json:
        emit("db migrate", done._asdict())
        return
    if done.before == done.after:
        say(f"The tables are those of schema {done.after}, as this version writes them.")
    else:
        say(f"The tables went from schema {done.before} to {done.after}.")
