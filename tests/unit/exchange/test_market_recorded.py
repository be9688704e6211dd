"""Recorded chains: quotes as they were saved, and nothing invented where nothing was."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Option, Right, Settlement, Stock, Style
from premia.domain.money import price
from premia.domain.quote import DataKind, Greeks
from premia.exchange.recorded import RecordedUnderlying
from premia.exchange.recorded_market import RecordedMarket
from premia.exchange.types_market import UnderlyingSettings
from premia.store.panel import Days, Rows, build
from tests.unit.exchange.fixed_market import at
from tests.unit.exchange.model_market import calendar

MONDAY, TUESDAY, THURSDAY = date(2024, 2, 5), date(2024, 2, 6), date(2024, 2, 8)
FRIDAY, THIRD = date(2024, 2, 9), date(2024, 2, 16)
SNAPSHOT = at("2024-02-05 15:45")
# day, class, expiry, strike, right, bid, ask, iv, delta
ROWS = [
    (MONDAY, "IDXW", FRIDAY, 4900.0, "P", 10.0, 10.5, 0.15, -0.2),
    (MONDAY, "IDXW", FRIDAY, 5000.0, "P", 0.0, 0.05, 0.0, 0.0),
    (MONDAY, "IDX", THIRD, 4900.0, "P", 30.2, 31.0, 0.16, -0.3),
    (MONDAY, "IDX", THIRD, 4900.0, "C", 80.0, 82.0, 0.16, 0.7),
    (TUESDAY, "IDX", THIRD, 4900.0, "P", 33.0, 34.0, 0.17, -0.33),
    (TUESDAY, "IDXW", FRIDAY, 4900.0, "P", 12.0, 12.8, 0.16, -0.25),
    (THURSDAY, "IDX", THIRD, 4900.0, "P", 20.0, 19.0, 0.14, -0.2),
]


PRICES = {MONDAY: 4950.0, TUESDAY: 4940.0, THURSDAY: 4990.0}


def unix(day):
    return day.toordinal() - date(1970, 1, 1).toordinal()


def column(rows, place, kind):
    return np.array([row[place] for row in rows]).astype(kind)


def money(rows, place):
    units = np.rint(column(rows, place, np.float64) * 10_000).astype(np.int32)
    return np.where(units > 0, units, -1).astype(np.int32)


def recording(contract=None, rows=ROWS, settlements=None, prices=PRICES):
    roots = tuple(sorted({row[1] for row in rows}))
    count = len(rows)
    days = sorted(prices)
    spot = np.array([round(prices[day] * 10_000) for day in days], dtype=np.int64)
    panel = build(
        (contract or Index("IDX")).symbol,
        "index",
        roots,
        Days(np.array([unix(day) for day in days], dtype=np.int32), np.zeros_like(spot), spot, spot),
        Rows(
            day=np.array([unix(row[0]) for row in rows], dtype=np.int32),
            expiry=np.array([unix(row[2]) for row in rows], dtype=np.int32),
            strike=money(rows, 3),
            right=np.array([1 if row[4] == "C" else -1 for row in rows], dtype=np.int8),
            root=np.array([roots.index(row[1]) for row in rows], dtype=np.int16),
            bid=money(rows, 5),
            ask=money(rows, 6),
            last=np.full(count, -1, dtype=np.int32),
            volume=np.full(count, 7, dtype=np.int32),
            open_interest=np.full(count, 120, dtype=np.int32),
            iv=column(rows, 7, np.float32),
            delta=column(rows, 8, np.float32),
        ),
    )
    return RecordedUnderlying(
        contract=contract or Index("IDX"),
        settings=UnderlyingSettings("Index (recorded)", "broad_index", "INDEX"),
        panel=panel,
        closes={date(2024, 2, 2): Decimal("4958.61"), MONDAY: Decimal("4951.00"), FRIDAY: Decimal("4890.00")},
        settlements=settlements or {},
    )


def a_market(**changes) -> RecordedMarket:
    return RecordedMarket([recording(**changes)], calendar())


def weekly(strike: str = "4900") -> Option:
    return Option(
        "IDX",
        FRIDAY,
        price(strike),
        Right.PUT,
        trading_class="IDXW",
        style=Style.EUROPEAN,
        settlement=Settlement.CASH_PM,
    )


def monthly(right: Right = Right.PUT) -> Option:
    return Option("IDX", THIRD, price("4900"), right, style=Style.EUROPEAN, settlement=Settlement.CASH_AM)


def test_quotes_are_the_recorded_ones():
    quotes = a_market().quotes([weekly(), monthly(), monthly(Right.CALL)], SNAPSHOT)

    assert [(quote.bid, quote.ask) for quote in quotes] == [
        (price("10"), price("10.5")),
        (price("30.2"), price("31")),
        (price("80"), price("82")),
    ]
    assert {(quote.as_of, quote.kind) for quote in quotes} == {(SNAPSHOT, DataKind.LIVE)}


def test_a_side_of_zero_is_no_side_and_a_crossed_pair_stays_crossed():
    empty = a_market().quotes([weekly("5000")], SNAPSHOT)[0]
    crossed = a_market().quotes([monthly()], at("2024-02-08 15:50"))[0]

    assert (empty.bid, empty.bid_size, empty.ask) == (None, 0, price("0.05"))
    assert (crossed.bid, crossed.ask) == (price("20"), price("19"))
    assert crossed.fault() == "crossed: bid 20 above ask 19"


def test_a_snapshot_is_live_until_the_close_and_stands_frozen_afterwards():
    """Wednesday was not recorded: Tuesday's quotes stand, and nothing may be traded on them."""
    kinds = {
        clock: a_market().quotes([monthly()], at(f"2024-02-{clock}"))[0].kind
        for clock in ("06 15:45", "06 15:59", "06 16:00", "07 15:50", "08 15:44", "08 15:45")
    }

    assert list(kinds.values()) == [DataKind.LIVE] * 2 + [DataKind.FROZEN] * 3 + [DataKind.LIVE]


