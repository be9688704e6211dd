"""What is held, with the three costs that are never mixed.

The broker's average cost is the broker's word. The tax basis follows our own lots, first in first out,
fees and the premium of assigned options in it. The break-even is the campaign's: the price at which
selling would leave its whole turn without profit or loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from premia.domain.book import Book
from premia.domain.campaign import break_even
from premia.domain.dates import dte
from premia.domain.instrument import Contract, Option
from premia.domain.known import Known
from premia.domain.money import Price
from premia.domain.position import BrokerPosition
from premia.reporting.costs import TAX, costs
from premia.reporting.moves import moves
from premia.reporting.numbers import tidied
from premia.reporting.replay import Numbered


class PositionLine(msgspec.Struct, frozen=True):
    """One position.

    Attributes:
        quantity: Signed, by our own ledger; `observed` is the broker's, None where it did not say.
        average_cost: The broker's, per share or contract: `multiplier` times a price a share.
        tax_basis: Per share, by our lots; None where nothing tells.
        break_even: Of its campaign, per share.
        mark: The broker's price per share when it was last seen; `value` at that price, USD.
        dte: Days to expiry of an option.
        note: Why it is left alone, or why its symbol takes no new entry.
    """

    symbol: str
    contract: str
    quantity: int
    observed: int | None
    multiplier: int
    average_cost: Decimal | None
    tax_basis: Decimal | None
    break_even: Decimal | None
    mark: Decimal | None
    value: Decimal | None
    dte: int | None
    strategy: str
    campaign: str
    note: str


def positions(events: Iterable[Numbered], book: Book) -> list[PositionLine]:
    """Every position of ledger and broker, in order of symbol, shares first, then expiry and strike.

    Args:
        events: The whole journal; the tax basis needs every lot.
        book: Its fold.
    """
    basis = costs(moves(events), TAX)
    seen = _seen(book)
    contracts: dict[str, Contract] = {key: held.contract for key, held in book.holdings.items()}
    contracts |= {key: position.contract for key, position in seen.items() if position.quantity}
    lines = [
        _line(contract, book, seen.get(key), basis.basis(contract)) for key, contract in contracts.items()
    ]
    return sorted(lines, key=lambda line: (line.symbol, line.dte is not None, line.dte or 0, line.contract))


def seen_at(book: Book) -> datetime | None:
    """When the broker last told its positions; None before that."""
    told = book.observed.positions
    return told.as_of if isinstance(told, Known) else None


def _seen(book: Book) -> dict[str, BrokerPosition]:
    told = book.observed.positions
    return {one.contract.key: one for one in told.value} if isinstance(told, Known) else {}


def _line(
    contract: Contract, book: Book, seen: BrokerPosition | None, tax_basis: Decimal | None
) -> PositionLine:
    held = book.holding(contract)
    mark = None if seen is None else seen.market_price
    strategy, campaign = _owner(contract, book)
    running = book.campaigns.get(campaign)
    even = None if running is None else break_even(running, book.campaign_trades(campaign))
    return PositionLine(
        symbol=contract.symbol,
        contract=contract.key,
        quantity=held,
        observed=_observed(book, seen),
        multiplier=contract.multiplier,
        average_cost=None if seen is None else seen.average_cost,
        tax_basis=tidied(tax_basis),
        break_even=tidied(even),
        mark=mark,
        value=None if mark is None else contract.value_of(Price(mark), held).amount,
        dte=dte(contract.expiry, book.at) if isinstance(contract, Option) else None,
        strategy=strategy,
        campaign=campaign,
        note=_note(contract, book),
    )


def _observed(book: Book, seen: BrokerPosition | None) -> int | None:
    if not isinstance(book.observed.positions, Known):
        return None
    return 0 if seen is None else seen.quantity


def _owner(contract: Contract, book: Book) -> tuple[str, str]:
    """Strategy and campaign that a position belongs to; both empty where it is nobody's."""
    if isinstance(contract, Option):
        trade = next((one for one in book.trades.values() if contract.key in one.legs), None)
        return ("", "") if trade is None else (trade.strategy, trade.campaign)
    campaign = next(
        (one for one in book.campaigns.values() if one.symbol == contract.symbol and one.shares), None
    )
    return ("", "") if campaign is None else (campaign.strategy, campaign.id)


def _note(contract: Contract, book: Book) -> str:
    if contract.key in book.left:
        return f"left alone: {book.left[contract.key]}"
    block = book.blocks.get(contract.symbol)
    return "" if block is None else f"no new entry: {block.why}"
