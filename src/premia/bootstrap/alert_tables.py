"""`[alerts]`: whom a long-lived process tells when something is wrong; a channel's address is a secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from premia.domain.errors import ConfigError

_FROZEN = ConfigDict(frozen=True, extra="forbid")
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]


class ChannelTable(BaseModel):
    """A way to a person; its Apprise address stands in an environment variable or in a file of its own."""

    model_config = _FROZEN

    variable: str = Field(
        default="",
        pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
        description="Environment variable that holds the address.",
    )
    file: str = Field(
        default="", description="File that holds nothing but the address, beside this file unless absolute."
    )

    @model_validator(mode="after")
    def _one_place(self) -> ChannelTable:
        """The address stands in one place."""
        if bool(self.variable) == bool(self.file):
            raise ValueError("variable or file, exactly one of them, must say where the address stands.")
        return self

    def address(self, folder: Path, environment: Mapping[str, str]) -> str:
        """The address.

        Args:
            folder: Where the configuration lies.
            environment: All environment variables.

        Raises:
            ConfigError: If it is not there; its text tells where it was looked for.
        """
        if self.variable:
            found = environment.get(self.variable, "").strip()
            if not found:
                raise ConfigError(
                    f"the environment variable {self.variable} is not set. Set it to the address."
                )
            return found
        path = folder / self.file
        try:
            found = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read: {_why(error)}. Write the address into it.") from None
        if not found:
            raise ConfigError(f"{path} is empty. Write the address into it.")
        return found


class RouteTable(BaseModel):
    """Channels by severity, in the order in which they are tried; empty for all, as the file has them."""

    model_config = _FROZEN

    info: tuple[str, ...] = Field(default=(), description="Starts, ends, assignments.")
    warning: tuple[str, ...] = Field(default=(), description="What wants a look today.")
    critical: tuple[str, ...] = Field(default=(), description="What wants a look now, and what lasts.")


class AlertsTable(BaseModel):
    """When a person is told of something, and by which channels; without a channel only the log tells it."""

    model_config = _FROZEN

    quiet_min: float = Field(
        default=10.0,
        ge=1,
        le=1440,
        description="Between two messages about the same.",
        json_schema_extra={"unit": "minutes"},
    )
    patience_s: float = Field(
        default=120.0,
        ge=0,
        le=3600,
        description="How long a lost connection must last before it is told; daily restarts are shorter.",
        json_schema_extra={"unit": "seconds"},
    )
    channels: dict[Name, ChannelTable] = Field(
        default_factory=dict[Name, ChannelTable], description="Ways to a person, by a name of your own."
    )
    routes: RouteTable = RouteTable()

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> AlertsTable:
        """Every channel of a route is there."""
        for severity in RouteTable.model_fields:
            for name in getattr(self.routes, severity):
                if name not in self.channels:
                    known = ", ".join(self.channels) or "none"
                    raise ValueError(
                        f"routes.{severity} names {name}, expected one of the channels: {known}."
                    )
        return self

    @property
    def as_routes(self) -> dict[str, tuple[str, ...]]:
        """Names of channels by severity, the least severity first."""
        every = tuple(self.channels)
        return {name: getattr(self.routes, name) or every for name in RouteTable.model_fields}


def _why(error: Exception) -> str:
    return os.strerror(error.errno or 0) if isinstance(error, OSError) else "it is not UTF-8"
