"""Importers: each format into a store, every row accounted for."""

import math
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from premia.adapters import calendars
from premia.adapters.event_files import read_events
from premia.bootstrap.data_import import FORMATS, Wanted, import_chains
from premia.domain.dates import NEW_YORK
from premia.domain.errors import ConfigError, MarketDataError, NotAllowed, SourceUnavailable
from premia.domain.instrument import Right
from premia.exchange.rates import short_rate
from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms
from premia.store.events import CashDividend, EarlyClose, Earnings, OfficialClose, ShareSplit, SymbolChange
from premia.store.forms import readings
from premia.store.open import open_store
from premia.store.quality import DROPPED, SUSPICIOUS
from tests.real_data import real_data

CHAINS = "option_chains/"
STOCKS = ("AAPL", "AMZN", "GOOG", "JPM", "LLY", "META", "NFLX", "NVDA", "PLTR", "TSM")
EPOCH = date(1970, 1, 1)
HEADER = "date,underlying,underlying_price,expiry,strike,right,bid,ask,last,volume,open_interest,iv,delta"
ROW = "{day},ABC,100.00,2024-02-16,{strike},{right},{bid},{ask},1.0,5,10,0.25,-0.3"


def days_since(day):
    return (day - EPOCH).days


def a_row(day="2024-01-08", strike="95", right="P", bid="1.00", ask="1.10"):
    return ROW.format(day=day, strike=strike, right=right, bid=bid, ask=ask)


def a_file(tmp_path, *lines, name="abc.csv", header=HEADER):
    path = tmp_path / name
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return path


def imported(tmp_path, *files, form="premia", **more):
    """The store and the report of its only symbol."""
    found = import_chains(Wanted(form, files, **more), tmp_path / "store")
    return open_store(tmp_path / "store"), found.reports[0]


def quote(panel, day, expiry, strike, right=Right.PUT):
    row = panel.row(panel.day_number(day), days_since(expiry), 0, right, round(strike * 10_000))
    return panel.quotes[row]


def test_every_row_is_kept_or_dropped_for_a_reason(tmp_path):
    """One row of each kind that cannot be used, and three that can."""
    path = a_file(
        tmp_path,
        a_row(),
        a_row(right="C"),
        a_row(strike="90", bid="", ask="0"),
        a_row(day=""),
        a_row(strike=""),
        a_row(strike="0"),
        a_row(right="?"),
        a_row(day="2024-02-20"),
        a_row(bid="300000"),
        a_row(day="2024-01-06"),  # a Saturday
        a_row(day="2024-01-15"),  # Martin Luther King Day
        a_row(bid="9.99"),  # the first row's contract again
        a_row().replace("2024-02-16", ""),
    )

    store, report = imported(tmp_path, path)

    assert (report.read, report.kept) == (13, 3)
    assert report.dropped == {
        "no_day": 1,
        "no_expiry": 1,
        "no_strike": 2,
        "no_right": 1,
        "expired": 1,
        "beyond_columns": 1,
        "no_session": 2,
        "duplicate": 1,
    }
    assert report.read == report.kept + sum(report.dropped.values())
    assert set(report.dropped) | {"copied_day"} == set(DROPPED)
    assert quote(store.panel("ABC"), date(2024, 1, 8), date(2024, 2, 16), 95)["bid"] == 10_000
    assert quote(store.panel("ABC"), date(2024, 1, 8), date(2024, 2, 16), 90)["ask"] == -1


def test_a_day_saved_twice_is_dropped_and_one_that_only_resembles_it_is_kept(tmp_path):
    """A chain saved once more on the next day is that day's absence, not its market."""
    chain = [a_row(strike=str(strike), bid=str(strike / 100)) for strike in range(50, 110)]
    copied = [row.replace("2024-01-08", "2024-01-09") for row in chain]
    altered = [row.replace("2024-01-08", "2024-01-10") for row in chain[:-1]]
    altered.append(a_row(day="2024-01-10", strike="109", bid="1.08"))

    _, report = imported(tmp_path, a_file(tmp_path, *chain, *copied, *altered))

    assert report.dropped == {"copied_day": 60}
    assert report.days == 2
    assert report.missing == (date(2024, 1, 9),)


