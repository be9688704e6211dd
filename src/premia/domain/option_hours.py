"""When an option stops trading: some classes a quarter of an hour after the stocks, some a day before expiry.

Options on broad indices and on a few large funds trade until 16:15 in New York, 13:15 when the exchange
closes early. On its last day an index option that settles by the close stops with the stocks, because its
value is then known; one that settles by an opening value has traded for the last time the session before. A
class that is not listed here is taken to stop with its underlying: too early is safe, too late is not.

Sources: Cboe Options Rule 5.1(b), hours of index and of certain exchange-traded-product options; lists of
classes that trade until 3:15 pm Central as brokers publish them (tastytrade, thinkorswim), of which classes
are kept that both name (FXI, IYR, LQD and TLT stand in one only and are left out). SPX, XSP and VIX trade on
in a curb session until 17:00, which is not used.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from premia.domain.instrument import Option, Settlement
from premia.domain.sessions import Session, Sessions

LATER = timedelta(minutes=15)
"""How long the classes below trade on after the close of the stocks."""

INDICES = frozenset(("DJX", "MRUT", "NDX", "NDXP", "OEX", "RUT", "RVX", "SPX", "VIX", "XEO", "XND", "XSP"))
"""Indices whose options trade until 16:15."""

# fmt: off
FUNDS = frozenset((
    "DBA", "DBB", "DBC", "DBO", "DIA", "EEM", "EFA", "IWM", "IWN", "IWO", "IWV", "KBE", "KRE", "MDY",
    "MOO", "OEF", "QQQ", "SLX", "SPY", "SVXY", "UNG", "UUP", "UVXY", "VIXM", "VIXY", "VXX", "VXZ", "XHB",
    "XLB", "XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY", "XME", "XRT",
))
# fmt: on
"""Funds whose options trade until 16:15, on their last day too."""


def closes(option: Option, session: Session) -> datetime:
    """The instant on a session at which an option stops trading, in UTC.

    Args:
        option: Any that still trades on that session.
        session: Of the exchange of its underlying.
    """
    if option.symbol in FUNDS:
        return session.closes + LATER
    last = option.expiry == session.day and option.settlement is not Settlement.CASH_AM
    return session.closes if last or option.symbol not in INDICES else session.closes + LATER


def last_day(option: Option, sessions: Sessions) -> date:
    """The last session on which an option trades; its expiry where that lies beyond the calendar."""
    if option.expiry > sessions.last.day:
        return option.expiry
    if option.settlement is Settlement.CASH_AM:
        return sessions.before(option.expiry).day
    return sessions.on_or_before(option.expiry).day


def last_trade(option: Option, sessions: Sessions) -> datetime | None:
    """The instant at which an option stops trading for good; None where it lies beyond the calendar."""
    session = None if option.expiry > sessions.last.day else sessions.get(last_day(option, sessions))
    return None if session is None else closes(option, session)
