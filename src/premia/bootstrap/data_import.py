"""Imports files of option chains into a new store: chooses the importer, fills what is missing, reports.

Files are read one after the other, large ones in parts, and every part is written before the next is
read: what is held in memory is one part and not the store. So the files of one underlying must be given
in the order of their days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np

from premia.adapters import calendars
from premia.bootstrap.data_fill import filled, with_closes
from premia.domain.errors import ConfigError, MarketDataError
from premia.domain.sessions import Sessions
from premia.store.events import Events, merged
from premia.store.files import digest_of
from premia.store.forms import Form, Reading
from premia.store.intake import take
from premia.store.kinds import kind_of
from premia.store.manifest import Manifest, Source
from premia.store.panel import build
from premia.store.quality import Report, added, as_json, judged
from premia.store.tables import NO_DAY
from premia.store.write import Writer

MAPPED = "mapped"
FORMATS: dict[str, str] = {
    "premia": "chains_house",
    "cboe": "chains_cboe",
    "lean": "chains_lean",
    "yfinance": "chains_yfinance",
    "last_price": "chains_last",
    "optionsdx": "chains_optionsdx",
    "philippdubach": "chains_philippdubach",
    MAPPED: "chains_mapped",
}
"""Formats by name, and the adapter that reads each."""
_EPOCH = date(1970, 1, 1)


class Wanted(NamedTuple):
    """What to import.

    Attributes:
        form: One of `FORMATS`.
        files: In the order of their days.
        events: Files of events.
        mapping: What the columns mean, for the format `mapped`.
        symbol: Underlying of files that do not say theirs.
        kind: `stock`, `fund` or `index`; empty to take it from the ticker.
    """

    form: str
    files: Sequence[Path]
    events: Sequence[Path] = ()
    mapping: Path | None = None
    symbol: str = ""
    kind: str = ""


class Imported(NamedTuple):
    """A new store: its manifest, and what became of the rows of each underlying."""

    manifest: Manifest
    reports: tuple[Report, ...]


def import_chains(wanted: Wanted, to: Path, tell: Callable[[str], None] | None = None) -> Imported:
    """Read files into a new store.

    Args:
        wanted: What to import.
        to: Where the store shall stand; nothing may be there.
        tell: Hears of every file before it is read.

    Raises:
        ConfigError: Where the format is unknown, or a mapping is missing or wrong.
        SourceUnavailable: Where a file is absent or cannot be read.
        MarketDataError: Where a column is missing, or files do not follow each other.
        NotAllowed: Where something lies at the place already.
    """
    read, form = _importer(wanted)
    events = merged(_events(path) for path in wanted.events)
    reports: dict[str, Report] = {}
    before: dict[str, Reading] = {}
    with Writer(to) as writer:
        for reading in _ahead(_readings(read, wanted.files, tell)):
            kind = wanted.kind or kind_of(reading.symbol)
            taken = take(reading, _sessions(reading), before.get(reading.symbol))
            before[reading.symbol] = _last_day(reading)
            del reading  # the next one is on its way: what is done with makes room for it
            taken = filled(with_closes(taken, events), kind)
            known = reports.get(taken.symbol, Report(taken.symbol))
            reports[taken.symbol] = added(known, taken.report)
            if taken.rows.day.size:
                writer.add(build(taken.symbol, kind, taken.roots, taken.days, taken.rows))
            del taken
        told = {panel.symbol: judged(reports[panel.symbol], panel, _calendar()) for panel in writer.panels()}
        all_reports = {symbol: told.get(symbol, report) for symbol, report in sorted(reports.items())}
        if not told:
            raise MarketDataError(_nothing(wanted, tuple(all_reports.values())))
        sources = [Source(path.name, form.name, digest_of(path), form.notes) for path in wanted.files]
        quality = {symbol: as_json(report) for symbol, report in all_reports.items()}
        manifest = writer.finish(events, sources, quality)
    return Imported(manifest, tuple(all_reports.values()))


def _readings(
    read: Callable[[Path], Iterator[Reading]], files: Sequence[Path], tell: Callable[[str], None] | None
) -> Iterator[Reading]:
    for path in files:
        if tell is not None:
            tell(path.name)
        yield from read(path)


def _ahead(readings: Iterator[Reading]) -> Iterator[Reading]:
    """The same readings, each read while the one before it is worked on."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, readings, None)
        while (reading := coming.result()) is not None:
            coming = reader.submit(next, readings, None)
            yield reading
            del reading


def _importer(wanted: Wanted) -> tuple[Callable[[Path], Iterator[Reading]], Form]:
    module = FORMATS.get(wanted.form)
    if module is None:
        raise ConfigError(f"There is no format {wanted.form!r}. Formats are {', '.join(FORMATS)}.")
    adapter = import_module(f"premia.adapters.{module}")
    if wanted.form != MAPPED:
        if wanted.mapping is not None:
            raise ConfigError(f"--mapping belongs to the format {MAPPED}; {wanted.form} has its own columns.")
        return lambda path: adapter.read(path, wanted.symbol), adapter.FORM
    if wanted.mapping is None:
        raise ConfigError(f"The format {MAPPED} needs --mapping FILE, which names the columns.")
    form: Form = adapter.read_form(wanted.mapping)
    return lambda path: adapter.read(path, wanted.symbol, form), form


def _events(path: Path) -> Events:
    return import_module("premia.adapters.event_files").read_events(path)


def _sessions(reading: Reading) -> Sessions:
    """Sessions of all years of a reading; those of New York, whose days US options keep."""
    days = reading.day[reading.day != NO_DAY]
    if not days.size:
        return _calendar()
    first, last = (_EPOCH + timedelta(days=int(end)) for end in (days.min(), days.max()))
    return calendars.sessions(calendars.NEW_YORK, date(first.year, 1, 1), date(last.year, 12, 31))


def _calendar() -> Sessions:
    """Sessions of every year for which there are recordings of options."""
    return calendars.sessions(calendars.NEW_YORK, date(1996, 1, 1), date(2035, 12, 31))


def _last_day(reading: Reading) -> Reading:
    return reading.taken(np.flatnonzero(reading.day == reading.day.max()))


def _nothing(wanted: Wanted, reports: Sequence[Report]) -> str:
    dropped = {reason: count for report in reports for reason, count in report.dropped.items()}
    why = ", ".join(f"{reason} {count:,}" for reason, count in dropped.items()) or "the files hold no row"
    names = ", ".join(path.name for path in wanted.files)
    return f"No row of {names} can be used in the format {wanted.form}: {why}. No store was made."
