"""How things stand: the account as last observed, what is open, and what needs a person."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import msgspec

from premia.domain.book import Book
from premia.domain.known import Known
from premia.domain.order import Stage


class BlockLine(msgspec.Struct, frozen=True):
    """A symbol that takes no new entry, why, and until which session's positions (None: a person decides)."""

    symbol: str
    why: str
    until_session: date | None


class HaltLine(msgspec.Struct, frozen=True):
    """What stops trading: `entries`, or `all` new orders; since when, why, and who asked for it."""

    cause: str
    scope: str
    why: str
    since: datetime
    who: str


class ExpectedLine(msgspec.Struct, frozen=True):
    """A change of cash that is expected, USD."""

    cause: str
    amount: Decimal
    since: date


class Status(msgspec.Struct, frozen=True):
    """Figures in USD; None is what the broker did not say.

    Attributes:
        at: Market time of the newest event.
        observed_at: Market time at which the broker last told the account's figures.
        ledger_cash: Cash that our own facts explain.
        reconciled: Whether broker and ledger agreed when last compared.
        unknown_orders: Keys of orders that may or may not live at the broker; a person must decide.
        open_trades: Their names, as commands take them.
        capital: At work in campaigns: shares at cost, short puts at their strikes.
    """

    account: str
    at: datetime
    cycle: str
    reconciled: bool
    observed_at: datetime | None
    net_liquidation: Decimal | None
    total_cash: Decimal | None
    settled_cash: Decimal | None
    available_funds: Decimal | None
    excess_liquidity: Decimal | None
    maintenance_margin: Decimal | None
    ledger_cash: Decimal | None
    capital: Decimal
    campaigns: int
    trades: int
    positions: int
    working_orders: int
    unknown_orders: tuple[str, ...]
    blocks: tuple[BlockLine, ...]
    expected: tuple[ExpectedLine, ...]
    halts: tuple[HaltLine, ...] = ()
    open_trades: tuple[str, ...] = ()


def status(book: Book) -> Status:
    """How things stand by the book."""
    told = book.observed.account
    account = told.value if isinstance(told, Known) else None
    unknown = [state.key for state in book.orders.values() if state.stage is Stage.UNKNOWN]
    return Status(
        account=book.account,
        at=book.at,
        cycle=book.cycle,
        reconciled=book.ready,
        observed_at=told.as_of if isinstance(told, Known) else None,
        net_liquidation=None if account is None else account.net_liquidation,
        total_cash=None if account is None else account.total_cash,
        settled_cash=None if account is None else account.settled_cash,
        available_funds=None if account is None else account.available_funds,
        excess_liquidity=None if account is None else account.excess_liquidity,
        maintenance_margin=None if account is None else account.maintenance_margin,
        ledger_cash=book.cash,
        capital=sum((one.capital.amount for one in book.campaigns.values()), Decimal(0)),
        campaigns=len(book.campaigns),
        trades=sum(1 for trade in book.trades.values() if not trade.flat),
        positions=len(book.holdings),
        working_orders=len(book.orders) - len(unknown),
        unknown_orders=tuple(unknown),
        blocks=tuple(BlockLine(name, one.why, one.until_session) for name, one in book.blocks.items()),
        expected=tuple(
            ExpectedLine(one.cause, one.amount.amount, one.since) for one in book.expected.values()
        ),
        halts=tuple(
            HaltLine(cause, halt.scope, halt.why, halt.since, halt.who)
            for cause, halt in sorted(book.halts.items())
        ),
        open_trades=tuple(sorted(trade.id for trade in book.trades.values() if not trade.flat)),
    )
