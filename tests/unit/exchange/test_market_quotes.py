"""Option quotes of the model market: on ticks, consistent with each other, gone when the option is."""

import math
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from premia.domain.errors import MarketDataError
from premia.domain.instrument import Index, Option, Right, Stock
from premia.domain.money import price
from premia.domain.quote import DataKind, Greeks
from premia.exchange.rates import short_rate
from tests.unit.exchange.fixed_market import at
from tests.unit.exchange.model_market import FUND, a_market, calendar, fresh, options_of

NOW = at("2024-02-05 11:00")


def chain(symbol, when=NOW, expiry=None):
    listing = a_market().listed(symbol, when)
    series = next(one for one in listing.series if one.expiry == (expiry or date(2024, 3, 15)))
    return options_of(symbol, series)


@pytest.mark.parametrize("symbol", ["FND", "STK", "IDX"])
def test_sides_lie_on_ticks_and_never_cross(symbol):
    terms = a_market().terms(chain(symbol)[0])
    for option, quote in zip(chain(symbol), a_market().quotes(chain(symbol), NOW), strict=True):
        assert quote.ask is not None, option.key
        assert quote.bid is None or 0 < quote.bid < quote.ask
        for side in (quote.bid, quote.ask):
            tick = terms.tick_low if side is None or side < 3 else terms.tick_high
            assert side is None or side % tick == 0


def test_a_bid_of_zero_is_no_bid():
    far = Option(
        "FND", date(2024, 2, 9), max(one.strike for one in chain("FND", expiry=date(2024, 2, 9))), Right.CALL
    )

    quote = a_market().quotes([far], NOW)[0]

    assert (quote.bid, quote.bid_size) == (None, 0)
    assert quote.ask == price("0.01")
    assert quote.ask_size > 0


@pytest.mark.parametrize("symbol", ["FND", "STK", "IDX"])
def test_model_values_lie_between_the_sides(symbol):
    options = chain(symbol)
    for quote, fair in zip(a_market().quotes(options, NOW), a_market().fair(options, NOW), strict=True):
        assert float(quote.bid or 0) <= fair <= float(quote.ask)


def test_european_quotes_keep_put_call_parity_within_their_spreads():
    """Call less put is spot less discounted strike: to buy one and sell the other earns nothing.

    At 11:00, 90 of 390 minutes have passed, so 32 days and 300 / 390 of one are left.
    """
    options = chain("IDX", expiry=date(2024, 3, 8))
    spot, when = a_market().spot("IDX", NOW), date(2024, 2, 5)
    quotes = dict(zip(options, a_market().quotes(options, NOW), strict=True))
    discount = math.exp(-short_rate(when) * (32 + 300 / 390) / 365)
    checked = 0
    for call in options[::2]:
        put = options[options.index(call) + 1]
        worth = spot - float(call.strike) * discount
        up, down = quotes[call], quotes[put]
        if up.bid is not None and down.bid is not None:
            assert float(up.bid - down.ask) <= worth, call.key
            assert float(up.ask - down.bid) >= worth, call.key
            checked += 1
    assert checked > 100


def test_puts_rise_and_calls_fall_with_the_strike():
    options = chain("FND")
    values = dict(zip(options, a_market().fair(options, NOW), strict=True))
    for right, sign in ((Right.CALL, -1), (Right.PUT, 1)):
        ladder = np.array([values[one] for one in options if one.right is right])
        assert (sign * np.diff(ladder) >= -1e-9).all()


def test_an_american_option_is_worth_at_least_what_exercise_brings():
    options = chain("STK")
    spot = Decimal(repr(a_market().spot("STK", NOW)))
    for option, value in zip(options, a_market().fair(options, NOW), strict=True):
        assert value >= float(option.intrinsic(spot)) - 1e-9


def test_on_its_last_day_an_option_runs_into_its_intrinsic_value():
    expiry = date(2024, 2, 16)
    options = chain("FND", at("2024-02-16 10:00"), expiry)
    gaps = []
    for clock in ("10:00", "13:00", "15:00", "15:59"):
        when = at(f"2024-02-16 {clock}")
        spot = Decimal(repr(a_market().spot("FND", when)))
        over = [
            value - float(one.intrinsic(spot))
            for one, value in zip(options, a_market().fair(options, when), strict=True)
        ]
        gaps.append(max(over))

    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.06


def test_after_its_last_close_an_option_has_no_quote_and_its_intrinsic_value():
    expiry = date(2024, 2, 16)
    options = chain("FND", at("2024-02-16 10:00"), expiry)
    evening = at("2024-02-16 18:00")

    quotes, values = a_market().quotes(options, evening), a_market().fair(options, evening)

    close = a_market().close("FND", expiry)
    assert all(quote.bid is None and quote.ask is None for quote in quotes)
    assert values.tolist() == [float(option.intrinsic(close)) for option in options]


def test_what_settles_in_the_morning_stops_trading_the_evening_before():
    """Third Friday 2024-02-16: no quotes on Thursday evening, and worth what the Friday opening says."""
    options = chain("IDX", at("2024-02-15 10:00"), date(2024, 2, 16))
    market = a_market()

    assert market.quotes(options[40:41], at("2024-02-15 15:59"))[0].ask is not None
    assert market.quotes(options[40:41], at("2024-02-15 16:00"))[0].ask is None
    value = market.settlement_value("IDX", date(2024, 2, 16))
    settled = market.fair(options, at("2024-02-16 12:00"))
    assert settled.tolist() == [float(option.intrinsic(value)) for option in options]


