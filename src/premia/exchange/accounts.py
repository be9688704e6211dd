"""What an account's books mean now: equity, margin, what is left for new orders.

Available funds are equity with loan value less initial margin, less what working orders would take.
Shares on their way after an exercise count as if they had come, because their money is already owed.
A cash account can spend only what has settled, premium of a short option just opened excepted: that
premium counts toward the option's own requirement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

import msgspec

from premia.domain.account import AccountKind
from premia.domain.dates import session_of
from premia.domain.instrument import Contract, Option, Settlement, Stock
from premia.exchange.accounts_marks import Marks
from premia.exchange.ledger import Account
from premia.exchange.policy import Policy
from premia.exchange.settlement import expires_on
from premia.exchange.types import Holding, Values
from premia.margin import reg_t

_PATTERN_MINIMUM = Decimal(25_000)
_DAY_TRADES = 3
_DAY_TRADE_SESSIONS = 5
_DAY_TRADE_LEVERAGE = 4
_OVERNIGHT_LEVERAGE = 2


class Change(msgspec.Struct, frozen=True):
    """What an order would do to the books: signed quantities, and what it costs (negative: brings)."""

    moves: tuple[tuple[Contract, int], ...]
    paid: Decimal


class Standing(msgspec.Struct, frozen=True):
    """Cash and quantities as they are or would be."""

    cash: Decimal
    quantities: dict[Contract, int]

    def after(self, change: Change) -> Standing:
        """The standing with a change made."""
        quantities = dict(self.quantities)
        for contract, quantity in change.moves:
            quantities[contract] = quantities.get(contract, 0) + quantity
        return Standing(self.cash - change.paid, {key: q for key, q in quantities.items() if q})


class Measure(msgspec.Struct, frozen=True):
    """Equity with loan value and requirements of a standing, and what its account may not hold."""

    equity: Decimal
    initial: Decimal
    maintenance: Decimal
    refusals: tuple[str, ...]

    @property
    def free(self) -> Decimal:
        """Equity with loan value less initial margin."""
        return self.equity - self.initial

    @property
    def excess(self) -> Decimal:
        """Equity with loan value less maintenance margin."""
        return self.equity - self.maintenance


def standing(account: Account) -> Standing:
    """The account's standing now, deliveries on their way counted as arrived."""
    now = Standing(account.cash, {one.contract: one.quantity for one in account.held()})
    for delivery in account.deliveries:
        moves: tuple[tuple[Contract, int], ...] = ((delivery.contract, delivery.quantity),)
        if delivery.early:
            moves = (*moves, (delivery.option, -delivery.contracts))
        now = now.after(Change(moves, delivery.paid))
    return now


def measure(account: Account, at: Standing, marks: Marks) -> Measure:
    """Margin of a standing by the rules of the account's kind.

    Source: `premia.margin.reg_t`; equity with loan value is cash and stock, because the requirement
    holds the market value of short options and long options have no loan value.
    """
    marks.prime(at.quantities)
    held: dict[str, list[reg_t.Position]] = {}
    for contract, quantity in at.quantities.items():
        one = reg_t.Position(contract=contract, quantity=quantity, mark=marks.of(contract))
        held.setdefault(contract.symbol, []).append(one)
    required = [
        _required(tuple(positions), symbol, _underlying(symbol, marks), account.kind)
        for symbol, positions in held.items()
    ]
    stock = sum(
        (
            marks.of(contract) * quantity
            for contract, quantity in at.quantities.items()
            if isinstance(contract, Stock)
        ),
        Decimal(0),
    )
    equity = at.cash + stock
    if account.kind is not AccountKind.MARGIN:
        equity -= account.unusable_cash
    return Measure(
        equity,
        sum((one.initial.amount for one in required), Decimal(0)),
        sum((one.maintenance.amount for one in required), Decimal(0)),
        tuple(text for one in required for text in one.refusals),
    )


@lru_cache(maxsize=1024)
def _required(
    positions: tuple[reg_t.Position, ...], symbol: str, underlying: reg_t.Underlying, kind: AccountKind
) -> reg_t.Requirement:
    """What the positions of one underlying require; an order changes those of one symbol at a time."""
    return reg_t.requirement(
        positions, {symbol: underlying}, reg_t.RegT(account=reg_t.AccountKind(kind.value))
    )


class Room(msgspec.Struct, frozen=True):
    """What is left of the account with every working order filled.

    Attributes:
        funds: Available funds: those of the books less what the orders would take.
        after: The standing with all orders filled.
        refusals: What the account may not hold and would, with all orders filled.
    """

    funds: Decimal
    after: Standing
    refusals: tuple[str, ...]


def room(account: Account, changes: Iterable[Change], marks: Marks) -> Room:
    """Available funds with working orders: each order in turn takes what it needs, none gives anything.

    An order that would free funds (a closing one) does not until it is filled; an order that an earlier
    one would leave uncovered takes its full requirement.
    """
    at = standing(account)
    now = measure(account, at, marks)
    funds = now.free
    last = now
    for change in changes:
        at = at.after(change)
        following = measure(account, at, marks)
        funds -= max(last.free - following.free, Decimal(0))
        last = following
    return Room(funds, at, last.refusals)


