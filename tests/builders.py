"""Small, good builders of domain values for tests: a book, a market view, what is held and what works.

Everything lives on one quiet Tuesday, 2026-01-13 at 10:30 in New York, unless a test says otherwise. The
chain is priced by Black-Scholes without rates, quoted two cents wide per dollar, in strikes of one dollar.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
from msgspec.structs import replace

from premia.domain.account import AccountState
from premia.domain.book import Book, Observed
from premia.domain.campaign import Campaign, OpenLeg, Trade
from premia.domain.chain import Chain, Row
from premia.domain.combo import single
from premia.domain.dates import new_york, years
from premia.domain.instrument import Contract, Option, Right, Stock
from premia.domain.intent import Purpose
from premia.domain.known import Known
from premia.domain.market import MarketView, Seen, Underlying
from premia.domain.money import Money, Price, price, usd
from premia.domain.order import Ladder, Order, OrderState, Stage
from premia.domain.position import BrokerPosition, Holding
from premia.domain.quote import DataKind, Greeks, Quote
from premia.domain.sessions import Session, Sessions
from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms

NOW = datetime(2026, 1, 13, 15, 30, tzinfo=UTC)
TODAY = date(2026, 1, 13)
SOON = date(2026, 2, 20)
"""A monthly expiry 38 days away."""


def weekdays(first=date(2025, 12, 1), last=date(2027, 1, 29)):
    """Sessions on every weekday, 9:30 to 16:00."""
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    return Sessions(
        Session(day, new_york(day, time(9, 30)), new_york(day, time(16))) for day in days if day.weekday() < 5
    )


SESSIONS = weekdays()


def put(strike=100, expiry=SOON, symbol="XYZ", **terms):
    return Option(symbol, expiry, Decimal(str(strike)), Right.PUT, **terms)


def call(strike=100, expiry=SOON, symbol="XYZ", **terms):
    return Option(symbol, expiry, Decimal(str(strike)), Right.CALL, **terms)


def an_account(**figures):
    """A rich account in dollars, unless told otherwise; figures are USD, None is "did not say"."""
    rich = Decimal(100_000)
    usual = {
        "net_liquidation": rich,
        "total_cash": rich,
        "settled_cash": rich,
        "available_funds": rich,
        "excess_liquidity": rich,
        "look_ahead_excess": rich,
        "post_expiration_excess": rich,
    }
    days = figures.pop("day_trades_left", -1)
    told = {name: None if figure is None else Decimal(figure) for name, figure in figures.items()}
    return AccountState("DU100", "USD", **(usual | told), day_trades_left=days)


def a_book(*parts, account=None, at=NOW, **fields):
    """A reconciled book that holds the given parts; each part is a function of the book before it."""
    state = an_account() if account is None else account
    book = Book(
        account="DU100",
        at=at,
        session=at.date(),
        connected=True,
        cash=Decimal(100_000),
        observed=Observed(account=Known(state, at), positions=Known((), at), orders=Known((), at)),
        ready=True,
    )
    for part in parts:
        book = part(book)
    return replace(book, **fields)


def holding(contract, quantity):
    """A plain holding that no trade of ours owns."""

    def add(book):
        held = {**book.holdings, contract.key: Holding(contract, quantity)}
        return replace(book, holdings=held)

    return add


def short(option, credit="2.00", quantity=1, **trade):
    """A trade of the wheel that is short an option, in its campaign; `trade` sets other fields of it."""
    right = "put" if option.right is Right.PUT else "call"
    opened = trade.pop("opened", NOW - timedelta(days=5))
    name = trade.pop("id", f"wheel/{option.symbol}/{right}/{opened.date()}/1")

    def add(book):
        campaign = book.campaign_of("wheel", option.symbol) or Campaign(
            f"c-{option.symbol}", "wheel", option.symbol, opened, capital_since=opened
        )
        premium = option.value_of(price(credit), quantity)
        new = Trade(
            id=name,
            strategy="wheel",
            symbol=option.symbol,
            slot=f"{option.symbol}/{right}",
            campaign=campaign.id,
            opened=opened,
            legs={option.key: OpenLeg(option, -quantity, Decimal(credit))},
            credit=premium,
            **trade,
        )
        richer = replace(campaign, premium=campaign.premium + premium)
        return replace(
            holding(option, book.holding(option) - quantity)(book),
            trades={**book.trades, name: new},
            campaigns={**book.campaigns, campaign.id: richer},
        )

    return add


def shares(quantity=100, cost="100", symbol="XYZ", since=NOW - timedelta(days=12)):
    """Shares of a campaign of the wheel, at what they cost."""

    def add(book):
        campaign = book.campaign_of("wheel", symbol) or Campaign(
            id=f"c-{symbol}", strategy="wheel", symbol=symbol, opened=since
        )
        paid = Money(Decimal(cost) * quantity)
        with_shares = replace(
            campaign,
            shares=campaign.shares + quantity,
            share_cost=campaign.share_cost + paid,
            capital_since=since,
        )
        held = holding(Stock(symbol), book.shares(symbol) + quantity)(book)
        return replace(held, campaigns={**book.campaigns, campaign.id: with_shares})

    return add


def working(contract: Contract, ratio=-1, quantity=1, **state):
    """A living order of the wheel for one contract; `slot` and `trade` are its own, the rest its state's."""
    is_put = isinstance(contract, Option) and contract.right is Right.PUT
    slot = state.pop("slot", f"{contract.symbol}/{'put' if is_put else 'call'}")
    key = f"wheel/{slot}/{TODAY}/1"
    order = Order(
        key=key,
        strategy="wheel",
        symbol=contract.symbol,
        slot=slot,
        purpose=Purpose.CLOSE if ratio > 0 else Purpose.OPEN,
        combo=single(contract, ratio),
        quantity=quantity,
        limit=price("1.00"),
        worst=price("0.90"),
        tick=Decimal("0.01"),
        ladder=Ladder(2, timedelta(minutes=1), timedelta(minutes=1)),
        reserved=usd(contract.strike * 100 * quantity if is_put and ratio < 0 else 0),
        trade=state.pop("trade", key),
        session=TODAY,
        reason="a test",
        mid=price("1.00"),
        natural=price("0.90"),
    )
    now = OrderState(
        order=order, stage=state.pop("stage", Stage.WORKING), limit=order.limit, since=NOW, **state
    )
    return lambda book: replace(book, orders={**book.orders, key: now})


