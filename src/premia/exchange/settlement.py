"""When money and securities of a trade change hands.

Listed options settle on the next session. Stocks and funds settled three sessions after the trade
until September 2017, two until May 2024, and settle on the next session since. Shares delivered by
exercise settle like a stock trade of the exercise date.

Source: SEC rule 15c6-1 and its amendments of 2017 and 2024.
"""

from __future__ import annotations

from datetime import date

from premia.domain.instrument import Contract, Option
from premia.domain.sessions import Sessions
from premia.exchange.fees import Dated

STOCK_CYCLE = Dated(
    (date(1995, 6, 7), 3),
    (date(2017, 9, 5), 2),
    (date(2024, 5, 28), 1),
)
"""Sessions from a stock trade to its settlement, by trade date."""


def settles_on(contract: Contract, traded: date, sessions: Sessions) -> date:
    """The session on which the money of a trade becomes settled cash."""
    cycle = 1 if isinstance(contract, Option) else STOCK_CYCLE.on(traded)
    day = traded
    for _ in range(cycle):
        day = sessions.after(day).day
    return day


def last_trading_day(option: Option, sessions: Sessions) -> date:
    """The last session on which an option trades: the expiry, or the one before it for AM settlement.

    An expiry on a day without a session (a Saturday, as until 2015) counts as the session before it.
    """
    if option.settlement.value == "cash_am":
        return sessions.before(option.expiry).day
    return sessions.on_or_before(option.expiry).day


def expires_on(option: Option, sessions: Sessions) -> date:
    """The session in whose evening the option leaves positions."""
    return sessions.on_or_before(option.expiry).day
