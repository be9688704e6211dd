"""Option chains as saved through yfinance: one row a contract and day, with bid and ask.

Columns: `date`, `underlying`, `underlying_price`, `expiry`, `strike`, `right`, `bid`, `ask`, `last`, `volume`
and `open_interest`, under these names or yfinance's own. Yahoo's volatility is not taken: for options
that hardly trade it is a default and not a solution.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from premia.store.forms import Form, Reading, readings

FORM = Form(
    "yfinance",
    last=("last", "lastPrice"),
    open_interest=("open_interest", "openInterest"),
    iv=(),
    delta=(),
    close=("underlying_price",),
    notes=(
        "Quotes are 15 to 30 minutes old when they are saved; the price of the underlying is the close.",
        "Yahoo's implied volatilities are left out.",
    ),
)


def read(path: Path, symbol: str = "") -> Iterator[Reading]:
    """The rows of a file; arguments and errors are those of `forms.readings`."""
    return readings(FORM, path, symbol)
