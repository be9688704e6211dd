"""Parameters of the wheel, for all symbols and for one.

Every parameter of `Want` holds for all symbols; the table of a symbol may set most of them anew. What
a symbol does not say is None there, and `want` joins the two. Deltas are absolute, rates and shares
of something are fractions, prices are USD a share, DTE is whole calendar days.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Delta = Annotated[float, Field(gt=0, lt=1, json_schema_extra={"unit": "absolute delta"})]
Days = Annotated[int, Field(ge=0, le=1000, json_schema_extra={"unit": "calendar days"})]
PerShare = Annotated[float, Field(ge=0, le=100_000, json_schema_extra={"unit": "USD per share"})]
Fraction = Annotated[float, Field(ge=0, le=1, json_schema_extra={"unit": "fraction"})]
Yield = Annotated[float, Field(ge=0, le=5, json_schema_extra={"unit": "fraction of the strike per year"})]
Contracts = Annotated[int, Field(ge=0, le=100_000, json_schema_extra={"unit": "contracts"})]
Multiple = Annotated[float, Field(ge=0, le=1000, json_schema_extra={"unit": "times the round-trip fees"})]
Earnings = Literal["avoid", "ignore"]
Underwater = Literal["wait", "min_delta", "recover"]
Called = Literal["welcome", "avoid"]


class Want(BaseModel):
    """What the wheel wants of one symbol."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    put_delta_min: Delta = Field(default=0.15, description="No put below this absolute delta is ever sold.")
    put_delta_max: Delta = Field(default=0.30, description="No put above this absolute delta is ever sold.")
    put_delta_aim: Delta = Field(
        default=0.25, description="Among the puts that pass, those near this delta go first."
    )
    call_delta_min: Delta = Field(
        default=0.15, description="No call below this delta is sold, but see underwater."
    )
    call_delta_max: Delta = Field(default=0.35, description="No call above this delta is ever sold.")
    call_delta_aim: Delta = Field(
        default=0.28, description="Among the calls that pass, those near this delta go first."
    )
    dte_min: Days = Field(default=28, description="Fewest days to expiry of an option sold.")
    dte_max: Days = Field(default=45, description="Most days to expiry of an option sold.")
    credit_min: PerShare = Field(default=0.25, description="Least premium of an option sold.")
    fee_multiple_min: Multiple = Field(
        default=10.0, description="Least premium as a multiple of fees in and out."
    )
    yield_min_fund: Yield = Field(
        default=0.06, description="Least premium a year on the strike of a fund or index."
    )
    yield_min_stock: Yield = Field(
        default=0.10, description="Least premium a year on the strike of a single stock."
    )
    put_strike_max: PerShare | None = Field(default=None, description="No put above this strike.")
    call_strike_min: PerShare | None = Field(default=None, description="No call below this strike.")
    contracts_max: Contracts = Field(default=100, description="Most short puts of a symbol at a time.")
    earnings: Earnings = Field(
        default="avoid", description="Whether a single stock is sold over its earnings date."
    )
    underwater: Underwater = Field(
        default="wait",
        description="What shares do whose break-even lies above every strike of the delta band.",
    )
    underwater_delta_min: Delta = Field(default=0.05, description="Least delta of a call under `min_delta`.")
    realised_loss_max: Fraction = Field(
        default=0.05,
        description="How far below break-even a call may be sold under `recover`, of the break-even.",
    )
    called: Called = Field(
        default="welcome", description="Whether losing the shares at the strike is welcome."
    )
    am_settled: bool = Field(
        default=False, description="Whether options settled at an opening value may be sold."
    )
    adopt: bool = Field(
        default=False, description="Whether positions that were there already join the wheel."
    )


