"""Which request goes where, and the duties that hold for every request: pacing, lost lines, silence.

A request that this gateway does not know gets error 505; one that is malformed, or that the market
has no data for, gets 321 and the connection lives on: one message says nothing about the next.
"""

from __future__ import annotations

from premia.domain.errors import MarketDataError
from premia.gateway import accounts, contracts, history, marketdata, orders
from premia.gateway.accounts import Handler
from premia.gateway.codes import BAD_REQUEST, CONNECTION_LOST, PACING, UNKNOWN_MESSAGE
from premia.gateway.floor import Floor
from premia.gateway.session import Session
from premia.gateway.wire import Cursor, ProtocolError

VIOLATIONS_MAX = 3
MARKET_DATA, CURRENT_TIME = 1, 49
SET_LOG_LEVEL = 14
NEEDS_BROKER = frozenset((1, 9, 20, 50, 54, 55, 78, 81, 87, 97))


def current_time(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 49: market time in whole seconds; its answer proves that all earlier frames were read."""
    del cursor
    fault = floor.faults.holds("clock_skew", client=session.client_id)
    session.send([49, 1, int(floor.now.timestamp() + (fault.seconds if fault else 0))])


def ignore(floor: Floor, session: Session, cursor: Cursor) -> None:
    """A request that needs no answer."""
    del floor, session, cursor


HANDLERS: dict[int, Handler] = {
    **accounts.HANDLERS,
    **contracts.HANDLERS,
    **history.HANDLERS,
    **marketdata.HANDLERS,
    **orders.HANDLERS,
    CURRENT_TIME: current_time,
    SET_LOG_LEVEL: ignore,
    12: ignore,
    13: ignore,
}
"""Every request that this gateway answers, by number."""


def answer(floor: Floor, session: Session, fields: list[str]) -> None:
    """Answer one request of a started client."""
    session.received += 1
    number = int(fields[0]) if fields and fields[0].isdigit() else -1
    if not session.bucket.take(floor.now):
        _punish(session)
        return
    if _struck(floor, session, "no_answer", number):
        return
    if _struck(floor, session, "cut", number):
        session.close()
        return
    if not floor.connected and number in NEEDS_BROKER:
        session.error(-1, CONNECTION_LOST)
        return
    if session.asks.opening and number != MARKET_DATA:
        marketdata.settle(floor, session)
    handler = HANDLERS.get(number)
    if handler is None:
        session.error(_request_id(fields), UNKNOWN_MESSAGE, f"Fatal Error: Unknown message id {number}.")
        return
    try:
        handler(floor, session, Cursor(fields[1:]))
    except (ProtocolError, MarketDataError) as error:
        session.error(_request_id(fields), BAD_REQUEST, f"Error validating request : cause - {error}")


def _struck(floor: Floor, session: Session, kind: str, number: int) -> bool:
    """Whether a fault of this kind is aimed at requests of this number and strikes."""
    aimed = any(fault.kind == kind and fault.code == number for fault in floor.faults.listed())
    return aimed and floor.faults.hits(kind, client=session.client_id) is not None


def _punish(session: Session) -> None:
    """A message above the rate is lost; the third ends the connection, as IB documents."""
    session.pacing_violations += 1
    session.error(-1, PACING)
    if session.pacing_violations >= VIOLATIONS_MAX:
        session.flush_all()
        session.close()


def _request_id(fields: list[str]) -> int:
    """The request's own number, as far as a message without known layout shows it."""
    return next((int(field) for field in fields[1:3][::-1] if field.lstrip("-").isdigit()), -1)
