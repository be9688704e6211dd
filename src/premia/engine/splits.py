"""Splits, told by positions alone: every position of a symbol has changed by one ratio and no money moved.

Shares are multiplied; options follow by the clearing house's rule, which for whole splits divides the strike
and multiplies the contracts. Anything else, such as a reverse split with options, a special dividend, a new
ticker or a merger, changes what an option delivers: nothing is concluded from it, and the symbol stands still
until a person has looked. A split is believed only where each position fits and cash has not moved.

Source: OCC By-Laws, Article VI, section 11A, on adjustments.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from msgspec.structs import replace

from premia.domain.book import Book
from premia.domain.events import BrokerObserved, SplitInferred
from premia.domain.events_inferred import Mapped
from premia.domain.instrument import Contract, Option, Stock
from premia.domain.known import Known
from premia.domain.money import CENT, to_cents
from premia.domain.position import BrokerPosition
from premia.engine.cash import difference_of

_LARGEST = 50
"""No split has a larger number in it; a larger ratio is something else."""

_UNEVEN = (Fraction(3, 2),)
"""Ratios beside n:1 and 1:n that companies choose; of others, shares are more likely missing than split."""

_COST_APART = Fraction(15, 100)
"""By how much the broker's average cost may differ from ours, because it nets premiums."""


def split_of(book: Book, seen: BrokerObserved, symbol: str) -> SplitInferred | None:
    """The split that explains every position of a symbol; None where none does.

    Args:
        book: What our facts explain.
        seen: The observation.
        symbol: A symbol of which some quantity differs.
    """
    difference = difference_of(book, seen)
    if not isinstance(seen.positions, Known) or difference is None or abs(difference) >= CENT:
        return None
    ours = {key: one.quantity for key, one in book.holdings.items() if one.contract.symbol == symbol}
    theirs = {
        one.contract.key: one
        for one in seen.positions.value
        if one.contract.symbol == symbol and one.quantity
    }
    for ratio in _ratios(book, ours, theirs):
        changes = [_mapped(book.holdings[key].contract, held, ratio) for key, held in ours.items()]
        whole = [one for one in changes if one is not None]
        if len(whole) == len(changes) and _fits(whole, theirs) and _divides(book, symbol, ratio, theirs):
            return SplitInferred(
                at=seen.at,
                symbol=symbol,
                numerator=ratio.numerator,
                denominator=ratio.denominator,
                changes=tuple(whole),
            )
    return None


def _ratios(book: Book, ours: Mapping[str, int], theirs: Mapping[str, BrokerPosition]) -> list[Fraction]:
    """Ratios that one position alone would suggest."""
    found: set[Fraction] = set()
    for key, held in ours.items():
        contract = book.holdings[key].contract
        if isinstance(contract, Stock) and key in theirs and held * theirs[key].quantity > 0:
            found.add(Fraction(theirs[key].quantity, held))
        elif isinstance(contract, Option):
            found |= {
                Fraction(one.quantity, held)
                for one in theirs.values()
                if isinstance(one.contract, Option) and one.quantity * held > 0
            }
    return sorted(one for one in found if one != 1 and _plausible(one))


def _plausible(ratio: Fraction) -> bool:
    whole = 1 in (ratio.numerator, ratio.denominator)
    return ratio in _UNEVEN or (whole and max(ratio.numerator, ratio.denominator) <= _LARGEST)


def _mapped(contract: Contract, held: int, ratio: Fraction) -> Mapped | None:
    """What a position becomes; None where that is no whole quantity of a contract as we know it."""
    becomes = held * ratio
    if becomes.denominator != 1:
        return None
    if not isinstance(contract, Option):
        return Mapped(contract, contract, held, int(becomes))
    if ratio.denominator != 1 or contract.adjusted:
        return None
    strike = to_cents(contract.strike / ratio.numerator)
    return Mapped(contract, replace(contract, strike=strike), held, int(becomes))


def _fits(changes: list[Mapped], theirs: Mapping[str, BrokerPosition]) -> bool:
    """Whether the broker holds exactly what the positions become."""
    return {one.after.key: one.becomes for one in changes} == {
        key: position.quantity for key, position in theirs.items()
    }


def _divides(book: Book, symbol: str, ratio: Fraction, theirs: Mapping[str, BrokerPosition]) -> bool:
    """Whether what a campaign owns stays whole, at an average cost that has changed by the ratio.

    Shares that no campaign owns have no cost of ours to hold against: alone they prove nothing.
    """
    proved = any(isinstance(one.contract, Option) for one in theirs.values())
    for campaign in book.campaigns.values():
        if campaign.symbol != symbol or not campaign.shares:
            continue
        if (campaign.shares * ratio).denominator != 1 or symbol not in theirs:
            return False
        before = Fraction(campaign.share_cost.amount) / campaign.shares
        now = Fraction(theirs[symbol].average_cost) * ratio
        if abs(now - before) > before * _COST_APART:
            return False
        proved = True
    return proved
