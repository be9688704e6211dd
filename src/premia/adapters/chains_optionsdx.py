"""Option chains of OptionsDX: monthly text files, one row a strike, call and put side by side.

Columns as documented: `[QUOTE_DATE]`, `[UNDERLYING_LAST]`, `[EXPIRE_DATE]`, `[STRIKE]`, for calls `[C_BID]`,
`[C_ASK]`, `[C_DELTA]` and where present `[C_LAST]`, `[C_VOLUME]` and `[C_IV]`, for puts the same with P. The
ticker is in no column: it is the first word of the file's name (`spx_eod_202101.txt`), or it is given. A side
of a strike on which nothing at all is written is no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from premia.store.forms import Form, Reading, joined, readings

_CALLS, _PUTS = (
    Form(
        "optionsdx",
        day=("QUOTE_DATE",),
        expiry=("EXPIRE_DATE",),
        strike=("STRIKE",),
        right=("STRIKE",),  # which of the two it is says the column's name, see `read`
        symbol=(),
        bid=(f"{side}_BID",),
        ask=(f"{side}_ASK",),
        last=(f"{side}_LAST",),
        volume=(f"{side}_VOLUME",),
        open_interest=(),
        iv=(f"{side}_IV",),
        delta=(f"{side}_DELTA",),
        spot=("UNDERLYING_LAST",),
        close=(),
    )
    for side in "CP"
)
FORM = _CALLS


def read(path: Path, symbol: str = "") -> Iterator[Reading]:
    """The rows of a file; arguments and errors are those of `forms.readings`."""
    sides = (readings(_CALLS, path, symbol), readings(_PUTS, path, symbol))
    for calls, puts in zip(*sides, strict=True):
        yield joined(_side(calls, 1), _side(puts, -1))


def _side(reading: Reading, sign: int) -> Reading:
    """The rows that say something of a side."""
    said = np.isfinite([reading.bid, reading.ask, reading.last, reading.iv])
    kept = reading.taken(np.flatnonzero(said.any(axis=0)))
    return kept._replace(right=np.full(kept.day.size, sign, dtype=np.int8))
