"""Configurations of the wheel drawn over all parameters, and the worlds that they are tried in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from premia.research.course import Facts, Terms
from premia.research.sweep import Underlying
from premia.strategies.wheel_params import Params, SymbolParams
from tests.parity.wheel_world import SYMBOL, Shape, World, a_world

SHAPES = (
    Shape(kind="fund", vol=0.45),
    Shape(kind="fund", vol=0.25, swing=-3.0, dividend=0.6, period=40.0),
    Shape(kind="stock", vol=0.6, price=80.0, gaps=0.03),
    Shape(kind="fund", vol=0.5, drift=-0.8, price=30.0),
    Shape(kind="fund", vol=0.2, swing=-4.0, dividend=1.5, price=60.0, period=36.0),
    Shape(kind="fund", vol=0.5, drift=-0.6, rate=0.12, first=date(2021, 2, 1)),
    Shape(kind="stock", vol=0.3, price=25.0, dividend=0.4, swing=-4.0, period=30.0),
    Shape(kind="fund", vol=0.7, gaps=0.08, price=45.0, swing=-3.0, period=24.0),
)


class Drawn(NamedTuple):
    """A configuration as a table, with the world that it is tried in."""

    number: int
    place: int
    wanted: dict


def world_of(place: int, days: int = 70) -> World:
    """The world at a place: shapes in turn, each with a seed of its own."""
    return a_world(100 + place, SHAPES[place % len(SHAPES)]._replace(days=days))


def draw(number: int, worlds: int) -> Drawn:
    """The configuration of a number."""
    rng = np.random.default_rng(9_000 + number)

    def one(*values):
        return values[int(rng.integers(len(values)))]

    def between(low, high, digits=2):
        return round(float(rng.uniform(low, high)), digits)

    put_low, call_low = between(0.05, 0.3), between(0.05, 0.3)
    put_high, call_high = round(put_low + between(0.1, 0.35), 2), round(call_low + between(0.1, 0.4), 2)
    dte_min = int(rng.integers(1, 15))
    wanted = {
        "put_delta_min": put_low,
        "put_delta_max": put_high,
        "put_delta_aim": between(put_low, put_high),
        "call_delta_min": call_low,
        "call_delta_max": call_high,
        "call_delta_aim": between(call_low, call_high),
        "dte_min": dte_min,
        "dte_max": dte_min + int(rng.integers(5, 30)),
        "credit_min": between(0.02, 0.3),
        "fee_multiple_min": between(0.5, 8.0),
        "yield_min_fund": between(0.0, 0.3),
        "yield_min_stock": between(0.0, 0.3),
        "put_strike_max": one(None, None, None, between(30.0, 90.0, 0)),
        "call_strike_min": one(None, None, None, between(20.0, 60.0, 0)),
        "contracts_max": one(1, 5, 100, 100),
        "earnings": "ignore",
        "underwater": one("wait", "min_delta", "recover"),
        "underwater_delta_min": between(0.01, 0.1),
        "realised_loss_max": between(0.0, 0.3),
        "called": one("welcome", "avoid"),
        "expirations": one(2, 4, 20),
        "fee_per_contract": between(0.5, 1.5),
        "spread_max": between(0.03, 0.15, 3),
        "spread_always": between(0.01, 0.05),
        "open_interest_min": one(0, 0, 25, 100),
        "take_profit": between(0.3, 0.95),
        "take_profit_late": between(0.3, 0.95),
        "late_dte": int(rng.integers(0, 15)),
        "stop_at": one(0.0, 0.0, between(1.5, 4.0)),
        "roll_dte": int(rng.integers(0, 15)),
        "roll_delta": between(0.2, 0.6),
        "roll_delta_max": round(put_low + between(0.1, 0.5), 2),
        "roll_credit_min": one(0.01, 0.0, between(0.0, 0.3)),
        "rolls_max": int(rng.integers(0, 4)),
        "trade_days_max": int(rng.integers(20, 120)),
        "otherwise": one("hold", "close"),
        "weight": between(0.2, 0.45),
        "alpha": one(0, 0.25, 0.5, 1),
        "cash": int(rng.integers(50, 500)) * 1000,
    }
    return Drawn(number, number % worlds, wanted)


def draw_defence(number: int) -> Drawn:
    """A configuration whose calls meet rich dividends and are neither rolled nor let go."""
    drawn = draw(number, 1)
    calls = {"call_delta_min": 0.2, "call_delta_max": 0.7, "call_delta_aim": 0.5, "underwater": "recover"}
    ends = {"called": "avoid", "rolls_max": 0, "take_profit": 0.95, "take_profit_late": 0.95, "stop_at": 0.0}
    held = {"realised_loss_max": 0.3, "call_strike_min": None, "put_strike_max": None, "put_delta_max": 0.6}
    return Drawn(number, (4, 12, 20)[number % 3], drawn.wanted | calls | ends | held)


def params_of(wanted: dict) -> Params:
    """The wheel's parameters of a table of `draw`."""
    own = {key: value for key, value in wanted.items() if value is not None}
    weight = own.pop("weight")
    for key in ("alpha", "cash"):
        del own[key]
    return Params(**own, symbols={SYMBOL: SymbolParams(weight=weight)})


def terms_of(wanted: dict) -> Terms:
    """How the sweep trades a table of `draw`."""
    return Terms(cash=Decimal(wanted["cash"]), alpha=Decimal(str(wanted["alpha"])))


def underlying_of(world: World) -> Underlying:
    """A world as a sweep takes it."""
    return Underlying(world.panel, Facts(closes=world.closes, dividends=world.dividends, rate=world.rate))
