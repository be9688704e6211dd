"""Whether a replay of a published index is that index: what must agree, and by how much.

A replay that misses by two points of return a year, or that follows only the market underneath, says nothing
about the engine that made it. The bounds are set so that neither the index without its options passes, nor
options at a plausible but wrong volatility.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from premia.metrics.compare import Comparison, compare
from premia.metrics.series import Days, UnusableSeries
from premia.pricing.terms import Floats

CORRELATION_MIN = 0.98
TRACKING_ERROR_MAX = 0.023
RETURN_GAP_MAX = 0.02
"""Points of return a year over the whole time, as a fraction."""
RETURN_GAP_IN_A_THIRD_MAX = 0.03

_MONTHS = 12.0
_PARTS = 3


class Likeness(NamedTuple):
    """A replay beside the published index, by month.

    Attributes:
        months: Monthly returns compared.
        whole: Over the whole time; "theirs" is the published index.
        thirds: Over each third of the time.
    """

    months: int
    whole: Comparison
    thirds: tuple[Comparison, ...]

    @property
    def differences(self) -> tuple[str, ...]:
        """What does not agree, in words; empty where the replay is the index."""
        correlation, error = self.whole.correlation, self.whole.tracking_error
        found: list[str] = []
        if correlation is None or correlation < CORRELATION_MIN:
            found.append(f"correlation {_shown(correlation)}, at least {CORRELATION_MIN} is asked for")
        if error is None or error > TRACKING_ERROR_MAX:
            found.append(f"tracking error {_shown(error)}, at most {TRACKING_ERROR_MAX} is allowed")
        gap = self.whole.excess_growth
        if gap is None or abs(gap) > RETURN_GAP_MAX:
            found.append(f"return a year off by {_shown(gap)}, at most {RETURN_GAP_MAX} is allowed")
        for number, third in enumerate(self.thirds, start=1):
            gap = third.excess_growth
            if gap is None or abs(gap) > RETURN_GAP_IN_A_THIRD_MAX:
                bound = RETURN_GAP_IN_A_THIRD_MAX
                found.append(f"return of third {number} off by {_shown(gap)}, at most {bound} is allowed")
        return tuple(found)


def likeness(day: Days, level: Floats, published_day: Days, published: Floats) -> Likeness:
    """A replay beside the published index, on month-ends.

    Args:
        day: Sessions of the replay, ascending, datetime64[D].
        level: Its level at each close, shape as `day`.
        published_day: Sessions of the published index, ascending.
        published: Its level, shape as `published_day`.

    Raises:
        UnusableSeries: If the published index has no level on a month-end of the replay.
    """
    ends = month_ends(day)
    place = np.minimum(np.searchsorted(published_day, day[ends]), published_day.size - 1)
    absent = day[ends][published_day[place] != day[ends]]
    if absent.size:
        raise UnusableSeries(f"the published index has no level on {absent[0]}, a month-end of the replay.")
    ours, theirs = _changes(level[ends]), _changes(published[place])
    cuts = [ours.size * part // _PARTS for part in range(_PARTS + 1)]
    return Likeness(
        months=ours.size,
        whole=compare(ours, theirs, _MONTHS),
        thirds=tuple(
            compare(ours[start:stop], theirs[start:stop], _MONTHS) for start, stop in pairwise(cuts)
        ),
    )


def month_ends(day: Days) -> np.ndarray:
    """Places of the last session of each month, the last of all sessions included; shape (months,)."""
    months = day.astype("datetime64[M]")
    return np.append(np.flatnonzero(months[1:] != months[:-1]), day.size - 1)


def _changes(level: Floats) -> Floats:
    return level[1:] / level[:-1] - 1.0


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
