"""Where every key of a TOML text stands.

`tomllib` gives values without lines. This scanner gives lines without values: it walks a text that
`tomllib` has already accepted, so it need not judge, and notes the place of each key and table
header, through dotted keys, inline tables, arrays of tables and strings over several lines.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Callable
from typing import TypeAlias

import msgspec

KeyPath: TypeAlias = tuple[str | int, ...]

_BLANK = " \t"
_END_OF_BARE_KEY = " \t.=]"
_END_OF_BARE_VALUE = ",]}#\r\n"


class Place(msgspec.Struct, frozen=True):
    """A line and a column of a text, both counted from 1."""

    line: int
    column: int


def places(text: str) -> dict[KeyPath, Place]:
    """Place of every key and table of a valid TOML text; elements of arrays are numbered from 0.

    A table that several headers add to has the place of the first. The behaviour on a text that is
    not valid TOML is undefined: let `tomllib` read it first.
    """
    return _Scanner(text).scan()


def dotted(path: KeyPath) -> str:
    """A path as TOML writes it, elements of arrays in brackets: `strategy.wheel.symbols[2]`."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        else:
            bare = part.replace("_", "").replace("-", "").isalnum() and part.isascii()
            parts.append(("." if parts else "") + (part if bare else f'"{part}"'))
    return "".join(parts)


class _Scanner:
    """One pass over one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *(i + 1 for i, char in enumerate(text) if char == "\n")]
        self._found: dict[KeyPath, Place] = {}
        self._lengths: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, Place]:
        table: KeyPath = ()
        self._skip_blank_lines()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip_blank_lines()
        return self._found

    def _header(self) -> KeyPath:
        opening = "[[" if self._text.startswith("[[", self._at) else "["
        self._at += len(opening)
        keys = self._key()
        self._at = self._text.index("]" * len(opening), self._at) + len(opening)
        path: KeyPath = ()
        for key, place in keys[:-1]:
            path = self._inside((*path, key), place)
        last, place = keys[-1]
        path = (*path, last)
        if opening == "[":
            return self._inside(path, place)
        number = self._lengths.get(path, 0)
        self._lengths[path] = number + 1
        self._note(path, place)
        self._note((*path, number), place)
        return (*path, number)

    def _inside(self, path: KeyPath, place: Place) -> KeyPath:
        """The table at a path; for an array of tables its latest element, as TOML has it."""
        self._note(path, place)
        return (*path, self._lengths[path] - 1) if path in self._lengths else path

    def _pair(self, table: KeyPath) -> None:
        path = table
        for key, place in self._key():
            path = (*path, key)
            self._note(path, place)
        self._at = self._text.index("=", self._at) + 1
        self._value(path)

    def _key(self) -> list[tuple[str, Place]]:
        """A dotted key as its parts, with the place of each."""
        parts: list[tuple[str, Place]] = []
        while True:
            self._skip(_BLANK)
            place = self._place()
            parts.append((self._key_part(), place))
            self._skip(_BLANK)
            if self._text[self._at] != ".":
                return parts
            self._at += 1

    def _key_part(self) -> str:
        start = self._at
        if self._text[start] in "\"'":
            self._string()
            return str(tomllib.loads(f"key = {self._text[start : self._at]}")["key"])
        self._skip_until(_END_OF_BARE_KEY)
        return self._text[start : self._at]

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        char = self._text[self._at]
        if char in "\"'":
            self._string()
        elif char == "[":
            self._enclosed("]", lambda number: self._element((*path, number)))
        elif char == "{":
            self._enclosed("}", lambda _: self._pair(path))
        else:
            self._skip_until(_END_OF_BARE_VALUE)

    def _element(self, path: KeyPath) -> None:
        self._note(path, self._place())
        self._value(path)

    def _enclosed(self, closing: str, each: Callable[[int], None]) -> None:
        """Go through the members of an array or an inline table, from its opening bracket on."""
        self._at += 1
        number = 0
        while True:
            self._skip_blank_lines()
            char = self._text[self._at]
            if char in (closing, ","):
                self._at += 1
                if char == closing:
                    return
            else:
                each(number)
                number += 1

    def _string(self) -> None:
        quote = self._text[self._at]
        fence = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        self._at += len(fence)
        while not self._text.startswith(fence, self._at):
            escaped = quote == '"' and self._text[self._at] == "\\"
            self._at += 2 if escaped else 1
        self._at += len(fence)
        # A string over several lines may end in quotes of its own: """"so"""" closes at the last three.
        while len(fence) > 1 and self._text.startswith(quote, self._at):
            self._at += 1

    def _note(self, path: KeyPath, place: Place) -> None:
        self._found.setdefault(path, place)

    def _place(self) -> Place:
        line = bisect_right(self._starts, self._at)
        return Place(line=line, column=self._at - self._starts[line - 1] + 1)

    def _skip(self, chars: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in chars:
            self._at += 1

    def _skip_until(self, chars: str) -> None:
        while self._at < len(self._text) and self._text[self._at] not in chars:
            self._at += 1

    def _skip_blank_lines(self) -> None:
        """Skip blanks, line ends and comments."""
        self._skip(" \t\r\n")
        while self._at < len(self._text) and self._text[self._at] == "#":
            self._skip_until("\n")
            self._skip(" \t\r\n")
