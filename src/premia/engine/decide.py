"""What follows from the book and from what has just arrived.

`settle` folds an arrival and everything that follows from it until nothing more does; it performs
nothing. `decide` answers one event; `duties` are level-triggered, so that a reaction lost in a crash
is raised again by the same book. A market view is an arrival that is never journalled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from premia.domain import events as ev
from premia.domain.apply import apply, turned
from premia.domain.book import Book
from premia.domain.campaign import Campaign, Trade
from premia.domain.dates import session_of
from premia.domain.errors import InvariantViolated
from premia.domain.intent import evidence
from premia.domain.known import Unknown
from premia.domain.order import UNANSWERED, Stage
from premia.engine.cash import accruals, dividends_due, month_ends, opened
from premia.engine.commands import obey, outdated
from premia.engine.cycle import Engine, Mandate, MarketArrived, make_pass, market_request, start_cycle
from premia.engine.forgotten import forgotten
from premia.engine.gate import lapsed, screened
from premia.engine.guard import withdrawn
from premia.engine.hands import disturbed
from premia.engine.link import LINK, heard, mended
from premia.engine.reconcile import reconcile
from premia.engine.rolls import given_up
from premia.engine.working import work

__all__ = [
    "Arrival",
    "Engine",
    "Mandate",
    "MarketArrived",
    "Tick",
    "decide",
    "duties",
    "market_request",
    "settle",
    "start_cycle",
]

_SETTLE_MAX = 100_000


class Tick(NamedTuple):
    """Market time has moved, and nothing else."""

    at: datetime


Arrival = ev.AnyEvent | MarketArrived | Tick


def settle(engine: Engine, book: Book, arrived: Arrival) -> tuple[list[ev.AnyEvent], Book]:
    """All facts that follow from an arrival, the arrival first where it is one, and the book after them.

    Raises:
        InvariantViolated: If the conclusions never end.
    """
    batch: list[ev.AnyEvent] = []
    before = book
    if isinstance(arrived, MarketArrived | Tick):
        book = turned(book, arrived.at)
        waiting = deque(_answer(engine, book, arrived))
    else:
        waiting = deque([*_before(engine, book, arrived), _addressed(book, arrived)])
    for _ in range(_SETTLE_MAX):
        if not waiting:
            waiting.extend(duties(engine, book))
        if not waiting:
            # Time of which the journal will not know must not be known to the book either: what is folded
            # next would count days to another instant than its replay does.
            return batch, book if batch else before
        event = waiting.popleft()
        before, book = book, apply(book, event)
        batch.append(event)
        waiting.extend(disturbed(before, event, engine.reference.sessions))
        waiting.extend(decide(engine, book, event))
    raise InvariantViolated(f"{_SETTLE_MAX} conclusions followed {type(arrived).__name__} without an end.")


def decide(engine: Engine, book: Book, event: ev.AnyEvent) -> Sequence[ev.AnyEvent]:
    """What one event demands by itself, the event already folded."""
    if isinstance(event, ev.BrokerObserved):
        return [*forgotten(book, event), *reconcile(book, event, engine.reference)]
    if isinstance(event, ev.MarginQuoted):
        return _judge(event)
    if isinstance(event, ev.OperatorCommand):
        return obey(book, event)
    if isinstance(event, ev.Connected):
        return _decided_afresh(book)
    return heard(book, event)


def duties(engine: Engine, book: Book) -> list[ev.AnyEvent]:
    """What the book demands whatever has just happened: endings, dividends, the next order, ladders."""
    found: list[ev.AnyEvent] = [
        *given_up(book),
        *_endings(book),
        *outdated(book),
        *lapsed(book),
        *mended(book),
    ]
    sessions = engine.reference.sessions
    if book.ready:
        found += dividends_due(book, session_of(book.at), at_open=opened(book, sessions))
    if book.connected:
        taken_back = withdrawn(book, engine.desk)
        keys = {event.key for event in taken_back}
        walking = [] if LINK in book.halts else [e for e in work(book) if e.key not in keys]
        sending = screened(book, engine.gate, [*_next_order(book), *walking])
        found += [*_forbidden(book), *_outwaited(book), *taken_back, *sending]
    return found


def _addressed(book: Book, event: ev.AnyEvent) -> ev.AnyEvent:
    """The event, but an execution of nobody's order in the book as the trade by hand that it is."""
    if not isinstance(event, ev.OrderFilled) or event.key in book.orders or event.key in book.ended:
        return event
    if book.cash is None:
        text = f"execution {event.fill.exec_id} came before the baseline, which will contain it"
        return ev.BrokerWarned(at=event.at, code=0, text=text)
    return ev.ExternalChange(at=event.at, fill=event.fill)


def _before(engine: Engine, book: Book, event: ev.AnyEvent) -> list[ev.AnyEvent]:
    """What must be concluded on the old book: each day earns interest on the cash with which it ended."""
    today = session_of(event.at)
    if not isinstance(event, ev.BrokerObserved) or today <= book.session:
        return []
    reference = engine.reference
    return [*month_ends(book, accruals(book, today, reference.sessions, reference.charges))]


