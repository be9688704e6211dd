"""From a client's order request to the market's ticket, and from the market's view back to messages.

A ticket says what the market needs; everything else that a client wrote is echoed from the register.
An order that this market cannot simulate is refused with IB's number for it, before it goes anywhere.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from premia.domain.instrument import Option
from premia.domain.money import Price
from premia.exchange.exchange import Exchange
from premia.exchange.types import (
    Execution,
    OrderKind,
    OrderTicket,
    OrderView,
    Terms,
    TicketLeg,
    TicketState,
    TimeInForce,
    WhatIf,
)
from premia.gateway.codes import ACCOUNT_NEEDED, BAD_REQUEST, UNKNOWN_ACCOUNT, ZERO_SIZE
from premia.gateway.names import SMART, Catalogue, Trouble, combo_of, wire_of
from premia.gateway.order_messages import Deal, OrderLine, Preview
from premia.gateway.requests import BAG, Placing, WireContract, WireLeg
from premia.gateway.wire import UNSET_DOUBLE

INVALID = "Error validating request.-'bF' : cause - "


def ticket_of(catalogue: Catalogue, client_id: int, placing: Placing) -> OrderTicket | Trouble:
    """The market's ticket for a request, or why there is none."""
    order = placing.order
    pricing = _pricing(placing)
    if isinstance(pricing, Trouble):
        return pricing
    account = _account(catalogue.exchange, order["account"])
    if isinstance(account, Trouble):
        return account
    legs = _legs(catalogue, placing)
    if isinstance(legs, Trouble):
        return legs
    return OrderTicket(
        client_id=client_id,
        order_id=placing.order_id,
        account=account,
        legs=legs,
        quantity=pricing.quantity,
        kind=pricing.kind,
        limit=pricing.limit,
        tif=pricing.tif,
        order_ref=order["orderRef"],
    )


class _Pricing(msgspec.Struct, frozen=True):
    kind: OrderKind
    tif: TimeInForce
    quantity: int
    limit: Price | None


def _pricing(placing: Placing) -> _Pricing | Trouble:
    """Type, time in force, signed size and limit of an order, or what of them cannot be simulated."""
    order = placing.order
    kind = next((one for one in OrderKind if one.value == order["orderType"]), None)
    tif = next((one for one in TimeInForce if one.value == (order["tif"] or "DAY")), None)
    size = _quantity(order)
    limit = _limit(order["lmtPrice"]) if kind is OrderKind.LIMIT else None
    if placing.unsupported:
        return Trouble(BAD_REQUEST, f"{INVALID}this gateway does not simulate {placing.unsupported}")
    if kind is None:
        return Trouble(BAD_REQUEST, f"{INVALID}Invalid order type was entered")
    if tif is None:
        return Trouble(BAD_REQUEST, f"{INVALID}Invalid time in force {order['tif']!r}")
    if size is None:
        return Trouble(ZERO_SIZE, "The order size cannot be zero.")
    if kind is OrderKind.LIMIT and limit is None:
        return Trouble(BAD_REQUEST, f"{INVALID}A limit order needs a limit price")
    return _Pricing(kind, tif, size, limit)


def line_of(exchange: Exchange, view: OrderView, placing: Placing | None) -> OrderLine:
    """An order as messages show it; one that the market made itself is described from its ticket."""
    ticket = view.ticket
    legs = placing.legs if placing else tuple(_wire_leg(exchange, leg) for leg in _several(ticket))
    order = dict(placing.order) if placing else {}
    order |= {
        "action": order.get("action") or ("BUY" if ticket.quantity > 0 else "SELL"),
        "totalQuantity": str(abs(ticket.quantity)),
        "orderType": ticket.kind.value,
        "lmtPrice": "0.0" if ticket.limit is None else f"{ticket.limit}",
        "tif": ticket.tif.value,
        "account": ticket.account,
        "orderRef": ticket.order_ref,
        "displaySize": order.get("displaySize", "") or "",
        "ocaType": _not_zero(order.get("ocaType", "")) or "3",
    }
    return OrderLine(
        client_id=ticket.client_id,
        order_id=ticket.order_id,
        perm_id=view.perm_id,
        contract=contract_of(exchange, ticket, placing),
        order=order,
        legs=legs,
        leg_prices=placing.leg_prices if placing else (),
        routing=placing.routing if placing else (),
        algo=placing.algo if placing else (),
        status=view.state.value,
        filled=abs(view.filled),
        remaining=abs(view.remaining),
        average=view.average,
        last_price=view.last_price,
        completed=view.done_at,
        completed_status=_ending(view),
    )


