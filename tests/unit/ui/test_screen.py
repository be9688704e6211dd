"""Numbers as people read them, and tables that survive a pipe."""

import io
import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from premia.ui import screen
from premia.ui.screen import Column

D = Decimal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (screen.money(D("1234.5")), "1,234.50"),
        (screen.money(D("-0.005")), "-0.00"),
        (screen.money(None), "-"),
        (screen.price(D("0.6")), "0.60"),
        (screen.price(D("49.4105")), "49.4105"),
        (screen.price(D("-1.05")), "-1.05"),
        (screen.price(None), "-"),
        (screen.percent(0.1234), "12.3 %"),
        (screen.percent(None), "-"),
        (screen.count(12345), "12,345"),
        (screen.count(0), "0"),
        (screen.count(None), "-"),
        (screen.moment(datetime(2026, 1, 15, 14, 30, tzinfo=UTC)), "2026-01-15 14:30 UTC"),
        (screen.moment(None), "-"),
        (screen.day(date(2026, 1, 15)), "2026-01-15"),
        (screen.day(datetime(2026, 1, 15, 23, tzinfo=UTC)), "2026-01-15"),
        (screen.day(None), "-"),
        (screen.age(5), "5 s"),
        (screen.age(-3), "0 s"),
        (screen.age(119), "119 s"),
        (screen.age(180), "3 min"),
        (screen.age(7200), "2 h"),
        (screen.age(300_000), "3 days"),
        (screen.figure(0.25), "0.25"),
        (screen.figure(-1234.0), "-1,234"),
        (screen.figure(1e12), "1e+12"),
        (screen.figure(7), "7"),
        (screen.figure("2026-01-16"), "2026-01-16"),
        (screen.figure(None), "-"),
    ],
)
def test_a_value_is_shown_as_people_read_it(text, shown):
    assert text == shown


def test_a_piped_table_is_aligned_columns_without_lines_or_colours(capsys):
    columns = [Column("symbol"), Column("premium", number=True)]

    screen.table("Campaigns", columns, [("SPY", "1,234.50"), ("QQQ", "9.00")])

    assert capsys.readouterr().out == "Campaigns:\nsymbol   premium\nSPY     1,234.50\nQQQ         9.00\n\n"


def test_an_empty_table_says_so(capsys):
    screen.table("Orders", [Column("order")], [])

    assert capsys.readouterr().out == "Orders: none\n\n"


class Terminal(io.StringIO):
    """Standard output as a terminal."""

    def isatty(self):
        return True


def on_a_terminal(monkeypatch, **environment) -> Terminal:
    """Let the next output go to a terminal with the given variables."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"TERM": "xterm-256color", "COLUMNS": "100"} | environment).items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    with monkeypatch.context() as context:
        context.setattr(sys, "stdout", terminal)
        screen.table("Campaigns", [Column("symbol"), Column("premium", number=True)], [("SPY", "[red]1.00")])
        screen.table("Orders", [Column("order")], [])
    return terminal


def test_a_terminal_gets_a_drawn_table_whose_cells_are_never_markup(monkeypatch):
    text = on_a_terminal(monkeypatch).getvalue()

    assert "[red]1.00" in text
    assert "\u2500" in text
    assert "\x1b[" in text
    assert "Orders: none" in text


def test_no_color_is_obeyed(monkeypatch):
    text = on_a_terminal(monkeypatch, NO_COLOR="1").getvalue()

    assert "\x1b[3" not in text
    assert "SPY" in text


def test_json_leads_with_schema_and_verb_and_keeps_decimals_exact(capsys):
    screen.emit("positions", {"value": D("49.4105"), "at": datetime(2026, 1, 15, 14, 30, tzinfo=UTC)})

    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["schema", "verb", "value", "at"]
    assert told == {"schema": 1, "verb": "positions", "value": "49.4105", "at": "2026-01-15T14:30:00Z"}


def test_notes_go_to_standard_error_alone(capsys):
    screen.note("careful")

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "careful\n")
