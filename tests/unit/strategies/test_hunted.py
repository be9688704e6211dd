"""Calls whose shares a person has sold: bought back at once, never waited for."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain.instrument import Stock
from premia.domain.intent import Intent, Purpose
from premia.domain.money import price
from premia.strategies.wheel import Params, SymbolParams, propose
from tests.builders import (
    SESSIONS,
    a_book,
    a_chain,
    a_row,
    a_view,
    an_underlying,
    call,
    holding,
    seen,
    shares,
    short,
)


def sold_by_hand(quantity):
    """A person sold shares of the campaign."""

    def change(book):
        campaign = book.campaign_of("wheel", "XYZ")
        less = replace(campaign, shares=campaign.shares - quantity)
        book = holding(Stock("XYZ"), book.shares("XYZ") - quantity)(book)
        held = {key: one for key, one in book.holdings.items() if one.quantity}
        return replace(book, holdings=held, campaigns={campaign.id: less})

    return change


def exits(*parts, spot="100.00"):
    rows = [
        a_row(call(k), bid, f"{Decimal(bid) + Decimal('0.04')}", delta=0.3)
        for k, bid in ((105, "1.80"), (106, "1.40"))
    ]
    params = Params(symbols={"XYZ": SymbolParams(weight=0.0)})
    view = a_view(seen(an_underlying(spot=spot), a_chain(*rows)))
    found = propose(view, a_book(*parts), params, SESSIONS)
    return [p for p in found if isinstance(p, Intent) and p.purpose is Purpose.CLOSE]


@pytest.mark.parametrize(("gone", "bare"), [(100, 1), (150, 2), (200, 2)])
def test_a_call_without_its_shares_is_bought_back_at_the_offer(gone, bare):
    intents = exits(shares(200), short(call(105), credit="2.00", quantity=2), sold_by_hand(gone))

    assert [intent.quantity for intent in intents] == [bare]
    assert intents[0].worst == intents[0].natural == price("-1.84")
    assert intents[0].urgency == "urgent"
    assert "shares" in intents[0].reason


def test_a_call_in_the_money_without_shares_is_not_let_be_called():
    """Being called without shares is a short sale; nothing about that is welcome."""
    assert len(exits(short(call(105), credit="2.00"), spot="108.00")) == 1


def test_of_two_trades_only_what_is_bare_is_bought_back():
    first = short(call(105), credit="2.00", id="wheel/XYZ/call/2026-01-07/1")
    second = short(call(106), credit="1.50", id="wheel/XYZ/call/2026-01-08/1")

    intents = exits(shares(200), first, second, sold_by_hand(100))

    assert [intent.combo.text for intent in intents] == ["+1 XYZ 2026-02-20 106 C"]


def test_a_covered_call_is_held():
    assert exits(shares(200), short(call(105), credit="2.00", quantity=2)) == []
