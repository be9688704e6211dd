"""Panels of a few options, for tests of the kernel's parts."""

from datetime import date

import numpy as np

from premia.store.panel import Days, Panel, Rows, build
from tests.builders import weekdays

UNIX_DAY = date(1970, 1, 1).toordinal()


def a_panel(first: date, kind: str, days: int = 1, *, close_known: bool = True) -> Panel:
    """One put of 50 that ends on the fourth session after the first, quoted 1.00 to 1.10 each day."""
    sessions = [one.day for one in weekdays(first, date(2026, 12, 31))][: max(days, 5)]
    numbers = np.array([day.toordinal() - UNIX_DAY for day in sessions], dtype=np.int32)
    expiry = numbers[4]
    recorded = numbers[:days]
    quoted = recorded[recorded <= expiry]
    count = quoted.size
    close = np.where(close_known, 500_000, -1)
    return build(
        "XYZ",
        kind,
        ("XYZ",),
        Days(
            recorded,
            recorded.astype(np.int64) * 86_400_000_000,
            np.full(days, 500_050, dtype=np.int64),
            np.full(days, close, dtype=np.int64),
        ),
        Rows(
            quoted,
            np.full(count, expiry, dtype=np.int32),
            np.full(count, 500_000, dtype=np.int32),
            np.full(count, -1, dtype=np.int8),
            np.zeros(count, dtype=np.int16),
            np.full(count, 10_000, dtype=np.int32),
            np.full(count, 11_000, dtype=np.int32),
            np.full(count, -1, dtype=np.int32),
            np.zeros(count, dtype=np.int32),
            np.full(count, 100, dtype=np.int32),
            np.full(count, 0.3, dtype=np.float32),
            np.full(count, -0.4, dtype=np.float32),
        ),
    )
