"""`premia demo`: the wheel on years of prices through the real protocol, and what came of it.

The run itself is `bootstrap.demo`; here it is shown: campaigns, results by two conventions, equity
against simply holding the fund, the reasons of the last cycle, whether our ledger equals the simulated
broker's account to the cent, and how to go on to a paper account.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from shutil import which
from typing import Annotated

import msgspec
import typer

from premia.adapters.journals.places import open_journal
from premia.bootstrap.demo import DemoReport, DemoWish, facts_of
from premia.bootstrap.demo import demo as run_demo
from premia.bootstrap.demo_result import demo_result
from premia.bootstrap.records import book_of
from premia.bootstrap.results import save_result, save_text
from premia.domain.errors import ConfigError, JournalError
from premia.domain.instrument import Contract
from premia.reporting.backtest.page import page
from premia.reporting.campaigns import CampaignLine
from premia.reporting.chart import overlay
from premia.reporting.dividends import declared
from premia.reporting.equity import Point, buy_and_hold
from premia.reporting.summary import Summary, summarise
from premia.reporting.svg import Series, picture
from premia.ui.exits import Code
from premia.ui.look import show_campaigns
from premia.ui.options import AsJson, day, money
from premia.ui.progress import bar
from premia.ui.screen import Column, count, emit, note, percent, say, table
from premia.ui.screen import money as dollars
from premia.ui.why import show_cycle


class _Values(msgspec.Struct, frozen=True):
    """Of the gateway's figures, those that are compared."""

    total_cash: Decimal


class _Held(msgspec.Struct, frozen=True):
    """A position at the gateway."""

    contract: Contract
    quantity: int


class _Account(msgspec.Struct, frozen=True):
    """An account at the gateway."""

    values: _Values
    holdings: tuple[_Held, ...]


class Check(msgspec.Struct, frozen=True):
    """Our ledger beside the gateway's account, USD.

    Attributes:
        ledger_realized, gateway_realized: Results of executions, as the broker counts them.
        positions: How many the gateway holds.
        equal: Whether all sums are equal to the cent and every position too.
    """

    ledger_cash: Decimal
    gateway_cash: Decimal
    ledger_commissions: Decimal
    gateway_commissions: Decimal
    ledger_realized: Decimal
    gateway_realized: Decimal
    positions: int
    equal: bool

    @property
    def sums(self) -> tuple[tuple[str, Decimal, Decimal], ...]:
        """What is compared: its name, ours, the gateway's."""
        return (
            ("cash", self.ledger_cash, self.gateway_cash),
            ("commissions of executions", self.ledger_commissions, self.gateway_commissions),
            ("results of executions", self.ledger_realized, self.gateway_realized),
        )


_WISH = DemoWish(Path("premia-demo"))
_PICTURE = "equity.svg"
_RESULT = "result.json"
_PAGE = "report.html"
_SHOWN_MAX = 20
_HALF_CENT = Decimal("0.005")


def demo(
    *,
    folder: Annotated[Path, typer.Option(help="Where configuration, journal and picture go.")] = _WISH.folder,
    first: Annotated[date | None, typer.Option(parser=day, metavar="DATE", help="First day.")] = None,
    last: Annotated[date | None, typer.Option(parser=day, metavar="DATE", help="Last day.")] = None,
    capital: Annotated[
        Decimal | None, typer.Option(parser=money, metavar="USD", help="Cash at the start.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another market.")] = _WISH.seed,
    as_json: AsJson = False,
) -> None:
    """Turn the wheel through years of prices on a simulated gateway."""
    wish = DemoWish(folder, first or _WISH.first, last or _WISH.last, capital or _WISH.capital, seed)
    if wish.last <= wish.first:
        raise ConfigError(f"The last day {wish.last} must come after the first, {wish.first}.")
    report = _run(wish)
    summary, held = _told(report)
    checked = _compared(report, summary, held)
    drawn = _draw(report, summary, folder)
    result, shown = _write(report, wish)
    if as_json:
        files = {"picture": str(drawn), "result": str(result), "report": str(shown)}
        emit("demo", {"summary": summary, "check": checked, **files})
    else:
        _show(report, summary, checked, drawn)
    if not checked.equal:
        note("Ledger and gateway differ: a defect in Premia, please report it with the journal.")
        raise typer.Exit(Code.MISMATCH)