def test_a_copy_is_found_across_files(tmp_path):
    chain = [a_row(strike=str(strike)) for strike in range(50, 110)]
    first = a_file(tmp_path, *chain, name="a.csv")
    second = a_file(tmp_path, *(row.replace("2024-01-08", "2024-01-09") for row in chain), name="b.csv")

    _, report = imported(tmp_path, first, second)

    assert report.dropped == {"copied_day": 60}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("no_quote", [a_row(bid="", ask="")]),
        ("zero_bid", [a_row(bid="0", ask="0.05")]),
        ("one_sided", [a_row(ask="")]),
        ("crossed", [a_row(bid="1.20")]),
        ("locked", [a_row(bid="1.10")]),
        ("stale", [a_row(), a_row(day="2024-01-09").replace(",100.00,", ",101.00,")]),
        ("vertical", [a_row(), a_row(strike="100", bid="0.80", ask="0.95")]),
        ("vertical", [a_row(), a_row(strike="100", bid="6.20", ask="6.30")]),
        (
            "butterfly",
            [a_row(), a_row(strike="100", bid="3.2", ask="3.3"), a_row(strike="105", bid="5.1", ask="5.2")],
        ),
        ("gaps", [a_row(), a_row(day="2024-01-09", strike="90"), a_row(day="2024-01-10", bid="0.9")]),
        (
            "vanished",
            [a_row(), a_row(day="2024-02-15", strike="90"), a_row(day="2024-02-16", strike="90", bid="1.02")],
        ),
        ("no_iv", [a_row(bid="120", ask="121").replace("0.25,-0.3", ",")]),
        ("jumps", [a_row(), a_row(day="2024-01-09", bid="0.9").replace(",100.00,", ",60.00,")]),
    ],
)
def test_what_looks_wrong_is_kept_and_counted(tmp_path, name, rows):
    _, report = imported(tmp_path, a_file(tmp_path, *rows))

    assert report.kept == len(rows)
    assert set(report.suspicious) == set(SUSPICIOUS)
    assert {key for key, count in report.suspicious.items() if count} == {name}
    assert report.suspicious[name] == 1


def test_pairs_that_contradict_the_rest_of_their_expiry_are_counted(tmp_path):
    """Put and call at 95, 100 and 105 say a forward of 100, those at 110 one of 120."""
    worth = {95: (1, 6), 100: (3, 3), 105: (6, 1), 110: (1, 11)}
    rows = [
        a_row(strike=str(strike), right=right, bid=str(value), ask=f"{value + 0.1:.1f}")
        for strike, values in worth.items()
        for right, value in zip("PC", values, strict=True)
    ]

    _, report = imported(tmp_path, a_file(tmp_path, *rows))

    assert report.suspicious["parity"] == 1


def test_what_the_source_lacks_is_computed_and_counted(tmp_path):
    """A mid of a known volatility leads back to it; its delta follows."""
    expiry, day, spot = date(2024, 2, 16), date(2024, 1, 8), 100.0
    left = (expiry - day).days / 365
    value = float(black_scholes.value(OptionTerms(105.0, left, 1.0), Carry(spot, short_rate(day)), 0.3)[0])
    bare = a_row(strike="105", right="C", bid=f"{value - 0.05:.4f}", ask=f"{value + 0.05:.4f}")
    put = a_row(strike="95", bid="1.50", ask="1.60")

    store, report = imported(
        tmp_path, a_file(tmp_path, *(row.replace("0.25,-0.3", ",") for row in (bare, put)))
    )

    panel = store.panel("ABC")
    assert report.filled == {"iv": 2, "delta": 2}
    row = panel.row(0, days_since(expiry), 0, Right.CALL, 1_050_000)
    assert panel.iv[row] == pytest.approx(0.3, abs=2e-3)
    assert 0.2 < panel.quotes["delta"][row] < 0.5
    assert quote(panel, day, expiry, 95)["delta"] == pytest.approx(-0.3, abs=0.1)


