"""`premia schedule`: what it says of a week with a holiday, an early close and a weekend."""

import json
import time
from contextlib import closing
from datetime import UTC, date, datetime
from datetime import time as clock

import pytest
from typer.testing import CliRunner

from premia.adapters.journals.places import open_journal
from premia.domain import events as ev
from premia.domain.dates import new_york
from premia.ui import cli
from premia.ui.exits import Code

FILE = """
[account]
number = "DU0000000"
[strategies.wheel.symbols]
SPY = { weight = 0.3 }
[schedule]
after_open = [30]
at = ["15:30"]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PREMIA_CONFIG", raising=False)
    (tmp_path / "premia.toml").write_text(FILE, encoding="utf-8")
    return tmp_path


def premia(*arguments: str):
    return CliRunner().invoke(cli.app, ["schedule", *arguments])


def test_a_week_shows_runs_the_holidays_name_the_early_close_and_what_it_drops(folder):
    lines = [
        " ".join(line.split()) for line in premia("--from", "2026-11-25", "--days", "4").output.splitlines()
    ]

    assert any(line.startswith("Wed 2026-11-25 wheel open+30 10:00") for line in lines)
    assert any(line.startswith("wheel 15:30 15:30") for line in lines)
    assert "Thu 2026-11-26 - - - - closed: Thanksgiving" in lines
    assert any(line.endswith("closes at 13:00 already: Black Friday") for line in lines)
    assert "wheel 15:30 - - outside the session of 09:30 to 13:00" in lines
    assert "Sat 2026-11-28 - - - - closed: weekend" in lines


def test_as_json_every_run_has_its_instant_and_every_day_its_state(folder):
    found = json.loads(premia("--from", "2026-11-26", "--days", "2", "--json").output)["schedule"]

    assert [(day["day"], day["state"], day["why"]) for day in found["days"]] == [
        ("2026-11-26", "closed", "Thanksgiving"),
        ("2026-11-27", "early", "Black Friday"),
    ]
    assert [(run["name"], run["at"]) for run in found["runs"]] == [
        ("open+30", "2026-11-27T15:00:00Z"),
        ("15:30", None),
    ]


def test_a_time_zone_that_is_not_new_york_shows_its_own_hours_beside(folder, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        shown = premia("--from", "2026-10-26", "--days", "1").output
    finally:
        monkeypatch.undo()
        time.tzset()

    assert "CET" in shown
    assert " ".join(shown.splitlines()[2].split()).startswith("Mon 2026-10-26 wheel open+30 10:00 Mon 15:00")


def test_a_schedule_whose_times_no_session_holds_is_warned_of(folder):
    (folder / "premia.toml").write_text(FILE.replace("after_open = [30]", "").replace("15:30", "18:00"))

    found = premia("--from", "2026-11-23", "--days", "2")

    assert "wheel never runs: no time of its schedule lies within an ordinary session" in found.stderr
    assert "No run in these days." in found.stdout


def told(day: date, closes: str, differs: str, *ahead: str) -> ev.HoursCompared:
    opens, ends = (new_york(day, clock.fromisoformat(one)) for one in ("09:30", closes))
    return ev.HoursCompared(
        at=opens, session=day, symbol="SPY", opens=opens, closes=ends, differs=differs, ahead=ahead
    )


def test_a_day_on_which_the_broker_says_otherwise_is_a_conflict_and_the_next_ones_are_announced(folder):
    day = date(2026, 11, 23)
    words = "2026-11-23 trades 09:30-13:00 at the broker and 09:30-16:00 in our calendar"
    with closing(open_journal(folder / "premia.db", "DU0000000")) as journal:
        journal.append(
            [told(day, "13:00", words, "2026-11-24 is closed at the broker")],
            datetime(2026, 11, 23, 14, tzinfo=UTC),
        )

    shown = premia("--from", "2026-11-23", "--days", "1")
    found = json.loads(premia("--from", "2026-11-23", "--days", "1", "--json").stdout)["schedule"]

    assert f"nothing is opened: {words}" in shown.stdout
    assert found["days"][0]["state"] == "conflict"
    assert [(run["name"], run["at"]) for run in found["runs"]] == [
        ("open+30", "2026-11-23T15:00:00Z"),
        ("15:30", None),
    ]
    assert "2026-11-24 is closed at the broker" in shown.stderr


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        ("NOWHERE", 'calendar.exchange is "NOWHERE": No calendar of NOWHERE'),
        ("XTKS", 'calendar.exchange is "XTKS", whose sessions are no days in New York'),
    ],
)
def test_an_exchange_that_cannot_be_used_is_an_error_of_the_configuration(folder, exchange, words):
    text = (folder / "premia.toml").read_text(encoding="utf-8")
    (folder / "premia.toml").write_text(f'{text}[calendar]\nexchange = "{exchange}"\n', encoding="utf-8")

    found = premia("--from", "2026-11-23")

    assert found.exit_code == Code.USAGE
    assert words in found.stderr
