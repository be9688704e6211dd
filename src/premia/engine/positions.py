"""Positions against ledger: assignment, exercise, expiry, and what cannot be explained.

An option that vanished is worthless only when the positions of the session after its expiry show no
shares; until then its symbol waits. Shares that came or went at a strike's ratio are an assignment
(of shorts) or an exercise (of longs). An order of an earlier day whose fill was never seen is found
by its position. Everything else stands the symbol still until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from premia.domain.book import Book
from premia.domain.errors import InvariantViolated
from premia.domain.events import (
    AnyEvent,
    AssignmentInferred,
    BrokerObserved,
    CashSettlementInferred,
    ExerciseInferred,
    ExpiryInferred,
    OrderFilled,
    SymbolBlocked,
    SymbolUnblocked,
)
from premia.domain.instrument import Option, Right, Settlement
from premia.domain.known import Known
from premia.domain.money import Money, Price
from premia.domain.position import BrokerPosition
from premia.domain.sessions import Session, Sessions
from premia.engine.cash import difference_of, is_explained
from premia.engine.charges import Charges, sale_fees
from premia.engine.hands import BY_HAND, stands
from premia.engine.missed import Gap, missed_fills
from premia.engine.netted import Ended, cancelling, cash_of, fitting
from premia.engine.splits import split_of

_UNEXPLAINED = "positions differ from the ledger"
_NO_FEES = Money(Decimal(0))
_CENT = Decimal("0.01")
_Ending = AssignmentInferred | ExerciseInferred | ExpiryInferred | CashSettlementInferred


class Told(NamedTuple):
    """What positions tell.

    Attributes:
        certain: Conclusions to be booked once a second look is equal.
        standing: Blocks and releases of symbols, which need no second look.
        settled: Whether every difference is explained, so that cash may be compared.
    """

    certain: tuple[AnyEvent, ...]
    standing: tuple[AnyEvent, ...]
    settled: bool


class _Look(NamedTuple):
    """One observation with what is needed to read it; `alone` where only one symbol differs."""

    book: Book
    seen: BrokerObserved
    sessions: Sessions
    charges: Charges
    alone: bool


class _Story(NamedTuple):
    """What was concluded of one symbol, why it must wait, and what nothing explains.

    Attributes:
        others: Other conclusions that the shares allow as well; cash decides.
    """

    events: tuple[AnyEvent, ...]
    waiting: tuple[Option, ...] = ()
    unexplained: str = ""
    others: tuple[tuple[AnyEvent, ...], ...] = ()


def explain_positions(book: Book, seen: BrokerObserved, sessions: Sessions, charges: Charges) -> Told:
    """What the broker's positions say that the ledger does not."""
    if not isinstance(seen.positions, Known):
        return Told((), (), settled=False)
    gaps = _gaps(book, seen.positions.value)
    look = _Look(book, seen, sessions, charges, alone=len(gaps) == 1)
    stories = _by_cash(look, {symbol: _story(look, gaps[symbol]) for symbol in sorted(gaps)})
    events = tuple(event for story in stories.values() for event in story.events)
    settled = not any(story.waiting or story.unexplained for story in stories.values())
    return Told(events, _standing(look, stories), settled)


def _gaps(book: Book, positions: Iterable[BrokerPosition]) -> dict[str, list[Gap]]:
    """Differences by symbol."""
    theirs = {p.contract.key: p for p in positions}
    keys = {*theirs, *book.holdings}
    found: dict[str, list[Gap]] = {}
    for key in sorted(keys):
        contract = theirs[key].contract if key in theirs else book.holdings[key].contract
        held = book.holding(contract)
        change = (theirs[key].quantity if key in theirs else 0) - held
        if change:
            found.setdefault(contract.symbol, []).append(Gap(contract, held, change))
    return found


def _story(look: _Look, gaps: list[Gap]) -> _Story:
    """What explains the differences of one symbol."""
    split = split_of(look.book, look.seen, gaps[0].contract.symbol)
    if split is not None:
        return _Story((split,))
    missed, gaps = missed_fills(look.book, look.seen, gaps, alone=look.alone)
    story = _rest(look, gaps) if gaps else _Story(())
    others = tuple((*missed, *events) for events in story.others)
    return story._replace(events=(*missed, *story.events), others=others)


