"""Historical data: bars, schedules, the earliest instant, and live bars of five seconds.

All bars of a request come in one frame. IB limits only requests for small bars; those limits run
on market time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from premia.domain.dates import NEW_YORK, session_of
from premia.exchange.types import Bar, Terms
from premia.gateway import messages
from premia.gateway.accounts import Handler
from premia.gateway.codes import BAD_REQUEST, HISTORY, HISTORY_UNKNOWN
from premia.gateway.floor import Floor
from premia.gateway.names import Trouble
from premia.gateway.requests import BAG, WireContract, read_contract, read_short_legs
from premia.gateway.session import Session
from premia.gateway.times import ZONE, ZONE_NAMED, parse_stamp
from premia.gateway.wire import Cursor

DAY_S = 86_400
SMALL_BAR_S = 30
UNIT_DAYS = {"D": 1, "W": 7, "M": 31, "Y": 366}
BAR_SIZES = {
    **{f"{n} secs": n for n in (5, 10, 15, 30)},
    "1 secs": 1,
    "1 sec": 1,
    "1 min": 60,
    **{f"{n} mins": n * 60 for n in (2, 3, 5, 10, 15, 20, 30)},
    "1 hour": 3_600,
    **{f"{n} hours": n * 3_600 for n in (2, 3, 4, 8)},
    "1 day": DAY_S,
    "1 week": 7 * DAY_S,
    "1 month": 31 * DAY_S,
}
WHAT = ("TRADES", "MIDPOINT", "BID", "ASK", "OPTION_IMPLIED_VOLATILITY", "HISTORICAL_VOLATILITY")
SAME_AS_TRADES = ("ADJUSTED_LAST",)
PREFIX = "Historical Market Data Service error message:"


class HistoryRequest(msgspec.Struct, frozen=True):
    """What a history request asks for; `end` None is now."""

    req_id: int
    contract: WireContract
    end: datetime | None
    bar: str
    duration: str
    what: str
    epoch: bool
    keep: bool


def historical_data(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 20: bars in one frame, a schedule, or error 162."""
    req_id, wanted = cursor.integer(), read_contract(cursor)
    cursor.flag()
    end, bar, duration = parse_stamp(cursor.text()), cursor.text(), cursor.text()
    cursor.flag()
    what, style = cursor.text().upper(), cursor.integer(1)
    if wanted.sec_type == BAG:
        read_short_legs(cursor)
    request = HistoryRequest(req_id, wanted, end, bar, duration, what, style == 2, cursor.flag())  # noqa: PLR2004 - IB's number for seconds
    terms = _allowed(floor, session, request)
    if isinstance(terms, Trouble):
        session.error(req_id, terms.code, terms.text)
        return
    if what == "SCHEDULE":
        session.send(messages.historical_schedule(req_id, _schedule(floor, request)))
        return
    bars = _bars(floor, terms, request)
    if not bars:
        session.error(
            req_id, HISTORY, f"{PREFIX}HMDS query returned no data: {terms.contract.symbol}@SMART {what}"
        )
        return
    spelled = [(_bar_time(one, request, session.version), one) for one in bars]
    end_at = request.end or floor.now
    start_at = end_at - timedelta(days=_days(request.duration))
    session.send(messages.historical_data(req_id, (_edge(start_at), _edge(end_at)), spelled))


