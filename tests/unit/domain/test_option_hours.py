"""When options stop trading: the later close, early closes, last days, settlement in the morning."""

from datetime import date, time
from decimal import Decimal

import pytest

from premia.domain.dates import new_york
from premia.domain.instrument import Option, Right, Settlement
from premia.domain.option_hours import closes, last_day, last_trade
from premia.domain.sessions import Session, Sessions

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)
SHORT = date(2026, 11, 27)
AM, PM = Settlement.CASH_AM, Settlement.CASH_PM


def a_session(day: date, ends: time = time(16)) -> Session:
    return Session(day, new_york(day, time(9, 30)), new_york(day, ends), ends < time(16))


SESSIONS = Sessions([a_session(THURSDAY), a_session(FRIDAY), a_session(SHORT, time(13))])


def an_option(symbol: str, expiry: date, settlement: Settlement = Settlement.SHARES) -> Option:
    return Option(symbol, expiry, Decimal(100), Right.PUT, settlement=settlement)


@pytest.mark.parametrize(
    ("symbol", "ordinary", "short"),
    [
        ("SPY", "16:15", "13:15"),
        ("IWM", "16:15", "13:15"),
        ("SPX", "16:15", "13:15"),
        ("VIX", "16:15", "13:15"),
        ("AAPL", "16:00", "13:00"),
        ("TLT", "16:00", "13:00"),
    ],
)
def test_some_classes_trade_a_quarter_of_an_hour_longer_on_short_days_too(symbol, ordinary, short):
    option = an_option(symbol, date(2027, 1, 15))

    assert closes(option, a_session(FRIDAY)) == new_york(FRIDAY, time.fromisoformat(ordinary))
    assert closes(option, a_session(SHORT, time(13))) == new_york(SHORT, time.fromisoformat(short))


@pytest.mark.parametrize(
    ("option", "day", "wall"),
    [
        (an_option("SPX", FRIDAY, AM), THURSDAY, "16:15"),
        (an_option("SPX", FRIDAY, PM), FRIDAY, "16:00"),
        (an_option("XSP", SHORT, PM), SHORT, "13:00"),
        (an_option("SPY", FRIDAY), FRIDAY, "16:15"),
        (an_option("AAPL", FRIDAY), FRIDAY, "16:00"),
        (an_option("AAPL", date(2026, 11, 21)), FRIDAY, "16:00"),
    ],
    ids=["SPX", "SPXW", "XSP on a short day", "SPY", "AAPL", "expiry on a Saturday"],
)
def test_the_last_trade_of_each_kind(option, day, wall):
    assert last_day(option, SESSIONS) == day
    assert last_trade(option, SESSIONS) == new_york(day, time.fromisoformat(wall))


def test_beyond_the_calendar_the_last_trade_is_not_known():
    assert last_trade(an_option("SPY", date(2027, 6, 18)), SESSIONS) is None
