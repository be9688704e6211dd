"""Interactive Brokers' Flex statement in XML: trades, cash, option events, corporate actions, positions.

The file is read as a stream of elements with their lines; nothing is kept but the rows that are compared.
What a person left out of the Flex query is missing without an error, unless a row cannot be read without
it; `sections` says what was there. XML that could do harm (entities, external references) is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from premia.adapters.statements.rows import Row, Uncompared, flex_contract, in_dollars, kind_of
from premia.domain.errors import StatementError
from premia.domain.instrument import Option
from premia.domain.statement import (
    CashLine,
    CashReport,
    CorporateAction,
    OptionEvent,
    Skipped,
    StatedHow,
    StatedPosition,
    StatedResult,
    StatedTrade,
    Statement,
)

T = TypeVar("T")

_EVENTS = {
    "Assignment": StatedHow.ASSIGNED,
    "Exercise": StatedHow.EXERCISED,
    "Expiration": StatedHow.EXPIRED,
}
_NEEDED = ("Trades", "CashTransactions", "OpenPositions", "CashReport")
_LEVELS = {  # a section repeats its rows as sums and as lots; one level is the whole truth
    "Trade": ("", "EXECUTION"),
    "CashTransaction": ("", "DETAIL"),
    "CorporateAction": ("", "DETAIL"),
    "OpenPosition": ("", "SUMMARY"),
}
_CASH_TOTALS = ("commissions", "deposits", "withdrawals", "dividends", "brokerInterest", "otherFees")


def read_flex(path: Path) -> tuple[Statement, ...]:
    """Every account's statement of a Flex file.

    Raises:
        StatementError: If the file is no Flex statement, or a row of it cannot be read.
    """
    target = _Reader(path.name)
    parser: Any = DefusedXMLParser(target=target)
    target.line = lambda: parser.parser.CurrentLineNumber
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 16):
                parser.feed(chunk)
        parser.close()
    except ParseError as error:
        raise StatementError(
            f"{path.name}, line {error.position[0]}: no whole XML file ({error.msg}). Export it again."
        ) from error
    except DefusedXmlException as error:
        raise StatementError(
            f"{path.name}, line {target.line()}: the file declares entities, which no statement does. "
            "It is not read further."
        ) from error
    if not target.done:
        raise StatementError(
            f"{path.name}, line 1: no FlexStatement is in it. Export an Activity Flex Query as XML."
        )
    return tuple(target.done)


class _Reader:
    """Takes elements as the parser meets them; one statement after the other."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.done: list[Statement] = []
        self.line: Callable[[], int] = lambda: 1
        self._parts: _Parts | None = None
        self._root = True

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        row = Row(self.file, self.line(), tag, attributes)
        if self._root and tag != "FlexQueryResponse":
            row.fail("begins the file; a Flex statement begins with FlexQueryResponse.")
        self._root = False
        if tag == "FlexStatement":
            self._parts = _Parts(row)
        elif self._parts is not None:
            self._parts.take(row)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == "FlexStatement" and self._parts is not None:
            self.done.append(self._parts.statement())
            self._parts = None

    def close(self) -> None:
        """The file ends."""


