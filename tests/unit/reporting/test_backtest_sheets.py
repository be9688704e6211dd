"""A result as tables for a spreadsheet."""

import csv
import io

import msgspec

from premia.reporting.backtest.result import Result, result_of
from premia.reporting.backtest.sheets import sheets
from tests.unit.reporting.backtest_story import a_run


def rows(result: Result, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheets(result)[name])))


def test_equity_has_a_row_a_session_with_prices_and_alternatives():
    told = rows(result_of(a_run()), "equity.csv")

    assert (len(told), told[2]["day"], told[2]["at_mid"]) == (7, "2026-01-20", "9858.95")
    assert (told[2]["price XYZ"], told[2]["shares"], told[2]["options"]) == ("48", "4800", "0.00")
    assert told[2]["maintenance"] == ""
    assert float(told[-1]["XYZ, held"]) == 10240.38


def test_trades_have_their_money_and_reasons():
    put, call = rows(result_of(a_run()), "trades.csv")

    assert (put["how"], put["premium"], put["fees"], put["result"]) == ("assigned", "60.00", "1.05", "58.95")
    assert (put["opened"], put["reason"]) == ("2026-01-06T15:04:00Z", "put at delta 0.25")
    assert put["legs"] == "'-1 x XYZ 2026-01-16 50 P at 0.60"
    assert call["slot"] == "XYZ/call"


def test_campaigns_have_every_figure():
    (turn,) = rows(result_of(a_run()), "campaigns.csv")

    assert (turn["result"], turn["full_turn"], turn["state"]) == ("237.90", "True", "ended")


def test_no_text_becomes_a_formula():
    told = result_of(a_run())
    evil = msgspec.structs.replace(told.trades[0], reason="=cmd()", closing='@x,"y"')

    row, _ = rows(msgspec.structs.replace(told, trades=(evil, told.trades[1])), "trades.csv")

    assert (row["reason"], row["closing"]) == ("'=cmd()", '\'@x,"y"')
