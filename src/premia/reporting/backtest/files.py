"""A result as bytes and back: JSON with stable keys, exact decimals as text, times in UTC.

The schema stands first. A file of another schema is refused with a sentence, because a figure whose
meaning has changed is worse than none; the run itself can be made again from what the file holds.
"""

from __future__ import annotations

import msgspec

from premia.domain.errors import PremiaError
from premia.reporting.backtest.result import SCHEMA, Result


class ResultUnreadable(PremiaError):
    """A file that holds no result that this Premia can read."""


class _Head(msgspec.Struct, frozen=True):
    """What every version of the file has."""

    schema: int
    code: str = ""


def encode(result: Result) -> bytes:
    """The file's content: the same result gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"


def decode(raw: bytes, name: str) -> Result:
    """The result that a file holds.

    Args:
        raw: Its content.
        name: How the person knows the file, for messages.

    Raises:
        ResultUnreadable: If it is no JSON, of another schema, or not what its schema says.
    """
    try:
        head = msgspec.json.decode(raw, type=_Head)
    except msgspec.MsgspecError as error:
        raise ResultUnreadable(
            f"{name} holds no result of a backtest ({error}). Give a file that `premia backtest` wrote."
        ) from error
    if head.schema != SCHEMA:
        by = f" by Premia {head.code}" if head.code else ""
        age = "older" if head.schema < SCHEMA else "newer"
        raise ResultUnreadable(
            f"{name} was written{by} with schema {head.schema}, {age} than the {SCHEMA} that is read here. "
            "Run the backtest again with its configuration and settings, which the file still holds."
        )
    try:
        return msgspec.json.decode(raw, type=Result)
    except msgspec.MsgspecError as error:
        raise ResultUnreadable(
            f"{name} is damaged: {error}. Run the backtest again with its configuration and settings."
        ) from error
