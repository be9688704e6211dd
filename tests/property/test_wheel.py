"""Whatever market, book and account: the band, the break-even, the slots and the cash hold."""

from datetime import timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.campaign import break_even
from premia.domain.dates import dte
from premia.domain.instrument import Right
from premia.domain.intent import Intent, Purpose
from premia.domain.verdict import Approved
from premia.rules.review import Desk, Limits, review
from premia.strategies.wheel import Params, SymbolParams, propose, want
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
    priced_rows,
    put,
    seen,
    shares,
    short,
    working,
)

SYMBOLS = ("XYZ", "ABC")
EXPIRIES = tuple(NOW.date() + timedelta(days=days) for days in (3, 10, 30, 38, 60))
LOOSE = Limits.model_validate(
    {
        "daily_limit": {"contracts_a_day": 10_000, "contracts_a_run": 10_000},
        "concentration": {"fund": 10, "stock": 10},
        "all_assigned": {"of_net_liquidation": 10},
        "stress": {"loss_max": 10},
        "liquidity": {"spread_max": 2.0, "open_interest_min": 0},
    }
)
"""Only cash and cover bind."""


@cache
def priced(symbol, spot, vol):
    """A chain over two expirations and the strikes near the money, quoted fairly."""
    rows = priced_rows(float(spot), vol, symbol, EXPIRIES[2:4])
    return [row for row in rows if abs(row.contract.strike - spot) <= 14]


def spoiled(row, how):
    """A row that lacks something or is something else."""
    option, quote, greeks = row.contract, row.quote, row.greeks
    bid, ask = quote.bid, quote.ask
    return {
        "adjusted": row._replace(contract=replace(option, adjusted=True)),
        "no bid": row._replace(quote=replace(quote, bid=None)),
        "no ask": row._replace(quote=replace(quote, ask=None)),
        "crossed": row._replace(quote=replace(quote, bid=ask, ask=bid)),
        "dear": row._replace(quote=replace(quote, bid=bid * 2, ask=ask * 2)),
        "no delta": row._replace(greeks=replace(greeks, delta=None)),
        "wrong delta": row._replace(greeks=replace(greeks, delta=-greeks.delta / 2)),
        "no volatility": row._replace(greeks=replace(greeks, iv=None)),
        "no interest": row._replace(open_interest=None),
    }[how]


SPOILS = (
    "adjusted",
    "no bid",
    "no ask",
    "crossed",
    "dear",
    "no delta",
    "wrong delta",
    "no volatility",
    "no interest",
)


@st.composite
def markets(draw):
    """A view of both symbols: fair chains, of which up to twelve rows are spoiled in some way."""
    shown = []
    for symbol in SYMBOLS:
        spot = draw(st.sampled_from([85, 100, 115]))
        found = list(priced(symbol, spot, draw(st.sampled_from([0.12, 0.25, 0.6]))))
        for _ in range(draw(st.integers(0, 12))):
            at = draw(st.integers(0, len(found) - 1))
            if found[at].greeks.delta is not None and found[at].quote.fault() is None:
                found[at] = spoiled(found[at], draw(st.sampled_from(SPOILS)))
        shown.append(seen(an_underlying(symbol, f"{spot}.00"), a_chain(*found, symbol=symbol)))
    return a_view(*shown)


@st.composite
def books(draw):
    """A book with shares, puts, calls, working orders and any amount of cash."""
    parts = []
    for symbol in SYMBOLS:
        if draw(st.booleans()):
            parts.append(shares(draw(st.integers(1, 450)), f"{draw(st.integers(80, 120))}", symbol))
        if draw(st.booleans()):
            option = put(draw(st.integers(80, 120)), expiry=draw(st.sampled_from(EXPIRIES)), symbol=symbol)
            age = timedelta(days=draw(st.integers(0, 80)))
            parts.append(
                short(option, f"{draw(st.integers(1, 4))}", draw(st.integers(1, 3)), opened=NOW - age)
            )
        if draw(st.booleans()):
            option = call(draw(st.integers(80, 120)), expiry=draw(st.sampled_from(EXPIRIES)), symbol=symbol)
            parts.append(short(option, "1.00", id=f"wheel/{symbol}/call/x"))
        if draw(st.booleans()):
            parts.append(holding(call(130, symbol=symbol), -1))
        if draw(st.booleans()):
            parts.append(working(put(90, symbol=symbol), quantity=draw(st.integers(1, 3))))
    figures = {name: draw(st.integers(-20_000, 120_000)) for name in ("settled_cash", "available_funds")}
    return a_book(*parts, account=an_account(**figures))


def the_params(underwater="wait"):
    tables = {symbol: SymbolParams(weight=0.6) for symbol in SYMBOLS}
    return Params(symbols=tables, underwater=underwater, called="avoid", roll_delta=0.2)


def intents_of(view, book, params):
    return [one for one in propose(view, book, params, SESSIONS) if isinstance(one, Intent)]


@settings(max_examples=40)
@given(markets(), books())
def test_nothing_is_ever_sold_outside_the_band(view, book):
    params = the_params()
    for intent in intents_of(view, book, params):
        wanted = want(params, intent.symbol)
        for leg in intent.combo.legs:
            if leg.ratio > 0:
                continue
            option = leg.contract
            quote, greeks = view.seen(intent.symbol).option(option)
            low = wanted.put_delta_min if option.right is Right.PUT else wanted.call_delta_min
            high = wanted.put_delta_max if option.right is Right.PUT else wanted.call_delta_max
            if intent.purpose is Purpose.ROLL:
                high = params.roll_delta_max
            assert low <= abs(greeks.delta) <= high
            assert wanted.dte_min <= dte(option.expiry, NOW) <= wanted.dte_max
            assert quote.fault() is None
            assert not option.adjusted