def test_a_snapshot_stands_a_quarter_of_an_hour_before_its_days_own_close(tmp_path):
    """15:45 in New York, and 12:45 on the day after Thanksgiving."""
    days = ("2025-11-26", "2025-11-28")
    rows = [a_row(day=day).replace("2024-02-16", "2025-12-19") for day in days]

    store, _ = imported(tmp_path, a_file(tmp_path, *rows))

    at = [datetime.fromtimestamp(one / 1e6, NEW_YORK) for one in store.panel("ABC").days.at.tolist()]
    assert [f"{one:%Y-%m-%d %H:%M}" for one in at] == ["2025-11-26 15:45", "2025-11-28 12:45"]


def test_a_spot_that_the_source_lacks_follows_from_put_and_call(tmp_path):
    """Put and call at 100 with mids of 3.00 and 4.00, 39 days at 5.4 %: the spot is near 100.42."""
    header = HEADER.replace("underlying_price,", "")
    rows = [
        a_row(strike="100", right="P", bid="2.95", ask="3.05"),
        a_row(strike="100", right="C", bid="3.95", ask="4.05"),
    ]

    store, report = imported(
        tmp_path, a_file(tmp_path, *(row.replace(",100.00", "") for row in rows), header=header)
    )

    assert report.filled["spot of days"] == 1
    assert store.panel("ABC").days.spot[0] / 10_000 == pytest.approx(100.42, abs=0.01)
    assert report.suspicious["no_spot"] == 0


def test_a_large_file_is_read_in_parts_whose_days_are_whole(tmp_path):
    """However the rows fall into parts, each day of a symbol comes at once and nothing is lost."""
    days = [date(2024, 1, 8) + timedelta(days=n) for n in range(5)]
    rows = [a_row(day=day, strike=str(strike)) for day in days for strike in range(80, 100)]
    table = pa.table(
        {"date": [row.split(",")[0] for row in rows], "strike": [row.split(",")[4] for row in rows]}
    )
    for name, at in (("underlying", 1), ("expiry", 3), ("right", 5), ("bid", 6), ("ask", 7)):
        table = table.append_column(name, [[row.split(",")[at] for row in rows]])
    path = tmp_path / "abc.parquet"
    parquet.write_table(table, path, row_group_size=7)
    form = __import__("premia.adapters.chains_house", fromlist=["FORM"]).FORM

    parts = list(readings(form, path, rows=25))

    assert len(parts) > 3
    assert sum(part.day.size for part in parts) == 100
    seen = [set(part.day.tolist()) for part in parts]
    assert sum(len(one) for one in seen) == 5


def test_files_out_of_order_are_refused_and_leave_nothing(tmp_path):
    late = a_file(tmp_path, a_row(day="2024-01-09"), name="late.csv")
    early = a_file(tmp_path, a_row(), name="early.csv")

    with pytest.raises(MarketDataError, match="2024-01-08 does not follow 2024-01-09"):
        imported(tmp_path, late, early)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (lambda p: Wanted("premia", [p / "none.csv"]), SourceUnavailable, "none.csv is no file"),
        (lambda p: Wanted("other", [a_file(p, a_row())]), ConfigError, "Formats are premia, cboe"),
        (
            lambda p: Wanted("premia", [a_file(p, "1", header="date")]),
            MarketDataError,
            "no column for expiry",
        ),
        (lambda p: Wanted("premia", [a_file(p, a_row(strike="x"))]), MarketDataError, "column strike cannot"),
        (lambda p: Wanted("premia", [a_file(p, a_row(day="8.1.24"))]), MarketDataError, "column date cannot"),
        (lambda p: Wanted("premia", [a_file(p, a_row(day="2024-01-06"))]), MarketDataError, "no_session 1"),
        (lambda p: Wanted("mapped", [a_file(p, a_row())]), ConfigError, "needs --mapping"),
        (lambda p: Wanted("cboe", [a_file(p, a_row())], mapping=p), ConfigError, "has its own columns"),
    ],
)
def test_what_cannot_be_imported_is_told_and_leaves_nothing(tmp_path, make, error, told):
    with pytest.raises(error, match=told):
        import_chains(make(tmp_path), tmp_path / "store")
    assert not [path for path in tmp_path.iterdir() if "store" in path.name]


