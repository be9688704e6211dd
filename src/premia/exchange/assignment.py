"""Exercise and assignment: who is exercised, when, and what it does to the books.

On the evening of its expiry an option leaves positions. What is in the money by a cent at the
official close is exercised by exception, for clients' long options as against their short ones; cash
settled options pay the difference, share settled ones send shares that arrive on the next session's
morning with the premium in their cost. On the evening before an ex-date, and on any evening for
deep puts, holders exercise where it pays, and with a stated chance it falls on a short contract.
Nobody tells a client: positions and cash change, as at IB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from math import exp

import msgspec

from premia.domain.dates import session_of, years
from premia.domain.instrument import Contract, Option, Right, Settlement, Stock, Style
from premia.domain.money import CENT, Money, Price
from premia.exchange.accounts_marks import Marks
from premia.exchange.fees import sale_fees
from premia.exchange.ledger import Account, Delivery, Position
from premia.exchange.noise import uniform
from premia.exchange.policy import Policy
from premia.exchange.settlement import expires_on, settles_on
from premia.exchange.types import CashMoved, PositionMoved, Refused, Report
from premia.exchange.types_market import Dividend

_EVEN = 0.5
_WORTH_DOING = 0.01
"""Gain per share below which nobody exercises a put early; a day's interest alone is often less."""
_NO_ORDER = 0
"""Client, order and code of a report that concerns nobody's order."""


def call_exercise_pays(dividend: float, strike: float, rate: float, years_left: float, put: float) -> bool:
    """Whether the holder of a call in the money should exercise on the evening before the ex-date.

    Exercise takes the dividend and gives up the interest on the strike and the put that the call
    implies: it pays if `dividend > strike * (1 - exp(-rate * years)) + put`.

    Args:
        dividend: Per share.
        strike: Per share.
        rate: Continuously compounded, annualised fraction.
        years_left: ACT/365 to expiry.
        put: Value of the put of the same strike and expiry once the shares are ex dividend, per share.

    Source: Merton (1973); Pool, Stoll, Whaley, "Failure to exercise call options" (2008).
    """
    return dividend > strike * (1.0 - exp(-rate * years_left)) + put


def put_exercise_pays(strike: float, rate: float, years_left: float, call: float, dividends: float) -> bool:
    """Whether the holder of a put in the money should exercise now.

    Exercise earns interest on the strike and gives up the call that the put implies and the dividends
    to come: it surely pays if `strike * (1 - exp(-rate * years)) > call + dividends`.

    Source: Barraclough, Whaley, "Early exercise of put options on stocks" (2012).
    """
    return strike * (1.0 - exp(-rate * years_left)) > call + dividends


def expire(account: Account, marks: Marks, day: date, policy: Policy) -> Iterator[Report]:
    """Settle every option of the account whose last evening is this one."""
    for held in account.held():
        option = held.contract
        if isinstance(option, Option) and expires_on(option, marks.market.sessions) == day:
            yield from _expire_one(account, held, option, marks, policy)


def assign_early(account: Account, marks: Marks, day: date, policy: Policy) -> None:
    """Let holders of American options exercise this evening, drawn contract by contract for short positions.

    The shares and the loss of the option arrive together on the next session's morning; until then the
    option stays in positions, as at IB.
    """
    if policy.early_assignment <= 0:
        return
    for held in account.held():
        option = held.contract
        if not isinstance(option, Option) or option.style is not Style.AMERICAN or held.quantity >= 0:
            continue
        if not _exercised_tonight(option, marks, day):
            continue
        hits = sum(
            uniform(policy.seed, "early", account.name, option.key, day.toordinal(), n)
            < policy.early_assignment
            for n in range(-held.quantity)
        )
        if hits:
            _send(account, held, option, -hits, marks, day)


def deliver(account: Account, marks: Marks, day: date) -> Iterator[Report]:
    """Move the shares and the money of every delivery that is due this morning."""
    due = [one for one in account.deliveries if one.day <= day]
    account.deliveries = [one for one in account.deliveries if one.day > day]
    for one in due:
        yield from _deliver_one(account, one, marks)


def _expire_one(
    account: Account, held: Position, option: Option, marks: Marks, policy: Policy
) -> Iterator[Report]:
    market, day = marks.market, expires_on(option, marks.market.sessions)
    if option.settlement is Settlement.CASH_AM:
        value = market.settlement_value(option.symbol, option.expiry)
    else:
        value = market.close(option.symbol, day)
    if value is None:
        text = f"{option.key} has no settlement value of {option.expiry} and stays. Load settlement values."
        yield Refused(marks.at, _NO_ORDER, _NO_ORDER, _NO_ORDER, text)
        return
    worth = option.intrinsic(value)
    quantity = held.quantity
    if option.settlement is not Settlement.SHARES:
        yield from _settle_in_cash(account, option, quantity, worth, marks, day)
        return
    exercised = _exercised_at_expiry(account, option, quantity, value, policy)
    if exercised:
        _send(account, held, option, exercised, marks, day)
        held.remove(exercised)
        yield PositionMoved(marks.at, account.name, option, -exercised, _word(exercised))
    left = quantity - exercised
    if left:
        account.book(option, -left, Decimal(0))
        yield PositionMoved(marks.at, account.name, option, -left, "expired")


