"""A run in one value: what was traded, what it earned, how it compares, why the last cycle did so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from premia.domain import events as ev
from premia.domain.book import Book
from premia.reporting.campaigns import CampaignLine, TradeLine, ended_campaigns, ended_trades, open_campaigns
from premia.reporting.digest import digest
from premia.reporting.equity import Comparison, Point, compare, equity
from premia.reporting.explain import Cycle, explain
from premia.reporting.orders import OrderLine, orders
from premia.reporting.pnl import Statement, statement
from premia.reporting.replay import Numbered, Step, replay


class Counts(msgspec.Struct, frozen=True):
    """How much happened.

    Attributes:
        orders: All that were decided; `sent` those that reached the broker's door.
        several_executions: Orders of one leg, or combos, filled in more than one execution a leg.
        never_filled: Sent orders that ended without a single execution.
        full_turns: Campaigns with a put assigned and shares called away.
    """

    cycles: int
    orders: int
    sent: int
    filled: int
    several_executions: int
    never_filled: int
    refused: int
    passed: int
    trades: int
    winners: int
    rolls: int
    assignments: int
    called_away: int
    expiries: int
    campaigns_ended: int
    full_turns: int
    unexplained_cash: int


class Summary(msgspec.Struct, frozen=True):
    """A whole journal in one value.

    Attributes:
        comparison: Equity beside buy-and-hold; None where no prices were given, or too few days.
        last_cycle: Every finding of the newest cycle, of all symbols.
    """

    first: datetime
    last: datetime
    events: int
    counts: Counts
    campaigns: tuple[CampaignLine, ...]
    trades: tuple[TradeLine, ...]
    results: Statement
    comparison: Comparison | None
    last_cycle: Cycle | None
    digest: str


def summarise(events: Iterable[Numbered], holding: Sequence[Point] = (), name: str = "") -> Summary | None:
    """The summary of a journal; None for an empty one.

    Args:
        events: The whole journal.
        holding: Buy-and-hold over the same days.
        name: What was held.
    """
    numbered = list(events)
    if not numbered:
        return None
    book = Book()
    ends: list[Step] = []
    for step in replay(numbered):
        book = step.after
        if isinstance(step.event, ev.CampaignEnded | ev.TradeEnded):
            ends.append(step)
    ended, running, trades = ended_campaigns(ends), open_campaigns(book), ended_trades(ends)
    cycles = explain(_from_last_cycle(numbered))
    return Summary(
        first=numbered[0][1].at,
        last=book.at,
        events=len(numbered),
        counts=counts_of(numbered, orders(numbered), [*ended, *running], trades),
        campaigns=(*ended, *running),
        trades=tuple(trades),
        results=statement(numbered),
        comparison=compare(equity(numbered), holding, name),
        last_cycle=cycles[-1] if cycles else None,
        digest=digest(numbered),
    )


def _from_last_cycle(numbered: Sequence[Numbered]) -> Sequence[Numbered]:
    starts = [place for place, (_seq, event) in enumerate(numbered) if isinstance(event, ev.CycleStarted)]
    return numbered[starts[-1] :] if starts else ()


def counts_of(
    numbered: Sequence[Numbered],
    lines: Sequence[OrderLine],
    campaigns: Sequence[CampaignLine],
    trades: Sequence[TradeLine],
) -> Counts:
    """How much happened in a journal, of which orders, campaigns and trades are known already."""
    kinds: dict[type[ev.Event], int] = {}
    for _sequence, event in numbered:
        kinds[type(event)] = kinds.get(type(event), 0) + 1
    sent = [line for line in lines if line.broker_id is not None]
    over = {"cancelled", "rejected", "never_sent"}
    return Counts(
        cycles=kinds.get(ev.CycleStarted, 0),
        orders=len(lines),
        sent=len(sent),
        filled=sum(1 for line in lines if line.filled == line.quantity),
        several_executions=sum(1 for line in lines if line.executions > len(line.legs.split(", "))),
        never_filled=sum(1 for line in sent if line.executions == 0 and line.state in over),
        refused=kinds.get(ev.IntentRefused, 0),
        passed=kinds.get(ev.CandidatePassed, 0),
        trades=len(trades),
        winners=sum(1 for trade in trades if trade.result > Decimal(0)),
        rolls=sum(one.rolls for one in campaigns),
        assignments=kinds.get(ev.AssignmentInferred, 0),
        called_away=sum(one.called_away for one in campaigns),
        expiries=kinds.get(ev.ExpiryInferred, 0),
        campaigns_ended=sum(1 for one in campaigns if one.ended is not None),
        full_turns=sum(1 for one in campaigns if one.full_turn),
        unexplained_cash=kinds.get(ev.CashUnexplained, 0),
    )
