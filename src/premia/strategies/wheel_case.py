"""What the wheel knows of one symbol when it decides: book, parameters, and perhaps the market.

Here stands the arithmetic of capital and cover. Committed to a symbol are its shares at what they
cost, the strikes of its open puts, and what working orders have reserved. Shares that can still carry a call
are the lesser of two counts: the campaign's own, and the account's with every short call on the symbol, a
stranger's included, because the broker nets what we keep apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from premia.domain.book import Book
from premia.domain.campaign import Campaign, OpenLeg, Trade, break_even
from premia.domain.instrument import Option, Right
from premia.domain.intent import Number, Passed, Purpose, evidence
from premia.domain.known import Known, Unknown
from premia.domain.market import Seen
from premia.domain.money import Price, ten_thousandths
from premia.domain.order import OrderState, Stage
from premia.strategies.capacity import LOT, free_shares
from premia.strategies.wheel_params import Params, Want

NAME = "wheel"


class Case(NamedTuple):
    """One symbol at one instant.

    Attributes:
        wanted: The wheel's parameters for this symbol.
        seen: The market of the symbol; `Unknown` where it was not asked for or did not answer.
        worth: Net liquidation of the account, USD.
    """

    symbol: str
    params: Params
    wanted: Want
    book: Book
    at: datetime
    seen: Seen | Unknown
    worth: Decimal

    @property
    def campaign(self) -> Campaign | None:
        """The running campaign."""
        return self.book.campaign_of(NAME, self.symbol)

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Open trades."""
        return self.book.trades_of(NAME, self.symbol)

    @property
    def break_even(self) -> Price | None:
        """The campaign's, a share; None without a campaign that holds something."""
        campaign = self.campaign
        return None if campaign is None else break_even(campaign, self.book.campaign_trades(campaign.id))

    @property
    def fees_per_share(self) -> int:
        """Fees of one contract one way, 1/10,000 USD a share, rounded up."""
        return fees_a_share(self.params.fee_per_contract)

    @property
    def target(self) -> Decimal:
        """USD that the symbol may take."""
        weight = Decimal(str(self.params.symbols[self.symbol].weight))
        return weight * self.worth * Decimal(str(self.params.margin_usage))

    @property
    def committed(self) -> Decimal:
        """USD that it takes already: shares at cost, strikes of open puts, working orders."""
        campaign = self.campaign
        shares = Decimal(0) if campaign is None else campaign.share_cost.amount
        puts = sum((strike_value(leg) for leg in self.short_legs(Right.PUT)), Decimal(0))
        working = sum((still_reserved(state) for state in self.opening(Right.PUT)), Decimal(0))
        return shares + puts + working

    def short_legs(self, right: Right) -> Iterator[OpenLeg]:
        """Short options of a right in open trades of the wheel on this symbol."""
        for trade in self.trades:
            yield from (leg for leg in shorts(trade) if _right(leg) is right)

    def opening(self, right: Right) -> Iterator[OrderState]:
        """Living orders that open options of a right on this symbol."""
        for state in self.book.orders.values():
            order = state.order
            if order.symbol == self.symbol and order.purpose is Purpose.OPEN and right in rights(state):
                yield state

    def passed(self, subject: str, rule: str, reason: str, **facts: Number | Decimal) -> Passed:
        """The record of something left, under the rule that said no."""
        return Passed(NAME, self.symbol, subject, rule, reason, evidence(**facts))

    def occupied(self, slot: str) -> Passed | None:
        """Why a slot can take no new wish now; None where it can."""
        living = self.book.living(slot)
        if living is None:
            return None
        return self.passed(
            slot,
            "slot",
            f"order {living.key} is {living.stage.value}, {living.remaining} of {living.order.quantity} left",
            remaining=living.remaining,
        )


def fees_a_share(fee_per_contract: float) -> int:
    """Fees of one contract one way, from USD to 1/10,000 USD a share, rounded up."""
    return -(-ten_thousandths(fee_per_contract) // LOT)


def shorts(trade: Trade) -> list[OpenLeg]:
    """Short options of a trade, the earliest expiry first."""
    legs = [leg for leg in trade.legs.values() if isinstance(leg.contract, Option) and leg.quantity < 0]
    return sorted(legs, key=lambda leg: leg.contract.key)


def strike_value(leg: OpenLeg) -> Decimal:
    """What all contracts of a short option deliver at the strike, USD, above zero."""
    contract = leg.contract
    return (
        -leg.quantity * contract.strike * contract.multiplier if isinstance(contract, Option) else Decimal(0)
    )


def rights(state: OrderState) -> set[Right]:
    """Rights of the options that an order sells."""
    legs = state.order.combo.legs
    return {leg.contract.right for leg in legs if isinstance(leg.contract, Option) and leg.ratio < 0}


def still_reserved(state: OrderState) -> Decimal:
    """Cash promised to the part of an order that is not filled yet, USD."""
    return state.order.reserved.amount * state.remaining / state.order.quantity


def uncovered(case: Case) -> int:
    """Shares of the campaign that no call, held or working, is written on; never below zero."""
    campaign = case.campaign
    if campaign is None:
        return 0
    held = case.book.short_options(Right.CALL, case.symbol)
    written = -sum(h.quantity * h.contract.multiplier for h in held)
    ours = -sum(leg.quantity * leg.contract.multiplier for leg in case.short_legs(Right.CALL))
    working = sum(state.remaining for state in case.opening(Right.CALL)) * LOT
    return free_shares(campaign.shares, ours + working, case.book.shares(case.symbol), written + working)


def bare_calls(case: Case, leg: OpenLeg) -> int:
    """Contracts of a call whose shares are not in the account; calls opened earlier are covered first."""
    left = max(case.book.shares(case.symbol), 0)
    for one in case.short_legs(Right.CALL):
        covered = min(-one.quantity, left // one.contract.multiplier)
        left -= covered * one.contract.multiplier
        if one is leg:
            return -one.quantity - covered
    return 0


def worth_of(book: Book) -> Decimal | str:
    """Net liquidation in USD, or why it is not known."""
    account = book.observed.account
    if not isinstance(account, Known):
        return f"the account is unknown since {account.since:%Y-%m-%d %H:%M} UTC: {account.why}"
    if account.value.currency != "USD":
        return f"net liquidation is in {account.value.currency}; it is needed in USD"
    if account.value.net_liquidation is None:
        return "the broker gave no net liquidation"
    return account.value.net_liquidation


def unknown_order(book: Book, symbol: str) -> OrderState | None:
    """An order of the symbol of which nobody knows whether it lives; None where there is none."""
    return next(
        (
            state
            for state in book.orders.values()
            if state.order.symbol == symbol and state.stage is Stage.UNKNOWN
        ),
        None,
    )


def _right(leg: OpenLeg) -> Right | None:
    return leg.contract.right if isinstance(leg.contract, Option) else None
