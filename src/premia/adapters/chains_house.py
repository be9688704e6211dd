"""Option chains in Premia's own Parquet form: one row a quote, one snapshot a day.

Columns: `date`, `underlying`, `expiry`, `strike`, `right` (C or P), `bid`, `ask`, and where known `root`,
`last`, `volume`, `open_interest`, `iv`, `delta`, `underlying_price` and `underlying_close`. A volatility of
zero is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from premia.store.forms import Form, Reading, readings

FORM = Form("premia", root=("root",))


def read(path: Path, symbol: str = "") -> Iterator[Reading]:
    """The rows of a file; arguments and errors are those of `forms.readings`."""
    return readings(FORM, path, symbol)