class SymbolParams(BaseModel):
    """One symbol: its share of the account, and what differs from the wheel's other symbols."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: Fraction = Field(description="Share of net liquidation (times margin usage) that it may take.")
    put_delta_min: Delta | None = Field(default=None, description="As above, for this symbol.")
    put_delta_max: Delta | None = Field(default=None, description="As above, for this symbol.")
    put_delta_aim: Delta | None = Field(default=None, description="As above, for this symbol.")
    call_delta_min: Delta | None = Field(default=None, description="As above, for this symbol.")
    call_delta_max: Delta | None = Field(default=None, description="As above, for this symbol.")
    call_delta_aim: Delta | None = Field(default=None, description="As above, for this symbol.")
    dte_min: Days | None = Field(default=None, description="As above, for this symbol.")
    dte_max: Days | None = Field(default=None, description="As above, for this symbol.")
    credit_min: PerShare | None = Field(default=None, description="As above, for this symbol.")
    fee_multiple_min: Multiple | None = Field(default=None, description="As above, for this symbol.")
    yield_min_fund: Yield | None = Field(default=None, description="As above, for this symbol.")
    yield_min_stock: Yield | None = Field(default=None, description="As above, for this symbol.")
    put_strike_max: PerShare | None = Field(default=None, description="As above, for this symbol.")
    call_strike_min: PerShare | None = Field(default=None, description="As above, for this symbol.")
    contracts_max: Contracts | None = Field(default=None, description="As above, for this symbol.")
    earnings: Earnings | None = Field(default=None, description="As above, for this symbol.")
    underwater: Underwater | None = Field(default=None, description="As above, for this symbol.")
    underwater_delta_min: Delta | None = Field(default=None, description="As above, for this symbol.")
    realised_loss_max: Fraction | None = Field(default=None, description="As above, for this symbol.")
    called: Called | None = Field(default=None, description="As above, for this symbol.")
    am_settled: bool | None = Field(default=None, description="As above, for this symbol.")
    adopt: bool | None = Field(default=None, description="As above, for this symbol.")


class Params(Want):
    """The wheel: what it wants of every symbol, how it manages trades, and its symbols."""

    symbols: dict[str, SymbolParams] = Field(default_factory=dict, description="What it trades, by ticker.")
    margin_usage: float = Field(
        default=1.0,
        gt=0,
        le=4,
        description="Net liquidation counts times this; above 1 only in a margin account.",
        json_schema_extra={"unit": "fraction"},
    )
    expirations: int = Field(
        default=4,
        ge=1,
        le=20,
        description="How many expirations are looked at, the earliest first.",
        json_schema_extra={"unit": "expirations"},
    )
    fee_per_contract: float = Field(
        default=1.05,
        ge=0,
        le=100,
        description="Commission and fees of one contract, one way, exchange fees included.",
        json_schema_extra={"unit": "USD per contract"},
    )
    spread_max: Fraction = Field(
        default=0.10, description="Widest bid-ask spread of an option sold, of its mid."
    )
    spread_always: PerShare = Field(
        default=0.05, description="A spread up to this width passes whatever the mid."
    )
    open_interest_min: Contracts = Field(default=25, description="Least open interest of an option sold.")
    take_profit: Fraction = Field(
        default=0.50, description="A short option is bought back when this much is earned."
    )
    take_profit_late: Fraction = Field(default=0.80, description="The same within `late_dte` of expiry.")
    late_dte: Days = Field(default=10, description="From when `take_profit_late` holds.")
    stop_at: Multiple = Field(
        default=0.0,
        description="A short option is bought back when it costs this many times its premium; 0: never.",
        json_schema_extra={"unit": "times the premium"},
    )
    roll_dte: Days = Field(default=7, description="From when a tested option is rolled.")
    roll_delta: Delta = Field(default=0.40, description="An option is tested at this delta, or in the money.")
    roll_delta_max: Delta = Field(
        default=0.45, description="No option above this delta is ever sold by a roll."
    )
    roll_credit_min: PerShare = Field(default=0.01, description="Least net credit of a roll, after fees.")
    rolls_max: int = Field(
        default=2, ge=0, le=100, description="Most rolls of a trade.", json_schema_extra={"unit": "rolls"}
    )
    trade_days_max: Days = Field(
        default=90, description="A roll may not reach further than this from the first opening."
    )
    otherwise: Literal["hold", "close"] = Field(
        default="hold", description="A tested option that cannot be rolled is held to assignment, or closed."
    )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        """Refuse bounds in the wrong order, of the wheel and of each symbol as used, all at once."""
        problems = _disorders(self)
        for symbol in self.symbols:
            own = [found for found in _disorders(want(self, symbol)) if found not in problems]
            problems += [f"symbols.{symbol}: {found}" for found in own]
        if self.roll_delta_max < self.put_delta_min:
            problems.append(
                f"roll_delta_max is {self.roll_delta_max}, below put_delta_min {self.put_delta_min}."
            )
        if problems:
            raise ValueError(" ".join(problems))
        return self


def want(params: Params, symbol: str) -> Want:
    """What the wheel wants of a symbol: the wheel's parameters, with the symbol's own in their place.

    Args:
        params: The wheel's parameters.
        symbol: A ticker; one that the wheel does not trade has no parameters of its own.
    """
    common = {name: getattr(params, name) for name in Want.model_fields}
    own = params.symbols.get(symbol)
    if own is None:
        return Want.model_construct(**common)
    changed = {
        name: value
        for name in SymbolParams.model_fields
        if name in common and (value := getattr(own, name)) is not None
    }
    return Want.model_construct(**{**common, **changed})


def _disorders(wanted: Want) -> list[str]:
    """What is in the wrong order, each as a sentence that begins with the key."""
    rising = (
        ("put_delta_min", "put_delta_aim"),
        ("put_delta_aim", "put_delta_max"),
        ("call_delta_min", "call_delta_aim"),
        ("call_delta_aim", "call_delta_max"),
        ("dte_min", "dte_max"),
    )
    return [
        f"{low} is {found}, above {high} {bound}. Swap them or widen the window."
        for low, high in rising
        if (found := getattr(wanted, low)) > (bound := getattr(wanted, high))
    ]
