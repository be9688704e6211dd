"""What an outside party has answered, and what it has not: unknown is never empty."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Known(msgspec.Struct, Generic[T], frozen=True, tag="known"):
    """An answer, with the market time at which it was true."""

    value: T
    as_of: datetime


class Unknown(msgspec.Struct, frozen=True, tag="unknown"):
    """No answer: since when, and why. Nothing may be concluded from it, and never that there is nothing."""

    since: datetime
    why: str