def positions(*rows: tuple[Contract, int, str]):
    """What the broker says that is held: contract, quantity and average cost."""
    told = tuple(BrokerPosition(c, quantity, Decimal(cost)) for c, quantity, cost in rows)

    def add(book):
        return replace(book, observed=replace(book.observed, positions=Known(told, book.at)))

    return add


def a_quote(bid, ask, at=NOW, kind=DataKind.LIVE):
    return Quote(None if bid is None else price(bid), None if ask is None else price(ask), at, 10, 10, kind)


def a_row(option, bid, ask, **more):
    """One row of a chain, by hand: `delta`, `iv`, `open_interest`, `at` as wanted."""
    greeks = Greeks(iv=more.get("iv", 0.2), delta=more.get("delta", -0.25))
    return Row(option, a_quote(bid, ask, more.get("at", NOW)), greeks, more.get("open_interest", 500))


def a_chain(*rows: Row, symbol="XYZ", kind=DataKind.LIVE):
    return Chain(symbol, rows, kind)


def priced_rows(spot=100.0, vol=0.25, symbol="XYZ", expiries=(SOON,), **more):
    """Puts and calls at every dollar within 30 of spot, priced by Black-Scholes; `more` as for `a_row`."""
    strikes = range(max(round(spot) - 30, 1), round(spot) + 31)
    rows = []
    for expiry in expiries:
        for right in Right:
            tau = years(expiry, more.get("at", NOW))
            terms = OptionTerms(np.array(strikes, dtype=float), tau, right.sign)
            values = black_scholes.greeks(terms, Carry(spot, 0.0), vol)
            for i, strike in enumerate(strikes):
                value = float(values.value[i])
                half = max(0.01, 0.01 * value)
                sides = (f"{max(value - half, 0):.2f}", f"{value + half:.2f}")
                option = Option(symbol, expiry, Decimal(strike), right)
                rows.append(a_row(option, *sides, **{"delta": float(values.delta[i]), "iv": vol} | more))
    return rows


def an_underlying(symbol="XYZ", spot="100.00", **changes):
    """A fund with a market two cents wide; `changes` set its fields, `kind` the freshness of its quote."""
    middle = None if spot is None else Decimal(spot)
    cent = Decimal("0.01")
    bid, ask = (None, None) if middle is None else (str(middle - cent), str(middle + cent))
    usual = Underlying(
        symbol=symbol,
        quote=a_quote(bid, ask, kind=changes.pop("kind", DataKind.LIVE)),
        last=None if middle is None else Price(middle),
        previous_close=None,
        iv30=0.25,
        hv30=0.2,
        fund=True,
        dividend=Known(None, NOW),
        earnings=Known(None, NOW),
    )
    return usual._replace(**changes)


def seen(underlying=None, chain=None, gaps=()):
    """What the market shows of a symbol; without a chain, one priced at the underlying's spot."""
    shown = an_underlying() if underlying is None else underlying
    spot = 100.0 if shown.spot is None else float(shown.spot)
    default = a_chain(*priced_rows(spot, symbol=shown.symbol), symbol=shown.symbol)
    return Seen(shown, default if chain is None else chain, gaps)


def a_view(*symbols: Seen, at=NOW, **unknown):
    """A market view of the given symbols; names given as words are unknown, for the reason told."""
    return MarketView(at, {s.underlying.symbol: s for s in symbols} | unknown)
