"""What can be wrong between Premia and a gateway, found by trying, with what to click.

Each check is one question to the gateway and one answer in words. None of them places an order: what
an order would be refused for is learned from a margin question, which the gateway judges like an order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from ib_async import Order as IbOrder

from premia.adapters.ib import codes, requests, translate
from premia.adapters.ib.assemble import IbParts
from premia.adapters.ib.clock import drift_of
from premia.adapters.ib.contracts import UnderlyingEntry
from premia.adapters.ib.hours import broker_hours
from premia.domain import dates
from premia.domain.errors import (
    BrokerError,
    MarketDataError,
    NotConnected,
    RequestRefused,
    RequestTimedOut,
)
from premia.domain.events import Connected
from premia.domain.instrument import Option, Right
from premia.domain.known import Unknown
from premia.domain.market import MarketRequest, Scan, Seen, SymbolRequest
from premia.domain.quote import DataKind
from premia.domain.sessions import Sessions
from premia.engine.morning import DRIFT_TOLD as DRIFT_MAX
from premia.engine.morning import difference
from premia.ports import Clock

_ANOTHER_DAY = timedelta(hours=12)
_PROBE = Scan(Right.PUT, 0.15, 0.35, 7, 60, expirations=1)
_PERMISSION = (
    "Client Portal > Settings > Trading Permissions > Options: ask for the level that sells puts and calls"
)


class Check(NamedTuple):
    """One question and what was found; `advice` says what to do where it is not well."""

    name: str
    ok: bool
    found: str
    advice: str = ""


async def check_session(parts: IbParts) -> tuple[Check, Connected | None]:
    """Whether the gateway can be reached and grants a session; the session stays open."""
    try:
        opened = await parts.broker.connect()
    except BrokerError as error:
        return Check("gateway", ok=False, found=str(error), advice=_first_step(str(error))), None
    if not isinstance(opened, Connected):
        return Check("gateway", ok=False, found=f"connect answered {type(opened).__name__}"), None
    where = f"{parts.connection.address}, server version {opened.server_version}"
    return Check("gateway", ok=True, found=where), opened


def check_paper(opened: Connected, *, live: bool = False) -> Check:
    """Whether the account is of the kind that the configuration expects.

    Args:
        opened: The session.
        live: Whether real money is expected.
    """
    if live and not opened.paper:
        return Check("paper account", ok=True, found=f"{opened.account} is real money, as broker.live says")
    if opened.paper:
        return Check("paper account", ok=True, found=opened.account)
    return Check(
        "paper account",
        ok=False,
        found=f"{opened.account} is a live account",
        advice="Log the gateway in with the paper user (account numbers DU...), port 4002 or 7497.",
    )


async def check_writable(parts: IbParts, symbol: str) -> Check:
    """Whether the API may send orders at all."""
    name = "orders allowed"
    try:
        entry = await parts.book.underlying(symbol)
        await _margin_of(parts, entry, None)
    except RequestRefused as error:
        if error.code == codes.READ_ONLY:
            advice = "Gateway: Configure > Settings > API > Settings: clear Read-Only API, then press OK."
            return Check(name, ok=False, found=codes.explained(error.code, error.text), advice=advice)
        return Check(name, ok=True, found=f"orders are judged (a trial one was refused: {error.text})")
    except (BrokerError, MarketDataError) as error:
        return Check(
            name, ok=False, found=str(error), advice="Run the check again; see `gateway` and `market data`."
        )
    return Check(name, ok=True, found="a trial order was judged")


async def check_option_permission(parts: IbParts, option: Option) -> Check:
    """Whether the account may sell an option."""
    name = "option permission"
    try:
        await _margin_of(parts, await parts.book.underlying(option.symbol), option)
    except RequestRefused as error:
        found = codes.explained(error.code, error.text)
        if error.code == codes.READ_ONLY:
            return Check(name, ok=False, found=found, advice="See `orders allowed`.")
        return Check(name, ok=False, found=found, advice=_PERMISSION)
    except (BrokerError, MarketDataError) as error:
        return Check(name, ok=False, found=str(error), advice="Run the check again.")
    return Check(name, ok=True, found=f"selling {option.key} was judged")


async def check_market_data(parts: IbParts, symbols: Sequence[str]) -> list[Check]:
    """For each symbol, whether the underlying and its options are quoted live, with model values."""
    wanted = MarketRequest(tuple(SymbolRequest(symbol, (_PROBE,)) for symbol in symbols))
    view = await parts.market_data.observe(wanted)
    return [_data_check(symbol, view.seen(symbol)) for symbol in symbols]


async def check_clock(parts: IbParts, clock: Clock) -> Check:
    """Whether this machine's clock agrees with the gateway's."""
    name = "clock"
    try:
        drift = await drift_of(clock, parts.connection)
    except RequestTimedOut as error:
        return Check(name, ok=False, found=str(error), advice="Restart the gateway.")
    except BrokerError as error:
        return Check(name, ok=False, found=str(error), advice="See `gateway`.")
    seconds = drift.total_seconds()
    found = f"the gateway is {span(drift)} {'ahead of' if seconds > 0 else 'behind'} this machine"
    if abs(drift) <= DRIFT_MAX:
        return Check(name, ok=True, found=found)
    if abs(drift) > _ANOTHER_DAY:
        advice = (
            "The gateway lives on another day, as a simulated one may: nothing to mend then. A real one "
            "has a wrong date: set the clock of its machine."
        )
        return Check(name, ok=False, found=found, advice=advice)
    advice = "Let the operating system set the clock by network time (NTP), on the gateway's machine too."
    return Check(name, ok=False, found=found, advice=advice)


def span(drift: timedelta) -> str:
    """A length of time as a person reads it."""
    length = abs(drift)
    if length >= timedelta(days=2):
        return f"{length.days:,} days"
    seconds = length / timedelta(seconds=1)
    return f"{seconds / 3600:.1f} hours" if length >= timedelta(hours=2) else f"{seconds:.1f} s"


async def check_calendar(parts: IbParts, symbol: str, sessions: Sessions) -> Check:
    """Whether the broker's trading hours of the next days are those of our calendar."""
    name = "calendar"
    try:
        told = await broker_hours(parts.connection, parts.book, symbol)
    except (BrokerError, MarketDataError) as error:
        return Check(name, ok=False, found=str(error), advice="See `market data`.")
    if not told.days:
        found = f"the broker tells no hours of {symbol} that can be read: {told.text!r}"
        return Check(
            name, ok=False, found=found, advice="Without them nothing is opened. Restart the gateway."
        )
    known = [day for day in sorted(told.days) if day <= sessions.last.day]
    differences = [text for day in known if (text := difference(told, sessions.get(day), day))]
    if not differences:
        return Check(name, ok=True, found=f"{symbol} trades when our calendar says")
    return Check(
        name,
        ok=False,
        found="; ".join(differences),
        advice="Update the package exchange_calendars. Until then trade only in hours on which both agree.",
    )


