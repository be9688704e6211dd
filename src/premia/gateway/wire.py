"""The outer skin of the TWS protocol: frames, fields, and how values are spelled in them.

A frame is a big-endian length of four bytes and that many bytes of fields, each field ENDED by a
NUL. Clients drop what stands behind the last NUL, so the trailing one matters. Text is ASCII:
what is not is written as a backslash escape, which clients of server version 153 and later undo.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from decimal import Decimal

from premia.domain.errors import PremiaError

UNSET_DOUBLE = "1.7976931348623157E308"
UNSET_INTEGER = "2147483647"
NUL = b"\0"
FRAME_LIMIT = 16 * 1024 * 1024
_LENGTH = struct.Struct(">I")

Field = str | int | float | bool | Decimal | None


class ProtocolError(PremiaError):
    """Bytes that are no frame of this protocol, or a frame that lacks a field."""


def text_of(value: Field) -> str:
    """One value as the protocol spells it: booleans as 1 and 0, None as nothing, floats without noise."""
    if isinstance(value, str):  # most fields by far
        return ascii_of(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return repr(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def ascii_of(text: str) -> str:
    """The text with every character outside ASCII escaped and NULs removed."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("ascii", "backslashreplace").decode("ascii")


def frame(*fields: Field) -> bytes:
    """The bytes of one frame."""
    body = "\0".join([*map(text_of, fields), ""]).encode("ascii")
    return _LENGTH.pack(len(body)) + body


def fields_of(body: bytes) -> list[str]:
    """The fields of a frame's body; what follows the last NUL is not a field."""
    return body.decode("utf-8", "backslashreplace").split("\0")[:-1]


class FrameReader:
    """Cuts a stream of bytes into frames, however the network split it."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add received bytes; yields the body of each frame that is complete now.

        Raises:
            ProtocolError: If a length is beyond any message of this protocol; the stream is lost then.
        """
        self._held += data
        while len(self._held) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._held)
            if length > FRAME_LIMIT:
                raise ProtocolError(
                    f"A client announced a frame of {length} bytes; the longest allowed has {FRAME_LIMIT}. "
                    "It does not speak the TWS API; its connection is closed."
                )
            end = _LENGTH.size + length
            if len(self._held) < end:
                return
            body = bytes(self._held[_LENGTH.size : end])
            del self._held[:end]
            yield body


class Cursor:
    """Reads the fields of one request in order.

    Empty fields are a request's way of saying "not given": each reader takes what stands for it.
    """

    def __init__(self, fields: list[str]) -> None:
        """Stand before the first field."""
        self._fields = fields
        self._at = 0

    @property
    def left(self) -> int:
        """How many fields were not read yet."""
        return len(self._fields) - self._at

    def text(self, default: str | None = None) -> str:
        """The next field as it is; `default` where the request ended before it.

        Raises:
            ProtocolError: If the request ended and there is no default.
        """
        if self._at >= len(self._fields):
            if default is None:
                raise ProtocolError(
                    f"Request {self._fields[:3]} ends after {len(self._fields)} fields; one is missing. "
                    "The client encodes it for another server version."
                )
            return default
        value = self._fields[self._at]
        self._at += 1
        return value

    def integer(self, default: int = 0) -> int:
        """The next field as a whole number; `default` where it is empty.

        Raises:
            ProtocolError: If it is not a number.
        """
        value = self.text("")
        if value in ("", UNSET_INTEGER):
            return default
        try:
            return int(Decimal(value))
        except ArithmeticError as error:
            raise ProtocolError(
                f"Field {self._at} of {self._fields[:3]} is {value!r}; a whole number belongs there."
            ) from error

    def number(self, default: Decimal | None = None) -> Decimal | None:
        """The next field as an exact number; `default` where it is empty or says "unset".

        Raises:
            ProtocolError: If it is not a number.
        """
        value = self.text("")
        if value == "":
            return default
        try:
            exact = Decimal(value)
        except ArithmeticError as error:
            raise ProtocolError(
                f"Field {self._at} of {self._fields[:3]} is {value!r}; a number belongs there."
            ) from error
        return default if not exact.is_finite() or abs(exact) > Decimal("1e300") else exact

    def flag(self) -> bool:
        """The next field as yes or no; empty and 0 are no."""
        return self.text("") not in ("", "0", "false")