def cancel_historical_data(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 25: everything was answered at once."""
    del floor
    cursor.integer()
    req_id = cursor.integer()
    session.error(req_id, HISTORY_UNKNOWN, f"No historical data query found for ticker id:{req_id}")


def head_timestamp(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 87: the earliest instant for which there are data."""
    req_id, wanted = cursor.integer(), read_contract(cursor)
    cursor.flag()
    cursor.flag()
    cursor.text()
    epoch = cursor.integer(1) == 2  # noqa: PLR2004 - IB's number for seconds since 1970
    terms = floor.catalogue.resolve(wanted)
    if isinstance(terms, Trouble):
        session.error(req_id, terms.code, terms.text)
        return
    bars = floor.exchange.bars(terms.contract, floor.now, 36_600, DAY_S, "TRADES")
    if not bars:
        session.error(req_id, HISTORY, f"{PREFIX}No head time stamp")
        return
    first = bars[0].at
    session.send(
        [88, req_id, str(int(first.timestamp())) if epoch else f"{first.astimezone(UTC):%Y%m%d-%H:%M:%S}"]
    )


def cancel_head_timestamp(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 90: answered at once, nothing to end."""
    del floor, session, cursor


def real_time_bars(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 50: bars of five seconds; here one at each look at the market."""
    cursor.integer()
    req_id, wanted = cursor.integer(), read_contract(cursor)
    terms = floor.catalogue.resolve(wanted)
    if isinstance(terms, Trouble):
        session.error(req_id, terms.code, terms.text)
        return
    session.asks.bars[req_id] = terms
    _send_bar(floor, session, req_id)


def cancel_real_time_bars(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 51."""
    del floor
    cursor.integer()
    session.asks.bars.pop(cursor.integer(), None)


def push(floor: Floor) -> None:
    """Send each open stream of bars the newest one."""
    for session in floor.started():
        for req_id in session.asks.bars:
            _send_bar(floor, session, req_id)


def _allowed(floor: Floor, session: Session, request: HistoryRequest) -> Terms | Trouble:
    """The contract of a request that may be answered, or why not."""
    malformed = _malformed(request)
    if malformed:
        return Trouble(BAD_REQUEST, f"Error validating request.-'bZ' : cause - {malformed}")
    terms = floor.catalogue.resolve(request.contract)
    if isinstance(terms, Trouble):
        return terms
    if floor.faults.hits("no_history", terms.contract.symbol, session.client_id):
        return Trouble(HISTORY, f"{PREFIX}No market data permissions")
    if BAR_SIZES[request.bar] <= SMALL_BAR_S:
        key = (terms.contract.key, f"{request.end}", request.bar, request.duration, request.what)
        late = floor.history.refusal(floor.now, key)
        if late:
            return Trouble(HISTORY, PREFIX + late)
    return terms


def _malformed(request: HistoryRequest) -> str:
    """What of a request's form cannot be understood; empty where all can."""
    number, _, unit = request.duration.partition(" ")
    if unit not in (*UNIT_DAYS, "S") or not number.isdigit():
        return f"Invalid duration format {request.duration!r}"
    if unit == "D" and int(number) > 365:  # noqa: PLR2004 - longer spans must be asked for in years
        return "Historical data requests for durations longer than 365 days must be made in years."
    if request.bar not in BAR_SIZES:
        return f"Bar size setting {request.bar!r} is not known"
    known = request.what in (*WHAT, *SAME_AS_TRADES, "SCHEDULE")
    return "" if known else f"What-to-show {request.what!r} is not known"


def _days(duration: str) -> int:
    """Calendar days of a duration, rounded up for seconds."""
    number, _, unit = duration.partition(" ")
    if unit == "S":
        return max(1, -(-int(number) // DAY_S))
    return int(number) * UNIT_DAYS[unit]


def _bars(floor: Floor, terms: Terms, request: HistoryRequest) -> list[Bar]:
    end = min(request.end or floor.now, floor.now)
    what = "TRADES" if request.what in SAME_AS_TRADES else request.what
    size = BAR_SIZES[request.bar]
    days = _days(request.duration)
    bars = floor.exchange.bars(terms.contract, end, days, min(size, DAY_S), what)
    number, _, unit = request.duration.partition(" ")
    if unit == "S":
        bars = [bar for bar in bars if bar.at >= end - timedelta(seconds=int(number))]
    return _grouped(bars, request.bar) if size > DAY_S else bars


def _grouped(bars: list[Bar], size: str) -> list[Bar]:
    """Daily bars joined to weeks or months."""
    groups: dict[tuple[int, int], list[Bar]] = {}
    for bar in bars:
        day = session_of(bar.at)
        key = day.isocalendar()[:2] if size == "1 week" else (day.year, day.month)
        groups.setdefault(key, []).append(bar)
    return [
        Bar(
            at=group[0].at,
            open=group[0].open,
            high=max(bar.high for bar in group),
            low=min(bar.low for bar in group),
            close=group[-1].close,
            volume=sum(bar.volume for bar in group),
        )
        for group in groups.values()
    ]


def _schedule(floor: Floor, request: HistoryRequest) -> list[tuple[datetime, datetime]]:
    """Opening and close of each session of the period, in New York time."""
    end = session_of(min(request.end or floor.now, floor.now))
    sessions = floor.exchange.market.sessions
    start = max(end - timedelta(days=_days(request.duration)), sessions.first.day)
    return [
        (session.opens.astimezone(NEW_YORK), session.closes.astimezone(NEW_YORK))
        for session in sessions.between(start, end)
    ]


def _bar_time(bar: Bar, request: HistoryRequest, version: int) -> str:
    """A bar's time: the date for days, else the instant in the form that the request asked for."""
    local = bar.at.astimezone(NEW_YORK)
    if BAR_SIZES[request.bar] >= DAY_S:
        return f"{local:%Y%m%d}"
    if request.epoch:
        return str(int(bar.at.timestamp()))
    return f"{local:%Y%m%d %H:%M:%S} {ZONE}" if version >= ZONE_NAMED else f"{local:%Y%m%d  %H:%M:%S}"


def _edge(at: datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%Y%m%d  %H:%M:%S}"


def _send_bar(floor: Floor, session: Session, req_id: int) -> None:
    terms = session.asks.bars[req_id]
    bars = floor.exchange.bars(terms.contract, floor.now, 1, 60, "TRADES")
    if bars:
        bar = bars[-1]
        mean = round((bar.high + bar.low + bar.close) / 3, 4)
        fields = (bar.open, bar.high, bar.low, bar.close, bar.volume, mean, max(bar.volume // 10, 0))
        session.send([50, 3, req_id, int(floor.now.timestamp()), *fields])


HANDLERS: dict[int, Handler] = {
    20: historical_data,
    25: cancel_historical_data,
    50: real_time_bars,
    51: cancel_real_time_bars,
    87: head_timestamp,
    90: cancel_head_timestamp,
}
"""Request numbers of this module."""
