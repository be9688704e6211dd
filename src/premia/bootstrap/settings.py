"""The configuration file as one checked value.

Each room declares the parameters that it understands; this module joins their models into the tables
of one TOML file, and nothing below it ever sees the file. `[strategies.NAME]` takes the parameters
of the strategy of that name, `[limits.NAME]` those of a rule.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from premia.adapters.journals.places import Place, Postgres
from premia.bootstrap.alert_tables import AlertsTable
from premia.bootstrap.daemon_tables import DaemonTable
from premia.bootstrap.gate_tables import GateTable, KillTable
from premia.bootstrap.health_tables import HealthTable
from premia.bootstrap.log_tables import LogTable
from premia.bootstrap.order_tables import OrdersTable
from premia.bootstrap.schedule_tables import ScheduleTable
from premia.config.decode import decode
from premia.config.explain import Setting, explain, json_schema
from premia.config.load import Document, Flag
from premia.config.load import load as read
from premia.domain.account import AccountKind
from premia.rules.review import Limits
from premia.strategies.registry import find, names

_FROZEN = ConfigDict(frozen=True, extra="forbid")


_DECIDES_NOTHING = ("broker", "journal", "kill", "log", "health", "alerts")
"""Tables that say where things are, and nothing of what is traded."""


class AccountTable(BaseModel):
    """The account at the broker."""

    model_config = _FROZEN

    number: str = Field(
        pattern=r"^[A-Z]{1,3}[0-9]{4,12}$",
        description="Account number; one that begins with D is a paper account.",
    )
    kind: Literal["cash", "ira", "margin"] = Field(
        default="margin", description="What it may do; cash and ira never borrow and never sell stock short."
    )
    margin_usage: float = Field(
        default=1.0,
        gt=0,
        le=4,
        description="Net liquidation counts times this when trades are sized; above 1 only on margin.",
        json_schema_extra={"unit": "fraction"},
    )

    @property
    def as_kind(self) -> AccountKind:
        """The kind as the domain names it."""
        return AccountKind(self.kind)


class BrokerTable(BaseModel):
    """Where the gateway or TWS listens."""

    model_config = _FROZEN

    host: str = Field(default="127.0.0.1", description="Machine of the gateway.")
    port: int = Field(
        default=4002,
        ge=1,
        le=65535,
        description="4002 or 7497 for paper accounts, 4001 or 7496 for live ones.",
        json_schema_extra={"unit": "TCP port"},
    )
    client_id: int = Field(
        default=17, ge=1, le=9999, description="API client number; keep it, because orders belong to it."
    )
    request_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="How long an answer is awaited.",
        json_schema_extra={"unit": "seconds"},
    )
    live: bool = Field(
        default=False,
        description="Whether a real-money account may be traded, once `premia live` was answered.",
    )


class JournalTable(BaseModel):
    """Where everything that happened is kept."""

    model_config = _FROZEN

    path: str = Field(
        default="premia.db", min_length=1, description="SQLite file, beside this file unless absolute."
    )
    url: str = Field(
        default="",
        pattern=r"^(postgres(ql)?://[^\s]+)?$",
        description="A PostgreSQL database instead of a file: postgresql://user@host:5432/database. "
        "The password comes from PGPASSWORD or a password file.",
    )

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str) -> str:
        if urlsplit(url).password is not None or "password=" in url:
            raise ValueError("holds a password, expected none: it comes from PGPASSWORD or a password file.")
        return url


class CalendarTable(BaseModel):
    """Which exchange's hours count."""

    model_config = _FROZEN

    exchange: str = Field(default="XNYS", description="Market identifier of the exchange.")


class EventsTable(BaseModel):
    """What the market data do not tell."""

    model_config = _FROZEN

    earnings: dict[str, date] = Field(
        default_factory=dict, description="Next earnings date of single stocks, by ticker."
    )


