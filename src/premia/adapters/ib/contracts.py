"""What we have learned of contracts in a session: numbers, kinds, chains. Asked once, kept.

IB's chain parameters state strikes as the union over all expiries, with adjusted classes mixed in
(`2AAPL`), and a class need not be named like its symbol (`BRK B` trades as `BRKB`). The book keeps the
standard class; a pair of expiry and strike that does not exist shows itself when it is quoted.
Contract numbers come along with every position, execution and order, and are remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ib_async import Contract as IbContract
from ib_async import ContractDetails

from premia.adapters.ib import requests, translate
from premia.adapters.ib.connection import Connection
from premia.domain.combo import Combo
from premia.domain.errors import MarketDataError, RequestRefused
from premia.domain.instrument import Contract, Index, Option, Right, Stock, Underlier

_FUNDS = frozenset({"ETF", "ETN", "ETC", "CLOSED-END FUND"})


class UnderlyingEntry(NamedTuple):
    """An underlying as its details tell it.

    Attributes:
        listed: IB's contract with its number.
        fund: Whether it is a fund or index rather than a single company; None where IB did not say.
    """

    contract: Underlier
    listed: IbContract
    fund: bool | None


class OptionClassEntry(NamedTuple):
    """The standard options of one class: expiries, and the union of strikes over all of them."""

    trading_class: str
    expiries: tuple[date, ...]
    strikes: tuple[Decimal, ...]

    def option(self, symbol: str, expiry: date, strike: Decimal, right: Right) -> Option:
        """One series of this class, whether it exists or not."""
        return translate.option_of(
            symbol, self.trading_class, expiry, strike, right, translate.STANDARD_MULTIPLIER
        )


class ContractBook:
    """Contracts of one session."""

    def __init__(self, connection: Connection) -> None:
        """Start with nothing known."""
        self._connection = connection
        self._listed: dict[Contract, IbContract] = {}
        self._by_number: dict[int, Contract] = {}
        self._underlyings: dict[str, UnderlyingEntry] = {}
        self._classes: dict[tuple[str, date], tuple[OptionClassEntry, ...]] = {}
        self._left_out: dict[str, tuple[str, ...]] = {}

    def learn(self, listed: IbContract) -> Contract:
        """Our contract of one that IB sent, whose number is remembered."""
        contract = translate.contract_from(listed)
        if listed.conId and listed.secType != translate.BAG:
            self._by_number[listed.conId] = contract
            if contract not in self._listed:
                self._listed[contract] = _routed(listed)
        return contract

    def listed(self, contract: Contract) -> IbContract:
        """IB's contract of ours: with its number where it is known, else described in full."""
        known = self._listed.get(contract)
        if known is not None:
            return known
        if isinstance(contract, Option):
            return translate.option_to(contract)
        return translate.underlying_to(contract)

    async def underlying(self, symbol: str) -> UnderlyingEntry:
        """Details of an underlying.

        Raises:
            RequestRefused: If IB knows no such underlying.
            MarketDataError: If several fit.
        """
        if symbol not in self._underlyings:
            wanted: Underlier = Index(symbol) if symbol in translate.INDEX_EXCHANGES else Stock(symbol)
            found = await requests.contract_details(self._connection, translate.underlying_to(wanted))
            self._underlyings[symbol] = self._entry(wanted, found)
        return self._underlyings[symbol]

    async def classes(self, symbol: str, day: date) -> tuple[OptionClassEntry, ...]:
        """The standard option classes of an underlying as listed on `day`; empty where it has none."""
        if (symbol, day) not in self._classes:
            entry = await self.underlying(symbol)
            rows = await requests.option_classes(self._connection, entry.listed)
            self._classes[symbol, day] = _standard(symbol, rows)
            self._left_out[symbol] = _left_out(symbol, rows)
        return self._classes[symbol, day]

    def left_out(self, symbol: str) -> tuple[str, ...]:
        """The option classes of an underlying that are not looked at, each in words with the reason."""
        return self._left_out.get(symbol, ())

    async def legs(self, combo: Combo) -> tuple[IbContract, ...]:
        """IB's contract of each leg; with numbers, asked for where unknown, if there are several."""
        if len(combo.legs) > 1:
            unknown = [leg.contract for leg in combo.legs if leg.contract not in self._listed]
            await asyncio.gather(*(self._identify(contract) for contract in unknown))
        return tuple(self.listed(leg.contract) for leg in combo.legs)

    async def by_numbers(self, numbers: Iterable[int]) -> dict[int, Contract]:
        """Contracts of numbers, asked for where unknown."""
        wanted = set(numbers)
        for unknown in sorted(wanted - self._by_number.keys()):
            for one in await requests.contract_details(self._connection, IbContract(conId=unknown)):
                if one.contract is not None:
                    self.learn(one.contract)
        return {one: self._by_number[one] for one in wanted if one in self._by_number}

    async def _identify(self, contract: Contract) -> None:
        found = await requests.contract_details(self._connection, self.listed(contract))
        fitting = [
            one.contract
            for one in found
            if one.contract and translate.contract_from(one.contract) == contract
        ]
        if len(fitting) != 1:
            raise RequestRefused(
                200, f"{contract.key} fits {len(fitting)} contracts of IB; exactly one is needed."
            )
        self.learn(fitting[0])

    def _entry(self, wanted: Underlier, found: list[ContractDetails]) -> UnderlyingEntry:
        if len(found) != 1 or found[0].contract is None:
            raise MarketDataError(
                f"{wanted.symbol} fits {len(found)} contracts of IB; exactly one is needed."
            )
        details = found[0]
        self.learn(found[0].contract)
        kind = details.stockType.upper()
        fund = True if isinstance(wanted, Index) else (kind in _FUNDS if kind else None)
        return UnderlyingEntry(wanted, self.listed(wanted), fund)


