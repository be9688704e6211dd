"""A configuration read again while a daemon runs: taken whole, or not at all.

What the process is built on cannot change under it: the account, the gateway's address, the journal, and
who hears of it: the log, the answers about health, the alerts.
Everything else can: limits, ladders, schedules, strategies and their symbols. A symbol that is gone and still
held is led to its end (see `compose.engine_of`); a file with a fault in it changes nothing.
"""

from __future__ import annotations

from pathlib import Path

from premia.bootstrap.settings import Config, Settings, load
from premia.domain.errors import ConfigError

_FIXED = ("account.number", "account.kind", "broker", "journal", "kill", "log", "health", "alerts")
_MISSING = object()


def reload(path: Path, old: Config) -> Settings:
    """The settings that a file holds now.

    Raises:
        ConfigError: If the file is not sound, or changes what needs a new process; `old` stays in force.
    """
    settings = load(path)
    changed = [name for name in _FIXED if _at(settings.config, name) != _at(old, name)]
    if changed:
        verb = "cannot change" if len(changed) == 1 else "cannot all change"
        raise ConfigError(
            f"{path}: {', '.join(changed)} {verb} while Premia runs. Nothing of the file was taken: "
            "end Premia and start it again, or set it back."
        )
    return settings


def _at(config: Config, name: str) -> object:
    value: object = config
    for part in name.split("."):
        value = getattr(value, part, _MISSING)
    return value
