"""Rules of published option-writing indices, by rolls that Cboe printed and months worked out by hand."""

import numpy as np
import pytest

from premia.research import buywrite as of
from premia.research import putwrite
from premia.research.index_days import IndexDays, roll_days, total_return


def days(first, last):
    every = np.arange(first, last, dtype="datetime64[D]")
    return every[np.is_busday(every)]


def an_index(day, close, **columns):
    """An index without dividends, rates or volatility, unless told; opened and sold at the close."""
    close = np.broadcast_to(np.asarray(close, dtype=np.float64), day.shape)
    nothing = np.zeros(day.size)
    plain = {
        "opening": close,
        "sale": close,
        "close": close,
        "dividend": nothing,
        "vol_at_sale": nothing,
        "vol_at_close": nothing,
        "rate": nothing,
        "dividend_yield": nothing,
    }
    return IndexDays(day=day, **(plain | columns))


@pytest.mark.parametrize(
    ("reference", "strike"), [(3926.9, 3925), (3913.49, 3910), (4178.75, 4175), (3925, 3925)]
)
def test_the_put_is_sold_at_the_first_strike_at_or_below(reference, strike):
    assert putwrite.put_strike(reference) == strike


@pytest.mark.parametrize(("reference", "strike"), [(3926.9, 3930), (3925.0, 3925), (3925.01, 3930)])
def test_the_call_is_sold_at_the_first_strike_at_or_above(reference, strike):
    assert of.call_strike(reference) == strike


def test_a_roll_of_the_put_write_index():
    """1000 at a strike of 5000, premium 62, bills at 0.40 % for the month."""
    puts = putwrite.puts_sold(1000.0, 5000.0, 62.0, 0.004)

    assert puts == pytest.approx(0.203331395, abs=5e-10)
    assert putwrite.putwrite_to_settlement(1000.0, puts, 5000.0, 5100.0) == pytest.approx(
        0.01665697, abs=5e-8
    )
    assert putwrite.putwrite_to_settlement(1000.0, puts, 5000.0, 4800.0) == pytest.approx(
        -0.02400931, abs=5e-9
    )


def test_a_published_roll_tells_the_level_of_the_put_write_index():
    """19 February 2021: 0.540042673 puts at 3925 for 69.055735 each, with bills near nothing."""
    level = 0.540042673 * (3925.0 - 69.055735)

    assert level == pytest.approx(2082.0, abs=0.5)
    assert putwrite.puts_sold(level, putwrite.put_strike(3926.9), 69.055735, 0.0) == pytest.approx(
        0.540042673, abs=1e-12
    )


def test_a_roll_of_the_buy_write_index():
    """4990 and a 5000 call for 68; it settles at 5060, 5 were paid: 5005 on 4922."""
    grown = of.buywrite_to_settlement(4990.0, 68.0, 5060.0, 5000.0, 5.0)

    assert grown == pytest.approx(0.01686306, abs=5e-9)
    assert of.buywrite_to_settlement(4990.0, 68.0, 4900.0, 5000.0, 0.0) == pytest.approx(4900 / 4922 - 1)


def test_options_settle_on_third_fridays_or_the_session_before():
    """Good Friday was the third Friday of March 2008."""
    sessions = days("2008-01-02", "2008-04-10")
    sessions = sessions[sessions != np.datetime64("2008-03-21")]

    rolls = roll_days(sessions).astype(str).tolist()

    assert rolls == ["2008-01-18", "2008-02-15", "2008-03-20", "2008-04-18"]


def test_an_expiry_within_the_data_is_no_calendar_guess():
    rolls = roll_days(days("2008-01-21", "2008-02-16")).astype(str).tolist()

    assert rolls == ["2008-02-15", "2008-03-21"]


def test_a_market_that_stands_still_pays_the_premium():
    """1000 for months: each month of four weeks brings 1000 / (1000 - premium)."""
    day = days("2023-01-02", "2023-06-10")
    vol = np.full(day.size, 0.20)
    index = an_index(day, 1000.0, vol_at_sale=vol, vol_at_close=vol)

    found = of.buywrite(index)

    # The third Fridays of January, February and March 2023 lie four weeks apart.
    january, february = (
        found.level[np.searchsorted(found.day, np.datetime64(one))] for one in ("2023-01-20", "2023-02-17")
    )
    premium = found.rolls[0].premium
    assert [one.strike for one in found.rolls] == [1000.0] * 5
    assert premium == pytest.approx(0.4 * 1000 * 0.20 * (28 / 365) ** 0.5, rel=0.01)
    assert february / january == pytest.approx(1000 / (1000 - premium))