def _answer(engine: Engine, book: Book, arrived: MarketArrived | Tick) -> list[ev.AnyEvent]:
    return make_pass(engine, book, arrived) if isinstance(arrived, MarketArrived) else []


def _judge(event: ev.MarginQuoted) -> list[ev.AnyEvent]:
    """The broker has the last word: no answer, or too little equity after, and the order is dropped."""
    if isinstance(event.quote, Unknown):
        why = f"the broker gave no margin figures: {event.quote.why}"
        return [ev.OrderDropped(at=event.at, key=event.key, rule=UNANSWERED, reason=why, evidence=evidence())]
    quote = event.quote.value
    if quote.equity_after is None or quote.initial_after is None:
        why = "the broker's margin figures are incomplete, and absent is not zero"
        return [ev.OrderDropped(at=event.at, key=event.key, rule="what_if", reason=why, evidence=evidence())]
    if quote.initial_after > quote.equity_after:
        why = (
            f"what_if: initial margin after the order {quote.initial_after:,.2f} USD"
            f" exceeds equity with loan value {quote.equity_after:,.2f}"
        )
        facts = evidence(initial_after=quote.initial_after, equity_after=quote.equity_after)
        return [ev.OrderDropped(at=event.at, key=event.key, rule="what_if", reason=why, evidence=facts)]
    return []


def _decided_afresh(book: Book) -> list[ev.AnyEvent]:
    """Orders that an earlier process had decided and certainly not sent: their quotes are old."""
    unsent = (Stage.PLANNED, Stage.CLEARED, Stage.REQUESTED)
    why = "decided before a restart and never sent"
    return [
        ev.OrderNeverSent(at=book.at, key=state.key, why=why)
        for state in book.orders.values()
        if state.stage in unsent
    ]


def _forbidden(book: Book) -> list[ev.AnyEvent]:
    """Planned orders that a halt has overtaken."""
    found: list[ev.AnyEvent] = []
    for state in book.orders.values():
        halt = book.halted(state.order.purpose)
        if halt is not None and state.stage in (Stage.PLANNED, Stage.CLEARED):
            why = f"{halt[1].scope} halted ({halt[0]}): {halt[1].why}"
            facts = evidence(cause=halt[0])
            found.append(
                ev.OrderDropped(at=book.at, key=state.key, rule="halted", reason=why, evidence=facts)
            )
    return found


def _outwaited(book: Book) -> list[ev.AnyEvent]:
    """Orders that waited for their turn as long as they would have worked: their prices mean nothing now."""
    return [
        ev.OrderDropped(
            at=book.at,
            key=state.key,
            rule="outwaited",
            reason=f"it waited {book.at - state.since} for its turn; it is decided afresh",
            evidence=evidence(),
        )
        for state in book.orders.values()
        if state.stage in (Stage.PLANNED, Stage.CLEARED)
        and book.at - state.since >= state.order.ladder.length
    ]


def _next_order(book: Book) -> list[ev.AnyEvent]:
    """The next order to send, where none is on its way without an answer."""
    if not book.ready or any(state.in_flight for state in book.orders.values()):
        return []
    cleared = [
        state
        for state in book.orders.values()
        if state.stage is Stage.CLEARED
        and book.at - state.since < state.order.ladder.length
        and book.halted(state.order.purpose) is None
    ]
    return [ev.OrderRequested(at=book.at, key=cleared[0].key)] if cleared else []


def _endings(book: Book) -> list[ev.AnyEvent]:
    """Trades and campaigns that are flat, with no order of theirs alive and every commission known."""
    living = {order.trade for order in book.planned} | book.half_rolls.keys()
    costing = {
        (book.orders.get(key) or book.ended[key]).order.trade
        for key in book.uncosted.values()
        if key in book.orders or key in book.ended
    }
    flat = [t for t in book.trades.values() if t.flat and t.id not in living and t.id not in costing]
    if flat:
        return [_trade_ended(book, trade) for trade in flat]
    busy = {trade.campaign for trade in book.trades.values()}
    return [
        _campaign_ended(book, campaign)
        for campaign in book.campaigns.values()
        if campaign.id not in busy and campaign.shares == 0
    ]


def _trade_ended(book: Book, trade: Trade) -> ev.TradeEnded:
    return ev.TradeEnded(
        at=book.at,
        trade=trade.id,
        campaign=trade.campaign,
        how=trade.how or "closed",
        credit=trade.credit,
        fees=trade.fees,
        result=trade.realized - trade.fees,
        rolls=trade.rolls,
    )


def _campaign_ended(book: Book, campaign: Campaign) -> ev.CampaignEnded:
    return ev.CampaignEnded(
        at=book.at,
        campaign=campaign.id,
        strategy=campaign.strategy,
        symbol=campaign.symbol,
        opened=campaign.opened,
        premium=campaign.premium,
        fees=campaign.fees,
        dividends=campaign.dividends,
        share_result=campaign.share_result,
        result=campaign.result,
        capital_days=campaign.accrued(book.at),
        annualised=campaign.annualised(book.at),
    )