def test_an_option_that_was_not_recorded_that_day_has_no_quote_but_keeps_its_last_value():
    when = at("2024-02-08 15:50")

    assert a_market().quotes([weekly()], when)[0].ask is None
    assert a_market().fair([weekly()], when).tolist() == [12.4]


def test_the_price_is_that_of_the_snapshot_and_after_the_close_the_official_one():
    market = a_market()

    assert market.spot("IDX", SNAPSHOT) == 4950.0
    assert market.spot("IDX", at("2024-02-05 16:00")) == 4951.0
    assert market.spot("IDX", at("2024-02-06 16:00")) == 4940.0  # no official close is known
    assert market.previous_close(Index("IDX"), SNAPSHOT) == Decimal("4958.61")


def test_what_settles_at_the_close_is_worth_the_official_close():
    """Closed at 4890.00: the 4900 put brings 10.00."""
    evening = at("2024-02-09 18:00")

    assert a_market().quotes([weekly()], evening)[0].ask is None
    assert a_market().fair([weekly()], evening).tolist() == [10.0]
    assert a_market().close("IDX", FRIDAY) == Decimal("4890.00")


def test_a_close_that_nobody_gave_is_an_error_that_says_what_to_give():
    with pytest.raises(MarketDataError, match=r"official close of 2024-02-07 .* Give it in `closes`"):
        a_market().close("IDX", date(2024, 2, 7))


def test_a_morning_settlement_needs_its_value_and_never_takes_the_close():
    """Opening value 4850.25: the 4900 put brings 49.75; without the value nothing is known."""
    assert a_market().settlement_value("IDX", THIRD) is None

    given = a_market(settlements={THIRD: Decimal("4850.25")})

    assert given.settlement_value("IDX", THIRD) == Decimal("4850.25")
    assert given.fair([monthly()], at("2024-02-16 10:00")).tolist() == [49.75]
    assert given.terms(monthly()).last_trade == date(2024, 2, 15)
    assert given.quotes([monthly()], at("2024-02-15 16:00"))[0].ask is None


