"""What happened that no report told: assignment, expiry, dividends, interest, missed fills, lost answers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.combo import single
from premia.domain.instrument import Settlement, Stock
from premia.domain.money import price, usd
from premia.domain.order import ObservedOrder, Stage
from premia.engine.charges import US, sale_fees
from premia.engine.reconcile import Adoption, Reference, reconcile
from tests.unit.facts import (
    MONDAY,
    XYZ,
    a_baseline,
    a_call,
    a_fill,
    a_position,
    a_put,
    accepted,
    an_observation,
    an_order,
    at,
    filled,
    sent,
    unanswered,
    weekdays,
)

SESSIONS = weekdays()
REFERENCE = Reference(SESSIONS, US, Adoption({"XYZ": "wheel"}))
FRIDAY = date(2026, 2, 6)
NEXT = date(2026, 2, 9)


def look(book: Book, seen: ev.BrokerObserved) -> tuple[list[ev.AnyEvent], Book]:
    """One observation: what follows from it, and the book after all of it."""
    book = fold([seen], book)
    events = reconcile(book, seen, REFERENCE)
    return events, fold(events, book)


def twice(book: Book, seen: ev.BrokerObserved) -> tuple[list[ev.AnyEvent], Book]:
    """The same observation twice: the conclusions of the second look."""
    _, book = look(book, seen)
    return look(book, seen)


def kinds(events: list[ev.AnyEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def short_put(cash: str = "10000") -> Book:
    fill = a_fill("p", a_put(), -1, "0.60", at(MONDAY))
    return fold([a_baseline(cash), *sent(an_order("p", a_put()), at(MONDAY)), filled(fill)])


def test_the_first_look_at_an_account_is_its_baseline_and_adopts_what_is_there():
    shares, other = a_position(XYZ, 100, "49"), a_position(a_put(symbol="ABC"), -1, "60")

    events, book = look(Book(), an_observation(at(MONDAY), shares, other, cash="7000"))

    assert kinds(events) == ["BaselineTaken", "PositionAdopted", "PositionLeft"]
    assert book.cash == 7000
    assert next(iter(book.campaigns.values())).shares == 100
    assert "not a configured symbol" in book.left[a_put(symbol="ABC").key]


def test_an_incomplete_first_look_is_no_baseline():
    events, book = look(Book(), unanswered(at(MONDAY)))

    assert events == []
    assert book.cash is None
    assert not book.ready


def test_unknown_positions_are_not_an_empty_account():
    events, book = look(short_put(), unanswered(at(MONDAY, 11)))

    assert events == []
    assert not book.ready
    assert book.holding(a_put()) == -1


def test_assigned_shares_are_booked_on_the_second_equal_look():
    seen = an_observation(at(NEXT, 8, 5), a_position(XYZ, 100, "49.41"), cash="5058.95")

    first, book = look(short_put(), seen)
    second, book = look(book, seen)

    assert "DiscrepancySeen" in kinds(first)
    assert "AssignmentInferred" in kinds(second)
    assert (book.shares("XYZ"), book.holding(a_put()), book.cash) == (100, 0, Decimal("5058.95"))


def test_an_expired_put_waits_for_the_next_sessions_positions():
    """Vanished on Friday evening without shares: neither worthless nor assigned until Monday has opened."""
    nothing = an_observation(at(FRIDAY, 20, 30), cash="10058.95")

    events, book = twice(short_put(), nothing)
    assert kinds(events) == []
    assert book.blocks["XYZ"].until_session == NEXT
    early, book = twice(book, replace(nothing, at=at(NEXT, 8, 30)))
    assert kinds(early) == []
    assert book.holding(a_put()) == -1

    late, book = twice(book, replace(nothing, at=at(NEXT, 9, 45)))
    assert "ExpiryInferred" in kinds(late)
    assert book.blocks == {}
    assert book.holdings == {}


def test_shares_on_monday_after_a_vanished_put_are_an_assignment():
    _, book = look(short_put(), an_observation(at(FRIDAY, 20, 30), cash="10058.95"))

    _, book = twice(book, an_observation(at(NEXT, 10), a_position(XYZ, 100), cash="5058.95"))

    assert book.shares("XYZ") == 100
    assert book.blocks == {}


GONE = str(-500 - sale_fees(US, Decimal(4_500), 100, FRIDAY).amount.quantize(Decimal("0.01")))


def a_strangle(symbol: str = "XYZ", put: str = "50", call: str = "45") -> list[ev.AnyEvent]:
    """A put and a call sold on shares that are held; both end in the money between the strikes."""
    options = a_put(put, FRIDAY, symbol), a_call(call, FRIDAY, symbol)
    facts: list[ev.AnyEvent] = []
    for name, option in zip(("p", "c"), options, strict=True):
        key = f"{symbol}{name}"
        fill = a_fill(key, option, -1, "0.60", at(MONDAY))
        facts += [*sent(an_order(key, option), at(MONDAY)), filled(fill)]
    return facts


def strangled(*symbols: str) -> Book:
    held = [replace(a_position(XYZ, 100), contract=Stock(symbol)) for symbol in symbols]
    book = fold([a_baseline("10000", *held)])
    for symbol in symbols:
        book = fold(a_strangle(symbol), book)
    return book


def on_monday(book: Book, moved: str, *symbols: str) -> tuple[list[ev.AnyEvent], Book]:
    """What two looks conclude once the session after the expiry has opened."""
    held = [replace(a_position(XYZ, 100), contract=Stock(symbol)) for symbol in symbols]
    return twice(book, an_observation(at(NEXT, 9, 45), *held, cash=str(book.cash + Decimal(moved))))


def endings(events: list[ev.AnyEvent]) -> dict[str, str]:
    return {e.contract.key: type(e).__name__ for e in events if hasattr(e, "contract")}


def test_a_put_and_a_call_whose_shares_cancel_out_are_told_by_their_cash():
    """100 shares came at 50 and 100 went at 45: no share moved, and 500 USD and the sale's fees are gone."""
    events, book = on_monday(strangled("XYZ"), GONE, "XYZ")

    assert set(endings(events).values()) == {"AssignmentInferred"}
    assert "CashUnexplained" not in kinds(events)
    assert (book.shares("XYZ"), len(book.holdings)) == (100, 1)
    assert book.blocks == {}


