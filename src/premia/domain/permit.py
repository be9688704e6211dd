"""A permit of the last gate: without one nothing about an order reaches a broker.

Only `engine/gate.py` makes one, for one order, one broker id and one price. It is asked once more where
the bytes leave, because between permit and socket there may be a wait: a kill switch thrown meanwhile wins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from premia.domain.errors import GateShut
from premia.domain.money import Price
from premia.domain.order import Order


class Permit(NamedTuple):
    """Leave to send an order under a broker id that is already durable, or to change its price.

    Attributes:
        limit: Net credit a share that was examined.
        shut: Why nothing may be sent at this very moment; empty where it may.
    """

    order: Order
    broker_id: int
    limit: Price
    shut: Callable[[], str]

    def redeem(self) -> None:
        """Ask for the last time; to be called right before the bytes leave, with no wait between.

        Raises:
            GateShut: If sending was forbidden since the permit was given; nothing has left.
        """
        why = self.shut()
        if why:
            raise GateShut(f"Order {self.order.key} was stopped before it left: {why}")
