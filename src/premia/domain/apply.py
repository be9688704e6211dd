"""The fold: what each fact does to the book.

Pure and total: every event of the journal has one entry, an event without effect on open state among
them. Nothing is decided here, nothing is inferred; a fact that cannot be folded is a defect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.apply_control import ENTRIES as CONTROL
from premia.domain.apply_control import answered_due
from premia.domain.apply_rolls import abandoned, with_halves
from premia.domain.apply_sent import moved_by_hand, noted_change, noted_send, unsent, valued
from premia.domain.apply_splits import split
from premia.domain.book import Accrual, Block, Book, Expected, Observed
from premia.domain.campaign import Campaign
from premia.domain.dates import session_of
from premia.domain.errors import InvariantViolated
from premia.domain.instrument import Stock
from premia.domain.known import Known
from premia.domain.ledger import ASSIGNED, Movement, booked, costed, filled, moved
from premia.domain.order import ENDING, UNANSWERED, OrderState, Stage
from premia.domain.position import Holding

K = TypeVar("K")
V = TypeVar("V")

_KEEP = timedelta(days=12)  # longer than any settlement over holidays


def apply(book: Book, event: ev.AnyEvent) -> Book:
    """The book after a fact.

    Raises:
        InvariantViolated: If the fact contradicts the book, or no entry exists for it.
    """
    entry = _ENTRIES.get(type(event))
    if entry is None:
        raise InvariantViolated(f"No entry folds {type(event).__name__}; add one to apply.py.")
    return entry(turned(book, event.at), event)


def fold(events: Iterable[ev.AnyEvent], book: Book | None = None) -> Book:
    """The book after many facts, from an empty one unless given."""
    current = Book() if book is None else book
    for event in events:
        current = apply(current, event)
    return current


def turned(book: Book, at: datetime) -> Book:
    """The book with its time moved on to `at`; a new session forgets what counted a day."""
    now = max(book.at, at)
    session = session_of(now)
    if session <= book.session:
        return replace(book, at=now)
    fills = {root: fill for root, fill in book.fills.items() if now - fill.at < _KEEP}
    unsettled = tuple(entry for entry in book.unsettled if session - entry.traded < _KEEP)
    costing = {key: book.ended[key] for key in book.uncosted.values() if key in book.ended}
    return replace(
        book,
        at=now,
        session=session,
        attempts={},
        opened_today={},
        fills=fills,
        ended=costing,
        unsettled=unsettled,
        sends=(),
    )


def _connected(book: Book, event: ev.Connected) -> Book:
    # A gateway that still lacks the broker's servers says so again in the new session.
    return replace(
        book,
        account=event.account,
        client_id=event.client_id,
        live=not event.paper,
        connected=True,
        ready=False,
        link_lost=False,
    )


def _disconnected(book: Book, _event: ev.Disconnected) -> Book:
    return replace(book, connected=False, ready=False)


def _observed(book: Book, event: ev.BrokerObserved) -> Book:
    seen = Observed(
        account=event.account, positions=event.positions, orders=event.orders, next_id=event.next_id
    )
    next_id = max(book.next_id, event.next_id or 0)
    account = event.account
    founded = book.cash is not None or (isinstance(account, Known) and account.value.total_cash is not None)
    complete = seen.complete and isinstance(event.fills, Known) and founded
    return valued(replace(book, observed=seen, next_id=next_id, ready=complete), book.observed)


def _baseline(book: Book, event: ev.BaselineTaken) -> Book:
    held = {p.contract.key: Holding(p.contract, p.quantity) for p in event.positions if p.quantity}
    return replace(book, cash=event.cash, holdings=held, fills={fill.root: fill for fill in event.fills})


def _cycle(book: Book, event: ev.CycleStarted) -> Book:
    afresh = {name: since for name, since in book.afresh.items() if name not in event.strategies}
    return replace(answered_due(book, event.due), cycle=event.cycle, running=event, afresh=afresh)


def _cycle_ended(book: Book, event: ev.CycleEnded) -> Book:
    running = book.running
    if running is None or running.cycle != event.cycle:
        return book
    names = running.strategies if event.again and running.due and running.entries else ()
    return replace(book, running=None, afresh={**book.afresh, **dict.fromkeys(names, event.at)})


def _margin_requested(book: Book, event: ev.MarginRequested) -> Book:
    order = event.order
    state = OrderState(order=order, stage=Stage.PLANNED, limit=order.limit, since=event.at)
    attempts = _with(book.attempts, order.series, book.attempts.get(order.series, 0) + 1)
    return replace(book, orders=_with(book.orders, order.key, state), attempts=attempts)


def _margin_quoted(book: Book, event: ev.MarginQuoted) -> Book:
    return _stage(book, event.key, Stage.CLEARED) if isinstance(event.quote, Known) else book


def _order_requested(book: Book, event: ev.OrderRequested) -> Book:
    return _stage(book, event.key, Stage.REQUESTED)


def _id_assigned(book: Book, event: ev.OrderIdAssigned) -> Book:
    state = _living(book, event.key)
    assigned = replace(
        state, stage=Stage.ASSIGNED, broker_id=event.broker_id, client_id=event.client_id, sent_at=event.at
    )
    following = max(book.next_id, event.broker_id + 1)
    after = replace(book, orders=_with(book.orders, event.key, assigned), next_id=following)
    return noted_send(after, state.order, event.at)


def _accepted(book: Book, event: ev.OrderAccepted) -> Book:
    state = book.orders.get(event.key)
    if state is None:  # a late word about an order that has ended
        return book
    stage = Stage.CANCELLING if state.stage is Stage.CANCELLING else Stage.WORKING
    limit = state.limit if event.limit is None else event.limit
    changed = replace(
        state,
        stage=stage,
        broker_id=event.broker_id,
        perm_id=state.perm_id or event.perm_id,
        limit=limit,
        agreed=limit,
        refusals=state.refusals if limit == state.agreed else 0,
    )
    return replace(book, orders=_with(book.orders, event.key, changed))


def _adopted(book: Book, event: ev.OrderAdopted) -> Book:
    state = _living(book, event.key)
    changed = replace(
        state,
        stage=Stage.WORKING,
        broker_id=event.broker_id,
        client_id=event.client_id,
        perm_id=event.perm_id,
    )
    return replace(book, orders=_with(book.orders, event.key, changed))


def _replace_requested(book: Book, event: ev.ReplaceRequested) -> Book:
    state = _living(book, event.key)
    after = replace(book, orders=_with(book.orders, event.key, replace(state, limit=event.limit)))
    return noted_change(after, event.at)


def _replace_refused(book: Book, event: ev.ReplaceRefused) -> Book:
    """The order works on at the price that it had."""
    state = book.orders.get(event.key)
    if state is None:
        return book
    kept = state.limit if state.agreed is None else state.agreed
    changed = replace(state, limit=kept, refusals=state.refusals + 1, refused_at=event.at)
    return replace(book, orders=_with(book.orders, event.key, changed))


def _cancel_requested(book: Book, event: ev.CancelRequested) -> Book:
    return book if event.broker_id else _stage(book, event.key, Stage.CANCELLING, event.why)


def _rejected(book: Book, event: ev.OrderRejected) -> Book:
    return _end(book, event.key, Stage.REJECTED, f"{event.code}: {event.text}")


def _cancelled(book: Book, event: ev.OrderCancelled) -> Book:
    return _end(book, event.key, Stage.CANCELLED, event.why)


def _dropped(book: Book, event: ev.OrderDropped) -> Book:
    state = book.orders.get(event.key)
    ended = _end(book, event.key, Stage.NEVER_SENT, event.reason)
    return (
        ended if state is None or event.rule not in (UNANSWERED, ENDING) else _again(ended, state, event.at)
    )


def _never_sent(book: Book, event: ev.OrderNeverSent) -> Book:
    state = _living(book, event.key)
    ended = unsent(_end(book, event.key, Stage.NEVER_SENT, event.why), event.key)
    ended = _again(ended, state, event.at)
    if state.broker_id is None:
        return ended
    return replace(ended, next_id=min(ended.next_id, state.broker_id))


def _again(book: Book, state: OrderState, at: datetime) -> Book:
    return replace(book, afresh=_with(book.afresh, state.order.strategy, at))


def _copies(book: Book, event: ev.CopiesSeen) -> Book:
    if len(event.perm_ids) > (event.key in book.orders):
        copies = dict(zip(event.perm_ids, event.broker_ids, strict=True))
        return replace(book, copies=_with(book.copies, event.key, copies))
    return replace(book, copies=_without(book.copies, event.key))


def _unknown(book: Book, event: ev.OrderUnknown) -> Book:
    return _stage(book, event.key, Stage.UNKNOWN, event.why)


def _filled(book: Book, event: ev.OrderFilled) -> Book:
    state = book.orders.get(event.key) or book.ended.get(event.key)
    if state is None:
        raise InvariantViolated(f"A fill names order {event.key}, which the book does not know.")
    earlier = book.fills.get(event.fill.root)
    if earlier is not None:
        if not event.fill.corrects(earlier):
            return book
        undo = replace(
            earlier,
            quantity=-earlier.quantity,
            commission=-earlier.commission if earlier.commission else None,
        )
        book = with_halves(filled(book, state, undo), state, undo)
        book = replace(book, uncosted=_without(book.uncosted, earlier.exec_id))
        state = book.orders.get(event.key) or book.ended[event.key]
    return with_halves(filled(book, state, event.fill), state, event.fill)


def _commission(book: Book, event: ev.CommissionReported) -> Book:
    if event.exec_id not in book.uncosted:
        return book
    return costed(book, event.exec_id, event.commission)


def _position_adopted(book: Book, event: ev.PositionAdopted) -> Book:
    return booked(book, event)


def _position_left(book: Book, event: ev.PositionLeft) -> Book:
    return replace(book, left=_with(book.left, event.position.contract.key, event.why))


def _assigned(book: Book, event: ev.AssignmentInferred | ev.ExerciseInferred) -> Book:
    """Shares of options that no trade holds are nobody's: they neither join a campaign nor leave it first."""
    option = event.contract
    stock = Stock(option.symbol, option.currency)
    legs = (trade.legs.get(option.key) for trade in book.trades.values())
    held = sum(abs(leg.quantity) for leg in legs if leg is not None and leg.quantity * event.quantity < 0)
    ours = event.shares * min(held, abs(event.quantity)) // abs(event.quantity)
    after = moved(book, Movement(option, event.quantity, Decimal(0), event.exercised, ASSIGNED))
    for shares, how in ((ours, ASSIGNED), (event.shares - ours, "assigned beside the trades")):
        if shares:
            after = moved(after, Movement(stock, shares, option.strike, event.exercised, how))
    return _pay_fees(after, event.fees.amount, option.symbol)


