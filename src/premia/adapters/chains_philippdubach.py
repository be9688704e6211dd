"""Option chains of philippdubach/options-dataset-hist: SPY, IWM and QQQ since 2008, one Parquet file a year.

Columns as documented there: `contract_id`, `symbol`, `expiration`, `strike`, `type`, `bid`, `ask`, `volume`,
`open_interest`, `date`, `implied_volatility`, `delta` and further greeks. It has no price of the
underlying: give closes as events, or it follows from put-call parity and is counted as computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from premia.store.forms import Form, Reading, readings

FORM = Form(
    "philippdubach",
    expiry=("expiration",),
    right=("type",),
    symbol=("symbol",),
    iv=("implied_volatility",),
    notes=("The source has no price of the underlying.",),
)


def read(path: Path, symbol: str = "") -> Iterator[Reading]:
    """The rows of a file; arguments and errors are those of `forms.readings`."""
    return readings(FORM, path, symbol)
