"""Prices are live, two-sided, young and believable, and what is sold has greeks; age is of market time.

A price is believed where it fits what else was told: the underlying lies near its previous close, and an
option's middle near the value that its own implied volatility gives. Both bounds are wide; they stop a
price that is ten times off, not one that is dear.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.dates import years
from premia.domain.instrument import Option
from premia.domain.intent import Intent, Purpose
from premia.domain.known import Unknown
from premia.domain.market import MarketView, Seen, Underlying
from premia.domain.quote import DataKind, Quote
from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms
from premia.rules.answers import PASS, Answer, Refuse, Running, refuse
from premia.rules.exposure import sold

_RATE = 0.03
_ROOM = 0.25  # USD a share by which cheap options may differ whatever the ratio


class Params(BaseModel):
    """How old a quote may be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    age_max_s: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Oldest quote, of an option or its underlying, that is traded on.",
        json_schema_extra={"unit": "seconds of market time"},
    )

    jump_max: float = Field(
        default=0.5,
        gt=0,
        le=10,
        description="How far an underlying may stand from its previous close.",
        json_schema_extra={"unit": "fraction of the previous close"},
    )
    model_max: float = Field(
        default=4.0,
        gt=1,
        le=1000,
        description="How many times what its volatility makes it worth an option may cost, or cost less.",
        json_schema_extra={"unit": "times"},
    )


def check(_book: Book, view: MarketView, intent: Intent, params: Params, _running: Running) -> Answer:
    """Whether the underlying and every leg have quotes that may be traded on."""
    seen = view.seen(intent.symbol)
    if isinstance(seen, Unknown):
        return refuse(f"{intent.symbol} is unknown: {seen.why}")
    wrong = _underlying_fault(seen.underlying, intent, view.at, params)
    if wrong is not None:
        return wrong
    sells = {option.key for option, _ in sold(intent)}
    for option in intent.combo.options:
        fault = _leg_fault(seen, option, view.at, params, with_greeks=option.key in sells)
        if fault is not None:
            return fault
    return PASS


def _underlying_fault(underlying: Underlying, intent: Intent, at: datetime, params: Params) -> Refuse | None:
    if underlying.halted:
        return refuse(f"trading in {intent.symbol} is halted by its exchange")
    if underlying.quote.kind is not DataKind.LIVE:
        return refuse(f"{intent.symbol} data are {underlying.quote.kind.value}, not live")
    # What is held may have to be closed on the day of a crash; its own quote is judged below.
    jumped = None if intent.purpose is Purpose.CLOSE else _jumped(underlying, params)
    return jumped or _too_old(intent.symbol, underlying.quote, at, params)


def _leg_fault(
    seen: Seen, option: Option, at: datetime, params: Params, *, with_greeks: bool
) -> Refuse | None:
    found = seen.option(option)
    if found is None:
        return refuse(f"no quote of {option.key} was delivered")
    quote, greeks = found
    fault = quote.fault() or (f"locked: bid and ask are {quote.bid}" if quote.bid == quote.ask else None)
    if fault is not None:
        return refuse(f"quote of {option.key}: {fault}")
    if with_greeks and (greeks.delta is None or greeks.iv is None):
        return refuse(f"{option.key} has no {'delta' if greeks.delta is None else 'implied volatility'}")
    return _too_old(option.key, quote, at, params) or _unlike_model(seen, option, at, params)


def _jumped(underlying: Underlying, params: Params) -> Refuse | None:
    """Whether an underlying stands where nothing it did before explains it."""
    spot, close = underlying.spot, underlying.previous_close
    if spot is None or close is None or close <= 0:
        return None
    moved = abs(spot / close - 1)
    if moved <= Decimal(str(params.jump_max)):
        return None
    return refuse(
        f"{underlying.symbol} stands at {spot:.2f}, {moved:.0%} from its previous close of {close:.2f};"
        f" {params.jump_max:.0%} is believed",
        spot=spot,
        previous_close=close,
    )


def _unlike_model(seen: Seen, option: Option, at: datetime, params: Params) -> Refuse | None:
    """Whether quote and greeks of an option contradict each other."""
    found = seen.option(option)
    spot = seen.underlying.spot
    if found is None or spot is None:
        return None
    mid, vol = found[0].mid, found[1].iv
    if mid is None or vol is None or vol <= 0:
        return None
    terms = OptionTerms(float(option.strike), max(years(option.expiry, at), 0.0), option.right.sign)
    fair = float(black_scholes.value(terms, Carry(float(spot), _RATE), vol)[0])
    if fair / params.model_max - _ROOM <= float(mid) <= fair * params.model_max + _ROOM:
        return None
    return refuse(
        f"the middle of {option.key} is {mid:.2f}, and its own volatility of {vol:.0%} makes it {fair:.2f}",
        mid=mid,
        fair=round(fair, 4),
    )


def _too_old(name: str, quote: Quote, at: datetime, params: Params) -> Refuse | None:
    age = quote.age(at) / timedelta(seconds=1)
    if age <= params.age_max_s:
        return None
    return refuse(f"quote of {name} is {age:.0f} s old, {params.age_max_s:.0f} s allowed", age_s=age)
