"""Every value with where it came from, and the schema that an editor checks the file with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, cast

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from premia.config.expected import expected, unit_of
from premia.config.load import Document, Origin, shown
from premia.config.places import KeyPath, dotted


class Setting(msgspec.Struct, frozen=True):
    """One value in force: key, value as TOML writes it, origin, unit, and what may stand there."""

    key: str
    value: str
    origin: Origin
    unit: str
    expected: str
    description: str


def explain(document: Document, decoded: BaseModel, at: KeyPath = ()) -> list[Setting]:
    """Every value of a decoded table, in the order of the models, tables within it included.

    Args:
        document: What the table was decoded from.
        decoded: The frozen parameters.
        at: Path of the table in the document.
    """
    return list(_settings(document, decoded, at))


def json_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """JSON schema (draft 2020-12) of the whole file, for editors; units and bounds stand in it."""
    schema = model.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


def _settings(document: Document, decoded: BaseModel, at: KeyPath) -> Iterator[Setting]:
    for name, field in type(decoded).model_fields.items():
        yield from _of_value(document, field, getattr(decoded, name), (*at, name))


def _of_value(document: Document, field: FieldInfo, value: object, path: KeyPath) -> Iterator[Setting]:
    """A plain value is one setting; a table, and a table of tables by name, are their members'."""
    if isinstance(value, BaseModel):
        yield from _settings(document, value, path)
        return
    members = _tables_in(value)
    if members:
        for key, member in members:
            yield from _settings(document, member, (*path, key))
        return
    yield Setting(
        key=dotted(path),
        value="none" if value is None else _written(value),
        origin=document.origin(path),
        unit=unit_of(field),
        expected=expected(field),
        description=field.description or "",
    )


def _tables_in(value: object) -> list[tuple[str | int, BaseModel]]:
    if isinstance(value, Mapping):
        items: list[tuple[Any, Any]] = list(cast("Mapping[Any, Any]", value).items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(cast("Sequence[Any]", value)))
    else:
        return []
    return [(key, member) for key, member in items if isinstance(member, BaseModel)]


def _written(value: object) -> str:
    """A decoded value as TOML writes it."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value).items()
        return "{" + ", ".join(f"{key} = {_written(inner)}" for key, inner in pairs) + "}"
    if isinstance(value, frozenset | set):
        return shown(sorted(cast("frozenset[Any]", value)))
    return shown(value.value if isinstance(value, Enum) else value)
