"""Small invented panels of one underlying, and the engine's own run of a configuration on them.

A panel of some months, few strikes and weekly expiries, quoted around a Black-Scholes value with a spread
that breathes; the underlying jumps, so that options are tested, stopped, assigned and called. The engine
trades it through the recorded market, in process, and what it did is told as `Deed`s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from premia.adapters.calendars import NEW_YORK, sessions
from premia.bootstrap.replay import Replayed, replay
from premia.bootstrap.settings import load
from premia.domain import dates
from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.instrument import Option, Right, Stock
from premia.domain.intent import Purpose
from premia.domain.money import ten_thousandths
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, FillRule, Policy
from premia.exchange.recorded import BEFORE_CLOSE, RecordedUnderlying
from premia.exchange.recorded_market import RecordedMarket
from premia.exchange.stochastic import Kind, settings_of
from premia.exchange.types_market import Dividend
from premia.pricing import black_scholes
from premia.pricing.terms import Carry, OptionTerms
from premia.research import layout
from premia.research.sweep import Traced
from premia.store.panel import Days, Panel, Rows, build

ACCOUNT = "DU1000001"
UNIX_DAY = date(1970, 1, 1).toordinal()
SYMBOL = "XYZ"
EVENING = 20
FRIDAY = 4


class World(NamedTuple):
    """An invented underlying: its panel, official closes by day, dividends, and the rate of its market."""

    panel: Panel
    closes: dict[date, Decimal]
    dividends: tuple[Dividend, ...]
    rate: float
    first: date
    last: date


class Shape(NamedTuple):
    """What an invented underlying is like."""

    kind: str = "fund"
    days: int = 70
    price: float = 50.0
    vol: float = 0.45
    drift: float = 0.0
    dividend: float = 0.0
    rate: float = 0.0
    first: date = date(2021, 3, 1)
    weeks: int = 7
    gaps: float = 0.0
    swing: float = 0.0
    period: float = 44.0


@cache
def calendar():
    return sessions(NEW_YORK, date(2020, 6, 1), date(2025, 12, 31))


def a_world(seed: int, shape: Shape) -> World:
    """A panel of an underlying that is made up by a seed."""
    rng = np.random.default_rng(seed)
    every = [one.day for one in calendar().between(shape.first, date(2025, 12, 31))]
    # The last day ends no option and closes where it was seen, so that what is held is worth one amount.
    days = every[: shape.days + (every[shape.days - 1].weekday() == FRIDAY)]
    ends = every[: shape.days + 60]
    tide = shape.swing / 252 * np.cos(2 * np.pi * np.arange(len(ends)) / shape.period)
    steps = rng.standard_t(4, len(ends)) * shape.vol / np.sqrt(504) + shape.drift / 252 + tide
    spots = np.round(shape.price * np.exp(np.cumsum(steps)), 2)
    closes = {
        day: Decimal(str(round(float(s * (1 + 0.002 * rng.standard_normal())), 2)))
        for day, s in zip(ends, spots, strict=True)
    }
    closes[days[-1]] = Decimal(str(round(float(spots[len(days) - 1]), 2)))
    rows = [part for i, day in enumerate(days) for part in _day(rng, shape, (i, day), spots, ends)]
    columns = [np.concatenate([part[c] for part in rows]) for c in range(len(rows[0]))]
    sessions_of = [calendar().get(day) for day in days]
    panel = build(
        SYMBOL,
        shape.kind,
        (SYMBOL,),
        Days(
            day=np.array([day.toordinal() - UNIX_DAY for day in days], dtype=np.int32),
            at=np.array(
                [round((one.closes - BEFORE_CLOSE).timestamp() * 1e6) for one in sessions_of], dtype=np.int64
            ),
            spot=np.rint(spots[: len(days)] * 10_000).astype(np.int64),
            close=np.array([ten_thousandths(closes[day]) for day in days], dtype=np.int64),
        ),
        Rows(*columns),
    )
    return World(panel, closes, _dividends(shape, days, every), shape.rate, days[0], days[-1])


def _day(rng, shape, place, spots, ends):
    i, day = place
    spot = float(spots[i])
    fridays = [one for one in ends if one > day - timedelta(days=1) and one.weekday() == FRIDAY]
    for expiry in fridays[: shape.weeks]:
        step = 0.5 if shape.price < 30 else 1.0
        strikes = np.arange(np.floor(spot * 0.72), np.ceil(spot * 1.3), step)
        years = max((expiry - day).days, 0.2) / 365
        for right in (-1, 1):
            vol = shape.vol * (1.15 - 0.5 * np.log(strikes / spot)) * (1 + 0.03 * rng.standard_normal())
            model = black_scholes.greeks(OptionTerms(strikes, years, right), Carry(spot, shape.rate), vol)
            half = np.maximum(0.01, model.value * rng.uniform(0.01, 0.05, strikes.size))
            bid, ask = _on_ticks(model.value - half, model.value + half, coarse=shape.kind == "stock")
            kept = rng.uniform(size=strikes.size) >= shape.gaps
            count = int(kept.sum())
            yield (
                np.full(count, day.toordinal() - UNIX_DAY, dtype=np.int32),
                np.full(count, expiry.toordinal() - UNIX_DAY, dtype=np.int32),
                np.rint(strikes[kept] * 10_000).astype(np.int32),
                np.full(count, right, dtype=np.int8),
                np.zeros(count, dtype=np.int16),
                np.where(bid > 0, np.rint(bid * 10_000), -1).astype(np.int32)[kept],
                np.rint(ask * 10_000).astype(np.int32)[kept],
                np.full(count, -1, dtype=np.int32),
                np.zeros(count, dtype=np.int32),
                rng.integers(0, 400, count).astype(np.int32),
                vol[kept].astype(np.float32),
                model.delta[kept].astype(np.float32),
            )


def _on_ticks(low, high, *, coarse):
    """Both sides on price steps of a cent, and of five from 3 USD on where they are coarse; never locked."""
    step_low = np.where((low >= 3) & coarse, 0.05, 0.01)
    bid = np.floor(low / step_low + 1e-9) * step_low
    step_high = np.where((high >= 3) & coarse, 0.05, 0.01)
    ask = np.ceil(high / step_high - 1e-9) * step_high
    return bid, np.where(ask <= bid + 1e-9, bid + np.where((bid >= 3) & coarse, 0.05, 0.01), ask)


def _dividends(shape, days, every):
    if not shape.dividend:
        return ()
    found = []
    for place in range(12, len(days), 21):
        amount = Decimal(str(shape.dividend))
        found.append(Dividend(days[place], every[place + 15], amount, days[max(place - 10, 0)]))
    return tuple(found)


class _Market(RecordedMarket):
    """A recorded market whose holders reckon with a rate of their own; cash earns nothing."""

    world: World

    def rate(self, at):
        return self.world.rate if at.astimezone(dates.NEW_YORK).hour == EVENING else 0.0


def market_of(world: World) -> RecordedMarket:
    """The recorded market of a world."""
    kind = Kind.FUND if world.panel.kind == "fund" else Kind.STOCK
    one = RecordedUnderlying(
        Stock(SYMBOL), settings_of(kind, SYMBOL), world.panel, world.closes, {}, world.dividends
    )
    market = _Market([one], calendar())
    market.world = world
    return market


CONFIG = """
[account]
number = "DU1000001"
kind = "margin"

