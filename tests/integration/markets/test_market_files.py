"""Markets from packages and files: what is shipped, what a user brings, and what is wrong with it."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from msgspec.structs import replace
from pyarrow import parquet

from premia.adapters.calendars import sessions
from premia.adapters.history_arch import sp500
from premia.adapters.markets import (
    file_market,
    invented_market,
    price_file_market,
    recorded_market,
    sp500_market,
)
from premia.adapters.price_files import read_prices
from premia.bootstrap.gateway import GatewayWish, opening_of
from premia.domain.dates import NEW_YORK
from premia.domain.errors import MarketDataError, SourceUnavailable
from premia.domain.instrument import Option, Right, Settlement, Stock, Style
from premia.domain.money import price
from premia.exchange.market import Market
from premia.exchange.recorded_market import RecordedMarket
from premia.exchange.stochastic import Kind


@pytest.fixture(scope="module")
def shipped():
    return sp500_market(seed=1)


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def test_the_shipped_history_is_the_s_and_p_500_with_the_vix():
    """Public record: on 2018-12-24 the S&P 500 closed at 2351.10 and the VIX at 36.07."""
    history = sp500()
    row = history.days.index(date(2018, 12, 24))

    assert round(float(history.close[row]), 2) == 2351.10
    assert history.vol[row] == pytest.approx(0.3607)
    assert (history.days[0], history.days[-1]) == (date(2012, 1, 3), date(2018, 12, 31))


def test_history_outside_what_is_shipped_is_refused():
    with pytest.raises(SourceUnavailable, match="covers 1999-2018"):
        sp500(date(2019, 1, 2), date(2019, 12, 31))


def test_the_fund_trades_at_a_tenth_of_the_index_plus_what_it_has_collected(shipped):
    """2351.10 / 10 plus 3 of 84 days of the dividend that goes ex in March."""
    close = shipped.close("SPTEN", date(2018, 12, 24))

    ahead = next(one for one in shipped.dividends("SPTEN") if one.ex > date(2018, 12, 24))
    assert close == pytest.approx(Decimal("235.11") + ahead.amount * 3 / 84, abs=Decimal("0.01"))
    assert "simulated" in shipped.terms(Stock("SPTEN")).long_name


def test_every_ex_date_of_the_fund_is_a_third_friday_or_the_session_before(shipped):
    """In April 2014 Good Friday was the third Friday; ex-months have none such, so all are Fridays."""
    dividends = shipped.dividends("SPTEN")

    assert {one.ex.weekday() for one in dividends} == {4}
    assert len([one for one in dividends if 2014 <= one.ex.year <= 2018]) == 20
    total = sum(float(one.amount) for one in dividends if one.ex.year == 2018)
    assert total / float(shipped.close("SPTEN", date(2018, 6, 29))) == pytest.approx(0.019, abs=0.001)


def test_options_of_the_fund_are_quoted_on_every_session_of_five_years(shipped):
    for year in range(2014, 2019):
        for session in shipped.sessions.between(date(year, 1, 3), date(year, 12, 31))[::25]:
            when = session.opens + timedelta(hours=2)
            spot = shipped.spot("SPTEN", when)
            series = next(
                one for one in shipped.listed("SPTEN", when).series if (one.expiry - session.day).days >= 28
            )
            strikes = [strike for strike in series.strikes if 0.9 * spot < strike < 1.1 * spot]
            options = [Option("SPTEN", series.expiry, strike, right) for strike in strikes for right in Right]
            quotes = shipped.quotes(options, when)
            assert len(options) >= 50
            assert all(quote.ask is not None for quote in quotes)
            assert all(quote.bid is None or quote.bid < quote.ask for quote in quotes)


def test_at_the_money_volatility_is_a_fixed_part_of_the_vix(shipped):
    """VIX 36.07 at the close of 2018-12-24, an early one at 13:00, times 0.867."""
    assert shipped.iv30("SPTEN", new_york("2018-12-24 13:00")) == pytest.approx(0.867 * 0.3607)


def test_early_closes_end_the_day_at_one(shipped):
    session = shipped.sessions.get(date(2018, 12, 24))

    assert session.early
    assert session.closes == new_york("2018-12-24 13:00")
    assert shipped.tape("SPTEN").path(shipped.tape("SPTEN").row(session.day)).size == 211


def test_calendars_know_the_holidays_and_refuse_unknown_exchanges():
    days = [one.day for one in sessions("XNYS", date(2014, 4, 14), date(2014, 4, 21))]

    assert date(2014, 4, 18) not in days  # Good Friday
    assert len(days) == 5
    with pytest.raises(SourceUnavailable, match="No calendar of NOWHERE"):
        sessions("NOWHERE", date(2014, 4, 14), date(2014, 4, 21))


def test_an_invented_market_starts_on_any_day_also_in_the_future():
    market = invented_market(["AAA", "BBB:fund", "CCC:index"], date(2026, 11, 23), seed=3)
    when = new_york("2026-11-23 10:00")

    assert [market.terms(market.underlier(symbol)).kind for symbol in market.symbols] == [
        "COMMON",
        "ETF",
        "INDEX",
    ]
    assert all(market.spot(symbol, when) > 0 for symbol in market.symbols)
    assert len(market.listed("AAA", when).series) > 15


@pytest.mark.parametrize("symbols", [["AAA:bond"], [":fund"], ["AAA", "AAA"]])
def test_underlyings_that_cannot_be_invented_are_refused(symbols):
    with pytest.raises(MarketDataError):
        invented_market(symbols, date(2026, 11, 23))


HEADER = "date,open,high,low,close,volume\n"
ROWS = "2024-02-05,100,101,99,100.5,1000\n2024-02-06,100.5,102,100,101.5,2000\n"


def write(folder: Path, text: str, name: str = "abc.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_prices_becomes_a_market(tmp_path):
    market = price_file_market(write(tmp_path, HEADER + ROWS), kinds={"ABC": Kind.FUND})

    assert market.symbols == ("ABC",)
    assert market.close("ABC", date(2024, 2, 6)) == Decimal("101.50")
    assert market.settings("ABC").etf


def test_rows_may_come_in_any_order_and_columns_in_any_case(tmp_path):
    text = "Close,DATE,Low,High,Open,Note\n101.5,20240206,100,102,100.5,x\n100.5,2024-02-05,99,101,100,y\n"

    series = read_prices(write(tmp_path, text))[0]

    assert series.history.days == (date(2024, 2, 5), date(2024, 2, 6))
    assert series.history.close.tolist() == [100.5, 101.5]


def test_parquet_and_csv_read_alike(tmp_path):
    columns = {
        "date": [date(2024, 2, 5), date(2024, 2, 6)],
        "open": [100.0, 100.5],
        "high": [101.0, 102.0],
        "low": [99.0, 100.0],
        "close": [100.5, 101.5],
        "volume": [1000, 2000],
    }
    path = tmp_path / "abc.parquet"
    parquet.write_table(pa.table(columns), path)

    one, other = read_prices(path)[0], read_prices(write(tmp_path, HEADER + ROWS))[0]

    assert (one.symbol, one.history.days) == (other.symbol, other.history.days)
    assert [getattr(one.history, name).tolist() for name in ("open", "close", "volume")] == [
        getattr(other.history, name).tolist() for name in ("open", "close", "volume")
    ]


def test_dividends_splits_and_several_symbols_are_read(tmp_path):
    text = (
        "date,symbol,open,high,low,close,dividend,split\n"
        "2024-02-05,AAA,100,101,99,100,,\n2024-02-06,AAA,25,26,24,25,0.25,4\n2024-02-05,BBB,7,8,6,7,,\n"
    )

    first, second = read_prices(write(tmp_path, text))

    assert (first.symbol, second.symbol) == ("AAA", "BBB")
    assert first.dividends == ((date(2024, 2, 6), Decimal("0.25")),)
    assert first.splits == ((date(2024, 2, 6), 4),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,open,high,low\n", "column close is missing; it has date, open, high, low"),
        (HEADER + "05.02.2024,1,1,1,1,1\n", r"row 1: date is '05.02.2024'; write it as 2014-01-31"),
        (HEADER + "2024-02-05,1,1,one,1,1\n", r"row 1: low is 'one'; a number is needed"),
        (HEADER + "2024-02-05,1,,1,1,1\n", r"ABC 2024-02-05: high is nan; a price above zero is needed"),
        (HEADER + "2024-02-05,5,4,3,4,1\n", r"ABC 2024-02-05: open 5.0, high 4.0"),
        (HEADER + ROWS + ROWS, r"ABC: 2024-02-05 follows 2024-02-05"),
        (HEADER, r"no row of prices was found"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_and_the_need(tmp_path, text, words):
    with pytest.raises(MarketDataError, match=words):
        price_file_market(write(tmp_path, text))


def test_a_split_of_three_for_two_is_refused_when_the_file_is_read(tmp_path):
    text = "date,open,high,low,close,split\n2024-02-05,1,1,1,1,1.5\n"
    with pytest.raises(MarketDataError, match=r"the split on 2024-02-05 is 1\.5"):
        read_prices(write(tmp_path, text))


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(SourceUnavailable, match="is no file"):
        read_prices(tmp_path / "none.csv")
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        read_prices(write(tmp_path, "not parquet", "abc.parquet"))
    with pytest.raises(SourceUnavailable, match=r"ends in '.xlsx'"):
        read_prices(write(tmp_path, HEADER, "abc.xlsx"))


def chain_table(**changes):
    columns = {
        "date": [datetime(2024, 2, 5)] * 2,  # noqa: DTZ001 - recorded midnights have no zone
        "underlying": ["IDX"] * 2,
        "underlying_price": [4950.0] * 2,
        "expiry": [datetime(2024, 2, 9)] * 2,  # noqa: DTZ001 - as above
        "strike": [4900.0, 5000.0],
        "right": ["P", "C"],
        "bid": [10.0, 0.0],
        "ask": [10.5, 0.05],
    } | changes
    return pa.table({name: values for name, values in columns.items() if values is not None})


def test_recorded_chains_need_their_columns(tmp_path):
    path = tmp_path / "chains.parquet"
    parquet.write_table(chain_table(bid=None), path)

    with pytest.raises(MarketDataError, match="column bid is missing"):
        recorded_market(path)
    with pytest.raises(SourceUnavailable, match="is no file"):
        recorded_market(tmp_path / "none.parquet")


def test_a_recording_without_classes_or_volatility_is_a_market_too(tmp_path):
    path = tmp_path / "chains.parquet"
    parquet.write_table(chain_table(), path)

    market = recorded_market(path)
    put = Option("IDX", date(2024, 2, 9), price("4900"), Right.PUT)

    quote = market.quotes([put], new_york("2024-02-05 15:45"))[0]
    assert (quote.bid, quote.ask) == (price("10"), price("10.5"))
    assert market.close("IDX", date(2024, 2, 5)) == Decimal("4950.0")


def test_a_file_says_itself_whether_it_holds_chains_or_prices(tmp_path):
    path = tmp_path / "chains.parquet"
    parquet.write_table(chain_table(), path)

    recorded, day = file_market(path)
    assert isinstance(recorded, RecordedMarket)
    assert recorded.listed("IDX", new_york(f"{day} 15:45")).series, "the first day has chains"
    assert isinstance(file_market(write(tmp_path, HEADER + ROWS)).market, Market)
    with pytest.raises(SourceUnavailable, match="is no file"):
        file_market(tmp_path / "none.parquet")


def test_an_index_of_cboe_settles_in_cash(tmp_path):
    path = tmp_path / "chains.parquet"
    parquet.write_table(chain_table(underlying=["SPX"] * 2, root=["SPXW"] * 2), path)

    series = recorded_market(path).listed("SPX", new_york("2024-02-05 15:45")).series[0]

    assert (series.trading_class, series.style, series.settlement) == (
        "SPXW",
        Style.EUROPEAN,
        Settlement.CASH_PM,
    )


def test_a_gateway_on_a_file_starts_on_the_files_first_day_and_names_its_days_when_asked_for_another(
    tmp_path,
):
    path = tmp_path / "chains.parquet"
    parquet.write_table(chain_table(), path)
    wish = GatewayWish(market=str(path), starts=time(15, 45))

    opening = opening_of(wish)

    assert opening.at == new_york("2024-02-05 15:45")
    with pytest.raises(
        MarketDataError, match=r"starts on 2014-01-03, which .* does not cover: it knows 2023"
    ):
        opening_of(replace(wish, first=date(2014, 1, 3)))


def test_the_shipped_market_starts_with_its_first_quoted_options():
    assert opening_of(GatewayWish()).at == new_york("2014-01-03 08:30")
