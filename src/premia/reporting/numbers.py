"""Exact decimals without the noise of divisions: millionths are kept, idle zeros are not."""

from __future__ import annotations

from decimal import Decimal

_MILLIONTH = Decimal("0.000001")
_CENT = Decimal("0.01")


def tidy(amount: Decimal) -> Decimal:
    """The amount to a millionth, written with two decimals at least and no idle zeros beyond."""
    exact = amount.quantize(_MILLIONTH)
    cents = exact.quantize(_CENT)
    return cents if cents == exact else exact.normalize()


def tidied(amount: Decimal | None) -> Decimal | None:
    """As `tidy`; what is not known stays so."""
    return None if amount is None else tidy(amount)