def _expired(book: Book, event: ev.ExpiryInferred) -> Book:
    return moved(book, Movement(event.contract, event.quantity, Decimal(0), book.session, "expired"))


def _settled_in_cash(book: Book, event: ev.CashSettlementInferred) -> Book:
    per_share = -event.amount.amount / (event.quantity * event.contract.multiplier)
    return moved(book, Movement(event.contract, event.quantity, per_share, book.session, "settled in cash"))


def _external(book: Book, event: ev.ExternalChange) -> Book:
    fill = event.fill
    if fill.root in book.fills:
        return book
    by_hand = Movement(fill.contract, fill.quantity, fill.price, session_of(fill.at), "traded by hand")
    after = moved(book, by_hand)
    cost = Decimal(0) if fill.commission is None else fill.commission.amount
    return _pay_fees(replace(after, fills=_with(after.fills, fill.root, fill)), cost, fill.contract.symbol)


def _declared(book: Book, event: ev.DividendDeclared) -> Book:
    return replace(book, dividends=_with(book.dividends, event.symbol, event.dividend))


def _dividend_expected(book: Book, event: ev.DividendExpected) -> Book:
    """The dividend is earned at the ex-date: the campaign counts its part now, cash when it is paid."""
    after = replace(book, dividends=_without(book.dividends, event.symbol))
    if event.shares == 0:
        return after
    cause = f"dividend/{event.symbol}/{event.ex.isoformat()}"
    after = replace(after, expected=_with(after.expected, cause, Expected(cause, event.amount, event.ex)))
    campaign = _campaign_on(after, event.symbol)
    if campaign is None:
        return after
    own = min(max(campaign.shares, 0), event.shares) if event.shares > 0 else event.shares
    part = replace(event.amount, amount=event.amount.amount * own / event.shares)
    earned = replace(campaign, dividends=campaign.dividends + part)
    return replace(after, campaigns=_with(after.campaigns, campaign.id, earned))