def test_an_existing_store_is_not_touched(tmp_path):
    path = a_file(tmp_path, a_row())
    digest = imported(tmp_path, path)[0].digest

    with pytest.raises(NotAllowed, match="exists already"):
        imported(tmp_path, path)

    assert open_store(tmp_path / "store").digest == digest


def test_a_mapping_names_the_columns_of_any_table(tmp_path):
    path = a_file(
        tmp_path,
        "08.01.2024,16.02.2024,95.5,Put,1.25,1.35",
        header="Day,Expires,Strike,Type,BestBid,BestAsk",
        name="xyz_2024.csv",
    )
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'name = "mine"\nday = "Day"\nexpiry = "Expires"\nstrike = "Strike"\nright = "Type"\nbid = "BestBid"\n'
        'ask = ["Ask", "BestAsk"]\ndates = "%d.%m.%Y"\nputs = "Put"\n',
        encoding="utf-8",
    )

    store, report = imported(tmp_path, path, form="mapped", mapping=mapping)

    assert store.symbols == ("XYZ",)
    assert report.kept == 1
    found = quote(store.panel("XYZ"), date(2024, 1, 8), date(2024, 2, 16), 95.5)
    assert (found["bid"], found["ask"]) == (12_500, 13_500)
    assert store.sources[0].form == "mine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("day = 1", "expiry, strike, right is not named"),
        ("day = ", "is no TOML"),
        ('day="a"\nexpiry="b"\nstrike="c"\nright="d"\nbids="e"', "bids"),
    ],
)
def test_a_mapping_that_says_nothing_useful_is_refused(tmp_path, text, told):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=told):
        imported(tmp_path, a_file(tmp_path, a_row()), form="mapped", mapping=mapping)


def test_optionsdx_rows_hold_call_and_put(tmp_path):
    """Its brackets, blanks and side-by-side columns; the ticker is in the file's name."""
    header = (
        "[QUOTE_DATE], [UNDERLYING_LAST], [EXPIRE_DATE], [DTE], [C_DELTA], [C_IV], [C_VOLUME], [C_LAST], "
        "[C_BID], [C_ASK], [STRIKE], [P_BID], [P_ASK], [P_LAST], [P_DELTA], [P_IV], [P_VOLUME]"
    )
    rows = [
        (
            " 2024-01-08, 4763.54, 2024-02-16, 39, 0.61, 0.12, 10, 120.0, 119.5, 120.5, "
            "4700, 40.1, 40.6, 40.3, -0.39, 0.13, 7"
        ),
        " 2024-01-08, 4763.54, 2024-02-16, 39, , , , , , , 4705, 41.1, 41.6, , -0.40, 0.13, ",
    ]

    store, report = imported(
        tmp_path, a_file(tmp_path, *rows, name="spx_eod_202401.txt", header=header), form="optionsdx"
    )

    panel = store.panel("SPX")
    assert (report.read, report.kept, panel.kind) == (3, 3, "index")
    put = quote(panel, date(2024, 1, 8), date(2024, 2, 16), 4700)
    call = quote(panel, date(2024, 1, 8), date(2024, 2, 16), 4700, Right.CALL)
    assert put.tolist() == (47_000_000, 401_000, 406_000, pytest.approx(-0.39))
    assert call.tolist() == (47_000_000, 1_195_000, 1_205_000, pytest.approx(0.61))
    assert panel.volume.tolist() == [7, -1, 10]
    assert panel.days.spot.tolist() == [47_635_400]


