"""A row of a statement with its line, and how its texts become numbers, days and contracts.

Every conversion that fails names file, line, section, field, what stands there and what should. Dates are
taken in the two forms that cannot be misread; one such as 03/04/2026 is refused, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, NoReturn

from premia.domain.dates import NEW_YORK, as_utc
from premia.domain.errors import StatementError
from premia.domain.instrument import Contract, Option, Right, Stock
from premia.domain.statement import CashKind, StatedHow

_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_TIME = re.compile(r"(\d{2}):?(\d{2}):?(\d{2})")
_OCC = re.compile(r"(\S[\S ]{0,5}?)\s*(\d{6})([CP])(\d{8})")
_SPOKEN = re.compile(r"(\S+(?: \S+)?) (\d{1,2}[A-Z]{3}\d{2}) ([\d.]+) ([CP])")
_RIGHTS = {"P": Right.PUT, "C": Right.CALL}
_SHARES = frozenset({"STK", "Stocks", "ETF"})
_OPTIONS = frozenset({"OPT", "Equity and Index Options"})
_HOWS = {"A": StatedHow.ASSIGNED, "Ex": StatedHow.EXERCISED, "Ep": StatedHow.EXPIRED}
_KINDS = (
    ("withholding", CashKind.WITHHOLDING),
    ("dividend", CashKind.DIVIDEND),
    ("interest", CashKind.INTEREST),
    ("deposit", CashKind.DEPOSIT),
    ("withdrawal", CashKind.DEPOSIT),
    ("fee", CashKind.FEE),
)


class Uncompared(Exception):
    """A row of a kind that Premia does not compare."""


class Row(NamedTuple):
    """One row: where it stands and its cells by field name."""

    file: str
    line: int
    section: str
    cells: Mapping[str, str]

    def fail(self, what: str) -> NoReturn:
        """Refuse the row in words.

        Raises:
            StatementError: Always.
        """
        raise StatementError(f"{self.file}, line {self.line}: {self.section} {what}")

    def text(self, *names: str) -> str:
        """The first of some fields that is there; empty where none is."""
        return next((self.cells[name].strip() for name in names if self.cells.get(name, "").strip()), "")

    def needed(self, *names: str) -> str:
        """As `text`, of a field without which the row says nothing."""
        found = self.text(*names)
        if not found:
            self.fail(f"has no {names[0]}. Include this field in the statement and export it again.")
        return found

    def number(self, *names: str) -> Decimal:
        """An exact number; thousands may be separated by commas."""
        text = self.needed(*names)
        try:
            found = Decimal(text.replace(",", ""))
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite():
            self.fail(f"has {names[0]} {text!r}, which is no number.")
        return found

    def amount(self, *names: str) -> Decimal | None:
        """As `number`; None where no field is there, or only a dash."""
        return None if self.text(*names) in ("", "-", "--") else self.number(*names)

    def whole(self, *names: str) -> int:
        """A whole number of shares or contracts.

        Raises:
            Uncompared: If it is a part of a share, which Premia never trades.
        """
        found = self.number(*names)
        if found != int(found):
            raise Uncompared(f"{names[0]} {found} is no whole number of shares or contracts")
        return int(found)

    def day(self, *names: str) -> date:
        """The day of a date or time."""
        return self._split(*names)[0]

    def moment(self, *names: str) -> datetime:
        """The instant of a New York time, UTC; midnight where only a day is told."""
        day, clock = self._split(*names)
        return as_utc(datetime.combine(day, clock, NEW_YORK))

    def codes(self, *names: str) -> StatedHow:
        """How a quantity moved, by the codes of its row."""
        for code in re.split(r"[;,\s]+", self.text(*names)):
            if code in _HOWS:
                return _HOWS[code]
        return StatedHow.TRADED

    def _split(self, *names: str) -> tuple[date, time]:
        text = self.needed(*names)
        day = _DAY.match(text)
        if day is None:
            self.fail(
                f"has {names[0]} {text!r}; Premia reads yyyyMMdd and yyyy-MM-dd. "
                "Choose one of them as the statement's date format."
            )
        clock = _TIME.search(text, day.end())
        try:
            hour, minute, second = (int(part) for part in clock.groups()) if clock else (0, 0, 0)
            year, month, number = (int(part) for part in day.groups())
            return date(year, month, number), time(hour, minute, second)
        except ValueError:
            self.fail(f"has {names[0]} {text!r}, which is no date.")


def in_dollars(row: Row, *names: str) -> None:
    """Let only rows in US dollars pass.

    Raises:
        Uncompared: If the row is in another currency.
    """
    currency = row.text(*names)
    if currency not in ("", "USD", "BASE_SUMMARY", "Base Currency Summary"):
        raise Uncompared(f"{row.section} in {currency}; only US dollars are compared")


def flex_contract(row: Row) -> Contract:
    """The contract of a Flex row.

    Raises:
        Uncompared: If it is neither a share nor an option.
    """
    category, symbol = row.needed("assetCategory"), row.needed("symbol")
    if category in _SHARES:
        return Stock(symbol)
    if category not in _OPTIONS:
        raise Uncompared(f"{row.section} of {symbol}: asset category {category} is not compared")
    right = _RIGHTS.get(row.needed("putCall")[0])
    if right is None:
        row.fail(f"has putCall {row.text('putCall')!r}; expected P or C.")
    root = _OCC.fullmatch(symbol)
    return Option(
        symbol=row.text("underlyingSymbol") or (root.group(1) if root else symbol),
        expiry=row.day("expiry"),
        strike=row.number("strike"),
        right=right,
        multiplier=row.whole("multiplier"),
        trading_class=root.group(1).strip() if root else "",
    )


def spoken_contract(row: Row, category: str, terms: Mapping[str, Row]) -> Contract:
    """The contract of a row of an activity statement (`SPY 16JAN26 480 P`).

    Args:
        row: A row with a field `Symbol`.
        category: The words of its asset category.
        terms: Rows of the section on instruments by symbol, which tell underlying and multiplier.

    Raises:
        Uncompared: If it is neither a share nor an option.
    """
    symbol = row.needed("Symbol")
    if category in _SHARES:
        return Stock(symbol)
    if category not in _OPTIONS:
        raise Uncompared(f"{row.section} of {symbol}: asset category {category} is not compared")
    told = _SPOKEN.fullmatch(symbol)
    if told is None:
        row.fail(f"has Symbol {symbol!r}; expected an option such as SPY 16JAN26 480 P.")
    root, expiry, strike, right = told.groups()
    try:
        day = datetime.strptime(f"{expiry} +0000", "%d%b%y %z").date()
    except ValueError:
        row.fail(f"has Symbol {symbol!r}, whose expiry is no date.")
    term = terms.get(symbol)
    underlying = term.text("Underlying") if term else ""
    multiplier = term.text("Multiplier") if term else row.text("Mult")
    return Option(
        symbol=underlying or root,
        expiry=day,
        strike=Decimal(strike),
        right=_RIGHTS[right],
        multiplier=int(multiplier) if multiplier.isdigit() else 100,
        trading_class=root,
    )


def kind_of(words: str) -> CashKind:
    """What a movement of cash is, by the statement's words for it."""
    low = words.lower()
    return next((kind for name, kind in _KINDS if name in low), CashKind.OTHER)


def period_of(row: Row, texts: Iterable[str]) -> tuple[date, date]:
    """First and last day of a spoken period: `January 1, 2026 - January 31, 2026`, or a single day."""
    days: list[date] = []
    for text in texts:
        try:
            days.append(datetime.strptime(f"{text.strip()} +0000", "%B %d, %Y %z").date())
        except ValueError:
            row.fail(f"has the period {text.strip()!r}; expected a day such as January 31, 2026.")
    return days[0], days[-1]
