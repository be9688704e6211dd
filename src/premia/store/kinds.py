"""What kind an underlying is, by its ticker: a share, a fund or an index.

It decides how options settle and are exercised: those on an index in cash and only at expiry. A ticker
that stands in neither list is a share; an importer may be told otherwise.
"""

from __future__ import annotations

INDICES = frozenset({"SPX", "XSP", "NDX", "XND", "RUT", "MRUT", "VIX", "DJX", "OEX", "XEO"})
FUNDS = frozenset(
    {
        "SPY",
        "QQQ",
        "IWM",
        "DIA",
        "EEM",
        "EFA",
        "GLD",
        "SLV",
        "TLT",
        "HYG",
        "LQD",
        "USO",
        "VXX",
        "ARKK",
        "XLB",
        "XLC",
        "XLE",
        "XLF",
        "XLI",
        "XLK",
        "XLP",
        "XLRE",
        "XLU",
        "XLV",
        "XLY",
        "VOO",
        "IVV",
        "FXI",
        "EWZ",
        "GDX",
        "KRE",
        "SMH",
        "XBI",
        "XOP",
        "IBIT",
        "TQQQ",
        "SQQQ",
    }
)  # fmt: skip - one ticker a line would fill the page


def kind_of(symbol: str) -> str:
    """`stock`, `fund` or `index`."""
    if symbol in INDICES:
        return "index"
    return "fund" if symbol in FUNDS else "stock"
