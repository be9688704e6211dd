"""A crash tomorrow must be bearable: spot down a fifth, volatility up forty points, everything at once.

Options are revalued with the volatility and price that the view shows. A short put that it does not show
counts what it would be in the money after the crash, or a fifth of its strike where even the price is
unknown; other options that it does not show count nothing, because the crash does not hurt them much.
Working orders and this pass count as if filled. Interest is left out: over weeks it does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from premia.domain.book import Book
from premia.domain.combo import Combo
from premia.domain.dates import years
from premia.domain.instrument import Contract, Option, Right, Stock
from premia.domain.intent import Intent, Purpose
from premia.domain.market import MarketView, Seen
from premia.margin.stress import Shock, StressBook, losses
from premia.rules.answers import PASS, Answer, Running, refuse
from premia.rules.capital import Limit, judge
from premia.rules.exposure import Room, account_of, opens, price_of, spot_of

_ZERO = Decimal(0)


class Params(BaseModel):
    """The crash, and what it may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spot_move: float = Field(
        default=-0.20,
        gt=-1,
        lt=0,
        description="Move of every underlying.",
        json_schema_extra={"unit": "fraction"},
    )
    vol_points: float = Field(
        default=0.40,
        ge=0,
        le=3,
        description="Added to every volatility.",
        json_schema_extra={"unit": "fraction"},
    )
    loss_max: float = Field(
        default=0.25,
        gt=0,
        le=10,
        description="Most that the crash may cost.",
        json_schema_extra={"unit": "fraction of net liquidation"},
    )


class Line(NamedTuple):
    """A contract with its signed units: shares, or contracts."""

    contract: Contract
    quantity: int


def check(book: Book, view: MarketView, intent: Intent, params: Params, running: Running) -> Answer:
    """Whether the account survives the crash with the intent; fewer units where only they do."""
    if not opens(intent):
        return PASS
    account = account_of(book)
    if account is None or account.net_liquidation is None:
        return refuse("the broker gave no net liquidation; absent is not zero")
    unit = crash_loss(list(lines_of(intent.combo, 1)), book, view, params)
    if unit <= 0:
        return PASS
    used = crash_loss(list(_everything(book, running)), book, view, params)
    share = Decimal(str(params.loss_max))
    crash = f"{params.spot_move:+.0%} spot and {100 * params.vol_points:+.0f} points of volatility"
    what = f"{share:.0%} of net liquidation lost at {crash}"
    return judge(intent, Limit(Room(account.net_liquidation * share, used, unit), share, what))


def crash_loss(lines: list[Line], book: Book, view: MarketView, params: Params) -> Decimal:
    """What the crash costs these positions, USD, rounded to cents; negative where it earns."""
    shock = Shock(params.spot_move, params.vol_points)
    shown: list[tuple[float, ...]] = []
    total = _ZERO
    for line in lines:
        row = _row(line, book, view)
        if row is None:
            total += _plausible(line, book, view, Decimal(str(-params.spot_move)))
        else:
            shown.append(row)
    if shown:
        spot, strike, left, sign, vol, shares = np.array(shown, dtype=np.float64).T
        modelled = float(np.sum(losses(StressBook(spot, strike, left, sign, vol, 0.0, 0.0, shares), shock)))
        total += Decimal(f"{modelled:.2f}")
    return total


def lines_of(combo: Combo, units: int) -> Iterator[Line]:
    """The positions that `units` of a combo make."""
    for leg in combo.legs:
        yield Line(leg.contract, leg.ratio * units)


def _everything(book: Book, running: Running) -> Iterator[Line]:
    """What is held, what works, and what this pass has approved."""
    for held in book.holdings.values():
        yield Line(held.contract, held.quantity)
    for state in book.orders.values():
        if state.order.purpose is Purpose.CLOSE:
            continue  # it may not fill, and it would only take risk away
        yield from lines_of(state.order.combo, state.remaining)
    for verdict in running.approved:
        yield from lines_of(verdict.intent.combo, verdict.intent.quantity)


def _row(line: Line, book: Book, view: MarketView) -> tuple[float, ...] | None:
    """Spot, strike, years, sign, volatility and shares of a position; None where the view lacks one."""
    contract = line.contract
    if isinstance(contract, Stock):
        price = price_of(book, view, contract.symbol)
        return None if price is None else (float(price), 1.0, 0.0, 0.0, 0.0, float(line.quantity))
    seen = view.seen(contract.symbol)
    if not isinstance(contract, Option) or not isinstance(seen, Seen):
        return None
    found, spot = seen.option(contract), seen.underlying.spot
    vol = None if found is None else found[1].iv
    if vol is None or spot is None:
        return None
    left = years(contract.expiry, view.at)
    shares = float(line.quantity * contract.multiplier)
    return (float(spot), float(contract.strike), left, float(contract.right.sign), vol, shares)


def _plausible(line: Line, book: Book, view: MarketView, fall: Decimal) -> Decimal:
    """The loss of a position that the view does not show, USD."""
    contract, quantity = line.contract, line.quantity
    if not isinstance(contract, Option):
        return _ZERO
    if quantity > 0 or contract.right is Right.CALL:
        return _ZERO
    spot = spot_of(view, contract.symbol) or price_of(book, view, contract.symbol)
    per_share = contract.strike * fall if spot is None else max(contract.strike - spot * (1 - fall), _ZERO)
    return per_share * contract.multiplier * -quantity
