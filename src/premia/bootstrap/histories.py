"""Opens what a backtest runs on: a chain store, or files of recorded chains, as one market.

A store's events become dividends, splits, settlement values and early closes of the market. Where the
official close of a session is not known the price of the last snapshot before it stands in, and is counted:
an option that expires on that session needs one. This holds also after the last snapshot of a symbol, until
the last one of all, save that a delisting may tell what a share was worth from then on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from premia.adapters.calendars import NEW_YORK, sessions
from premia.adapters.chain_files import holds_chains, read_chains
from premia.domain.chain import expiry_of
from premia.domain.dates import new_york
from premia.domain.errors import MarketDataError, SourceUnavailable
from premia.domain.instrument import Index, Stock
from premia.domain.money import from_ten_thousandths
from premia.domain.sessions import Session, Sessions
from premia.exchange.recorded import RecordedUnderlying, tick_class_of
from premia.exchange.recorded_market import RecordedMarket
from premia.exchange.stochastic import Kind, settings_of
from premia.exchange.types_market import Dividend, Split
from premia.store.events import Events
from premia.store.manifest import NAME as MANIFEST
from premia.store.open import Overlap, Store, join, open_store
from premia.store.panel import Panel

_PAST = timedelta(days=100)
_AHEAD = timedelta(days=10)
_PAID_AFTER = timedelta(days=21)
"""When a dividend is paid whose day of payment nobody gave; the usual distance for funds and shares."""
_DECLARED_BEFORE = timedelta(days=14)

Alter = Callable[[Panel], Panel]


class History(NamedTuple):
    """What a backtest runs on.

    Attributes:
        underlyings: As recorded, in order of their symbols.
        digest: Of every quote and event.
        source: Where it came from, for people.
        calendar: Sessions, with the early closes that the store gives.
        stood_in: Sessions by symbol whose official close nobody gave.
    """

    underlyings: tuple[RecordedUnderlying, ...]
    digest: str
    source: str
    calendar: Sessions
    stood_in: dict[str, int]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every underlying."""
        return tuple(one.contract.symbol for one in self.underlyings)

    def of(self, symbols: Iterable[str]) -> History:
        """Only some of the underlyings.

        Raises:
            MarketDataError: Where one is not recorded; names those that are.
        """
        wanted = list(dict.fromkeys(symbols))
        missing = [symbol for symbol in wanted if symbol not in self.symbols]
        if missing:
            raise MarketDataError(
                f"{self.source} holds no quote of {', '.join(missing)}; it holds {', '.join(self.symbols)}. "
                "Import their chains, or take them out of the configuration."
            )
        kept = tuple(one for one in self.underlyings if one.contract.symbol in wanted)
        return self._replace(underlyings=kept)

    def altered(self, alter: Alter) -> History:
        """The same with every panel as `alter` makes it, closes included."""
        return self._replace(underlyings=tuple(_altered(one, alter) for one in self.underlyings))

    def market(self) -> RecordedMarket:
        """The market of all underlyings, in price steps on which their quotes lie."""
        return RecordedMarket([_on_its_steps(one) for one in self.underlyings], self.calendar)


def open_history(paths: Sequence[Path], overlap: Overlap = Overlap.REFUSE) -> History:
    """Open chain stores, or Parquet files of recorded chains, as one.

    Args:
        paths: Stores or files, at least one.
        overlap: What becomes of a day that two stores hold of one symbol.

    Raises:
        SourceUnavailable: Where a path is neither, or cannot be read.
        MarketDataError: Where the contents contradict each other or the calendar.
    """
    if not paths:
        raise SourceUnavailable("There is no data to run on. Name a chain store or a file of chains.")
    source = ", ".join(str(path) for path in paths)
    if all((path / MANIFEST).is_file() for path in paths):
        return of_store(join([open_store(path) for path in paths], overlap), source)
    if not all(holds_chains(path) for path in paths):
        wrong = next(path for path in paths if not holds_chains(path) and not (path / MANIFEST).is_file())
        raise SourceUnavailable(
            f"{wrong} is no chain store and no Parquet file of chains. Make a store of it by "
            "`premia data import`."
        )
    panels = [one.panel for path in paths for one in read_chains(path)]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return _joined(panels, Events(), digest.hexdigest(), source)


def of_store(store: Store, source: str) -> History:
    """The history that a store holds."""
    return _joined([store.panel(symbol) for symbol in store.symbols], store.events, store.digest, source)