def test_a_call_without_worth_leaves_gains_to_its_buyer_and_losses_to_us():
    """At no volatility the call costs nothing; what lies above its strike at settlement is lost."""
    day = days("2023-01-02", "2023-03-20")
    place = np.arange(day.size)
    settles = int(np.searchsorted(day, np.datetime64("2023-02-17")))
    rise = np.where(place < settles, 1000.0, 1030.0)
    fall = np.where(place < settles, 1000.0, 970.0)

    risen, fallen = (of.buywrite(an_index(day, close)) for close in (rise, fall))

    assert risen.level[-1] == pytest.approx(100.0)
    assert fallen.level[-1] == pytest.approx(97.0)


def test_between_settlement_and_sale_the_index_is_held_without_a_call():
    """Opened at 1000 and sold at 1030: the rise of the morning is the holder's."""
    day = days("2023-01-02", "2023-03-10")
    settles = int(np.searchsorted(day, np.datetime64("2023-02-17")))
    close = np.where(np.arange(day.size) < settles, 1000.0, 1030.0)
    opening = np.full(day.size, 1000.0)

    assert of.buywrite(an_index(day, close, opening=opening)).level[-1] == pytest.approx(103.0)


def test_dividends_are_put_back_on_the_day_also_when_it_is_a_roll():
    day = days("2023-01-02", "2023-03-10")
    paid = np.zeros(day.size)
    paid[np.searchsorted(day, np.datetime64("2023-02-01"))] = 10.0
    paid[np.searchsorted(day, np.datetime64("2023-02-17"))] = 10.0
    index = an_index(day, 1000.0, dividend=paid)

    assert of.buywrite(index).level[-1] == pytest.approx(100 * 1.01**2)
    assert total_return(index)[-1] == pytest.approx(100 * 1.01**2)


def test_a_later_day_changes_no_earlier_level():
    day = days("2023-01-02", "2023-06-10")
    close = 1000.0 * np.cumprod(1.0 + np.random.default_rng(2).normal(0.0, 0.01, day.size))
    vol = np.full(day.size, 0.20)
    cut = 70
    changed = np.where(np.arange(day.size) < cut, close, 2.0 * close)

    whole = of.buywrite(an_index(day, close, vol_at_sale=vol, vol_at_close=vol))
    other = of.buywrite(an_index(day, changed, vol_at_sale=vol, vol_at_close=vol))

    before = whole.day < day[cut]
    assert np.array_equal(whole.level[before], other.level[before])
    assert not np.array_equal(whole.level, other.level)


def test_a_put_write_in_a_market_that_stands_still_keeps_premium_and_interest():
    """Each month of four weeks: bills mature at the strike, and cost that less the premium."""
    day = days("2023-01-02", "2023-06-10")
    vol, rate = np.full(day.size, 0.20), np.full(day.size, 0.04)
    index = an_index(day, 1000.0, vol_at_sale=vol, vol_at_close=vol, rate=rate)

    found = putwrite.putwrite(index)

    january, february = (
        found.level[np.searchsorted(found.day, np.datetime64(one))] for one in ("2023-01-20", "2023-02-17")
    )
    roll = found.rolls[0]
    bill = 1000 * np.exp(-0.04 * (28 - 6.5 / 24) / 365)
    assert (roll.strike, roll.day) == (1000.0, np.datetime64("2023-01-20"))
    assert february / january == pytest.approx(1000 / (bill - roll.premium))


def test_a_put_without_worth_leaves_gains_and_takes_losses():
    day = days("2023-01-02", "2023-03-20")
    later = np.arange(day.size) >= np.searchsorted(day, np.datetime64("2023-02-17"))

    risen, fallen = (
        putwrite.putwrite(an_index(day, np.where(later, then, 1000.0))) for then in (1030.0, 970.0)
    )

    assert risen.level[-1] == pytest.approx(100.0)
    assert fallen.level[-1] == pytest.approx(97.0)
    assert risen.level[0] == 100.0
    assert risen.day[0] == np.datetime64("2023-01-20")


def test_the_put_write_index_holds_no_market_between_settlement_and_sale():
    """Opened at 1000 and sold at 1030: the rise of the morning is nobody's."""
    day = days("2023-01-02", "2023-03-10")
    later = np.arange(day.size) >= np.searchsorted(day, np.datetime64("2023-02-17"))
    index = an_index(day, np.where(later, 1030.0, 1000.0), opening=np.full(day.size, 1000.0))

    assert putwrite.putwrite(index).level[-1] == pytest.approx(100.0)