def _by_cash(look: _Look, stories: dict[str, _Story]) -> dict[str, _Story]:
    """Settle by cash what shares alone leave open; where cash cannot tell yet, wait, or ask a person."""
    doubtful = {symbol: (story.events, *story.others) for symbol, story in stories.items() if story.others}
    if not doubtful:
        return stories
    difference = difference_of(look.book, look.seen)
    known = [cash_of(story.events) for symbol, story in stories.items() if symbol not in doubtful]
    if difference is None or None in known:
        return stories | {symbol: _Story((), _ended(stories[symbol].events)) for symbol in doubtful}
    rest = difference - sum((one for one in known if one is not None), Decimal(0))
    found = fitting(doubtful, lambda moved: is_explained(look.book, rest - moved))
    if found is None:
        text = f"cash moved by {rest:+,.2f} USD, which neither worthless nor exercised options explain"
        return stories | {symbol: _Story((), unexplained=text) for symbol in doubtful}
    return stories | {symbol: _Story(tuple(events)) for symbol, events in found.items()}


def _ended(events: Iterable[AnyEvent]) -> tuple[Option, ...]:
    return tuple(event.contract for event in events if isinstance(event, _Ending))


def _rest(look: _Look, gaps: list[Gap]) -> _Story:
    """What explains differences that no order does."""
    shares = sum(gap.change for gap in gaps if not isinstance(gap.contract, Option))
    gone = [gap for gap in gaps if isinstance(gap.contract, Option) and gap.held * gap.change < 0]
    new = [gap for gap in gaps if isinstance(gap.contract, Option) and gap.held * gap.change >= 0]
    if new:
        return _Story((), unexplained=_gap_text(gaps))
    in_cash = [gap for gap in gone if _option(gap).settlement is not Settlement.SHARES]
    by_shares = [gap for gap in gone if _option(gap).settlement is Settlement.SHARES]
    if in_cash and not shares:
        return _settled_in_cash(look, in_cash)
    return _delivered(look, by_shares, shares)


