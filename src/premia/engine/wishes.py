"""Commands that need a market: closing a trade, rolling it, a pass at once.

A close or a roll becomes an intent like those of strategies, with the person and the reason in it, and is
put to the same rules. Its price is what fills now at the worst, or the limit that the person named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from math import gcd
from typing import NamedTuple

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.campaign import Trade
from premia.domain.combo import Combo, Leg
from premia.domain.instrument import Option
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.known import Unknown
from premia.domain.market import MarketView, Seen, SymbolRequest
from premia.domain.money import Price
from premia.domain.order import Order
from premia.domain.verdict import Approved, Refused
from premia.engine.commands import WITH_MARKET, answer

_FIRST = 0
"""Priority: a person's wish is heard before those of strategies."""

_A_ROLL = 1  # legs of a trade that can be rolled by naming one new contract


class Wish(NamedTuple):
    """A command as an intent, or why it cannot be one."""

    command: ev.OperatorCommand
    intent: Intent | str


class _Priced(NamedTuple):
    """Net credit a share of a combo at the middle and at what fills now."""

    mid: Decimal
    natural: Decimal


def waiting(book: Book) -> list[ev.OperatorCommand]:
    """Commands that wait for a pass."""
    return [command for command in book.commands.values() if command.verb in WITH_MARKET]


def needed(book: Book) -> Iterator[SymbolRequest]:
    """What must be quoted for the commands that wait."""
    for command in waiting(book):
        trade = book.trades.get(command.target)
        if trade is None:
            continue
        options = [leg.contract for leg in trade.legs.values() if isinstance(leg.contract, Option)]
        if command.verb == "roll" and (new := _rolled_to(command, trade)) is not None:
            options.append(new)
        yield SymbolRequest(trade.symbol, contracts=tuple(options))


def wishes(book: Book, view: MarketView) -> list[Wish]:
    """Every close and roll that a person asked for, as an intent on this view, or why not."""
    makers = {"close": _close, "roll": _roll}
    return [
        Wish(command, makers[command.verb](book, view, command))
        for command in waiting(book)
        if command.verb in makers
    ]


def answers(
    book: Book, wished: Iterable[Wish], verdicts: Iterable[Approved | Refused], orders: Mapping[str, Order]
) -> Iterator[ev.CommandAnswered]:
    """What became of the commands of this pass.

    Args:
        book: The book of the pass.
        wished: Its wishes.
        verdicts: What the rules said of all intents.
        orders: The orders planned, by slot.
    """
    refused = {no.intent.slot: no for no in verdicts if isinstance(no, Refused)}
    for command, intent in wished:
        if isinstance(intent, str):
            yield answer(book, command, ok=False, text=intent)
        elif intent.slot in orders:
            order = orders[intent.slot]
            text = f"order {order.key}: {order.quantity} x {order.combo.text}, worst {order.worst} a share"
            yield answer(book, command, ok=True, text=text)
        else:
            no = refused[intent.slot]
            yield answer(book, command, ok=False, text=f"{no.rule}: {no.reason}")
    for command in waiting(book):
        if command.verb == "run":
            yield answer(book, command, ok=True, text="the pass was made; premia why tells what it found")


