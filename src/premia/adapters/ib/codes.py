"""What IB's error numbers mean to us, and what a person can do about them.

The library that we connect through counts any number outside a short list as the death of an order;
a preset note (10349) or a hold until the open (399) then kills a living order on paper, and whoever
sends it again has two. Here an order is dead only by its status, its cancel note or a refusal of its
first submission.
"""

from __future__ import annotations

UNREADABLE = 0
"""Our own number, for a message that could not be decoded."""

CLIENT_ID_TAKEN = 326
READ_ONLY = 321
UNKNOWN_CONTRACT = 200
REJECTED = 201
CANCELLED = 202
BAD_TICK = 110
MODIFY_FILLED = 104
HELD = 399
LINES_EXHAUSTED = 101
PACING = 100
CONNECTION_LOST = 1100
SERVERS_OUT_OF_REACH = 2110
RESTORED_WITHOUT_DATA = 1101
RESTORED_WITH_DATA = 1102
COMPETING_SESSION = 10197
CANCEL_UNKNOWN = 10147
CANCEL_DONE = 10148

_WARNINGS = frozenset({HELD, 404, 492, 2109, 10090, 10167, 10349})
_CANCEL_REFUSED = frozenset({161, CANCEL_UNKNOWN, CANCEL_DONE})
_NO_LIVE_DATA = frozenset({354, 10089, 10090, 10167, 10168, 10186, 10197})
_GOOD_NEWS = frozenset({2104, 2106, 2107, 2108, 2119, 2158})
_FIRST_FARM_NOTE, _AFTER_FARM_NOTES = 2100, 2200

_SUBSCRIBE = "Client Portal > Settings > Market Data Subscriptions"
_ADVICE: dict[int, str] = {
    PACING: "too many messages a second reached the gateway; stop other programs that use it",
    LINES_EXHAUSTED: "all market data lines are in use; close watch lists in TWS or other API programs",
    UNKNOWN_CONTRACT: "IB knows no such contract",
    READ_ONLY: "clear API > Settings > Read-Only API in the gateway's configuration",
    354: f"no market data subscription: {_SUBSCRIBE}, and share it with the paper account",
    10089: f"this data needs an additional API subscription: {_SUBSCRIBE}",
    10090: f"part of this data is not subscribed: {_SUBSCRIBE}",
    10167: f"not subscribed, delayed data shown instead: {_SUBSCRIBE}",
    10168: f"not subscribed, and delayed data are not enabled: {_SUBSCRIBE}",
    10186: f"not subscribed, and delayed data are not enabled: {_SUBSCRIBE}",
    COMPETING_SESSION: (
        "a live session of the same user takes the data: log out of other TWS, mobile or Client Portal"
    ),
    CONNECTION_LOST: "the gateway has lost IB's servers; it comes back by itself",
}


def is_warning(code: int) -> bool:
    """Whether a number only tells something: the request stays open, the order stays alive."""
    return code in _WARNINGS or _FIRST_FARM_NOTE <= code < _AFTER_FARM_NOTES


def loses_link(code: int) -> bool:
    """Whether a number says that the gateway has lost the broker's servers."""
    return code in (CONNECTION_LOST, SERVERS_OUT_OF_REACH)


def restores_link(code: int) -> bool:
    """Whether a number says that the broker's servers are back."""
    return code in (RESTORED_WITH_DATA, RESTORED_WITHOUT_DATA)


def is_good_news(code: int) -> bool:
    """Whether a number only says that a data farm works: nobody needs to know."""
    return code in _GOOD_NEWS


def refuses_cancel(code: int) -> bool:
    """Whether a number says that a cancel came too late or found nothing; statuses tell the order's fate."""
    return code in _CANCEL_REFUSED


def denies_live_data(code: int) -> bool:
    """Whether a number says that live data are not to be had here, so that older ones may be asked for."""
    return code in _NO_LIVE_DATA


def advice(code: int) -> str:
    """What to do about a number; empty where nothing is known."""
    return _ADVICE.get(code, "")


def explained(code: int, text: str) -> str:
    """A broker's refusal as one sentence: number, words, and what to do."""
    known = advice(code)
    return f"IB {code}: {text.strip()}" + (f" ({known})" if known else "")