def _delivered(look: _Look, gone: list[Gap], shares: int) -> _Story:
    """Vanished share-settled options and the shares that moved."""
    left = shares
    events: list[AnyEvent] = []
    worthless: list[Ended] = []
    waiting: list[Option] = []
    early: list[Option] = []
    for gap in sorted(gone, key=_likelihood):
        option = _option(gap)
        effect = gap.change * option.multiplier * (1 if option.right is Right.PUT else -1)
        per_contract = abs(effect // gap.change)
        taken = min(abs(gap.change), abs(left) // per_contract) if left * effect > 0 else 0
        sign = 1 if gap.change > 0 else -1
        if taken:
            moved = taken * per_contract * (1 if effect > 0 else -1)
            left -= moved
            events.append(_exercised(look, option, taken * sign, moved))
        rest = abs(gap.change) - taken
        if rest and not _expired(look, option):
            early.append(option)
        elif rest and _final(look, option):
            worthless.append(Ended(option, rest * sign))
        elif rest:
            waiting.append(option)
    if early:
        # No option is worthless before its expiry: its shares come late, or a company has changed it.
        return (
            _Story((), unexplained=_gap_text(gone)) if _waited(look, early[0]) else _Story((), tuple(early))
        )
    if left:
        return _Story((), unexplained=f"{left:+d} shares that no vanished option explains")
    others = () if waiting else tuple(cancelling(worthless))
    return _Story(
        (*events, *_worthless(look, worthless)),
        tuple(waiting),
        others=tuple(
            (
                *events,
                *(_exercised(look, one.option, one.quantity, one.shares) for one in chosen),
                *_worthless(look, [one for one in worthless if one not in chosen]),
            )
            for chosen in others
        ),
    )


def _worthless(look: _Look, ended: Iterable[Ended]) -> list[AnyEvent]:
    return [ExpiryInferred(at=look.seen.at, contract=one.option, quantity=one.quantity) for one in ended]


def _exercised(look: _Look, option: Option, quantity: int, shares: int) -> AnyEvent:
    """Shorts gone (positive change) were assigned, longs gone were exercised by us."""
    day = _exercise_day(look, option)
    sold = -shares if shares < 0 else 0
    fees = sale_fees(look.charges, option.strike * sold, sold, day) if sold else _NO_FEES
    kind = AssignmentInferred if quantity > 0 else ExerciseInferred
    return kind(at=look.seen.at, contract=option, quantity=quantity, shares=shares, fees=fees, exercised=day)


def _settled_in_cash(look: _Look, gone: list[Gap]) -> _Story:
    """Vanished cash-settled options of one symbol: the cash that moved tells the settlement value."""
    if not all(_expired(look, _option(gap)) for gap in gone):
        return _Story((), tuple(_option(gap) for gap in gone))
    paid = difference_of(look.book, look.seen)
    if paid is None:
        return _Story((), tuple(_option(gap) for gap in gone))
    if abs(paid) < _CENT:
        final = all(_final(look, _option(gap)) for gap in gone)
        expired = tuple(
            ExpiryInferred(at=look.seen.at, contract=_option(gap), quantity=gap.change) for gap in gone
        )
        return _Story(expired) if final else _Story((), tuple(_option(gap) for gap in gone))
    # The broker tells cash in whole cents; our ledger keeps the fractions of commissions.
    value = _settlement_value(gone, paid.quantize(_CENT))
    if value is None:
        text = f"cash moved by {paid:+,.2f} USD, which no settlement value explains: {_gap_text(gone)}"
        return _Story((), unexplained=text)
    return _Story(tuple(_cash_event(look, gap, value) for gap in gone))


def _cash_event(look: _Look, gap: Gap, value: Decimal) -> AnyEvent:
    option = _option(gap)
    worth = option.intrinsic(value)
    if worth == 0:
        return ExpiryInferred(at=look.seen.at, contract=option, quantity=gap.change)
    amount = option.value_of(Price(worth), -gap.change)
    return CashSettlementInferred(at=look.seen.at, contract=option, quantity=gap.change, amount=amount)


def _settlement_value(gone: list[Gap], paid: Decimal) -> Decimal | None:
    """The level at which the vanished options are worth `paid`; None where none of one right is.

    All of one right: their worth falls (puts) or rises (calls) with the level, so each count of options
    in the money gives one candidate, and only a consistent one is an answer.
    """
    if len({_option(gap).right for gap in gone}) != 1:
        return None
    sign = _option(gone[0]).right.sign
    ordered = sorted(gone, key=lambda gap: _option(gap).strike * sign)
    weight = worth = Decimal(0)
    for gap in ordered:
        units = Decimal(-gap.change * _option(gap).multiplier)
        weight += units
        worth += units * _option(gap).strike * sign
        level = (paid + worth) / weight * sign if weight else None
        if level is not None and _total(gone, level) == paid:
            return level
    return None


def _total(gone: list[Gap], level: Decimal) -> Decimal:
    total = sum(
        (_option(gap).value_of(_option(gap).intrinsic(level), -gap.change).amount for gap in gone), Decimal(0)
    )
    return total.quantize(_CENT)


def _standing(look: _Look, stories: dict[str, _Story]) -> tuple[AnyEvent, ...]:
    """Which symbols stand still now, and which no longer do."""
    wanted = {symbol: (why, until) for symbol, why, until in _reasons(look, stories)}
    at = look.seen.at
    events: list[AnyEvent] = []
    for symbol, (why, until) in wanted.items():
        block = look.book.blocks.get(symbol)
        if block is None or (block.why, block.until_session) != (why, until):
            events.append(SymbolBlocked(at=at, symbol=symbol, why=why, until_session=until))
    for symbol, block in look.book.blocks.items():
        if symbol not in wanted:
            gone = block.why.startswith((_UNEXPLAINED, BY_HAND))
            how = "what stood in the way is gone" if gone else "positions have told"
            events.append(SymbolUnblocked(at=at, symbol=symbol, why=how))
    return tuple(events)


def _reasons(look: _Look, stories: dict[str, _Story]) -> Iterable[tuple[str, str, date | None]]:
    concluded = _concluded(stories)
    for held in look.book.holdings.values():
        option = held.contract
        if isinstance(option, Option) and _over(look, option) and option.key not in concluded:
            until = look.sessions.after(_last(look, option).day).day
            why = f"{option.key} has expired; the positions of {until} decide between assigned and worthless"
            yield option.symbol, why, until
    for symbol, story in stories.items():
        early = [option for option in story.waiting if not _over(look, option)]
        if early:
            why = f"{early[0].key} vanished before its expiry and no shares moved; the next positions decide"
            yield symbol, why, _known_wait(look, symbol)
        if story.unexplained:
            yield symbol, f"{_UNEXPLAINED}: {story.unexplained}", None
    for symbol, block in look.book.blocks.items():
        if stands(block, look.book.session):
            yield symbol, block.why, block.until_session


def _concluded(stories: dict[str, _Story]) -> set[str]:
    """Contracts of which all is known; of several of one, some may be assigned and others wait."""
    ended = {
        event.fill.contract.key if isinstance(event, OrderFilled) else event.contract.key
        for story in stories.values()
        for event in story.events
        if isinstance(event, OrderFilled | _Ending)
    }
    return ended - {option.key for story in stories.values() for option in story.waiting}


def _known_wait(look: _Look, symbol: str) -> date:
    block = look.book.blocks.get(symbol)
    if block is not None and block.until_session is not None:
        return block.until_session
    return look.sessions.after(look.book.session).day


def _over(look: _Look, option: Option) -> bool:
    """Whether an option has stopped trading for good."""
    if _far(look, option):
        return False
    last = _last(look, option)
    stop = look.sessions.before(last.day).closes if option.settlement is Settlement.CASH_AM else last.closes
    return look.seen.at >= stop


def _far(look: _Look, option: Option) -> bool:
    """Whether an option expires beyond the sessions that are known."""
    return option.expiry > look.sessions.last.day


def _last(look: _Look, option: Option) -> Session:
    """The last session not after an option's expiry, of those that are known."""
    first, last = look.sessions.first.day, look.sessions.last.day
    return look.sessions.on_or_before(min(max(option.expiry, first), last))


def _expired(look: _Look, option: Option) -> bool:
    """Whether the session of an option's expiry has closed."""
    return not _far(look, option) and look.seen.at >= _last(look, option).closes


def _final(look: _Look, option: Option) -> bool:
    """Whether positions have had their time to show what became of a vanished option.

    That is the open of the session after its expiry.
    """
    return _expired(look, option) and look.seen.at >= look.sessions.after(_last(look, option).day).opens


def _waited(look: _Look, option: Option) -> bool:
    """Whether the session has opened for which the symbol of an option that vanished early has waited."""
    block = look.book.blocks.get(option.symbol)
    if block is None:
        return False
    if block.until_session is None:
        return block.why.startswith(_UNEXPLAINED)
    return look.seen.at >= look.sessions.on_or_after(block.until_session).opens


def _exercise_day(look: _Look, option: Option) -> date:
    """The session whose evening the exercise belongs to: the expiry, or the session before today."""
    last = _last(look, option).day
    return min(last, look.sessions.before(look.book.session).day)


def _likelihood(gap: Gap) -> tuple[int, Decimal]:
    """Order in which vanished options are taken as exercised: the deepest in the money first."""
    option = _option(gap)
    return (option.right.sign, option.strike * option.right.sign)


def _option(gap: Gap) -> Option:
    if not isinstance(gap.contract, Option):
        raise InvariantViolated(f"{gap.contract.key} was taken for an option.")
    return gap.contract


def _gap_text(gaps: Iterable[Gap]) -> str:
    return ", ".join(f"{gap.contract.key}: ledger {gap.held}, broker {gap.held + gap.change}" for gap in gaps)
