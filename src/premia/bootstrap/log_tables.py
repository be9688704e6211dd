"""`[log]`: what a long-lived process tells of itself, and where."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LogTable(BaseModel):
    """What `premia run` logs: on standard error, and in a file where one is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is told; libraries are told from `warning` on."
    )
    form: Literal["auto", "human", "json"] = Field(
        default="auto",
        description="Lines on standard error: short ones on a terminal and JSON otherwise, or always one.",
    )
    file: str = Field(
        default="",
        description="File for the same lines in JSON, beside this file unless absolute; empty for none.",
    )
    max_mb: float = Field(
        default=10.0,
        gt=0,
        le=1000,
        description="Size at which the file is set aside and a new one begun.",
        json_schema_extra={"unit": "MB"},
    )
    keep: int = Field(
        default=5,
        ge=1,
        le=100,
        description="Files set aside that are kept.",
        json_schema_extra={"unit": "files"},
    )