[limits.concentration]
fund = 10.0
stock = 10.0

[limits.all_assigned]
of_net_liquidation = 10.0

[limits.stress]
loss_max = 10.0

[limits.daily_limit]
contracts_a_day = 10000
contracts_a_run = 10000
capital_a_day = 10.0
capital_a_run = 10.0

[limits.liquidity]
spread_max = 2.0
spread_always = 100.0
open_interest_min = 0

[limits.data_quality]
model_max = 1000.0

[gate]
daily_loss_max = 1.0
usd_an_order = 1e9
usd_working = 1e10
contracts_an_order = 10000

[strategies.wheel]
{wheel}

[strategies.wheel.symbols.XYZ]
weight = {weight}
"""


def run_engine(world: World, market: RecordedMarket, wanted: dict, folder: Path) -> Replayed:
    """The engine on a world; `wanted` holds the wheel's parameters, `weight`, `alpha` and `cash`."""
    own = dict(wanted)
    weight, alpha, cash = own.pop("weight"), own.pop("alpha"), own.pop("cash")
    lines = "\n".join(f"{key} = {_toml(value)}" for key, value in own.items() if value is not None)
    path = folder / "premia.toml"
    path.write_text(CONFIG.format(wheel=lines, weight=weight), encoding="utf-8")
    instants = [one.at for one in market.snapshots(SYMBOL).all]
    policy = Policy(fills=FillRule.ALPHA, alpha=Decimal(str(alpha)), early_assignment=1.0)
    setup = AccountSetup(ACCOUNT, AccountKind.MARGIN, Decimal(cash))
    exchange = Exchange(market, [setup], policy, instants[0] - timedelta(hours=1))
    return asyncio.run(replay(load(path).config, exchange, instants))


