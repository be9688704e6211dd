"""How an event becomes a row, and a row becomes the event again.

A row names its kind and the version of that kind's shape, so that a journal written years ago is read
through small pure steps, each from one version to the next. Kinds are never renamed. What this code
does not know, it refuses: a kind or a version of a newer Premia is `SchemaTooNew`, never skipped.
Every row is read back once before it is handed out: what is written can be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

import msgspec

from premia.domain import events as ev
from premia.domain.errors import InvariantViolated, JournalError, SchemaTooNew
from premia.domain.events import AnyEvent

Fields = dict[str, Any]
Upcaster = Callable[[Fields], Fields]
"""One step of a payload's plain fields, from a version to the next."""


class Row(NamedTuple):
    """An event as it is stored: journal name of its kind, version of its shape, JSON text."""

    kind: str
    version: int
    payload: bytes


class Shape(NamedTuple):
    """What is known of one kind.

    Attributes:
        event: The class of its events.
        version: The version that this code writes.
        steps: Entry `v` turns the fields of version `v` into those of `v + 1`, for every older version.
    """

    event: type[ev.Event]
    version: int = 1
    steps: Mapping[int, Upcaster] = MappingProxyType({})


SHAPES: Mapping[str, Shape] = {str(event.__struct_config__.tag): Shape(event) for event in get_args(AnyEvent)}
"""Every kind of this release by its journal name."""


def encode(event: AnyEvent) -> Row:
    """The row of an event, in the newest version of its kind.

    Numbers that JSON cannot say (not-a-number, infinities) become null, where the field allows it.

    Raises:
        InvariantViolated: If the row could not be read back, for example because a required number is
            not a number; nothing unreadable is ever written.
    """
    kind = event.__struct_config__.tag
    shape = SHAPES.get(str(kind))
    if shape is None or shape.event is not type(event):
        raise InvariantViolated(f"{type(event).__name__} is no kind of the journal; add it to AnyEvent.")
    payload = _encoder().encode(event)
    try:
        _decoder(shape.event).decode(payload)
    except msgspec.ValidationError as error:
        raise InvariantViolated(
            f"{type(event).__name__} would be written as a row that nobody can read: {error}."
        ) from error
    return Row(str(kind), shape.version, payload)


def decode(row: Row, shapes: Mapping[str, Shape] = SHAPES) -> AnyEvent:
    """The event of a row, older versions through their upcasters.

    Raises:
        SchemaTooNew: If the kind is unknown, or its version newer than this code.
        JournalError: If the payload does not have the shape that its version promises.
    """
    shape = shapes.get(row.kind)
    if shape is None:
        raise SchemaTooNew(
            f"The journal holds events of kind {row.kind!r}, which this version of Premia does not know. "
            "Upgrade Premia; the journal is untouched."
        )
    if row.version > shape.version:
        raise SchemaTooNew(
            f"The journal holds version {row.version} of {row.kind!r}; this version of Premia reads up to "
            f"{shape.version}. Upgrade Premia; the journal is untouched."
        )
    try:
        if row.version == shape.version:
            return _decoder(shape.event).decode(row.payload)
        return _decode_older(row, shape)
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError, InvariantViolated) as error:
        raise JournalError(
            f"An event of kind {row.kind!r}, version {row.version}, does not have that shape: {error}."
        ) from error


def fingerprint(event: type[ev.Event]) -> str:
    """A short name of a kind's shape, all nested values included; it changes whenever the shape does."""
    schema = msgspec.json.schema(event)
    undocumented = _without_words(schema)
    return hashlib.sha256(msgspec.json.encode(undocumented, order="sorted")).hexdigest()[:16]


@cache
def schema_key() -> str:
    """A short name of all kinds and versions together."""
    text = ";".join(f"{kind}={shape.version}" for kind, shape in sorted(SHAPES.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _decode_older(row: Row, shape: Shape) -> AnyEvent:
    fields = msgspec.json.decode(row.payload, type=dict[str, Any])
    for version in range(row.version, shape.version):
        fields = shape.steps[version](fields)
    return msgspec.convert(fields, shape.event, dec_hook=None)  # pyright: ignore[reportReturnType] - AnyEvent is the union of exactly these classes


def _without_words(schema: object) -> object:
    """A JSON schema without titles and descriptions: prose may improve without a new version."""
    if isinstance(schema, dict):
        return {
            key: _without_words(value) for key, value in schema.items() if key not in ("title", "description")
        }
    if isinstance(schema, list):
        return [_without_words(value) for value in schema]
    return schema


@cache
def _encoder() -> msgspec.json.Encoder:
    return msgspec.json.Encoder()


@cache
def _decoder(event: type[ev.Event]) -> msgspec.json.Decoder[AnyEvent]:
    return msgspec.json.Decoder(event)  # pyright: ignore[reportReturnType] - as above
