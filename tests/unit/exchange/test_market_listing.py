"""Which options exist: expiries by the calendar, strikes by the price, and nothing by chance."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from premia.domain.account import AccountKind
from premia.domain.errors import InvariantViolated
from premia.domain.instrument import Option, Right, Settlement, Stock
from premia.domain.money import price
from premia.exchange.exchange import Exchange
from premia.exchange.listing import WEEKLY_DAYS, Lister, expiries
from premia.exchange.market import Market
from premia.exchange.policy import AccountSetup, Opening, Policy
from premia.exchange.types_market import Split, UnderlyingSettings
from premia.exchange.underlyings import UnderlyingSetup, checked_history
from tests.unit.exchange.fixed_market import at
from tests.unit.exchange.model_market import GOOD_FRIDAY, a_market, calendar, fresh

NOW = at("2024-02-05 11:00")


def days_of(symbol: str = "STK") -> list[date]:
    return [series.expiry for series in a_market().listed(symbol, NOW).series]


def test_every_friday_of_eight_weeks_is_an_expiry():
    fridays = [date(2024, 2, 9) + timedelta(weeks=week) for week in range(8)]

    assert [day for day in fridays if day not in days_of()] == [GOOD_FRIDAY]


def test_an_expiry_on_a_holiday_moves_to_the_session_before_it():
    assert date(2024, 3, 28) in days_of()


def test_third_fridays_are_listed_for_a_year():
    thirds = [day for day in days_of() if day.weekday() == 4 and 15 <= day.day <= 21]

    assert thirds[0] == date(2024, 2, 16)
    assert thirds[-1] == date(2025, 1, 17)
    assert len(thirds) == 12


def test_the_last_session_of_a_quarter_is_an_expiry_for_a_year():
    assert {date(2024, 6, 28), date(2024, 9, 30), date(2024, 12, 31)} <= set(days_of())


def test_a_calendar_that_ends_before_the_last_expiry_is_refused():
    with pytest.raises(InvariantViolated, match=r"Options of 2025-12-01 expire until .* Load a longer one"):
        expiries(calendar(), date(2025, 12, 1))


def test_strikes_lie_by_the_dollar_near_the_price_and_wider_far_out():
    spot = a_market().spot("FND", NOW)
    near = next(
        series for series in a_market().listed("FND", NOW).series if series.expiry == date(2024, 3, 1)
    )

    inside = [strike for strike in near.strikes if 0.95 * spot < strike < 1.05 * spot]

    assert {after - before for before, after in pairwise(inside)} == {Decimal(1)}
    assert all(strike % 5 == 0 for strike in near.strikes if strike < 0.8 * spot)
    assert near.strikes[0] < 0.6 * spot
    assert near.strikes[-1] > 1.4 * spot


def test_a_strike_once_listed_stays_until_its_expiry():
    """Over the life of three expiries, on every session, no strike that was there is gone."""
    lister = fresh()._listers["STK"]
    for expiry in (date(2024, 3, 15), date(2024, 4, 5), date(2024, 6, 21)):
        before: set[Decimal] = set()
        for session in calendar().between(date(2024, 1, 2), expiry):
            listed = {one.expiry: set(one.strikes) for one in lister.listing(session.day).series}.get(
                expiry, set()
            )
            assert before <= listed
            before = listed
        assert before


def test_a_listing_is_the_same_whatever_was_asked_before():
    asked, other = fresh(), fresh()
    for session in calendar().between(date(2024, 1, 2), date(2024, 2, 2)):
        asked.listed("FND", session.opens)

    assert asked.listed("FND", NOW) == other.listed("FND", NOW)


def test_strikes_are_laid_around_closes_of_earlier_sessions_only():
    """All of one day has one listing: what the price does today adds strikes tomorrow."""
    assert a_market().listed("STK", at("2024-02-05 09:31")) == a_market().listed(
        "STK", at("2024-02-05 15:59")
    )


def test_an_index_has_a_morning_class_for_third_fridays_and_an_evening_class_for_the_rest():
    settles = {series.expiry: series for series in a_market().listed("IDX", NOW).series}

    assert settles[date(2024, 2, 16)].trading_class == "IDX"
    assert settles[date(2024, 2, 16)].settlement is Settlement.CASH_AM
    assert settles[date(2024, 2, 9)].trading_class == "IDXW"
    assert settles[date(2024, 2, 9)].settlement is Settlement.CASH_PM


def test_what_is_not_listed_is_not_there():
    put = Option("STK", date(2024, 3, 15), price("80"), Right.PUT)
    market = a_market()

    assert market.is_listed(put, NOW)
    assert not market.is_listed(Option("STK", date(2024, 3, 14), price("80"), Right.PUT), NOW)
    assert not market.is_listed(Option("STK", date(2024, 3, 15), price("80.13"), Right.PUT), NOW)
    assert not market.is_listed(put, at("2024-03-18 10:00"))
    assert market.is_listed(put, at("2024-03-15 18:00"))


def split_lister(numerator: int, denominator: int = 1) -> Lister:
    """100.00 a share until 2024-02-29, then the split."""
    days = [session.day for session in calendar().between(date(2024, 1, 2), date(2024, 3, 29))]
    before = np.array([day < date(2024, 3, 1) for day in days])
    close = np.where(before, 100.0, 100.0 * denominator / numerator)
    setup = UnderlyingSetup(
        contract=Stock("SPL"),
        settings=UnderlyingSettings("Split"),
        history=checked_history("SPL", days, [close, close, close, close], vol=np.full(close.size, 0.4)),
        splits=(Split(date(2024, 3, 1), numerator, denominator),),
    )
    return Lister(setup, calendar())


def test_a_split_divides_the_strikes_that_were_listed_before_it():
    """A 105 strike listed at 100 a share becomes 26.25 at 25 a share, and whole strikes around 25 join."""
    lister = split_lister(4)

    before = next(one for one in lister.listing(date(2024, 2, 29)).series if one.expiry == date(2024, 3, 15))
    after = next(one for one in lister.listing(date(2024, 3, 8)).series if one.expiry == date(2024, 3, 15))

    assert Decimal(105) in before.strikes
    assert Decimal("26.25") in after.strikes
    assert Decimal("25.5") in after.strikes
    assert Decimal(105) not in after.strikes


def split_market() -> Market:
    return Market([split_lister(4)._setup], calendar(), 1)


def test_a_split_divides_the_standing_price_before_the_next_opening():
    """Closed at 100.00 on Thursday; from 8:00 on the ex-date a share is a quarter of one."""
    market = split_market()

    assert market.spot("SPL", at("2024-02-29 20:00")) == 100.0
    assert market.spot("SPL", at("2024-03-01 07:59")) == 100.0
    assert market.spot("SPL", at("2024-03-01 08:00")) == 25.0
    assert market.spot("SPL", at("2024-03-01 10:00")) == 25.0
    assert market.previous_close(Stock("SPL"), at("2024-03-01 10:00")) == Decimal("25.00")


def test_bars_before_a_split_are_divided_once_it_has_happened():
    market = split_market()

    before = market.bars(Stock("SPL"), at("2024-02-29 16:00"), 2, 86_400, "TRADES")
    after = market.bars(Stock("SPL"), at("2024-03-04 16:00"), 4, 86_400, "TRADES")

    assert [bar.close for bar in before] == [100.0, 100.0]
    assert [bar.close for bar in after] == [25.0, 25.0, 25.0, 25.0]


def test_a_split_that_would_adjust_contracts_is_refused():
    with pytest.raises(InvariantViolated, match="SPL: a 3:2 split on 2024-03-01 adjusts"):
        split_lister(3, 2)


def test_weeklies_appear_eight_weeks_before_they_expire():
    friday = date(2024, 5, 10)
    first = friday - timedelta(days=WEEKLY_DAYS)

    assert friday not in [one.day for one in expiries(calendar(), first - timedelta(days=1))]
    assert friday in [one.day for one in expiries(calendar(), first)]


def test_a_position_in_options_is_still_listed_and_quoted_after_a_split():
    """Ten 95 puts become forty 23.75 puts, which the market lists, numbers and quotes; marks do not jump."""
    market = split_market()
    put = Option("SPL", date(2024, 3, 15), price("95"), Right.PUT)
    opening = Opening(put, -10, Decimal(-100))
    account = AccountSetup("DU1", AccountKind.MARGIN, Decimal(100_000), openings=(opening,))
    exchange = Exchange(market, [account], Policy(), at("2024-02-29 15:00"))

    before = exchange.values("DU1").net_liquidation
    exchange.advance(at("2024-03-01 08:30"))

    held = next(one for one in exchange.holdings("DU1") if one.quantity)
    assert (held.contract.strike, held.quantity) == (Decimal("23.75"), -40)
    assert market.is_listed(held.contract, exchange.now)
    assert market.by_con_id(market.terms(held.contract).con_id) == held.contract
    assert exchange.values("DU1").net_liquidation == pytest.approx(before, abs=100)  # 2.5 cents a share
    assert market.quotes([held.contract], at("2024-03-01 10:00"))[0].bid is not None
    assert before < Decimal(99_900)  # the puts are worth something