def test_greeks_are_the_recorded_ones_and_none_where_volatility_was_not():
    known, unknown = a_market().greeks([weekly(), weekly("5000")], SNAPSHOT)

    assert (known.iv, known.delta, known.underlying) == (0.15, -0.2, 4950.0)
    assert known.gamma > 0
    assert known.vega > 0
    assert unknown == Greeks()


def test_a_stock_without_recorded_volatility_has_that_of_its_mid():
    rows = [(MONDAY, "STK", date(2024, 3, 15), 4900.0, "P", 60.0, 62.0, np.nan, np.nan)]
    put = Option("STK", date(2024, 3, 15), price("4900"), Right.PUT)

    greeks = a_market(contract=Stock("STK"), rows=rows).greeks([put], SNAPSHOT)[0]

    assert 0.05 < greeks.iv < 0.3
    assert -0.5 < greeks.delta < -0.2


def test_listings_are_those_of_the_snapshot_less_what_expired():
    market = a_market()

    assert [(one.expiry, one.trading_class) for one in market.listed("IDX", SNAPSHOT).series] == [
        (FRIDAY, "IDXW"),
        (THIRD, "IDX"),
    ]
    assert market.listed("IDX", SNAPSHOT).series[0].strikes == (Decimal(4900), Decimal(5000))
    assert market.is_listed(weekly(), SNAPSHOT)
    assert not market.is_listed(weekly("4905"), SNAPSHOT)
    assert [one.trading_class for one in market.listed("IDX", at("2024-02-12 10:00")).series] == ["IDX"]


def test_numbers_are_read_back():
    market = a_market()
    for option in (weekly(), weekly("5000"), monthly(), monthly(Right.CALL)):
        assert market.by_con_id(market.terms(option).con_id) == option
    assert market.by_con_id(market.terms(Index("IDX")).con_id) == Index("IDX")


def test_interest_volume_and_daily_bars_are_what_was_recorded():
    market = a_market()

    assert market.open_interest(weekly(), SNAPSHOT) == 120
    assert market.volume(weekly(), SNAPSHOT) == 7
    assert [bar.close for bar in market.bars(Index("IDX"), SNAPSHOT, 2, 86_400, "TRADES")] == [
        4958.61,
        4951.0,
    ]
    assert [bar.close for bar in market.bars(monthly(), at("2024-02-08 16:00"), 4, 86_400, "MIDPOINT")] == [
        30.6,
        33.5,
        19.5,
    ]
    with pytest.raises(MarketDataError, match="was not recorded"):
        market.bars(monthly(), SNAPSHOT, 1, 3600, "TRADES")


def test_before_the_recording_there_is_nothing():
    with pytest.raises(MarketDataError, match="the recording starts at 2024-02-05T20:45"):
        a_market().quotes([weekly()], at("2024-02-05 15:44"))


def test_rows_of_a_closed_day_or_a_day_without_a_price_are_refused():
    closed = [(date(2024, 3, 29), *ROWS[0][1:])]
    with pytest.raises(MarketDataError, match="rows for 2024-03-29, but the exchange was closed"):
        a_market(rows=closed, prices={date(2024, 3, 29): 4950.0})
    with pytest.raises(MarketDataError, match="rows for 2024-02-06, but no price"):
        a_market(prices=PRICES | {TUESDAY: -1.0})


def test_rows_are_found_in_whatever_order_they_came():
    quotes = a_market(rows=ROWS[::-1]).quotes([weekly()], SNAPSHOT)

    assert (quotes[0].bid, quotes[0].ask) == (price("10"), price("10.5"))


@pytest.mark.parametrize(
    ("value", "text"), [(4900.0, "4900"), (97.5, "97.5"), (92.86, "92.86"), (0.5, "0.5")]
)
def test_strikes_are_exact(value, text):
    rows = [(MONDAY, "IDXW", FRIDAY, value, "P", 10.0, 10.5, 0.15, -0.2)]

    strikes = a_market(rows=rows).listed("IDX", SNAPSHOT).series[0].strikes

    assert [format(strike, "f") for strike in strikes] == [text]
