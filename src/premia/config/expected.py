"""What a key expects, in words: read from the annotation, the bounds and the unit of a pydantic field.

One sentence serves the error message, the explanation and the table in the docs, so that they
cannot disagree: `a number from 0.05 to 0.5 (delta per share)`.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from premia.config.load import shown

_WORDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    (Decimal, "a number"),
    (str, "text in quotes"),
    (Path, "a path in quotes"),
    (datetime, "a date with a time"),
    (date, "a date such as 2026-01-16"),
    (time, "a time such as 15:45:00"),
)


def expected(field: FieldInfo) -> str:
    """What a field takes, in words, with its bounds and its unit."""
    unit = unit_of(field)
    words = expected_of(field.annotation) + _bounds(field.metadata)
    return f"{words} ({unit})" if unit else words


def expected_of(annotation: object) -> str:
    """What a value of an annotation is, in words."""
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is Annotated:
        return expected_of(arguments[0]) + _bounds(arguments[1:])
    if origin is Literal:
        return one_of(arguments)
    if _is_union(origin):
        return " or ".join(dict.fromkeys(expected_of(part) for part in arguments if part is not type(None)))
    if models_in(annotation):
        return "a table"
    member = member_annotation(annotation)
    if member is not None:
        mapping = isinstance(origin, type) and issubclass(origin, Mapping)
        words = "tables" if models_in(member) else expected_of(member)
        return f"a table of {words} by name" if mapping else f"a list of {words}"
    return _of_class(annotation)


def one_of(values: Sequence[Any]) -> str:
    """Choices in words: `"cash", "ira" or "margin"`."""
    words = [shown(value) for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def unit_of(field: FieldInfo) -> str:
    """Unit that a field, or a type within it, declares by `json_schema_extra={"unit": ...}`; else empty."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "unit" in extra:
        return str(cast("dict[str, Any]", extra)["unit"])
    return next((unit for inner in _fields_within(field.annotation) if (unit := unit_of(inner))), "")


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The models that an annotation allows: `A`, `A | None`, `Annotated[A | B, ...]`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return models_in(get_args(annotation)[0])
    if _is_union(origin):
        return [model for part in get_args(annotation) for model in models_in(part)]
    if isinstance(annotation, type) and origin is None and issubclass(annotation, BaseModel):
        return [annotation]
    return []


def member_annotation(annotation: object) -> object:
    """What the members of a mapping or a list are; None where the annotation is neither."""
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is Annotated:
        return member_annotation(arguments[0])
    if _is_union(origin):
        return next((found for part in arguments if (found := member_annotation(part)) is not None), None)
    if not isinstance(origin, type) or not arguments:
        return None
    if issubclass(origin, Mapping):
        return cast("object", arguments[1])
    return cast("object", arguments[0]) if issubclass(origin, Sequence | frozenset | set) else None


def tags_of(model: type[BaseModel]) -> list[Any]:
    """The words by which a table chooses this model among several: its fields of one fixed value."""
    annotations = [field.annotation for field in model.model_fields.values()]
    choices = [get_args(one) for one in annotations if get_origin(one) is Literal]
    return [values[0] for values in choices if len(values) == 1]


def _fields_within(annotation: object) -> list[FieldInfo]:
    """The declarations inside an annotation: those of `Days` in `Days | None`."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return [one for one in arguments[1:] if isinstance(one, FieldInfo)]
    return (
        [found for part in arguments for found in _fields_within(part)]
        if _is_union(get_origin(annotation))
        else []
    )


def _is_union(origin: object) -> bool:
    return origin is Union or origin is types.UnionType


def _of_class(annotation: object) -> str:
    if not isinstance(annotation, type):
        return "a value"
    if issubclass(annotation, Enum):
        return one_of([member.value for member in annotation])
    return next((words for kind, words in _WORDS if issubclass(annotation, kind)), "a value")


def _flat(metadata: Sequence[Any]) -> Iterator[Any]:
    for one in metadata:
        if isinstance(one, FieldInfo):
            yield from one.metadata
        else:
            yield one


def _bounds(metadata: Sequence[Any]) -> str:
    """Bounds in words, with a leading blank: ` from 1 to 65535`, ` above 0`, ` at most 3`."""
    low = high = more = ""
    closed = False
    for one in _flat(metadata):
        match one:
            case annotated_types.Ge(ge=bound):
                low, closed = str(bound), True
            case annotated_types.Gt(gt=bound):
                low = str(bound)
            case annotated_types.Le(le=bound):
                high = f"at most {bound}"
            case annotated_types.Lt(lt=bound):
                high = f"below {bound}"
            case _:
                more += _form(one)
    if low and closed and high.startswith("at most "):
        return f" from {low} to {high.removeprefix('at most ')}{more}"
    lower = (f"of at least {low}" if closed else f"above {low}") if low else ""
    words = " and ".join(part for part in (lower, high) if part)
    return (f" {words}" if words else "") + more


def _form(bound: object) -> str:
    """What a bound says about length or form; empty for any other."""
    pattern = getattr(bound, "pattern", None)
    if isinstance(pattern, str):
        return f" of the form {pattern}"
    if not isinstance(bound, annotated_types.MinLen):
        return ""
    return ", not empty" if bound.min_length == 1 else f", at least {bound.min_length} long"
