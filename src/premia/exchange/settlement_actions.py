"""Corporate actions and money from outside: dividends, splits, deposits.

Whoever holds shares before the open of an ex-date is owed the dividend, whoever is short owes it; in
between it is accrued, on the pay date it is cash. A split multiplies shares at the ex-date's morning;
options follow by the clearing house's rule: whole splits divide the strike and multiply contracts,
others change the deliverable, and the series is marked as adjusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import msgspec

from premia.domain.instrument import Contract, Option, Stock
from premia.domain.money import Money, to_cents
from premia.exchange.ledger import Account, Owed
from premia.exchange.types import CashMoved, PositionMoved, Report
from premia.exchange.types_market import MarketSource, Split


def go_ex(account: Account, market: MarketSource, day: date) -> None:
    """Accrue the dividends whose ex-date is this session, for the shares held before its open."""
    for held in account.held():
        if not isinstance(held.contract, Stock):
            continue
        for one in market.dividends(held.contract.symbol):
            if one.ex == day:
                amount = to_cents(one.amount * held.quantity)
                account.owed.append(Owed(one.pay, held.contract, amount))


def pay_dividends(account: Account, at: datetime, day: date) -> Iterator[Report]:
    """Pay what is due; a pay date without a session pays on the next one."""
    due = [one for one in account.owed if one.day <= day]
    account.owed = [one for one in account.owed if one.day > day]
    for one in due:
        account.book_cash(one.amount)
        yield CashMoved(
            at, account.name, Money(one.amount, one.contract.currency), f"dividend {one.contract.key}"
        )


def deposit(account: Account, at: datetime, day: date) -> Iterator[Report]:
    """Book money that comes from outside or goes there."""
    while account.deposits and account.deposits[0].day <= day:
        one = account.deposits.pop(0)
        account.book_cash(one.amount)
        cause = "deposit" if one.amount > 0 else "withdrawal"
        yield CashMoved(at, account.name, Money(one.amount, account.currency), cause)


def split(account: Account, market: MarketSource, at: datetime, day: date) -> Iterator[Report]:
    """Adjust positions to the splits that are effective on this session."""
    for held in account.held():
        for one in market.splits(held.contract.symbol):
            if one.ex != day:
                continue
            successor, quantity, cash = _successor(held.contract, held.quantity, one, market)
            basis = held.basis
            old = held.quantity
            held.remove(old)
            new = account.position(successor)
            new.quantity += quantity
            new.basis += basis - cash
            yield PositionMoved(at, account.name, held.contract, -old, "split")
            yield PositionMoved(at, account.name, successor, quantity, "split")
            if cash:
                account.book_cash(cash)
                yield CashMoved(
                    at, account.name, Money(cash, account.currency), f"cash in lieu {held.contract.key}"
                )


def _successor(
    contract: Contract, quantity: int, one: Split, market: MarketSource
) -> tuple[Contract, int, Decimal]:
    """What a position becomes, how much of it, and cash in lieu of a broken share."""
    if isinstance(contract, Option):
        if one.denominator == 1:
            changed = msgspec.structs.replace(contract, strike=to_cents(contract.strike / one.numerator))
            return changed, quantity * one.numerator, Decimal(0)
        shares = contract.multiplier * one.numerator // one.denominator
        strike = (contract.strike * contract.multiplier / shares).quantize(Decimal("0.01"))
        changed = msgspec.structs.replace(contract, strike=strike, multiplier=shares, adjusted=True)
        return changed, quantity, Decimal(0)
    exact = Decimal(quantity * one.numerator) / one.denominator
    whole = int(exact)
    before = market.sessions.before(one.ex).day
    price = market.close(contract.symbol, before) * one.denominator / one.numerator
    return contract, whole, to_cents((exact - whole) * price)
