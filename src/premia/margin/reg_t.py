"""What a portfolio requires under strategy-based margin (Reg T), by account kind.

The requirement is to be covered by equity with loan value: cash, premiums received included, plus the
value of shares (negative for shares sold short). Long options have no loan value and no requirement; a
short option's market value is inside its requirement, so it is not deducted from equity once more.
Available funds are equity with loan value less `initial`, excess liquidity is it less `maintenance`.

Positions of one underlying are paired so that the sum is least, and only in groups that the rules
recognise: every pairing found is a lawful one, so the figure never understates. Pairs are found exactly
(`pairing`); before that, iron condors are set aside, each width of theirs tried first, and none at all.
IB says that its own optimiser does not always find the least, so a live figure may be higher: its what-if
is the truth.

Adjusted contracts are never paired. Shares cover calls in whole lots. An account that may not borrow sets
aside the strike of every short put and the price of every share; spreads offset there only when both legs
are European and cash-settled; uncovered calls and short shares are named as refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import product

from premia.domain.errors import InvariantViolated, MarketDataError
from premia.domain.instrument import Option, Right, Settlement, Style
from premia.domain.money import Money
from premia.margin import formulas
from premia.margin.formulas import Need, OptionLine
from premia.margin.holdings import (
    ZERO,
    AccountKind,
    Group,
    MarginClass,
    Position,
    RegT,
    Requirement,
    Underlying,
    net,
)
from premia.margin.pairing import Pair, best_pairs

__all__ = [
    "AccountKind",
    "Group",
    "MarginClass",
    "Position",
    "RegT",
    "Requirement",
    "Underlying",
    "requirement",
]

STANDARD = RegT()
_LOT = 100
"""Shares that a standard contract delivers."""
_WIDTHS_MAX = 8
"""Widths of iron condors of one underlying that are each tried first."""

_Width = tuple[date, Settlement, int, Decimal]
"""Expiry, settlement, multiplier and width in money of the spreads that may form a condor."""


def requirement(
    positions: Sequence[Position], underlyings: Mapping[str, Underlying], rules: RegT = STANDARD
) -> Requirement:
    """Initial and maintenance requirement of an account's positions.

    Args:
        positions: Holdings in one currency; several of one contract are netted, the last mark counts.
        underlyings: Price and margin class of every symbol that is held or written on.
        rules: The kind of account and the broker's minimum.

    Raises:
        MarketDataError: If an underlying of a position is missing.
        InvariantViolated: If positions are in several currencies.
    """
    held = net(positions)
    currencies = sorted({position.contract.currency for position in held})
    if len(currencies) > 1:
        raise InvariantViolated(
            f"Positions in {' and '.join(currencies)} have no common requirement; ask for each one alone."
        )
    by_symbol: dict[str, list[Position]] = {}
    for position in held:
        by_symbol.setdefault(position.contract.symbol, []).append(position)
    groups: list[Group] = []
    maintenance = ZERO
    for symbol, part in by_symbol.items():
        underlying = underlyings.get(symbol)
        if underlying is None:
            raise MarketDataError(
                f"Margin of {len(part)} positions on {symbol} needs its price; none was given."
            )
        book = _Book(part, underlying, rules)
        opened = book.cheapest(0)
        groups += opened
        kept = book.cheapest(1) if book.shares else opened
        maintenance += min(
            sum((g.maintenance for g in kept), ZERO), sum((g.maintenance for g in opened), ZERO)
        )
    currency = currencies[0] if currencies else "USD"
    initial = sum((group.initial for group in groups), ZERO)
    refused = () if rules.borrows else tuple(_refusals(groups, rules))
    return Requirement(Money(initial, currency), Money(maintenance, currency), tuple(groups), refused)


def _refusals(groups: Sequence[Group], rules: RegT) -> Iterator[str]:
    for group in groups:
        if group.name in ("naked call", "short stock"):
            held = group.positions[0]
            what = "shares sold short" if group.name == "short stock" else "uncovered short calls"
            amount = abs(held.quantity)
            yield f"{rules.account.value} account: {amount} {what}, {held.contract.key}; none are allowed"


class _Book:
    """The positions of one underlying, and the ways to group them."""

    def __init__(self, positions: Sequence[Position], underlying: Underlying, rules: RegT) -> None:
        self.positions = positions
        self.underlying = underlying
        self.rules = rules
        self.lines = {
            i: OptionLine(p.contract, p.mark)
            for i, p in enumerate(positions)
            if isinstance(p.contract, Option)
        }
        self.shares = [i for i in range(len(positions)) if i not in self.lines]

    def cheapest(self, which: int) -> list[Group]:
        """The groups of least initial (0) or maintenance (1) requirement."""
        wings = self._condor_wings()
        orders = [[first, *(width for width in wings if width != first)] for first in wings][:_WIDTHS_MAX]
        best: list[Group] = []
        cost: Decimal | None = None
        # The choice without condors comes last, so that a tie goes to the condor.
        for order in [*orders, []]:
            left = {i: abs(p.quantity) for i, p in enumerate(self.positions)}
            groups = [group for width in order for group in self._condors(*wings[width], left)]
            groups += self._paired(left, which)
            total = sum((g.maintenance if which else g.initial for g in groups), ZERO)
            if cost is None or total < cost:
                best, cost = groups, total
        return best

    def _group(self, name: str, parts: Mapping[int, int], need: Need) -> Group:
        held = [(self.positions[i], units) for i, units in parts.items() if units]
        signed = tuple(Position(p.contract, units if p.quantity > 0 else -units, p.mark) for p, units in held)
        return Group(name, signed, need.initial, need.maintenance)

    def _options(self, right: Right, side: int) -> list[int]:
        """Long (side 1) or short (side -1) options of one right."""
        return [
            i
            for i, line in self.lines.items()
            if line.option.right is right and self.positions[i].quantity * side > 0
        ]

    def _covers(self, long: int, short: int) -> bool:
        """Whether the long option may offset the short one (rights are the same already)."""
        mine, theirs = self.lines[long].option, self.lines[short].option
        if mine.adjusted or theirs.adjusted or mine.multiplier != theirs.multiplier:
            return False
        if self.underlying.kind is MarginClass.VIX and mine.expiry != theirs.expiry:
            return False
        settled = all(
            o.style is Style.EUROPEAN and o.settlement is not Settlement.SHARES for o in (mine, theirs)
        )
        return (self.rules.borrows or settled) and formulas.lives_as_long(mine, theirs)

    def _wings(self, right: Right) -> Iterator[Pair]:
        """Every short option with every long one that may cover it."""
        for short, long in product(self._options(right, -1), self._options(right, 1)):
            if self._covers(long, short):
                yield short, long

    def _condor_wings(self) -> dict[_Width, tuple[list[Pair], list[Pair]]]:
        """Put spreads and call spreads of one expiry and one width above zero, where there are both.

        At one width each short option has one long strike that fits, so there is no choice within a width.
        """
        found: dict[_Width, tuple[list[Pair], list[Pair]]] = {}
        for side, right in enumerate((Right.PUT, Right.CALL)):
            for short, long in self._wings(right):
                mine, theirs = self.lines[short].option, self.lines[long].option
                width = self._vertical(short, long).initial
                together = (mine.expiry, mine.settlement) == (theirs.expiry, theirs.settlement)
                if width > ZERO and together:
                    key = mine.expiry, mine.settlement, mine.multiplier, width
                    found.setdefault(key, ([], []))[side].append((short, long))
        return {key: sides for key, sides in found.items() if all(sides)}

    def _condors(self, puts: list[Pair], calls: list[Pair], left: dict[int, int]) -> Iterator[Group]:
        """As many iron condors of these wings as are left, in the order of the positions."""
        for put, call in product(puts, calls):
            legs = (*put, *call)
            units = min(left[i] for i in legs)
            if units > 0:
                for i in legs:
                    left[i] -= units
                yield self._group(
                    "iron condor", dict.fromkeys(legs, units), self._vertical(*put).times(units)
                )

    def _paired(self, units: dict[int, int], which: int) -> list[Group]:
        """Pairs of greatest saving among what is left, then everything else on its own."""
        lots = [units[i] // self._size(i) for i in range(len(self.positions))]
        savings: dict[Pair, Decimal] = {}
        needs: dict[Pair, tuple[str, Need]] = {}
        for pair, name, need in self._pairs():
            apart = self._alone(pair[0])[which] + self._alone(pair[1])[which]
            savings[pair] = apart - need[which]
            needs[pair] = name, need
        groups: list[Group] = []
        left = dict(units)
        for pair, count in best_pairs(lots, lots, savings).items():
            name, need = needs[pair]
            parts = {i: count * self._size(i) for i in pair}
            for i, taken in parts.items():
                left[i] -= taken
            groups.append(self._group(name, parts, need.times(count)))
        return groups + [self._single(i, rest) for i, rest in left.items() if rest > 0]

    def _pairs(self) -> Iterator[tuple[Pair, str, Need]]:
        """Every recognised pair: first the item of short calls, long puts or short shares, then the other."""
        for short, long in self._wings(Right.CALL):
            yield (short, long), "vertical", self._vertical(short, long)
        for short, long in self._wings(Right.PUT):
            yield (long, short), "vertical", self._vertical(short, long)
        calls = [i for i in self._options(Right.CALL, -1) if self._standard(i)]
        puts = [i for i in self._options(Right.PUT, -1) if self._standard(i)]
        bought = [i for i in self.shares if self.positions[i].quantity > 0]
        for call, i in product(calls, bought):
            yield (
                (call, i),
                "covered call",
                formulas.covered_call(self.lines[call], self.underlying, self.rules),
            )
        if self.rules.borrows:
            yield from self._margin_pairs(calls, puts)

    def _margin_pairs(self, calls: Sequence[int], puts: Sequence[int]) -> Iterator[tuple[Pair, str, Need]]:
        """Pairs that need an account which may be short: strangles, and puts covered by short shares."""
        for call, put in product(calls, puts):
            one, other = self.lines[call], self.lines[put]
            name = "straddle" if one.option.strike == other.option.strike else "strangle"
            yield (call, put), name, formulas.strangle(one, other, self.underlying, self.rules)
        for i, put in product(self.shares, puts):
            if self.positions[i].quantity < 0:
                yield (
                    (i, put),
                    "covered put",
                    formulas.covered_put(self.lines[put], self.underlying, self.rules),
                )

    def _alone(self, i: int) -> Need:
        """Requirement of one lot of a position that stands alone."""
        long = self.positions[i].quantity > 0
        if i not in self.lines:
            return formulas.stock(_LOT if long else -_LOT, self.underlying, self.rules)
        return formulas.NOTHING if long else formulas.naked(self.lines[i], self.underlying, self.rules)

    def _single(self, i: int, units: int) -> Group:
        """What no pair has taken of a position."""
        long = self.positions[i].quantity > 0
        if i not in self.lines:
            need = formulas.stock(units if long else -units, self.underlying, self.rules)
            return self._group("long stock" if long else "short stock", {i: units}, need)
        right = self.lines[i].option.right
        secured = right is Right.PUT and not self.rules.borrows
        short = "cash-secured" if secured else "naked"
        name = f"{'long' if long else short} {right.name.lower()}"
        return self._group(name, {i: units}, self._alone(i).times(units))

    def _vertical(self, short: int, long: int) -> Need:
        return formulas.vertical(self.lines[short], self.lines[long])

    def _size(self, i: int) -> int:
        """Units of a position in one lot: one contract, or the shares that one contract delivers."""
        return 1 if i in self.lines else _LOT

    def _standard(self, i: int) -> bool:
        """Whether the option delivers one lot of shares."""
        option = self.lines[i].option
        return not option.adjusted and option.multiplier == _LOT
