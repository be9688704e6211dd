"""Orders: placing, changing, cancelling, listing; and what clients hear when something happens to one.

The order of messages is the one recorded from real gateways: an execution comes before the status
that says Filled, Filled comes twice, and the commission comes last. A client that counts statuses
instead of executions is wrong, and finds out here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from premia.domain.instrument import Contract
from premia.exchange.types import (
    Accepted,
    Cancelled,
    Filled,
    OrderTicket,
    OrderView,
    Refused,
    Report,
    TicketState,
)
from premia.gateway import order_messages as wire
from premia.gateway.accounts import Handler
from premia.gateway.codes import (
    BAD_REQUEST,
    BAD_TICK,
    CONNECTION_LOST,
    ORDER_CANCELLED,
    ORDER_REFUSED,
    ORDER_WARNING,
    TIF_SET,
)
from premia.gateway.executions import executions, tell_commission, tell_execution
from premia.gateway.floor import Floor
from premia.gateway.names import Trouble, kind_of
from premia.gateway.order_messages import OrderLine
from premia.gateway.requests import Placing, read_placing
from premia.gateway.session import Session
from premia.gateway.tickets import line_of, preview_of, ticket_of, what_if_line
from premia.gateway.wire import Cursor

WITHOUT_STATUS = (BAD_REQUEST, BAD_TICK)


def place_order(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 3: a new order, a change of one, or a question about margin."""
    placing = _named(floor, read_placing(cursor, session.version))
    symbol = placing.contract.symbol
    if floor.faults.hits("drop_before_receive", symbol, session.client_id):
        session.close()
        return
    trouble = _refusal(floor, session, placing)
    if trouble is None and placing.order["whatIf"] == "1":
        _answer_what_if(floor, session, placing)
        return
    if trouble is not None:
        session.error(placing.order_id, trouble.code, trouble.text)
        return
    if placing.order["transmit"] == "0":
        floor.register.stage(session.client_id, placing)
        return
    ticket = ticket_of(floor.catalogue, session.client_id, placing)
    if isinstance(ticket, Trouble):
        session.error(placing.order_id, ticket.code, ticket.text)
        return
    _submit(floor, session, placing, ticket)


