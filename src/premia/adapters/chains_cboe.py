"""Option chains of Cboe DataShop, "Option EOD Summary" with calcs: quotes of 15:45, greeks and open interest.

The quotes of 15:45 are taken and not those of the end of the day, which the vendor itself calls wide; the
price of the underlying is that of 15:45 too. The last trade is the day's close of the option.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from premia.store.forms import Form, Reading, readings

FORM = Form(
    "cboe",
    day=("quote_date", "date"),
    expiry=("expiration",),
    right=("option_type",),
    symbol=("underlying_symbol",),
    root=("root",),
    bid=("bid_1545",),
    ask=("ask_1545",),
    last=("close",),
    volume=("trade_volume",),
    iv=("implied_volatility_1545",),
    delta=("delta_1545",),
    spot=("active_underlying_price_1545",),
    close=(),
    notes=("Quotes, greeks and the underlying are those of 15:45 New York time.",),
)


def read(path: Path, symbol: str = "") -> Iterator[Reading]:
    """The rows of a file; arguments and errors are those of `forms.readings`."""
    return readings(FORM, path, symbol)
