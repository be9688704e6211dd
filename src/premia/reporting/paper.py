"""What was predicted against what came: prices, margin and fees, and whether that is enough to trust it.

Every decision rests on three predictions: an order fills half-way between the middle and what fills at once,
a sale requires what our margin rules say, and a contract costs what the parameters say. A paper account
tests them for nothing. The verdict asks for enough samples first and for small errors then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from statistics import fmean, median

import msgspec

from premia.domain import events as ev
from premia.domain.dates import session_of
from premia.domain.known import Known
from premia.domain.order import Order
from premia.reporting.orders import OrderLine, orders
from premia.reporting.paper_margin import MarginLine, margins
from premia.reporting.replay import Numbered

HALF_WAY = Decimal("0.5")
"""Where between middle and natural price a fill is predicted, as the simulated market does by default."""

SESSIONS_MIN = 20
FILLS_MIN = 30
ORDERS_MIN = 10
"""Samples below which nothing is trusted: sessions with orders, filled orders, orders with margin or fees."""

FILL_APART, MARGIN_APART, FEE_APART = 0.25, 0.10, 0.10
"""Errors that may be: half-spreads below the predicted price, and fractions of the broker's figure."""

_NOTHING = Decimal(0)


class FillLine(msgspec.Struct, frozen=True):
    """Orders of one side that filled on one step of their ladder, USD a share; more is better for us.

    Attributes:
        side: `sold` for a credit, `bought` for a debit.
        step: Changes of price before the fill; 0 is the first price.
        samples: Filled orders.
        above_mid, above_limit, above_predicted: Executed less middle, limit and predicted price; means.
        half_spread: Middle less what fills at once, mean.
        of_half_spread: `above_predicted` in half-spreads; None where no spread was seen.
    """

    side: str
    step: int
    samples: int
    above_mid: float
    above_limit: float
    above_predicted: float
    half_spread: float
    of_half_spread: float | None


class FeeLine(msgspec.Struct, frozen=True):
    """Fees of orders with a prediction, USD.

    Attributes:
        by: Whose prediction: `parameters` of the strategy, or the `broker` when it was asked for margin.
        apart: Charged less predicted, as a fraction of predicted; None without samples.
    """

    by: str
    samples: int
    predicted: Decimal
    charged: Decimal
    apart: float | None


class Verdict(msgspec.Struct, frozen=True):
    """Whether one prediction may be trusted, and why or why not."""

    of: str
    trust: bool
    samples: int
    why: str


class Paper(msgspec.Struct, frozen=True):
    """The report.

    Attributes:
        sessions: Sessions in which an order was decided.
        asked, filled: Orders that were priced, and those of them that filled whole or in part.
        trust: Whether all three may be trusted.
    """

    first: date | None
    last: date | None
    sessions: int
    asked: int
    filled: int
    trust: bool
    verdicts: tuple[Verdict, ...]
    fills: tuple[FillLine, ...]
    margin: tuple[MarginLine, ...]
    fees: tuple[FeeLine, ...]


class _Sample(msgspec.Struct, frozen=True):
    """A filled order: its prices as net credits a share."""

    side: str
    step: int
    executed: Decimal
    limit: Decimal
    mid: Decimal
    natural: Decimal

    @property
    def predicted(self) -> Decimal:
        return self.mid - (self.mid - self.natural) * HALF_WAY


def paper(events: Iterable[Numbered]) -> Paper:
    """Predicted against actual, over a whole journal."""
    numbered = list(events)
    planned = {event.order.key: event for _, event in numbered if isinstance(event, ev.MarginRequested)}
    lines = [line for line in orders(numbered) if line.key in planned]
    filled = [line for line in lines if line.price is not None]
    samples = [one for line in filled if (one := _sample(line, planned[line.key].order)) is not None]
    days = sorted({session_of(event.at) for event in planned.values()})
    required = margins(numbered)
    fees = _fees(numbered, filled, planned)
    verdicts = (
        _of_fills(samples, len(days)),
        _of_margin(required),
        _of_fees(fees),
    )
    return Paper(
        first=days[0] if days else None,
        last=days[-1] if days else None,
        sessions=len(days),
        asked=len(lines),
        filled=len(filled),
        trust=all(one.trust for one in verdicts),
        verdicts=verdicts,
        fills=_by_side_and_step(samples),
        margin=tuple(required),
        fees=fees,
    )


def _sample(line: OrderLine, order: Order) -> _Sample | None:
    """An order's prices; None where the decision did not say middle and natural price."""
    if line.price is None or order.mid is None or order.natural is None:
        return None
    side = "sold" if order.mid >= 0 else "bought"
    return _Sample(side, line.reprices, line.price, line.limit, order.mid, order.natural)


