"""Puts a synthetic set of option chains into a store, through the same door as recorded ones."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from premia.adapters import calendars
from premia.adapters.synthetic_chains import Settings, chains, events_of
from premia.store.intake import take
from premia.store.manifest import Manifest, Source
from premia.store.panel import build
from premia.store.quality import Report, added, as_json, judged
from premia.store.write import Writer

_EPOCH = date(1970, 1, 1)
NOTE = "SYNTHETIC: made from a seed, no market ever quoted this."


def settings_of(
    seed: int = 1,
    underlyings: int = 10,
    sessions: int = 1305,
    strikes: int = 60,
    first: date = date(2019, 1, 2),
) -> Settings:
    """A set on the sessions of New York; as it stands it has 18.8 million rows.

    Args:
        seed: Of every number.
        underlyings: How many.
        sessions: Days with quotes.
        strikes: Of each of twelve expiries.
        first: No session before this day.
    """
    last = first + timedelta(days=round(sessions * 1.5) + 550)
    known = calendars.sessions(calendars.NEW_YORK, first, last)
    trading = tuple((one.day - _EPOCH).days for one in known)
    return Settings(trading, seed, underlyings, sessions, strikes)


def synthetic_store(settings: Settings, to: Path) -> Manifest:
    """Make a set and keep it in a new store.

    Raises:
        NotAllowed: Where something lies at the place already.
    """
    first, last = (_EPOCH + timedelta(days=settings.trading[place]) for place in (0, -1))
    sessions = calendars.sessions(calendars.NEW_YORK, first, last)
    reports: dict[str, Report] = {}
    with Writer(to) as writer:
        for symbol in settings.symbols:
            report = Report(symbol)
            for reading in chains(settings, symbol):
                taken = take(reading, sessions)
                report = added(report, taken.report)
                writer.add(build(symbol, "stock", taken.roots, taken.days, taken.rows))
            reports[symbol] = report
        judgement = {
            panel.symbol: as_json(judged(reports[panel.symbol], panel, sessions)) for panel in writer.panels()
        }
        source = Source(f"seed {settings.seed}", "synthetic", notes=(NOTE,))
        return writer.finish(events_of(settings), [source], judgement)
