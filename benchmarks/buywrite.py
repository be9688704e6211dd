"""The Cboe S&P 500 BuyWrite Index, replayed from prices and the VIX against its published levels.

First the ratio of at-the-money volatility to the VIX in every set of quoted chains, whose mean is what the
replay prices its calls by. Then the replay beside the published index, by month from 2006 to 2022, and two
near misses that must not pass for it: calls at the VIX itself, and the S&P 500 without calls. The figure is
the tracking error; it counts only if nothing else differs and the near misses do.
"""

import sys
from pathlib import Path

import numpy as np

from premia.metrics.compare import Side
from premia.research.buywrite import buywrite
from premia.research.index_days import VIX_TO_AT_THE_MONEY, IndexDays, Replay, total_return
from premia.research.likeness import TRACKING_ERROR_MAX, Likeness, likeness
from tests import published_data
from tests.real_data import real_data_folder

FROM = np.datetime64("2005-12-30")


class Absent(Exception):
    """Market data that is not on this machine."""


def find(name: str) -> Path:
    """Path of a file of real market data."""
    path = real_data_folder() / name
    if not path.exists():
        raise Absent(f"real market data is not on this machine: {name} (set PREMIA_DATA)")
    return path


def percent(value: float | None, width: int = 8, sign: str = "") -> str:
    """A fraction in percent."""
    return " " * (width - 1) + "-" if value is None else f"{100.0 * value:{sign}{width}.2f}"


def show(name: str, side: Side, found: Likeness | None = None) -> None:
    """One line of the table: a series, and how it stands beside the published index."""
    line = f"  {name:<20}{percent(side.growth)}{percent(side.volatility)}{percent(side.max_drawdown, 9)}"
    if found is not None:
        whole = found.whole
        line += f"{whole.correlation or 0.0:9.4f}{percent(whole.tracking_error)}"
        line += percent(whole.excess_growth, 8, "+") + "  "
        line += "".join(percent(third.excess_growth, 7, "+") for third in found.thirds)
    print(line)


def premium(replay: Replay, until: int) -> float:
    """Premium sold a year from 2006 on, as a fraction of the index."""
    sold = [
        roll.premium / roll.reference
        for roll in replay.rolls
        if 2006 <= int(str(roll.day)[:4]) <= until  # noqa: PLR2004 - the first year of the comparison
    ]
    return 12.0 * float(np.mean(sold))


def main() -> int:
    """Measure, print, and tell by the exit code whether the replay is the index."""
    try:
        return measured()
    except Absent as absent:
        print(absent, file=sys.stderr)
        return 1


def measured() -> int:
    """The comparison itself."""
    print("At-the-money volatility of 30 days by VIX, median and deviation over days:")
    for one in published_data.ratios(find):
        print(f"  {one.name:<40}{one.days:4} days  {one.median:.3f}  {one.deviation:.3f}")
    print(f"  The replay takes {VIX_TO_AT_THE_MONEY}.\n")
    published = published_data.published(find)

    def beside(index: IndexDays, level: np.ndarray) -> Likeness:
        day = index.day[index.day.size - level.size :]
        return likeness(day[day >= FROM], level[day >= FROM], *published)

    index, at_vix = (published_data.index_days(find, ratio) for ratio in (VIX_TO_AT_THE_MONEY, 1.0))
    replay = buywrite(index)
    ours = beside(index, replay.level)
    misses = {
        "calls at the VIX": beside(at_vix, buywrite(at_vix).level),
        "S&P 500, no calls": beside(index, total_return(index)),
    }
    print(f"{ours.months} months, %/year    growth    vol. drawdown  correl.  track.     gap  gap by third")
    show("BXM as published", ours.whole.theirs)
    show("replay", ours.whole.ours, ours)
    for name, miss in misses.items():
        show(name, miss.whole.ours, miss)
    for until in (2015, 2018):
        print(f"  Premium sold a year, 2006-{until}: {premium(replay, until):.1%} of the index")
    for difference in ours.differences:
        print(f"  The replay differs: {difference}")
    told_apart = all(miss.differences for miss in misses.values())
    error = ours.whole.tracking_error
    passed = error is not None and not ours.differences and told_apart
    goal = 100.0 * TRACKING_ERROR_MAX
    print(f"buywrite: tracking error {100.0 * (error or 0.0):.2f} % (goal {goal:.1f} % or less)")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
