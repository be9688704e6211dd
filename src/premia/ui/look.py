"""`premia status`, `positions`, `campaigns` and `orders`: what the journal tells, without any broker."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from typing import Annotated

import typer

from premia.adapters.journals.journal import SqlJournal
from premia.bootstrap.records import book_of, open_records, seconds_since
from premia.reporting.campaigns import CampaignLine, ended_campaigns, open_campaigns
from premia.reporting.orders import OrderLine
from premia.reporting.orders import orders as orders_of
from premia.reporting.positions import PositionLine, seen_at
from premia.reporting.positions import positions as positions_of
from premia.reporting.replay import replay
from premia.reporting.status import Status
from premia.reporting.status import status as status_of
from premia.ui.options import CONFIG, AsJson, ConfigFile, JournalFile
from premia.ui.screen import (
    NONE,
    Column,
    age,
    count,
    day,
    emit,
    moment,
    money,
    note,
    pairs,
    percent,
    price,
    say,
    table,
)

_SOON_DAYS = 30  # before that, a premium not yet earned makes any return a year look absurd
_OVER = ("filled", "cancelled", "rejected", "never_sent")


class Which(StrEnum):
    """Which campaigns."""

    ALL = "all"
    OPEN = "open"
    ENDED = "ended"


def status(*, config: ConfigFile = CONFIG, journal: JournalFile = None, as_json: AsJson = False) -> None:
    """Show how things stand, from the journal."""
    with closing(open_records(config, journal)) as records:
        stands = status_of(book_of(records))
        told = records.newest("broker_observed")
        seconds = seconds_since(told[-1][2]) if told else None
        if as_json:
            content = {"journal": str(records.name), "observed_age_s": seconds, "status": stands}
            emit("status", content)
            return
        if not records.last_sequence():
            say(f"Nothing has happened yet by {records.name}; `premia run --once` makes the first pass.")
            return
        _show_status(stands, records, seconds)


def positions(*, config: ConfigFile = CONFIG, journal: JournalFile = None, as_json: AsJson = False) -> None:
    """Show what is held, with its three costs."""
    with closing(open_records(config, journal)) as records:
        book = book_of(records)
        lines = positions_of(records.read(), book)
    if as_json:
        emit("positions", {"account": book.account, "observed_at": seen_at(book), "positions": lines})
        return
    table(
        f"Positions of {book.account}, broker's figures of {moment(seen_at(book))}",
        _POSITIONS,
        map(_position, lines),
    )
    say("A share: average cost is the broker's, tax basis follows our lots, break-even is the whole turn's.")


def campaigns(
    *,
    config: ConfigFile = CONFIG,
    journal: JournalFile = None,
    which: Annotated[Which, typer.Option(help="Which of them.")] = Which.ALL,
    as_json: AsJson = False,
) -> None:
    """Show whole turns of the wheel, running and ended."""
    with closing(open_records(config, journal)) as records:
        book = book_of(records)
        lines = [] if which is Which.OPEN else ended_campaigns(replay(records.read()))
    lines += [] if which is Which.ENDED else open_campaigns(book)
    if as_json:
        emit("campaigns", {"account": book.account, "at": book.at, "campaigns": lines})
        return
    show_campaigns(f"Campaigns of {book.account}", lines)


def orders(
    *,
    config: ConfigFile = CONFIG,
    journal: JournalFile = None,
    last: Annotated[int, typer.Option(min=0, help="How many of the newest; 0 for all.")] = 20,
    working: Annotated[bool, typer.Option("--working", help="Only those that are not over.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show every order: price, fills, how it ended and why."""
    with closing(open_records(config, journal)) as records:
        lines = orders_of(records.read())
        account = records.account
    chosen = [line for line in lines if not working or line.state not in _OVER]
    shown = chosen[-last:] if last else chosen
    if as_json:
        emit("orders", {"account": account, "total": len(chosen), "orders": shown})
        return
    table(f"Orders of {account}: the newest {len(shown)} of {len(chosen)}", _ORDERS, map(_order, shown))
    say("Prices are net credits a share; a debit is negative.")


def show_campaigns(title: str, lines: list[CampaignLine]) -> None:
    """A table of campaigns, for this verb and for the demo."""
    table(title, _CAMPAIGNS, map(_campaign, lines))


