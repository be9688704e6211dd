"""HTML built from values: what is text is escaped, always, and what is markup has its own type.

`el("td", amount, cls="n")` gives an element; strings inside and attribute values are escaped, markup is
taken as it is. There is no other way to markup than through here, so no name out of a configuration or a
journal can become part of the page's structure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import escape

VOID = frozenset({"br", "col", "link", "meta"})
"""Elements without an end."""
_CERTAIN = 0.995
NONE = "\u2013"
"""What is not known."""


class Html(str):
    """Markup; its text is escaped already."""

    __slots__ = ()


def el(name: str, *inside: str, **attributes: str | float | None) -> Html:
    """An element.

    Args:
        name: Of the element.
        inside: Text, which is escaped, or markup.
        attributes: By name; `cls` is `class`, an underscore is a hyphen, None leaves one out.
    """
    told = "".join(
        f' {_attribute(key)}="{escape(str(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{join(inside)}</{name}>")


def join(parts: Iterable[str], between: str = "") -> Html:
    """Text and markup one after the other."""
    return Html(between.join(part if isinstance(part, Html) else escape(part, quote=False) for part in parts))


def _attribute(key: str) -> str:
    if key in ("viewBox", "preserveAspectRatio"):
        return key
    return "class" if key == "cls" else key.rstrip("_").replace("_", "-")


def table(heads: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]], caption: str = "") -> Html:
    """A table that scrolls sideways where the page is narrow.

    Args:
        heads: Titles, and whether the column holds numbers.
        rows: Cells, one a title; the first of a row names it.
        caption: What a screen reader calls the table.
    """
    head = el("tr", *(el("th", title, scope="col", cls="n" if number else None) for title, number in heads))
    body = [
        el(
            "tr",
            *(
                el("th", cell, scope="row") if place == 0 else el("td", cell, cls="n" if number else None)
                for place, (cell, (_title, number)) in enumerate(zip(row, heads, strict=True))
            ),
        )
        for row in rows
    ]
    inside = [el("caption", caption)] if caption else []
    return el(
        "div",
        el("table", *inside, el("thead", head), el("tbody", *body)),
        cls="wide",
        tabindex=0,
        role="region",
        aria_label=caption or None,
    )


def usd(amount: Decimal | float | None, digits: int = 0, *, signed: bool = False) -> str:
    """`12,345`, of a loss with a true minus."""
    return NONE if amount is None else _written(amount, digits, signed=signed)


def percent(fraction: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """`12.3 %` with a narrow space."""
    return NONE if fraction is None else f"{_written(fraction * 100, digits, signed=signed)}\u202f%"


def chance(probability: float | None) -> str:
    """A probability in whole percents, never all or nothing: `97 %`, `over 99 %`, `under 1 %`."""
    if probability is None:
        return NONE
    if probability > _CERTAIN:
        return f"over {percent(0.99, 0)}"
    return f"under {percent(0.01, 0)}" if probability < 1.0 - _CERTAIN else percent(probability, 0)


def number(value: float | None, digits: int = 2) -> str:
    """A plain figure."""
    return NONE if value is None else _written(value, digits, signed=False)


def _written(value: Decimal | float, digits: int, *, signed: bool) -> str:
    """What rounds to zero has no sign."""
    if not round(value, digits):
        return f"{0:.{digits}f}"
    return f"{value:{'+' if signed else ''},.{digits}f}".replace("-", "\u2212")


def day(at: date | None) -> str:
    """`2026-01-31`."""
    if at is None:
        return NONE
    return f"{at:%Y-%m-%d}" if isinstance(at, datetime) else at.isoformat()
