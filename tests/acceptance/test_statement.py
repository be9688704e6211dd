"""The broker's statement and the journal agree to the cent over months, and one altered line is found.

The statement is written from the simulated market's own record by code that shares nothing with the
reader or the engine. Ten months by default; a whole year, and five, are marked slow.
"""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from premia.adapters.journals.places import open_journal
from premia.adapters.statements.read import read_statement
from premia.bootstrap.demo import DemoReport
from premia.domain.statement import CashReport, StatedPosition, Statement
from premia.reporting.agreement import Agreement, agree
from premia.reporting.booked import booked
from premia.ui.cli import app
from tests.acceptance.conftest import run
from tests.acceptance.flex_writer import Writer

CENT = Decimal("0.01")


def written(report: DemoReport) -> str:
    """The statement of a whole run; its cash is the market's own, to the last digit."""
    writer = Writer(report.account, report.first, report.last, report.capital)
    writer.take(list(report.record))
    values = report.gateway["accounts"][report.account]["values"]
    assert abs(writer.cash - Decimal(values["total_cash"])) < Decimal("0.000001")
    return writer.text()


def compared(report: DemoReport, text: str, folder: Path) -> Agreement:
    """What comparing a statement with a run's journal finds."""
    path = folder / "statement.xml"
    path.write_text(text, encoding="utf-8")
    with closing(open_journal(report.journal, report.account, read_only=True)) as journal:
        ours = booked(journal.read())
    return agree(read_statement(path, report.account), ours)


def check_agreement(report: DemoReport, folder: Path) -> None:
    found = compared(report, written(report), folder)

    assert found.differences == ()
    assert found.notes == ()
    assert found.equal
    for kind in ("trade", "assigned", "expired", "dividend"):
        assert found.compared[kind] > 0
    sums = {one.name: one for one in found.totals}
    assert sums["costs of trades"].statement > 0
    assert sums["realised"].statement != 0
    assert all(one.difference == 0 for one in found.totals if one.difference is not None)


def test_ten_months_reconcile_to_the_cent(months, tmp_path):
    check_agreement(months, tmp_path)


def part_of(whole: Statement, capital: Decimal, first: date, last: date) -> Statement:
    """The statement of some days, cut out of a longer one: its rows, and what they add up to."""

    def cash(day: date) -> Decimal:
        traded = sum((row.money for row in whole.trades if row.session <= day), Decimal(0))
        return capital + traded + sum((line.amount for line in whole.cash if line.day <= day), Decimal(0))

    held: dict[str, StatedPosition] = {}
    for row in (row for row in whole.trades if row.session <= last):
        before = held.get(row.contract.key)
        quantity = row.quantity + (0 if before is None else before.quantity)
        held[row.contract.key] = StatedPosition(row.line, row.contract, quantity)
    return replace(
        whole,
        first=first,
        last=last,
        trades=tuple(row for row in whole.trades if first <= row.session <= last),
        cash=tuple(line for line in whole.cash if first <= line.day <= last),
        positions=tuple(one for one in held.values() if one.quantity),
        results=(),
        cash_report=CashReport(1, cash(first - timedelta(days=1)), cash(last)),
    )


def test_every_month_reconciles_on_its_own(months, tmp_path):
    """An assignment of a month's last evening, known in the next month, belongs to the earlier."""
    path = tmp_path / "statement.xml"
    path.write_text(written(months), encoding="utf-8")
    whole = read_statement(path, months.account)
    with closing(open_journal(months.journal, months.account, read_only=True)) as journal:
        ours = booked(journal.read())
    firsts = [date(2015, month, 1) for month in range(7, 13)] + [
        date(2016, month, 1) for month in range(1, 5)
    ]

    for first, following in pairwise(firsts):
        found = agree(part_of(whole, months.capital, first, following - timedelta(days=1)), ours)
        assert (found.differences, found.notes) == ((), ()), first


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_year_reconciles_to_the_cent(tmp_path):
    check_agreement(run(tmp_path, date(2015, 7, 1), date(2016, 6, 30)), tmp_path)


def lines_with(text: str, *parts: str) -> list[str]:
    found = [line for line in text.splitlines() if all(part in line for part in parts)]
    assert found
    return found


def attribute(line: str, name: str) -> str:
    return re.search(rf'{name}="([^"]*)"', line)[1]