def _interest_accrued(book: Book, event: ev.InterestAccrued) -> Book:
    month = event.day.replace(day=1)
    running = book.accrual
    so_far = running.amount if running is not None and running.month == month else Decimal(0)
    return replace(book, accrual=Accrual(month, so_far + event.amount, event.day))


def _interest_expected(book: Book, event: ev.InterestExpected) -> Book:
    cause = f"interest/{event.month:%Y-%m}"
    return replace(
        book, expected=_with(book.expected, cause, Expected(cause, event.amount, session_of(event.at)))
    )


def _cash_booked(book: Book, event: ev.CashBooked) -> Book:
    return _pay(replace(book, expected=_without(book.expected, event.cause)), event.amount.amount)


def _cash_unexplained(book: Book, event: ev.CashUnexplained) -> Book:
    return moved_by_hand(_pay(book, event.amount.amount), event.amount.amount)


def _discrepancy(book: Book, event: ev.DiscrepancySeen) -> Book:
    return replace(book, suspected=event.fingerprint, ready=False)


def _blocked(book: Book, event: ev.SymbolBlocked) -> Book:
    return replace(book, blocks=_with(book.blocks, event.symbol, Block(event.why, event.until_session)))


def _unblocked(book: Book, event: ev.SymbolUnblocked) -> Book:
    return replace(book, blocks=_without(book.blocks, event.symbol))


