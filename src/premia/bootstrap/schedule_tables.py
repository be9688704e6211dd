"""The tables `[schedule]` and `[schedules.NAME]`: when strategies run.

`[schedule]` holds for all; a table of a strategy's name changes part of it. Its times go together: where it
names any, none of the general ones is kept, because a list with parts from two places is read wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, model_validator

from premia.domain.schedule import ORDINARY, Every, Missed, Schedule

EXCHANGE = "exchange"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_A_DAY = 1440
_TIMES = ("after_open", "before_close", "at", "every", "between")


class ScheduleTable(BaseModel):
    """When strategies run. Without any time: 30 minutes after the opening and 30 before the close."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after_open: list[int] = Field(
        default_factory=list[int],
        max_length=50,
        description="Minutes after the opening.",
        json_schema_extra={"unit": "minutes"},
    )
    before_close: list[int] = Field(
        default_factory=list[int],
        max_length=50,
        description="Minutes before the close, early closes too.",
        json_schema_extra={"unit": "minutes"},
    )
    at: list[time] = Field(
        default_factory=list[time],
        max_length=50,
        description='Times of day in `zone`, such as "10:00"; those outside the hours of a day are left out.',
    )
    every: int | None = Field(
        default=None,
        ge=5,
        le=1440,
        description="Repeats at this interval: from the opening on, or within `between`.",
        json_schema_extra={"unit": "minutes"},
    )
    between: list[time] = Field(
        default_factory=list[time],
        max_length=2,
        description="First and last time of day of `every`.",
    )
    zone: str = Field(
        default=EXCHANGE,
        description='Time zone of times of day: "exchange", or a name such as "Europe/Berlin".',
    )
    weekdays: list[Weekday] = Field(
        default_factory=lambda: list(_WEEK), min_length=1, description="Days of the week on which to run."
    )
    missed: Literal["once", "skip"] = Field(
        default="once",
        description="A run that could not begin in time: made once (the newest alone), or left out.",
    )
    late_max: int = Field(
        default=int(ORDINARY.late_max / timedelta(minutes=1)),
        ge=5,
        le=1440,
        description="How late a missed run may begin.",
        json_schema_extra={"unit": "minutes"},
    )

    @model_validator(mode="after")
    def _together(self) -> ScheduleTable:
        """What one key alone cannot tell; a message begins with the key that is wrong."""
        for name, minutes in (("after_open", self.after_open), ("before_close", self.before_close)):
            wrong = [one for one in minutes if not 1 <= one < _A_DAY]
            if wrong:
                raise ValueError(f"{name} holds {wrong[0]}, expected whole minutes from 1 to {_A_DAY - 1}.")
        for name, walls in (("at", self.at), ("between", self.between)):
            if any(one.tzinfo is not None for one in walls):
                raise ValueError(f"{name} holds a time with an offset, expected plain times read in `zone`.")
        if self.between and self.every is None:
            raise ValueError("between has no interval beside it, expected `every` in the same table.")
        if self.between and (len(self.between) != 2 or self.between[0] >= self.between[1]):  # noqa: PLR2004 - first and last
            raise ValueError('between is not two ascending times, expected some as ["10:00", "15:30"].')
        if self.zone != EXCHANGE and not _is_zone(self.zone):
            raise ValueError(f'zone is "{self.zone}", expected "exchange" or a name as "Europe/Berlin".')
        return self

    @property
    def names_times(self) -> bool:
        """Whether any time stands in it."""
        return bool(self.after_open or self.before_close or self.at or self.every)

    def over(self, general: ScheduleTable) -> ScheduleTable:
        """This table with what it leaves open taken from the general one."""
        own = {name: getattr(self, name) for name in self.model_fields_set}
        inherited = {name: getattr(general, name) for name in general.model_fields_set}
        if self.names_times:
            inherited = {name: value for name, value in inherited.items() if name not in _TIMES}
        return ScheduleTable.model_construct(**(inherited | own))

    def as_schedule(self, exchange: tzinfo) -> Schedule:
        """The schedule as the domain has it; `exchange` is the zone of the exchange."""
        times = self if self.names_times else ScheduleTable(after_open=[30], before_close=[30])
        first, last = times.between or (None, None)
        return Schedule(
            after_open=tuple(times.after_open),
            before_close=tuple(times.before_close),
            times=tuple(times.at),
            every=None if times.every is None else Every(times.every, first, last),
            weekdays=tuple(_WEEK.index(day) for day in self.weekdays),
            zone=exchange if self.zone == EXCHANGE else ZoneInfo(self.zone),
            missed=Missed(self.missed),
            late_max=timedelta(minutes=self.late_max),
        )


def schedules_of(
    strategies: Mapping[str, object],
    general: ScheduleTable,
    own: Mapping[str, ScheduleTable],
    exchange: tzinfo,
) -> dict[str, Schedule]:
    """The schedule of each strategy, by its name."""
    return {
        name: (own[name].over(general) if name in own else general).as_schedule(exchange)
        for name in strategies
    }


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
