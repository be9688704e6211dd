"""The wheel's three numbers: premium, break-even, result; each checkable by head."""

from datetime import date

from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.campaign import break_even
from premia.domain.money import price, usd
from tests.unit.facts import (
    MONDAY,
    XYZ,
    a_baseline,
    a_call,
    a_fill,
    a_position,
    a_put,
    a_roll,
    an_order,
    at,
    filled,
    sent,
)

AFTER_EXPIRY = date(2026, 2, 9)
CALLED = date(2026, 3, 9)


def put_sold() -> Book:
    return fold(
        [
            a_baseline(),
            *sent(an_order("p", a_put()), at(MONDAY)),
            filled(a_fill("p", a_put(), -1, "0.60", at(MONDAY))),
        ]
    )


def assigned() -> Book:
    event = ev.AssignmentInferred(
        at=at(AFTER_EXPIRY), contract=a_put(), quantity=1, shares=100, fees=usd(0), exercised=date(2026, 2, 6)
    )
    ended = ev.TradeEnded(
        at=at(AFTER_EXPIRY),
        trade="p",
        campaign="p",
        how="assigned",
        credit=usd(60),
        fees=usd("1.05"),
        result=usd("58.95"),
        rolls=0,
    )
    return fold([event, ended], put_sold())


def call_sold() -> Book:
    order = an_order("c", a_call(), session=AFTER_EXPIRY)
    fill = a_fill("c", a_call(), -1, "0.55", at(AFTER_EXPIRY))
    return fold([*sent(order, at(AFTER_EXPIRY), 2), filled(fill)], assigned())


def with_dividend(book: Book) -> Book:
    due = ev.DividendExpected(at=at(AFTER_EXPIRY), symbol="XYZ", ex=AFTER_EXPIRY, shares=100, amount=usd(25))
    return fold([due], book)


def floor(book: Book) -> object:
    return break_even(book.campaigns["p"], book.campaign_trades("p"))


def test_the_break_even_follows_the_premiums_the_fees_and_the_dividend():
    """50 - 0.60 + 0.0105; less 0.55 plus 0.0105; less 0.25."""
    assert floor(put_sold()) == price("49.4105")
    assert floor(assigned()) == price("49.4105")
    assert floor(call_sold()) == price("48.8710")
    assert floor(with_dividend(call_sold())) == price("48.6210")


def test_a_full_turn_earns_what_its_pieces_earned():
    """(51 - 48.6210) x 100 = 237.90, and cash has moved by that less the dividend still to be paid."""
    called = ev.AssignmentInferred(
        at=at(CALLED), contract=a_call(), quantity=1, shares=-100, fees=usd(0), exercised=date(2026, 3, 6)
    )

    book = fold([called], with_dividend(call_sold()))

    assert book.campaigns["p"].result == usd("237.90")
    assert book.cash == usd("10212.90").amount
    assert book.holdings == {}
    assert (book.campaigns["p"].assigned, book.campaigns["p"].called_away) == (100, 100)


def test_the_dividend_reaches_cash_when_it_is_paid():
    book = with_dividend(call_sold())
    cause = "dividend/XYZ/2026-02-09"

    paid = fold([ev.CashBooked(at=at(CALLED), cause=cause, predicted=usd(25), amount=usd(25))], book)

    assert paid.cash == book.cash + 25
    assert paid.expected == {}
    assert paid.campaigns["p"].dividends == usd(25)


def test_adopted_shares_do_not_count_their_premium_twice():
    """The broker's cost of 49.40 already nets the put's premium; the campaign starts there and not below."""
    position = a_position(XYZ, 100, "49.40")
    adopted = ev.PositionAdopted(at=at(MONDAY), strategy="wheel", position=position, campaign="a")

    book = fold([a_baseline("5000", position), adopted])

    assert break_even(book.campaigns["a"], []) == price("49.40")
    assert book.campaigns["a"].premium == usd(0)


def test_a_roll_keeps_the_trade_and_realises_the_leg_that_it_closes():
    """Sold at 0.60, bought back at 1.00, sold anew at 1.40: the leg lost 40.00, the credit is 100.00."""
    new = a_put("49", date(2026, 3, 6))
    roll = a_roll("r", "p", a_put(), new, session=date(2026, 2, 2))
    day = at(date(2026, 2, 2))

    book = fold(
        [
            *sent(roll, day, 2),
            filled(a_fill("r", a_put(), 1, "1.00", day)),
            filled(a_fill("r", new, -1, "1.40", day)),
        ],
        put_sold(),
    )

    trade = book.trades["p"]
    assert (trade.realized, trade.credit, trade.rolls) == (usd(-40), usd(100), 1)
    assert list(trade.legs) == [new.key]
    assert book.campaigns["p"].rolls == 1
    assert book.ended["r"].filled == 1


def test_half_a_roll_is_half_a_roll():
    """Only the leg bought back has come: the order is not filled and the trade shows what it holds."""
    new = a_put("49", date(2026, 3, 6))
    day = at(date(2026, 2, 2))
    roll = a_roll("r", "p", a_put(), new, session=date(2026, 2, 2))

    book = fold([*sent(roll, day, 2), filled(a_fill("r", a_put(), 1, "1.00", day))], put_sold())

    assert book.orders["r"].filled == 0
    assert book.trades["p"].flat
    assert book.holdings == {}


def test_a_call_that_takes_more_than_the_campaign_holds_takes_the_rest_from_nobody():
    """200 shares go at 51, of which the campaign has 100: its result is of those, cash is of all."""
    called = ev.AssignmentInferred(
        at=at(CALLED), contract=a_call(), quantity=1, shares=-200, fees=usd(0), exercised=date(2026, 3, 6)
    )

    book = fold([called], call_sold())

    assert book.campaigns["p"].share_result == usd(100)
    assert book.campaigns["p"].called_away == 100
    assert book.holdings["XYZ"].quantity == -100


def test_shares_traded_by_hand_are_not_the_campaigns_while_others_are_there():
    """100 bought by hand beside the campaign's 100: selling 150 takes those first, then 50 of its own."""

    def by_hand(quantity: int, paid: str, n: int) -> ev.ExternalChange:
        fill = a_fill(f"hand{n}", XYZ, quantity, paid, at(CALLED), cost="0")
        return ev.ExternalChange(at=at(CALLED), fill=fill)

    bought = fold([by_hand(100, "52", 1)], call_sold())
    sold = fold([by_hand(-150, "53", 2)], bought)

    assert bought.campaigns["p"].shares == 100
    assert sold.campaigns["p"].shares == 50
    assert sold.campaigns["p"].share_result == usd(150)
    assert sold.holdings["XYZ"].quantity == 50


def test_capital_at_work_is_the_strike_then_the_cost_of_the_shares():
    book = assigned()

    assert put_sold().campaigns["p"].capital == usd(5000)
    assert book.campaigns["p"].capital == usd(5000)
    assert book.campaigns["p"].capital_days == 5000 * 35