def _by_side_and_step(samples: Sequence[_Sample]) -> tuple[FillLine, ...]:
    groups: dict[tuple[str, int], list[_Sample]] = {}
    for one in samples:
        groups.setdefault((one.side, one.step), []).append(one)
    return tuple(
        _fill_line(side, step, groups[side, step])
        for side, step in sorted(groups, key=lambda key: (key[0] != "sold", key[1]))
    )


def _fill_line(side: str, step: int, group: Sequence[_Sample]) -> FillLine:
    return FillLine(
        side=side,
        step=step,
        samples=len(group),
        above_mid=_mean(one.executed - one.mid for one in group),
        above_limit=_mean(one.executed - one.limit for one in group),
        above_predicted=_mean(one.executed - one.predicted for one in group),
        half_spread=_mean(one.mid - one.natural for one in group),
        of_half_spread=_in_half_spreads(group),
    )


def _in_half_spreads(group: Sequence[_Sample]) -> float | None:
    """Executed less predicted, summed, in half-spreads summed: an order with a wide spread counts as such."""
    width = sum((one.mid - one.natural for one in group), _NOTHING)
    above = sum((one.executed - one.predicted for one in group), _NOTHING)
    return round(float(above / width), 4) if width > 0 else None


def _mean(amounts: Iterable[Decimal]) -> float:
    return round(fmean(float(one) for one in amounts), 6)


def _fees(
    events: Iterable[Numbered], filled: Sequence[OrderLine], planned: dict[str, ev.MarginRequested]
) -> tuple[FeeLine, ...]:
    """Charged against predicted, of orders that filled whole and whose costs are all told."""
    told: dict[str, Decimal] = {}
    for _sequence, event in events:
        if isinstance(event, ev.MarginQuoted) and isinstance(event.quote, Known):
            commission = event.quote.value.commission
            if commission is not None:
                told[event.key] = commission
    whole = [line for line in filled if line.filled == line.quantity and line.fees]
    ours = {line.key: fee for line in whole if (fee := _parameter_fee(planned[line.key])) is not None}
    charged = {line.key: line.fees for line in whole}
    return (_fee_line("parameters", ours, charged), _fee_line("broker", told, charged))


def _parameter_fee(event: ev.MarginRequested) -> Decimal | None:
    """One way's fees as the decision counted them; None where it did not say."""
    there_and_back = event.evidence.facts.get("fees_round_trip")
    return Decimal(str(there_and_back)) / 2 if isinstance(there_and_back, int | float) else None


def _fee_line(by: str, predicted: dict[str, Decimal], charged: dict[str, Decimal]) -> FeeLine:
    both = [key for key in charged if key in predicted]
    expected = sum((predicted[key] for key in both), _NOTHING)
    paid = sum((charged[key] for key in both), _NOTHING)
    apart = round(float((paid - expected) / expected), 4) if expected > 0 else None
    return FeeLine(by, len(both), expected, paid, apart)


def _of_fills(samples: Sequence[_Sample], sessions: int) -> Verdict:
    number = len(samples)
    short = _short(number, FILLS_MIN, "filled orders") or _short(
        sessions, SESSIONS_MIN, "sessions with orders"
    )
    apart = _in_half_spreads(samples)
    if short or apart is None:
        return Verdict("fills", trust=False, samples=number, why=short or "no spread was seen")
    why = f"orders filled {abs(apart):.2f} half-spreads {_side(apart)} the predicted price on average"
    return Verdict("fills", apart >= -FILL_APART, number, f"{why}; {FILL_APART:g} worse is allowed")


def _of_margin(lines: Sequence[MarginLine]) -> Verdict:
    number = len(lines)
    short = _short(number, ORDERS_MIN, "openings with the broker's margin")
    if short:
        return Verdict("margin", trust=False, samples=number, why=short)
    apart = median(abs(one.apart) for one in lines)
    worst = max(lines, key=lambda one: abs(one.apart))
    why = f"ours is {apart:.1%} from the broker's in the middle, {worst.apart:+.1%} at worst ({worst.key})"
    return Verdict("margin", apart <= MARGIN_APART, number, f"{why}; {MARGIN_APART:.0%} is allowed")


def _of_fees(lines: Sequence[FeeLine]) -> Verdict:
    """Judged by the parameters, which decisions rest on; costing less than predicted is no fault."""
    ours = lines[0]
    short = _short(ours.samples, ORDERS_MIN, "filled openings with their costs")
    if short or ours.apart is None:
        return Verdict("fees", trust=False, samples=ours.samples, why=short or "no fee was predicted")
    why = f"{ours.charged:,.2f} USD were charged where the parameters say {ours.predicted:,.2f}"
    return Verdict(
        "fees",
        ours.apart <= FEE_APART,
        ours.samples,
        f"{why} ({ours.apart:+.1%}); {FEE_APART:+.0%} is allowed",
    )


def _short(number: int, least: int, what: str) -> str:
    return f"{number} {what}, {least} are needed" if number < least else ""


def _side(amount: float) -> str:
    return "above" if amount >= 0 else "below"