def _trade_ended(book: Book, event: ev.TradeEnded) -> Book:
    return replace(book, trades=_without(book.trades, event.trade))


def _campaign_ended(book: Book, event: ev.CampaignEnded) -> Book:
    return replace(book, campaigns=_without(book.campaigns, event.campaign))


def _nothing(book: Book, _event: ev.Event) -> Book:
    return book


def _pay(book: Book, amount: Decimal) -> Book:
    """Move cash that no fill moved."""
    if book.cash is None:
        raise InvariantViolated("Cash moved before a baseline was taken.")
    return replace(book, cash=book.cash + amount)


def _pay_fees(book: Book, fees: Decimal, symbol: str) -> Book:
    """Pay fees that belong to the campaign of a symbol."""
    after = _pay(book, -fees)
    campaign = _campaign_on(after, symbol)
    if campaign is None:
        return after
    paid = replace(campaign, fees=replace(campaign.fees, amount=campaign.fees.amount + fees))
    return replace(after, campaigns=_with(after.campaigns, campaign.id, paid))


def _campaign_on(book: Book, symbol: str) -> Campaign | None:
    return next((c for c in book.campaigns.values() if c.symbol == symbol), None)


def _living(book: Book, key: str) -> OrderState:
    state = book.orders.get(key)
    if state is None:
        raise InvariantViolated(f"Order {key} is not among the living; the book knows {sorted(book.orders)}.")
    return state


def _stage(book: Book, key: str, stage: Stage, why: str = "") -> Book:
    state = _living(book, key)
    return replace(book, orders=_with(book.orders, key, replace(state, stage=stage, why=why or state.why)))


def _end(book: Book, key: str, stage: Stage, why: str) -> Book:
    state = book.orders.get(key)
    if state is None:  # it has ended already, by fills or by an earlier word
        return book
    ended = replace(state, stage=stage, why=why)
    return replace(book, orders=_without(book.orders, key), ended=_with(book.ended, key, ended))


def _with(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    return {**mapping, key: value}


def _without(mapping: Mapping[K, V], key: K) -> dict[K, V]:
    return {k: v for k, v in mapping.items() if k != key}


_ENTRIES: dict[type[Any], Callable[[Book, Any], Book]] = {
    ev.Connected: _connected,
    ev.Disconnected: _disconnected,
    ev.BrokerObserved: _observed,
    ev.BaselineTaken: _baseline,
    ev.CycleStarted: _cycle,
    ev.CycleEnded: _cycle_ended,
    ev.MarginQuoted: _margin_quoted,
    ev.MarginRequested: _margin_requested,
    ev.OrderRequested: _order_requested,
    ev.OrderIdAssigned: _id_assigned,
    ev.OrderAccepted: _accepted,
    ev.OrderAdopted: _adopted,
    ev.CopiesSeen: _copies,
    ev.RollAbandoned: abandoned,
    ev.OrderRejected: _rejected,
    ev.ReplaceRequested: _replace_requested,
    ev.ReplaceRefused: _replace_refused,
    ev.CancelRequested: _cancel_requested,
    ev.OrderCancelled: _cancelled,
    ev.CancelRefused: _nothing,
    ev.OrderDropped: _dropped,
    ev.OrderNeverSent: _never_sent,
    ev.OrderUnknown: _unknown,
    ev.OrderFilled: _filled,
    ev.CommissionReported: _commission,
    ev.BrokerWarned: _nothing,
    ev.CandidatePassed: _nothing,
    ev.IntentRefused: _nothing,
    ev.PositionAdopted: _position_adopted,
    ev.PositionLeft: _position_left,
    ev.AssignmentInferred: _assigned,
    ev.ExerciseInferred: _assigned,
    ev.ExpiryInferred: _expired,
    ev.CashSettlementInferred: _settled_in_cash,
    ev.SplitInferred: split,
    ev.ExternalChange: _external,
    ev.DividendDeclared: _declared,
    ev.DividendExpected: _dividend_expected,
    ev.InterestAccrued: _interest_accrued,
    ev.InterestExpected: _interest_expected,
    ev.CashBooked: _cash_booked,
    ev.CashUnexplained: _cash_unexplained,
    ev.DiscrepancySeen: _discrepancy,
    ev.SymbolBlocked: _blocked,
    ev.SymbolUnblocked: _unblocked,
    ev.TradeEnded: _trade_ended,
    ev.CampaignEnded: _campaign_ended,
    **CONTROL,
}
