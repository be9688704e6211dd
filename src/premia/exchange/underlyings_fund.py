"""A share-settled fund made from an index, and the quarterly dividends of funds and stocks.

A price index leaves dividends out: it falls a little each day as its members go ex. A fund collects
them and pays once a quarter, so between two ex-dates its price stands above the index by what has
been collected, and it drops by the dividend on the ex-date. `fund_history` adds that part, so that
options on the fund, which are priced with the dividend, have no free lunch over the ex-date.

Ex-dates are the third Fridays of March, June, September and December, as those of the large S&P 500
funds; payment is on the last session of the next month, declaration three weeks before.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from premia.domain.sessions import Sessions
from premia.exchange.types_market import Dividend
from premia.exchange.underlyings import DailyHistory

_QUARTER_ENDS = (3, 6, 9, 12)
_VOLUME_SHARE = 0.03
"""An index reports the shares traded of all its members; a large fund on it trades about this part."""
_AMOUNT_STEP = Decimal("0.0001")
_DECLARED_BEFORE = timedelta(days=21)


class Quarters(NamedTuple):
    """Ex-dates in ascending order, each with the days on which it is declared and paid."""

    ex: tuple[date, ...]
    declared: tuple[date, ...]
    pay: tuple[date, ...]


def third_friday(year: int, month: int) -> date:
    """The third Friday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def month_end(year: int, month: int) -> date:
    """The last calendar day of a month; months beyond December run on into the next year."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def quarters(sessions: Sessions, first: date, last: date) -> Quarters:
    """All ex-dates from `first` to `last`; the sessions must reach two months beyond `last`."""
    ex: list[date] = []
    declared: list[date] = []
    pay: list[date] = []
    for year in range(first.year, last.year + 1):
        for month in _QUARTER_ENDS:
            day = third_friday(year, month)
            if first <= day <= last:
                ex.append(sessions.on_or_before(day).day)
                known = max(day - _DECLARED_BEFORE, sessions.first.day)
                declared.append(sessions.on_or_before(known).day)
                pay.append(sessions.on_or_before(month_end(year, month + 1)).day)
    return Quarters(tuple(ex), tuple(declared), tuple(pay))


def fund_history(
    index: DailyHistory, calendar: Quarters, *, scale: float, dividend_yield: float
) -> tuple[DailyHistory, tuple[Dividend, ...]]:
    """History and dividends of a fund at `scale` times an index.

    Args:
        index: The price index.
        calendar: Its ex-dates, the ones after the index ends included: options look ahead to them.
        scale: Price of the fund over the index on an ex-date.
        dividend_yield: Dividends of a year over the price, as a fraction; each one is a quarter of that
            times the close before the ex-date before it.

    Returns:
        The history in whole cents, and a dividend for every ex-date after the first session.
    """
    base = index.close * scale
    dividends: list[Dividend] = []
    collected = np.zeros(base.size)
    ordinals = np.array([day.toordinal() for day in index.days])
    previous = index.days[0]
    for ex, declared, pay in zip(*calendar, strict=True):
        if ex <= previous:
            continue
        row = max(bisect_left(index.days, previous) - 1, 0)
        amount = Decimal(repr(round(float(base[row]) * dividend_yield / 4.0, 4))).quantize(_AMOUNT_STEP)
        dividends.append(Dividend(ex, pay, amount, declared))
        span = (ex - previous).days
        inside = (ordinals >= previous.toordinal()) & (ordinals < ex.toordinal())
        collected[inside] = float(amount) * (ordinals[inside] - previous.toordinal()) / span
        previous = ex
    history = index._replace(
        open=np.round(index.open * scale + collected, 2),
        high=np.round(index.high * scale + collected, 2),
        low=np.round(index.low * scale + collected, 2),
        close=np.round(index.close * scale + collected, 2),
        volume=index.volume * _VOLUME_SHARE,
    )
    return history, tuple(dividends)
