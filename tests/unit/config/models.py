"""A small configuration of an invented shop, to test the config room without any feature of Premia."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(Enum):
    CASH = "cash"
    MARGIN = "margin"


class Window(Strict):
    dte_min: int = Field(28, ge=0, le=365, json_schema_extra={"unit": "calendar days"})
    dte_max: int = Field(45, ge=0, le=365, json_schema_extra={"unit": "calendar days"})

    @model_validator(mode="after")
    def _in_order(self) -> "Window":
        if self.dte_min > self.dte_max:
            raise ValueError(f"dte_min is {self.dte_min}, above dte_max {self.dte_max}. Swap them.")
        return self


class Account(Strict):
    number: str = Field(pattern="^DU[0-9]+$")
    kind: Kind
    usage: float = Field(0.5, gt=0, le=1, description="Share of the margin that may be used.")
    opened: date | None = None


Days = Annotated[int, Field(ge=0, le=365, json_schema_extra={"unit": "calendar days"})]


class Symbol(Strict):
    name: str = Field("", min_length=1)
    weight: Decimal = Field(gt=0, le=1)
    held: Days | None = None
    delta: float | None = Field(None, ge=0.05, le=0.5, json_schema_extra={"unit": "delta per share"})


class Wheel(Strict):
    kind: Literal["wheel"]
    window: Window = Window()
    underwater: Literal["wait", "min_delta", "recover"] = "wait"


class Hold(Strict):
    kind: Literal["hold"]
    symbols: tuple[str, ...] = ()


class Shop(Strict):
    account: Account
    symbols: dict[str, Symbol] = {}
    strategy: dict[str, Annotated[Wheel | Hold, Field(discriminator="kind")]] = {}
    port: int = Field(4002, ge=1, le=65535)
