"""Orders at the market: what each is, which are alive, and what an order must be to be taken.

The name of an order is (client id, order id), as at IB: sending the name of a live order again
changes that order, sending the name of a finished one is an error. What a name was once used for is
remembered for ever; finished orders and executions are shown until the market's midnight.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from math import gcd

import msgspec

from premia.domain.dates import session_of
from premia.domain.instrument import Contract, Index, Option, Settlement
from premia.domain.money import Price
from premia.exchange.accounts import Change
from premia.exchange.fees import charge, order_commission
from premia.exchange.liquidity import Glance
from premia.exchange.matching import Ticks, unit_weights
from premia.exchange.settlement import last_trading_day
from premia.exchange.types import (
    Execution,
    OrderKind,
    OrderTicket,
    OrderView,
    TicketLeg,
    TicketState,
)
from premia.exchange.types_market import MarketSource

_FIRST_PERM_ID = 1_870_000_001
_COMBO_TICK = Decimal("0.01")
_INDEX_COMBO_TICK = Decimal("0.05")

NO_CONTRACT = 200
REJECTED = 201
DUPLICATE_ID = 103
MODIFIES_FILLED = 104
MODIFIES_ANOTHER = 105
BAD_TICK = 110
NOT_VALID = 321
NOT_FOUND = 10147
NOT_CANCELLABLE = 10148


class Fault(msgspec.Struct, frozen=True):
    """Why an order is not taken: IB's error number and words."""

    code: int
    text: str


class LiveOrder:
    """An order and what became of it so far; changed by the exchange alone."""

    def __init__(self, ticket: OrderTicket, perm_id: int, sequence: int, at: datetime) -> None:
        self.ticket = ticket
        self.perm_id = perm_id
        self.sequence = sequence
        """How many orders this client has had before: the order's name in counted draws."""
        self.state = TicketState.SUBMITTED
        self.filled = 0
        self.paid = Decimal(0)
        """Sum of unsigned units times price."""
        self.last_price = Decimal(0)
        self.accepted_at = at
        self.done_at: datetime | None = None
        self.why = ""
        self.base = Decimal(0)
        """Commission of its executions before the minimum."""
        self.most: Decimal | None = None
        """Cap of that commission: stocks alone have one."""
        self.executions = 0
        self.shy = False
        self.glance: Glance | None = None
        """What its book showed when it was last looked at; None once the order changed."""
        weighed = unit_weights(ticket.legs)
        self.shares, self.weights = weighed if weighed is not None else (1, (1,))

    @property
    def name(self) -> tuple[int, int]:
        """Client id and order id."""
        return self.ticket.client_id, self.ticket.order_id

    @property
    def remaining(self) -> int:
        """Signed units still to trade."""
        return self.ticket.quantity - self.filled

    @property
    def average(self) -> Decimal:
        """Average price per unit; zero before the first fill."""
        return self.paid / abs(self.filled) if self.filled else Decimal(0)

    def view(self) -> OrderView:
        """The order as a client may see it."""
        return OrderView(
            ticket=self.ticket,
            perm_id=self.perm_id,
            state=self.state,
            filled=self.filled,
            remaining=self.remaining,
            average=self.average,
            last_price=self.last_price,
            accepted_at=self.accepted_at,
            done_at=self.done_at,
            why=self.why,
        )


class OrderDesk:
    """All orders by name, the finished ones and the executions of the day."""

    def __init__(self) -> None:
        self.live: dict[tuple[int, int], LiveOrder] = {}
        self.finished: list[LiveOrder] = []
        self.executions: list[Execution] = []
        self._ends: dict[tuple[int, int], TicketState] = {}
        self._orders = 0
        self._sequences: dict[int, int] = {}

    def admit(self, ticket: OrderTicket, at: datetime) -> LiveOrder:
        """Make a live order of a ticket that passed every check."""
        sequence = self._sequences.get(ticket.client_id, 0)
        self._sequences[ticket.client_id] = sequence + 1
        order = LiveOrder(ticket, _FIRST_PERM_ID + self._orders, sequence, at)
        self._orders += 1
        self.live[order.name] = order
        return order

    def end(self, order: LiveOrder, state: TicketState, at: datetime, why: str = "") -> None:
        """Take an order off the market."""
        order.state, order.done_at, order.why = state, at, why
        self.live.pop(order.name, None)
        self.finished.append(order)
        self._ends[order.name] = state

    def ended(self, name: tuple[int, int]) -> TicketState | None:
        """How the order of a name ended; None where none has."""
        return self._ends.get(name)

    def refuse(self, name: tuple[int, int]) -> None:
        """Remember that a name was used by an order that was not taken."""
        self._ends.setdefault(name, TicketState.INACTIVE)

    def start_day(self) -> None:
        """Forget finished orders and executions of the day before."""
        self.finished = []
        self.executions = []


