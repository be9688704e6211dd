"""A document becomes frozen parameters, or one error that names everything wrong with it.

The models are the caller's: pydantic, frozen, no extra keys. Values are taken strictly (`"4002"` is not
a number), except that a whole number serves where a number is expected, and text where a choice is.
A check between keys belongs in the model; when its message begins with the name of a key, the error
points at that key's line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any, TypeVar, cast

import msgspec
from pydantic import BaseModel, ValidationError

from premia.config.expected import expected, expected_of, member_annotation, models_in, one_of, tags_of
from premia.config.load import Document, Problem, is_table, shown
from premia.config.places import KeyPath, dotted
from premia.domain.errors import ConfigError, InvariantViolated

M = TypeVar("M", bound=BaseModel)


def decode(document: Document, model: type[M]) -> M:
    """The whole document as one model.

    Raises:
        ConfigError: With one line for every problem, in the order of the file: where, key, what was
            found, what was expected, and the nearest known key.
    """
    decoded, problems = check(document, model)
    raise_for([*document.problems, *problems])
    if decoded is None:
        raise InvariantViolated(f"{document.file} was not decoded, and no problem was named.")
    return decoded


def check(document: Document, model: type[M], at: KeyPath = ()) -> tuple[M | None, list[Problem]]:
    """One table of the document as a model, or None and every problem of that table.

    Args:
        document: What was loaded.
        model: A frozen pydantic model that forbids extra keys.
        at: Path of the table; a table that is absent counts as empty.
    """
    _demand_strictness(model)
    value: object = document.values
    for part in at:
        value = value.get(str(part), {}) if is_table(value) else {}
    unusable = [_not_finite(document, (*at, *path), bad) for path, bad in _not_numbers(value)]
    try:
        text = json.dumps(value, default=_as_json_text)
        decoded = model.model_validate_json(text, strict=True)
    except ValidationError as error:
        finder = _Finder(document, model, at, value)
        return None, unusable or [finder.problem(one) for one in error.errors(include_url=False)]
    return (None, unusable) if unusable else (decoded, [])


def raise_for(problems: Sequence[Problem]) -> None:
    """Raise one ConfigError with all problems; nothing where there is none."""
    unique = sorted(set(problems))
    if not unique:
        return
    count = "1 problem" if len(unique) == 1 else f"{len(unique)} problems"
    lines = "\n".join(str(problem) for problem in unique)
    raise ConfigError(f"{count} in the configuration:\n{lines}")


def _demand_strictness(model: type[BaseModel]) -> None:
    if model.model_config.get("extra") != "forbid" or not model.model_config.get("frozen"):
        raise InvariantViolated(f"{model.__name__} must be declared with frozen=True and extra='forbid'.")
    for field in model.model_fields.values():
        for inner in (*models_in(field.annotation), *models_in(member_annotation(field.annotation))):
            _demand_strictness(inner)


def _as_json_text(value: object) -> str:
    """Dates and times of TOML, which JSON does not know."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def _not_numbers(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, float]]:
    """Every `nan` and `inf`: TOML has them, and no parameter of Premia means them."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path, value
    elif is_table(value):
        for key, inner in value.items():
            yield from _not_numbers(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(cast("list[object]", value)):
            yield from _not_numbers(inner, (*path, number))


def _not_finite(document: Document, path: KeyPath, value: float) -> Problem:
    return document.problem(path, f"{dotted(path)} is {value}, expected a finite number.")


class _Spot(msgspec.Struct, frozen=True):
    """Where an error lies: its path in the table, the model that it is in, and what is expected there."""

    path: KeyPath
    model: type[BaseModel] | None
    expected: str


class _Finder:
    """Turns pydantic's errors on one table into problems with a place."""

    def __init__(self, document: Document, model: type[BaseModel], at: KeyPath, value: object) -> None:
        self._document = document
        self._model = model
        self._at = at
        self._value = value

    def problem(self, error: Mapping[str, Any]) -> Problem:
        """The problem that one error of pydantic stands for."""
        kind = str(error["type"])
        spot = self._spot(tuple(error["loc"]))
        if kind == "extra_forbidden":
            return self._of(spot.path, f"is not a known key. {_nearest(spot)}")
        if kind == "missing":
            return self._of(spot.path, f"is missing, expected {spot.expected}.")
        if kind in ("value_error", "assertion_error"):
            return self._from_check(spot, str(error["ctx"]["error"]))
        if kind in ("union_tag_invalid", "union_tag_not_found"):
            return self._of_choice(spot, str(error["ctx"]["discriminator"]).strip("'"))
        wanted = spot.expected or str(error["msg"]).removeprefix("Input should be ")
        return self._of(spot.path, f"is {shown(_at(self._value, spot.path))}, expected {wanted}.")

    def _of(self, path: KeyPath, text: str) -> Problem:
        full = (*self._at, *path)
        return self._document.problem(full, f"{dotted(full)} {text}")

    def _spot(self, loc: KeyPath) -> _Spot:
        """Follow an error's location through the models.

        Where a table is one of several models, the location carries the chosen model's tag, which is no
        key of the document.
        """
        path: KeyPath = ()
        inside: object = self._model
        wanted = "a table"
        for part in loc:
            models = models_in(inside)
            if len(models) > 1:
                inside = next((model for model in models if part in tags_of(model)), models[0])
                continue
            field = models[0].model_fields.get(str(part)) if models else None
            member = None if models else member_annotation(inside)
            if field is None and member is None:
                # An unknown key has its own place; what follows a plain value only names the kind tried.
                return _Spot((*path, part) if models else path, models[0] if models else None, wanted)
            path = (*path, part)
            inside = member if field is None else field.annotation
            wanted = expected_of(member) if field is None else expected(field)
        models = models_in(inside)
        return _Spot(path, models[0] if models else None, wanted)

    def _of_choice(self, spot: _Spot, key: str) -> Problem:
        """The key that names a table's kind is missing, or names none that exists."""
        models = models_in(self._annotation(spot.path))
        wanted = one_of(sorted({tag for model in models for tag in tags_of(model)}))
        found = _at(self._value, (*spot.path, key))
        seen = "missing" if found is None else shown(found)
        return self._of((*spot.path, key), f"is {seen}, expected {wanted}.")

    def _annotation(self, path: KeyPath) -> object:
        inside: object = self._model
        for part in path:
            models = models_in(inside)
            inside = models[0].model_fields[str(part)].annotation if models else member_annotation(inside)
        return inside

    def _from_check(self, spot: _Spot, text: str) -> Problem:
        """The words of a model's own check, placed at the key that they begin with."""
        key = text.partition(" ")[0].partition(".")[0]
        path = (*self._at, *spot.path)
        if spot.model is not None and key in spot.model.model_fields:
            return self._document.problem((*path, key), f"{dotted((*path, key))}{text.removeprefix(key)}")
        return self._document.problem(path, f"{dotted(path)}: {text}" if path else text)


def _nearest(spot: _Spot) -> str:
    known = sorted(spot.model.model_fields) if spot.model is not None else []
    near = get_close_matches(str(spot.path[-1]), known, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."


def _at(value: object, path: KeyPath) -> object:
    """The value at a path of a document; None where there is none."""
    for part in path:
        if is_table(value):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int):
            value = cast("list[object]", value)[part]
        else:
            return None
    return value
