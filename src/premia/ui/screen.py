"""How results look: tables on a terminal, plain columns when piped, JSON when asked, progress on the side.

Numbers become text here and nowhere else. What is not known is `-`, never zero.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any, NamedTuple

import msgspec

SCHEMA = 1
"""Version of the JSON that verbs print; it rises when a key changes its meaning or goes."""

NONE = "-"


class Column(NamedTuple):
    """A column: its heading, whether it holds numbers, and when a narrow terminal does without it.

    The highest `spare` goes first; a column with 0 always stays. Piped output and JSON keep all.
    """

    title: str
    number: bool = False
    spare: int = 0


def table(title: str, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Show rows; an empty table says so."""
    lines = [tuple(row) for row in rows]
    if sys.stdout.isatty():
        import_module("premia.ui.terminal").table(title, columns, lines)
        return
    say(f"{title}:" if lines else f"{title}: none")
    if lines:
        widths = [max(len(c.title), *(len(row[n]) for row in lines)) for n, c in enumerate(columns)]
        for row in [tuple(c.title for c in columns), *lines]:
            cells = [
                text.rjust(width) if column.number else text.ljust(width)
                for text, width, column in zip(row, widths, columns, strict=True)
            ]
            say("  ".join(cells).rstrip())
    say("")


def pairs(title: str, rows: Iterable[tuple[str, str]]) -> None:
    """Show names with values, one a line."""
    lines = list(rows)
    width = max((len(name) for name, _value in lines), default=0)
    say(title)
    for name, value in lines:
        say(f"  {name.ljust(width)}  {value}")
    say("")


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """A line beside the result, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def emit(verb: str, content: dict[str, Any]) -> None:
    """The JSON of a verb: `schema`, `verb` and its content; exact decimals are text, times are ISO in UTC."""
    text = msgspec.json.encode({"schema": SCHEMA, "verb": verb, **content})
    sys.stdout.write(msgspec.json.format(text, indent=2).decode() + "\n")


def money(amount: Decimal | None) -> str:
    """`1,234.50`."""
    return NONE if amount is None else f"{amount:,.2f}"


def price(amount: Decimal | None) -> str:
    """A price a share with two to four decimals: `0.60`, `49.4105`."""
    if amount is None:
        return NONE
    text = f"{amount:,.4f}"
    return text.removesuffix("00")


def percent(fraction: float | None) -> str:
    """`12.3 %`."""
    return NONE if fraction is None else f"{fraction * 100:.1f} %"


def count(number: int | None) -> str:
    """A whole number."""
    return NONE if number is None else f"{number:,}"


def moment(at: datetime | None) -> str:
    """`2026-01-15 14:30 UTC`."""
    return NONE if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(at: date | None) -> str:
    """`2026-01-15`; of an instant, its UTC date."""
    if at is None:
        return NONE
    return f"{at.astimezone(UTC):%Y-%m-%d}" if isinstance(at, datetime) else at.isoformat()


def age(seconds: float) -> str:
    """`3 min`, `5 h`, `12 days`: the largest unit of which two have passed, else the next."""
    for length, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {name}"
    return f"{max(seconds, 0):.0f} s"


def figure(value: float | str | None) -> str:
    """A number of an evidence, as short as it can be read."""
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 1e9 else f"{value:g}"  # noqa: PLR2004 - beyond it digits mislead
    return NONE if value is None else str(value)
