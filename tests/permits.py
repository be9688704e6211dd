"""Permits for tests that hand an order to a broker themselves; the product has only the last gate for it."""

from premia.domain.permit import Permit


def open_gate():
    return ""


def a_permit(order, broker_id=1, limit=None, shut=open_gate):
    """Leave to send an order at its first price, unless another is named."""
    return Permit(order, broker_id, order.limit if limit is None else limit, shut)