def test_philippdubach_files_need_no_price_of_the_underlying(tmp_path):
    """Its documented columns; closes come from events, spots from put and call."""
    common = {"symbol": "SPY", "expiration": date(2024, 2, 16), "date": date(2024, 1, 8), "volume": 5}
    rows = [
        {
            **common,
            "contract_id": f"SPY240216{side[0].upper()}00475000",
            "strike": 475.0,
            "type": side,
            "bid": bid,
            "ask": bid + 0.02,
            "open_interest": 9,
            "implied_volatility": 0.12,
            "delta": delta,
            "gamma": 0.01,
            "theta": -0.1,
            "vega": 0.6,
            "rho": 0.1,
        }
        for side, bid, delta in (("call", 8.0, 0.5), ("put", 7.0, -0.5))
    ]
    path = tmp_path / "spy_2024.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), path)
    events = tmp_path / "events.csv"
    events.write_text("kind,symbol,date,amount\nclose,SPY,2024-01-08,474.60\n", encoding="utf-8")

    store, report = imported(tmp_path, path, form="philippdubach", events=[events])

    panel = store.panel("SPY")
    assert panel.kind == "fund"
    assert report.filled == {"spot of days": 1}
    assert panel.days.close.tolist() == [4_746_000]
    assert panel.days.spot[0] / 10_000 == pytest.approx(
        475 * math.exp(-short_rate(date(2024, 1, 8)) * 39 / 365) + 1.0
    )


def test_events_of_every_kind_are_read(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "kind,symbol,date,amount,to,pay,declared,when\n"
        "split,AAPL,2014-06-09,6.999997,,,,\n"
        "split,XYZ,2014-06-09,0.1,,,,\n"
        "dividend,AAPL,2014-08-07,0.47,,2014-08-14,2014-07-22,\n"
        "symbol,FB,2022-06-09,,META,,,\n"
        "symbol,GOOG,2014-04-03,,,,,\n"
        "delisting,TWTR,2022-10-27,54.20,,,,\n"
        "early_close,,2025-11-28,,,,,\n"
        "settlement,SPX,2019-05-17,2857.31,,,,\n"
        "close,SPX,2019-05-17,2859.53,,,,\n"
        "earnings,AAPL,2014-07-22,,,,,after\n",
        encoding="utf-8",
    )

    events = read_events(path)

    assert events.splits == (
        ShareSplit("AAPL", date(2014, 6, 9), 7, 1),
        ShareSplit("XYZ", date(2014, 6, 9), 1, 10),
    )
    assert events.dividends == (
        CashDividend("AAPL", date(2014, 8, 7), Decimal("0.47"), date(2014, 8, 14), date(2014, 7, 22)),
    )
    assert SymbolChange("FB", date(2022, 6, 9), "META") in events.symbol_changes
    assert events.delistings[0].value == Decimal("54.2")
    assert events.early_closes == (EarlyClose(date(2025, 11, 28), "13:00"),)
    assert events.settlements[0].value == Decimal("2857.31")
    assert events.closes == (OfficialClose("SPX", date(2019, 5, 17), Decimal("2859.53")),)
    assert events.earnings == (Earnings("AAPL", date(2014, 7, 22), "after"),)
    assert events.count == 10


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("merger,A,2024-01-08,1", "row 2: 'merger' is no kind of event"),
        ("split,A,,1", "row 2: the split has no date"),
        ("split,A,2024-01-08,", "row 2: the split has the amount none; write one above zero"),
        ("dividend,A,2024-01-08,-1", "has the amount -1.0"),
        ("close,,2024-01-08,1", "names no symbol"),
    ],
)
def test_an_event_that_cannot_be_read_is_named_by_its_row(tmp_path, row, told):
    path = tmp_path / "events.csv"
    path.write_text(f"kind,symbol,date,amount\n{row}\n", encoding="utf-8")

    with pytest.raises(MarketDataError, match=told):
        read_events(path)


def test_recorded_splits_dividends_and_earnings_are_read():
    lean = read_events(real_data("events/lean_splits_dividends.parquet"))
    filed = read_events(real_data("events/earnings_dates_sec8k_2003_2025.parquet"))

    assert ShareSplit("AAPL", date(2014, 6, 9), 7, 1) in lean.splits
    assert ShareSplit("GOOG", date(2015, 4, 27), 10_027, 10_000) in lean.splits
    assert CashDividend("SPY", date(2020, 12, 18), Decimal("1.58")) in [
        CashDividend(one.symbol, one.day, round(one.amount, 2)) for one in lean.dividends
    ]
    assert len(filed.earnings) == 32_157


