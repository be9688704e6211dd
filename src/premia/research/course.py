"""What a run needs of an underlying beside its quotes, day by day and as plain columns.

Prices and what the account sees at each snapshot, closes by which options end, dividends, the overnight rate
and the fees of the day. All that depends on dates and exact decimals is worked out here once; the kernel
only reads columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premia.domain.chain import days_of, expiry_of
from premia.domain.dates import CLOSE, new_york, session_of
from premia.domain.errors import MarketDataError
from premia.domain.money import from_ten_thousandths, ten_thousandths
from premia.domain.sessions import Sessions
from premia.exchange import fees
from premia.exchange.rates import short_rate
from premia.exchange.recorded import tick_class_of
from premia.exchange.types_market import Dividend
from premia.pricing.ticks import TickClass
from premia.research.layout import GRAIN
from premia.store.panel import Int64s, Panel, exact

_UNKNOWN = -1
_NEVER = 10**9
_EVENING = time(20, 0)
LEVELS = 22
"""Absolute deltas from 0 in steps of 0.05 to 1.05, by which rows of a group are found."""
SPAN = 128
"""Days to expiry by which groups of a day are found."""
_HALF_CENT = Decimal("0.005")
_CENT_UNITS = 100
Float64s = NDArray[np.float64]


class Terms(NamedTuple):
    """How a sweep trades and what it starts with.

    Attributes:
        cash: USD that each configuration has on each underlying.
        alpha: Half-spreads from the middle at which orders fill: 0 is mid, 1 what fills at once.
        early: Whether holders exercise early wherever it pays; otherwise nobody ever does.
        late_rolls: Whether an option is rolled on its last day; the engine's rules do not, half an hour
            before the close.
    """

    cash: Decimal = Decimal(100_000)
    alpha: Decimal = Decimal("0.5")
    early: bool = True
    late_rolls: bool = False


class Facts(NamedTuple):
    """What is known of an underlying that its panel does not hold.

    Attributes:
        closes: Official closes by session, of every session on which an option of the panel ends; those of
            recorded days need not be given.
        dividends: By ex-date.
        earnings: Announcement dates, ascending; None where unknown, and then a stock is sold only by
            configurations that ignore earnings.
        ticks: Price steps of its options; where None those of its kind, unless quotes lie on finer ones.
        rate: Overnight rate, continuously compounded, by day; the published target where None.
    """

    closes: Mapping[date, Decimal] = {}
    dividends: Sequence[Dividend] = ()
    earnings: Sequence[date] | None = None
    ticks: TickClass | None = None
    rate: float | None = None


class Course(NamedTuple):
    """Columns of an underlying over d recorded days, and over the calendar days from the first on.

    Attributes:
        first: First recorded day; calendar columns begin with it.
        day, row_start, row_stop: The recorded days and their rows, shape (d,).
        spot, double_share: Price that decisions see, and twice the mark of a share, shape (d,).
        close: Official close; -1 where unknown, shape (d,).
        tonight, tonight_ex: Dividend for which a call may be exercised tonight, and its ex-date; 0 for none.
        days_to_ex: Calendar days to the ex-date that an earlier pass has seen; 0 for none, shape (d,).
        owed: Dividend a share that fell due since the day before, grains, shape (d,).
        before: Options must expire before this day (earnings), shape (d,); -1 where it is unknown.
        going_ex: Dividend of the next session, USD, shape (d,).
        evening: Seconds since 1970 of the evening, shape (d,). rate: In that evening, shape (d,).
        costs: Nine fees a day, shape (9 * d,), grains: commission below 0.05, below 0.10 and from there on,
            ORF, clearing and its most, TAF a contract, TAF a share and its most.
        section31: Per cent of a dollar a million on sales, shape (d,).
        ends_on, end_close, stops: Session on which an expiry ends, its close, seconds of its last trade,
            by calendar day.
        paid_until: Dividends with an ex-date until a calendar day, USD.
        monotone: Whether the deltas of a group fall with the strike throughout, shape (groups,).
        levels: Of each group, how many rows lie above an absolute delta of 0, 0.05 and so on (calls: whose
            deltas do; puts: below it), shape (groups * LEVELS,).
        soonest: Of each day, the first of its groups that is 0, 1 and more days from expiry, shape
            (d * SPAN,).
        lowest: Of each day, the lowest strike of its puts within SPAN days at or beyond each level of delta;
            0 where deltas are not in order, shape (d * LEVELS,).
        tick_low, tick_high: Price steps below 3 USD and from there on.
    """

    first: int
    day: Int64s
    row_start: Int64s
    row_stop: Int64s
    spot: Int64s
    double_share: Int64s
    close: Int64s
    tonight: Int64s
    tonight_ex: Int64s
    days_to_ex: Int64s
    owed: Int64s
    before: Int64s
    going_ex: Float64s
    evening: Float64s
    rate: Float64s
    costs: Int64s
    section31: Int64s
    ends_on: Int64s
    end_close: Int64s
    stops: Float64s
    paid_until: Float64s
    monotone: NDArray[np.bool_]
    levels: NDArray[np.int16]
    soonest: NDArray[np.int16]
    lowest: Int64s
    tick_low: int
    tick_high: int
    fund: bool


_CLASSES = {"stock": TickClass.PENNY, "fund": TickClass.FINE}


def course_of(panel: Panel, facts: Facts, sessions: Sessions) -> Course:
    """The columns of a panel.

    Args:
        panel: Quotes of a stock or fund with one trading class.
        facts: What else is known of it.
        sessions: Trading days, until beyond the last expiry.

    Raises:
        MarketDataError: Where the underlying is an index or has several classes, its price is unknown on a
            day, or a close is missing by which an option ends.
    """
    if panel.kind not in _CLASSES or len(panel.roots) != 1:
        raise MarketDataError(
            f"{panel.symbol}: a sweep takes stocks and funds with one trading class, found {panel.kind} with "
            f"{', '.join(panel.roots)}. Run it through the engine instead."
        )
    if (panel.days.spot <= 0).any():
        raise MarketDataError(f"{panel.symbol}: the price of the underlying is unknown on a recorded day.")
    days = [expiry_of(int(one)) for one in panel.days.day]
    rows = [panel.rows_of(number) for number in range(len(days))]
    ticks = (facts.ticks or TickClass[tick_class_of(_CLASSES[panel.kind].name, panel)]).steps
    seen = [_middle(int(spot)) for spot in panel.days.spot]
    closes = _closes(panel, facts)
    paid = _dividends(facts.dividends, days, sessions)
    ends = _ends(panel, closes, facts.dividends, sessions)
    monotone, levels = _monotone(panel), _levels(panel)
    return Course(
        first=int(panel.days.day[0]),
        day=panel.days.day.astype(np.int64),
        row_start=np.array([one.start for one in rows], dtype=np.int64),
        row_stop=np.array([one.stop for one in rows], dtype=np.int64),
        spot=np.array([ten_thousandths(one) for one in seen], dtype=np.int64),
        double_share=np.array([int(one * 20_000) for one in seen], dtype=np.int64),
        close=np.array([_units(closes.get(day)) for day in days], dtype=np.int64),
        before=_before(facts, panel.kind, days),
        evening=np.array([new_york(day, _EVENING).timestamp() for day in days], dtype=np.float64),
        rate=np.array([_rate(facts, new_york(day, _EVENING)) for day in days], dtype=np.float64),
        costs=np.array([_costs(day) for day in days], dtype=np.int64).ravel(),
        section31=np.array([_hundredths(fees.SEC.on(day)) for day in days], dtype=np.int64),
        monotone=monotone,
        levels=levels,
        lowest=_lowest(panel, monotone, levels),
        soonest=_soonest(panel),
        tick_low=ten_thousandths(ticks[0]),
        tick_high=ten_thousandths(ticks[1]),
        fund=panel.kind == "fund",
        tonight=paid.tonight,
        tonight_ex=paid.tonight_ex,
        days_to_ex=paid.days_to_ex,
        owed=paid.owed,
        going_ex=paid.going_ex,
        ends_on=ends.ends_on,
        end_close=ends.end_close,
        stops=ends.stops,
        paid_until=ends.paid_until,
    )


def _middle(spot: int) -> Decimal:
    """The middle of the one-cent market that a recording's shares have."""
    exact = from_ten_thousandths(spot)
    cents = ((exact - _HALF_CENT) * _CENT_UNITS).to_integral_value(rounding="ROUND_FLOOR")
    return cents / _CENT_UNITS + _HALF_CENT


