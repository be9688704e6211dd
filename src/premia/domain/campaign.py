"""Trades and campaigns: what our own fills have built.

A trade lives from its opening combo until it is flat, rolls included. A campaign is the whole turn
of a strategy on one underlying, from cash back to cash: every premium, the shares that came and
went, dividends and fees. Its break-even is the price at which selling the shares leaves nothing won
or lost; it is neither the broker's average cost, which nets premiums on its own, nor a tax basis.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from premia.domain.instrument import Contract, Option, Right
from premia.domain.money import Money, Price
from premia.domain.rule import rule

N = TypeVar("N", int, Decimal)
M = TypeVar("M", int, Money)
NOTHING = Money(Decimal(0))
_SECONDS_A_DAY = 86_400
_YEAR_DAYS = 365


class OpenLeg(msgspec.Struct, frozen=True):
    """What a trade holds of one contract.

    Attributes:
        quantity: Signed contracts or shares.
        entry: Average price a share at which it was opened, before fees.
    """

    contract: Contract
    quantity: int
    entry: Decimal


class Trade(msgspec.Struct, frozen=True):
    """From opening a combo until flat, rolls included: the unit of P&L and win rate.

    Attributes:
        legs: Open legs by contract key; a flat leg is gone.
        credit: Net premium of all fills so far, before fees; negative where more was paid than received.
        realized: Result of the legs closed so far, before fees.
        adopted: Whether it was already there when Premia came.
    """

    id: str
    strategy: str
    symbol: str
    slot: str
    campaign: str
    opened: datetime
    legs: dict[str, OpenLeg] = {}
    credit: Money = NOTHING
    realized: Money = NOTHING
    fees: Money = NOTHING
    rolls: int = 0
    adopted: bool = False
    how: str = ""

    @property
    def flat(self) -> bool:
        """Whether nothing of it is open."""
        return not self.legs

    @property
    def short_option(self) -> OpenLeg | None:
        """Its short option, where exactly one of its legs is one."""
        shorts = [leg for leg in self.legs.values() if isinstance(leg.contract, Option) and leg.quantity < 0]
        return shorts[0] if len(shorts) == 1 else None


class Campaign(msgspec.Struct, frozen=True):
    """One turn of a strategy on one underlying.

    Attributes:
        premium: Net option premium so far, before fees.
        shares: Shares that it holds.
        share_cost: What those shares cost: strikes paid, or the broker's average cost where adopted.
        share_result: Result of shares that left, strike or price against their average cost.
        capital_days: Sum of (capital at work x days), for the annualised return.
    """

    id: str
    strategy: str
    symbol: str
    opened: datetime
    premium: Money = NOTHING
    fees: Money = NOTHING
    dividends: Money = NOTHING
    shares: int = 0
    share_cost: Money = NOTHING
    share_result: Money = NOTHING
    capital: Money = NOTHING
    capital_since: datetime | None = None
    capital_days: Decimal = Decimal(0)
    puts_sold: int = 0
    calls_sold: int = 0
    assigned: int = 0
    called_away: int = 0
    rolls: int = 0

    @property
    def result(self) -> Money:
        """What it has earned after fees, open options and shares counted at what they cost."""
        return self.premium + self.share_result + self.dividends - self.fees

    def accrued(self, until: datetime) -> Decimal:
        """Capital times days up to `until`."""
        if self.capital_since is None:
            return self.capital_days
        days = Decimal(str((until - self.capital_since).total_seconds())) / _SECONDS_A_DAY
        return self.capital_days + self.capital.amount * days

    def annualised(self, until: datetime) -> float | None:
        """Result a year as a fraction of the capital at work; None before capital has worked an hour."""
        work = self.accrued(until)
        return float(self.result.amount * _YEAR_DAYS / work) if work > 0 else None


@rule
def earned_by(premium: M, dividends: M, share_result: M, fees: M) -> M:
    """What a campaign has taken in beside what its shares cost."""
    return premium + dividends + share_result - fees


@rule
def to_recover(cost: N, earned: N, unearned: N) -> N:
    """What selling the shares must bring so that nothing is won or lost; open puts' premium is not earned."""
    return cost - earned + unearned


def break_even(campaign: Campaign, trades: list[Trade]) -> Price | None:
    """The price a share at which the campaign would end without profit or loss; None where it holds nothing.

    With shares, premiums of puts still open do not count, because buying them back may cost more; without
    shares the open puts are taken as assigned.

    Args:
        campaign: The campaign.
        trades: Its open trades.
    """
    puts = [
        leg
        for trade in trades
        for leg in trade.legs.values()
        if isinstance(leg.contract, Option) and leg.contract.right is Right.PUT and leg.quantity < 0
    ]
    earned = earned_by(campaign.premium, campaign.dividends, campaign.share_result, campaign.fees)
    if campaign.shares > 0:
        unearned = sum(
            (-leg.contract.value_of(Price(leg.entry), leg.quantity).amount for leg in puts), Decimal(0)
        )
        return Price(to_recover(campaign.share_cost.amount, earned.amount, unearned) / campaign.shares)
    shares = sum(-leg.quantity * leg.contract.multiplier for leg in puts)
    if shares == 0:
        return None
    strikes = sum(
        (
            -leg.quantity * leg.contract.strike * leg.contract.multiplier
            for leg in puts
            if isinstance(leg.contract, Option)
        ),
        Decimal(0),
    )
    return Price(to_recover(strikes, earned.amount, Decimal(0)) / shares)
