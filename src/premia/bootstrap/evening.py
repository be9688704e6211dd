"""A plan made while the exchange is closed: what a pass would do at the next opening, on the quotes of now.

Frozen and delayed quotes are taken for live ones of that instant, so that every rule can speak; the
notes say that nothing of it may be traded now. Only `plan` looks this way, and it sends nothing.
"""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

import numpy as np
from msgspec.structs import replace

from premia.domain.dates import session_of
from premia.domain.known import Unknown
from premia.domain.market import MarketView, Seen
from premia.domain.quote import DataKind, Quote
from premia.domain.sessions import Sessions

_MICROSECONDS = 1_000_000


def next_opening(at: datetime, sessions: Sessions, after_open: timedelta) -> datetime | None:
    """The instant of the next opening and the wait after it; None while the exchange is open."""
    if sessions.open_at(at) is not None:
        return None
    day = session_of(at)
    coming = sessions.on_or_after(day)
    if coming.opens <= at:
        coming = sessions.after(day)
    return coming.opens + after_open


def staleness(view: MarketView, opens: datetime | None) -> tuple[str, ...]:
    """Why nothing of a view may be traded now, in words; empty where it may.

    Args:
        view: The market as it was seen.
        opens: The next opening, where the exchange is closed.
    """
    notes: list[str] = []
    if opens is not None:
        notes.append(
            f"the exchange is closed: this is the plan for {opens:%Y-%m-%d %H:%M} UTC on the quotes of now, "
            "not tradable"
        )
    kinds = {seen.underlying.quote.kind for seen in view.symbols.values() if isinstance(seen, Seen)}
    stale = sorted(kind.value for kind in kinds - {DataKind.LIVE})
    return (*notes, *(f"data are {kind}, not live: not tradable" for kind in stale))


def as_if_live(view: MarketView, opens: datetime | None) -> MarketView:
    """The view with stale data, or all data of a closed exchange, taken for live ones of its instant."""
    at = opens or view.at
    closed = opens is not None
    return MarketView(at, {name: _lively(seen, at, closed=closed) for name, seen in view.symbols.items()})


def _lively(seen: Seen | Unknown, at: datetime, *, closed: bool) -> Seen | Unknown:
    if isinstance(seen, Unknown):
        return seen
    underlying, chain = seen.underlying, copy.copy(seen.chain)
    if closed or chain.kind is not DataKind.LIVE:
        chain.as_of = np.full_like(chain.as_of, round(at.timestamp() * _MICROSECONDS))
    chain.kind = DataKind.LIVE
    quote = _now(underlying.quote, at, closed=closed)
    return seen._replace(underlying=underlying._replace(quote=quote), chain=chain)


def _now(quote: Quote, at: datetime, *, closed: bool) -> Quote:
    stale = closed or quote.kind is not DataKind.LIVE
    return replace(quote, kind=DataKind.LIVE, as_of=at if stale else quote.as_of)