def _closes(panel: Panel, facts: Facts) -> dict[date, Decimal]:
    known = {
        expiry_of(int(day)): from_ten_thousandths(int(close))
        for day, close in zip(panel.days.day, panel.days.close, strict=True)
        if close > 0
    }
    return {**known, **facts.closes}


def _units(price: Decimal | None) -> int:
    return _UNKNOWN if price is None else ten_thousandths(price)


def _rate(facts: Facts, at: datetime) -> float:
    return short_rate(session_of(at)) if facts.rate is None else facts.rate


def _grains(amount: Decimal) -> int:
    return int((amount * GRAIN).to_integral_value())


def _hundredths(amount: Decimal) -> int:
    return int((amount * 100).to_integral_value())


def _costs(day: date) -> list[int]:
    own, clearing, taf = fees.COMMISSION.on(day), fees.OCC.on(day), fees.TAF.on(day)
    amounts = (
        own.under_nickel,
        own.under_dime,
        own.dime_or_more,
        fees.ORF.on(day),
        clearing.per_contract,
        clearing.cap,
        taf.per_contract,
        taf.per_share,
        taf.cap,
    )
    return [_grains(one) for one in amounts]


def _before(facts: Facts, kind: str, days: Sequence[date]) -> Int64s:
    """The earnings date that options must expire before, as each day's decisions know it."""
    if kind == "fund":
        return np.full(len(days), _NEVER, dtype=np.int64)
    if facts.earnings is None:
        return np.full(len(days), _UNKNOWN, dtype=np.int64)
    coming = [next((one for one in facts.earnings if one >= day), None) for day in days]
    return np.array([_NEVER if one is None else days_of(one) for one in coming], dtype=np.int64)