def _routed(listed: IbContract) -> IbContract:
    """The contract with the exchange that quotes and trades it: executions name a venue instead."""
    exchange = listed.exchange if listed.secType == "IND" else translate.SMART
    return IbContract(
        secType=listed.secType,
        conId=listed.conId,
        symbol=listed.symbol,
        lastTradeDateOrContractMonth=listed.lastTradeDateOrContractMonth,
        strike=listed.strike,
        right=listed.right,
        multiplier=listed.multiplier,
        exchange=exchange,
        currency=listed.currency,
        localSymbol=listed.localSymbol,
        tradingClass=listed.tradingClass,
    )


def _standard(symbol: str, rows: list[requests.OptionClassRow]) -> tuple[OptionClassEntry, ...]:
    """The standard classes at SMART, those that settle at the close first."""
    found = [
        OptionClassEntry(
            row.trading_class,
            tuple(
                sorted(
                    translate.expiry_of(symbol, row.trading_class, translate.date_of(e)) for e in row.expiries
                )
            ),
            tuple(sorted(strike for s in row.strikes if (strike := translate.number(s)) is not None)),
        )
        for row in rows
        if row.exchange == translate.SMART
        and translate.class_is_standard(symbol, row.trading_class, row.multiplier)
    ]
    return tuple(sorted(found, key=lambda one: translate.settles_in_the_morning(symbol, one.trading_class)))


def _left_out(symbol: str, rows: list[requests.OptionClassRow]) -> tuple[str, ...]:
    """What the standard classes leave out: adjusted deliverables and minis, each class once."""
    others = {
        row.trading_class: row.multiplier
        for row in rows
        if row.exchange == translate.SMART
        and not translate.class_is_standard(symbol, row.trading_class, row.multiplier)
    }
    return tuple(
        f"class {name} ({multiplier} shares a contract) is adjusted or not standard, and left out"
        for name, multiplier in sorted(others.items())
    )