def test_a_put_and_a_call_without_cash_have_both_ended_worthless():
    events, book = on_monday(strangled("XYZ"), "0", "XYZ")

    assert set(endings(events).values()) == {"ExpiryInferred"}
    assert len(book.holdings) == 1


def test_cash_that_no_ending_explains_stands_the_symbol_still():
    events, book = on_monday(strangled("XYZ"), "-321", "XYZ")

    assert endings(events) == {}
    assert "neither worthless nor exercised options explain" in book.blocks["XYZ"].why
    assert len(book.holdings) == 3


def test_of_two_underlyings_in_doubt_cash_tells_which():
    book = strangled("ABC", "XYZ")

    either, blocked = on_monday(book, GONE, "ABC", "XYZ")
    both, _ = on_monday(book, str(2 * Decimal(GONE)), "ABC", "XYZ")

    assert endings(either) == {}, "it could be either: their strikes are the same"
    assert set(blocked.blocks) == {"ABC", "XYZ"}
    assert list(endings(both).values()) == ["AssignmentInferred"] * 4


def test_while_one_of_two_expired_puts_is_still_open_their_symbol_stands():
    """One was assigned before the opening; whether the other was is not known before it."""
    order = replace(an_order("p", a_put()), quantity=2)
    fill = a_fill("p", a_put(), -2, "0.60", at(MONDAY))
    book = fold([a_baseline(), *sent(order, at(MONDAY)), filled(fill)])
    _, book = twice(book, an_observation(at(FRIDAY, 20, 30), cash=str(book.cash)))
    one = an_observation(at(NEXT, 8, 15), a_position(XYZ, 100), cash=str(book.cash - 5000))

    early, book = twice(book, one)
    assert "AssignmentInferred" in kinds(early)
    assert book.holding(a_put()) == -1
    assert "XYZ" in book.blocks

    late, book = twice(book, replace(one, at=at(NEXT, 9, 45)))
    assert "ExpiryInferred" in kinds(late)
    assert book.blocks == {}