def cancel_order(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 4: take back an order of this client."""
    cursor.integer()
    order_id = cursor.integer()
    if floor.faults.holds("read_only", client=session.client_id):
        session.error(order_id, BAD_REQUEST, "Error validating request.-'bG' : cause - The API is read-only")
        return
    if not floor.connected:
        session.error(order_id, CONNECTION_LOST)
        return
    if floor.register.unstage(session.client_id, order_id):
        session.error(order_id, ORDER_CANCELLED)
        return
    owner = _owner(floor, session, order_id)
    placed = floor.register.placing_of(owner, order_id)
    symbol = placed.contract.symbol if placed else ""
    fault = floor.faults.hits("refuse_cancel", symbol, session.client_id)
    if fault is not None:
        session.error(order_id, fault.code)
        return
    publish(floor, floor.exchange.cancel(owner, order_id), asked=session)


def global_cancel(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 58: take back every working order of every client."""
    del cursor
    if floor.faults.holds("read_only", client=session.client_id):
        session.error(-1, BAD_REQUEST, "Error validating request.-'cA' : cause - The API is read-only")
        return
    for view in floor.exchange.open_orders():
        owner = view.ticket.client_id
        publish(floor, floor.exchange.cancel(owner, view.ticket.order_id), asked=floor.client(owner))


def open_orders(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 5: the working orders of this client."""
    del cursor
    send_open(floor, session, everyone=False)
    session.send([53, 1])


def all_open_orders(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 16: the working orders of every client, which this one may cancel from then on."""
    del cursor
    session.asks.all_orders = True
    send_open(floor, session, everyone=True)
    session.send([53, 1])


def auto_open_orders(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 15: client 0 asks to hear of orders that no client placed."""
    cursor.integer()
    wanted = cursor.flag()
    if session.client_id != 0:
        session.error(
            -1, BAD_REQUEST, "Error validating request.-'bQ' : cause - Only client id 0 may bind orders"
        )
        return
    session.asks.auto_open = wanted
    send_open(floor, session, everyone=False)
    session.send([53, 1])


def completed_orders(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 99: the orders that ended in today's session."""
    api_only = cursor.flag()
    for view in floor.exchange.completed_orders():
        placing = floor.register.placing(view)
        if placing is not None or not api_only:
            session.send(wire.completed_order(line_of(floor.exchange, view, placing), session.version))
    session.send([102])


def next_ids(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 8: the next order id."""
    del cursor
    session.send([9, 1, floor.register.next_id])


def exercise(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 21: refused, because this market exercises by exception only."""
    del floor
    cursor.integer()
    session.error(cursor.integer(), ORDER_REFUSED, "This simulated market exercises options at expiry only.")


def _owner(floor: Floor, session: Session, order_id: int) -> int:
    """Whose order a cancellation means: the client's own, else one that it saw among all open orders."""
    if floor.register.placing_of(session.client_id, order_id) is None and session.asks.all_orders:
        for view in floor.exchange.open_orders():
            if view.ticket.order_id == order_id:
                return view.ticket.client_id
    return session.client_id


def send_open(floor: Floor, session: Session, *, everyone: bool) -> None:
    """OpenOrder and orderStatus of each working order, without an end."""
    for view in floor.exchange.open_orders():
        if everyone or view.ticket.client_id == session.client_id:
            line = line_of(floor.exchange, view, floor.register.placing(view))
            _pair(session, line)


def publish(floor: Floor, reports: Iterable[Report], *, asked: Session | None = None) -> None:
    """Tell clients what happened to their orders, in order; `asked` is who asked for a cancellation."""
    for report in reports:
        if isinstance(report, Accepted):
            _tell_accepted(floor, report.order)
        elif isinstance(report, Filled):
            floor.fills |= {
                (d.account, d.contract.key): d.contract for d in report.executions if d.contract is not None
            }
            _tell_filled(floor, report)
        elif isinstance(report, Cancelled):
            _tell_cancelled(floor, report.order, asked=asked)
        elif isinstance(report, Refused):
            _tell_refused(floor, report)


def _submit(floor: Floor, session: Session, placing: Placing, ticket: OrderTicket) -> None:
    """Hand an order to the market and tell the client, with the faults that lie in between."""
    symbol, client = ticket.legs[0].contract.symbol, session.client_id
    known = floor.register.placing_of(client, placing.order_id)
    halted = floor.faults.holds("trading_halt", symbol, client)
    if halted or floor.faults.hits("never_fill", symbol, client):
        floor.exchange.shunned.add((client, placing.order_id))
    reports = floor.exchange.submit(ticket)
    refused = any(isinstance(report, Refused) for report in reports)
    if not refused or known is None:
        floor.register.note(client, placing)
    before_ack = floor.faults.hits("drop_before_ack", symbol, client)
    filled = any(isinstance(report, Filled) for report in reports)
    after_fill = floor.faults.hits("drop_after_fill", symbol, client) if filled else None
    if before_ack or after_fill:
        session.close()
        publish(floor, reports)
        return
    delay = floor.faults.hits("delay_ack", symbol, client)
    if delay is not None:
        session.held_until = floor.now + timedelta(seconds=delay.seconds)
    if not placing.order["tif"] and not refused:
        session.error(placing.order_id, TIF_SET)
    if floor.faults.hits("drop_after_ack", symbol, client):
        publish(floor, reports[:1])
        session.flush(floor.now)
        session.close()
        publish(floor, reports[1:])
        return
    early = floor.faults.hits("fill_first", symbol, client) if filled else None
    publish(floor, sorted(reports, key=lambda one: isinstance(one, Accepted)) if early else reports)
    _warn(floor, session, placing, new=known is None and not refused)


def _warn(floor: Floor, session: Session, placing: Placing, *, new: bool) -> None:
    """Words that come with a new order, which lives on."""
    words = floor.faults.hits("warn", placing.contract.symbol, session.client_id) if new else None
    if words is not None:
        session.error(placing.order_id, words.code)


def _named(floor: Floor, placing: Placing) -> Placing:
    """The request with symbol and kind filled in where it named its contract by number alone."""
    wanted = placing.contract
    terms = floor.catalogue.by_number(wanted.con_id) if wanted.con_id and not wanted.symbol else None
    if terms is None:
        return placing
    kind, symbol = kind_of(terms.contract), terms.contract.symbol
    return msgspec.structs.replace(
        placing, contract=msgspec.structs.replace(wanted, symbol=symbol, sec_type=kind)
    )


def _refusal(floor: Floor, session: Session, placing: Placing) -> Trouble | None:
    """Why an order goes no further, before its content is looked at."""
    symbol, client = placing.contract.symbol, session.client_id
    if not floor.connected:
        return Trouble(CONNECTION_LOST, "")
    if floor.faults.holds("read_only", symbol, client):
        return Trouble(BAD_REQUEST, "Error validating request.-'bF' : cause - The API is read-only")
    options = placing.contract.sec_type in ("OPT", "BAG")
    if options and floor.faults.holds("no_option_permission", symbol, client):
        return Trouble(ORDER_REFUSED, "Order rejected - reason: No trading permissions for options.")
    if placing.order["whatIf"] == "1":
        return None
    changed = floor.register.placing_of(client, placing.order_id) is not None
    fault = floor.faults.hits("refuse_change" if changed else "reject", symbol, client)
    words = "Order rejected - reason: refused by a fault of the simulation."
    return Trouble(fault.code, words) if fault else None


def _answer_what_if(floor: Floor, session: Session, placing: Placing) -> None:
    ticket = ticket_of(floor.catalogue, session.client_id, placing)
    if isinstance(ticket, Trouble):
        session.error(placing.order_id, ticket.code, ticket.text)
        return
    answer = floor.exchange.what_if(ticket)
    if isinstance(answer, Refused):
        session.error(placing.order_id, answer.code, answer.text)
        return
    if floor.faults.hits("dear_margin", placing.contract.symbol, session.client_id):
        answer = msgspec.structs.replace(answer, initial_after=answer.equity_after + 1)
    line = what_if_line(floor.exchange, ticket, placing)
    currency = floor.exchange.values(ticket.account).currency
    session.send(wire.open_order(line, session.version, preview_of(answer, currency), what_if=True))


def _tell_accepted(floor: Floor, view: OrderView) -> None:
    line = line_of(floor.exchange, view, floor.register.placing(view))
    first = floor.register.acknowledge(view.perm_id)
    for session in floor.listeners(view.ticket.client_id):
        if view.state is TicketState.PRE_SUBMITTED:
            _pair(session, line)
            opens = _opens(floor, view.ticket.legs[0].contract)
            words = f"Order Message: Warning: your order will not be placed at the exchange until {opens}."
            session.error(line.order_id, ORDER_WARNING, words)
            continue
        if first:
            _pair(session, _with_status(line, TicketState.PRE_SUBMITTED))
        _status_pair(floor, session, line)


def _tell_filled(floor: Floor, report: Filled) -> None:
    view = report.order
    line = line_of(floor.exchange, view, floor.register.placing(view))
    for session in floor.listeners(view.ticket.client_id):
        for done in report.executions:
            tell_execution(floor, session, done)
        _status_pair(floor, session, line)
        if view.state is TicketState.FILLED:
            _pair(session, line)
            if floor.faults.hits("late_status", view.ticket.legs[0].contract.symbol, session.client_id):
                session.send(wire.order_status(_unfilled(line, abs(view.ticket.quantity))))
        for done in report.executions:
            tell_commission(floor, session, done)


def _tell_cancelled(floor: Floor, view: OrderView, *, asked: Session | None) -> None:
    line = line_of(floor.exchange, view, floor.register.placing(view))
    told = floor.listeners(view.ticket.client_id)
    for session in told if asked is None or asked in told else [*told, asked]:
        if asked is not None:
            _pair(session, _with_status(line, None))
        else:
            session.send(wire.open_order(line, session.version))
        session.send(wire.order_status(line))
        session.error(line.order_id, ORDER_CANCELLED, _cancel_words(view))


def _tell_refused(floor: Floor, report: Refused) -> None:
    for session in floor.listeners(report.client_id):
        session.error(report.order_id, report.code, report.text)
        if report.order is not None and report.code not in WITHOUT_STATUS:
            _pair(session, line_of(floor.exchange, report.order, floor.register.placing(report.order)))


def _status_pair(floor: Floor, session: Session, line: OrderLine) -> None:
    """OpenOrder and orderStatus, the latter twice where a fault asks for it."""
    _pair(session, line)
    symbol = line.contract.symbol
    if floor.faults.hits("duplicate_status", symbol, session.client_id):
        session.send(wire.order_status(line))


def _pair(session: Session, line: OrderLine) -> None:
    session.send(wire.open_order(line, session.version))
    session.send(wire.order_status(line))


def _with_status(line: OrderLine, state: TicketState | None) -> OrderLine:
    """The order before a fill that the same instant brought, or while its cancellation is pending."""
    if state is None:
        return _changed(line, status="PendingCancel")
    return _changed(line, status=state.value)


def _changed(line: OrderLine, **changes: object) -> OrderLine:
    return msgspec.structs.replace(line, **changes)


def _unfilled(line: OrderLine, quantity: int) -> OrderLine:
    return _changed(line, status=TicketState.SUBMITTED.value, filled=0, remaining=quantity)


def _cancel_words(view: OrderView) -> str:
    return f"Order Canceled - reason:{view.why}"


def _opens(floor: Floor, contract: Contract) -> str:
    starts = [start for start, _ in floor.exchange.trading_hours(contract) if start > floor.now]
    return f"{starts[0]:%Y-%m-%d %H:%M:%S} UTC" if starts else "the next session"


HANDLERS: dict[int, Handler] = {
    3: place_order,
    4: cancel_order,
    5: open_orders,
    7: executions,
    8: next_ids,
    15: auto_open_orders,
    16: all_open_orders,
    21: exercise,
    58: global_cancel,
    99: completed_orders,
}
"""Request numbers of this module."""
