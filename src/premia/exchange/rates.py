"""The US overnight rate as a dated table: the target of the federal funds rate, 1999 to 2025.

The Federal Reserve announced a single target until 2008 and a range of a quarter point since; the
table holds the upper end and `target` answers the middle. A decision takes effect on the day after
it was announced. Before the first row and after the last one the nearest row holds: the table ends
with the decision of December 2025 and says nothing about later ones.

Source: Federal Open Market Committee, "Open market operations", historical target rates.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from datetime import date
from decimal import Decimal

_RANGE_SINCE = date(2008, 12, 16)
_HALF_RANGE = Decimal("0.125")
_DECISIONS: tuple[tuple[str, str], ...] = (
    ("1998-11-17", "4.75"),
    ("1999-06-30", "5.00"),
    ("1999-08-24", "5.25"),
    ("1999-11-16", "5.50"),
    ("2000-02-02", "5.75"),
    ("2000-03-21", "6.00"),
    ("2000-05-16", "6.50"),
    ("2001-01-03", "6.00"),
    ("2001-01-31", "5.50"),
    ("2001-03-20", "5.00"),
    ("2001-04-18", "4.50"),
    ("2001-05-15", "4.00"),
    ("2001-06-27", "3.75"),
    ("2001-08-21", "3.50"),
    ("2001-09-17", "3.00"),
    ("2001-10-02", "2.50"),
    ("2001-11-06", "2.00"),
    ("2001-12-11", "1.75"),
    ("2002-11-06", "1.25"),
    ("2003-06-25", "1.00"),
    ("2004-06-30", "1.25"),
    ("2004-08-10", "1.50"),
    ("2004-09-21", "1.75"),
    ("2004-11-10", "2.00"),
    ("2004-12-14", "2.25"),
    ("2005-02-02", "2.50"),
    ("2005-03-22", "2.75"),
    ("2005-05-03", "3.00"),
    ("2005-06-30", "3.25"),
    ("2005-08-09", "3.50"),
    ("2005-09-20", "3.75"),
    ("2005-11-01", "4.00"),
    ("2005-12-13", "4.25"),
    ("2006-01-31", "4.50"),
    ("2006-03-28", "4.75"),
    ("2006-05-10", "5.00"),
    ("2006-06-29", "5.25"),
    ("2007-09-18", "4.75"),
    ("2007-10-31", "4.50"),
    ("2007-12-11", "4.25"),
    ("2008-01-22", "3.50"),
    ("2008-01-30", "3.00"),
    ("2008-03-18", "2.25"),
    ("2008-04-30", "2.00"),
    ("2008-10-08", "1.50"),
    ("2008-10-29", "1.00"),
    ("2008-12-16", "0.25"),
    ("2015-12-16", "0.50"),
    ("2016-12-14", "0.75"),
    ("2017-03-15", "1.00"),
    ("2017-06-14", "1.25"),
    ("2017-12-13", "1.50"),
    ("2018-03-21", "1.75"),
    ("2018-06-13", "2.00"),
    ("2018-09-26", "2.25"),
    ("2018-12-19", "2.50"),
    ("2019-07-31", "2.25"),
    ("2019-09-18", "2.00"),
    ("2019-10-30", "1.75"),
    ("2020-03-03", "1.25"),
    ("2020-03-15", "0.25"),
    ("2022-03-16", "0.50"),
    ("2022-05-04", "1.00"),
    ("2022-06-15", "1.75"),
    ("2022-07-27", "2.50"),
    ("2022-09-21", "3.25"),
    ("2022-11-02", "4.00"),
    ("2022-12-14", "4.50"),
    ("2023-02-01", "4.75"),
    ("2023-03-22", "5.00"),
    ("2023-05-03", "5.25"),
    ("2023-07-26", "5.50"),
    ("2024-09-18", "5.00"),
    ("2024-11-07", "4.75"),
    ("2024-12-18", "4.50"),
    ("2025-09-17", "4.25"),
    ("2025-10-29", "4.00"),
    ("2025-12-10", "3.75"),
)
_ANNOUNCED = [date.fromisoformat(day) for day, _ in _DECISIONS]
_TARGETS = [
    (Decimal(percent) - (_HALF_RANGE if day >= _RANGE_SINCE else 0)) / 100
    for day, percent in zip(_ANNOUNCED, (percent for _, percent in _DECISIONS), strict=True)
]


def target(day: date) -> Decimal:
    """Middle of the federal funds target in force on `day`: simple annual rate (ACT/360) as a fraction."""
    return _TARGETS[max(bisect_left(_ANNOUNCED, day) - 1, 0)]


def short_rate(day: date) -> float:
    """The same overnight rate compounded continuously over ACT/365, as pricing formulas take it."""
    return 365 * math.log1p(float(target(day)) / 360)
