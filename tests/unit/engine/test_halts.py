"""A halt stops what its scope says, wishes, planned orders and working ones, and keeps since when."""

from datetime import timedelta

import pytest

from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.apply import apply
from premia.domain.intent import Purpose
from premia.domain.order import Stage
from premia.engine.charges import US
from premia.engine.decide import Engine, duties
from premia.engine.link import LINK
from premia.engine.reconcile import Adoption, Reference
from premia.rules.review import Desk, Limits
from tests.builders import NOW, SESSIONS, a_book, put, short, working

PAUSE = ev.TradingHalted(at=NOW, cause="operator", scope="entries", why="holidays", who="anna")
KILL = ev.TradingHalted(at=NOW, cause="kill", scope="all", why="kill switch", who="anna")


TRADE = "wheel/XYZ/put/2026-01-08/1"
ENGINE = Engine((), Desk(AccountKind.MARGIN, SESSIONS, Limits()), Reference(SESSIONS, US, Adoption({})))


def a_book_with(purpose, stage):
    sent = {"broker_id": 7, "client_id": 17} if stage is Stage.WORKING else {"broker_id": None}
    ours = {"stage": stage, **sent}
    if purpose is Purpose.OPEN:
        return a_book(working(put(95), **ours), client_id=17)
    return a_book(short(put(95), id=TRADE), working(put(95), 1, trade=TRADE, **ours), client_id=17)


def told(book):
    return [type(event).__name__ for event in duties(ENGINE, book)]


@pytest.mark.parametrize(
    ("halt", "purpose", "stage", "expected"),
    [
        (PAUSE, Purpose.OPEN, Stage.WORKING, ["CancelRequested"]),
        (PAUSE, Purpose.CLOSE, Stage.WORKING, []),
        (KILL, Purpose.CLOSE, Stage.WORKING, ["CancelRequested"]),
        (PAUSE, Purpose.OPEN, Stage.CLEARED, ["OrderDropped"]),
        (PAUSE, Purpose.CLOSE, Stage.CLEARED, ["OrderRequested"]),
        (KILL, Purpose.CLOSE, Stage.CLEARED, ["OrderDropped"]),
    ],
)
def test_a_halt_takes_back_what_it_forbids_and_nothing_else(halt, purpose, stage, expected):
    book = apply(a_book_with(purpose, stage), halt)

    assert told(book) == expected


def test_nothing_is_sent_while_the_link_is_lost_and_it_is_taken_back_afterwards():
    killed = apply(a_book_with(Purpose.OPEN, Stage.WORKING), KILL)
    halted = apply(killed, ev.TradingHalted(at=NOW, cause=LINK, scope="all", why="1100"))
    lost = apply(halted, ev.LinkLost(at=NOW, code=1100, text="gone"))

    assert told(lost) == []
    assert told(apply(lost, ev.TradingReleased(at=NOW, cause=LINK, why="1102"))) == ["CancelRequested"]


def test_a_halt_found_again_keeps_the_time_at_which_it_began():
    later = ev.TradingHalted(
        at=NOW + timedelta(hours=1), cause="operator", scope="all", why="still", who="bo"
    )
    book = apply(apply(a_book(), PAUSE), later)

    assert book.halts["operator"].since == NOW
    assert book.halts["operator"].scope == "all"


def test_a_released_cause_leaves_the_others_standing():
    book = apply(apply(apply(a_book(), PAUSE), KILL), ev.TradingReleased(at=NOW, cause="kill", why="done"))

    assert book.halted(Purpose.OPEN) == ("operator", book.halts["operator"])
    assert book.halted(Purpose.CLOSE) is None
