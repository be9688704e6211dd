"""One document from a TOML file, the environment and the command line, each value with its origin.

Later sources win: file, then environment (`PREMIA__TABLE__KEY=value`), then flags. What a value
should be is not known here, so nothing is checked but the form: the file is TOML, a variable names a
key, and no secret stands in the file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard, cast

import msgspec

from premia.config.places import KeyPath, Place, dotted, places
from premia.domain.errors import ConfigError

Table: TypeAlias = dict[str, Any]

PREFIX = "PREMIA__"
_SECRET = re.compile(
    r"passw(or)?d|passphrase|secret|token|api_?key|user_?id|user_?name|credential", re.IGNORECASE
)

# A scheme that is neither the web's nor a database's is that of a service for messages: a secret as a whole.
_WITH_PASSWORD = re.compile(
    r"^(?!(?:https?|postgres(?:ql)?)://)[a-z][a-z0-9+.-]*://|://[^/\s@]*:[^/\s@]*@", re.IGNORECASE
)


class Source(Enum):
    """Where a value comes from, from the weakest to the strongest."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


class Origin(msgspec.Struct, frozen=True):
    """Where one value comes from; as text, what a reader should open or change."""

    source: Source
    where: str

    def __str__(self) -> str:
        """`premia.toml:12`, `PREMIA__ACCOUNT__KIND`, `--port` or `default`."""
        return self.where


class Flag(msgspec.Struct, frozen=True):
    """A value given on the command line: the flag as typed, the key that it sets, the value."""

    name: str
    key: tuple[str, ...]
    value: Any


class Problem(msgspec.Struct, frozen=True, order=True):
    """Something wrong with a document: where (file and line, variable or flag), and what, in words."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        """One line for a person: `premia.toml:12: account.kind is ...`; line 0 means no line."""
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


class Override(msgspec.Struct, frozen=True):
    """A value that replaces or joins those of the file."""

    origin: Origin
    key: tuple[str, ...]
    value: Any


class Document(msgspec.Struct, frozen=True):
    """The merged values, and where each was written.

    Attributes:
        file: The name of the file in messages.
        values: Tables and values as TOML has them.
        places: Line and column of the keys that stand in the file.
        overrides: Origin of the values that came from the environment or a flag.
        problems: What was found wrong on the way; reported together with what decoding finds.
    """

    file: str
    values: Table
    places: Mapping[KeyPath, Place]
    overrides: Mapping[KeyPath, Origin]
    problems: Sequence[Problem] = ()

    def origin(self, path: KeyPath) -> Origin:
        """Where the value at a path comes from; the default where no source names it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.overrides:
                return self.overrides[path[:end]]
        place = self.places.get(path)
        if place is None:
            return Origin(Source.DEFAULT, "default")
        return Origin(Source.FILE, f"{self.file}:{place.line}")

    def problem(self, path: KeyPath, text: str) -> Problem:
        """A problem with the value at a path, placed at it or at the nearest table around it."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.overrides:
                return Problem(self.overrides[path[:end]].where, 0, text)
            if path[:end] in self.places:
                return Problem(self.file, self.places[path[:end]].line, text)
        return Problem(self.file, 0, text)


def load(
    path: Path | None, environment: Mapping[str, str] | None = None, flags: Sequence[Flag] = ()
) -> Document:
    """Read a file and lay the environment and the flags over it.

    Args:
        path: The TOML file; None for no file, when everything comes from the other two.
        environment: All environment variables; only those that begin with PREMIA__ are read. Each value
            is written as in TOML (`0.3`, `true`, `["SPY", "QQQ"]`); what is not TOML is text.
        flags: Values of the command line; None as a value means that the flag was not given.

    Raises:
        ConfigError: If the file cannot be read or is not TOML. All other problems are kept in the document.
    """
    file = path.name if path is not None else "configuration"
    text = _read(path) if path is not None else ""
    values = _parse(text, file)
    found = places(text)
    secrets = [key for key in found if _is_secret(key) and not any(map(_is_secret, _around(key)))]
    problems = [_secret(file, key, found[key]) for key in secrets]
    for key in secrets:
        _remove(values, key)
    for key, place in found.items():
        if _holds_a_password(_at(values, key)):
            problems.append(_address(file, key, place))
            _remove(values, key)
    overrides: dict[KeyPath, Origin] = {}
    for override in (*_of_environment(environment or {}, values), *_of_flags(flags)):
        refusal = _set(values, override)
        if refusal:
            problems.append(Problem(override.origin.where, 0, refusal))
        else:
            overrides[override.key] = override.origin
    return Document(file=file, values=values, places=found, overrides=overrides, problems=problems)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        message = (
            f"There is no configuration at {path}. Write one with `premia init --capital 25000`, "
            "or name another with --config FILE."
        )
        raise ConfigError(message) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path.name}:{line}: the text is not UTF-8. Save the file as UTF-8.") from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}. Check the path and its permissions."
        raise ConfigError(message) from error


def _parse(text: str, file: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line = _reading_error(str(error), text)
        raise ConfigError(f"{file}:{line}: this is not TOML: {what}. Correct this line first.") from error


def _reading_error(message: str, text: str) -> tuple[str, int]:
    """The parser's words without their place, and the line."""
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if match is None:
        return message, 1
    line = int(match[1]) if match[1] else max(1, len(text.splitlines()))
    return message[: match.start()], line


