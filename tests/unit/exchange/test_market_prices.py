"""Underlyings of the model market: history, minutes, bars and closes tell one story."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Option, Right, Stock
from premia.domain.money import price
from premia.exchange.underlyings import checked_history, realised_volatility
from premia.exchange.underlyings_fund import fund_history, quarters, third_friday
from tests.unit.exchange.fixed_market import at
from tests.unit.exchange.model_market import a_market, calendar

DAY = 86_400
NOW = at("2024-02-05 11:00")


def test_daily_bars_are_the_history_itself():
    history = a_market().setup("STK").history
    row = history.days.index(date(2024, 2, 2))

    bar = a_market().bars(Stock("STK"), at("2024-02-02 16:00"), 1, DAY, "TRADES")[0]

    assert (bar.open, bar.high, bar.low, bar.close) == tuple(history.prices(row))
    assert bar.volume == int(history.volume[row])
    assert bar.at == at("2024-02-02 09:30")


@pytest.mark.parametrize("seconds", [60, 1800, 3600])
def test_short_bars_add_up_to_the_day(seconds):
    whole = a_market().bars(Stock("STK"), at("2024-02-02 16:00"), 1, DAY, "TRADES")[0]

    parts = a_market().bars(Stock("STK"), at("2024-02-02 16:00"), 1, seconds, "TRADES")

    assert len(parts) == -(-390 * 60 // seconds)
    assert (parts[0].open, parts[-1].close) == (whole.open, whole.close)
    assert max(bar.high for bar in parts) == whole.high
    assert min(bar.low for bar in parts) == whole.low


def test_the_bar_of_today_ends_with_the_present_price():
    bars = a_market().bars(Stock("FND"), NOW, 3, DAY, "TRADES")

    assert [bar.at.date() for bar in bars] == [date(2024, 2, 1), date(2024, 2, 2), date(2024, 2, 5)]
    assert bars[-1].close == round(a_market().spot("FND", NOW), 2)


def test_no_bar_starts_at_or_after_the_end_asked_for():
    bars = a_market().bars(Stock("FND"), NOW, 2, 1800, "TRADES")

    assert bars[-1].at == at("2024-02-05 10:30")
    assert all(bar.at < NOW for bar in bars)


def test_spot_ends_at_the_official_close_and_stays_there():
    close = a_market().close("FND", date(2024, 2, 2))

    for clock in ("2024-02-02 16:00", "2024-02-03 12:00", "2024-02-05 09:29"):
        assert round(Decimal(repr(a_market().spot("FND", at(clock)))), 2) == close
    assert a_market().previous_close(Stock("FND"), NOW) == close
    assert a_market().last(Stock("FND"), at("2024-02-04 12:00")) == close


def test_an_option_has_bars_between_its_bids_and_asks():
    put = Option("FND", date(2024, 3, 15), Decimal(round(a_market().spot("FND", NOW))), Right.PUT)

    bids, asks = (a_market().bars(put, NOW, 2, 1800, what) for what in ("BID", "ASK"))

    assert len(bids) == len(asks) == 13 + 3
    assert all(low.close < high.close for low, high in zip(bids, asks, strict=True))


def test_volatility_bars_hold_the_implied_and_the_realised_level():
    implied = a_market().bars(Stock("STK"), NOW, 30, DAY, "OPTION_IMPLIED_VOLATILITY")
    realised = a_market().bars(Stock("STK"), NOW, 30, DAY, "HISTORICAL_VOLATILITY")

    assert len(implied) == 30
    assert implied[-1].close == pytest.approx(a_market().iv30("STK", NOW))
    assert len(realised) == 29  # today has no close yet
    assert realised[-1].close == a_market().hv30("STK", NOW)


@pytest.mark.parametrize(
    ("contract", "seconds", "what"),
    [
        (Stock("STK"), DAY, "SCHEDULE"),
        (Stock("STK"), 90, "TRADES"),
        (Stock("STK"), 3600, "HISTORICAL_VOLATILITY"),
        (Option("STK", date(2024, 3, 15), price("80"), Right.PUT), DAY, "OPTION_IMPLIED_VOLATILITY"),
    ],
)
def test_history_that_nobody_keeps_is_refused(contract, seconds, what):
    with pytest.raises(MarketDataError):
        a_market().bars(contract, NOW, 2, seconds, what)


def test_implied_volatility_rises_when_the_price_falls_within_a_day():
    """Over all sessions, minute by minute, the level moves against the price."""
    tape = a_market().tape("FND")
    rows = range(260, 340)
    moves = []
    for row in rows:
        opens = tape.session(row).opens
        points = [tape.moment(opens + timedelta(minutes=30 * i)) for i in range(13)]
        spots = np.log([tape.spot_at(point) for point in points])
        levels = np.log([tape.vol_at(point) for point in points])
        moves.append(np.corrcoef(np.diff(spots), np.diff(levels))[0, 1])

    assert np.mean(moves) < -0.9


def test_the_level_of_a_close_is_the_history_own():
    tape = a_market().tape("STK")
    row = tape.row(date(2024, 2, 2))

    assert tape.vol_at(tape.moment(at("2024-02-02 16:00"))) == pytest.approx(tape.setup.history.vol[row])


def test_realised_volatility_is_the_deviation_of_daily_log_returns():
    """Returns of +1 % and -1 % in turn: standard deviation 1.0171 % a day (30 values), 16.146 % a year."""
    closes = 100.0 * np.exp(np.cumsum(np.tile([0.01, -0.01], 20)))

    values = realised_volatility(np.concatenate(([100.0], closes)), 30)

    assert np.isnan(values[:30]).all()
    assert values[30] == pytest.approx(0.01 * (30 / 29) ** 0.5 * 252**0.5)


def test_a_fund_collects_its_dividend_and_drops_by_it():
    """An index that stands still at 1000: the fund rises from 100.00 by the dividend, then falls back."""
    days = [one.day for one in calendar().between(date(2024, 1, 2), date(2024, 7, 31))]
    flat = np.full(len(days), 1000.0)
    index = checked_history("IDX", days, [flat, flat, flat, flat])

    fund, dividends = fund_history(
        index, quarters(calendar(), days[0], date(2024, 12, 31)), scale=0.1, dividend_yield=0.02
    )

    by_day = dict(zip(days, fund.close.tolist(), strict=True))
    ex = date(2024, 6, 21)
    assert [one.ex for one in dividends[:3]] == [date(2024, 3, 15), ex, date(2024, 9, 20)]
    assert dividends[1].amount == Decimal("0.5000")  # a quarter of 2 % of 100.00
    assert by_day[ex] == 100.0
    assert by_day[date(2024, 6, 20)] == pytest.approx(100.0 + 0.5 * 97 / 98, abs=0.005)
    assert dividends[1].pay == date(2024, 7, 31)
    assert dividends[1].declared == date(2024, 5, 31)


def test_third_fridays():
    assert [third_friday(2014, month) for month in (3, 6, 9, 12)] == [
        date(2014, 3, 21),
        date(2014, 6, 20),
        date(2014, 9, 19),
        date(2014, 12, 19),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"high": 99.0}, r"ABC 2024-01-03: open 100.0, high 99.0, .* the high must be the largest"),
        ({"low": -1.0}, r"ABC 2024-01-03: low is -1.0; a price above zero is needed"),
        ({"close": float("nan")}, r"ABC 2024-01-03: close is nan"),
        ({"vol": 18.0}, r"ABC 2024-01-03: implied volatility is 18.0; a fraction from 0.03 to 3.0"),
    ],
)
def test_a_number_that_cannot_be_a_price_is_refused_with_its_day(change, words):
    row = {"open": 100.0, "high": 101.0, "low": 99.5, "close": 100.5, "vol": 0.2} | change
    good = [100.0, 101.0, 99.5, 100.5]
    columns = [[first, row[name]] for name, first in zip(("open", "high", "low", "close"), good, strict=True)]

    with pytest.raises(MarketDataError, match=words):
        checked_history("ABC", [date(2024, 1, 2), date(2024, 1, 3)], columns, vol=[0.2, row["vol"]])


def test_days_that_do_not_ascend_are_refused():
    same = [[100.0, 100.0]] * 4
    with pytest.raises(MarketDataError, match="2024-01-02 follows 2024-01-03"):
        checked_history("ABC", [date(2024, 1, 3), date(2024, 1, 2)], same)


def test_an_index_settles_its_morning_class_at_the_opening():
    history = a_market().setup("IDX").history
    row = history.days.index(date(2024, 2, 16))

    assert float(a_market().settlement_value("IDX", date(2024, 2, 16))) == history.open[row]
    assert a_market().settlement_value("IDX", date(2024, 2, 17)) is None
    assert a_market().settlement_value("STK", date(2024, 2, 16)) is None
    assert a_market().underlier("IDX") == Index("IDX")
