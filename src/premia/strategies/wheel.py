"""The wheel: sell puts that cash secures, take the shares when assigned, sell calls until they are called.

`request` says what must be seen now, `propose` answers with intents and with a sentence for everything
left. Both look at one symbol at a time, so a symbol decides the same whatever else is traded. Sizes are
wishes: what the account can bear, all symbols together, is for the rules to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from premia.domain.book import Book
from premia.domain.instrument import Option, Right
from premia.domain.intent import Intent, Passed, evidence
from premia.domain.known import Unknown
from premia.domain.market import MarketView, Scan, Seen, SymbolRequest
from premia.domain.sessions import Sessions
from premia.domain.trigger import Trigger
from premia.strategies.wheel_case import NAME, Case, unknown_order, worth_of
from premia.strategies.wheel_defaults import defaults_for
from premia.strategies.wheel_entries import call_stop, propose_call, propose_put, put_stop
from premia.strategies.wheel_exits import propose_exit
from premia.strategies.wheel_params import Params, SymbolParams, Want, want
from premia.strategies.wheel_rolls import may_roll
from premia.strategies.wheel_watch import watch as watch_symbol

__all__ = [
    "NAME",
    "Params",
    "SymbolParams",
    "Want",
    "adopts",
    "defaults_for",
    "propose",
    "request",
    "want",
    "watch",
]


def request(book: Book, params: Params, at: datetime) -> tuple[SymbolRequest, ...]:
    """What the wheel needs to see now: held contracts always, scans only where they could lead to an order.

    Args:
        book: Open state of the account.
        params: The wheel's parameters.
        at: Market time.
    """
    worth = worth_of(book)
    if isinstance(worth, str):
        worth = Decimal(0)
    requests = [_request(_case(symbol, params, book, at, worth)) for symbol in params.symbols]
    return tuple(one for one in requests if one is not None)


def propose(view: MarketView, book: Book, params: Params, sessions: Sessions) -> Iterator[Intent | Passed]:
    """What the wheel wants, and why it left the rest, symbol by symbol.

    Args:
        view: The market, as asked for by `request`.
        book: Open state of the account.
        params: The wheel's parameters.
        sessions: Trading days, to know which one is the last before an ex-date.
    """
    worth = worth_of(book)
    for symbol in params.symbols:
        stop = _symbol_stop(symbol, book, worth)
        if stop is not None or isinstance(worth, str):
            yield stop or Passed(NAME, symbol, symbol, "account", str(worth), evidence())
            continue
        case = _case(symbol, params, book, view.at, worth)._replace(seen=view.seen(symbol))
        yield from _proposals(case, sessions)


def watch(view: MarketView, book: Book, params: Params, sessions: Sessions) -> Iterator[Trigger]:
    """What of its open options asks for a look before the next run.

    Args:
        view: The market of what is held.
        book: Open state of the account.
        params: The wheel's parameters.
        sessions: Trading days, to know which one is the last before an ex-date.
    """
    worth = worth_of(book)
    for symbol in params.symbols:
        if not isinstance(worth, str):
            case = _case(symbol, params, book, view.at, worth)._replace(seen=view.seen(symbol))
            yield from watch_symbol(case, sessions)


def adopts(params: Params, symbol: str) -> bool:
    """Whether positions of a symbol that were already there join the wheel; else they are left alone."""
    return symbol in params.symbols and want(params, symbol).adopt


def _proposals(case: Case, sessions: Sessions) -> Iterator[Intent | Passed]:
    for trade in case.trades:
        yield from propose_exit(case, trade, sessions)
    yield propose_put(case)
    campaign = case.campaign
    if campaign is not None and campaign.shares > 0:
        yield propose_call(case)


def _symbol_stop(symbol: str, book: Book, worth: Decimal | str) -> Passed | None:
    """What stands the whole symbol still, from the book alone; None where nothing does."""
    block = book.blocks.get(symbol)
    if block is not None:
        until = "a person speaks" if block.until_session is None else f"the session of {block.until_session}"
        reason = f"{symbol} stands still until {until}: {block.why}"
        return Passed(NAME, symbol, symbol, "standstill", reason, evidence(until_session=block.until_session))
    order = unknown_order(book, symbol)
    if order is not None:
        reason = f"it is unknown whether order {order.key} lives: {order.why}"
        return Passed(NAME, symbol, symbol, "standstill", reason, evidence(order=order.key))
    if isinstance(worth, str):
        return Passed(NAME, symbol, symbol, "account", worth, evidence())
    return None


def _case(symbol: str, params: Params, book: Book, at: datetime, worth: Decimal) -> Case:
    unseen: Seen | Unknown = Unknown(at, f"{symbol} was not asked for")
    return Case(symbol, params, want(params, symbol), book, at, unseen, worth)


def _request(case: Case) -> SymbolRequest | None:
    """What to see of one symbol; None where nothing is held and nothing could be sold."""
    book, wanted = case.book, case.wanted
    held = tuple(
        sorted(
            (
                h.contract
                for h in book.holdings.values()
                if isinstance(h.contract, Option) and h.contract.symbol == case.symbol
            ),
            key=lambda option: option.key,
        )
    )
    scans: list[Scan] = []
    standing = _symbol_stop(case.symbol, book, case.worth) is not None
    if not standing and put_stop(case) is None:
        scans.append(
            _scan(case, Right.PUT, (wanted.put_delta_min, wanted.put_delta_max, wanted.put_delta_aim))
        )
    if not standing and case.campaign is not None and call_stop(case) is None:
        easing = wanted.underwater == "min_delta"
        lowest = min(wanted.underwater_delta_min, wanted.call_delta_min) if easing else wanted.call_delta_min
        scans.append(_scan(case, Right.CALL, (lowest, wanted.call_delta_max, wanted.call_delta_aim)))
    for right, lowest in ((Right.PUT, wanted.put_delta_min), (Right.CALL, wanted.call_delta_min)):
        if not standing and any(may_roll(case, trade, right) for trade in case.trades):
            highest = max(case.params.roll_delta_max, lowest)
            scans.append(_scan(case, right, (lowest, highest, (lowest + highest) / 2)))
    if not scans and not held and book.shares(case.symbol) == 0:
        return None
    return SymbolRequest(case.symbol, _merged(scans), held)


def _scan(case: Case, right: Right, band: tuple[float, float, float]) -> Scan:
    wanted = case.wanted
    return Scan(
        right=right,
        delta_min=band[0],
        delta_max=band[1],
        delta_target=band[2],
        dte_min=wanted.dte_min,
        dte_max=wanted.dte_max,
        expirations=case.params.expirations,
    )


def _merged(scans: list[Scan]) -> tuple[Scan, ...]:
    """One scan a right, its band wide enough for all."""
    merged: dict[Right, Scan] = {}
    for scan in scans:
        known = merged.get(scan.right)
        if known is None:
            merged[scan.right] = scan
        else:
            merged[scan.right] = Scan(
                right=scan.right,
                delta_min=min(known.delta_min, scan.delta_min),
                delta_max=max(known.delta_max, scan.delta_max),
                delta_target=known.delta_target,
                dte_min=scan.dte_min,
                dte_max=scan.dte_max,
                expirations=scan.expirations,
            )
    return tuple(merged.values())
