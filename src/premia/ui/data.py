"""`premia data`: option chains in a store on disk, made, joined, shown and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from premia.bootstrap.data_check import Shown, SymbolLine, checked, joined, shown
from premia.store.quality import Report, told
from premia.ui.options import AsJson
from premia.ui.screen import Column, count, day, emit, note, pairs, say, table

data = typer.Typer(
    help="Import option chains into a store, show it, or check it.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)

To = Annotated[Path, typer.Option("--to", help="Folder of the new store; nothing may be there.")]
Place = Annotated[Path, typer.Argument(help="Folder of the store.")]


@data.command("import")
def import_(  # noqa: PLR0913 - one parameter an option
    form: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="premia, cboe, lean, yfinance, last_price, optionsdx, philippdubach or mapped.",
        ),
    ],
    files: Annotated[list[Path], typer.Argument(help="Files, in the order of their days.")],
    *,
    to: To,
    events: Annotated[
        list[Path] | None, typer.Option("--events", help="Splits, dividends and the like; may be repeated.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="TOML that names the columns, for the format mapped.")
    ] = None,
    symbol: Annotated[str, typer.Option("--symbol", help="Underlying of files that do not say theirs.")] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="stock, fund or index, where the ticker does not tell.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Import files of option chains into a new store, and report every row."""
    from premia.bootstrap.data_import import Wanted, import_chains  # noqa: PLC0415 - loads pricing

    if kind not in ("", "stock", "fund", "index"):
        raise typer.BadParameter(f"--kind is {kind!r}; it may be stock, fund or index.")
    wanted = Wanted(form, files, tuple(events or ()), mapping, symbol.upper(), kind)
    found = import_chains(wanted, to, note)
    _results("data import", to, found.reports, as_json=as_json)


@data.command()
def synthetic(
    *,
    to: To,
    underlyings: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 3,
    sessions: Annotated[int, typer.Option(min=30, max=3000, help="Days of trading.")] = 504,
    strikes: Annotated[int, typer.Option(min=10, max=200, help="Of each of twelve expiries.")] = 60,
    seed: Annotated[int, typer.Option(help="Of every number.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Make a synthetic store from a seed, to try things out; no market ever quoted it."""
    from premia.bootstrap.data_synthetic import settings_of, synthetic_store  # noqa: PLC0415 - loads pricing

    synthetic_store(settings_of(seed, underlyings, sessions, strikes), to)
    _show("data synthetic", shown(to), as_json=as_json)


@data.command()
def join(
    stores: Annotated[
        list[Path], typer.Argument(help="Folders of stores; of a day held twice the first counts.")
    ],
    *,
    to: To,
    first_wins: Annotated[
        bool, typer.Option("--first-wins", help="Take a day that two stores hold from the first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Join several stores into a new one: other symbols, or other days of the same."""
    left_out = joined(stores, to, first_wins=first_wins)
    for symbol, rows in left_out.items():
        note(f"{symbol}: {rows:,} rows of days that an earlier store holds are left out.")
    _show("data join", shown(to), as_json=as_json)


@data.command()
def show(store: Place, *, as_json: AsJson = False) -> None:
    """Show what a store holds and where it came from."""
    _show("data show", shown(store), as_json=as_json)


@data.command()
def check(store: Place, *, as_json: AsJson = False) -> None:
    """Read every byte of a store, and report what was dropped and what looks wrong."""
    _results("data check", store, checked(store), as_json=as_json)


def _show(verb: str, found: Shown, *, as_json: bool) -> None:
    if as_json:
        emit(verb, {"store": found.store, "symbols": found.symbols})
        return
    store = found.store
    pairs(
        f"Store {store.path}",
        [
            ("rows", count(store.rows)),
            ("size", f"{store.bytes / 1e6:,.1f} MB"),
            ("events", count(store.events)),
            ("digest", store.digest),
            *((f"from {one.form}", " ".join([one.name, *one.notes])) for one in store.sources),
        ],
    )
    table("Underlyings", _COLUMNS, map(_line, found.symbols))


def _line(one: SymbolLine) -> tuple[str, ...]:
    days = (count(one.days), day(one.first), day(one.last))
    return one.symbol, one.kind, " ".join(one.roots), *days, count(one.rows)


def _results(verb: str, store: Path, reports: tuple[Report, ...], *, as_json: bool) -> None:
    found = shown(store)
    if as_json:
        emit(verb, {"store": found.store, "reports": reports})
        return
    for report in reports:
        for line in told(report):
            say(line)
    say("")
    for one in found.store.sources:
        for text in one.notes:
            say(f"{one.name}: {text}")
    say(f"Store {store}: {found.store.rows:,} rows, digest {found.store.digest[:16]}.")


_COLUMNS = (
    Column("Symbol"),
    Column("Kind"),
    Column("Classes", spare=2),
    Column("Days", number=True),
    Column("First", spare=1),
    Column("Last", spare=1),
    Column("Rows", number=True),
)