def test_shares_called_away_pay_the_sale_fees():
    """5,100 USD at 20.60 a million (after April 2026) is 0.10506; 100 shares at 0.000195 are 0.0195."""
    expiry = date(2026, 5, 1)
    call = a_call("51", expiry)
    holding = a_position(XYZ, 100, "49")
    adopted = ev.PositionAdopted(at=at(MONDAY), strategy="wheel", position=holding, campaign="c")
    fill = a_fill("c", call, -1, "0.55", at(MONDAY))
    book = fold([a_baseline("1000", holding), adopted, *sent(an_order("c", call), at(MONDAY)), filled(fill)])

    events, book = twice(book, an_observation(at(date(2026, 5, 4)), cash="6153.83"))

    assigned = next(event for event in events if isinstance(event, ev.AssignmentInferred))
    assert assigned.fees == usd("0.12456")
    assert book.holdings == {}
    assert not any(isinstance(event, ev.CashUnexplained) for event in events)


def test_a_cash_settled_put_is_settled_at_the_level_that_the_cash_tells():
    """Strikes 50 and 49, 350 USD paid: at 47.75 they are worth 225 and 125."""
    high = replace(a_put("50"), settlement=Settlement.CASH_PM)
    low = replace(a_put("49"), settlement=Settlement.CASH_PM)
    book = fold(
        [
            a_baseline(),
            *sent(an_order("h", high), at(MONDAY)),
            filled(a_fill("h", high, -1, "0.60", at(MONDAY), cost="0")),
            *sent(an_order("l", low), at(MONDAY), 2),
            filled(a_fill("l", low, -1, "0.40", at(MONDAY), cost="0")),
        ]
    )

    events, book = twice(book, an_observation(at(NEXT), cash="9750"))

    amounts = sorted(e.amount.amount for e in events if isinstance(e, ev.CashSettlementInferred))
    assert amounts == [-225, -125]
    assert book.cash == 9750


def test_a_dividend_is_booked_when_it_equals_what_was_expected():
    due = ev.DividendExpected(at=at(MONDAY), symbol="XYZ", ex=MONDAY, shares=100, amount=usd("25.125"))
    book = fold([a_baseline("1000", a_position(XYZ, 100)), due])

    events, book = twice(book, an_observation(at(NEXT), a_position(XYZ, 100), cash="1025.13"))

    assert kinds(events) == ["CashBooked"]
    assert book.cash == Decimal("1025.13")


def test_a_cent_that_nobody_predicted_is_unexplained():
    due = ev.DividendExpected(at=at(MONDAY), symbol="XYZ", ex=MONDAY, shares=100, amount=usd(25))
    book = fold([a_baseline("1000", a_position(XYZ, 100)), due])

    events, book = twice(book, an_observation(at(NEXT), a_position(XYZ, 100), cash="1025.02"))

    assert kinds(events) == ["CashUnexplained"]
    assert book.cash == Decimal("1025.02")
    assert list(book.expected) == ["dividend/XYZ/2026-01-05"]


def test_positions_that_nothing_explains_stand_the_symbol_still():
    events, book = twice(
        short_put(), an_observation(at(MONDAY, 12), a_position(a_put(), -3), cash="10058.95")
    )

    assert "ledger -1, broker -3" in book.blocks["XYZ"].why
    assert book.blocks["XYZ"].until_session is None
    assert book.holding(a_put()) == -1
    assert not any(isinstance(event, ev.CashBooked | ev.CashUnexplained) for event in events)


def test_a_trade_by_hand_closes_the_leg_of_the_trade_that_holds_it():
    theirs = replace(a_fill("", a_put(), 1, "0.20", at(MONDAY, 11)), order_ref="", exec_id="hand.01")

    events, book = look(short_put(), an_observation(at(MONDAY, 12), cash="10037.90", fills=(theirs,)))

    assert kinds(events) == ["ExternalChange"]
    assert book.trades["p"].flat
    assert book.trades["p"].realized == usd(40)
    assert book.cash == Decimal("10037.90")


