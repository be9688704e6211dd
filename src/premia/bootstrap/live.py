"""What `premia live` asks the broker: whose account it is, and what the worst case would leave of it."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from premia.adapters.clocks import WallClock
from premia.adapters.ib.assemble import REAL_TIME
from premia.adapters.ib.clock import IbClock
from premia.bootstrap.compose import admission, broker_parts
from premia.bootstrap.consent import CRASH, may_look, worst_case, worst_part
from premia.bootstrap.settings import Config, Settings
from premia.domain.errors import NotAllowed
from premia.domain.events import BrokerObserved
from premia.domain.instrument import Option, Right, Stock
from premia.domain.known import Known
from premia.domain.position import BrokerPosition
from premia.engine.run import open_session


class WorstCase(NamedTuple):
    """What is agreed to.

    Attributes:
        live: Whether the account is real money; a paper account needs no agreement.
        part: Part of net liquidation that the limits let be lost.
        lost, left: USD in the worst case, whole dollars.
        crash: The fall that it assumes.
    """

    account: str
    live: bool
    net_liquidation: Decimal
    part: Decimal
    lost: Decimal
    left: Decimal
    crash: Decimal = CRASH

    @property
    def text(self) -> str:
        """The worst case in one sentence."""
        return (
            f"if all is assigned at -{self.crash:.0%}: {self.lost:,.0f} USD lost, {self.left:,.0f} USD left "
            f"of {self.net_liquidation:,.0f} USD"
        )

    def is_typed_back(self, text: str) -> bool:
        """Whether a person has typed both sums, the lost one first; separators do not matter."""
        words = text.replace(",", "").replace("USD", " ").split()
        return words == [f"{self.lost:.0f}", f"{self.left:.0f}"]


async def worst_of(settings: Settings) -> WorstCase:
    """Ask the broker for the account and compute its worst case; nothing is sent or journalled.

    Raises:
        NotConnected: If no gateway answers.
        NotAllowed: If the account is live and the file does not say so, or its figures are unknown.
    """
    config = settings.config
    clock = IbClock(WallClock())
    parts = broker_parts(config, clock, REAL_TIME)

    async def set_right() -> None:
        await clock.measure(parts.connection)

    try:
        opened = await open_session(parts.broker, admission(set_right, clock, may_look(config)))
        return _read(config, opened.account, await parts.broker.observe(), live=not opened.paper)
    finally:
        await parts.broker.close()


def _read(config: Config, account: str, seen: BrokerObserved, *, live: bool) -> WorstCase:
    figures, positions = seen.account, seen.positions
    worth = figures.value.net_liquidation if isinstance(figures, Known) else None
    if worth is None or not isinstance(positions, Known):
        raise NotAllowed(
            f"The broker did not tell net liquidation or positions of {account}, so the worst case is "
            "unknown. Try again when `premia doctor` finds all well."
        )
    held = sum((_at_risk(one) for one in positions.value), Decimal(0))
    lost, left = worst_case(config, worth, held)
    part = max(worst_part(config), lost / worth if worth > 0 else Decimal(1))
    return WorstCase(
        account, live, worth, part.quantize(Decimal("0.0001"), rounding=ROUND_CEILING), lost, left
    )


def _at_risk(held: BrokerPosition) -> Decimal:
    """Strikes of short puts and value of shares, USD."""
    contract = held.contract
    if isinstance(contract, Option) and contract.right is Right.PUT and held.quantity < 0:
        return -held.quantity * contract.strike_value.amount
    if isinstance(contract, Stock) and held.quantity > 0:
        return held.quantity * (held.average_cost if held.market_price is None else held.market_price)
    return Decimal(0)
