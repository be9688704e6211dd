"""The whole turn of a strategy on an underlying, from cash back to cash, ended ones and running ones.

A line tells premium, shares, dividends, fees, rolls, days and the annualised return on the capital at
work. A *full turn* of the wheel is a campaign in which a put was assigned and shares were called away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.campaign import Campaign, Trade, break_even
from premia.domain.dates import session_of
from premia.domain.instrument import Option, Right
from premia.reporting.numbers import tidied, tidy
from premia.reporting.replay import Step


class CampaignLine(msgspec.Struct, frozen=True):
    """One campaign; money in USD, per-share values named so.

    Attributes:
        state: `ended`, or what a running one holds in words.
        days: Calendar days from opening to its end, or to the journal's time.
        premium: Net option premium before fees.
        share_result: Of shares that left, against what they cost.
        result: After fees; open options at what they brought, shares at what they cost.
        annualised: Result a year as a fraction of the capital at work; None before capital has worked.
        break_even: A share; None once ended, or while nothing is held.
        capital: At work now: shares at cost, short puts at their strikes.
        full_turn: Put assigned and shares called away, in one campaign.
    """

    id: str
    strategy: str
    symbol: str
    state: str
    opened: datetime
    ended: datetime | None
    days: int
    puts_sold: int
    calls_sold: int
    assigned: int
    called_away: int
    rolls: int
    shares: int
    premium: Decimal
    share_result: Decimal
    dividends: Decimal
    fees: Decimal
    result: Decimal
    annualised: float | None
    break_even: Decimal | None
    capital: Decimal
    full_turn: bool


class TradeLine(msgspec.Struct, frozen=True):
    """One ended trade: how it ended and what it earned, USD, net of fees."""

    id: str
    campaign: str
    symbol: str
    slot: str
    opened: datetime
    ended: datetime
    how: str
    credit: Decimal
    fees: Decimal
    result: Decimal
    rolls: int


def ended_campaigns(steps: Iterable[Step]) -> list[CampaignLine]:
    """Campaigns that are over, in the order in which they ended."""
    return [
        _line(step.before.campaigns[step.event.campaign], [], step.event.at, ended=True)
        for step in steps
        if isinstance(step.event, ev.CampaignEnded) and step.event.campaign in step.before.campaigns
    ]


def open_campaigns(book: Book) -> list[CampaignLine]:
    """Running campaigns, oldest first."""
    running = sorted(book.campaigns.values(), key=lambda one: (one.opened, one.id))
    return [_line(one, book.campaign_trades(one.id), book.at, ended=False) for one in running]


def ended_trades(steps: Iterable[Step]) -> list[TradeLine]:
    """Trades that are over, in the order in which they ended."""
    found: list[TradeLine] = []
    for step in steps:
        event = step.event
        trade = step.before.trades.get(event.trade) if isinstance(event, ev.TradeEnded) else None
        if trade is not None and isinstance(event, ev.TradeEnded):
            found.append(
                TradeLine(
                    id=trade.id,
                    campaign=trade.campaign,
                    symbol=trade.symbol,
                    slot=trade.slot,
                    opened=trade.opened,
                    ended=event.at,
                    how=event.how,
                    credit=event.credit.amount,
                    fees=event.fees.amount,
                    result=event.result.amount,
                    rolls=event.rolls,
                )
            )
    return found


def _line(campaign: Campaign, trades: list[Trade], until: datetime, *, ended: bool) -> CampaignLine:
    return CampaignLine(
        id=campaign.id,
        strategy=campaign.strategy,
        symbol=campaign.symbol,
        state="ended" if ended else _state(campaign, trades),
        opened=campaign.opened,
        ended=until if ended else None,
        days=(session_of(until) - session_of(campaign.opened)).days,
        puts_sold=campaign.puts_sold,
        calls_sold=campaign.calls_sold,
        assigned=campaign.assigned,
        called_away=campaign.called_away,
        rolls=campaign.rolls,
        shares=campaign.shares,
        premium=tidy(campaign.premium.amount),
        share_result=tidy(campaign.share_result.amount),
        dividends=campaign.dividends.amount,
        fees=tidy(campaign.fees.amount),
        result=tidy(campaign.result.amount),
        annualised=campaign.annualised(until),
        break_even=None if ended else tidied(break_even(campaign, trades)),
        capital=Decimal(0) if ended else campaign.capital.amount,
        full_turn=campaign.assigned > 0 and campaign.called_away > 0 and campaign.shares == 0,
    )


def _state(campaign: Campaign, trades: list[Trade]) -> str:
    """What a running campaign holds, in words."""
    parts = [f"{campaign.shares} shares"] if campaign.shares else []
    for right, name in ((Right.PUT, "put"), (Right.CALL, "call")):
        contracts = -sum(
            leg.quantity
            for trade in trades
            for leg in trade.legs.values()
            if isinstance(leg.contract, Option) and leg.contract.right is right and leg.quantity < 0
        )
        if contracts:
            parts.append(f"{contracts} short {name}{'s' if contracts > 1 else ''}")
    return ", ".join(parts) or "between trades"