def ticks_for(ticket: OrderTicket, market: MarketSource) -> Ticks:
    """The price steps of an order; a combo has one at every price."""
    if len(ticket.legs) != 1:
        of_index = any(
            isinstance(leg.contract, Option) and isinstance(market.underlier(leg.contract.symbol), Index)
            for leg in ticket.legs
        )
        step = _INDEX_COMBO_TICK if of_index else _COMBO_TICK
        return Ticks(step, step)
    terms = market.terms(ticket.legs[0].contract)
    return Ticks(terms.tick_low, terms.tick_high)


def fault_of(ticket: OrderTicket, market: MarketSource, at: datetime) -> Fault | None:
    """What is wrong with an order apart from money; None where nothing is."""
    if not ticket.legs or ticket.quantity == 0:
        return Fault(
            NOT_VALID, "Error validating request: an order needs legs and a quantity other than zero."
        )
    for leg in ticket.legs:
        missing = _unlisted(leg.contract, market, at)
        if missing is not None:
            return missing
    if not _is_unit(ticket.legs):
        ratios = [leg.ratio for leg in ticket.legs]
        return Fault(NOT_VALID, f"Error validating request: leg ratios {ratios} are not those of one unit.")
    if ticket.kind is OrderKind.LIMIT:
        return _limit_fault(ticket, market)
    return None


def _is_unit(legs: Sequence[TicketLeg]) -> bool:
    """Whether legs make a unit: one contract once, or several different ones in ratios without a divisor."""
    ratios = [leg.ratio for leg in legs]
    if len(legs) == 1:
        return ratios == [1]
    different = len({leg.contract for leg in legs}) == len(legs)
    return different and 0 not in ratios and gcd(*ratios) == 1 and unit_weights(legs) is not None


def _limit_fault(ticket: OrderTicket, market: MarketSource) -> Fault | None:
    if ticket.limit is None:
        return Fault(NOT_VALID, "Error validating request: a limit order needs a limit price.")
    if len(ticket.legs) == 1 and ticket.limit <= 0:
        return Fault(BAD_TICK, f"The limit price {ticket.limit} of a single contract must be above zero.")
    tick = ticks_for(ticket, market).at(ticket.limit)
    if ticket.limit % tick != 0:
        return Fault(
            BAD_TICK,
            "The price does not conform to the minimum price variation for this contract: "
            f"{ticket.limit} is no multiple of {tick}.",
        )
    return None


def _unlisted(contract: Contract, market: MarketSource, at: datetime) -> Fault | None:
    none = Fault(NO_CONTRACT, f"No security definition has been found for the request: {contract.key}.")
    if contract.symbol not in market.symbols:
        return none
    if isinstance(contract, Index):
        return Fault(REJECTED, f"Order rejected: {contract.key} is an index and cannot be traded.")
    if not isinstance(contract, Option):
        return None if market.underlier(contract.symbol) == contract else none
    return _untradable(contract, market, at) if market.is_listed(contract, at) else none


def _untradable(contract: Option, market: MarketSource, at: datetime) -> Fault | None:
    last = last_trading_day(contract, market.sessions)
    session = market.sessions.get(last)
    if session is None or at >= session.closes:
        return Fault(NO_CONTRACT, f"{contract.key} has stopped trading on {last}.")
    unsettled = (
        contract.settlement is Settlement.CASH_AM
        and market.settlement_value(contract.symbol, contract.expiry) is None
    )
    if unsettled:
        return Fault(
            REJECTED,
            f"Order rejected: {contract.key} settles at an opening value of {contract.expiry} that the data "
            "do not have. Load settlement values, or trade the series settled at the close.",
        )
    return None


def change_of(order: LiveOrder, unit_price: Decimal, at: datetime) -> Change:
    """What filling the rest of an order at a price would do to the books, commission included."""
    left = order.remaining
    day = session_of(at)
    moves: list[tuple[Contract, int]] = []
    base, fees = order.base, Decimal(0)
    most: Decimal | None = None
    for leg in order.ticket.legs:
        quantity = leg.ratio * left
        moves.append((leg.contract, quantity))
        cost = charge(leg.contract, quantity, Price(abs(unit_price)), day)
        base += cost.commission
        fees += cost.fees
        most = cost.most if len(order.ticket.legs) == 1 else None
    commission = order_commission(base, most) - order_commission(order.base, order.most)
    return Change(tuple(moves), unit_price * order.shares * left + max(commission, Decimal(0)) + fees)
