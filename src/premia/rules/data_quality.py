"""Prices are live, two-sided and young, and what is sold has greeks; age is counted on market time."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.instrument import Option
from premia.domain.intent import Intent
from premia.domain.known import Unknown
from premia.domain.market import MarketView, Seen
from premia.domain.quote import DataKind, Quote
from premia.rules.answers import PASS, Answer, Refuse, Running, refuse
from premia.rules.exposure import sold


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


def check(_book: Book, view: MarketView, intent: Intent, params: Params, _running: Running) -> Answer:
    """Whether the underlying and every leg have quotes that may be traded on."""
    seen = view.seen(intent.symbol)
    if isinstance(seen, Unknown):
        return refuse(f"{intent.symbol} is unknown: {seen.why}")
    if seen.underlying.halted:
        return refuse(f"trading in {intent.symbol} is halted by its exchange")
    underlying = seen.underlying.quote
    if underlying.kind is not DataKind.LIVE:
        return refuse(f"{intent.symbol} data are {underlying.kind.value}, not live")
    old = _too_old(intent.symbol, underlying, view.at, params)
    if old is not None:
        return old
    sells = {option.key for option, _ in sold(intent)}
    for option in intent.combo.options:
        fault = _leg_fault(seen, option, view.at, params, with_greeks=option.key in sells)
        if fault is not None:
            return fault
    return PASS


def _leg_fault(
    seen: Seen, option: Option, at: datetime, params: Params, *, with_greeks: bool
) -> Refuse | None:
    found = seen.option(option)
    if found is None:
        return refuse(f"no quote of {option.key} was delivered")
    quote, greeks = found
    fault = quote.fault()
    if fault is not None:
        return refuse(f"quote of {option.key}: {fault}")
    if with_greeks and (greeks.delta is None or greeks.iv is None):
        return refuse(f"{option.key} has no {'delta' if greeks.delta is None else 'implied volatility'}")
    return _too_old(option.key, quote, at, params)


def _too_old(name: str, quote: Quote, at: datetime, params: Params) -> Refuse | None:
    age = quote.age(at) / timedelta(seconds=1)
    if age <= params.age_max_s:
        return None
    return refuse(f"quote of {name} is {age:.0f} s old, {params.age_max_s:.0f} s allowed", age_s=age)