def _close(book: Book, view: MarketView, command: ev.OperatorCommand) -> Intent | str:
    trade = book.trades.get(command.target)
    if trade is None or trade.flat:
        return _no_trade(book, command)
    legs = list(trade.legs.values())
    units = gcd(*(abs(leg.quantity) for leg in legs))
    wanted = _quantity(command, units)
    if isinstance(wanted, str):
        return wanted
    combo = Combo(tuple(Leg(leg.contract, -leg.quantity // units) for leg in legs))
    return _intent(view, command, (trade, Purpose.CLOSE), combo, wanted)


def _roll(book: Book, view: MarketView, command: ev.OperatorCommand) -> Intent | str:
    trade = book.trades.get(command.target)
    if trade is None or trade.flat:
        return _no_trade(book, command)
    new = _rolled_to(command, trade)
    if new is None:
        return "expiry is missing or no date; name the new one as 2026-02-20"
    old = [leg for leg in trade.legs.values() if leg.contract != new]  # a roll that was cut short has both
    if not old:
        return f"{new.key} is what it holds already"
    leg = old[0]
    if len(old) != _A_ROLL or leg.quantity >= 0 or not isinstance(leg.contract, Option):
        return (
            f"{trade.id} has {len(trade.legs)} legs; only a trade of one short option can be rolled by name"
        )
    wanted = _quantity(command, -leg.quantity)
    if isinstance(wanted, str):
        return wanted
    combo = Combo((Leg(leg.contract, 1), Leg(new, -1)))
    return _intent(view, command, (trade, Purpose.ROLL), combo, wanted)


def _intent(
    view: MarketView, command: ev.OperatorCommand, aim: tuple[Trade, Purpose], combo: Combo, quantity: int
) -> Intent | str:
    trade, purpose = aim
    priced = _price(view, trade.symbol, combo)
    limit = _limit(command)
    if isinstance(priced, str):
        return priced
    if isinstance(limit, str):
        return limit
    verb = purpose.value
    by = f"{verb} asked for by {command.who}" + (f": {command.why}" if command.why else "")
    worst = priced.natural if limit is None else -limit
    return Intent(
        strategy=trade.strategy,
        symbol=trade.symbol,
        slot=f"{trade.symbol}/{verb}/{trade.id.removeprefix(f'{trade.strategy}/{trade.symbol}/')}",
        purpose=purpose,
        combo=combo,
        quantity=quantity,
        mid=Price(max(priced.mid, worst)),
        natural=Price(priced.natural),
        worst=Price(worst),
        reason=by,
        evidence=evidence(
            mid=priced.mid, natural=priced.natural, limit=limit, quantity=quantity, command=command.id
        ),
        trade=trade.id,
        urgency="urgent" if limit is None else "ordinary",
        priority=_FIRST,
    )


def _price(view: MarketView, symbol: str, combo: Combo) -> _Priced | str:
    seen = view.seen(symbol)
    if isinstance(seen, Unknown):
        return f"the market of {symbol} is unknown: {seen.why}"
    mid = natural = Decimal(0)
    for leg in combo.legs:
        sides = _sides(seen, leg)
        if sides is None:
            return f"{leg.contract.key} is not quoted on both sides now; nothing was sent"
        bid, ask = sides
        mid -= leg.ratio * (bid + ask) / 2
        natural -= leg.ratio * (ask if leg.ratio > 0 else bid)
    return _Priced(mid, natural)


def _sides(seen: Seen, leg: Leg) -> tuple[Decimal, Decimal] | None:
    if isinstance(leg.contract, Option):
        found = seen.option(leg.contract)
        quote = None if found is None else found[0]
    else:
        quote = seen.underlying.quote
    if quote is None or quote.fault() is not None or quote.bid is None or quote.ask is None:
        return None
    return quote.bid, quote.ask


def _rolled_to(command: ev.OperatorCommand, trade: Trade) -> Option | None:
    """The series that a command names, described after the trade's option that expires first."""
    held = [leg.contract for leg in trade.legs.values() if isinstance(leg.contract, Option)]
    if not held:
        return None
    first = min(held, key=lambda option: option.expiry)
    try:
        expiry = date.fromisoformat(command.arguments.get("expiry", ""))
        strike = Decimal(command.arguments.get("strike", str(first.strike)))
    except (ValueError, InvalidOperation):
        return None
    return replace(first, expiry=expiry, strike=strike)


def _quantity(command: ev.OperatorCommand, held: int) -> int | str:
    text = command.arguments.get("quantity", str(held))
    if not text.isdecimal() or not 1 <= int(text) <= held:
        return f"quantity is {text!r}; the trade holds {held} units, so 1 to {held} can be asked for"
    return int(text)


def _limit(command: ev.OperatorCommand) -> Decimal | str | None:
    """The most to pay a share; None where none was named."""
    text = command.arguments.get("limit", "")
    try:
        limit = Decimal(text) if text else None
    except InvalidOperation:
        return f"limit is {text!r}; a price a share is needed, such as 0.35"
    return limit if limit is None or limit.is_finite() else f"limit is {text!r}; it must be finite"


def _no_trade(book: Book, command: ev.OperatorCommand) -> str:
    open_now = ", ".join(trade.id for trade in book.trades.values() if not trade.flat) or "none"
    return f"no open trade {command.target}; open: {open_now}"
