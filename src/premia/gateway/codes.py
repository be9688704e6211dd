"""IB's error numbers that this gateway serves, each with a text in our own words.

The numbers are the contract with clients, who branch on them; the words are for people. Numbers
from 2100 to 2169 and a few others are warnings: a request that gets one stays open.
"""

from __future__ import annotations

PACING = 100
TICKER_LIMIT = 101
DUPLICATE_TICKER = 102
DUPLICATE_ORDER = 103
FILLED_ORDER = 104
BAD_TICK = 110
HISTORY = 162
UNKNOWN_CONTRACT = 200
ORDER_REFUSED = 201
ORDER_CANCELLED = 202
UNKNOWN_TICKER = 300
BAD_REQUEST = 321
DUPLICATE_ID = 322
CLIENT_ID_TAKEN = 326
HISTORY_UNKNOWN = 366
NOT_SUBSCRIBED = 354
ORDER_WARNING = 399
ZERO_SIZE = 434
ACCOUNT_NEEDED = 435
UNKNOWN_ACCOUNT = 436
NOT_CONNECTED = 504
UNKNOWN_MESSAGE = 505
NO_SNAPSHOT_TICKS = 321
CONNECTION_LOST = 1100
RESTORED_WITHOUT_DATA = 1101
RESTORED_WITH_DATA = 1102
DATA_FARM_DOWN = 2103
DATA_FARM_OK = 2104
HISTORY_FARM_DOWN = 2105
HISTORY_FARM_OK = 2106
DEFINITION_FARM_OK = 2158
PARTIALLY_SUBSCRIBED = 10090
TIF_SET = 10349
CANCEL_UNKNOWN = 10147
CANCEL_DONE = 10148
DELAYED_INSTEAD = 10167
DELAYED_REFUSED = 10168
COMPETING_SESSION = 10197
NEEDS_LIVE = 10089

TEXTS: dict[int, str] = {
    PACING: "Too many messages a second: more than the allowed rate arrived.",
    TICKER_LIMIT: "All market data lines are in use; cancel some first.",
    DUPLICATE_TICKER: "This ticker id is in use already.",
    DUPLICATE_ORDER: "This order id was used already.",
    FILLED_ORDER: "The order is filled and cannot be changed.",
    BAD_TICK: "The price is no multiple of the contract's smallest price step.",
    UNKNOWN_CONTRACT: "No security definition has been found for the request",
    ORDER_CANCELLED: "Order Canceled - reason:",
    UNKNOWN_TICKER: "No request with this ticker id is open.",
    DUPLICATE_ID: "This request id is in use already.",
    CLIENT_ID_TAKEN: "This client id is connected already; choose another one.",
    NOT_SUBSCRIBED: "Requested market data is not subscribed.",
    ACCOUNT_NEEDED: "Several accounts are managed here: name the one that the order is for.",
    CONNECTION_LOST: "Connectivity between the gateway and the broker has been lost.",
    RESTORED_WITHOUT_DATA: "Connectivity has been restored - data lost. Market data must be requested again.",
    RESTORED_WITH_DATA: "Connectivity has been restored - data maintained.",
    DATA_FARM_DOWN: "Market data farm connection is broken:usfarm",
    DATA_FARM_OK: "Market data farm connection is OK:usfarm",
    HISTORY_FARM_DOWN: "HMDS data farm connection is broken:ushmds",
    HISTORY_FARM_OK: "HMDS data farm connection is OK:ushmds",
    DEFINITION_FARM_OK: "Sec-def data farm connection is OK:secdefil",
    CANCEL_UNKNOWN: "The order to be cancelled is not known under this id.",
    CANCEL_DONE: "The order is in its final state already and cannot be cancelled.",
    DELAYED_INSTEAD: "Requested market data is not subscribed. Displaying delayed market data.",
    DELAYED_REFUSED: "Requested market data is not subscribed. Delayed market data is not enabled.",
    COMPETING_SESSION: "No market data during a competing live session.",
    NEEDS_LIVE: "Requested market data requires an additional subscription for API.",
    TIF_SET: "Order TIF was set to DAY based on order preset.",
}
"""The words of each number where one sentence fits every case."""


def text_for(code: int, detail: str = "") -> str:
    """The sentence of an error number, with a detail where there is one."""
    known = TEXTS.get(code, "")
    return f"{known} {detail}".strip() if detail else known or f"Error {code}."
