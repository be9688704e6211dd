"""The wheel's puts: what is sold, how much, and each reason why not."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from premia.domain.book import Block, Observed
from premia.domain.intent import Intent, Passed, Purpose
from premia.domain.known import Known, Unknown
from premia.domain.money import price
from premia.domain.order import Stage
from premia.domain.quote import DataKind
from premia.strategies.wheel import Params, SymbolParams, propose, request
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
    put,
    seen,
    shares,
    short,
    working,
)


def wheel(weight=0.5, symbol=None, **params):
    return Params(symbols={"XYZ": SymbolParams(weight=weight, **(symbol or {}))}, **params)


def proposals(book, shown=None, params=None):
    view = a_view(seen() if shown is None else shown)
    return list(propose(view, book, wheel() if params is None else params, SESSIONS))


def the_only(book, shown=None, params=None):
    found = proposals(book, shown, params)
    assert len(found) == 1
    return found[0]


def test_a_put_near_the_aim_is_sold_for_the_cash_that_has_room():
    """Half of 100,000 carries five puts at 95; the least credit is 6 % a year on the strike."""
    intent = the_only(a_book())

    assert isinstance(intent, Intent)
    assert intent.purpose is Purpose.OPEN
    assert intent.combo.text == "-1 XYZ 2026-02-20 95 P"
    assert intent.quantity == 5
    assert (intent.mid, intent.natural) == (price("1.26"), price("1.25"))
    assert intent.worst == intent.natural
    assert intent.reason.startswith("sell XYZ 2026-02-20 95 P at 1.26 a share")


def test_a_put_carries_the_numbers_that_it_was_chosen_by():
    facts = the_only(a_book()).evidence.facts

    assert facts["cash_if_assigned"] == 47_500
    assert facts["break_even"] == pytest.approx(93.74)
    assert facts["fees_round_trip"] == 10.5
    assert facts["yield_a_year"] == pytest.approx(1.26 * 365 / 38 / 95, rel=1e-6)
    for name in ("spot", "strike", "dte", "delta", "iv", "bid", "ask", "credit", "open_interest"):
        assert facts[name] is not None


def test_the_worst_price_never_lies_below_the_least_premium():
    """The bid of 0.55 is below 0.59, which is 6 % a year on the strike."""
    intent = the_only(a_book(), seen(chain=a_chain(a_row(put(95), "0.57", "0.62"))))

    assert isinstance(intent, Intent)
    assert intent.natural == price("0.57")
    assert intent.worst == price("0.5935")


def test_a_single_stock_must_yield_more_than_a_fund():
    """0.85 on a 95 strike in 38 days is 8.6 % a year: enough for a fund, not for a stock."""
    chain = a_chain(a_row(put(95), "0.84", "0.86"))
    stock = an_underlying(fund=False, earnings=Known(date(2026, 4, 1), NOW))

    assert isinstance(the_only(a_book(), seen(chain=chain)), Intent)
    assert the_only(a_book(), seen(stock, chain)).rule == "selection"


def test_what_is_committed_counts_against_the_target():
    """Two 95 puts held and one working leave room for two."""
    book = a_book(short(put(95), quantity=2), working(put(90), slot="XYZ/elsewhere"))

    intent = next(p for p in proposals(book) if isinstance(p, Intent))

    assert intent.quantity == 2
    assert intent.evidence.facts["committed_usd"] == 28_000


def test_shares_count_at_what_they_cost():
    """300 shares at 100 are 30,000 of 50,000, so two 95 puts fit."""
    found = proposals(a_book(shares(300, "100")))

    assert next(p for p in found if p.slot == "XYZ/put").quantity == 2


def test_margin_usage_scales_the_target():
    assert the_only(a_book(), params=wheel(margin_usage=0.5)).quantity == 2


def test_a_used_target_says_how_much_is_left():
    book = a_book(short(put(95), quantity=5))

    passed = next(p for p in proposals(book) if p.subject == "XYZ/put")

    assert passed.rule == "size"
    assert passed.reason == "2,500 USD left of 50,000, a contract takes about 4,750"


def test_an_account_below_one_contract_is_told_how_large_it_must_be():
    """A 95 put takes 9,500; half of the account must be as much, so 19,000 is the smallest."""
    passed = the_only(a_book(account=an_account(net_liquidation=10_000)))

    assert passed.rule == "size"
    assert passed.reason.endswith("the smallest account that could trade it has 19,000")


@pytest.mark.parametrize(
    ("shown", "rule", "words"),
    [
        (Unknown(NOW, "no subscription"), "market_data", "no subscription"),
        (seen(an_underlying(kind=DataKind.DELAYED)), "market_data", "delayed, not live"),
        (seen(an_underlying(spot=None)), "market_data", "has no price"),
        (seen(chain=a_chain()), "selection", "the chain is empty"),
        (seen(chain=a_chain(kind=DataKind.FROZEN)), "selection", "the chain is empty"),
        (seen(an_underlying(fund=False, earnings=Unknown(NOW, "no source"))), "earnings", "no source"),
        (seen(an_underlying(fund=None, earnings=Unknown(NOW, "no source"))), "earnings", "unknown"),
        (seen(an_underlying(fund=False, earnings=Known(date(2026, 2, 5), NOW))), "selection", "earnings"),
    ],
)
def test_each_lack_of_data_is_a_reason(shown, rule, words):
    view = a_view(XYZ=shown) if isinstance(shown, Unknown) else a_view(shown)

    found = list(propose(view, a_book(), wheel(), SESSIONS))

    assert [type(one) for one in found] == [Passed]
    assert found[0].rule == rule
    assert words in found[0].reason


def test_earnings_may_be_ignored_where_so_configured():
    stock = an_underlying(fund=False, earnings=Unknown(NOW, "no source"))

    assert isinstance(the_only(a_book(), seen(stock), wheel(symbol={"earnings": "ignore"})), Intent)


def test_a_passed_earnings_date_says_nothing_about_the_next_one():
    stock = an_underlying(fund=False, earnings=Known(NOW.date() - timedelta(days=1), NOW))

    assert the_only(a_book(), seen(stock)).rule == "earnings"


def test_a_living_order_keeps_its_slot():
    passed = the_only(a_book(working(put(95), quantity=3, filled=1)))

    assert passed.rule == "slot"
    assert passed.reason.endswith("is working, 2 of 3 left")


def test_an_order_of_unknown_fate_stands_the_symbol_still():
    assert the_only(a_book(working(put(95), stage=Stage.UNKNOWN))).rule == "standstill"


def test_a_blocked_symbol_is_left_with_its_reason():
    """An option that expired in the money waits for the broker's next-session positions."""
    book = a_book(short(put(95)), blocks={"XYZ": Block("the 95 put expired in the money", date(2026, 1, 14))})

    passed = the_only(book)

    assert passed.rule == "standstill"
    assert (
        passed.reason == "XYZ stands still until the session of 2026-01-14: the 95 put expired in the money"
    )
    assert request(book, wheel(), NOW)[0].scans == ()


