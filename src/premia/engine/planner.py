"""From an approved intent to a priced order.

An order begins at the middle of the market, or where its ladder says, rounded to our favour, and ends at
the highest of what the strategy called its worst, the ladder's floor, the credit that the ladder keeps, and
the collar of the last gate; in between it walks in ticks. A key names strategy, slot, session and attempt,
so that the same wish twice in a session is two attempts and never one order twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from premia.domain.book import Book
from premia.domain.chain import NOT_QUOTED, Chain
from premia.domain.combo import single
from premia.domain.instrument import Option
from premia.domain.intent import Intent, Purpose
from premia.domain.money import Money, Price, Toward, to_tick
from premia.domain.order import Follow, Ladder, Order, Then
from premia.domain.verdict import Approved
from premia.engine.collar import Collar

_FINE = Decimal("0.01")
_STEPS = ((500, Decimal("0.05")), (1000, Decimal("0.10")))
_LOW_PRICE = Decimal(3)
_NOTHING = Decimal(0)

PATIENT = Ladder(steps=4, every=timedelta(minutes=2), patience=timedelta(minutes=10))
ORDINARY = Ladder(steps=4, every=timedelta(minutes=1), patience=timedelta(minutes=5))
URGENT = Ladder(steps=2, every=timedelta(seconds=30), patience=timedelta(minutes=5))


class Pricing(NamedTuple):
    """How orders walk: a ladder by urgency, never out of the collar of the last gate.

    Attributes:
        two_orders: Whether a roll is bought back and sold anew in two orders, because combos are not taken.
        contracts: The most of any leg in one order that closes or rolls: what the last gate lets through.
            What is left is closed by the next passes. An opening is not cut: one that is too large is a
            defect, and the gate must see it.
    """

    ladders: Mapping[str, Ladder] = {"patient": PATIENT, "ordinary": ORDINARY, "urgent": URGENT}
    collar: Collar = Collar()
    two_orders: bool = False
    contracts: int = 10**9


def plan(
    approvals: Iterable[Approved], chains: Mapping[str, Chain], book: Book, pricing: Pricing
) -> list[Order]:
    """One order an approval, in their order.

    Args:
        approvals: Intents that the rules let pass.
        chains: Chains by symbol, to learn the price steps from.
        book: For the session and the attempts made in it.
        pricing: Ladders by urgency.
    """
    attempts = dict(book.attempts)
    orders: list[Order] = []
    for approved in approvals:
        intent = approved.intent
        series = _series(intent)
        attempts[series] = attempts.get(series, 0) + 1
        key = f"{series}/{book.session.isoformat()}/{attempts[series]}"
        sheet = _Sheet(chains[intent.symbol], book.session, pricing)
        half = _first_half(intent, sheet.chain) if pricing.two_orders else None
        wish, follow = (intent, None) if half is None else half
        orders.append(_order(*_cut(wish, approved.reserved, pricing), key, sheet, follow))
    return orders


def min_tick(chain: Chain, at: Price) -> Decimal:
    """The price step of options near a price, read off the chain: the coarsest that all its quotes fit."""
    low = at < _LOW_PRICE
    bound = int(_LOW_PRICE * 10_000)
    sides = [int(units) for column in (chain.bid, chain.ask) for units in column if units != NOT_QUOTED]
    near = [units for units in sides if (units < bound) is low]
    fitting = [step for units, step in _STEPS if near and all(side % units == 0 for side in near)]
    return fitting[-1] if fitting else _FINE


class _Sheet(NamedTuple):
    """What an order is priced on."""

    chain: Chain
    session: date
    pricing: Pricing


def _first_half(intent: Intent, chain: Chain) -> tuple[Intent, Follow] | None:
    """The purchase that begins a roll in two orders, and what follows it; None for all but such rolls."""
    legs = intent.combo.legs
    bought = [leg for leg in legs if leg.ratio == 1]
    sold = [leg.contract for leg in legs if leg.ratio == -1 and isinstance(leg.contract, Option)]
    if intent.purpose is not Purpose.ROLL or len(legs) != len(bought) + len(sold) or not (bought and sold):
        return None
    old = bought[0].contract
    row = chain.find(old) if isinstance(old, Option) else None
    quote = None if row is None else chain.quote(row)
    if quote is None or quote.mid is None or quote.ask is None:
        return None
    dearest = Price(-quote.ask)
    wish = replace(
        intent,
        purpose=Purpose.CLOSE,
        combo=single(old, 1),
        mid=Price(-quote.mid),
        natural=dearest,
        worst=dearest,
    )
    return wish, Follow(sold[0], intent.worst)


def _cut(intent: Intent, reserved: Money, pricing: Pricing) -> tuple[Intent, Money]:
    """As much of a closing or a roll as one order may have, and what that reserves."""
    most = max(pricing.contracts // max(abs(leg.ratio) for leg in intent.combo.legs), 1)
    if intent.purpose is Purpose.OPEN or intent.quantity <= most:
        return intent, reserved
    reason = (
        f"{intent.reason} ({most} of {intent.quantity}, the most that the gate lets through in one order)"
    )
    share = Money(reserved.amount * most / intent.quantity, reserved.currency)
    return replace(intent, quantity=most, reason=reason), share


def _order(intent: Intent, reserved: Money, key: str, sheet: _Sheet, follow: Follow | None) -> Order:
    chain, session, pricing = sheet
    alone = len(intent.combo.legs) == 1
    tick = min_tick(chain, Price(abs(intent.mid))) if alone else _FINE
    ladder = pricing.ladders[intent.urgency]
    bound = max(intent.worst, pricing.collar.lowest(intent.mid, intent.natural))
    way = max(intent.mid - intent.natural, _NOTHING)
    kept = intent.mid * ladder.keep if intent.mid > 0 else bound
    worst = to_tick(Price(max(bound, intent.mid - way * ladder.floor, kept)), tick, toward=Toward.UP)
    first = max(to_tick(Price(intent.mid - way * ladder.start), tick, toward=Toward.UP), worst)
    natural = min(to_tick(Price(max(intent.natural, bound)), tick, toward=Toward.UP), worst)
    return Order(
        key=key,
        strategy=intent.strategy,
        symbol=intent.symbol,
        slot=intent.slot,
        purpose=intent.purpose,
        combo=intent.combo,
        quantity=intent.quantity,
        limit=first,
        worst=worst,
        tick=tick,
        ladder=ladder,
        reserved=reserved,
        trade=intent.trade or key,
        session=session,
        reason=intent.reason,
        mid=intent.mid,
        natural=intent.natural,
        spot=_spot(intent),
        last=natural if ladder.then is Then.NATURAL else None,
        follow=follow,
    )


def _spot(intent: Intent) -> Decimal | None:
    """The price of the underlying that the decision saw, where its evidence names one."""
    seen = intent.evidence.facts.get("spot")
    return Decimal(str(seen)) if isinstance(seen, float | int) else None


def _series(intent: Intent) -> str:
    """`wheel/SPY/put` for openings, `wheel/SPY/roll` and `wheel/SPY/close` for what follows."""
    if intent.purpose is Purpose.OPEN:
        return f"{intent.strategy}/{intent.slot}"
    return f"{intent.strategy}/{intent.symbol}/{intent.purpose.value}"
