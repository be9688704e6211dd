"""Whether an order, or a change of one, is taken: its contracts, its price, its name, the account's means."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from premia.exchange.accounts import room
from premia.exchange.exchange_orders import (
    DUPLICATE_ID,
    MODIFIES_ANOTHER,
    MODIFIES_FILLED,
    NOT_VALID,
    REJECTED,
    Fault,
    LiveOrder,
    fault_of,
)
from premia.exchange.exchange_state import State
from premia.exchange.noise import uniform
from premia.exchange.types import OrderTicket, TicketState


def fault(state: State, ticket: OrderTicket) -> Fault | None:
    """What is wrong with a ticket apart from its name and its cost; None where nothing is."""
    if ticket.account not in state.accounts:
        return Fault(NOT_VALID, f"Error validating request: account {ticket.account} is not of this market.")
    return fault_of(ticket, state.market, state.now)


def canonical(state: State, ticket: OrderTicket) -> OrderTicket:
    """The ticket with every contract named as the market names it, so that one series is one position."""
    legs = tuple(
        msgspec.structs.replace(leg, contract=state.market.terms(leg.contract).contract)
        for leg in ticket.legs
    )
    return msgspec.structs.replace(ticket, legs=legs)


def admitted(state: State, ticket: OrderTicket) -> LiveOrder | None:
    """A new live order; None where it was refused, which is reported."""
    name = (ticket.client_id, ticket.order_id)
    found = _name_fault(state, name) or fault(state, ticket)
    if found is not None:
        return state.refuse(name, found)
    ticket = canonical(state, ticket)
    trial = LiveOrder(ticket, 0, 0, state.now)
    short = _shortfall(state, trial, state.orders_of(ticket.account))
    if short is not None:
        trial.state = TicketState.INACTIVE
        trial.why = short.text
        state.desk.refuse(name)
        return state.refuse(name, short, trial)
    order = state.desk.admit(ticket, state.now)
    order.shy = uniform(state.policy.seed, "shy", ticket.client_id, order.sequence) < state.policy.shy
    if not state.trades(order):
        order.state = TicketState.PRE_SUBMITTED
    return order


def modified(state: State, live: LiveOrder, ticket: OrderTicket) -> LiveOrder | None:
    """The live order as changed; None where the change was refused, which leaves it as it was."""
    found = fault(state, ticket)
    if found is None:
        ticket = canonical(state, ticket)
        found = _change_fault(live, ticket)
    if found is None:
        trial = LiveOrder(ticket, 0, 0, state.now)
        trial.filled, trial.base, trial.most = live.filled, live.base, live.most
        others = [one for one in state.orders_of(ticket.account) if one.name != live.name]
        found = _shortfall(state, trial, others)
    if found is not None:
        return state.refuse(live.name, found, live)
    live.ticket, live.glance = ticket, None
    return live


def _name_fault(state: State, name: tuple[int, int]) -> Fault | None:
    ended = state.desk.ended(name)
    if ended is None:
        return None
    if ended is TicketState.FILLED:
        return Fault(MODIFIES_FILLED, "Cannot modify a filled order.")
    return Fault(DUPLICATE_ID, "Duplicate order id.")


def _change_fault(live: LiveOrder, ticket: OrderTicket) -> Fault | None:
    same = (ticket.account, ticket.legs) == (live.ticket.account, live.ticket.legs)
    if not same or ticket.quantity * live.ticket.quantity <= 0:
        return Fault(MODIFIES_ANOTHER, "Order being modified does not match the original order.")
    if abs(ticket.quantity) <= abs(live.filled):
        done = abs(live.filled)
        return Fault(MODIFIES_FILLED, f"Cannot modify a filled order: {done} units are filled already.")
    return None


def _shortfall(state: State, order: LiveOrder, others: Sequence[LiveOrder]) -> Fault | None:
    """Why the account cannot carry an order beside its other live ones; None where it can."""
    if not state.policy.check_funds:
        return None
    account = state.accounts[order.ticket.account]
    changes = [state.change(one) for one in others]
    before = room(account, changes, state.marks)
    after = room(account, [*changes, state.change(order)], state.marks)
    new = [text for text in after.refusals if text not in before.refusals]
    if new:
        return Fault(REJECTED, f"Order rejected - reason: {'; '.join(new)}")
    needed = before.funds - after.funds
    if needed <= 0 or after.funds >= 0:
        return None
    return Fault(
        REJECTED,
        "Order rejected - reason: available funds are insufficient: "
        f"{before.funds:.2f} {account.currency} available, {needed:.2f} needed.",
    )
