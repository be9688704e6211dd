"""`[health]`: where a long-lived process answers how it stands."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class HealthTable(BaseModel):
    """What `premia run` answers on this machine: `/healthz`, `/livez` and `/metrics`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Where it listens on 127.0.0.1, never on a network; 0: nowhere.",
        json_schema_extra={"unit": "TCP port"},
    )
    silent_s: float = Field(
        default=180.0,
        ge=5,
        le=3600,
        description="Without a sign of life of the loop before it counts as hung.",
        json_schema_extra={"unit": "seconds"},
    )
