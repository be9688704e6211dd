"""Invented underlyings: plausible, moving together, and the same for a longer path."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Option, Right, Stock
from premia.domain.money import price
from premia.exchange.scenarios import FileSeries, history_market, synthetic_market
from premia.exchange.stochastic import Kind, StockModel, invented, model_of
from premia.exchange.underlyings import checked_history
from premia.exchange.underlyings_fund import quarters
from tests.unit.exchange.fixed_market import at
from tests.unit.exchange.model_market import FUND, STOCK, a_market, calendar

FIRST, LAST = date(2023, 1, 2), date(2024, 12, 31)


def path(model: StockModel, last: date = LAST, seed: int = 1):
    days = tuple(session.day for session in calendar().between(FIRST, last))
    return invented(model, calendar(), days, quarters(calendar(), FIRST, date(2025, 12, 31)), seed)


def returns(setup) -> np.ndarray:
    return np.diff(np.log(setup.history.close))


def test_a_longer_path_begins_with_the_shorter_one():
    short, long = path(STOCK, date(2023, 12, 29)), path(STOCK)
    n = len(short.history.days)

    for column in ("open", "high", "low", "close", "vol"):
        assert np.array_equal(getattr(short.history, column), getattr(long.history, column)[:n])


def test_realised_volatility_is_near_the_one_asked_for():
    """Twenty stocks of 30 % without jumps over two years: the mean is within a tenth of 30 %."""
    models = [
        StockModel(symbol=f"S{i}", vol=0.30, earnings_move=0.0, dividend_yield=0.0, market=0.0)
        for i in range(20)
    ]

    realised = [returns(path(model)).std(ddof=1) * 252**0.5 for model in models]

    assert np.mean(realised) == pytest.approx(0.30, rel=0.1)


def test_falling_prices_raise_volatility():
    setup = path(FUND)

    assert np.corrcoef(returns(setup), np.diff(np.log(setup.history.vol)))[0, 1] < -0.4


def test_invented_symbols_share_one_market():
    """Correlation of two funds is the product of their correlations with the market: 0.9 x 0.9 = 0.81."""
    one, other = (
        StockModel(symbol=name, kind=Kind.FUND, market=0.9, earnings_move=0.0) for name in ("ONE", "TWO")
    )

    assert np.corrcoef(returns(path(one)), returns(path(other)))[0, 1] == pytest.approx(0.81, abs=0.08)


def test_a_stock_opens_lower_by_its_dividend():
    """Two paths that differ in the yield only: on the first ex-date one opens lower by the dividend."""
    rich = StockModel(symbol="DIV", dividend_yield=0.08, earnings_move=0.0)
    poor = StockModel(symbol="DIV", dividend_yield=0.0, earnings_move=0.0)
    paying, plain = path(rich), path(poor)
    first = paying.dividends[0]
    row = paying.history.days.index(first.ex)

    gap = plain.history.open[row] - paying.history.open[row]

    assert (
        first.amount
        == Decimal(round(float(paying.history.close[paying.history.days.index(first.declared) - 1]) * 2))
        / 100
    )
    assert gap == pytest.approx(float(first.amount), abs=0.011)
    assert plain.dividends == ()


def test_dividends_and_announcements_are_known_a_year_beyond_the_prices():
    setup = path(STOCK)

    assert setup.dividends[-1].ex > LAST + timedelta(days=300)
    assert setup.earnings[-1] > LAST + timedelta(days=200)
    assert all(one.declared < one.ex < one.pay for one in setup.dividends)


def test_a_stock_moves_more_on_the_morning_after_it_reports():
    """Eight reports with moves of 20 %: the openings after them beat all other overnight moves on average."""
    setup = path(StockModel(symbol="JMP", earnings_move=0.20, vol=0.2))
    history = setup.history
    nights = np.abs(np.log(history.open[1:] / history.close[:-1]))
    after = np.array([day in setup.earnings for day in history.days[:-1]])

    assert after.sum() == 8
    assert nights[after].mean() > 5 * nights[~after].mean()


def test_parameters_follow_from_symbol_and_seed():
    assert model_of("AAA", Kind.STOCK, 1) == model_of("AAA", Kind.STOCK, 1)
    assert model_of("AAA", Kind.STOCK, 1) != model_of("AAA", Kind.STOCK, 2)
    for name in ("AAA", "BBB", "CCC"):
        model = model_of(name, Kind.STOCK, 1)
        assert 30 <= model.price <= 400
        assert 0.18 <= model.vol <= 0.55


def test_a_market_that_ends_before_it_starts_is_refused():
    with pytest.raises(MarketDataError, match="Give an end after the start"):
        synthetic_market([STOCK], calendar(), date(2024, 2, 2), date(2024, 1, 2))


def still(days: list[date], vol: float | None = None, price: float = 50.0):
    flat = [price] * len(days)
    return checked_history("ABC", days, [flat] * 4, vol=None if vol is None else [vol] * len(days))


def days_without(missing: list[date]) -> list[date]:
    return [
        one.day for one in calendar().between(date(2024, 1, 2), date(2024, 3, 28)) if one.day not in missing
    ]


def test_a_missing_session_stands_still_at_the_close_before_it():
    gap = [date(2024, 2, 6), date(2024, 2, 7)]
    series = FileSeries("ABC", Kind.STOCK, still(days_without(gap), vol=0.3))

    market = history_market([series], calendar())

    assert market.spot("ABC", at("2024-02-06 12:00")) == 50.0
    assert market.volume(Stock("ABC"), at("2024-02-06 16:00")) == 0


def test_a_long_gap_is_refused_with_its_end():
    gap = [one.day for one in calendar().between(date(2024, 2, 5), date(2024, 2, 12))]

    with pytest.raises(
        MarketDataError, match=r"ABC: the history has no price for 6 sessions until 2024-02-12"
    ):
        history_market([FileSeries("ABC", Kind.STOCK, still(days_without(gap), vol=0.3))], calendar())


def test_prices_on_a_closed_day_are_refused():
    with pytest.raises(MarketDataError, match=r"prices for 2024-03-29, on which the exchange is closed"):
        history_market(
            [FileSeries("ABC", Kind.STOCK, still([date(2024, 3, 28), date(2024, 3, 29)]))], calendar()
        )


def test_unknown_implied_volatility_is_taken_from_realised_one_once_there_is_enough():
    days = days_without([])
    close = 50.0 * np.exp(np.cumsum(0.01 * np.tile([1.0, -1.0], len(days))[: len(days)]))
    series = FileSeries("ABC", Kind.FUND, checked_history("ABC", days, [close] * 4))

    market = history_market([series], calendar())

    early = calendar().get(days[10]).closes
    put = Option("ABC", date(2024, 3, 15), price("55"), Right.PUT)
    assert market.iv30("ABC", early) is None
    assert market.quotes([put], early)[0].ask is None
    assert market.fair([put], early)[0] == pytest.approx(55.0 - market.spot("ABC", early))
    assert market.iv30("ABC", calendar().get(days[25]).closes) == pytest.approx(1.1 * 0.01 * 252**0.5)
    assert market.settings("ABC").etf


def test_corporate_actions_of_a_file_reach_the_market():
    days = days_without([])
    series = FileSeries(
        "ABC",
        Kind.STOCK,
        still(days, vol=0.3),
        ((date(2024, 3, 15), Decimal("0.25")),),
        ((date(2024, 2, 1), 4),),
    )

    market = history_market([series], calendar())

    assert [(one.ex, one.amount, one.pay) for one in market.dividends("ABC")] == [
        (date(2024, 3, 15), Decimal("0.25"), date(2024, 4, 30))
    ]
    assert [(one.ex, one.numerator, one.denominator) for one in market.splits("ABC")] == [
        (date(2024, 2, 1), 4, 1)
    ]


def test_an_index_pays_and_reports_nothing():
    assert a_market().underlier("IDX") == Index("IDX")
    assert a_market().dividends("IDX") == ()
    assert a_market().earnings("IDX") == ()