class _Parts:
    """Rows of one statement."""

    def __init__(self, row: Row) -> None:
        self._head = row
        self._sections: set[str] = set()
        self._rows: dict[type[Any], list[Any]] = {}

    def take(self, row: Row) -> None:
        """Read a row of a known kind; a section's own element only says that it is there."""
        if not row.cells:
            self._sections.add(row.section)
            return
        action = _ROWS.get(row.section)
        if action is None:
            return
        levels = _LEVELS.get(row.section)
        if levels is not None and row.text("levelOfDetail") not in levels:
            return
        try:
            found = action(row)
        except Uncompared as why:
            found = Skipped(row.line, str(why))
        if found is not None:
            self._rows.setdefault(type(found), []).append(found)

    def statement(self) -> Statement:
        """What the rows make."""
        head = self._head
        reports = self._of(CashReport)
        lacking = [name for name in _NEEDED if name not in self._sections]
        if lacking:
            head.fail(
                f"of {head.needed('accountId')} lacks {', '.join(lacking)}; nothing is compared without. "
                "Add these sections to the Flex query."
            )
        if not reports:
            head.fail("has a cash report without BASE_SUMMARY. Choose the base summary in the Flex query.")
        return Statement(
            source="Flex",
            account=head.needed("accountId"),
            first=head.day("fromDate"),
            last=head.day("toDate"),
            sections=frozenset(self._sections),
            trades=self._of(StatedTrade),
            cash=self._of(CashLine),
            option_events=self._of(OptionEvent),
            actions=self._of(CorporateAction),
            positions=self._of(StatedPosition),
            results=self._of(StatedResult),
            cash_report=reports[0],
            skipped=self._of(Skipped),
        )

    def _of(self, kind: type[T]) -> tuple[T, ...]:
        return tuple(self._rows.get(kind, ()))


def _trade(row: Row) -> StatedTrade:
    in_dollars(row, "currency")
    contract = flex_contract(row)
    taxes = row.amount("taxes")
    return StatedTrade(
        line=row.line,
        contract=contract,
        quantity=row.whole("quantity"),
        price=row.number("tradePrice"),
        cost=-row.number("ibCommission") - (taxes or 0),
        realised=row.amount("fifoPnlRealized"),
        at=row.moment("dateTime", "tradeDate"),
        session=row.day("tradeDate", "dateTime"),
        how=row.codes("notes"),
        execution=row.text("ibExecID"),
        reference=row.text("orderReference"),
    )


def _cash(row: Row) -> CashLine:
    in_dollars(row, "currency")
    return CashLine(
        line=row.line,
        kind=kind_of(row.needed("type")),
        amount=row.number("amount"),
        day=row.day("settleDate", "reportDate", "dateTime"),
        symbol=row.text("symbol"),
        text=row.text("description"),
    )


def _event(row: Row) -> OptionEvent | None:
    how = _EVENTS.get(row.needed("transactionType"))
    if how is None:  # the shares that an option brought; the trades tell them
        return None
    contract = flex_contract(row)
    if not isinstance(contract, Option):
        return None
    return OptionEvent(row.line, contract, row.whole("quantity"), how, row.day("date"))


def _action(row: Row) -> CorporateAction:
    in_dollars(row, "currency")
    contract = flex_contract(row)
    return CorporateAction(
        line=row.line,
        contract=contract,
        kind=row.text("type"),
        quantity=row.whole("quantity"),
        money=row.amount("proceeds", "amount") or Decimal(0),
        day=row.day("reportDate", "dateTime"),
        text=row.text("actionDescription", "description"),
    )


def _position(row: Row) -> StatedPosition:
    in_dollars(row, "currency")
    return StatedPosition(row.line, flex_contract(row), row.whole("position"), row.amount("costBasisMoney"))


def _report(row: Row) -> CashReport | None:
    if row.needed("currency") != "BASE_SUMMARY":
        return None
    told = {name: row.amount(name) for name in _CASH_TOTALS}
    totals = {name: amount for name, amount in told.items() if amount is not None}
    return CashReport(row.line, row.number("startingCash"), row.number("endingCash"), totals)


def _result(row: Row) -> StatedResult | None:
    if not row.text("assetCategory") or not row.text("symbol"):  # a sum over many
        return None
    return StatedResult(row.line, flex_contract(row).key, row.number("totalRealizedPnl"))


_ROWS: dict[str, Callable[[Row], Any]] = {
    "Trade": _trade,
    "CashTransaction": _cash,
    "OptionEAE": _event,
    "CorporateAction": _action,
    "OpenPosition": _position,
    "CashReportCurrency": _report,
    "FIFOPerformanceSummaryUnderlying": _result,
}