class Config(BaseModel):
    """A whole configuration file."""

    model_config = _FROZEN

    account: AccountTable
    broker: BrokerTable = BrokerTable()
    journal: JournalTable = JournalTable()
    calendar: CalendarTable = CalendarTable()
    events: EventsTable = EventsTable()
    orders: OrdersTable = OrdersTable()
    strategies: BaseModel
    limits: Limits = Field(default_factory=Limits)
    gate: GateTable = GateTable()
    kill: KillTable = KillTable()
    daemon: DaemonTable = DaemonTable()
    log: LogTable = LogTable()
    health: HealthTable = HealthTable()
    alerts: AlertsTable = Field(default_factory=AlertsTable)
    schedule: ScheduleTable = Field(default_factory=ScheduleTable)
    schedules: dict[str, ScheduleTable] = Field(
        default_factory=dict[str, ScheduleTable],
        description="What the schedule of one strategy has of its own, by name of the strategy.",
    )

    @model_validator(mode="after")
    def _schedules_fit(self) -> Config:
        """Schedules are those of strategies of the file, and no time falls where no order may leave."""
        known = self.strategy_params()
        for name in self.schedules:
            if name not in known:
                expected = ", ".join(known) or "none, because the file has no strategy"
                raise ValueError(
                    f"schedules.{name} is of no strategy in this file, expected one of: {expected}."
                )
        hours = self.limits.hours
        for where, table in (("schedule", self.schedule), *_named("schedules", self.schedules)):
            for key, least in (("after_open", hours.after_open), ("before_close", hours.before_close)):
                soon = [minutes for minutes in getattr(table, key) if minutes < least]
                if soon:
                    raise ValueError(
                        f"{where}.{key} holds {soon[0]}, but limits.hours.{key} lets no order out within "
                        f"{least} minutes, expected {least} or more."
                    )
        return self

    @property
    def mark(self) -> str:
        """A short hash of all values that decide: two configurations that differ in one have two of them.

        Where the gateway listens, the journal lies and who is told decides nothing, and the same decisions
        bear the same hash on another port.
        """
        text = self.model_dump_json(exclude=set(_DECIDES_NOTHING))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def strategy_params(self) -> Mapping[str, BaseModel]:
        """Parameters of the strategies that the file names, by name."""
        named = {name: getattr(self.strategies, name) for name in type(self.strategies).model_fields}
        return {name: params for name, params in named.items() if params is not None}


def _named(at: str, tables: Mapping[str, ScheduleTable]) -> list[tuple[str, ScheduleTable]]:
    return [(f"{at}.{name}", table) for name, table in tables.items()]


_Strategies = create_model(
    "Strategies",
    __config__=_FROZEN,
    __doc__="What is traded, by name of the strategy.",
    **cast(
        "dict[str, Any]",
        {
            name: (find(name).params | None, Field(default=None, description=f"The strategy `{name}`."))
            for name in names()
        },
    ),
)


# The table of strategies is made of what the registry holds, so the full model is made when this is read.
_FullConfig: type[Config] = create_model(
    "Config", __base__=Config, strategies=(_Strategies, Field(default_factory=_Strategies))
)


class Settings(NamedTuple):
    """A configuration with the file that it came from."""

    path: Path
    config: Config
    document: Document

    @property
    def journal(self) -> Place:
        """Where the journal lies: a file, or a database."""
        table = self.config.journal
        return Postgres(table.url) if table.url else self.path.parent / table.path

    @property
    def folder(self) -> Path:
        """Where the file lies, which other files stand beside."""
        return self.path.parent

    @property
    def kill_file(self) -> Path:
        """The file whose existence is the kill switch."""
        return self.path.parent / self.config.kill.file


def load(path: Path, flags: Sequence[Flag] = ()) -> Settings:
    """Read, merge and check a configuration file.

    Raises:
        ConfigError: With every problem of the file, each with its line.
    """
    document = read(path, os.environ, flags)
    return Settings(path, decode(document, _FullConfig), document)


def explained(settings: Settings) -> list[Setting]:
    """Every value in force, with where it came from."""
    return explain(settings.document, settings.config)


def file_model() -> type[Config]:
    """The model of the whole file, with the tables of every strategy."""
    return _FullConfig


def schema() -> dict[str, Any]:
    """JSON schema of the file, for editors."""
    return json_schema(_FullConfig, "Premia configuration")
