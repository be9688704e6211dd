"""What a person asked for, done once: halts and their release, orders taken back, trades closed and rolled.

A command is taken from the inbox as a fact. Most verbs are answered from the book at once; closing and
rolling need a market, so they wait in the book for the next pass (`wishes`) and are answered with what became
of them. What could not be done within ten minutes is answered with no: a wish to close must not come true on
another day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.book import ALL, ENTRIES, Book
from premia.domain.intent import evidence
from premia.domain.known import Known
from premia.domain.money import Price
from premia.domain.order import Fill, OrderState, Stage
from premia.engine.gate import KILL
from premia.engine.hands import ACCEPTED

OPERATOR = "operator"
AGREE = "agree"
"""The verb of an agreement to what a real-money account may lose."""
WITH_MARKET = frozenset({"run", "close", "roll"})
"""Verbs that wait for a pass."""

PATIENCE = timedelta(minutes=10)
_PLANNED = (Stage.PLANNED, Stage.CLEARED)
_NOTHING = Decimal(0)


class Done(NamedTuple):
    """What a verb did: facts before the answer, and the answer."""

    ok: bool
    text: str
    facts: tuple[ev.AnyEvent, ...] = ()


def obey(book: Book, command: ev.OperatorCommand) -> list[ev.AnyEvent]:
    """What follows from a command that has just been taken; nothing yet for one that needs a market.

    Args:
        book: The book with the command folded.
        command: What was asked for.
    """
    if command.verb in WITH_MARKET:
        return []
    done = _VERBS.get(command.verb, _no_verb)(book, command)
    return [*done.facts, answer(book, command, ok=done.ok, text=done.text)]


def answer(book: Book, command: ev.OperatorCommand, *, ok: bool, text: str) -> ev.CommandAnswered:
    """The answer to a command."""
    return ev.CommandAnswered(at=book.at, id=command.id, verb=command.verb, ok=ok, text=text)


def outdated(book: Book) -> Iterator[ev.CommandAnswered]:
    """Answers to commands that waited for a pass for too long."""
    for command in book.commands.values():
        if command.verb in WITH_MARKET and book.at - command.at >= PATIENCE:
            yield answer(
                book,
                command,
                ok=False,
                text=f"no pass could be made within {PATIENCE}: the broker or the market did not answer; "
                "nothing was sent, ask again",
            )


def _no_verb(_book: Book, command: ev.OperatorCommand) -> Done:
    known = ", ".join(sorted({*_VERBS, *WITH_MARKET}))
    return Done(ok=False, text=f"there is no command {command.verb!r}; there are {known}")


def _pause(book: Book, command: ev.OperatorCommand) -> Done:
    scope = command.arguments.get("scope", ENTRIES)
    if scope not in (ENTRIES, ALL):
        return Done(ok=False, text=f"scope is {scope!r}; it must be {ENTRIES} or {ALL}")
    return Done(ok=True, text=f"{scope} paused", facts=(_halt(book, command, OPERATOR, scope),))


def _kill(book: Book, command: ev.OperatorCommand) -> Done:
    working = sum(state.stage is Stage.WORKING for state in book.orders.values())
    text = f"killed: nothing is sent any more, {working} working orders are taken back"
    return Done(ok=True, text=text, facts=(_halt(book, command, KILL, ALL),))


def agreement(command: ev.OperatorCommand) -> ev.LiveConsented | None:
    """To what a person has agreed for a real-money account; None where the command is no such agreement."""
    try:
        part, lost, left = (Decimal(command.arguments[name]) for name in ("part", "lost", "left"))
    except (KeyError, InvalidOperation):
        return None
    if command.verb != AGREE or not command.target or part <= 0:
        return None
    return ev.LiveConsented(
        at=command.at, account=command.target, part=part, lost=lost, left=left, who=command.who
    )


def _agree(book: Book, command: ev.OperatorCommand) -> Done:
    """Agree to the worst case of a real-money account; `premia live` has had its sums typed back."""
    agreed = agreement(command)
    if agreed is None:
        text = "an agreement needs an account, part, lost and left; `premia live` makes one"
        return Done(ok=False, text=text)
    text = (
        f"agreed for {agreed.account}: {agreed.lost:,.0f} USD lost and {agreed.left:,.0f} USD left "
        "in the worst case"
    )
    return Done(ok=True, text=text, facts=(replace(agreed, at=book.at),))


def _halt(book: Book, command: ev.OperatorCommand, cause: str, scope: str) -> ev.TradingHalted:
    why = command.why or f"asked for by {command.who}"
    return ev.TradingHalted(at=book.at, cause=cause, scope=scope, why=why, who=command.who)


def _resume(book: Book, command: ev.OperatorCommand) -> Done:
    return _release(book, command, OPERATOR)


def _release_named(book: Book, command: ev.OperatorCommand) -> Done:
    return _release(book, command, command.target)


def _release(book: Book, command: ev.OperatorCommand, cause: str) -> Done:
    if cause not in book.halts:
        standing = ", ".join(sorted(book.halts)) or "none"
        return Done(ok=True, text=f"no halt of cause {cause!r} stands; standing: {standing}")
    why = command.why or f"released by {command.who}"
    released = ev.TradingReleased(at=book.at, cause=cause, why=why, who=command.who)
    left = ", ".join(sorted(book.halts.keys() - {cause}))
    return Done(
        ok=True, text=f"{cause} released" + (f"; still halted: {left}" if left else ""), facts=(released,)
    )


def _cancel(book: Book, command: ev.OperatorCommand) -> Done:
    if "perm_id" in command.arguments:
        return _cancel_copy(book, command)
    every = command.target == "all"
    aimed = [state for state in book.orders.values() if every or state.key == command.target]
    if not aimed:
        return Done(ok=every, text="no order lives" if every else f"no living order {command.target}")
    facts = [fact for state in aimed if (fact := _taken_back(book, state, command)) is not None]
    left = len(aimed) - len(facts)
    text = f"{len(facts)} orders are taken back" + (
        f", {left} cannot be now (see premia orders)" if left else ""
    )
    return Done(ok=not left, text=text, facts=tuple(facts))


def _cancel_copy(book: Book, command: ev.OperatorCommand) -> Done:
    """Take back one of several orders that work under one reference, by its permanent number."""
    wanted, copies = command.arguments["perm_id"], book.copies.get(command.target, {})
    broker_id = next((copies[one] for one in copies if str(one) == wanted), None)
    if broker_id is None:
        known = ", ".join(map(str, copies)) or "none"
        return Done(ok=False, text=f"{command.target} has no copy {wanted}; it has {known}")
    if broker_id == 0:
        return Done(ok=False, text=f"another client sent {wanted}; cancel it in TWS")
    why = command.why or f"copy {wanted} cancelled by {command.who}"
    asked = ev.CancelRequested(at=book.at, key=command.target, why=why, broker_id=broker_id)
    return Done(ok=True, text=f"copy {wanted} is taken back", facts=(asked,))


def _taken_back(book: Book, state: OrderState, command: ev.OperatorCommand) -> ev.AnyEvent | None:
    why = command.why or f"cancelled by {command.who}"
    if state.stage in _PLANNED:
        return ev.OrderDropped(at=book.at, key=state.key, rule=OPERATOR, reason=why, evidence=evidence())
    if state.stage is Stage.WORKING:
        return ev.CancelRequested(at=book.at, key=state.key, why=why)
    return None


def _resolve(book: Book, command: ev.OperatorCommand) -> Done:
    state = book.orders.get(command.target)
    outcome = command.arguments.get("outcome", "")
    if outcome not in ("filled", "never-sent"):
        return Done(ok=False, text=f"outcome is {outcome!r}; it must be filled or never-sent")
    if state is None or state.stage is not Stage.UNKNOWN:
        unknown = [one.key for one in book.orders.values() if one.stage is Stage.UNKNOWN]
        return Done(
            ok=False, text=f"{command.target} is no unknown order; unknown: {', '.join(unknown) or 'none'}"
        )
    why = f"resolved as {outcome} by {command.who}" + (f": {command.why}" if command.why else "")
    ended = ev.OrderCancelled(at=book.at, key=state.key, why=why)
    return Done(ok=True, text=f"{why}; positions tell what it left behind", facts=(ended,))


def _accept(book: Book, command: ev.OperatorCommand) -> Done:
    """Take the broker's positions of a symbol for right; what moved without a word was done by hand."""
    symbol, positions = command.target, book.observed.positions
    if not isinstance(positions, Known):
        return Done(ok=False, text=f"the broker's positions are unknown: {positions.why}")
    theirs = {one.contract.key: one for one in positions.value if one.contract.symbol == symbol}
    ours = {key: one for key, one in book.holdings.items() if one.contract.symbol == symbol}
    facts: list[ev.AnyEvent] = []
    for number, key in enumerate(sorted({*theirs, *ours})):
        contract = theirs[key].contract if key in theirs else ours[key].contract
        change = (theirs[key].quantity if key in theirs else 0) - book.holding(contract)
        if change:
            cost = theirs[key].average_cost / contract.multiplier if key in theirs else _entry(book, key)
            fill = Fill(
                exec_id=f"{ACCEPTED}{command.id}/{number}.01",
                order_ref="",
                broker_id=0,
                client_id=0,
                perm_id=0,
                contract=contract,
                quantity=change,
                price=Price(abs(cost)),
                at=book.at,
            )
            facts.append(ev.ExternalChange(at=book.at, fill=fill))
    if symbol in book.blocks:
        why = f"positions accepted by {command.who}" + (f": {command.why}" if command.why else "")
        facts.append(ev.SymbolUnblocked(at=book.at, symbol=symbol, why=why))
    text = (
        f"{symbol}: {len(facts)} changes booked as the broker tells them" if facts else f"{symbol}: all equal"
    )
    return Done(ok=True, text=text, facts=tuple(facts))


def _entry(book: Book, key: str) -> Decimal:
    """What a contract was opened at, where a trade of ours holds it, so that leaving it earns nothing."""
    return next((trade.legs[key].entry for trade in book.trades.values() if key in trade.legs), _NOTHING)


_VERBS: Mapping[str, Callable[[Book, ev.OperatorCommand], Done]] = {
    "pause": _pause,
    "resume": _resume,
    "kill": _kill,
    AGREE: _agree,
    "release": _release_named,
    "cancel": _cancel,
    "resolve": _resolve,
    "accept": _accept,
}
