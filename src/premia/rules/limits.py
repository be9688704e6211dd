"""The parameters of all rules, a table each: what stands under `limits` in the configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from premia.rules.cash_secured import Params as CashSecured


class Limits(BaseModel):
    """One table a rule, under the rule's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cash_secured: CashSecured = Field(default=CashSecured(), description="Cash behind every put.")