def values(account: Account, changes: Sequence[Change], marks: Marks, policy: Policy) -> Values:
    """Every figure of the account at the marks' instant."""
    at = standing(account)
    now = measure(account, at, marks)
    funds = room(account, changes, marks).funds if changes else now.free
    stock = option = unrealized = Decimal(0)
    for held in account.held():
        worth = held.contract.value_of(marks.of(held.contract), held.quantity).amount
        unrealized += worth - held.basis
        if isinstance(held.contract, Option):
            option += worth
        else:
            stock += worth
    worth = net_liquidation(account, marks)
    after = _after_expiry(account, at, marks)
    expired = measure(account, after, marks).excess if after is not at else now.excess
    return Values(
        account=account.name,
        kind=account.kind.name,
        currency=account.currency,
        net_liquidation=worth,
        total_cash=account.cash,
        settled_cash=account.settled_cash,
        accrued_interest=account.accrued_interest,
        accrued_dividend=account.accrued_dividend,
        equity_with_loan=now.equity,
        initial_margin=now.initial,
        maintenance_margin=now.maintenance,
        available_funds=funds,
        excess_liquidity=now.excess,
        buying_power=_buying_power(account, funds, worth),
        look_ahead_excess=min(now.excess, expired),
        post_expiration_excess=expired,
        day_trades_left=day_trades_left(account, worth, marks, policy),
        stock_value=stock,
        option_value=option,
        realized=account.realized,
        unrealized=unrealized,
    )


class Worth:
    """An account's net liquidation at an instant, priced when somebody asks for it.

    What the account holds is noted at once; the marks of that instant stay the same however late they
    are looked up.

    Attributes:
        cash: Total cash, settled or not.
        accrued_dividend, accrued_interest: Earned and not paid yet.
    """

    def __init__(self, account: Account, marks: Marks) -> None:
        """Note cash, positions, deliveries on their way, dividends and interest accrued."""
        self._marks = marks
        self.cash = account.cash
        self.accrued_dividend = account.accrued_dividend
        self.accrued_interest = account.accrued_interest
        self._held = tuple((one.contract, one.quantity) for one in account.held())
        self._deliveries = tuple(account.deliveries)

    @cached_property
    def amount(self) -> Decimal:
        """Everything at the marks of the instant, in the account's currency."""
        marks, total = self._marks, self.cash + self.accrued_dividend + self.accrued_interest
        marks.prime(contract for contract, _ in self._held)
        for contract, quantity in self._held:
            total += contract.value_of(marks.of(contract), quantity).amount
        for delivery in self._deliveries:
            total += marks.of(delivery.contract) * delivery.quantity - delivery.paid
            if delivery.early:
                total -= delivery.option.value_of(marks.of(delivery.option), delivery.contracts).amount
        return total

    @property
    def shares(self) -> Decimal:
        """Shares at the marks of the instant, in the account's currency."""
        held = [(contract, quantity) for contract, quantity in self._held if isinstance(contract, Stock)]
        return sum((self._marks.of(contract) * quantity for contract, quantity in held), Decimal(0))


def net_liquidation(account: Account, marks: Marks) -> Decimal:
    """Cash, positions at their marks, deliveries on their way, dividends and interest accrued."""
    return Worth(account, marks).amount


def holdings(account: Account, marks: Marks) -> list[Holding]:
    """Every position of the session, those closed in it with quantity zero."""
    marks.prime(account.positions)
    return [
        Holding(
            account.name, one.contract, one.quantity, one.average_cost, marks.of(one.contract), one.realized
        )
        for one in account.positions.values()
    ]


def day_trades_left(account: Account, worth: Decimal, marks: Marks, policy: Policy) -> int | None:
    """Day trades that a margin account under 25,000 may still make in five sessions; None is no limit."""
    today = session_of(marks.at)
    if (
        account.kind is not AccountKind.MARGIN
        or worth >= _PATTERN_MINIMUM
        or today >= policy.retire_day_trades
    ):
        return None
    first = _sessions_back(today, _DAY_TRADE_SESSIONS - 1, marks)
    made = sum(1 for day in account.round_trips if first <= day <= today)
    return max(_DAY_TRADES - made, 0)


def _sessions_back(day: date, count: int, marks: Marks) -> date:
    sessions = marks.market.sessions
    back = sessions.on_or_before(day).day
    for _ in range(count):
        if back <= sessions.first.day:
            break
        back = sessions.before(back).day
    return back


def _buying_power(account: Account, funds: Decimal, worth: Decimal) -> Decimal:
    if account.kind is not AccountKind.MARGIN:
        return max(funds, Decimal(0))
    leverage = _DAY_TRADE_LEVERAGE if worth >= _PATTERN_MINIMUM else _OVERNIGHT_LEVERAGE
    return max(funds, Decimal(0)) * leverage


def _after_expiry(account: Account, at: Standing, marks: Marks) -> Standing:
    """The standing if every option of the coming expiry were settled at today's prices."""
    del account
    sessions = marks.market.sessions
    horizon = sessions.on_or_after(session_of(marks.at)).day
    for contract, quantity in at.quantities.items():
        if not isinstance(contract, Option) or expires_on(contract, sessions) > horizon:
            continue
        worth = contract.intrinsic(marks.spot(contract.symbol))
        moves: list[tuple[Contract, int]] = [(contract, -quantity)]
        paid = Decimal(0)
        if worth > 0 and contract.settlement is Settlement.SHARES:
            shares = contract.multiplier * quantity * contract.right.sign
            moves.append((Stock(contract.symbol, contract.currency), shares))
            paid = contract.strike * shares
        elif worth > 0:
            paid = -contract.value_of(worth, quantity).amount
        at = at.after(Change(tuple(moves), paid))
    return at


def _underlying(symbol: str, marks: Marks) -> reg_t.Underlying:
    settings = marks.market.settings(symbol)
    return reg_t.Underlying(
        spot=marks.spot(symbol), kind=reg_t.MarginClass(settings.margin_class), leverage=settings.leverage
    )
