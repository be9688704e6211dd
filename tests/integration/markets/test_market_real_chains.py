"""The recorded market and price files against real data, where that lies beside the checkout."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from premia.adapters.markets import price_file_market, recorded_market
from premia.domain.errors import MarketDataError
from premia.domain.instrument import Option, Right, Settlement, Style
from premia.domain.money import price
from premia.domain.quote import DataKind
from tests.real_data import real_data

CHAINS = "option_chains/spx_chain_2019-04-25_2019-06-28.parquet"


@pytest.fixture(scope="module")
def closes():
    table = pd.read_parquet(real_data("indices/spx_close_1990_2022.parquet"))
    table = table[table["date"] >= "2019-01-01"]
    return {"SPX": {day.date(): Decimal(repr(round(float(close), 2))) for day, close in table.to_numpy()}}


@pytest.fixture(scope="module")
def spx(closes):
    return recorded_market(real_data(CHAINS), closes)


def weekly(day: date, strike: str) -> Option:
    return Option(
        "SPX",
        day,
        price(strike),
        Right.PUT,
        trading_class="SPXW",
        style=Style.EUROPEAN,
        settlement=Settlement.CASH_PM,
    )


def test_every_tenth_thousandth_row_is_quoted_as_recorded(spx):
    table = pd.read_parquet(real_data(CHAINS)).iloc[::10_000]
    for row in table.itertuples():
        name = "" if row.root == "SPX" else row.root
        settlement = Settlement.CASH_AM if row.root == "SPX" else Settlement.CASH_PM
        option = Option(
            "SPX",
            row.expiry.date(),
            Decimal(repr(row.strike)),
            Right(row.right),
            trading_class=name,
            style=Style.EUROPEAN,
            settlement=settlement,
        )
        snapshot = next(one for one in spx.snapshots("SPX").all if one.day == row.date.date())
        quote = spx.quotes([option], snapshot.at)[0]
        expired = row.expiry.date() < snapshot.day or spx.last_trade(option) < snapshot.day
        assert expired or float(quote.bid or 0) == row.bid, option.key
        assert expired or float(quote.ask or 0) == row.ask, option.key
        assert spx.by_con_id(spx.terms(option).con_id) == option


def test_all_41_days_are_there_and_the_missing_ones_stand_frozen(spx):
    """2019-05-10 was not recorded: the quotes of the 9th stand."""
    session = spx.sessions.get(date(2019, 5, 10))
    option = weekly(date(2019, 5, 31), "2800")

    quote = spx.quotes([option], session.closes)[0]

    assert len(spx.snapshots("SPX").all) == 41
    assert quote.kind is DataKind.FROZEN
    assert quote.as_of.date() == date(2019, 5, 9)


def test_an_evening_class_settles_at_the_official_close_of_a_day_that_was_not_recorded(spx):
    """S&P 500 on 2019-05-10: 2881.40; a 2900 put is worth 18.60."""
    option = weekly(date(2019, 5, 10), "2900")

    assert spx.fair([option], spx.sessions.get(date(2019, 5, 10)).closes).tolist() == [18.6]


def test_without_given_closes_a_missing_day_cannot_settle():
    market = recorded_market(real_data(CHAINS))

    with pytest.raises(MarketDataError, match="official close of 2019-05-10"):
        market.close("SPX", date(2019, 5, 10))
    assert market.settlement_value("SPX", date(2019, 5, 17)) is None


def test_the_implied_level_of_a_recording_is_near_the_vix_as_usual(spx):
    """At-the-money volatility of 30 days is on average 0.867 of the VIX on these days; here 0.8 to 0.95."""
    vix = pd.read_parquet(real_data("indices/vix_daily_1990_2026.parquet")).set_index("date")["close"]
    ratios = [
        spx.iv30("SPX", one.at) / (float(vix[pd.Timestamp(one.day)]) / 100)
        for one in spx.snapshots("SPX").all
    ]

    assert 0.8 < np.mean(ratios) < 0.95


def test_a_real_split_divides_the_strikes(tmp_path):
    """Apple split 7:1 on 2014-06-09: 645.57 became 93.70, and the 650 strike 92.86."""
    table = pd.read_parquet(real_data("prices/lean_equity_daily_1998_2021.parquet"))
    table = table[
        (table["symbol"] == "AAPL") & (table["date"] >= "2013-06-03") & (table["date"] < "2014-09-02")
    ]
    table = table.drop(columns=["adj_factor", "adj_close"]).assign(
        split=np.where(table["date"] == "2014-06-09", 7, 0)
    )
    path = tmp_path / "aapl.csv"
    table.to_csv(path, index=False)

    market = price_file_market(path)
    before = market.sessions.get(date(2014, 6, 6)).closes
    after = market.sessions.get(date(2014, 6, 9)).closes

    assert (market.spot("AAPL", before), market.spot("AAPL", after)) == (645.57, 93.7)
    strikes = {strike for series in market.listed("AAPL", after).series for strike in series.strikes}
    assert Decimal("92.86") in strikes
    assert market.hv30("AAPL", after) < 0.3  # the split is no return
