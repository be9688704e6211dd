"""The small wheel of `story` as a run on history: with a middle for each order, and valued sessions."""

from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.money import price
from premia.reporting.backtest.ran import Benchmark, BenchmarkKind, Day, Missing, Ran, Settings
from tests.unit.reporting.story import whole_turn

D = Decimal
MIDS = {"XYZ/put": "0.61", "XYZ/call": "0.56"}
CONFIG = '[account]\nnumber = "DU1000001"\n\n[strategies.wheel.symbols.XYZ]\nweight = 0.9\n'


def with_middles(events: list[ev.AnyEvent]) -> list[ev.AnyEvent]:
    """Each order decided at a middle of one cent above its limit, with the underlying at 52.10."""
    return [
        replace(event, order=replace(event.order, mid=price(MIDS[event.order.slot]), spot=D("52.10")))
        if isinstance(event, ev.MarginRequested)
        else event
        for event in events
    ]


def a_day(month: int, day: int, at_mid: str, cash: str, spot: str, shares: int = 0, **other: object) -> Day:
    """A valued session."""
    return Day(
        day=date(2026, month, day),
        at_mid=D(at_mid),
        cash=D(cash),
        spots={"XYZ": D(spot)},
        shares=D(spot) * shares,
        **other,
    )


def days() -> tuple[Day, ...]:
    """Put sold, shares held, dividend accrued and paid, called away; the falls are those of the shares.

    Cash: 10,000 + 60 - 1.05 = 10,058.95; less 5,000 for the shares; + 55 - 1.05; + 25; + 5,100.
    """
    return (
        a_day(1, 5, "10000", "10000", "52", if_assigned=D(10000), maintenance=D(0), excess=D(10000)),
        a_day(1, 6, "9997.95", "10058.95", "52.10", if_assigned=D("5058.95"), maintenance=D(1061)),
        a_day(1, 20, "9858.95", "5058.95", "48", 100, if_assigned=D("5058.95")),
        a_day(1, 22, "9956.90", "5112.90", "49", 100, at_natural=D("9954.90"), if_assigned=D("5112.90")),
        a_day(1, 29, "10017.90", "5112.90", "49.30", 100, accrued_dividends=D(25)),
        a_day(2, 5, "10077.90", "5137.90", "50", 100),
        a_day(2, 23, "10237.90", "10237.90", "53"),
    )


def benchmarks() -> tuple[Benchmark, ...]:
    """XYZ held, an index, and bills, on the days of the run and one before."""
    first = (date(2026, 1, 2), *(one.day for one in days()))
    holding = (52.0, 52.0, 52.1, 48.0, 49.0, 49.55, 50.25, 53.25)
    index = (100.0, 100.5, 101.0, 98.0, 99.0, 99.5, 100.0, 103.0)
    bills = (100.0, 100.01, 100.02, 100.10, 100.11, 100.15, 100.20, 100.35)
    return (
        Benchmark("XYZ, held", BenchmarkKind.HOLDING, first, holding, "invented"),
        Benchmark("Index", BenchmarkKind.INDEX, first, index, "invented"),
        Benchmark("Bills", BenchmarkKind.BILLS, first, bills, "invented"),
    )


def a_run(**other: object) -> Ran:
    """The whole turn as a run leaves it behind."""
    settings = Settings(
        first=date(2026, 1, 5), last=date(2026, 2, 23), capital=D(10000), symbols=("XYZ",), alpha=0.5
    )
    wanted = {
        "name": "One turn",
        "facts": tuple(with_middles(whole_turn())),
        "days": days(),
        "settings": settings,
        "config": CONFIG,
        "config_hash": "c0ffee",
        "data_digest": "da7a" * 16,
        "code": "0.1.0",
        "missing": (Missing("quotes of open options", 3, 40, "valued at the last quote"),),
        "benchmarks": benchmarks(),
        "assumptions": ("Orders fill half-way between the middle and the natural price.",),
    } | other
    return Ran(**wanted)