def moved(text: str, line: str, name: str, by: Decimal) -> str:
    """The statement with one figure of one line changed."""
    value = Decimal(attribute(line, name))
    return text.replace(line, line.replace(f'{name}="{attribute(line, name)}"', f'{name}="{value + by}"'), 1)


@pytest.mark.parametrize(
    ("tag", "figure", "by", "field"),
    [
        ('notes=""', "ibCommission", CENT, "cost"),
        ('notes=""', "tradePrice", CENT, "value"),
        ('notes=""', "quantity", Decimal(1), "quantity"),
        ('notes=""', "fifoPnlRealized", -CENT, "realised"),
        ('notes="A"', "quantity", Decimal(1), "quantity"),
        ('type="Dividends"', "amount", -CENT, "amount"),
        ("<OpenPosition ", "position", Decimal(100), "quantity"),
        ("<CashReportCurrency ", "endingCash", CENT, "amount"),
        ("<FIFOPerformanceSummaryUnderlying ", "totalRealizedPnl", CENT, "realised"),
    ],
)
def test_one_altered_figure_is_found_and_named(months, tmp_path, tag, figure, by, field):
    text = written(months)
    line = lines_with(text, tag)[-1]

    found = compared(months, moved(text, line, figure, by), tmp_path)

    assert not found.equal
    first = next(one for one in found.differences if one.field == field)
    assert first.line == text.splitlines().index(line) + 1
    assert first.side == "amounts differ"
    if 'notes=""' in line:
        assert first.execution == attribute(line, "ibExecID")
        assert first.order == attribute(line, "orderReference")
        assert first.campaign


def test_a_cent_of_commission_is_all_that_differs(months, tmp_path):
    text = written(months)
    line = lines_with(text, 'notes=""')[0]

    (only,) = compared(months, moved(text, line, "ibCommission", -CENT), tmp_path).differences

    assert (only.what, only.field, only.difference) == ("trade", "cost", CENT)


def test_a_missing_trade_is_found_in_the_journal_alone(months, tmp_path):
    text = written(months)
    line = lines_with(text, 'notes=""')[0]

    found = compared(months, text.replace(line + "\n", "", 1), tmp_path)

    alone = next(one for one in found.differences if one.side == "only in the journal")
    assert alone.execution == attribute(line, "ibExecID").rpartition(".")[0]
    assert alone.journal == Decimal(attribute(line, "quantity"))


def test_a_trade_that_the_journal_never_saw_is_found_in_the_statement_alone(months, tmp_path):
    text = written(months)
    line = lines_with(text, 'notes=""')[0]
    copy = line.replace(attribute(line, "ibExecID"), "feed.0001.01")

    found = compared(months, text.replace(line, f"{line}\n{copy}", 1), tmp_path)

    alone = next(one for one in found.differences if one.side == "only in the statement")
    assert (alone.execution, alone.what) == ("feed.0001.01", "trade")


def test_a_missing_dividend_and_a_foreign_fee_are_found(months, tmp_path):
    text = written(months)
    line = lines_with(text, 'type="Dividends"')[0]
    fee = line.replace("Dividends", "Other Fees").replace(attribute(line, "amount"), "-4.50")

    found = compared(months, text.replace(line, fee, 1), tmp_path)

    told = {(one.what, one.side): one.difference for one in found.differences if one.what != "cash balance"}
    assert told == {
        ("dividend", "only in the journal"): -Decimal(attribute(line, "amount")),
        ("fee", "only in the statement"): Decimal("-4.50"),
    }


def test_the_verb_ends_with_the_code_of_a_mismatch_and_names_the_line(months, tmp_path):
    text = written(months)
    line = lines_with(text, 'notes=""')[0]
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_text(text, encoding="utf-8")
    bad.write_text(moved(text, line, "ibCommission", -CENT), encoding="utf-8")

    answers = [
        CliRunner().invoke(app, ["reconcile", str(file), "--config", str(months.config), *more])
        for file, more in ((good, []), (bad, []), (bad, ["--json"]))
    ]

    assert [answer.exit_code for answer in answers] == [0, 6, 6]
    assert "Statement and journal agree." in answers[0].output
    assert attribute(line, "ibExecID") in answers[1].output
    assert '"equal": false' in answers[2].output
