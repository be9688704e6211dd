"""The sessions of a journal as the broker told them, for runs that nobody valued session by session.

The demo, a paper account and a live one have such days: net liquidation as last observed in each session.
A run on history knows more (closing prices, natural prices) and makes its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.instrument import Option, Right, Stock
from premia.domain.known import Known
from premia.domain.money import Price
from premia.reporting.backtest.ran import Day
from premia.reporting.replay import Numbered, replay

_NOTHING = Decimal(0)


def days_observed(events: Iterable[Numbered], spots: Mapping[date, Mapping[str, Decimal]]) -> tuple[Day, ...]:
    """One day a session in which the broker told net liquidation and cash, and prices are known.

    Args:
        events: The whole journal.
        spots: Price a share by session and symbol; shares without one count with the options.
    """
    found: dict[date, Day] = {}
    for step in replay(events):
        event = step.event
        if isinstance(event, ev.BrokerObserved) and isinstance(event.account, Known):
            day = session_of(event.account.as_of)
            prices = spots.get(day)
            seen = None if prices is None else _day(day, event, step.after, prices)
            if seen is not None:
                found[day] = seen
    return tuple(found[day] for day in sorted(found))


def _day(day: date, event: ev.BrokerObserved, book: Book, prices: Mapping[str, Decimal]) -> Day | None:
    if not isinstance(event.account, Known):
        return None
    account = event.account.value
    if account.net_liquidation is None or account.total_cash is None:
        return None
    return Day(
        day=day,
        at_mid=account.net_liquidation,
        cash=account.total_cash,
        spots=dict(prices),
        shares=_shares(book, prices),
        accrued_dividends=account.accrued_dividend or _NOTHING,
        accrued_interest=account.accrued_interest or _NOTHING,
        if_assigned=account.total_cash - _strikes(book),
        maintenance=account.maintenance_margin,
        excess=account.excess_liquidity,
    )


def _shares(book: Book, prices: Mapping[str, Decimal]) -> Decimal:
    """Value of the shares that the book holds, USD."""
    held = [(one.contract, one.quantity) for one in book.holdings.values()]
    return sum(
        (
            contract.value_of(Price(prices[contract.symbol]), quantity).amount
            for contract, quantity in held
            if isinstance(contract, Stock) and contract.symbol in prices
        ),
        _NOTHING,
    )


def _strikes(book: Book) -> Decimal:
    """What all short puts would cost if they were assigned, USD."""
    held = [(one.contract, one.quantity) for one in book.holdings.values()]
    return sum(
        (
            -contract.strike_value.amount * quantity
            for contract, quantity in held
            if isinstance(contract, Option) and contract.right is Right.PUT and quantity < 0
        ),
        _NOTHING,
    )
