"""Legs that trade as one order. A single contract is a combo of one."""

from __future__ import annotations

import msgspec

from premia.domain.errors import InvariantViolated
from premia.domain.instrument import Contract, Option
from premia.domain.money import Money, Price


class Leg(msgspec.Struct, frozen=True):
    """A contract and its signed ratio per unit: positive is bought when a unit is bought."""

    contract: Contract
    ratio: int


class Combo(msgspec.Struct, frozen=True):
    """Legs in one order; one unit holds each contract `ratio` times.

    A combo is written from the point of view of the wanted position: a short put has ratio -1, a roll
    has +1 on the leg bought back and -1 on the leg sold. Its `premium` is positive for a credit.
    """

    legs: tuple[Leg, ...]

    def __post_init__(self) -> None:
        """Refuse an empty combo, a leg without quantity and a contract named twice."""
        legs = self.legs
        if len(legs) == 1 and legs[0].ratio != 0:
            return
        keys = {leg.contract.key for leg in legs}
        if not keys or len(keys) != len(legs) or any(leg.ratio == 0 for leg in legs):
            raise InvariantViolated(
                f"A combo needs distinct legs with a ratio each; found {self.text or 'none'}."
            )

    @property
    def text(self) -> str:
        """`-1 SPY 2026-01-16 480 P, +1 SPY 2025-12-19 490 P`."""
        return ", ".join(f"{leg.ratio:+d} {leg.contract.key}" for leg in self.legs)

    @property
    def options(self) -> tuple[Option, ...]:
        """The option series among its legs."""
        return tuple(leg.contract for leg in self.legs if isinstance(leg.contract, Option))

    def premium_of(self, net: Price, units: int) -> Money:
        """Cash received for `units` at a net credit of `net` a share (negative: paid)."""
        multiplier = max(leg.contract.multiplier for leg in self.legs)
        return Money(net * multiplier * units)


def single(contract: Contract, ratio: int) -> Combo:
    """The combo of one contract: ratio -1 to be short, +1 to be long."""
    return Combo((Leg(contract, ratio),))
