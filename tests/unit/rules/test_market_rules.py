"""Rules about what is known and about the market: each with the smallest case that passes and that fails."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.book import Block, Observed
from premia.domain.combo import Combo, Leg, single
from premia.domain.dates import new_york
from premia.domain.events import HoursCompared
from premia.domain.instrument import Settlement, Stock, Style
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.known import Known, Unknown
from premia.domain.money import price
from premia.domain.order import Stage
from premia.domain.quote import DataKind
from premia.rules import (
    data_quality,
    duplicates,
    expiry_day,
    hours,
    known_state,
    liquidity,
    netting,
    standstill,
)
from premia.rules.answers import PASS, Refuse, Running
from tests.builders import (
    NOW,
    SESSIONS,
    SOON,
    a_book,
    a_chain,
    a_row,
    a_view,
    an_account,
    an_underlying,
    holding,
    put,
    seen,
    short,
    working,
)

OPENED = "wheel/XYZ/put/2026-01-08/1"
RUNNING = Running(AccountKind.MARGIN, SESSIONS)


def wish(purpose=Purpose.OPEN, *legs, **changes):
    one = price("1.00")
    fields = {
        "strategy": "wheel",
        "symbol": "XYZ",
        "slot": "XYZ/put" if purpose is Purpose.OPEN else f"XYZ/{purpose.value}/put/2026-01-08/1",
        "purpose": purpose,
        "combo": Combo(tuple(Leg(c, ratio) for c, ratio in legs)) if legs else single(put(95), -1),
        "quantity": 1,
        "mid": one,
        "natural": one,
        "worst": one,
        "reason": "a test",
        "evidence": evidence(),
        "trade": "" if purpose is Purpose.OPEN else OPENED,
    }
    return Intent(**(fields | changes))


A_SALE = wish()
A_CLOSE = wish(Purpose.CLOSE, (put(95), 1))
A_ROLL = wish(Purpose.ROLL, (put(95), 1), (put(92, expiry=date(2026, 3, 20)), -1))


def why(answer):
    assert isinstance(answer, Refuse), answer
    return answer.reason


# known_state


@pytest.mark.parametrize("intent", [A_SALE, A_CLOSE, A_ROLL])
@pytest.mark.parametrize("part", ["positions", "orders"])
def test_unknown_positions_or_orders_stop_everything(intent, part):
    known = a_book().observed
    book = a_book(observed=replace(known, **{part: Unknown(NOW, "timed out")}))

    assert why(known_state.check(book, a_view(), intent, None, RUNNING)) == (
        f"{part} are unknown since 2026-01-13 15:30 UTC: timed out"
    )


def test_an_unknown_account_stops_what_adds_risk_and_lets_risk_be_taken_away():
    known = Known((), NOW)
    book = a_book(observed=Observed(Unknown(NOW, "timed out"), known, known))

    assert "the account is unknown" in why(known_state.check(book, a_view(), A_SALE, None, RUNNING))
    assert "the account is unknown" in why(known_state.check(book, a_view(), A_ROLL, None, RUNNING))
    assert known_state.check(book, a_view(), A_CLOSE, None, RUNNING) is PASS


def test_a_book_that_is_not_reconciled_stops_everything():
    book = a_book(ready=False)

    assert (
        why(known_state.check(book, a_view(), A_CLOSE, None, RUNNING))
        == "broker and ledger are not reconciled"
    )


def test_figures_in_another_currency_stop_what_adds_risk():
    book = a_book(account=replace(an_account(), currency="EUR"))

    assert "in EUR, needed in USD" in why(known_state.check(book, a_view(), A_SALE, None, RUNNING))


# standstill


def test_a_blocked_symbol_stands_still_in_all_purposes():
    book = a_book(blocks={"XYZ": Block("expired in the money", date(2026, 1, 14))})

    for intent in (A_SALE, A_CLOSE, A_ROLL):
        assert "until the session of 2026-01-14" in why(
            standstill.check(book, a_view(), intent, None, RUNNING)
        )
    assert standstill.check(book, a_view(), wish(symbol="ABC"), None, RUNNING) is PASS


def test_an_order_of_unknown_fate_stands_only_its_symbol_still():
    book = a_book(working(put(90), slot="XYZ/else", stage=Stage.UNKNOWN))

    assert "unknown whether order" in why(standstill.check(book, a_view(), A_SALE, None, RUNNING))
    assert standstill.check(book, a_view(), wish(symbol="ABC"), None, RUNNING) is PASS


# hours


@pytest.mark.parametrize(
    ("hour", "minute", "refused"),
    [(9, 29, True), (9, 30, False), (15, 59, False), (16, 0, True), (3, 0, True)],
)
def test_orders_are_placed_while_the_exchange_is_open(hour, minute, refused):
    at = new_york(date(2026, 1, 13), NOW.time().replace(hour=hour, minute=minute))

    answer = hours.check(a_book(), a_view(at=at), A_SALE, hours.Params(), RUNNING)

    assert isinstance(answer, Refuse) is refused


def test_the_first_and_last_minutes_can_be_left_out():
    """Half past ten is 60 minutes after the opening and 330 before the close."""
    late = hours.Params(after_open=61)
    early = hours.Params(before_close=331)

    assert why(hours.check(a_book(), a_view(), A_SALE, late, RUNNING)) == (
        "60 minutes after the opening, 61 asked for"
    )
    assert why(hours.check(a_book(), a_view(), A_SALE, early, RUNNING)) == (
        "330 minutes before the close, 331 asked for"
    )


def of(symbol, purpose, *legs):
    return replace(wish(purpose, *legs), symbol=symbol)


@pytest.mark.parametrize(
    ("symbol", "purpose", "refused"),
    [
        ("SPY", Purpose.CLOSE, False),
        ("SPY", Purpose.ROLL, False),
        ("SPY", Purpose.OPEN, True),
        ("SPX", Purpose.CLOSE, False),
        ("XYZ", Purpose.CLOSE, True),
    ],
)
def test_closing_and_rolling_may_use_the_later_close_of_some_classes(symbol, purpose, refused):
    """Ten past four: options on SPY and SPX trade until a quarter past, those on a stock do not."""
    late = a_view(at=new_york(date(2026, 1, 13), NOW.time().replace(hour=16, minute=10)))
    old, new = put(100, symbol=symbol), put(95, SOON + timedelta(days=30), symbol=symbol)
    legs = [(new, -1)] if purpose is Purpose.OPEN else [(old, 1), (new, -1)][: 1 + (purpose is Purpose.ROLL)]

    answer = hours.check(a_book(), late, of(symbol, purpose, *legs), hours.Params(), RUNNING)

    assert isinstance(answer, Refuse) is refused


@pytest.mark.parametrize(("hour", "refused"), [(12, False), (14, True)])
def test_where_the_broker_ends_earlier_its_hours_hold(hour, refused):
    day = date(2026, 1, 13)
    opens, ends = (new_york(day, NOW.time().replace(hour=one, minute=30)) for one in (9, 13))
    told = HoursCompared(
        at=NOW, session=day, symbol="SPY", opens=opens, closes=ends, differs="the broker ends at 13:30"
    )
    view = a_view(at=new_york(day, NOW.time().replace(hour=hour, minute=0)))

    answer = hours.check(a_book(hours=told), view, A_CLOSE, hours.Params(), RUNNING)

    assert isinstance(answer, Refuse) is refused
    assert not refused or "the broker ends at 13:30" in why(answer)


# duplicates


def test_a_slot_with_a_living_order_takes_no_second_one():
    book = a_book(working(put(90)))

    assert "is working, 1 of 1 left" in why(duplicates.check(book, a_view(), A_SALE, None, RUNNING))


def test_a_trade_with_a_living_order_takes_no_second_one():
    book = a_book(working(put(95), ratio=1, slot="XYZ/close/put/2026-01-08/1", trade=OPENED))

    assert isinstance(duplicates.check(book, a_view(), A_ROLL, None, RUNNING), Refuse)


# data_quality


def quality(view, intent=A_SALE):
    return data_quality.check(a_book(), view, intent, data_quality.Params(), RUNNING)


def a_leg(bid="1.00", ask="1.04", **more):
    return a_chain(a_row(put(95), bid, ask, **more))


def test_live_young_two_sided_quotes_pass():
    assert quality(a_view(seen(chain=a_leg()))) is PASS


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (a_view(XYZ=Unknown(NOW, "no subscription")), "XYZ is unknown: no subscription"),
        (a_view(seen(an_underlying(kind=DataKind.DELAYED), a_leg())), "delayed, not live"),
        (a_view(seen(chain=a_chain())), "no quote of XYZ 2026-02-20 95 P was delivered"),
        (a_view(seen(chain=a_leg(bid=None))), "one side has no quote"),
        (a_view(seen(chain=a_leg(bid="1.10"))), "crossed"),
        (a_view(seen(chain=a_leg(delta=None))), "has no delta"),
        (a_view(seen(chain=a_leg(iv=None))), "has no implied volatility"),
        (
            a_view(seen(chain=a_leg(at=NOW - timedelta(seconds=94)))),
            "quote of XYZ 2026-02-20 95 P is 94 s old, 60 s allowed",
        ),
    ],
)
def test_each_fault_of_a_quote_is_named(view, words):
    assert words in why(quality(view))


def test_a_leg_that_is_bought_back_needs_no_greeks():
    assert quality(a_view(seen(chain=a_leg(delta=None, iv=None))), A_CLOSE) is PASS


# expiry_day


def at_new_york(day, hour, minute=0):
    return a_view(at=new_york(day, NOW.time().replace(hour=hour, minute=minute)))


def test_no_option_is_sold_on_its_last_day():
    params = expiry_day.Params()

    assert isinstance(expiry_day.check(a_book(), at_new_york(SOON, 10), A_SALE, params, RUNNING), Refuse)
    before = SOON - timedelta(days=1)
    assert expiry_day.check(a_book(), at_new_york(before, 10), A_SALE, params, RUNNING) is PASS


def test_an_option_settled_in_the_morning_ends_the_session_before():
    morning = put(95, settlement=Settlement.CASH_AM, style=Style.EUROPEAN)
    sale = wish(Purpose.OPEN, (morning, -1))

    answer = expiry_day.check(
        a_book(), at_new_york(SOON - timedelta(days=1), 10), sale, expiry_day.Params(), RUNNING
    )

    assert "for the last time on 2026-02-19" in why(answer)


def test_on_the_last_day_rolls_stop_before_the_close_and_closes_do_not():
    params = expiry_day.Params()

    assert expiry_day.check(a_book(), at_new_york(SOON, 15, 29), A_ROLL, params, RUNNING) is PASS
    assert isinstance(expiry_day.check(a_book(), at_new_york(SOON, 15, 31), A_ROLL, params, RUNNING), Refuse)
    assert expiry_day.check(a_book(), at_new_york(SOON, 15, 59), A_CLOSE, params, RUNNING) is PASS


# netting


def net(book, intent):
    return netting.check(book, a_view(), intent, None, RUNNING)


def test_a_sale_never_nets_against_a_long():
    assert "+2 XYZ 2026-02-20 95 P are held" in why(net(a_book(holding(put(95), 2)), A_SALE))


def test_a_sale_may_add_to_a_short_of_the_same_strategy():
    assert net(a_book(short(put(95))), A_SALE) is PASS


def test_a_sale_keeps_away_from_what_is_left_alone():
    assert "left alone: by hand" in why(net(a_book(left={put(95).key: "by hand"}), A_SALE))


def test_a_sale_keeps_away_from_another_strategy():
    other = wish(strategy="condor")

    assert "belongs to strategy wheel" in why(net(a_book(short(put(95))), other))


def test_a_close_takes_at_most_what_trade_and_account_hold():
    assert net(a_book(short(put(95), quantity=2)), A_CLOSE) is PASS
    assert isinstance(net(a_book(short(put(95))), replace(A_CLOSE, quantity=2)), Refuse)
    assert isinstance(net(a_book(), A_CLOSE), Refuse)
    gone = a_book(short(put(95)), holdings={})
    assert "the account holds: +0" in why(net(gone, A_CLOSE))


def test_a_roll_is_judged_leg_by_leg():
    assert net(a_book(short(put(95))), A_ROLL) is PASS
    held = a_book(short(put(95)), holding(put(92, expiry=date(2026, 3, 20)), 1))
    assert "would be netted" in why(net(held, A_ROLL))


def test_shares_left_alone_do_not_concern_puts():
    assert net(a_book(holding(Stock("XYZ"), 10), left={"XYZ": "by hand"}), A_SALE) is PASS


# liquidity


def liquid(chain, intent=A_SALE, **params):
    return liquidity.check(a_book(), a_view(seen(chain=chain)), intent, liquidity.Params(**params), RUNNING)


@pytest.mark.parametrize(
    ("bid", "ask", "passes"),
    [("1.00", "1.10", True), ("1.00", "1.12", False), ("0.10", "0.15", True), ("0.10", "0.16", False)],
)
def test_a_spread_is_narrow_by_tenth_of_mid_or_by_five_cents(bid, ask, passes):
    answer = liquid(a_chain(a_row(put(95), bid, ask)))

    assert (answer is PASS) is passes


@pytest.mark.parametrize(("interest", "passes"), [(25, True), (24, False), (None, False)])
def test_open_interest_is_a_low_floor_and_unknown_is_below_it(interest, passes):
    answer = liquid(a_chain(a_row(put(95), "1.00", "1.04", open_interest=interest)))

    assert (answer is PASS) is passes


def test_a_floor_of_zero_asks_for_no_open_interest():
    chain = a_chain(a_row(put(95), "1.00", "1.04", open_interest=None))

    assert liquid(chain, open_interest_min=0) is PASS


def test_a_wide_market_does_not_keep_a_risk_open():
    assert liquid(a_chain(a_row(put(95), "1.00", "3.00", open_interest=0)), A_CLOSE) is PASS