def _settle_in_cash(
    account: Account, option: Option, quantity: int, worth: Price, marks: Marks, day: date
) -> Iterator[Report]:
    amount = option.value_of(worth, quantity)
    account.book(option, -quantity, -amount.amount)
    yield PositionMoved(marks.at, account.name, option, -quantity, "cash settled" if worth else "expired")
    if worth:
        account.book_cash(amount.amount, marks.market.sessions.after(day).day)
        yield CashMoved(marks.at, account.name, amount, f"cash settlement {option.key}")


def _exercised_at_expiry(
    account: Account, option: Option, quantity: int, close: Decimal, policy: Policy
) -> int:
    """Signed contracts that are exercised (long) or assigned (short)."""
    in_the_money = option.intrinsic(close) >= CENT
    pinned = abs(close - option.strike) <= policy.pin_fraction * option.strike and policy.pin_fraction > 0
    if quantity > 0 or not pinned:
        return quantity if in_the_money else 0
    return -sum(uniform(policy.seed, "pin", account.name, option.key, n) < _EVEN for n in range(-quantity))


def _exercised_tonight(option: Option, marks: Marks, day: date) -> bool:
    market = marks.market
    expiry = expires_on(option, market.sessions)
    if expiry <= day or option.settlement is not Settlement.SHARES:
        return False
    spot, strike = float(marks.spot(option.symbol)), float(option.strike)
    if (spot - strike) * option.right.sign <= 0:
        return False
    next_day = market.sessions.after(day).day
    if option.right is Right.CALL:
        going_ex = [one for one in market.dividends(option.symbol) if day < one.ex <= next_day]
        if not going_ex:
            return False
        return call_exercise_pays(
            float(sum(one.amount for one in going_ex)),
            strike,
            market.rate(marks.at),
            years(option.expiry, marks.at),
            _other_side(option, marks),
        )
    coming = _dividends_between(market.dividends(option.symbol), day, expiry) + _WORTH_DOING
    rate, left = market.rate(marks.at), years(option.expiry, marks.at)
    if not put_exercise_pays(strike, rate, left, 0.0, coming):
        return False
    return put_exercise_pays(strike, rate, left, _other_side(option, marks), coming)


def _dividends_between(known: Sequence[Dividend], day: date, last: date) -> float:
    return float(sum(one.amount for one in known if day < one.ex <= last))


def _other_side(option: Option, marks: Marks) -> float:
    right = Right.PUT if option.right is Right.CALL else Right.CALL
    twin = msgspec.structs.replace(option, right=right)
    return float(marks.market.fair([twin], marks.at)[0])


def _send(account: Account, held: Position, option: Option, quantity: int, marks: Marks, day: date) -> None:
    """Put the shares of `quantity` exercised contracts (signed as held) on their way."""
    carried = held.basis * quantity / held.quantity
    shares = option.multiplier * quantity * option.right.sign
    account.deliveries.append(
        Delivery(
            day=marks.market.sessions.after(day).day,
            contract=Stock(option.symbol, option.currency),
            quantity=shares,
            strike=Price(option.strike),
            paid=option.strike * shares,
            carried=carried,
            exercised=day,
            option=option,
            contracts=quantity,
            early=expires_on(option, marks.market.sessions) > day,
        )
    )


def _deliver_one(account: Account, one: Delivery, marks: Marks) -> Iterator[Report]:
    carried = one.carried
    if one.early:
        held = account.position(one.option)
        carried = held.remove(one.contracts)
        yield PositionMoved(marks.at, account.name, one.option, -one.contracts, _word(one.contracts))
    fees = Decimal(0)
    if one.quantity < 0:
        fees = sale_fees(one.contract, -one.quantity, one.strike, one.exercised)
    settles = settles_on(one.contract, one.exercised, marks.market.sessions)
    account.book(one.contract, one.quantity, one.paid + carried + fees)
    # Since shares settle on the next session, their money is settled on the morning on which it moves.
    account.book_cash(-one.paid - fees, settles if settles > session_of(marks.at) else None)
    yield PositionMoved(marks.at, account.name, one.contract, one.quantity, _word(one.contracts))
    yield CashMoved(marks.at, account.name, _money(one.contract, -one.paid), f"shares of {one.option.key}")
    if fees:
        yield CashMoved(marks.at, account.name, _money(one.contract, -fees), f"sale fees {one.contract.key}")


def _money(contract: Contract, amount: Decimal) -> Money:
    return Money(amount, contract.currency)


def _word(contracts: int) -> str:
    return "exercised" if contracts > 0 else "assigned"
