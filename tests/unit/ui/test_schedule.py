"""`premia schedule`: what it says of a week with a holiday, an early close and a weekend."""

import json
import time

import pytest
from typer.testing import CliRunner

from premia.ui import cli

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
    assert [(run["slot"], run["at"]) for run in found["runs"]] == [
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