def test_shares_left_alone_keep_the_wheel_away():
    passed = the_only(a_book(left={"XYZ": "bought by hand"}))

    assert passed.rule == "left_alone"
    assert "bought by hand" in passed.reason


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (Unknown(NOW, "timed out"), "timed out"),
        (Known(an_account(net_liquidation=None), NOW), "no net liquidation"),
    ],
)
def test_without_the_accounts_worth_nothing_is_sized(account, words):
    book = a_book(observed=Observed(account, Known((), NOW), Known((), NOW)))

    passed = the_only(book)

    assert passed.rule == "account"
    assert words in passed.reason


def test_the_strike_of_puts_can_be_capped():
    intent = the_only(a_book(), params=wheel(symbol={"put_strike_max": 93.0}))

    assert intent.combo.options[0].strike == 93


def test_a_number_of_contracts_can_be_capped():
    assert the_only(a_book(), params=wheel(symbol={"contracts_max": 3})).quantity == 3


def test_the_earlier_expiry_wins_only_by_yield():
    """At the same delta the nearer expiry pays more a year."""
    near = date(2026, 2, 13)
    chain = a_chain(a_row(put(95, expiry=near), "1.10", "1.12"), a_row(put(94, expiry=SOON), "1.10", "1.12"))

    assert the_only(a_book(), seen(chain=chain)).combo.options[0].expiry == near


def test_the_market_is_asked_only_for_what_could_become_an_order():
    fresh = request(a_book(), wheel(), NOW)
    full = request(a_book(short(put(95), quantity=5)), wheel(), NOW)
    busy = request(a_book(working(put(95))), wheel(), NOW)

    assert [(scan.right.value, scan.delta_min, scan.delta_max) for scan in fresh[0].scans] == [
        ("P", 0.15, 0.30)
    ]
    assert full[0].scans == ()
    assert full[0].contracts == (put(95),)
    assert busy == ()


def test_a_symbol_without_a_section_is_never_touched():
    book = a_book(short(put(95, symbol="ABC")))

    assert request(book, wheel(), NOW)[0].symbol == "XYZ"
    assert all(one.symbol == "XYZ" for one in proposals(book))


def test_the_score_is_the_yield_on_the_strike():
    intent = the_only(a_book())

    assert intent.score == pytest.approx(float(Decimal("1.26") / 95 * 365 / 38))