def test_outside_hours_the_closing_quotes_stand_frozen():
    options = chain("FND")
    before, evening, weekend = at("2024-02-02 16:00"), at("2024-02-02 20:00"), at("2024-02-04 12:00")

    closing = a_market().quotes(options, before)

    assert a_market().quotes(options, evening) == closing
    assert a_market().quotes(options, weekend) == closing
    assert {quote.kind for quote in closing} == {DataKind.FROZEN}
    assert {quote.as_of for quote in closing} == {at("2024-02-02 16:00")}


def test_a_minute_has_one_quote():
    first, last = at("2024-02-05 11:00"), at("2024-02-05 11:00") + timedelta(seconds=59)

    assert a_market().quotes(chain("STK"), first) == a_market().quotes(chain("STK"), last)
    assert a_market().quotes(chain("STK"), first) != a_market().quotes(
        chain("STK"), last + timedelta(seconds=1)
    )


def test_greeks_are_those_of_the_surface_and_have_the_signs_of_their_rights():
    options = chain("STK")
    for option, greeks in zip(options, a_market().greeks(options, NOW), strict=True):
        assert greeks.iv is not None
        assert 0.05 < greeks.iv < 2.0
        assert 0.0 <= greeks.delta * option.right.sign <= 1.0
        assert greeks.gamma >= 0.0
        assert greeks.vega >= 0.0
        assert greeks.underlying == a_market().spot("STK", NOW)


@pytest.mark.parametrize("symbol", ["FND", "STK", "IDX"])
def test_a_quote_is_the_same_with_and_without_greeks_asked_for_before(symbol):
    options, market = chain(symbol)[::3], fresh()
    market.greeks(options[:-1], NOW)

    assert market.quotes(options[:-1], NOW) == fresh().quotes(options[:-1], NOW)
    assert market.quotes(options, NOW) == fresh().quotes(options, NOW)


def test_nothing_unlisted_has_a_quote_greeks_or_interest():
    none = Option("STK", date(2024, 3, 14), price("80"), Right.PUT)
    market = a_market()

    assert (market.quotes([none], NOW)[0].bid, market.quotes([none], NOW)[0].ask) == (None, None)
    assert market.greeks([none], NOW) == [Greeks()]
    assert market.open_interest(none, NOW) == 0
    assert market.volume(none, NOW) == 0
    assert market.last(none, NOW) is None


def test_announcements_before_an_expiry_raise_its_volatility():
    """The stock reports on a day in late April: expiries beyond it carry the move, those before do not."""
    market, when = a_market(), at("2024-04-08 11:00")
    day = next(one for one in market.earnings("STK") if one > date(2024, 4, 8))
    spot = market.spot("STK", when)
    before, after = (
        next(one for one in reversed(market.listed("STK", when).series) if one.expiry <= day),
        next(one for one in market.listed("STK", when).series if one.expiry > day),
    )

    near, far = (
        min(options_of("STK", series), key=lambda one: abs(float(one.strike) - spot))
        for series in (before, after)
    )
    low, high = (greeks.iv for greeks in market.greeks([near, far], when))

    assert high > low + 0.05


def test_a_call_is_priced_with_the_dividend_that_goes_ex_before_it_expires():
    """The ex-date is 2024-03-15; without it the call less the put would be spot less discounted strike.

    The put may be exercised early, which is worth less than the interest on its strike.
    """
    market, when = a_market(), at("2024-03-14 15:59")
    dividend = next(one for one in market.dividends("FND") if one.ex == date(2024, 3, 15))
    spot = market.spot("FND", when)
    strike = Decimal(round(spot))
    call, put = (Option("FND", date(2024, 4, 19), strike, right) for right in Right)

    values = market.fair([call, put], when)

    carry = float(strike) * (1 - math.exp(-short_rate(date(2024, 3, 14)) * 36 / 365))
    assert dividend.amount > 0
    with_dividend = spot - float(strike) + carry - float(dividend.amount)
    assert with_dividend - carry < values[0] - values[1] < with_dividend


def test_stocks_are_quoted_around_their_price_and_indices_not_at_all():
    stock, index = a_market().quotes([Stock("STK"), Index("IDX")], NOW)

    assert float(stock.bid) < a_market().spot("STK", NOW) < float(stock.ask)
    assert stock.ask - stock.bid <= Decimal("0.04")
    assert (index.bid, index.ask) == (None, None)


def test_open_interest_and_volume_hold_still_during_a_day_and_grow_in_it():
    option = min(chain("FND"), key=lambda one: abs(float(one.strike) - a_market().spot("FND", NOW)))
    morning, noon, evening = at("2024-02-05 09:30"), at("2024-02-05 12:00"), at("2024-02-05 16:00")
    market = a_market()

    assert market.open_interest(option, morning) == market.open_interest(option, evening) > 100
    assert market.volume(option, morning) == 0
    assert 0 < market.volume(option, noon) < market.volume(option, evening)


def test_a_last_trade_lies_on_one_side_of_the_quote():
    for option in chain("FND")[60:80]:
        quote, last = a_market().quotes([option], NOW)[0], a_market().last(option, NOW)
        assert last in (None, quote.bid, quote.ask)


def test_symbols_of_two_underlyings_may_not_be_equal():
    with pytest.raises(MarketDataError, match="symbols of their own; these are: FND, FND"):
        fresh(models=[FUND, FUND])


def test_a_market_asked_outside_its_history_says_from_when_to_when_it_reaches():
    with pytest.raises(
        MarketDataError, match=r"FND has prices for \d+ sessions from 2023-01-02 to 2024-06-28"
    ):
        a_market().spot("FND", calendar().get(date(2024, 7, 1)).opens)
