"""What every fact of a journal has in common: a kind, and the market time at which it was true."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """A fact and the market time at which it was true."""

    at: datetime
