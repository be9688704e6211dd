"""Channels of `[alerts]`, also where the rest of the configuration is broken: a message sent here and now.

What must be told when nothing runs any more, by a person who tries the channels or by a service manager that
has given up, reads of the configuration its table of alerts alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from premia.adapters.apprise_channel import apprise_channel
from premia.bootstrap.alert_tables import AlertsTable
from premia.config.decode import check, raise_for
from premia.config.load import load as read
from premia.domain.errors import ConfigError, InvariantViolated
from premia.reporting.redaction import Redactor, secrets_in


class Words(NamedTuple):
    """A message to a person, and how much it asks of its reader: `info`, `warning` or `critical`."""

    title: str
    text: str
    severity: str = "info"


class Tried(msgspec.Struct, frozen=True):
    """What became of a message on one channel.

    Attributes:
        seconds: Until it was taken or refused, wall time.
        text: Why it was not taken; empty where it was.
    """

    channel: str
    ok: bool
    seconds: float
    text: str


class Channels(NamedTuple):
    """Channels that can be tried.

    Attributes:
        table: The table of alerts.
        addresses: Addresses by name.
        missing: Why others have none, by name.
        redact: Hides the addresses, and the other secrets of the environment.
    """

    table: AlertsTable
    addresses: Mapping[str, str]
    missing: Mapping[str, str]
    redact: Redactor


def channels_of(table: AlertsTable, folder: Path, environment: Mapping[str, str]) -> Channels:
    """The channels of a table in a configuration that lies in `folder`."""
    addresses: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name, channel in table.channels.items():
        try:
            addresses[name] = channel.address(folder, environment)
        except ConfigError as error:
            missing[name] = str(error)
    return Channels(table, addresses, missing, Redactor([*secrets_in(environment), *addresses.values()]))


def channels_alone(path: Path, environment: Mapping[str, str]) -> Channels:
    """The channels of a file of which only the table of alerts must be sound.

    Raises:
        ConfigError: If it is not, or names no channel.
    """
    document = read(path, environment)
    table, problems = check(document, AlertsTable, ("alerts",))
    if problems:  # then what was found before may be why
        raise_for([*document.problems, *problems])
    if table is None:
        raise InvariantViolated(f"{path}: alerts was not decoded, and no problem was named.")
    if not table.channels:
        raise ConfigError(
            f"{path}: alerts.channels names no channel. Add a table such as [alerts.channels.phone] "
            "with variable, the name of an environment variable that holds an Apprise address."
        )
    return channels_of(table, path.parent, environment)


def tried(channels: Channels, words: Words, only: str = "") -> list[Tried]:
    """A message on each channel, or on one.

    Raises:
        ConfigError: If there is no channel of that name.
    """
    names = list(channels.table.channels)
    if only and only not in names:
        raise ConfigError(f"alerts.channels has no channel {only}; there is {', '.join(names)}.")
    return [_tried(channels, name, words) for name in names if only in ("", name)]


def sent(channels: Channels, words: Words) -> list[Tried]:
    """A message by its severity's route: what became of it on each channel, up to the one that took it."""
    return list(_until_taken(channels, words))


def _until_taken(channels: Channels, words: Words) -> Iterator[Tried]:
    for name in channels.table.as_routes[words.severity]:
        one = _tried(channels, name, words)
        yield one
        if one.ok:
            return


def _tried(channels: Channels, name: str, words: Words) -> Tried:
    redact = channels.redact
    if name in channels.missing:
        return Tried(name, ok=False, seconds=0.0, text=redact(channels.missing[name]))
    began, said = time.monotonic(), ""
    try:
        apprise_channel(channels.addresses[name])(redact(words.title), redact(words.text), words.severity)
    except Exception as error:  # noqa: BLE001 - whatever a service's library raises is its answer
        said = redact(str(error) or type(error).__name__)
    return Tried(name, not said, round(time.monotonic() - began, 1), said)
