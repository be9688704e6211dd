"""`premia version`."""

from __future__ import annotations

import platform
import sqlite3

from premia import __version__
from premia.ui.options import AsJson
from premia.ui.screen import emit, say


def version(*, as_json: AsJson = False) -> None:
    """Show the versions of Premia and what it stands on."""
    parts = {
        "premia": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(terse=True),
    }
    if as_json:
        emit("version", parts)
        return
    say(f"Premia {parts['premia']} (Python {parts['python']}, SQLite {parts['sqlite']}, {parts['system']})")