class _Paid(NamedTuple):
    """The columns of dividends by recorded day."""

    tonight: Int64s
    tonight_ex: Int64s
    days_to_ex: Int64s
    owed: Int64s
    going_ex: Float64s


class _Ends(NamedTuple):
    """The columns by calendar day."""

    ends_on: Int64s
    end_close: Int64s
    stops: Float64s
    paid_until: Float64s


def _dividends(known: Sequence[Dividend], days: Sequence[date], sessions: Sessions) -> _Paid:
    """Columns of dividends by recorded day."""
    tonight, ex_dates, near, owed = (np.zeros(len(days), dtype=np.int64) for _ in range(4))
    next_ex = np.zeros(len(days), dtype=np.float64)
    told: Dividend | None = None
    for number, day in enumerate(days):
        if told is not None and told.ex > day:
            near[number] = (told.ex - day).days
        coming = next((one for one in known if one.declared <= day < one.ex), None)
        if coming is not None and sessions.before(coming.ex).day <= day:
            tonight[number], ex_dates[number] = ten_thousandths(coming.amount), days_of(coming.ex)
        told = coming
        earlier = days[number - 1] if number else day
        due = [one.amount for one in known if earlier < one.ex <= day]
        owed[number] = sum(_grains(amount) for amount in due)
        next_ex[number] = float(sum(one.amount for one in known if day < one.ex <= sessions.after(day).day))
    return _Paid(tonight, ex_dates, near, owed, next_ex)


