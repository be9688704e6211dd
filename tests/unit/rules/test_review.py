"""Review: who is heard first, what each verdict sees, and the only door to an approval."""

from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.combo import single
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.money import price, usd
from premia.domain.verdict import Approved, Refused
from premia.rules.review import Desk, Limits, review
from tests.builders import (
    SESSIONS,
    a_book,
    a_chain,
    a_view,
    an_account,
    an_underlying,
    priced_rows,
    put,
    seen,
    short,
)

WIDE = Limits.model_validate(
    {
        "daily_limit": {"contracts_a_day": 100},
        "concentration": {"fund": 10, "stock": 10},
        "all_assigned": {"of_net_liquidation": 10},
        "stress": {"loss_max": 10},
    }
)


def desk(limits=WIDE, kind=AccountKind.CASH):
    return Desk(kind, SESSIONS, limits)


def a_sale(symbol, score, quantity=1, **changes):
    intent = Intent(
        strategy="wheel",
        symbol=symbol,
        slot=f"{symbol}/put",
        purpose=Purpose.OPEN,
        combo=single(put(95, symbol=symbol), -1),
        quantity=quantity,
        mid=price("1.26"),
        natural=price("1.25"),
        worst=price("1.25"),
        reason="a test",
        evidence=evidence(),
        score=score,
    )
    return replace(intent, **changes)


def view_of(*symbols):
    return a_view(*(seen(an_underlying(s), a_chain(*priced_rows(symbol=s), symbol=s)) for s in symbols))


def test_the_best_paid_wish_takes_the_cash():
    """10,000 settled carry one 95 put: BBB pays more a year, and AAA hears what is left."""
    book = a_book(account=an_account(settled_cash=10_000))
    wishes = [a_sale("AAA", 0.10), a_sale("BBB", 0.12)]

    first, second = review(book, view_of("AAA", "BBB"), wishes, desk())

    assert isinstance(first, Approved)
    assert first.intent.symbol == "BBB"
    assert first.reserved == usd(9_500)
    assert isinstance(second, Refused)
    assert second.rule == "cash_secured"
    assert second.reason == "needs 9,500 USD reserved, 500 available"


def test_closing_is_heard_before_opening_whatever_it_pays():
    book = a_book(short(put(95, symbol="AAA")))
    close = a_sale(
        "AAA",
        0.0,
        purpose=Purpose.CLOSE,
        combo=single(put(95, symbol="AAA"), 1),
        slot="AAA/close/x",
        trade="wheel/AAA/put/2026-01-08/1",
        worst=price("-1.27"),
        priority=1,
    )

    verdicts = list(review(book, view_of("AAA", "BBB"), [a_sale("BBB", 0.5), close], desk()))

    assert [verdict.intent.purpose for verdict in verdicts] == [Purpose.CLOSE, Purpose.OPEN]
    assert verdicts[0].reserved == usd(0)


def test_a_rule_lowers_the_quantity_and_the_rules_after_it_see_the_smaller_wish():
    """Cash for three of five; then a day of two: the note of each stays."""
    book = a_book(account=an_account(settled_cash=30_000))
    limits = WIDE.model_copy(update={"daily_limit": type(WIDE.daily_limit)(contracts_a_day=4)})

    (verdict,) = review(book, view_of("AAA"), [a_sale("AAA", 0.1, quantity=5)], desk(limits))

    assert verdict.intent.quantity == 3
    assert verdict.reserved == usd(28_500)
    assert [note.partition(":")[0] for note in verdict.notes] == ["daily_limit", "cash_secured"]


def test_one_slot_gets_one_order_even_within_a_pass():
    wishes = [a_sale("AAA", 0.1), a_sale("AAA", 0.2)]

    first, second = review(a_book(), view_of("AAA"), wishes, desk())

    assert (first.intent.score, second.rule) == (0.2, "duplicates")


def test_ties_are_heard_by_slot_so_that_order_of_arrival_does_not_matter():
    wishes = [a_sale("BBB", 0.1), a_sale("AAA", 0.1)]

    forward = list(review(a_book(), view_of("AAA", "BBB"), wishes, desk()))
    backward = list(review(a_book(), view_of("AAA", "BBB"), wishes[::-1], desk()))

    assert forward == backward
    assert [verdict.intent.symbol for verdict in forward] == ["AAA", "BBB"]


def test_a_refusal_keeps_the_intent_and_its_numbers():
    (verdict,) = review(a_book(ready=False), view_of("AAA"), [a_sale("AAA", 0.1)], desk())

    assert isinstance(verdict, Refused)
    assert verdict.intent.symbol == "AAA"
    assert verdict.rule == "known_state"
    assert verdict.evidence.facts == {"part": "reconciliation"}


def test_a_wish_that_a_rule_lowered_carries_the_numbers_of_what_is_left_of_it():
    """Two contracts a day: of seven wanted for 126 each, two are left, and so is their money."""
    book = a_book(account=an_account(settled_cash=100_000))
    limits = Limits.model_validate(WIDE.model_dump() | {"daily_limit": {"contracts_a_day": 2}})
    facts = evidence(
        quantity=7, credit=882.0, cash_if_assigned=66_500.0, fees_round_trip=14.7, mid=1.26, dte=35
    )

    [verdict] = review(book, view_of("AAA"), [a_sale("AAA", 0.1, quantity=7, evidence=facts)], desk(limits))

    assert isinstance(verdict, Approved)
    assert verdict.intent.quantity == 2
    assert verdict.intent.evidence.facts == {
        "quantity": 2,
        "credit": 252.0,
        "cash_if_assigned": 19_000.0,
        "fees_round_trip": 4.2,
        "mid": 1.26,
        "dte": 35,
    }
    assert verdict.notes == ("daily_limit: 0 of 2 contracts a day used: 2 of 7",)
