"""The tables `[gate]` and `[kill]`: limits of the last gate, and where the kill switch's file lies.

They stand apart from `[limits]` on purpose: whoever loosens the rules has not loosened the gate.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from premia.engine.collar import Collar
from premia.engine.gate import GateLimits

_FROZEN = ConfigDict(frozen=True, extra="forbid")
_OWN = GateLimits()
_USD: dict[str, JsonValue] = {"unit": "USD"}
_SHARE: dict[str, JsonValue] = {"unit": "USD a share"}
_ORDERS: dict[str, JsonValue] = {"unit": "orders"}


class GateTable(BaseModel):
    """What the last gate lets pass, whatever rules and strategies say."""

    model_config = _FROZEN

    contracts_an_order: int = Field(
        default=_OWN.contracts,
        ge=1,
        le=10_000,
        description="Contracts of any leg in one order.",
        json_schema_extra={"unit": "contracts"},
    )
    usd_an_order: float = Field(
        default=float(_OWN.order_usd),
        gt=0,
        le=1e9,
        description="Cash that one order takes if assigned.",
        json_schema_extra=_USD,
    )
    usd_working: float = Field(
        default=float(_OWN.working_usd),
        gt=0,
        le=1e10,
        description="Cash that all orders at the broker take if assigned.",
        json_schema_extra=_USD,
    )
    orders_a_minute: int = Field(
        default=_OWN.a_minute,
        ge=1,
        le=1000,
        description="Orders sent in a minute of market time.",
        json_schema_extra=_ORDERS,
    )
    orders_a_day: int = Field(
        default=_OWN.a_day,
        ge=1,
        le=100_000,
        description="Orders sent in a session.",
        json_schema_extra=_ORDERS,
    )
    changes_a_minute: int = Field(
        default=_OWN.changes_a_minute,
        ge=1,
        le=10_000,
        description="Changes of prices in a minute of market time.",
        json_schema_extra={"unit": "changes"},
    )
    again_s: float = Field(
        default=_OWN.again_s,
        ge=0,
        le=3600,
        description="Market time before another order may open the same legs.",
        json_schema_extra={"unit": "seconds"},
    )
    daily_loss_max: float = Field(
        default=float(_OWN.loss_max),
        gt=0,
        le=1,
        description="Loss since the last session's end at which openings stop for the day.",
        json_schema_extra={"unit": "fraction of net liquidation"},
    )
    collar_spreads: float = Field(
        default=float(_OWN.collar.spreads),
        ge=0,
        le=20,
        description="How far a limit may lie from the middle at decision; the widest of the three holds.",
        json_schema_extra={"unit": "spreads"},
    )
    collar_floor: float = Field(
        default=float(_OWN.collar.floor),
        ge=0,
        le=10,
        description="The same in money.",
        json_schema_extra=_SHARE,
    )
    collar_part: float = Field(
        default=float(_OWN.collar.part),
        ge=0,
        le=1,
        description="The same as a part of the middle.",
        json_schema_extra={"unit": "fraction"},
    )
    restricted: list[str] = Field(
        default_factory=list[str], description="Symbols of which nothing is sent, not even a closing."
    )

    @property
    def as_limits(self) -> GateLimits:
        """The limits as the gate knows them."""
        return GateLimits(
            contracts=self.contracts_an_order,
            order_usd=_exact(self.usd_an_order),
            working_usd=_exact(self.usd_working),
            a_minute=self.orders_a_minute,
            a_day=self.orders_a_day,
            changes_a_minute=self.changes_a_minute,
            again_s=self.again_s,
            loss_max=_exact(self.daily_loss_max),
            restricted=frozenset(self.restricted),
            collar=Collar(_exact(self.collar_spreads), _exact(self.collar_floor), _exact(self.collar_part)),
        )


class KillTable(BaseModel):
    """The kill switch."""

    model_config = _FROZEN

    file: str = Field(
        default="premia.kill",
        min_length=1,
        description="While a file of this name exists nothing is sent; beside this file unless absolute.",
    )


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
