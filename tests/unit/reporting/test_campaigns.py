"""A campaign tells the whole turn."""

from decimal import Decimal

from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.money import usd
from premia.reporting.campaigns import ended_campaigns, ended_trades, open_campaigns
from premia.reporting.replay import replay
from tests.unit.reporting.story import (
    PUT,
    a_roll,
    assigned,
    at,
    call_sold,
    filled,
    numbered,
    put_sold,
    sent,
    start,
    whole_turn,
)

D = Decimal


def test_a_full_turn_shows_premium_shares_dividends_days_and_return():
    """237.90 USD in 48 days, on 5,000 USD of capital for about 47 of them: some 37 % a year."""
    [line] = ended_campaigns(replay(numbered(whole_turn())))

    assert line.full_turn
    assert (line.puts_sold, line.assigned, line.calls_sold, line.called_away, line.shares) == (
        1,
        100,
        1,
        100,
        0,
    )
    assert (line.premium, line.share_result, line.dividends, line.fees) == (D(115), D(100), D(25), D("2.10"))
    assert (line.result, line.days, line.state, line.break_even) == (D("237.90"), 48, "ended", None)
    assert 0.34 < line.annualised < 0.40


def test_a_running_campaign_says_what_it_holds_and_where_it_breaks_even():
    [put] = open_campaigns(fold([*start(), *put_sold()]))
    [shares] = open_campaigns(fold([*start(), *put_sold(), *assigned()]))
    [covered] = open_campaigns(fold([*start(), *put_sold(), *assigned(), *call_sold()]))

    assert (put.state, put.break_even, put.capital) == ("1 short put", D("49.4105"), D(5000))
    assert (shares.state, shares.break_even) == ("100 shares", D("49.4105"))
    assert (covered.state, covered.break_even, covered.full_turn) == (
        "100 shares, 1 short call",
        D("48.8710"),
        False,
    )


def test_a_roll_stays_in_its_trade_and_campaign():
    trade = "wheel/XYZ/put/2026-01-06/1"
    roll, new = a_roll(trade, at(1, 13))
    bought, sold = filled(roll, PUT, 1, "0.90", at(1, 13)), filled(roll, new, -1, "1.10", at(1, 13))

    [line] = open_campaigns(fold([*start(), *put_sold(), *sent(roll, at(1, 13)), bought, sold]))

    assert (line.rolls, line.premium, line.state, line.capital) == (1, D(80), "1 short put", D(4900))


def test_an_ended_trade_tells_how_it_ended():
    [put, call] = ended_trades(replay(numbered(whole_turn())))

    assert (put.how, put.credit, put.result) == ("assigned", D(60), D("58.95"))
    assert (call.slot, call.result) == ("XYZ/call", D("53.95"))


def test_a_trade_that_the_book_does_not_know_is_left_out():
    unknown = ev.TradeEnded(
        at=at(1, 6), trade="t", campaign="c", how="x", credit=usd(0), fees=usd(0), result=usd(0), rolls=0
    )

    assert ended_trades(replay(numbered([unknown]))) == []
