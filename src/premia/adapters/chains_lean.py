"""Option chains made of Lean's daily data: closing quotes, or the universe with volatilities and greeks.

Both have one row a contract and day with `date`, `underlying`, `underlying_price`, `expiry`, `strike`,
`right` and `last`; the chain has `bid` and `ask`, the universe `iv` and `delta` and no quotes. A
volatility of 1e-7 is Lean's word for one that could not be solved.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from premia.store.forms import Form, Reading, readings

FORM = Form(
    "lean",
    iv_unknown=1e-6,
    close=("underlying_price",),
    notes=("The price of the underlying is the day's close.",),
)


def read(path: Path, symbol: str = "") -> Iterator[Reading]:
    """The rows of a file; arguments and errors are those of `forms.readings`."""
    return readings(FORM, path, symbol)
