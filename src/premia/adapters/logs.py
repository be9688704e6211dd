"""Structured logs: JSON for programs, short lines for a terminal, and a file that never grows without end.

Nothing is written before it was made free of secrets: that is the first thing done to every record, ours and
those of libraries. A record is handed to a thread of its own, so that a terminal that was stopped or a disk
that hangs never holds up whoever logs; what it cannot take in time is dropped and counted.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import Full, Queue
from types import TracebackType
from typing import Any, NamedTuple, Self, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

from premia.domain.errors import ConfigError

NAME = "premia"
"""Name under which Premia logs; libraries have theirs."""

_QUEUE = 10_000  # records that may wait to be written
_TOLD_ELSEWHERE = ("ib_async",)  # whose every word our own events tell better, and once
_PRIVATE = ("_record", "_from_structlog")  # what the library adds on the way and takes out again
_OWNER_ONLY = 0o600

Event = MutableMapping[str, Any]
Redact = Callable[[object], object]


class RotatedFile(NamedTuple):
    """A log file: where, how large it may grow (bytes), and how many older ones are kept."""

    path: Path
    max_bytes: int = 10_000_000
    keep: int = 5


class LogPlan(NamedTuple):
    """What is logged and where.

    Attributes:
        level: The least that is told of Premia: `debug`, `info`, `warning`, `error`.
        stream: Where lines go besides the file; standard error by default.
        human: Whether lines of the stream are for a person; JSON otherwise.
        file: The file, always in JSON; None for none.
    """

    level: str = "info"
    stream: TextIO | None = None
    human: bool = False
    file: RotatedFile | None = None


class Logs:
    """The open log of one process.

    Attributes:
        dropped: Records that found the queue full.
    """

    def __init__(self, plan: LogPlan, redact: Redact, wall: Callable[[], datetime]) -> None:
        """Take over what this process logs, libraries included, until `close`.

        Args:
            plan: What and where.
            redact: Makes a value fit to be written.
            wall: The machine's time.

        Raises:
            ConfigError: If the log file cannot be written.
        """
        first = [_redacted(redact), _stamped(wall), structlog.stdlib.add_log_level]
        handlers: list[logging.Handler] = [_Stream(plan.stream or sys.stderr)]
        handlers[0].setFormatter(_formatter(human if plan.human else as_json, first))
        if plan.file is not None:
            handlers.append(_opened(plan.file))
            handlers[-1].setFormatter(_formatter(as_json, first))
        self._handlers = handlers
        self._queue: Queue[Any] = Queue(_QUEUE)
        self._door = _Door(self._queue)
        self._listener = QueueListener(self._queue, *handlers)
        self._root = logging.getLogger()
        own = logging.getLogger(NAME)
        self._level = own.level
        own.setLevel(plan.level.upper())
        for name in _TOLD_ELSEWHERE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._root.addHandler(self._door)
        self._listener.start()
        self._log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
            own,
            processors=[structlog.stdlib.filter_by_level, *first, ProcessorFormatter.wrap_for_formatter],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    @property
    def dropped(self) -> int:
        """Records that found the queue full."""
        return self._door.dropped

    def tell(self, level: str, event: str, **fields: object) -> None:
        """Log one event with its figures; an exception under `exc_info` is told with its traceback."""
        self._log.log(logging.getLevelNamesMapping()[level.upper()], event, **fields)

    def close(self) -> None:
        """Write what waits, and give up the log; a second call changes nothing."""
        if self._door not in self._root.handlers:
            return
        self._root.removeHandler(self._door)
        logging.getLogger(NAME).setLevel(self._level)
        for name in _TOLD_ELSEWHERE:
            logging.getLogger(name).setLevel(logging.NOTSET)
        self._listener.stop()
        for handler in self._handlers:
            handler.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def as_json(_logger: object, _method: str, event: Event) -> str:
    """A record as one line of JSON, what happened first."""
    order = [name for name in ("at", "level", "event") if name in event]
    record = {name: event[name] for name in [*order, *(one for one in event if one not in order)]}
    return json.dumps(record, ensure_ascii=False, default=str)


def human(_logger: object, _method: str, event: Event) -> str:
    """A record as a person reads it: time of day, loudness where it matters, what happened, figures."""
    record = dict(event)
    at = datetime.fromisoformat(record.pop("at")).astimezone()
    level = record.pop("level")
    loud = f"{level.upper()}: " if level in ("warning", "error", "critical") else ""
    text, trace = record.pop("event"), record.pop("exception", "")
    record.pop("market_at", None)
    figures = "  ".join(f"{name}={_short(value)}" for name, value in record.items())
    return "  ".join(filter(None, [f"{at:%H:%M:%S}", f"{loud}{text}", figures])) + (trace and f"\n{trace}")


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _formatter(
    render: Callable[[object, str, Event], str], first: list[Callable[..., Any]]
) -> ProcessorFormatter:
    return ProcessorFormatter(
        processors=[ProcessorFormatter.remove_processors_meta, render], foreign_pre_chain=first
    )


def _redacted(redact: Redact) -> Callable[[object, str, Event], Event]:
    """The first processor of all: an exception becomes text here, so that nothing later can leak it."""

    def process(_logger: object, _method: str, event: Event) -> Event:
        trace = event.pop("exc_info", None)
        kept = {name: event.pop(name) for name in _PRIVATE if name in event}
        cleaned: Event = dict(redact(dict(event)))  # type: ignore[call-overload] - a mapping comes back as one
        if trace:
            cleaned["exception"] = redact(_traceback(trace))
        return {**cleaned, **kept}

    return process


def _traceback(trace: object) -> str:
    if isinstance(trace, BaseException):
        return "".join(traceback.format_exception(trace))
    kind, error, where = trace if isinstance(trace, tuple) else sys.exc_info()
    return "".join(traceback.format_exception(kind, error, where))


def _stamped(wall: Callable[[], datetime]) -> Callable[[object, str, Event], Event]:
    def process(_logger: object, _method: str, event: Event) -> Event:
        record = event.get("_record")
        at = datetime.fromtimestamp(record.created, UTC) if record is not None else wall()
        event["at"] = at.isoformat(timespec="milliseconds")
        return event

    return process


class _Door(QueueHandler):
    """Where records enter; a full queue drops them, because nobody waits for a log."""

    dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leave the record as it is: it is made text by the thread that writes it."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Take the record if there is room."""
        try:
            self.queue.put_nowait(record)
        except Full:
            self.dropped += 1


class _Stream(logging.StreamHandler[TextIO]):
    """Lines to a stream; whoever has closed it wants no more of them."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Say nothing: the only place to say it is the stream that failed."""


class _File(RotatingFileHandler):
    """A rotated file that only its owner reads."""

    def _open(self) -> Any:  # noqa: ANN401 - as the library has it
        return open(self.baseFilename, self.mode, encoding="utf-8", opener=_owned)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Go on without the line: a full disk must not stop what is logged elsewhere."""


def _owned(path: str, flags: int) -> int:
    return os.open(path, flags, _OWNER_ONLY)


def _opened(file: RotatedFile) -> logging.Handler:
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        return _File(file.path, maxBytes=file.max_bytes, backupCount=file.keep)
    except OSError as error:
        raise ConfigError(
            f"log.file: {file.path} cannot be written: {error.strerror}. Name a file in a folder that this "
            "user may write, or leave log.file out."
        ) from error