def contract_of(exchange: Exchange, ticket: OrderTicket, placing: Placing | None) -> WireContract:
    """The contract fields of an order: its one contract, or the combo's common number."""
    several = _several(ticket)
    if several or (placing and placing.legs):
        legs = placing.legs if placing else tuple(_wire_leg(exchange, leg) for leg in several)
        symbol = placing.contract.symbol if placing else ""
        return combo_of(symbol or ticket.legs[0].contract.symbol, "USD", legs)
    wire = wire_of(exchange.terms(ticket.legs[0].contract))
    asked = placing.contract.exchange if placing else ""
    return msgspec.structs.replace(wire, exchange=asked) if asked else wire


def deal_of(done: Execution) -> Deal:
    """An execution as messages show it."""
    return Deal(
        exec_id=done.exec_id,
        at=done.at,
        account=done.account,
        venue=done.venue,
        side="BOT" if done.quantity > 0 else "SLD",
        shares=abs(done.quantity),
        price=done.price,
        perm_id=done.perm_id,
        client_id=done.client_id,
        order_id=done.order_id,
        cumulative=abs(done.cumulative),
        average=done.average,
        order_ref=done.order_ref,
    )


def what_if_line(exchange: Exchange, ticket: OrderTicket, placing: Placing) -> OrderLine:
    """The order of a margin question: it was never placed, so it has no market number and no fills."""
    view = OrderView(
        ticket=ticket,
        perm_id=0,
        state=TicketState.PRE_SUBMITTED,
        filled=0,
        remaining=ticket.quantity,
        average=Decimal(0),
        last_price=Decimal(0),
        accepted_at=exchange.now,
    )
    return line_of(exchange, view, placing)


def preview_of(answer: WhatIf, currency: str) -> Preview:
    """The order-state block for an answer to a margin question."""
    before = (answer.initial_before, answer.maintenance_before, answer.equity_before)
    after = (answer.initial_after, answer.maintenance_after, answer.equity_after)
    changes = tuple(later - earlier for earlier, later in zip(before, after, strict=True))
    cost = f"{answer.commission}"
    return Preview(
        before=_triple(before),
        change=_triple(changes),
        after=_triple(after),
        commission=cost,
        commission_min=UNSET_DOUBLE,
        commission_max=UNSET_DOUBLE,
        currency=currency,
        warning=answer.warning,
    )


def has_options(ticket: OrderTicket) -> bool:
    """Whether an order holds an option."""
    return any(isinstance(leg.contract, Option) for leg in ticket.legs)


def _legs(catalogue: Catalogue, placing: Placing) -> tuple[TicketLeg, ...] | Trouble:
    if placing.contract.sec_type != BAG:
        terms = catalogue.resolve(placing.contract)
        return terms if isinstance(terms, Trouble) else (TicketLeg(terms.contract, 1),)
    if not placing.legs:
        return Trouble(BAD_REQUEST, f"{INVALID}A combo needs legs")
    legs: list[TicketLeg] = []
    for leg in placing.legs:
        terms = catalogue.resolve(WireContract(con_id=leg.con_id, exchange=leg.exchange or SMART))
        if isinstance(terms, Trouble):
            return terms
        legs.append(TicketLeg(terms.contract, leg.ratio if leg.action == "BUY" else -leg.ratio))
    return tuple(legs)


def _account(exchange: Exchange, named: str) -> str | Trouble:
    known = exchange.accounts()
    if named in known:
        return named
    if named:
        return Trouble(UNKNOWN_ACCOUNT, f"The account {named} is not managed here.")
    return known[0] if len(known) == 1 else Trouble(ACCOUNT_NEEDED, "You must specify an account.")


def _quantity(order: dict[str, str]) -> int | None:
    try:
        size = int(Decimal(order["totalQuantity"] or "0"))
    except ArithmeticError:
        return None
    if size <= 0:
        return None
    return size if order["action"] == "BUY" else -size


def _limit(text: str) -> Price | None:
    try:
        value = Decimal(text) if text else None
    except ArithmeticError:
        return None
    return None if value is None or abs(value) > Decimal("1e300") else Price(value)


def _several(ticket: OrderTicket) -> tuple[TicketLeg, ...]:
    return ticket.legs if len(ticket.legs) > 1 else ()


def _wire_leg(exchange: Exchange, leg: TicketLeg) -> WireLeg:
    terms: Terms = exchange.terms(leg.contract)
    return WireLeg(terms.con_id, abs(leg.ratio), "BUY" if leg.ratio > 0 else "SELL", SMART)


def _ending(view: OrderView) -> str:
    if view.state is TicketState.FILLED:
        return f"Filled Size: {abs(view.filled)}"
    return f"Cancelled: {view.why}" if view.why else "Cancelled by Trader"


def _triple(values: tuple[Decimal, ...]) -> tuple[str, str, str]:
    first, second, third = (f"{value:.2f}" for value in values)
    return first, second, third


def _not_zero(text: str) -> str:
    return "" if text == "0" else text