Closes = dict[date, Decimal]


def _joined(panels: Sequence[Panel], events: Events, digest: str, source: str) -> History:
    first = expiry_of(min(int(panel.days.day[0]) for panel in panels))
    last = expiry_of(max(int(panel.groups["expiry"].max()) for panel in panels))
    calendar = _calendar(first - _PAST, last + _AHEAD, events)
    stood_in: dict[str, int] = {}
    found: list[RecordedUnderlying] = []
    ends = expiry_of(max(int(panel.days.day[-1]) for panel in panels))
    for panel in sorted(panels, key=lambda one: one.symbol):
        closes = _afterwards(panel.symbol, events, calendar, ends) | _closes(panel)
        closes |= {one.day: one.value for one in events.closes if one.symbol == panel.symbol}
        stood_in[panel.symbol] = _stand_in(panel, closes, calendar, ends)
        found.append(_recorded(panel, closes, events))
    return History(
        tuple(found), digest, source, calendar, {symbol: count for symbol, count in stood_in.items() if count}
    )


def _calendar(first: date, last: date, events: Events) -> Sessions:
    calendar = sessions(NEW_YORK, first, last)
    for one in events.early_closes:
        session = calendar.get(one.day)
        if session is not None:
            closes = new_york(one.day, time.fromisoformat(one.at))
            if closes != session.closes:
                calendar = calendar.replaced(one.day, Session(one.day, session.opens, closes, early=True))
    return calendar


def _recorded(panel: Panel, closes: Closes, events: Events) -> RecordedUnderlying:
    symbol = panel.symbol
    kind = Kind(panel.kind)
    earnings = tuple(one.day for one in events.earnings if one.symbol == symbol)
    return RecordedUnderlying(
        contract=Index(symbol) if kind is Kind.INDEX else Stock(symbol),
        settings=settings_of(kind, symbol),
        panel=panel,
        closes=closes,
        settlements={one.day: one.value for one in events.settlements if one.symbol == symbol},
        dividends=tuple(
            Dividend(
                ex=one.day,
                pay=one.pay or one.day + _PAID_AFTER,
                amount=one.amount,
                declared=one.declared or one.day - _DECLARED_BEFORE,
            )
            for one in events.dividends
            if one.symbol == symbol
        ),
        splits=tuple(
            Split(one.day, one.numerator, one.denominator) for one in events.splits if one.symbol == symbol
        ),
        earnings=earnings or None,
    )


def _closes(panel: Panel) -> Closes:
    days = zip(panel.days.day.tolist(), panel.days.close.tolist(), strict=True)
    return {expiry_of(day): from_ten_thousandths(close) for day, close in days if close > 0}


def _afterwards(symbol: str, events: Events, calendar: Sessions, last: date) -> Closes:
    """What a share was worth on every session after it was delisted, where an event tells."""
    return {
        session.day: one.value
        for one in events.delistings
        if one.symbol == symbol and one.value is not None
        for session in calendar.between(one.day, last)
        if session.day > one.day
    }


def _stand_in(panel: Panel, closes: Closes, calendar: Sessions, last: date) -> int:
    """Give every session from the panel's first until `last` a close; how many had none."""
    spots = {
        expiry_of(day): spot
        for day, spot in zip(panel.days.day.tolist(), panel.days.spot.tolist(), strict=True)
    }
    known: Decimal | None = None
    count = 0
    for session in calendar.between(expiry_of(int(panel.days.day[0])), last):
        if session.day in closes:
            known = closes[session.day]
            continue
        if spots.get(session.day, 0) > 0:
            known = from_ten_thousandths(spots[session.day])
        if known is not None:
            closes[session.day] = known
            count += 1
    return count


def _on_its_steps(recorded: RecordedUnderlying) -> RecordedUnderlying:
    """In the steps that are usual for its kind, unless its quotes lie on finer ones."""
    settings = recorded.settings
    own = replace(settings, tick_class=tick_class_of(settings.tick_class, recorded.panel))
    return replace(recorded, settings=own)


def _altered(recorded: RecordedUnderlying, alter: Alter) -> RecordedUnderlying:
    panel = alter(recorded.panel)
    if panel.days is recorded.panel.days:
        return replace(recorded, panel=panel)
    return replace(recorded, panel=panel, closes={**recorded.closes, **_closes(panel)})