def _around(path: KeyPath) -> list[KeyPath]:
    """The tables that a key lies in."""
    return [path[:end] for end in range(1, len(path))]


def _is_secret(path: KeyPath) -> bool:
    return isinstance(path[-1], str) and bool(_SECRET.search(path[-1]))


def _remove(values: Table, path: KeyPath) -> None:
    """Take a value out, so that it is reported once and never repeated in another message."""
    holder: Any = values
    for part in path[:-1]:
        holder = holder[part]
    del holder[path[-1]]


def _secret(file: str, path: KeyPath, place: Place) -> Problem:
    text = (
        f"{dotted(path)} looks like a secret, and secrets never stand in this file. "
        "Delete the line: Premia needs none, because the gateway is logged in already."
    )
    return Problem(file, place.line, text)


def _at(values: object, path: KeyPath) -> object:
    """The value at a path; None where there is none any more."""
    for part in path:
        if is_table(values) and isinstance(part, str):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int):
            values = cast("list[object]", values)[part]
        else:
            return None
    return values


def _holds_a_password(value: object) -> bool:
    return isinstance(value, str) and bool(_WITH_PASSWORD.search(value))


def _address(file: str, path: KeyPath, place: Place) -> Problem:
    text = (
        f"{dotted(path)} is an address with a secret in it, and secrets never stand in this file. "
        "Put the address into an environment variable or a file of its own, and name that here."
    )
    return Problem(file, place.line, text)


def _of_environment(environment: Mapping[str, str], values: Table) -> Iterator[Override]:
    for name, raw in sorted(environment.items()):
        if name.startswith(PREFIX):
            yield Override(Origin(Source.ENVIRONMENT, name), _key_of(name, values), _scalar(raw))


def _of_flags(flags: Sequence[Flag]) -> Iterator[Override]:
    for flag in flags:
        if flag.value is not None:
            yield Override(Origin(Source.FLAG, flag.name), flag.key, flag.value)


def _key_of(variable: str, values: Table) -> tuple[str, ...]:
    """The key that a variable names; capitals follow the file (SPY), and are small letters otherwise."""
    key: list[str] = []
    table = values
    for part in variable.removeprefix(PREFIX).split("__"):
        name = next((one for one in table if one.lower() == part.lower()), part.lower())
        key.append(name)
        inner = table.get(name)
        table = inner if is_table(inner) else {}
    return tuple(key)


def _scalar(raw: str) -> object:
    """A variable's text as the TOML value that it spells; else the text itself."""
    try:
        parsed = tomllib.loads(f"value = {raw}")
    except tomllib.TOMLDecodeError:
        return raw
    return parsed["value"] if len(parsed) == 1 else raw


def _set(values: Table, override: Override) -> str:
    """Set one value; the reason in words where it cannot be set, else an empty text."""
    key = override.key
    if not all(key):
        return "names no key. Write PREMIA__TABLE__KEY, as in PREMIA__ACCOUNT__KIND."
    table = values
    for depth, part in enumerate(key[:-1], start=1):
        inner = table.setdefault(part, {})
        if not is_table(inner):
            outer = dotted(key[:depth])
            return f"{dotted(key)} cannot be set, because {outer} is {shown(inner)}, not a table."
        table = inner
    if is_table(table.get(key[-1])) and not is_table(override.value):
        return f"{dotted(key)} is a table. Name a key in it."
    table[key[-1]] = override.value
    return ""


def is_table(value: object) -> TypeGuard[Table]:
    """Whether a value is a table."""
    return isinstance(value, dict)


def shown(value: object) -> str:
    """A value as TOML writes it, on one line; tables only by that name."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        case dict():
            return "a table"
        case list() | tuple():
            return "[" + ", ".join(shown(item) for item in cast("Sequence[object]", value)) + "]"
        case Enum():
            return shown(value.value)
        case _:
            return str(value)