def _toml(value):
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


class Deed(NamedTuple):
    """One thing that became of an option: day since 1970, what, right, expiry, strike, quantity, price."""

    day: int
    what: str
    right: int
    expiry: int
    strike: int
    quantity: int
    price: int


_WORDS = {
    "or at most": "take",
    "or less a share": "stop",
    "before the ex-date": "defend",
    "tested and not rolled": "close",
}


def deeds_of(replayed: Replayed) -> list[Deed]:
    """What the engine did."""
    orders = {e.order.key: e.order for e in replayed.facts if isinstance(e, ev.MarginRequested)}
    found: list[Deed] = []
    for event in replayed.facts:
        if isinstance(event, ev.OrderFilled):
            order = orders[event.key]
            what = _what(order, event.fill.quantity)
            found.append(
                _deed(event.at.date(), what, event.fill.contract, event.fill.quantity, event.fill.price)
            )
        elif isinstance(event, ev.AssignmentInferred):
            what = "assigned" if event.contract.right is Right.PUT else "called"
            found.append(_deed(event.exercised, what, event.contract, event.quantity, Decimal(0)))
        elif isinstance(event, ev.ExpiryInferred):
            found.append(_deed(event.contract.expiry, "expired", event.contract, event.quantity, Decimal(0)))
    return found


def _what(order, quantity):
    if order.purpose is Purpose.OPEN:
        return "sell"
    if order.purpose is Purpose.ROLL:
        return "roll_in" if quantity < 0 else "roll_out"
    return next(word for text, word in _WORDS.items() if text in order.reason)


def _deed(day, what, contract, quantity, price):
    assert isinstance(contract, Option)
    return Deed(
        day.toordinal() - UNIX_DAY,
        what,
        contract.right.sign,
        contract.expiry.toordinal() - UNIX_DAY,
        ten_thousandths(contract.strike),
        quantity,
        ten_thousandths(price),
    )


def merged(deeds: Sequence[Deed]) -> list[Deed]:
    """Deeds with endings of one contract on one day added up, as positions tell them, in order."""
    endings: dict[Deed, int] = {}
    others: list[Deed] = []
    for one in deeds:
        if one.what in ("assigned", "called", "expired"):
            alike = one._replace(quantity=0)
            endings[alike] = endings.get(alike, 0) + one.quantity
        else:
            others.append(one)
    return sorted([*others, *(one._replace(quantity=count) for one, count in endings.items())])


_KERNEL_WORDS = {
    layout.SELL: "sell",
    layout.TOOK: "take",
    layout.STOPPED: "stop",
    layout.DEFENDED: "defend",
    layout.CLOSED: "close",
    layout.ROLLED_OUT: "roll_out",
    layout.ROLLED_IN: "roll_in",
    layout.EXPIRED: "expired",
    layout.ASSIGNED: "assigned",
    layout.CALLED: "called",
}


def deeds_of_kernel(traced: Traced) -> list[Deed]:
    """What the kernel did; what was exercised early is an assignment like any other to whom it happens."""
    found: list[Deed] = []
    for day, what, right, expiry, strike, quantity, price, _ in traced.deeds.tolist():
        early = "assigned" if right < 0 else "called"
        word = early if what == layout.EARLY else _KERNEL_WORDS[what]
        found.append(Deed(day, word, right, expiry, strike, quantity, price))
    return found
