"""Joins those who hear of `premia run`: the log, the alerts, the answers about health."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TextIO

from premia import __version__
from premia.adapters.apprise_channel import warm
from premia.adapters.clocks import WallClock
from premia.adapters.courier import Courier, Terms
from premia.adapters.health_server import HealthServer
from premia.adapters.logs import LogPlan, Logs, RotatedFile
from premia.adapters.metrics import Metrics
from premia.adapters.supervisor import Supervisor
from premia.bootstrap.alert_channels import channels_of
from premia.bootstrap.alerting import Alerting, opening, senders
from premia.bootstrap.daemon import CONNECTING
from premia.bootstrap.hearer import Hearer, Hearers
from premia.bootstrap.settings import Settings
from premia.bootstrap.unattended import Told
from premia.bootstrap.vitals import Vitals, answers
from premia.domain import events as ev
from premia.domain.book import Book
from premia.domain.errors import ConfigError, PremiaError
from premia.reporting.alerts import Desk, Manners, Message
from premia.reporting.causes import CONNECTION, JOURNAL
from premia.reporting.health import reasons
from premia.reporting.limits import limits_used
from premia.reporting.log_lines import line_of
from premia.reporting.redaction import Redactor, secrets_in, shortened

_MB = 1_000_000
_LAST_WORDS_S = 1.8  # with the daemon's own grace below the ten seconds in which it ends
_CRASHED_S = 15.0  # nobody waits for a process that ends by an error
_LOUD = {"info": "info", "warning": "warning", "critical": "error"}
_OUTCOMES = {"sent": "info", "failed": "warning", "lost": "error", "dropped": "error"}


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
    redactor = _redactor(settings, environment)
    with ExitStack() as stack:
        logs = stack.enter_context(Logs(_plan(settings, stream), redactor.value, WallClock().now))

        def defect(what: str, error: Exception) -> None:
            logs.tell("error", f"a defect in what hears of {what}; trading goes on", exc_info=error)

        metrics = _metrics(settings)
        alerting = _alerting(stack, settings, environment, logs, metrics)
        hearers = [supervised(Supervisor(environment)), logging(logs), alerting.hearer]
        if settings.config.health.port:
            hearers += answering(stack, settings, logs, metrics, redactor)
        try:
            yield Hearers(hearers, defect).told
        except PremiaError as error:
            alerting.crashed(error)
            raise
        except Exception as error:
            logs.tell("error", "a defect ends the process", exc_info=error)
            alerting.crashed(error)
            raise


def _alerting(
    stack: ExitStack, settings: Settings, environment: Mapping[str, str], logs: Logs, metrics: Metrics
) -> Alerting:
    """Alerts as the configuration wants them; a channel without an address is told and left out."""
    table = settings.config.alerts
    addresses, missing = channels_of(table, settings.folder, environment)[1:3]
    for name, why in missing.items():
        logs.tell("error", f"alerts.channels.{name}: {why}")
    if not table.channels:
        logs.tell("warning", "alerts.channels names no channel: only this log tells when something is wrong")
    post = _posting(stack, settings, addresses, logs, metrics) if addresses else None
    redact = _redactor(settings, environment)
    who = shortened(settings.config.account.number)
    manners = Manners(timedelta(minutes=table.quiet_min), timedelta(seconds=table.patience_s))
    desk = Desk(manners, opening(settings.config))

    def tell(message: Message) -> None:
        told = message._replace(title=redact(message.title), text=redact(message.text))
        if message.held:
            metrics.alert("held_back", message.held)
        level = "info" if message.over else _LOUD[message.severity]
        logs.tell(level, "alert", title=told.title, text=told.text, key=redact(told.key), held=told.held)
        if post is not None:
            post(_worded(told, who))

    return Alerting(desk, tell, WallClock().now)


def _redactor(settings: Settings, environment: Mapping[str, str]) -> Redactor:
    """What hides the secrets of the environment, the channels' addresses and the account."""
    channels = channels_of(settings.config.alerts, settings.folder, environment)
    secrets = [*secrets_in(environment), *channels.addresses.values()]
    return Redactor(secrets, [settings.config.account.number])


def _posting(
    stack: ExitStack, settings: Settings, addresses: Mapping[str, str], logs: Logs, metrics: Metrics
) -> Callable[[Message], None]:
    """A courier that runs as long as the process, and has a moment for its last words."""

    def outcome(what: str, text: str) -> None:
        metrics.alert(what)
        logs.tell(_OUTCOMES[what], f"alert {what}", what=text)

    threading.Thread(target=warm, name="alerts library", daemon=True).start()
    terms = Terms(settings.config.alerts.as_routes)
    courier = Courier(senders(addresses), terms, outcome)

    def close(kind: type[BaseException] | None, *_error: object) -> None:
        courier.close(_LAST_WORDS_S if kind is None else _CRASHED_S)

    stack.push(close)
    return courier.post


def _worded(message: Message, who: str) -> Message:
    """A message as it is read far from the machine: which Premia, when, and how many more there were."""
    more = f"\n{message.held} more of the same were held back." if message.held else ""
    text = f"{message.text}\n{message.at:%Y-%m-%d %H:%M} UTC{more}"
    return message._replace(title=f"Premia {who}: {message.title}", text=text)


def _metrics(settings: Settings) -> Metrics:
    limits = settings.config.gate.as_limits

    def used(book: Book) -> list[tuple[str, float]]:
        return list(limits_used(book, limits))

    return Metrics(__version__, used)


def answering(
    stack: ExitStack, settings: Settings, logs: Logs, metrics: Metrics, redactor: Redactor
) -> list[Hearer]:
    """The answers about health and the metrics; a port that cannot be had is told, and trading goes on."""
    table, vitals = settings.config.health, Vitals()
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


def supervised(supervisor: Supervisor) -> Hearer:
    """The service manager as a hearer: whatever is told is a sign that the loop turns."""

    def sign(_told: object = None) -> None:
        supervisor.sign()

    def trouble(kind: str, text: str) -> None:
        supervisor.sign(f"{kind}: {text}")

    def turned(book: Book, _at: datetime) -> None:
        why = ", ".join(dict.fromkeys(reason.code for reason in reasons(book)))
        supervisor.sign(f"not ready: {why}" if why else "ready")

    return Hearer(state=supervisor.sign, trouble=trouble, turned=turned, facts=sign, ending=supervisor.ending)


def logging(logs: Logs) -> Hearer:
    """The log as a hearer: states, troubles, and the facts that an operator reads."""
    told: set[str] = set()  # of attempts that come again and again, until one succeeds

    def facts(batch: Sequence[ev.AnyEvent]) -> None:
        if batch:
            told.clear()
        for event in batch:
            line = line_of(event)
            if line is not None:
                logs.tell(line.level, line.name, **line.fields)

    def state(text: str) -> None:
        logs.tell("debug" if text in told else "info", text)
        if text == CONNECTING:
            told.add(text)

    def trouble(kind: str, text: str) -> None:
        again = kind in (CONNECTION, JOURNAL) and text in told
        logs.tell("debug" if again else "warning", text, trouble=kind)
        told.add(text)

    return Hearer(state=state, trouble=trouble, facts=facts)


def _plan(settings: Settings, stream: TextIO) -> LogPlan:
    table = settings.config.log
    human = {"human": True, "json": False}.get(table.form, stream.isatty())
    path = settings.folder / table.file
    file = RotatedFile(path, int(table.max_mb * _MB), table.keep) if table.file else None
    return LogPlan(table.level, stream, human, file)
