"""Executions and their commissions: live ones, with the faults that they may suffer, and the day's list."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from premia.domain.money import Price
from premia.exchange.types import Execution
from premia.gateway import order_messages as wire
from premia.gateway.floor import Floor
from premia.gateway.names import combo_of, wire_of
from premia.gateway.order_messages import Deal
from premia.gateway.requests import WireContract
from premia.gateway.session import Session
from premia.gateway.tickets import deal_of
from premia.gateway.times import parse_stamp
from premia.gateway.wire import UNSET_DOUBLE, Cursor


def executions(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 7: today's executions that pass the filter, each with its commission, then the end."""
    cursor.integer()
    req_id, client_id, account = cursor.integer(), cursor.integer(), cursor.text("")
    since, symbol = parse_stamp(cursor.text("")), cursor.text("")
    kind, venue, side = cursor.text(""), cursor.text(""), cursor.text("").upper()
    found = [
        done
        for done in floor.exchange.executions(since)
        if client_id in (0, done.client_id) and account in ("", done.account)
    ]
    for done in found:
        contract = _deal_contract(floor, done)
        matching = (
            symbol in ("", contract.symbol) and kind in ("", contract.sec_type) and venue in ("", done.venue)
        )
        corrected = floor.faults.holds("correct_execution", contract.symbol, session.client_id)
        if matching and side in (
            "",
            "BUY" if done.quantity > 0 else "SELL",
            "BOT" if done.quantity > 0 else "SLD",
        ):
            deal = deal_of(done)
            for one in [_corrected(deal), _wrong(deal)] if corrected else [deal]:
                session.send(wire.execution(req_id, contract, one, session.version))
            _send_commission(session, done, corrected=corrected is not None)
    session.send([55, 1, req_id])


def tell_execution(floor: Floor, session: Session, done: Execution) -> None:
    """A live execution, with the faults that it may suffer."""
    contract, deal = _deal_contract(floor, done), deal_of(done)
    tell = [deal]
    if floor.faults.holds("correct_execution", contract.symbol, session.client_id):
        tell = [_wrong(deal), _corrected(deal)]
    if floor.faults.holds("duplicate_execution", contract.symbol, session.client_id):
        tell = [*tell, *tell]
    for one in tell:
        session.send(wire.execution(-1, contract, one, session.version))


def tell_commission(floor: Floor, session: Session, done: Execution) -> None:
    """The cost of a live execution, with the faults that it may suffer."""
    symbol = _deal_contract(floor, done).symbol
    if floor.faults.holds("no_commission", symbol, session.client_id):
        return
    odd = floor.faults.holds("odd_commission", symbol, session.client_id)
    corrected = floor.faults.holds("correct_execution", symbol, session.client_id)
    _send_commission(session, done, odd=odd is not None, corrected=corrected is not None)


def _wrong(deal: Deal) -> Deal:
    """An execution at a price that is taken back later."""
    return msgspec.structs.replace(deal, price=Price(deal.price + Decimal("0.05")))


def _corrected(deal: Deal) -> Deal:
    """The execution under the number that corrects the first one."""
    return msgspec.structs.replace(deal, exec_id=deal.exec_id.rpartition(".")[0] + ".02")


def _send_commission(
    session: Session, done: Execution, *, odd: bool = False, corrected: bool = False
) -> None:
    if done.commission is None:
        return
    realized = None if done.realized is None else done.realized.amount
    amount = Decimal(UNSET_DOUBLE) if odd else done.commission.amount
    name = done.exec_id.rpartition(".")[0] + ".02" if corrected else done.exec_id
    session.send(wire.commission(name, amount, done.commission.currency, realized))


def _deal_contract(floor: Floor, done: Execution) -> WireContract:
    """The contract of an execution; the combo's own line names the combo."""
    if done.contract is not None:
        return wire_of(floor.exchange.terms(done.contract))
    placing = floor.register.placing_of(done.client_id, done.order_id)
    return combo_of(placing.contract.symbol if placing else "", "USD", placing.legs if placing else ())