async def examine(
    parts: IbParts,
    clock: Clock,
    sessions: Sessions,
    symbols: Sequence[str],
    once_open: Callable[[], Awaitable[object]] | None = None,
    *,
    live: bool = False,
) -> list[Check]:
    """All checks of one gateway in the order in which they make sense; the session is open afterwards.

    Args:
        parts: The adapter.
        clock: This machine's, to be compared with the gateway's.
        sessions: Our calendar.
        symbols: Whose data are looked at.
        once_open: Awaited when the session stands, to set the adapter's own clock by the gateway's.
        live: Whether real money is expected.
    """
    session, opened = await check_session(parts)
    if opened is None:
        return [session]
    if once_open is not None:
        await once_open()
    first = symbols[0]
    data = await check_market_data(parts, symbols)
    checks = [session, check_paper(opened, live=live), await check_writable(parts, first)]
    probe = await _probe_option(parts, first)
    if probe is not None:
        checks.append(await check_option_permission(parts, probe))
    return [*checks, *data, await check_clock(parts, clock), await check_calendar(parts, first, sessions)]


async def _probe_option(parts: IbParts, symbol: str) -> Option | None:
    """An option that certainly exists: the first that the broker quotes in the probed window."""
    view = await parts.market_data.observe(MarketRequest((SymbolRequest(symbol, (_PROBE,)),)))
    seen = view.seen(symbol)
    if isinstance(seen, Unknown) or not seen.chain.contracts:
        return None
    return next((c for c in seen.chain.contracts if dates.dte(c.expiry, view.at) > 0), None)


async def _margin_of(parts: IbParts, entry: UnderlyingEntry, option: Option | None) -> None:
    """Ask what one share bought for a cent, or one option sold dear, would change."""
    managed = parts.connection.accounts
    if not managed:
        raise NotConnected("The connection ended during the examination. Run it again.")
    listed = entry.listed if option is None else parts.book.listed(option)
    order = IbOrder(
        action="BUY" if option is None else "SELL",
        totalQuantity=1.0,
        orderType="LMT",
        lmtPrice=0.01 if option is None else float(translate.number(str(option.strike)) or Decimal(1)),
        tif="DAY",
        account=managed[0],
        orderRef="premia/doctor",
        whatIf=True,
    )
    await requests.what_if(parts.connection, parts.broker.allocate_id(0), listed, order)


def _data_check(symbol: str, seen: Seen | Unknown) -> Check:
    name = f"market data {symbol}"
    if isinstance(seen, Unknown):
        return Check(name, ok=False, found=seen.why, advice=_data_advice(seen.why))
    kind = seen.underlying.quote.kind
    words = "; ".join(seen.gaps)
    if kind is not DataKind.LIVE:
        return Check(name, ok=False, found=f"data are {kind.value}, not live", advice=_data_advice(words))
    if seen.gaps:
        return Check(name, ok=False, found=words, advice=_data_advice(words))
    return Check(name, ok=True, found=f"{symbol} and {len(seen.chain)} options are quoted live")


def _data_advice(words: str) -> str:
    """What to do about missing data: what the broker's number says, else the usual causes."""
    if "IB " in words:
        return "Follow the words in brackets; a new subscription works after the gateway is restarted."
    return (
        "If the market is closed, look again when it is open. Otherwise subscribe to the exchange's data "
        "and to OPRA (US options) in Client Portal > Settings > Market Data Subscriptions."
    )


def _first_step(words: str) -> str:
    """The next step after a failed connection; the error's own sentences hold it."""
    if "in use" in words:
        return "End the other program, or set broker.client_id to a free number."
    if "account.number" in words:
        return "Write the number that the gateway manages under [account], or log in with the other user."
    return "Start the gateway, log in, and look at API > Settings: sockets enabled, port, trusted addresses."
