"""Engines and IB parts from a configuration: what paper, demo and plan have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import cast

from msgspec.structs import replace

from premia.adapters.calendars import sessions as calendar
from premia.adapters.ib.assemble import IbParts, IbSettings, Timing, ib_parts
from premia.adapters.ib.connection import Address, TimeLimits
from premia.adapters.ib.market import MarketSettings
from premia.bootstrap.settings import Config
from premia.domain.book import Book
from premia.domain.dates import session_of
from premia.domain.errors import ConfigError, NotAllowed, SourceUnavailable
from premia.domain.events import Connected
from premia.domain.known import Known, Unknown
from premia.domain.sessions import Sessions
from premia.engine.charges import US
from premia.engine.decide import Engine, Mandate
from premia.engine.planner import Pricing
from premia.engine.reconcile import Adoption, Reference
from premia.ports import Clock
from premia.rules.review import Desk
from premia.strategies import wheel
from premia.strategies.registry import find

_BACK = timedelta(days=430)
_AHEAD = timedelta(days=1100)


def sessions_around(config: Config, first: date, last: date) -> Sessions:
    """The exchange's sessions from well before `first` to beyond the longest option of `last`, whole years.

    Whole years, so that a calendar that was loaded for one day serves most others.

    Raises:
        ConfigError: If no such exchange is known, its holidays are not known at `last`, or its sessions are
            no days in New York, by whose date everything else is kept.
    """
    exchange = config.calendar.exchange
    try:
        found = calendar(exchange, _year_begins(first - _BACK), _year_ends(last + _AHEAD))
    except SourceUnavailable as error:
        raise ConfigError(f'calendar.exchange is "{exchange}": {error}') from error
    if found.last.day < last:
        raise ConfigError(
            f'calendar.exchange is "{exchange}", whose holidays are known until {found.last.day}; '
            f"{last} lies beyond. Update the package exchange_calendars."
        )
    if session_of(found.last.opens) != found.last.day or session_of(found.last.closes) != found.last.day:
        raise ConfigError(
            f'calendar.exchange is "{exchange}", whose sessions are no days in New York. '
            "Take an exchange whose hours lie within a day there, such as XNYS, XCBF, XLON or XETR."
        )
    return found


def _year_begins(day: date) -> date:
    return day.replace(month=1, day=1)


def _year_ends(day: date) -> date:
    return day.replace(month=12, day=31)


def engine_of(config: Config, sessions: Sessions, book: Book | None = None) -> Engine:
    """The engine that a configuration describes.

    Args:
        config: The configuration.
        sessions: The exchange's sessions.
        book: What is held; a symbol in it that the configuration does not name is only led to its end.
    """
    named, held = config.strategy_params(), _held_symbols(book)
    mandates: list[Mandate] = []
    adopted: dict[str, str] = {}
    unwilling: set[str] = set()
    for name in sorted({*named, *held}):
        strategy = find(name)
        params, exit_only = named.get(name) or strategy.params(), frozenset[str]()
        if isinstance(params, wheel.Params):
            exit_only = frozenset(held.get(name, set()) - params.symbols.keys())
            left = {symbol: wheel.SymbolParams(weight=0) for symbol in sorted(exit_only)}
            changed = {"margin_usage": config.account.margin_usage, "symbols": params.symbols | left}
            params = params.model_copy(update=changed)
            for symbol in params.symbols:
                adopted[symbol] = name
                if not wheel.adopts(params, symbol):
                    unwilling.add(symbol)
        mandates.append(Mandate(strategy, params, exit_only))
    orders, gate = config.orders, config.gate.as_limits
    ladders = {
        "patient": orders.patient.as_ladder,
        "ordinary": orders.ordinary.as_ladder,
        "urgent": orders.urgent.as_ladder,
    }
    return Engine(
        mandates=tuple(mandates),
        desk=Desk(config.account.as_kind, sessions, config.limits.for_account(config.account.margin_usage)),
        reference=Reference(sessions, US, Adoption(adopted, frozenset(unwilling))),
        pricing=Pricing(
            ladders, gate.collar, two_orders=orders.rolls == "two_orders", contracts=gate.contracts
        ),
        gate=gate,
        config=config.mark,
    )


def _held_symbols(book: Book | None) -> dict[str, set[str]]:
    """Symbols in which a strategy has something open, by its name."""
    held: dict[str, set[str]] = {}
    if book is not None:
        for one in (*book.trades.values(), *book.campaigns.values()):
            if one.strategy:
                held.setdefault(one.strategy, set()).add(one.symbol)
    return held


def broker_parts(config: Config, clock: Clock, timing: Timing, *, stale_ok: bool = False) -> IbParts:
    """The IB adapter of a configuration; nothing is sent before its broker connects."""
    table = config.broker
    wait = table.request_timeout_s
    return ib_parts(
        IbSettings(
            address=Address(table.host, table.port, table.client_id),
            account=config.account.number,
            limits=TimeLimits(connect_s=wait, request_s=wait, what_if_s=wait),
            market=MarketSettings(stale_ok=stale_ok),
        ),
        clock,
        timing,
        _earnings(config, clock),
    )


def paper_only(opened: Connected) -> None:
    """Lets in paper and simulated accounts only.

    Raises:
        NotAllowed: If the account is real money.
    """
    if not opened.paper:
        raise NotAllowed(
            f"Account {opened.account} is not a paper or simulated account (those begin with D). To trade "
            "paper connect to port 4002 or 7497 and set account.number. Real money needs broker.live = true "
            "and `premia live`."
        )


def admission(
    settle_clock: Callable[[], Awaitable[None]],
    clock: Clock,
    check: Callable[[Connected], None] | None = None,
) -> Callable[[Connected], Awaitable[Connected]]:
    """Lets in whom `check` lets in, and stamps the session with the gateway's time.

    Args:
        settle_clock: Sets the clock right by the gateway's.
        clock: Market time.
        check: Raises `NotAllowed` where the account must not be traded; `paper_only` by default.
    """
    asked = check or paper_only

    async def admit(opened: Connected) -> Connected:
        asked(opened)
        await settle_clock()
        return replace(opened, at=clock.now())

    return admit


def _earnings(config: Config, clock: Clock) -> Callable[[str], Known[date | None] | Unknown]:
    dates = config.events.earnings

    def earnings(symbol: str) -> Known[date | None] | Unknown:
        at: datetime = clock.now()
        found = dates.get(symbol)
        if found is None:
            return Unknown(at, f"no earnings date of {symbol} is configured under events.earnings")
        if found < at.date():
            return Unknown(at, f"events.earnings has {found} for {symbol}, which has passed")
        return cast("Known[date | None]", Known(found, at))

    return earnings
