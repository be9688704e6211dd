"""Who hears of an unattended process: each hearer is told the same, and none can disturb trading.

A hearer takes a state, a trouble, a turn of the loop, a batch of facts and the end. What one of them raises
is a defect of that hearer: it is logged once a kind, and trading and the other hearers go on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple, TextIO

from premia.adapters.clocks import WallClock
from premia.adapters.logs import LogPlan, Logs, RotatedFile
from premia.bootstrap.daemon import Observers
from premia.bootstrap.settings import Settings
from premia.bootstrap.unattended import Told
from premia.domain import events as ev
from premia.domain.book import Book
from premia.reporting.log_lines import line_of
from premia.reporting.redaction import Redactor, secrets_in

_MB = 1_000_000


class Hearer(NamedTuple):
    """Somebody who is told how things go; see `Observers` for what each is told.

    Attributes:
        facts: Each batch of facts, once it is durable.
        ending: The process was told to end.
    """

    state: Callable[[str], None] = lambda _text: None
    trouble: Callable[[str, str], None] = lambda _kind, _text: None
    turned: Callable[[Book, datetime], None] = lambda _book, _at: None
    facts: Callable[[Sequence[ev.AnyEvent]], None] = lambda _batch: None
    ending: Callable[[], None] = lambda: None


class Hearers:
    """All hearers as one.

    Attributes:
        defects: How often a hearer raised.
    """

    def __init__(self, hearers: Sequence[Hearer], defect: Callable[[str, Exception], None]) -> None:
        """Tell each of `hearers`; `defect` is told what one of them raised, once a kind of error."""
        self._hearers = tuple(hearers)
        self._defect = defect
        self._seen: set[str] = set()
        self.defects = 0

    @property
    def told(self) -> Told:
        """What the process is given to tell them by."""
        observers = Observers(self._each("state"), self._each("trouble"), self._each("turned"))
        return Told(observers, self._each("facts"), self._each("ending"))

    def _each(self, what: str) -> Callable[..., None]:
        doors = [getattr(hearer, what) for hearer in self._hearers]

        def tell(*arguments: Any) -> None:
            for door in doors:
                try:
                    door(*arguments)
                except Exception as error:  # noqa: BLE001 - a wall: no hearer may disturb trading
                    self._raised(what, error)

        return tell

    def _raised(self, what: str, error: Exception) -> None:
        self.defects += 1
        kind = f"{what}: {type(error).__name__}"
        if kind not in self._seen:
            self._seen.add(kind)
            self._defect(what, error)


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
    with Logs(_plan(settings, stream), redactor.value, WallClock().now) as logs:

        def defect(what: str, error: Exception) -> None:
            logs.tell("error", f"a defect in what hears of {what}; trading goes on", exc_info=error)

        yield Hearers([logging(logs)], defect).told


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
