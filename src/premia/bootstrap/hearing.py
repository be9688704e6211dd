"""Joins those who hear of `premia run`: the log, the answers about health, and what else is configured."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TextIO

from premia import __version__
from premia.adapters.clocks import WallClock
from premia.adapters.health_server import HealthServer
from premia.adapters.logs import LogPlan, Logs, RotatedFile
from premia.adapters.metrics import Metrics
from premia.bootstrap.hearer import Hearer, Hearers
from premia.bootstrap.settings import Settings
from premia.bootstrap.unattended import Told
from premia.bootstrap.vitals import Vitals, answers
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.errors import ConfigError
from premia.reporting.limits import limits_used
from premia.reporting.log_lines import line_of
from premia.reporting.redaction import Redactor, secrets_in

_MB = 1_000_000


@contextmanager
def heard(settings: Settings, environment: Mapping[str, str], stream: TextIO) -> Generator[Told]:
    """What `premia run` tells of itself, open for the life of the process.

    Args:
        settings: The configuration.
        environment: All environment variables; what they hold of secrets appears nowhere.
        stream: Where lines of the log go.

    Raises:
        ConfigError: If the log file cannot be written.
    """
    redactor = Redactor(secrets_in(environment), [settings.config.account.number])
    with ExitStack() as stack:
        logs = stack.enter_context(Logs(_plan(settings, stream), redactor.value, WallClock().now))

        def defect(what: str, error: Exception) -> None:
            logs.tell("error", f"a defect in what hears of {what}; trading goes on", exc_info=error)

        hearers = [logging(logs)]
        if settings.config.health.port:
            hearers += answering(stack, settings, logs, redactor)
        yield Hearers(hearers, defect).told


def answering(stack: ExitStack, settings: Settings, logs: Logs, redactor: Redactor) -> list[Hearer]:
    """The answers about health and the metrics; a port that cannot be had is told, and trading goes on."""
    table, limits = settings.config.health, settings.config.gate.as_limits

    def used(book: Book) -> list[tuple[str, float]]:
        return list(limits_used(book, limits))

    vitals, metrics = Vitals(), Metrics(__version__, used)
    try:
        paths = answers(vitals, metrics, table.silent_s, redactor.value)
        server = stack.enter_context(HealthServer(table.port, paths))
    except ConfigError as error:
        logs.tell("error", str(error))
        return []
    logs.tell("info", f"health and metrics are answered on http://127.0.0.1:{server.port}")
    counting = Hearer(
        trouble=metrics.trouble, turned=metrics.turned, facts=metrics.facts, appended=metrics.appended
    )
    return [vitals.hearer, counting]


def logging(logs: Logs) -> Hearer:
    """The log as a hearer: states, troubles, and the facts that an operator reads."""

    def facts(batch: Sequence[ev.AnyEvent]) -> None:
        for event in batch:
            line = line_of(event)
            if line is not None:
                logs.tell(line.level, line.name, **line.fields)

    def state(text: str) -> None:
        logs.tell("info", text)

    def trouble(kind: str, text: str) -> None:
        logs.tell("warning", text, trouble=kind)

    return Hearer(state=state, trouble=trouble, facts=facts)


def _plan(settings: Settings, stream: TextIO) -> LogPlan:
    table = settings.config.log
    human = {"human": True, "json": False}.get(table.form, stream.isatty())
    path = settings.folder / table.file
    file = RotatedFile(path, int(table.max_mb * _MB), table.keep) if table.file else None
    return LogPlan(table.level, stream, human, file)
