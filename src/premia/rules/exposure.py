"""What the account is in for: strikes of short puts, shares, working orders, and this pass so far.

All rules about capital count the same way. A short put counts its strike times multiplier, whoever sold
it; shares count their market value; a working order, or an approval of this pass, counts what was reserved
for the part that is not filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from premia.domain.account import AccountState
from premia.domain.book import Book
from premia.domain.combo import Combo, Leg
from premia.domain.instrument import Option, Right, Stock
from premia.domain.intent import Intent, Purpose
from premia.domain.known import Known
from premia.domain.market import MarketView, Seen
from premia.domain.order import ObservedOrder, OrderState, Stage
from premia.rules.answers import Running

NOTHING = Decimal(0)


class Room(NamedTuple):
    """A limit in USD: how much of it is used, by what a unit of the wish takes."""

    limit: Decimal
    used: Decimal
    unit: Decimal

    @property
    def left(self) -> Decimal:
        """What is left of the limit; negative where it is exceeded."""
        return self.limit - self.used

    @property
    def units(self) -> int:
        """Whole units that fit into what is left; never below zero."""
        return max(int(self.left // self.unit), 0) if self.unit > 0 else 0


def account_of(book: Book) -> AccountState | None:
    """The account's figures in USD; None where they are unknown or in another currency."""
    seen = book.observed.account
    return seen.value if isinstance(seen, Known) and seen.value.currency == "USD" else None


def puts_secured(combo: Combo) -> Decimal:
    """Change of what short puts ask for, USD a unit: strikes sold less strikes bought back."""
    return sum(
        (
            -leg.ratio * leg.contract.strike_value.amount
            for leg in combo.legs
            if isinstance(leg.contract, Option) and leg.contract.right is Right.PUT
        ),
        NOTHING,
    )


def debit_of(intent: Intent) -> Decimal:
    """The most that a unit may cost, USD; zero for a credit."""
    return max(-intent.combo.premium_of(intent.worst, 1).amount, NOTHING)


def need_of(intent: Intent) -> Decimal:
    """Cash that a unit asks for until its order ends, USD: new strikes and debits, less strikes set free."""
    return max(puts_secured(intent.combo) + debit_of(intent), NOTHING)


def opens(intent: Intent) -> bool:
    """Whether an intent adds an option to the account: an opening or a roll."""
    return intent.purpose is not Purpose.CLOSE


def sold(intent: Intent, right: Right | None = None) -> Iterator[tuple[Option, int]]:
    """Options that an intent sells to open or to roll into, with contracts a unit (above zero)."""
    if not opens(intent):
        return
    for leg in intent.combo.legs:
        contract = leg.contract
        if isinstance(contract, Option) and leg.ratio < 0 and right in (None, contract.right):
            yield contract, -leg.ratio


def short_puts(book: Book, symbol: str | None = None) -> Decimal:
    """Strikes of all short puts held, USD."""
    return sum(
        (
            -held.quantity * held.contract.strike_value.amount
            for held in book.short_options(Right.PUT, symbol)
            if isinstance(held.contract, Option)
        ),
        NOTHING,
    )


def working(book: Book, symbol: str | None = None) -> Decimal:
    """Cash promised to what is not filled of all living orders, USD."""
    return sum(
        (still_reserved(state) for state in book.orders.values() if symbol in (None, state.order.symbol)),
        NOTHING,
    )


def still_reserved(state: OrderState) -> Decimal:
    """Cash promised to the part of an order that is not filled, USD."""
    return state.order.reserved.amount * state.remaining / state.order.quantity


def strangers(book: Book) -> Iterator[ObservedOrder]:
    """Orders that work at the broker and are not in the book: a person's, another program's, a lost one."""
    listed = book.observed.orders
    for order in listed.value if isinstance(listed, Known) else ():
        ended = book.ended.get(order.order_ref)
        filled = ended is not None and ended.stage is Stage.FILLED
        if not order.done and order.order_ref not in book.orders and not filled:
            yield order


def others(book: Book) -> Decimal:
    """Cash that working orders of others will take, USD: strikes of the puts and prices of what they buy."""
    return sum((_taken(book, order) * order.remaining for order in strangers(book)), NOTHING)


def opening_legs(book: Book, order: ObservedOrder) -> tuple[Leg, ...]:
    """Legs of a stranger's order but those options that only close what is held."""
    return tuple(
        leg
        for leg in order.combo.legs
        if not isinstance(leg.contract, Option)
        or book.holding(leg.contract) * leg.ratio >= 0
        or abs(book.holding(leg.contract)) < abs(leg.ratio * order.remaining)
    )


def _taken(book: Book, order: ObservedOrder) -> Decimal:
    cost = NOTHING if order.limit is None else max(-order.combo.premium_of(order.limit, 1).amount, NOTHING)
    legs = opening_legs(book, order)
    return max((puts_secured(Combo(legs)) if legs else NOTHING) + cost, NOTHING)


def promised(running: Running, symbol: str | None = None) -> Decimal:
    """Cash promised by this pass so far, USD."""
    return sum(
        (v.reserved.amount for v in running.approved if symbol in (None, v.intent.symbol)),
        NOTHING,
    )


def share_value(book: Book, view: MarketView, symbol: str) -> Decimal | None:
    """Market value of the shares held of a symbol, USD; None where no price is known.

    The view's price comes first, then the broker's mark, then the broker's average cost.
    """
    shares = book.shares(symbol)
    if shares == 0:
        return NOTHING
    price = price_of(book, view, symbol)
    return None if price is None else price * shares


def stock_symbols(book: Book) -> list[str]:
    """Symbols of which shares are held."""
    return sorted(held.contract.symbol for held in book.holdings.values() if isinstance(held.contract, Stock))


def spot_of(view: MarketView, symbol: str) -> Decimal | None:
    """Price of an underlying in the view; None where it was not seen."""
    seen = view.seen(symbol)
    return seen.underlying.spot if isinstance(seen, Seen) else None


def price_of(book: Book, view: MarketView, symbol: str) -> Decimal | None:
    """Price of a share: the view's, else the broker's mark, else its average cost; None where unknown."""
    spot = spot_of(view, symbol)
    if spot is not None:
        return spot
    positions = book.observed.positions
    if isinstance(positions, Known):
        for position in positions.value:
            if isinstance(position.contract, Stock) and position.contract.symbol == symbol:
                return position.average_cost if position.market_price is None else position.market_price
    return None
