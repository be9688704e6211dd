"""The books of one account: positions at average cost, cash by settlement day, what was realised.

Costs are IB's: commissions are part of them, an assigned option's premium goes into the shares that
it brings, and the realised result of a closing trade is what it pays less the average cost of what
it closes. This module moves numbers; when and why they move is decided elsewhere.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from premia.domain.account import AccountKind
from premia.domain.instrument import Contract, Option
from premia.domain.money import Price
from premia.exchange.policy import AccountSetup


class Position:
    """A position of one contract: signed quantity and signed cost basis (negative: money received)."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.quantity = 0
        self.basis = Decimal(0)
        self.realized = Decimal(0)
        """Realised since the market's midnight."""

    @property
    def average_cost(self) -> Decimal:
        """Money per contract or share, always positive for an ordinary position; zero when flat."""
        return abs(self.basis / self.quantity) if self.quantity else Decimal(0)

    def move(self, quantity: int, paid: Decimal) -> Decimal | None:
        """Add `quantity` for `paid` in all (negative: received), commissions included.

        Returns:
            The realised result of the part that closes; None where nothing was closed.
        """
        if self.quantity * quantity >= 0:
            self.quantity += quantity
            self.basis += paid
            return None
        closing = max(-abs(self.quantity), -abs(quantity)) * (1 if self.quantity > 0 else -1)
        share = Decimal(closing) / quantity
        released = self.basis * -closing / self.quantity
        result = -paid * share - released
        self.quantity += closing
        self.basis = self.basis - released if self.quantity else Decimal(0)
        self.realized += result
        if closing != quantity:
            self.quantity += quantity - closing
            self.basis += paid * (1 - share)
        return result

    def remove(self, quantity: int) -> Decimal:
        """Take `quantity` out at its average cost and return that signed cost, realising nothing."""
        carried = self.basis * quantity / self.quantity if self.quantity else Decimal(0)
        self.quantity -= quantity
        self.basis = self.basis - carried if self.quantity else Decimal(0)
        return carried


class Unsettled(msgspec.Struct, frozen=True):
    """Cash that settles on `day`; `secures` marks premium received for a short option just opened."""

    day: date
    amount: Decimal
    secures: bool = False


class Owed(msgspec.Struct, frozen=True):
    """A dividend between its ex-date and its pay date; negative for whoever was short."""

    day: date
    contract: Contract
    amount: Decimal


class Delivery(msgspec.Struct, frozen=True):
    """Shares on their way after an exercise: they and their money arrive on the morning of `day`.

    Attributes:
        quantity: Signed shares.
        paid: Signed money for them (negative: received), without what the option itself cost.
        carried: Signed cost of the option, which becomes part of the shares' cost.
        contracts: Signed contracts that were exercised (long) or assigned (short).
        early: Whether the option is still in positions and leaves them with this delivery.
    """

    day: date
    contract: Contract
    quantity: int
    strike: Price
    paid: Decimal
    carried: Decimal
    exercised: date
    option: Option
    contracts: int
    early: bool


class Account:
    """One account's books, moved in place by the exchange alone."""

    def __init__(self, setup: AccountSetup) -> None:
        self.name = setup.account
        self.kind: AccountKind = setup.kind
        self.currency = setup.currency
        self.cash = setup.cash
        self.unsettled: list[Unsettled] = []
        self.positions: dict[Contract, Position] = {}
        self.deliveries: list[Delivery] = []
        self.deposits = sorted(setup.deposits, key=lambda one: one.day)
        self.owed: list[Owed] = []
        """Dividends earned and not yet paid."""
        self.accrued_interest = Decimal(0)
        """Interest since the month began, and that of the month before until it is posted."""
        self.interest_due = Decimal(0)
        """Interest of the month before, waiting for its posting day."""
        self.worth_at_close: Decimal | None = None
        """Net liquidation at the last close, where interest needed it."""
        self.realized = Decimal(0)
        """Realised since the market's midnight."""
        self.volume = 0
        """Option contracts of the calendar month."""
        self.round_trips: list[date] = []
        """Days on which something opened that day was closed, once a round trip."""
        self.opened_today: dict[Contract, int] = {}
        for one in setup.openings:
            held = self.position(one.contract)
            held.quantity = one.quantity
            held.basis = one.average_cost * one.quantity

    def position(self, contract: Contract) -> Position:
        """The position of a contract, created flat where there is none."""
        found = self.positions.get(contract)
        if found is None:
            found = self.positions[contract] = Position(contract)
        return found

    def quantity(self, contract: Contract) -> int:
        """Signed contracts or shares held."""
        found = self.positions.get(contract)
        return found.quantity if found is not None else 0

    def held(self) -> list[Position]:
        """Every position that is not flat, in the order in which it was first opened."""
        return [one for one in self.positions.values() if one.quantity]

    @property
    def settled_cash(self) -> Decimal:
        """Cash whose settlement day has come."""
        return self.cash - sum((one.amount for one in self.unsettled), Decimal(0))

    @property
    def unusable_cash(self) -> Decimal:
        """Unsettled proceeds, which a cash account may not spend; not the premium of a short just opened."""
        return sum((one.amount for one in self.unsettled if one.amount > 0 and not one.secures), Decimal(0))

    @property
    def accrued_dividend(self) -> Decimal:
        """Dividends between their ex-date and their pay date."""
        return sum((one.amount for one in self.owed), Decimal(0))

    def book_cash(self, amount: Decimal, settles: date | None = None, *, secures: bool = False) -> None:
        """Add cash (negative: take), unsettled until `settles` where that is given."""
        self.cash += amount
        if settles is not None and amount:
            self.unsettled.append(Unsettled(settles, amount, secures))

    def book(self, contract: Contract, quantity: int, paid: Decimal) -> Decimal | None:
        """Move a position at a cost (negative: received); the realised result of the part that closes."""
        result = self.position(contract).move(quantity, paid)
        if result is not None:
            self.realized += result
        return result

    def trade(self, contract: Contract, quantity: int, paid: Decimal, day: date) -> Decimal | None:
        """Book a trade of a session, which counts for round trips and, of options, for the month's volume."""
        self._count_round_trip(contract, quantity, day)
        if isinstance(contract, Option):
            self.volume += abs(quantity)
        return self.book(contract, quantity, paid)

    def start_day(self, day: date) -> None:
        """Begin a calendar day: settle what is due, forget flat positions and the day's results."""
        self.unsettled = [one for one in self.unsettled if one.day > day]
        self.positions = {key: one for key, one in self.positions.items() if one.quantity}
        for one in self.positions.values():
            one.realized = Decimal(0)
        self.realized = Decimal(0)
        self.opened_today = {}
        if day.day == 1:
            self.volume = 0

    def _count_round_trip(self, contract: Contract, quantity: int, day: date) -> None:
        opened = self.opened_today.get(contract, 0)
        if opened * quantity < 0:
            self.round_trips.append(day)
            self.opened_today[contract] = opened + quantity if abs(opened) > abs(quantity) else 0
        elif self.quantity(contract) * quantity >= 0:
            self.opened_today[contract] = opened + quantity
