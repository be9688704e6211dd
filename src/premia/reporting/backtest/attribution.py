"""Where the change in equity came from, to the cent: each line a part, and nothing left over.

Options are counted at the middle at which each order was decided, so that what fills gave away stands
in a line of its own. Assigned shares come and go at the strike: the loss of a put that ended far in the
money is in the line of the shares. What no fact explains is a line too; in a sound run it is zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from premia.domain import events as ev
from premia.domain.instrument import Option, Stock
from premia.domain.money import CENT, Price
from premia.reporting.backtest.ran import Day, Settings
from premia.reporting.backtest.trades import Slipped
from premia.reporting.moves import Move

_NOTHING = Decimal(0)


class Attribution(msgspec.Struct, frozen=True):
    """Parts of the change in equity at the middle, USD, each in whole cents.

    Attributes:
        start, end: Equity before the first fact, and on the last day.
        premium: Options at the decided middle: received, paid, settled in cash, and what is open at its mark.
        slippage: What fills brought against that middle; negative is lost.
        shares: Shares that left and those still held, against strike or price at which they came.
        dividends, interest: Paid, and accrued at the end.
        fees: Commissions and regulatory fees; a cost is negative here.
        deposits: Money from outside that came in, less what went out.
        unexplained: What is left; cash that nothing explained is in it.
        change: End less start: the sum of the eight parts, exactly.
    """

    start: Decimal
    end: Decimal
    premium: Decimal
    slippage: Decimal
    shares: Decimal
    dividends: Decimal
    interest: Decimal
    fees: Decimal
    deposits: Decimal
    unexplained: Decimal
    change: Decimal

    @property
    def earned(self) -> Decimal:
        """The change that was not paid in, USD."""
        return self.change - self.deposits

    @property
    def parts(self) -> tuple[tuple[str, Decimal], ...]:
        """The eight parts by name, in the order in which they are told."""
        names = ("premium", "slippage", "shares", "dividends", "interest", "fees", "deposits", "unexplained")
        return tuple((name, getattr(self, name)) for name in names)


def attribution(
    facts: Iterable[ev.AnyEvent],
    moves: Sequence[Move],
    slips: Iterable[Slipped],
    days: Sequence[Day],
    settings: Settings,
) -> Attribution:
    """The parts of a run's change in equity.

    Args:
        facts: The journal.
        moves: Its movements.
        slips: Executions against the middle.
        days: Valued sessions; the last one stands after the last fact.
        settings: With the capital before the first fact (cash, and positions held then at what they cost)
            and the deposits.
    """
    capital = settings.capital
    end = days[-1].at_mid if days else capital
    last = days[-1] if days else None
    options, shares, fees = _traded(moves)
    option_slip, share_slip = _slips(slips)
    cash = _booked_cash(facts)
    parts = {
        "premium": options + (_NOTHING if last is None else last.options) - option_slip,
        "slippage": option_slip + share_slip,
        "shares": shares + (_NOTHING if last is None else last.shares) - share_slip,
        "dividends": cash["dividends"] + (_NOTHING if last is None else last.accrued_dividends),
        "interest": cash["interest"] + (_NOTHING if last is None else last.accrued_interest),
        "fees": -fees,
        "deposits": sum((one.amount for one in settings.deposits if last and one.day <= last.day), _NOTHING),
    }
    parts["unexplained"] = end - capital - sum(parts.values(), _NOTHING)
    change = (end - capital).quantize(CENT)
    start = capital.quantize(CENT)
    return Attribution(start=start, end=start + change, change=change, **_in_cents(parts))


def _in_cents(parts: dict[str, Decimal]) -> dict[str, Decimal]:
    """Whole cents whose sums are those of the exact parts: what rounding takes from one, the next one gets.

    What is left unexplained and is less than half a cent is the broker's own rounding; it goes to the
    largest part.
    """
    exact = dict(parts)
    if abs(exact["unexplained"]) < CENT / 2:
        largest = max(exact, key=lambda name: abs(exact[name]))
        exact[largest] += exact.pop("unexplained")
        exact["unexplained"] = _NOTHING
    found: dict[str, Decimal] = {}
    so_far = told = _NOTHING
    for name, amount in exact.items():
        so_far += amount
        found[name] = so_far.quantize(CENT) - told
        told += found[name]
    return found


def _traded(moves: Iterable[Move]) -> tuple[Decimal, Decimal, Decimal]:
    """Cash that movements of options and of shares brought, and fees; USD."""
    options = shares = fees = _NOTHING
    for move in moves:
        fees += move.fee
        if move.how == "held before":
            held = move.cost * move.quantity
            options, shares = (
                (options - held, shares) if isinstance(move.contract, Option) else (options, shares - held)
            )
        elif move.how in ("assigned", "exercised") and isinstance(move.contract, Option):
            stock = Stock(move.contract.symbol, move.contract.currency)
            shares -= stock.value_of(Price(move.contract.strike), move.shares).amount
        elif move.how != "split":
            paid = move.contract.value_of(move.price, move.quantity).amount
            options, shares = (
                (options - paid, shares) if isinstance(move.contract, Option) else (options, shares - paid)
            )
    return options, shares, fees


def _slips(slips: Iterable[Slipped]) -> tuple[Decimal, Decimal]:
    """Slippage of orders with options, and of orders in shares alone; USD."""
    options = shares = _NOTHING
    for slip in slips:
        amount = slip.against_mid or _NOTHING
        if slip.order.combo.options:
            options += amount
        else:
            shares += amount
    return options, shares


def _booked_cash(facts: Iterable[ev.AnyEvent]) -> dict[str, Decimal]:
    found = {"dividends": _NOTHING, "interest": _NOTHING}
    for event in facts:
        if isinstance(event, ev.CashBooked):
            found["dividends" if event.cause.startswith("dividend/") else "interest"] += event.amount.amount
    return found
