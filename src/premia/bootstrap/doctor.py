"""`premia doctor`: everything that must be right before a pass, each tried, with what to do where it is not.

The machine first, because it needs nobody: room on the disk, the journal's folder, the journal itself.
Then the gateway by the checks of its adapter. Nothing is placed and nothing is written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date
from pathlib import Path

from premia.adapters.clocks import WallClock
from premia.adapters.ib.assemble import REAL_TIME
from premia.adapters.ib.clock import IbClock
from premia.adapters.ib.doctor import Check, examine
from premia.adapters.journals.places import Place, is_there, open_journal
from premia.bootstrap.compose import broker_parts, sessions_around
from premia.bootstrap.settings import Config, Settings
from premia.domain.errors import JournalError
from premia.strategies import wheel

_FREE_MIN_MB = 200
_MB = 1_000_000
_FIRST = date(2010, 1, 4)  # a simulated gateway may live in the past


async def doctor(settings: Settings) -> list[Check]:
    """All checks in the order in which they make sense."""
    config = settings.config
    found = machine(settings.journal, config.account.number, folder=settings.path.parent)
    symbols = symbols_of(config)
    if not symbols:
        advice = "Name symbols under [strategies.wheel.symbols]; `premia init` writes an example."
        return [*found, Check("symbols", ok=False, found="no strategy names a symbol", advice=advice)]
    wall = WallClock()
    clock = IbClock(wall)
    parts = broker_parts(config, clock, REAL_TIME, stale_ok=True)
    sessions = sessions_around(config, _FIRST, wall.now().astimezone(UTC).date())

    async def set_right() -> None:
        await clock.measure(parts.connection)

    try:
        found += await examine(parts, wall, sessions, symbols, set_right, live=config.broker.live)
    finally:
        await parts.broker.close()
    return found


def machine(
    journal: Place, account: str, free_min_mb: int = _FREE_MIN_MB, folder: Path | None = None
) -> list[Check]:
    """Disk, folder and journal of this machine; `folder` counts where the journal is no file."""
    place = journal.parent if isinstance(journal, Path) else folder or Path()
    return [_room(place, free_min_mb), _writable(place), _journal(journal, account)]


def symbols_of(config: Config) -> Sequence[str]:
    """Every symbol that a strategy names, each once."""
    named = [
        params.symbols for params in config.strategy_params().values() if isinstance(params, wheel.Params)
    ]
    return list(dict.fromkeys(symbol for symbols in named for symbol in symbols))


def _room(folder: Path, free_min_mb: int) -> Check:
    try:
        free = shutil.disk_usage(folder).free // _MB
    except OSError as error:
        return Check("disk", ok=False, found=f"{folder}: {error.strerror}", advice="Make the folder.")
    advice = "" if free >= free_min_mb else f"Free some space: the journal needs {free_min_mb} MB to be safe."
    return Check("disk", ok=not advice, found=f"{free:,} MB free in {folder.resolve()}", advice=advice)


def _writable(folder: Path) -> Check:
    able = os.access(folder, os.W_OK)
    advice = "" if able else f"Give this user the right to write in {folder.resolve()}, or set journal.path."
    return Check("folder", ok=able, found="can be written" if able else "cannot be written", advice=advice)


def _short(place: Place) -> str:
    return place.name if isinstance(place, Path) else str(place)


def _journal(place: Place, account: str) -> Check:
    try:
        if not is_there(place):
            return Check("journal", ok=True, found=f"none yet; the first run makes {_short(place)}")
        with closing(open_journal(place, account, read_only=True)) as journal:
            return Check("journal", ok=True, found=f"{journal.last_sequence():,} events of {journal.account}")
    except JournalError as error:
        return Check(
            "journal", ok=False, found=str(error), advice="Nothing runs before the journal is right."
        )