def _show_status(stands: Status, records: SqlJournal, seconds: float | None) -> None:
    seen = "never" if seconds is None else f"{moment(stands.observed_at)}, recorded {age(seconds)} ago"
    pairs(
        f"Account {stands.account} by {records.name}",
        [
            ("last event", moment(stands.at)),
            ("last cycle", stands.cycle or "none"),
            ("broker last told", seen),
            ("broker and ledger agree", "yes" if stands.reconciled else "NO: the next run compares again"),
            ("net liquidation", money(stands.net_liquidation)),
            ("cash / settled", f"{money(stands.total_cash)} / {money(stands.settled_cash)}"),
            ("available / excess", f"{money(stands.available_funds)} / {money(stands.excess_liquidity)}"),
            ("capital at work", money(stands.capital)),
            ("campaigns / trades / positions", f"{stands.campaigns} / {stands.trades} / {stands.positions}"),
            ("working orders", count(stands.working_orders)),
        ],
    )
    if stands.halts:
        rows = [(one.cause, one.scope, one.why, moment(one.since), one.who) for one in stands.halts]
        table("Halts", [Column(name) for name in ("cause", "stops", "why", "since", "by")], rows)
    if stands.open_trades:
        say(f"Open trades: {', '.join(stands.open_trades)}")
    if stands.blocks:
        rows = [(one.symbol, one.why, day(one.until_session)) for one in stands.blocks]
        table("Symbols that take no new entry", [Column("symbol"), Column("why"), Column("until")], rows)
    if stands.expected:
        rows = [(one.cause, money(one.amount), day(one.since)) for one in stands.expected]
        table("Cash expected", [Column("cause"), Column("amount", number=True), Column("since")], rows)
    for key in stands.unknown_orders:
        note(f"Order {key} is unknown: it may live at the broker. Look in TWS; its symbol stays blocked.")


def _position(line: PositionLine) -> tuple[str, ...]:
    held = f"{line.quantity:+d}"
    if line.observed is not None and line.observed != line.quantity:
        held += f" (broker {line.observed:+d})"
    return (
        line.contract,
        held,
        price(None if line.average_cost is None else line.average_cost / line.multiplier),
        price(line.tax_basis),
        price(line.break_even),
        price(line.mark),
        money(line.value),
        count(line.dte),
        line.note,
    )


_POSITIONS = (
    Column("contract"),
    Column("quantity", number=True),
    Column("average cost", number=True),
    Column("tax basis", number=True),
    Column("break-even", number=True),
    Column("mark", number=True, spare=3),
    Column("value", number=True, spare=2),
    Column("dte", number=True, spare=1),
    Column("note"),
)


def _campaign(line: CampaignLine) -> tuple[str, ...]:
    return (
        line.symbol,
        f"{line.opened:%Y-%m-%d}",
        day(line.ended),
        count(line.days),
        line.state + (", full turn" if line.full_turn else ""),
        f"{line.puts_sold}/{line.calls_sold}",
        count(line.rolls),
        money(line.premium),
        money(line.share_result),
        money(line.dividends),
        money(line.fees),
        money(line.result),
        NONE if line.ended is None and line.days < _SOON_DAYS else percent(line.annualised),
        price(line.break_even),
    )


_CAMPAIGNS = (
    Column("symbol"),
    Column("opened", number=True, spare=3),
    Column("ended", number=True),
    Column("days", number=True, spare=2),
    Column("state"),
    Column("puts/calls", number=True, spare=7),
    Column("rolls", number=True, spare=6),
    Column("premium", number=True, spare=1),
    Column("shares", number=True, spare=4),
    Column("dividends", number=True, spare=5),
    Column("fees", number=True, spare=8),
    Column("result", number=True),
    Column("a year", number=True),
    Column("break-even", number=True),
)


def _order(line: OrderLine) -> tuple[str, ...]:
    return (
        line.key,
        line.legs,
        f"{line.filled}/{line.quantity}",
        line.state.replace("_", " "),
        price(line.first),
        price(line.limit),
        price(line.worst),
        price(line.price),
        count(line.executions),
        money(line.fees),
        line.why,
    )


_ORDERS = (
    Column("order"),
    Column("legs"),
    Column("filled", number=True),
    Column("state"),
    Column("first", number=True, spare=2),
    Column("limit", number=True, spare=1),
    Column("worst", number=True, spare=3),
    Column("price", number=True),
    Column("executions", number=True, spare=5),
    Column("fees", number=True, spare=4),
    Column("why"),
)
