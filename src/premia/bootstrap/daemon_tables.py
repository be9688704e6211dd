"""`[daemon]`: how often a long-lived process looks, and what it leaves behind."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from premia.bootstrap.daemon import Rhythm


class DaemonTable(BaseModel):
    """How `premia run` lives between its runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    watch_s: float = Field(
        default=30.0,
        ge=1,
        le=3600,
        description="Between two looks at what is held while the exchange is open; it acts when two agree.",
        json_schema_extra={"unit": "seconds"},
    )
    observe_s: float = Field(
        default=300.0,
        ge=5,
        le=3600,
        description="Between two reconciliations with the broker while the exchange is open.",
        json_schema_extra={"unit": "seconds"},
    )
    cushion: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="Excess liquidity below this share of net liquidation halts entries until it is back.",
        json_schema_extra={"unit": "fraction"},
    )
    cancel_on_stop: bool = Field(
        default=False, description="Whether working orders are taken back when the process is told to end."
    )

    @property
    def as_rhythm(self) -> Rhythm:
        """The rhythm as the daemon has it."""
        return Rhythm(
            observe=timedelta(seconds=self.observe_s),
            watch=timedelta(seconds=self.watch_s),
            cancel_on_stop=self.cancel_on_stop,
        )

    @property
    def exact_cushion(self) -> Decimal:
        """The cushion as money is multiplied with."""
        return Decimal(str(self.cushion))