def _run(wish: DemoWish) -> DemoReport:
    """The run, with its days as progress."""
    days = (wish.last - wish.first).days
    with bar("Trading days", days) as tell:
        return asyncio.run(
            run_demo(wish, lambda at, worth: tell((at - wish.first).days, f"{at} {worth:>12,.0f} USD"))
        )


def _told(report: DemoReport) -> tuple[Summary, dict[str, int]]:
    """What the journal tells, and what is held at its end by contract key."""
    with closing(open_journal(report.journal, report.account, read_only=True)) as journal:
        numbered = list(journal.read())
        held = {key: one.quantity for key, one in book_of(journal).holdings.items()}
    closes = [(one.day, one.spot) for one in report.days]
    start = report.days[0].equity if report.days else report.capital
    found = summarise(numbered, buy_and_hold(start, closes, declared(numbered, report.symbol)), report.symbol)
    if found is None:
        raise JournalError(f"{report.journal} is empty after the demo; run it again.")
    return found, held


def _compared(report: DemoReport, summary: Summary, held: dict[str, int]) -> Check:
    """Our ledger beside the market's own account and record, which the engine never sees."""
    account = msgspec.convert(report.gateway["accounts"][report.account], _Account, strict=False)
    theirs = {one.contract.key: one.quantity for one in account.holdings if one.quantity}
    found = Check(
        ledger_cash=report.ledger_cash,
        gateway_cash=account.values.total_cash,
        ledger_commissions=summary.results.commissions,
        gateway_commissions=report.commissions,
        ledger_realized=summary.results.computed,
        gateway_realized=report.realized,
        positions=len(theirs),
        equal=held == theirs,
    )
    apart = any(abs(ours - gateways) > _HALF_CENT for _name, ours, gateways in found.sums)
    return msgspec.structs.replace(found, equal=found.equal and not apart)


def _draw(report: DemoReport, summary: Summary, folder: Path) -> Path:
    """The picture of equity against buy-and-hold, as a file."""
    path = folder / _PICTURE
    lines = _series(report, summary)
    path.write_text(picture(f"The wheel on {report.name}", lines), encoding="utf-8")
    return path


def _write(report: DemoReport, wish: DemoWish) -> tuple[Path, Path]:
    """The result in the form of a backtest's, and its page, as files."""
    told = demo_result(report, wish, facts_of(report))
    result, shown = wish.folder / _RESULT, wish.folder / _PAGE
    save_result(told, result)
    save_text(page(told), shown)
    return result, shown


def _series(report: DemoReport, summary: Summary) -> list[Series]:
    if summary.comparison is None:
        return [Series("wheel", tuple(Point(one.day, one.equity) for one in report.days))]
    return [
        Series("wheel, net liquidation", summary.comparison.equity),
        Series(f"{report.symbol}, bought and held", summary.comparison.holding),
    ]


def _show(report: DemoReport, summary: Summary, checked: Check, drawn: Path) -> None:
    say(f"The wheel on {report.symbol} ({report.name})")
    say(f"{report.first} to {report.last}, {dollars(report.capital)} USD at the start")
    say("")
    _show_turns(summary.campaigns)
    _show_counts(summary)
    _show_results(summary)
    if summary.comparison is not None:
        for row in overlay([summary.comparison.equity, summary.comparison.holding]):
            say(row)
        say(summary.comparison.sentence)
        say(f"As a picture: {drawn}")
        say("")
    if summary.last_cycle is not None:
        say("Every reason of the last cycle:")
        show_cycle(summary.last_cycle)
    _show_check(report, summary, checked)
    _show_next(report)


