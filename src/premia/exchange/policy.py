"""How the simulated market treats its clients: fills, hours of the back office, risk of assignment.

Nothing here is a price. The defaults are those of the demo; a test or a backtest states what it
needs otherwise, above all `fills="alpha"` for data with one snapshot a day.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from enum import Enum

import msgspec

from premia.domain.account import AccountKind
from premia.domain.instrument import Contract


class FillRule(Enum):
    """Which rule decides a fill.

    `HAZARD`: a marketable order fills up to the displayed size; a patient one by a draw a market minute.
    `ALPHA`: an order fills at once and whole at mid less alpha half-spreads, rounded against the client.
    """

    HAZARD = "hazard"
    ALPHA = "alpha"


class Policy(msgspec.Struct, frozen=True):
    """Parameters of the simulated market's own behaviour.

    Attributes:
        seed: Of all draws; the market data have their own.
        alpha: Half-spreads away from mid at which `FillRule.ALPHA` fills: 0 is mid, 1 the natural price.
        base_hazard: Chance a minute that a counterparty takes an order one tick short of the natural price.
        kappa: Decay of that chance per half-spread of distance from natural toward mid and beyond.
        farthest: Half-spreads from natural beyond which nobody ever trades (1 is mid).
        at_touch: Chance a minute that a waiting order trades where the quote only reaches its limit and does
            not go through it: others queue before it.
        shy: Share of orders that no counterparty meets unless the quote goes through their limit.
        whole: Share of a waiting order's fills that take all that is displayed; the others take a part.
        combo_width: Where the combo's book lies between netted risk (0) and the sum of its legs (1).
        match_minutes: Market minutes between two looks at working orders.
        vanish: New York time of the expiry evening at which options leave positions.
        delivery: New York time of the next session at which shares and their money arrive.
        saturday: Whether shares of a Friday's expiry arrive on the Saturday, as IB shows them, rather than on
            the next session.
        early_assignment: Chance that an optimal early exercise is made and falls on a short contract.
        pin_fraction: Half-width, as a fraction of the strike, within which holders exercise with an even
            chance instead of by exception; 0 switches pin risk off.
        liquidation_minutes: Market minutes between two looks at margin accounts.
        retire_day_trades: The pattern-day-trader count ends on this date.
        check_funds: Whether an order that takes more than available funds is refused (code 201).
    """

    seed: int = 0
    fills: FillRule = FillRule.HAZARD
    alpha: Decimal = Decimal("0.5")
    base_hazard: float = 0.35
    kappa: float = 2.0
    farthest: float = 1.5
    at_touch: float = 0.5
    shy: float = 0.15
    whole: float = 0.5
    combo_width: float = 0.5
    match_minutes: int = 1
    vanish: time = time(20, 0)
    delivery: time = time(8, 0)
    saturday: bool = False
    early_assignment: float = 0.5
    pin_fraction: Decimal = Decimal(0)
    liquidation_minutes: int = 30
    retire_day_trades: date = date(2026, 6, 4)
    check_funds: bool = True


class Deposit(msgspec.Struct, frozen=True):
    """Money that comes in (positive) or goes out on the morning of a day, at the time of delivery."""

    day: date
    amount: Decimal


class Opening(msgspec.Struct, frozen=True):
    """A position held from the start; `average_cost` per contract or share as IB states it."""

    contract: Contract
    quantity: int
    average_cost: Decimal


class AccountSetup(msgspec.Struct, frozen=True):
    """An account as it is on the first day.

    Attributes:
        account: The number by which clients name it (`DU1234567` reads as a paper account).
        cash: Settled, in `currency`.
    """

    account: str
    kind: AccountKind = AccountKind.MARGIN
    cash: Decimal = Decimal(100_000)
    currency: str = "USD"
    openings: tuple[Opening, ...] = ()
    deposits: tuple[Deposit, ...] = ()