def test_the_recorded_index_is_whole(tmp_path):
    """SPX of spring 2019: every row, the missing sessions by name, snapshot and close told apart."""
    path = real_data(CHAINS + "spx_chain_2019-04-25_2019-06-28.parquet")

    store, report = imported(tmp_path, path)

    panel = store.panel("SPX")
    assert (report.read, report.kept, report.dropped) == (569_184, 569_184, {})
    assert (panel.kind, panel.roots, report.days) == ("index", ("SPX", "SPXW"), 41)
    assert report.missing == tuple(date(2019, *day) for day in ((5, 10), (5, 17), (6, 14), (6, 17), (6, 18)))
    assert report.suspicious["vanished"] == 0  # expiries of the morning, and of days that are missing
    apart = np.abs(panel.days.spot / panel.days.close - 1.0)
    assert int((apart > 0.002).sum()) == 14
    assert (panel.days.spot[0], panel.days.close[0]) == (29_190_400, 29_261_700)


def test_a_recorded_split_shows_as_a_jump_without_its_event(tmp_path):
    """AAPL 7:1 between 2014-06-06 and 06-09; two years of GOOG stand beside it, an early close among them."""
    path = real_data(CHAINS + "lean_eod_chain_aapl2014_goog2015.parquet")
    events = real_data("events/lean_splits_dividends.parquet")

    store, report = imported(tmp_path, path, form="lean", events=[events])

    assert report.symbol == "AAPL"
    assert report.suspicious["jumps"] == 1
    assert ShareSplit("AAPL", date(2014, 6, 9), 7, 1) in store.events.splits
    assert store.panel("AAPL").days.spot.tolist() == [6_455_700, 937_000]
    goog = store.panel("GOOG")
    session = calendars.sessions("XNYS", date(2015, 12, 1), date(2015, 12, 31)).get(date(2015, 12, 24))
    assert session.early
    at = goog.days.at[goog.day_number(date(2015, 12, 24))]
    assert session.closes.timestamp() - at / 1e6 == 15 * 60


@pytest.mark.parametrize(
    ("form", "file", "symbols", "kept"),
    [
        ("cboe", "cboe_eodcalcs_sample_2016-06-01.parquet", ("VIX",), 724),
        ("lean", "lean_universe_iv_greeks_aapl2014_spy2024.parquet", ("AAPL", "SPY"), 43_847),
        ("premia", "cboe_quote_table_spx_spy_xsp_2023-09-14.parquet", ("SPX", "SPY", "XSP"), 38_094),
        ("premia", "spy_sparse20_2021-01-04_2021-09-30.parquet", ("SPY",), 3_760),
        ("yfinance", "us_equity_chains_bidask_2025-11-25_2025-12-02.parquet", STOCKS, 150_605),
    ],
)
def test_recorded_formats_lose_no_row(tmp_path, form, file, symbols, kept):
    found = import_chains(Wanted(form, [real_data(CHAINS + file)]), tmp_path / "store")

    store = open_store(tmp_path / "store")
    assert store.symbols == symbols
    assert sum(report.read for report in found.reports) == kept
    assert sum(report.kept + sum(report.dropped.values()) for report in found.reports) == kept
    assert sum(store.panel(symbol).quotes.size for symbol in symbols) == found.manifest.rows


def test_quotes_around_last_trades_are_modelled_and_say_so(tmp_path):
    """Nineteen underlyings without a recorded bid: spreads like those of such options, and a warning."""
    path = real_data(CHAINS + "us_chains_last_2026-05-26_2026-07-17.parquet")

    found = import_chains(Wanted("last_price", [path]), tmp_path / "store")

    store = open_store(tmp_path / "store")
    quotes = store.panel("SPY").quotes
    both = (quotes["bid"] > 0) & (np.abs(np.abs(quotes["delta"]) - 0.25) < 0.05)
    spread = (quotes["ask"] - quotes["bid"])[both] / quotes["ask"][both]
    assert found.manifest.rows == 1_705_276
    assert store.sources[0].notes[0].startswith("MODELLED QUOTES")
    assert 0.001 < float(np.median(spread)) < 0.1
    assert (quotes["ask"][both] > quotes["bid"][both]).all()


def test_every_format_has_its_adapter():
    for module in FORMATS.values():
        assert hasattr(__import__(f"premia.adapters.{module}", fromlist=["read"]), "read")
