"""Cash that no order moved: what we predict, and matching it with what came.

Dividends are expected from the shares held at the open of an ex-date, interest from our own daily
accrual. A change of cash is booked when it equals a set of expectations within a cent; anything else
is unexplained and says so. Commissions still to be reported make cash incomparable, so nothing is
concluded until they are here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

from premia.domain.book import Book, Expected
from premia.domain.dates import session_of
from premia.domain.events import (
    BrokerObserved,
    CashBooked,
    CashUnexplained,
    DividendExpected,
    InterestAccrued,
    InterestExpected,
)
from premia.domain.known import Known
from premia.domain.money import CENT, Money, to_cents
from premia.domain.sessions import Sessions
from premia.engine.charges import Charges, day_interest, settled

_DAY = timedelta(days=1)
_HALF_CENT = CENT / 2
_TOGETHER_MAX = 4  # expectations that may be paid at one time between two looks
_DAYS_MAX = 400  # calendar days of interest caught up at once


def explain_cash(book: Book, seen: BrokerObserved) -> list[CashBooked | CashUnexplained]:
    """What explains the difference between the broker's cash and the ledger's; empty where they are equal."""
    difference = difference_of(book, seen)
    if difference is None or abs(difference) <= _HALF_CENT:
        return []
    match = _match(tuple(book.expected.values()), difference)
    if match is None:
        waiting = ", ".join(book.expected) or "nothing"
        note = f"cash differs by {difference:+,.2f} USD and no expectation explains it; expected: {waiting}"
        # Money moves in whole cents; the fractions are those of our commissions, which stay what they are.
        return [CashUnexplained(at=seen.at, amount=Money(to_cents(difference)), note=note)]
    booked = [
        CashBooked(at=seen.at, cause=one.cause, predicted=one.amount, amount=one.amount.rounded())
        for one in match
    ]
    return list(booked)


def difference_of(book: Book, seen: BrokerObserved) -> Decimal | None:
    """Broker's cash less the ledger's, USD; None where it cannot be told yet."""
    if book.cash is None or book.uncosted or not isinstance(seen.account, Known):
        return None
    observed = seen.account.value.total_cash
    return None if observed is None else observed - book.cash


def is_explained(book: Book, difference: Decimal) -> bool:
    """Whether cash that differs by so much is what is expected: nothing, or payments that are due."""
    return abs(difference) <= CENT or _match(tuple(book.expected.values()), difference) is not None


def accruals(book: Book, today: date, sessions: Sessions, charges: Charges) -> list[InterestAccrued]:
    """Our own interest of every calendar day that ended since the last one accrued.

    It must be drawn before a new day's facts are folded: each day earns on the cash with which it ended.
    """
    if book.cash is None:
        return []
    first = today - _DAY if book.accrual is None else book.accrual.through + _DAY
    days = min((today - first).days, _DAYS_MAX)
    worth = _worth(book)
    events: list[InterestAccrued] = []
    for day in (first + _DAY * n for n in range(days)):
        balance = settled(book.cash, book.unsettled, day, sessions)
        rate, amount = day_interest(charges, balance, worth, day)
        at = book.at
        events.append(
            InterestAccrued(at=at, day=day, settled=Money(balance), rate=float(rate), amount=amount)
        )
    return events


def month_ends(book: Book, events: Iterable[InterestAccrued]) -> list[InterestAccrued | InterestExpected]:
    """The accruals with, after the last day of each month, what that month is expected to post."""
    found: list[InterestAccrued | InterestExpected] = []
    month, running = (
        (date.min, Decimal(0)) if book.accrual is None else (book.accrual.month, book.accrual.amount)
    )
    for event in events:
        if month != event.day.replace(day=1):
            month, running = event.day.replace(day=1), Decimal(0)
        running += event.amount
        found.append(event)
        due = to_cents(running)
        if (event.day + _DAY).day == 1 and due:
            found.append(InterestExpected(at=event.at, month=month, amount=Money(due)))
    return found


def dividends_due(book: Book, today: date, *, at_open: bool) -> list[DividendExpected]:
    """Dividends whose ex-date has come, by the shares held at its open.

    Args:
        book: The book after reconciling.
        today: The current session.
        at_open: Whether it has opened, so that today's ex-dates count.
    """
    return [
        DividendExpected(
            at=book.at,
            symbol=symbol,
            ex=dividend.ex,
            shares=book.shares(symbol),
            amount=Money(dividend.amount * book.shares(symbol)),
        )
        for symbol, dividend in book.dividends.items()
        if dividend.ex < today or (dividend.ex == today and at_open)
    ]


def _match(expected: tuple[Expected, ...], difference: Decimal) -> tuple[Expected, ...] | None:
    """The smallest set of expectations whose sum is the difference, to a cent each; oldest first."""
    ordered = sorted(expected, key=lambda one: (one.since, one.cause))
    for count in range(1, min(len(ordered), _TOGETHER_MAX) + 1):
        for chosen in combinations(ordered, count):
            total = sum((one.amount.amount for one in chosen), Decimal(0))
            if abs(total - difference) <= CENT * count:
                return chosen
    return None


def _worth(book: Book) -> Decimal:
    account = book.observed.account
    known = account.value.net_liquidation if isinstance(account, Known) else None
    return known if known is not None else book.cash or Decimal(0)


def opened(book: Book, sessions: Sessions) -> bool:
    """Whether the session of the book's day has opened."""
    session = sessions.get(session_of(book.at))
    return session is not None and book.at >= session.opens