def test_a_fill_while_we_were_away_is_found_among_the_executions():
    book = fold([a_baseline(), *sent(an_order("p", a_put()), at(MONDAY)), accepted("p", at(MONDAY))])
    fill = a_fill("p", a_put(), -1, "0.60", at(MONDAY, 11))

    _, book = look(
        book, an_observation(at(MONDAY, 12), a_position(a_put(), -1), cash="10058.95", fills=(fill,))
    )

    assert book.ended["p"].stage is Stage.FILLED
    assert book.cash == Decimal("10058.95")


def test_a_fill_of_yesterday_is_found_by_its_position():
    """Yesterday's executions are gone; position and average cost still tell price and commission."""
    book = fold([a_baseline(), *sent(an_order("p", a_put()), at(MONDAY)), accepted("p", at(MONDAY))])
    held = a_position(a_put(), -1, "-58.95")

    _, book = twice(book, an_observation(at(MONDAY + timedelta(days=1)), held, cash="10058.95"))

    assert book.holding(a_put()) == -1
    assert book.trades["p"].credit - book.trades["p"].fees == usd("58.95")
    assert book.cash == Decimal("10058.95")
    assert book.blocks == {}


@pytest.mark.parametrize(("next_id", "stage"), [(1, Stage.NEVER_SENT), (2, Stage.UNKNOWN)])
def test_an_order_without_evidence_is_never_sent_or_unknown_by_the_brokers_next_id(
    next_id: int, stage: Stage
):
    book = fold([a_baseline(), *sent(an_order("p", a_put()), at(MONDAY), broker_id=1)])

    _, book = look(book, an_observation(at(MONDAY, 12), cash="10000", next_id=next_id))

    assert (book.orders.get("p") or book.ended["p"]).stage is stage


def test_an_order_whose_answer_was_lost_is_adopted_by_its_reference():
    book = fold([a_baseline(), *sent(an_order("p", a_put()), at(MONDAY))])
    theirs = ObservedOrder(
        order_ref="p",
        broker_id=1,
        client_id=7,
        perm_id=44,
        combo=single(a_put(), 1),
        quantity=-1,
        limit=price("0.60"),
        filled=0,
        remaining=1,
        status="Submitted",
        done=False,
    )

    events, book = look(book, an_observation(at(MONDAY, 12), cash="10000", orders=(theirs,), next_id=2))

    assert kinds(events) == ["OrderAdopted"]
    assert (book.orders["p"].stage, book.orders["p"].perm_id) == (Stage.WORKING, 44)


def test_an_unknown_order_that_shows_up_is_adopted():
    book = fold([a_baseline(), *sent(an_order("p", a_put()), at(MONDAY))])
    _, book = look(book, an_observation(at(MONDAY, 12), cash="10000", next_id=2))
    fill = a_fill("p", a_put(), -1, "0.60", at(MONDAY, 13))

    _, book = look(
        book, an_observation(at(MONDAY, 14), a_position(a_put(), -1), cash="10058.95", fills=(fill,))
    )

    assert book.ended["p"].stage is Stage.FILLED


def test_an_unknown_day_order_is_over_with_its_session():
    """Nothing proves that it never lived, but the next session's positions show that it did not fill."""
    book = fold([a_baseline(), *sent(an_order("p", a_put()), at(MONDAY))])
    _, book = look(book, an_observation(at(MONDAY, 12), cash="10000", next_id=2))
    assert book.orders["p"].stage is Stage.UNKNOWN

    _, book = look(book, an_observation(at(MONDAY + timedelta(days=1)), cash="10000", next_id=2))

    assert book.ended["p"].stage is Stage.CANCELLED


def test_shares_without_their_money_are_not_booked_yet():
    """The shares are there on Monday and cash still has the strike: half of the truth is no truth."""
    early = an_observation(at(NEXT, 9, 45), a_position(XYZ, 100), cash="10058.95")

    events, book = twice(short_put(), early)
    assert kinds(events) == ["DiscrepancySeen"]
    assert book.shares("XYZ") == 0
    assert not book.ready

    _, book = twice(book, an_observation(at(NEXT, 10), a_position(XYZ, 100), cash="5058.95"))
    assert book.shares("XYZ") == 100
    assert book.cash == Decimal("5058.95")