def _ends(
    panel: Panel, closes: Mapping[date, Decimal], dividends: Sequence[Dividend], sessions: Sessions
) -> _Ends:
    """Columns by calendar day, from the first recorded one to the last expiry."""
    first, last = int(panel.days.day[0]), int(panel.days.day[-1])
    latest = max(int(panel.groups["expiry"].max(initial=first)), last)
    needed = set(np.unique(panel.groups["expiry"]).tolist())
    spans = range(first, latest + 1)
    ends: list[int] = []
    worth: list[int] = []
    stops: list[float] = []
    paid: list[float] = []
    for number in spans:
        day = expiry_of(number)
        session = sessions.on_or_before(day).day
        close = closes.get(session)
        if close is None and number in needed and days_of(session) < last:
            raise MarketDataError(
                f"{panel.symbol}: options end on {session} and its official close is unknown. Give it in "
                "`closes`."
            )
        ends.append(days_of(session))
        worth.append(_units(close))
        stops.append(new_york(day, CLOSE).timestamp())
        paid.append(float(sum(one.amount for one in dividends if one.ex <= day)))
    return _Ends(
        np.array(ends, dtype=np.int64),
        np.array(worth, dtype=np.int64),
        np.array(stops, dtype=np.float64),
        np.array(paid, dtype=np.float64),
    )


def _monotone(panel: Panel) -> NDArray[np.bool_]:
    """Whether the known deltas of each group never rise with the strike, and none is missing."""
    delta: NDArray[np.float32] = panel.quotes["delta"]
    falls = np.concatenate((np.diff(delta) <= 0.0, [True])) if delta.size else np.zeros(0, dtype=bool)
    broken = np.concatenate(([0], np.cumsum(~falls)))
    start, stop = panel.groups["start"], panel.groups["stop"]
    inside = np.maximum(stop - 1, start)
    unknown = np.concatenate(([0], np.cumsum(np.isnan(delta))))
    return (broken[inside] - broken[start] == 0) & (unknown[stop] - unknown[start] == 0)


def _levels(panel: Panel) -> NDArray[np.int16]:
    """How many rows of each group lie above each level: calls by their delta, puts by its opposite's."""
    groups = panel.groups
    found = np.zeros((groups.size, LEVELS), dtype=np.int16)
    if groups.size == 0:
        return found.ravel()
    delta = exact(panel.quotes["delta"])
    right: NDArray[np.int16] = groups["right"]
    calls = right > 0
    for level in range(LEVELS):
        bound = round(level / 20, 2)
        above = np.add.reduceat((delta > bound).astype(np.int16), groups["start"])
        below = np.add.reduceat((delta > -bound).astype(np.int16), groups["start"])
        found[:, level] = np.where(calls, above, below)
    return found.ravel()


def _soonest(panel: Panel) -> NDArray[np.int16]:
    """The first group of each day that is so many days from expiry, from the first group of the day."""
    first, stop = panel.day_groups[:-1], panel.day_groups[1:]
    found = np.zeros((panel.days.day.size, SPAN), dtype=np.int16)
    for number, (begin, end) in enumerate(zip(first.tolist(), stop.tolist(), strict=True)):
        left = panel.groups["expiry"][begin:end] - panel.days.day[number]
        found[number] = np.searchsorted(left, np.arange(SPAN))
    return found.ravel()


def _lowest(panel: Panel, monotone: NDArray[np.bool_], levels: NDArray[np.int16]) -> Int64s:
    """The lowest strike of each day's puts at or beyond each level of delta."""
    groups, days = panel.groups, panel.days.day.size
    found = np.full((days, LEVELS), _NEVER, dtype=np.int64)
    if groups.size == 0:
        return found.ravel()
    number = np.repeat(np.arange(days), np.diff(panel.day_groups))
    near = (groups["right"] < 0) & (groups["expiry"] - panel.days.day[number] < SPAN)
    found[np.unique(number[near & ~monotone])] = 0
    strikes: NDArray[np.int32] = panel.quotes["strike"]
    for level in range(LEVELS):
        row = groups["start"] + levels[level::LEVELS]
        known = near & monotone & (row < groups["stop"])
        np.minimum.at(found[:, level], number[known], strikes[row[known]])
    return found.ravel()