def _show_turns(lines: Sequence[CampaignLine]) -> None:
    """Campaigns with more to tell than puts bought back, the newest in full; the others in one line."""
    telling = [line for line in lines if line.ended is None or line.assigned or line.rolls]
    shown = telling[-_SHOWN_MAX:]
    title = f"Campaigns: {len(shown)} of {len(lines)}" if len(shown) < len(lines) else "Campaigns"
    show_campaigns(title, shown)
    rest = [line for line in lines if line not in shown]
    if rest:
        earned = dollars(sum((line.result for line in rest), Decimal(0)))
        say(f"The other {len(rest)} earned {earned} USD; `premia campaigns` lists them.")
        say("")


def _show_counts(summary: Summary) -> None:
    counts = summary.counts
    facts = [
        ("cycles", counts.cycles),
        ("orders sent", counts.sent),
        ("filled", counts.filled),
        ("filled in several executions", counts.several_executions),
        ("never filled", counts.never_filled),
        ("trades ended", counts.trades),
        ("with a gain, shares aside", counts.winners),
        ("rolls", counts.rolls),
        ("assignments and calls", counts.assignments),
        ("expired worthless", counts.expiries),
        ("full turns", counts.full_turns),
    ]
    columns = [Column("what"), Column("how often", number=True)]
    table("What happened", columns, [(name, count(value)) for name, value in facts])


def _show_results(summary: Summary) -> None:
    total = summary.results.total
    facts = [
        ("options that ended", total.options),
        ("shares that left", total.shares),
        ("fees", -total.fees),
        ("trading, by our convention", total.options + total.shares - total.fees),
        ("what waits in the broker's averages", -summary.results.waiting),
        ("trading, by the broker's convention", total.broker),
        ("the broker's own results of executions", summary.results.reported),
        ("our computation of the same", summary.results.computed),
        ("dividends", total.dividends),
        ("interest", total.interest),
        ("unexplained cash", total.unexplained),
        ("all together, by our convention", total.total),
    ]
    columns = [Column("what"), Column("amount", number=True)]
    table("Realised results, USD", columns, [(name, dollars(value)) for name, value in facts])
    say("Ours counts a premium when its option ends and a fee when it is paid; the broker's lets the")
    say("premium of assigned options and the fees of open positions wait in its average costs.")
    if summary.comparison is not None and summary.comparison.ours.annual is not None:
        say(f"Growth a year: {percent(summary.comparison.ours.annual)}.")
    say("")


def _show_check(report: DemoReport, summary: Summary, checked: Check) -> None:
    columns = [Column("USD"), Column("our ledger", number=True), Column("the gateway", number=True)]
    rows = [(name, dollars(ours), dollars(theirs)) for name, ours, theirs in checked.sums]
    table("Our ledger beside the gateway's own account", columns, rows)
    verdict = "Equal to the cent, and every position too." if checked.equal else "They differ."
    say(verdict)
    say(f"API messages sent {report.messages[0]:,}, received {report.messages[1]:,}.")
    say(f"Digest of decisions, orders and fills: {summary.digest[:16]} (the same on every run)")
    say("")


def _show_next(report: DemoReport) -> None:
    premia = _command()
    say(f"The whole run as a page for a browser: {report.config.parent / _PAGE}")
    say("Look closer:")
    for verb in ("status", "campaigns", "orders", f"why {report.symbol}"):
        say(f"  {premia} {verb} -c {report.config}")
    say(f"  {premia} report backtest {report.config.parent / _RESULT}")
    say("Go on to a paper account at Interactive Brokers:")
    say("  1. Start IB Gateway or TWS with a paper login; switch on the API socket, port 4002.")
    say(f"  2. {premia} init --capital 100000 --account DU1234567 --symbols SPY,QQQ")
    say(f"  3. {premia} doctor, then {premia} plan, then {premia} run --once")


def _command() -> str:
    """How to call this program from here: by its name where the shell finds it, else by its path."""
    called = Path(sys.argv[0])
    if called.name != "premia" or which("premia") is not None:
        return "premia"
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)
