"""The tables `[orders.NAME]`: the named price ladders that orders walk."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from premia.domain.order import Ladder, Then
from premia.engine.planner import ORDINARY, PATIENT, URGENT

_FROZEN = ConfigDict(frozen=True, extra="forbid")
_PART: dict[str, JsonValue] = {"unit": "fraction"}


class LadderTable(BaseModel):
    """How an order walks from mid toward its worst price."""

    model_config = _FROZEN

    steps: int = Field(ge=0, le=100, description="Price steps.", json_schema_extra={"unit": "steps"})
    every_s: float = Field(
        gt=0, le=3600, description="Market time between two steps.", json_schema_extra={"unit": "seconds"}
    )
    patience_s: float = Field(
        gt=0,
        le=23400,
        description="Market time after the last step before it is cancelled.",
        json_schema_extra={"unit": "seconds"},
    )

    start: float = Field(
        default=0.0,
        ge=-1,
        le=1,
        description="Where it begins on the way from mid (0) to what fills (1); below 0 is better than mid.",
        json_schema_extra=_PART,
    )
    floor: float = Field(
        default=1.0, ge=0, le=1, description="Where it ends on the same way.", json_schema_extra=_PART
    )
    keep: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Part of the credit at mid that is never given up.",
        json_schema_extra=_PART,
    )
    then: Literal["cancel", "leave", "natural"] = Field(
        default="cancel",
        description="After its patience: taken back, left until the close, or sent to what filled and "
        "taken back after the same patience.",
    )

    @property
    def as_ladder(self) -> Ladder:
        """The ladder as the domain has it."""
        return Ladder(
            steps=self.steps,
            every=timedelta(seconds=self.every_s),
            patience=timedelta(seconds=self.patience_s),
            start=Decimal(str(self.start)),
            floor=Decimal(str(self.floor)),
            keep=Decimal(str(self.keep)),
            then=Then(self.then),
        )


def _table_of(ladder: Ladder) -> LadderTable:
    return LadderTable(
        steps=ladder.steps,
        every_s=ladder.every.total_seconds(),
        patience_s=ladder.patience.total_seconds(),
        start=float(ladder.start),
        floor=float(ladder.floor),
        keep=float(ladder.keep),
        then=ladder.then.value,
    )


class OrdersTable(BaseModel):
    """How orders walk: a named ladder for each urgency."""

    model_config = _FROZEN

    rolls: Literal["combo", "two_orders"] = Field(
        default="combo",
        description="How a short option is rolled: as one combo, or bought back and then sold anew, for "
        "accounts that take no combos.",
    )
    patient: LadderTable = Field(default=_table_of(PATIENT), description="Openings.")
    ordinary: LadderTable = Field(default=_table_of(ORDINARY), description="Takes and rolls.")
    urgent: LadderTable = Field(default=_table_of(URGENT), description="What must happen soon.")
