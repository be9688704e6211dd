"""Between runs: what is held is looked at, and what two looks agree on asks for a pass without openings.

One look can be a bad tick; two that agree are taken for true. A trigger speaks once when it comes up, and
again only after it has been gone for two looks, or after half an hour in which it stood. What is done about
it the pass decides, by the same strategies and rules as any other. Excess liquidity below the cushion halts
entries by itself, and ends the halt when it is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from premia.domain import events as ev
from premia.domain.book import ENTRIES, Book
from premia.domain.instrument import Option
from premia.domain.intent import evidence
from premia.domain.known import Known
from premia.domain.market import MarketRequest, MarketView, SymbolRequest
from premia.domain.trigger import ACCOUNT, Trigger
from premia.engine.cycle import Engine, Mandate, Run

MARGIN = "margin"
"""Cause of the halt while excess liquidity is below the cushion."""

AGAIN = timedelta(minutes=30)
"""After how long a trigger that still stands asks for another pass."""

_AGREE = 2  # looks in a row


class Standing(NamedTuple):
    """A trigger over several looks.

    Attributes:
        looks: Looks in a row in which it held.
        missed: Looks in a row in which it did not.
        spoke: When it last asked for a pass; None while it has not.
    """

    looks: int
    missed: int
    spoke: datetime | None


class Looked(NamedTuple):
    """What a look concluded.

    Attributes:
        standing: Triggers by key, for the next look.
        facts: What to write down.
        runs: Passes to make.
    """

    standing: Mapping[str, Standing]
    facts: tuple[ev.AnyEvent, ...] = ()
    runs: tuple[Run, ...] = ()


def watched(engine: Engine, book: Book) -> MarketRequest:
    """What must be quoted to watch what is held: the options of open trades, and nothing else."""
    found: dict[str, dict[str, Option]] = {}
    for mandate in _watching(engine):
        for trade in book.trades.values():
            if trade.strategy == mandate.strategy.name and not trade.flat:
                options = found.setdefault(trade.symbol, {})
                for leg in trade.legs.values():
                    if isinstance(leg.contract, Option):
                        options[leg.contract.key] = leg.contract
    return MarketRequest(
        tuple(
            SymbolRequest(symbol, contracts=tuple(options[key] for key in sorted(options)))
            for symbol, options in sorted(found.items())
            if options
        )
    )


def look(
    engine: Engine, book: Book, view: MarketView, standing: Mapping[str, Standing], cushion: Decimal
) -> Looked:
    """What follows from one look at what is held.

    Args:
        engine: The strategies.
        book: What is held.
        view: The market of `watched`.
        standing: Of the look before.
        cushion: Share of net liquidation below which excess liquidity halts entries.
    """
    at = view.at
    by_strategy = {one.strategy.name: list(_said(engine, one, book, view)) for one in _watching(engine)}
    account = list(_account(book, cushion))
    now = {one.key: one for found in (*by_strategy.values(), account) for one in found}
    after = dict(_counted(standing, now))
    speaking = {key for key in now if _speaks(after[key], at)}
    for key in speaking:
        after[key] = after[key]._replace(spoke=at)
    facts: list[ev.AnyEvent] = [_crossed(now[key], at) for key in sorted(speaking)]
    facts += _margin(book, now, after, at)
    runs = tuple(
        Run((name,), {}, "watch: " + "; ".join(one.reason for one in asking), entries=False)
        for name, found in by_strategy.items()
        if (asking := [one for one in found if one.key in speaking])
    )
    return Looked(after, tuple(facts), runs)


def _watching(engine: Engine) -> Iterator[Mandate]:
    return (mandate for mandate in engine.mandates if mandate.strategy.watch is not None)


def _said(engine: Engine, mandate: Mandate, book: Book, view: MarketView) -> Iterable[Trigger]:
    watch = mandate.strategy.watch
    return () if watch is None else watch(view, book, mandate.params, engine.reference.sessions)


def _counted(standing: Mapping[str, Standing], now: Mapping[str, Trigger]) -> Iterator[tuple[str, Standing]]:
    for key in sorted({*standing, *now}):
        before = standing.get(key, Standing(0, 0, None))
        if key in now:
            yield key, Standing(before.looks + 1, 0, before.spoke)
        elif before.missed + 1 < _AGREE:
            yield key, Standing(0, before.missed + 1, before.spoke)


def _speaks(one: Standing, at: datetime) -> bool:
    return one.looks >= _AGREE and (one.spoke is None or at - one.spoke >= AGAIN)


def _crossed(one: Trigger, at: datetime) -> ev.TriggerCrossed:
    return ev.TriggerCrossed(
        at=at, subject=one.subject, symbol=one.symbol, what=one.what, reason=one.reason, evidence=one.evidence
    )


def _account(book: Book, cushion: Decimal) -> Iterator[Trigger]:
    """Excess figures of the account below the cushion; a figure that was not given says nothing here."""
    observed = book.observed.account
    if not isinstance(observed, Known) or observed.value.net_liquidation is None:
        return
    account, least = observed.value, cushion * observed.value.net_liquidation
    figures = {
        "excess_liquidity": account.excess_liquidity,
        "look_ahead_excess": account.look_ahead_excess,
        "post_expiration_excess": account.post_expiration_excess,
    }
    for name, usd in figures.items():
        if usd is not None and usd < least:
            words = name.replace("_", " ")
            text = (
                f"{words} is {usd:,.0f} USD, below the cushion of {least:,.0f} ({cushion:.0%} of the account)"
            )
            yield Trigger(ACCOUNT, "", name, text, evidence(usd=usd, least=least, cushion=cushion))


def _margin(
    book: Book, now: Mapping[str, Trigger], after: Mapping[str, Standing], at: datetime
) -> Iterator[ev.AnyEvent]:
    """The halt of entries while the account lacks its cushion, and its end."""
    of_account = [key for key, one in now.items() if one.subject == ACCOUNT]
    agreed = [key for key in of_account if after[key].looks >= _AGREE]
    if agreed and MARGIN not in book.halts:
        why = "; ".join(now[key].reason for key in agreed)
        yield ev.TradingHalted(at=at, cause=MARGIN, scope=ENTRIES, why=why)
    elif MARGIN in book.halts and not any(key.startswith(f"{ACCOUNT}/") for key in after):
        yield ev.TradingReleased(at=at, cause=MARGIN, why="the account has its cushion again")
