"""A statement becomes facts with their lines; what is none becomes one clear sentence."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from premia.adapters.statements.read import read_statement
from premia.domain.errors import StatementError
from premia.domain.instrument import Option, Right, Stock
from premia.domain.statement import CashKind, StatedHow
from tests.unit.adapters.statements.samples import ACTIVITY, FLEX

ACCOUNT = "U7700001"
PUT = Option("XYZ", date(2026, 1, 16), Decimal(95), Right.PUT)
INDEX_PUT = Option("SPX", date(2026, 1, 16), Decimal(6000), Right.PUT, trading_class="SPXW")


@pytest.fixture
def read(tmp_path):
    def of(text, account=ACCOUNT):
        path = tmp_path / "statement"
        path.write_text(text, encoding="utf-8")
        return read_statement(path, account)

    return of


@pytest.fixture(params=[FLEX, ACTIVITY], ids=["flex", "activity"])
def either(request, read):
    return read(request.param)


def test_both_kinds_tell_account_and_period(either):
    assert (either.account, either.first, either.last) == (ACCOUNT, date(2026, 1, 5), date(2026, 1, 30))


def test_an_execution_has_signed_quantity_positive_cost_and_an_instant_in_utc(either):
    sold = either.trades[0]

    assert (sold.contract.key, sold.quantity, sold.price) == (PUT.key, -2, Decimal("1.05"))
    assert sold.cost == Decimal("1.312345")
    assert sold.at == datetime(2026, 1, 6, 15, 15, 2, tzinfo=UTC)
    assert sold.money == Decimal("208.687655")


def test_orders_lots_and_sums_do_not_count_again(either):
    traded = [one for one in either.trades if one.how is StatedHow.TRADED]

    assert len(traded) == 1
    assert len(either.positions) == 1


def test_an_index_option_is_known_by_its_underlying_and_class(either):
    ended = {one.contract.key: one for one in either.endings}

    assert ended[INDEX_PUT.key].how is StatedHow.EXPIRED
    assert ended[INDEX_PUT.key].quantity == 3


def test_an_assignment_that_trades_and_events_both_tell_counts_once(read):
    ended = read(FLEX).endings

    assert [one.quantity for one in ended if one.contract.key == PUT.key] == [1]
    (shares,) = (one for one in ended if one.contract == Stock("XYZ"))
    assert (shares.quantity, shares.price, shares.cost) == (100, Decimal(95), Decimal("0.03"))


def test_cash_is_told_by_kind_and_symbol(read):
    told = {(line.kind, line.symbol): line.amount for line in read(FLEX).cash}

    assert told == {
        (CashKind.DIVIDEND, "XYZ"): Decimal("35.5"),
        (CashKind.WITHHOLDING, "XYZ"): Decimal("-5.33"),
        (CashKind.INTEREST, ""): Decimal("12.34"),
        (CashKind.FEE, ""): Decimal("-4.5"),
        (CashKind.DEPOSIT, ""): Decimal(5000),
    }


def test_the_activity_statements_cash_sections_are_read_the_same_way(read):
    told = {(line.kind, line.symbol, line.day): line.amount for line in read(ACTIVITY).cash}

    assert told == {
        (CashKind.DIVIDEND, "XYZ", date(2026, 1, 22)): Decimal("35.5"),
        (CashKind.INTEREST, "", date(2026, 1, 6)): Decimal("12.34"),
        (CashKind.DEPOSIT, "", date(2026, 1, 7)): Decimal(5000),
    }


def test_cash_at_both_ends_is_that_of_all_currencies(either):
    report = either.cash_report

    assert report.starting == Decimal(100_000)
    assert report.ending.quantize(Decimal("0.01")) == Decimal("95746.67")


def test_a_split_is_told_with_what_came(either):
    (split,) = either.actions

    assert (split.contract, split.quantity, split.day) == (Stock("XYZ"), 100, date(2026, 1, 26))


def test_thousands_in_a_quantity_are_read(read):
    assert read(ACTIVITY).positions[0].quantity == 1200


def test_what_is_not_compared_is_told_with_its_line(either):
    assert either.skipped
    assert all(one.line > 1 and "compared" in one.why for one in either.skipped)


def test_a_row_keeps_the_line_of_the_file(read):
    split = read(FLEX).actions[0]

    assert "<CorporateAction " in FLEX.splitlines()[split.line - 1]


def altered(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("date,amount\n2026-01-01,5\n", "begins with 'date,amount'"),
        ("<html><body>Sign in</body></html>", "line 1: html begins the file"),
        ("<FlexQueryResponse></FlexQueryResponse>", "no FlexStatement"),
        (FLEX[:900], "no whole XML file"),
        (altered(FLEX, 'quantity="-2"', 'quantity="two"'), "quantity 'two', which is no number"),
        (altered(FLEX, ' tradePrice="1.05"', ""), "Trade has no tradePrice. Include this field"),
        (altered(FLEX, 'tradeDate="20260106"', 'tradeDate="01/06/2026"'), "reads yyyyMMdd and yyyy-MM-dd"),
        (altered(FLEX, 'tradeDate="20260106"', 'tradeDate="20261306"'), "which is no date"),
        (altered(FLEX, 'putCall="P"', 'putCall="X"'), "expected P or C"),
        (altered(ACTIVITY, "Account Information,Data,Account", "Account,Data,Account"), "before its heading"),
        (altered(ACTIVITY, "Data,Account,U7700001", "Data,Name,U7700001"), "Account Information is missing"),
        (altered(ACTIVITY, "January 5, 2026 -", "5.1.2026 -"), "expected a day such as"),
        (altered(ACTIVITY, "XYZ 16JAN26 95 P", "XYZ JAN26 95 P"), "expected an option such as"),
        (altered(ACTIVITY, '"2026-01-06, 10:15:02"', '"2026-01-06, 25:15:02"'), "which is no date"),
        (altered(ACTIVITY, ",120.5,C;Ep", ",120.5,C;Ep,7,8"), "fields of Trades, whose heading names"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence_with_its_place(read, text, says):
    with pytest.raises(StatementError) as refused:
        read(text)

    assert says in str(refused.value)
    assert "line " in str(refused.value)


def test_the_line_of_an_error_is_the_line_of_the_file(read):
    broken = altered(ACTIVITY, "-2,1.05", "-2,x")
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if "-2,x" in text)

    with pytest.raises(StatementError, match=f"line {line}: Trades has T. Price 'x'"):
        read(broken)


def test_a_statement_that_declares_entities_is_not_read(read):
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n' + FLEX

    with pytest.raises(StatementError, match="declares entities"):
        read(bomb)


def test_a_statement_of_another_account_is_refused(either, read):
    with pytest.raises(StatementError, match="is of account U7700001; the journal is of U999"):
        read(FLEX, "U999")


def test_a_file_of_two_periods_of_one_account_is_refused(read):
    start, end = FLEX.index("<FlexStatement "), FLEX.index("</FlexStatements>")
    twice = FLEX[:end] + FLEX[start:end] + FLEX[end:]

    with pytest.raises(StatementError, match="2 statements"):
        read(twice)
