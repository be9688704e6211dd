"""`premia schedule`: the next runs in New York's time and ours, and why a day has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from premia.adapters.clocks import WallClock
from premia.adapters.journals.places import is_there, open_journal
from premia.adapters.journals.snapshot import recover
from premia.bootstrap.agenda import Agenda, DayLine, RunLine, agenda
from premia.bootstrap.settings import Settings, load
from premia.domain.book import Book
from premia.domain.dates import NEW_YORK, new_york
from premia.ui.options import CONFIG, AsJson, ConfigFile
from premia.ui.options import day as a_day
from premia.ui.screen import NONE, Column, emit, note, say, table

_DAYS = 7


def schedule(
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Calendar days to show.")] = _DAYS,
    first: Annotated[
        str | None, typer.Option("--from", help="First day, such as 2026-11-23; today unless given.")
    ] = None,
    config: ConfigFile = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show the next runs, and why a day has none."""
    now = WallClock().now() if first is None else new_york(a_day(first), time(0))
    settings = load(config)
    found = agenda(settings.config, now, days, _book(settings))
    if as_json:
        emit("schedule", {"schedule": found})
        return
    for text in found.warnings:
        note(f"Warning: {text}")
    _show(found)


def _book(settings: Settings) -> Book | None:
    """What the journal tells, where there is one that can be read."""
    if not is_there(settings.journal):
        return None
    with closing(open_journal(settings.journal, "", read_only=True)) as journal:
        return recover(journal)


def _show(found: Agenda) -> None:
    zone = ZoneInfo(found.zone)
    runs: dict[str, list[RunLine]] = {}
    for run in found.runs:
        runs.setdefault(run.day.isoformat(), []).append(run)
    rows = [row for day in found.days for row in _rows(day, runs.get(day.day.isoformat(), []), zone)]
    table(f"Runs on {found.exchange}, {_zone_of(found.at)} where not New York", _COLUMNS, rows)
    if not any(run.at for run in found.runs):
        say("No run in these days.")


def _rows(day: DayLine, runs: list[RunLine], zone: ZoneInfo) -> Iterator[tuple[str, ...]]:
    name = f"{day.day:%a %Y-%m-%d}"
    about = _about(day, zone)
    if not runs:
        yield (name, NONE, NONE, NONE, NONE, about or "nothing more today")
    for number, run in enumerate(runs):
        yield (
            name if number == 0 else "",
            run.strategy,
            run.name or NONE,
            NONE if run.at is None else f"{run.at.astimezone(NEW_YORK):%H:%M}",
            NONE if run.at is None else f"{run.at.astimezone():%a %H:%M}",
            run.why or (about if number == 0 else ""),
        )


def _about(day: DayLine, zone: ZoneInfo) -> str:
    if day.state == "closed":
        return f"closed: {day.why}"
    if day.state == "conflict":
        return day.why
    if day.state == "early" and day.closes is not None:
        return f"closes at {day.closes.astimezone(zone):%H:%M} already: {day.why}"
    return ""


def _zone_of(at: datetime) -> str:
    return at.astimezone().tzname() or "local time"


_COLUMNS = (
    Column("day"),
    Column("strategy"),
    Column("run"),
    Column("New York"),
    Column("here"),
    Column("note"),
)