@settings(max_examples=40)
@given(markets(), books(), st.sampled_from(["wait", "min_delta"]))
def test_no_call_is_sold_below_break_even_unless_told_to_recover(view, book, underwater):
    for intent in intents_of(view, book, the_params(underwater)):
        campaign = book.campaign_of("wheel", intent.symbol)
        for leg in intent.combo.legs:
            if leg.ratio < 0 and leg.contract.right is Right.CALL:
                even = break_even(campaign, book.campaign_trades(campaign.id))
                assert leg.contract.strike >= even


@settings(max_examples=40)
@given(markets(), books())
def test_a_slot_and_a_trade_never_get_two_orders(view, book):
    intents = intents_of(view, book, the_params())
    slots = [intent.slot for intent in intents]
    trades = [intent.trade for intent in intents if intent.trade]

    assert len(slots) == len(set(slots))
    assert len(trades) == len(set(trades))
    assert all(book.living(slot) is None for slot in slots)


@settings(max_examples=40)
@given(markets(), books())
def test_a_roll_brings_a_credit_and_never_a_higher_put(view, book):
    for intent in intents_of(view, book, the_params()):
        if intent.purpose is Purpose.ROLL:
            old, new = (leg.contract for leg in intent.combo.legs)
            assert intent.worst > 0 or new.right is Right.CALL
            assert new.strike <= old.strike if new.right is Right.PUT else new.strike >= old.strike
            assert new.expiry > old.expiry


@settings(max_examples=40)
@given(markets(), books(), st.sampled_from(AccountKind))
def test_review_never_promises_more_than_the_cash_that_is_there(view, book, kind):
    """Strikes held, working and newly promised never exceed settled cash nor what the broker has free."""
    account = book.observed.account.value
    held = sum(-h.quantity * h.contract.strike * 100 for h in book.short_options(Right.PUT))
    waiting = sum(state.order.reserved.amount for state in book.orders.values())

    verdicts = review(book, view, intents_of(view, book, the_params()), Desk(kind, SESSIONS, LOOSE))

    promised = sum(v.reserved.amount for v in verdicts if isinstance(v, Approved))
    if promised > 0:
        assert held + waiting + promised <= account.settled_cash
        assert waiting + promised <= account.available_funds


@settings(max_examples=40)
@given(markets(), books(), st.sampled_from(AccountKind))
def test_review_never_leaves_a_call_naked(view, book, kind):
    verdicts = list(review(book, view, intents_of(view, book, the_params()), Desk(kind, SESSIONS, LOOSE)))
    for symbol in SYMBOLS:
        written = -sum(h.quantity for h in book.short_options(Right.CALL, symbol))
        new = sum(
            -leg.ratio * v.intent.quantity
            for v in verdicts
            if isinstance(v, Approved) and v.intent.symbol == symbol
            for leg in v.intent.combo.legs
            if leg.contract.right is Right.CALL
        )
        assert new <= 0 or (written + new) * 100 <= book.shares(symbol)


@settings(max_examples=40)
@given(markets(), books())
def test_each_symbol_decides_alone_as_together(view, book):
    params = the_params()
    together = list(propose(view, book, params, SESSIONS))
    for symbol in SYMBOLS:
        alone = propose(a_view(view.seen(symbol)), book, params, SESSIONS)
        assert [p for p in alone if p.symbol == symbol] == [p for p in together if p.symbol == symbol]


BUSY = a_book(
    shares(300, "98"),
    short(put(99, expiry=EXPIRIES[0]), "1.50", opened=NOW - timedelta(days=30)),
    short(put(104, expiry=EXPIRIES[2], symbol="ABC"), "99.00", id="wheel/ABC/put/x"),
    short(call(101, expiry=EXPIRIES[0]), "0.30", id="wheel/XYZ/call/x", opened=NOW - timedelta(days=30)),
)


def test_these_books_and_markets_lead_to_every_kind_of_order():
    """Promises about orders are worth something only where orders are made and approved."""
    near = [
        a_row(put(99, expiry=EXPIRIES[0]), "1.00", "1.02", delta=-0.45),
        a_row(call(101, expiry=EXPIRIES[0]), "0.60", "0.62", delta=0.45),
    ]
    xyz = seen(an_underlying(), a_chain(*near, *priced("XYZ", 100, 0.25)))
    abc = seen(an_underlying("ABC"), a_chain(*priced("ABC", 100, 0.25), symbol="ABC"))
    view = a_view(xyz, abc)

    verdicts = review(
        BUSY, view, intents_of(view, BUSY, the_params()), Desk(AccountKind.CASH, SESSIONS, LOOSE)
    )

    kinds = {
        (v.intent.purpose, v.intent.combo.options[-1].right) for v in verdicts if isinstance(v, Approved)
    }
    assert kinds == {
        (Purpose.OPEN, Right.PUT),
        (Purpose.OPEN, Right.CALL),
        (Purpose.ROLL, Right.PUT),
        (Purpose.ROLL, Right.CALL),
        (Purpose.CLOSE, Right.PUT),
    }
