"""One text that is the same for two runs exactly when the same things happened at the same times."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import cast

import msgspec

from premia.exchange.types import Report

_ASSIGNED = frozenset({"perm_id", "exec_id", "order_id"})
"""Numbers that somebody counted up, so that they depend on what else was asked for."""


def digest(record: Iterable[Report]) -> str:
    """Hash of market times, kinds and contents of reports, without the numbers of orders and executions."""
    found = blake2b(digest_size=16)
    for report in record:
        plain = _without_numbers(msgspec.to_builtins(report, str_keys=True))
        found.update(msgspec.json.encode(plain, order="sorted"))
        found.update(b"\n")
    return found.hexdigest()


def _without_numbers(value: object) -> object:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {key: _without_numbers(one) for key, one in fields.items() if key not in _ASSIGNED}
    if isinstance(value, list | tuple):
        return [_without_numbers(one) for one in cast("Iterable[object]", value)]
    return value
