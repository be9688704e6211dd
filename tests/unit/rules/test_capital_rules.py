"""Rules about capital, cover and pace: each with the smallest case that passes and that fails."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.combo import Combo, Leg, single
from premia.domain.instrument import Settlement, Stock, Style
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.money import price
from premia.rules import (
    all_assigned,
    borrowing,
    concentration,
    covered,
    daily_limit,
    day_trades,
    excess,
    positions,
    stress,
)
from premia.rules.answers import PASS, Refuse, Running, Shrink
from tests.builders import (
    NOW,
    SESSIONS,
    a_book,
    a_chain,
    a_row,
    a_view,
    an_account,
    an_underlying,
    call,
    holding,
    put,
    seen,
    shares,
    short,
    working,
)
from tests.builders import positions as told

CASH = Running(AccountKind.CASH, SESSIONS)
MARGIN = Running(AccountKind.MARGIN, SESSIONS)
TRADE = "wheel/XYZ/put/2026-01-08/1"


def a_sale(option=None, quantity=1):
    sold = put(95) if option is None else option
    one = price("1.00")
    right = "put" if sold.right.value == "P" else "call"
    return Intent(
        strategy="wheel",
        symbol=sold.symbol,
        slot=f"{sold.symbol}/{right}",
        purpose=Purpose.OPEN,
        combo=single(sold, -1),
        quantity=quantity,
        mid=one,
        natural=one,
        worst=one,
        reason="a test",
        evidence=evidence(),
    )


def a_close(option=None):
    bought = put(95) if option is None else option
    return replace(
        a_sale(bought), purpose=Purpose.CLOSE, combo=single(bought, 1), trade=TRADE, worst=price("-1.00")
    )


def a_roll(old, new, quantity=1):
    combo = Combo((Leg(old, 1), Leg(new, -1)))
    return replace(a_sale(new, quantity), purpose=Purpose.ROLL, combo=combo, trade=TRADE)


# covered


def cover(book, intent, running=CASH):
    return covered.check(book, a_view(), intent, None, running)


def test_a_call_needs_its_hundred_shares():
    assert cover(a_book(shares(100)), a_sale(call(105))) is PASS
    assert isinstance(cover(a_book(shares(99)), a_sale(call(105))), Refuse)
    assert isinstance(cover(a_book(), a_sale(call(105))), Refuse)


def test_as_many_calls_as_there_are_shares_for():
    assert cover(a_book(shares(250)), a_sale(call(105), 3)) == Shrink(
        2, "needs 300 shares, 250 of 250 carry no call: 2 of 3"
    )


def test_calls_held_and_working_use_up_shares():
    book = a_book(shares(300), short(call(110)), working(call(105), quantity=2, filled=1))

    assert cover(book, a_sale(call(105))) is PASS
    assert cover(book, a_sale(call(105), 2)).quantity == 1


def test_calls_approved_in_this_pass_use_up_shares(approved):
    running = CASH._replace(approved=(approved(a_sale(call(105))),))

    assert isinstance(cover(a_book(shares(100)), a_sale(call(106)), running), Refuse)


def test_shares_without_a_campaign_cover_nothing():
    assert isinstance(cover(a_book(holding(Stock("XYZ"), 500)), a_sale(call(105))), Refuse)


def test_a_strangers_call_on_the_symbol_uses_up_shares():
    """The broker nets what the book keeps apart: 200 shares, one call sold by hand."""
    book = a_book(shares(200), holding(call(120), -1))

    assert cover(book, a_sale(call(105), 2)).quantity == 1


def test_shares_that_are_not_the_campaigns_cover_nothing():
    book = a_book(shares(100), holding(Stock("XYZ"), 300))

    assert cover(book, a_sale(call(105), 3)).quantity == 1


def test_a_roll_of_a_call_takes_over_its_cover():
    book = a_book(shares(100), short(call(105), id=TRADE))

    assert cover(book, a_roll(call(105), call(108))) is PASS


def test_a_call_settled_in_cash_has_no_cover():
    index_call = call(105, settlement=Settlement.CASH_PM, style=Style.EUROPEAN)

    assert "settled in cash" in cover(a_book(shares(100)), a_sale(index_call)).reason


def test_puts_need_no_shares():
    assert cover(a_book(), a_sale()) is PASS


# concentration, all_assigned


def concentrated(book, intent, *, fund: bool | None = True, **params):
    view = a_view(seen(an_underlying(fund=fund)))
    return concentration.check(book, view, intent, concentration.Params(**params), CASH)


def test_a_fund_takes_thirty_percent_and_a_stock_fifteen():
    """A 95 put is 9,500: three fit into 30,000, one into 15,000."""
    assert concentrated(a_book(), a_sale(quantity=3)) is PASS
    assert concentrated(a_book(), a_sale(quantity=4)).quantity == 3
    assert concentrated(a_book(), a_sale(quantity=2), fund=False).quantity == 1
    assert concentrated(a_book(), a_sale(quantity=2), fund=None).quantity == 1


def test_held_working_and_approved_count_against_a_name(approved):
    """100 shares at 100, a 50 put working and one 95 put approved leave 5,500 of 30,000."""
    book = a_book(shares(100), working(put(50), slot="XYZ/else"))
    running = CASH._replace(approved=(approved(a_sale()),))
    view = a_view(seen())

    answer = concentration.check(book, view, a_sale(put(56)), concentration.Params(), running)
    fits = concentration.check(book, view, a_sale(put(55)), concentration.Params(), running)

    assert isinstance(answer, Refuse)
    assert fits is PASS


def test_a_name_above_the_whole_limit_names_the_smallest_account():
    """A 195 put is 19,500; a quarter of 25,000 is 6,250, and of 78,000 it is 19,500."""
    poor = a_book(account=an_account(net_liquidation=25_000))

    answer = concentration.check(
        poor, a_view(seen()), a_sale(put(195)), concentration.Params(fund=0.25), CASH
    )
    assert answer.reason == (
        "1 x 19,500 USD, 6,250 left of 6,250 (25% of net liquidation for a fund), 0 in use; "
        "the smallest account that could trade it has 78,000 USD"
    )
    assert answer.facts["smallest_account_usd"] == 78_000


def test_a_roll_to_a_lower_strike_takes_nothing_more():
    book = a_book(short(put(95), id=TRADE), account=an_account(net_liquidation=1_000))

    assert concentrated(book, a_roll(put(95), put(92))) is PASS


def test_everything_assigned_must_fit():
    """Two 95 puts of ABC and 100 shares at 100 are 29,000 of 95,000: six of 11,000 fit."""
    book = a_book(short(put(95, symbol="ABC"), quantity=2), shares(100))

    answer = all_assigned.check(book, a_view(seen()), a_sale(put(110), 7), all_assigned.Params(), CASH)

    assert answer.quantity == 6


def test_shares_are_valued_by_the_broker_where_the_view_is_silent():
    """1,000 shares of ABC at 70 leave 25,000 of 95,000."""
    abc = Stock("ABC")
    book = a_book(holding(abc, 1_000), told((abc, 1_000, "70")))

    assert (
        all_assigned.check(book, a_view(seen()), a_sale(quantity=3), all_assigned.Params(), CASH).quantity
        == 2
    )


def test_shares_without_any_price_stop_new_puts():
    book = a_book(holding(Stock("ABC"), 10))

    assert "shares of ABC are held and their price is unknown" in (
        all_assigned.check(book, a_view(seen()), a_sale(), all_assigned.Params(), CASH).reason
    )


# stress


def test_a_crash_of_shares_costs_a_fifth():
    """1,300 shares at 100 lose 26,000, above a quarter of 100,000 already."""
    book = a_book(shares(1_300))
    view = a_view(seen(chain=a_chain(a_row(put(95), "1.00", "1.04"))))

    answer = stress.check(book, view, a_sale(), stress.Params(), CASH)

    assert isinstance(answer, Refuse)
    assert answer.facts["used_usd"] == 26_000
    assert "lost at -20% spot and +40 points of volatility" in answer.reason


def test_a_short_put_loses_more_than_its_fall_into_the_money():
    """After the fall a 95 put is 15 in the money, and volatility adds to it."""
    view = a_view(seen(chain=a_chain(a_row(put(95), "1.00", "1.04"))))
    line = [stress.Line(put(95), -1)]

    loss = stress.crash_loss(line, a_book(), view, stress.Params())

    assert 1_400 < loss < 2_100


def test_an_unseen_put_counts_its_plausible_loss():
    """Spot 100 falls to 80: 15 a share; without a spot a fifth of the strike, 19 a share."""
    line = [stress.Line(put(95), -1)]

    assert stress.crash_loss(line, a_book(), a_view(seen(chain=a_chain())), stress.Params()) == 1_500
    assert stress.crash_loss(line, a_book(), a_view(), stress.Params()) == 1_900


def test_fewer_units_where_only_they_survive():
    view = a_view(seen(chain=a_chain(a_row(put(95), "1.00", "1.04"))))

    answer = stress.check(a_book(), view, a_sale(quantity=50), stress.Params(), CASH)

    one = stress.crash_loss([stress.Line(put(95), -1)], a_book(), view, stress.Params())
    assert answer.quantity == int(Decimal(25_000) // one)


def test_what_works_and_what_this_pass_approved_counts_as_filled(approved):
    """An unseen 95 put loses 15 a share at a spot of 100: the second of each leaves less room."""
    view = a_view(seen(chain=a_chain(a_row(put(95), "1.00", "1.04"))))

    def used(book, running):
        tight = stress.Params(loss_max=0.0001)
        return stress.check(book, view, a_sale(), tight, running).facts["used_usd"]

    one = approved(a_sale(put(95, expiry=NOW.date() + timedelta(days=60))))
    assert used(a_book(), CASH) == 0
    assert used(a_book(), CASH._replace(approved=(one,))) == 1_500
    assert used(a_book(working(put(90), quantity=2)), CASH) == 2_000


def test_an_order_that_would_close_saves_nothing_yet():
    """A 90 put held loses 10 a share; the order that buys it back may never fill."""
    book = a_book(
        short(put(90), id=TRADE), working(put(90), ratio=1, slot="XYZ/close/put/2026-01-08/1", trade=TRADE)
    )
    view = a_view(seen(chain=a_chain(a_row(put(95), "1.00", "1.04"))))

    answer = stress.check(book, view, a_sale(), stress.Params(loss_max=0.0001), CASH)

    assert answer.facts["used_usd"] == 1_000


# daily_limit, positions


def paced(book, intent, running=CASH, **params):
    return daily_limit.check(book, a_view(), intent, daily_limit.Params(**params), running)


def test_two_new_contracts_a_day():
    assert paced(a_book(), a_sale(quantity=2)) is PASS
    assert paced(a_book(), a_sale(quantity=3)) == Shrink(2, "0 of 2 contracts a day used: 2 of 3")


def test_a_second_run_of_the_day_does_not_double_the_pace():
    assert isinstance(paced(a_book(opened_today={"wheel": 2}), a_sale()), Refuse)
    assert isinstance(paced(a_book(working(put(90), quantity=2)), a_sale()), Refuse)


def test_what_this_pass_approved_counts(approved):
    running = CASH._replace(approved=(approved(a_sale(quantity=2)),))

    assert isinstance(paced(a_book(), a_sale(), running), Refuse)
    assert isinstance(paced(a_book(), a_sale(), running, contracts_a_day=9, contracts_a_run=2), Refuse)


def test_capital_a_day_counts_strikes_of_todays_trades():
    """A tenth of 100,000: a 95 put opened today leaves 500."""
    book = a_book(short(put(95), opened=NOW))

    assert isinstance(paced(book, a_sale(), capital_a_day=0.1), Refuse)
    assert paced(a_book(short(put(95))), a_sale(), capital_a_day=0.1) is PASS


def test_rolls_and_closes_are_not_new():
    book = a_book(opened_today={"wheel": 9})

    assert paced(book, a_close()) is PASS
    assert paced(book, a_roll(put(95), put(92))) is PASS


def test_open_trades_are_counted_with_what_works():
    two = a_book(short(put(90)), working(put(85)))

    assert positions.check(two, a_view(), a_sale(), positions.Params(trades_max=3), CASH) is PASS
    assert isinstance(positions.check(two, a_view(), a_sale(), positions.Params(trades_max=2), CASH), Refuse)
    assert positions.check(two, a_view(), a_close(), positions.Params(trades_max=0), CASH) is PASS


# day_trades


def a_day_trade(running=MARGIN, **account):
    book = a_book(
        short(put(95), opened=NOW - timedelta(hours=1), id=TRADE),
        account=an_account(**({"net_liquidation": 20_000} | account)),
    )
    return day_trades.check(book, a_view(), a_close(), day_trades.Params(), running)


def test_a_small_margin_account_needs_a_day_trade_to_close_on_the_day():
    assert a_day_trade(day_trades_left=1) is PASS
    assert isinstance(a_day_trade(day_trades_left=0), Refuse)
    assert a_day_trade(day_trades_left=-1) is PASS


def test_a_count_that_was_not_given_is_not_zero_and_not_unlimited():
    assert "absent is not zero" in a_day_trade(day_trades_left=None).reason


def test_large_accounts_and_cash_accounts_are_free():
    assert a_day_trade(day_trades_left=0, net_liquidation=25_000) is PASS
    assert a_day_trade(CASH, day_trades_left=0) is PASS


def test_a_trade_of_an_earlier_day_is_no_day_trade():
    book = a_book(short(put(95), id=TRADE), account=an_account(net_liquidation=20_000, day_trades_left=0))

    assert day_trades.check(book, a_view(), a_close(), day_trades.Params(), MARGIN) is PASS


def test_each_approval_uses_up_a_day_trade(approved):
    running = MARGIN._replace(approved=(approved(a_close(put(90))),))

    assert isinstance(a_day_trade(running, day_trades_left=1), Refuse)
    assert a_day_trade(running, day_trades_left=2) is PASS


# borrowing, excess


def test_a_cash_account_that_owes_opens_nothing():
    owing = a_book(account=an_account(total_cash=-1))
    lent = a_book(holding(Stock("ABC"), -10))

    for book in (owing, lent):
        assert isinstance(borrowing.check(book, a_view(), a_sale(), None, CASH), Refuse)
        assert borrowing.check(book, a_view(), a_sale(), None, MARGIN) is PASS
        assert borrowing.check(book, a_view(), a_close(), None, CASH) is PASS


@pytest.mark.parametrize("figure", ["excess_liquidity", "look_ahead_excess", "post_expiration_excess"])
def test_the_brokers_look_ahead_must_be_told_and_not_negative(figure):
    def answer(value):
        return excess.check(a_book(account=an_account(**{figure: value})), a_view(), a_sale(), None, MARGIN)

    assert answer(0) is PASS
    assert "below zero" in answer(-1).reason
    assert "absent is not zero" in answer(None).reason
