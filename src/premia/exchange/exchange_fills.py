"""Booking a fill: executions a leg, commissions with the order's minimum, cash, positions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from premia.domain.dates import session_of
from premia.domain.instrument import Contract, Option
from premia.domain.money import Money, Price
from premia.domain.quote import Quote
from premia.domain.sessions import Sessions
from premia.exchange.exchange_orders import LiveOrder
from premia.exchange.fees import charge, order_commission
from premia.exchange.ledger import Account
from premia.exchange.matching import Match, leg_prices
from premia.exchange.settlement import settles_on
from premia.exchange.types import Execution

_GRAIN = Decimal("0.000001")
"""Commissions are exact to a millionth: regulators charge parts of cents, and IB reports them."""


class Fill(msgspec.Struct, frozen=True):
    """A match of an order at an instant."""

    order: LiveOrder
    match: Match
    at: datetime


def book_fill(fill: Fill, account: Account, quotes: Sequence[Quote], sessions: Sessions) -> list[Execution]:
    """Book a fill into its order and account; the executions, a combo's own line before its legs.

    The commission of an execution is what it adds to the order's commission so far: the first one
    carries the minimum, later ones nothing until the sum of the contracts passes it.
    """
    order, found = fill.order, fill.match
    units = found.units if order.remaining > 0 else -found.units
    order.filled += units
    order.paid += found.price * found.units
    order.last_price = found.price
    order.executions += 1
    single = len(order.ticket.legs) == 1
    prices = (found.price,) if single else leg_prices(order.weights, quotes, found.price)
    lines = [] if single else [_line(fill, 0, None, units, found.price)]
    for n, (leg, price) in enumerate(zip(order.ticket.legs, prices, strict=True), start=1):
        commission, realized = _book_leg(fill, account, leg.contract, leg.ratio * units, price, sessions)
        line = _line(fill, n, leg.contract, leg.ratio * units, price)
        lines.append(
            msgspec.structs.replace(
                line,
                commission=Money(commission, account.currency),
                realized=None if realized is None else Money(realized, account.currency),
            )
        )
    return lines


def _book_leg(
    fill: Fill, account: Account, contract: Contract, quantity: int, price: Price, sessions: Sessions
) -> tuple[Decimal, Decimal | None]:
    """Commission and realised result of one leg, after booking it."""
    order, day = fill.order, session_of(fill.at)
    cost = charge(contract, quantity, price, day, account.volume)
    before = order_commission(order.base, order.most)
    order.base += cost.commission
    if cost.most is not None and len(order.ticket.legs) == 1:
        order.most = (order.most or Decimal(0)) + cost.most
    added = order_commission(order.base, order.most) - before
    commission = (added + cost.fees).quantize(_GRAIN, rounding=ROUND_HALF_UP)
    paid = contract.value_of(price, quantity).amount + commission
    realized = account.trade(contract, quantity, paid, day)
    secures = isinstance(contract, Option) and quantity < 0 and account.quantity(contract) < 0
    account.book_cash(-paid, settles_on(contract, day, sessions), secures=secures)
    return commission, realized


def _line(fill: Fill, leg: int, contract: Contract | None, quantity: int, price: Price) -> Execution:
    order = fill.order
    ticket = order.ticket
    return Execution(
        exec_id=f"{order.perm_id:08x}.{order.executions:08x}.{leg:02d}.01",
        perm_id=order.perm_id,
        client_id=ticket.client_id,
        order_id=ticket.order_id,
        account=ticket.account,
        contract=contract,
        quantity=quantity,
        price=price,
        at=fill.at,
        venue="CBOE" if contract is None or isinstance(contract, Option) else "NASDAQ",
        order_ref=ticket.order_ref,
        cumulative=abs(order.filled),
        average=order.average,
    )
