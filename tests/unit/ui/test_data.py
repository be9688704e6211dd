"""`premia data`: files into a store, and what the store says of itself."""

import json

import pytest
from typer.testing import CliRunner

from premia.ui import cli
from premia.ui.exits import Code

CHAINS = """date,underlying,underlying_price,underlying_close,expiry,strike,right,bid,ask,iv,delta
2024-01-08,ABC,100.00,100.50,2024-02-16,95,P,1.00,1.10,0.25,-0.3
2024-01-08,ABC,100.00,100.50,2024-02-16,100,P,2.20,2.10,0.25,-0.5
2024-01-08,ABC,100.00,100.50,2024-01-05,100,P,2.20,2.30,0.25,-0.5
2024-01-10,ABC,101.00,101.50,2024-02-16,95,P,0.80,0.90,0.25,-0.3
"""
EVENTS = "kind,symbol,date,amount\ndividend,ABC,2024-02-09,0.24\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chains.csv").write_text(CHAINS, encoding="utf-8")
    (tmp_path / "events.csv").write_text(EVENTS, encoding="utf-8")
    return tmp_path


def premia(*arguments):
    return CliRunner().invoke(cli.app, arguments)


def imported(*more):
    return premia("data", "import", "premia", "chains.csv", "--to", "s", "--events", "events.csv", *more)


@pytest.mark.usefixtures("folder")
def test_import_tells_what_became_of_every_row():
    """Three of four rows are kept, the fourth has a reason, and what looks wrong is named."""
    done = imported()

    assert done.exit_code == Code.OK
    lines = done.stdout.splitlines()
    assert lines[0] == "ABC: 3 of 4 rows kept, 2 days from 2024-01-08 to 2024-01-10"
    assert "  dropped: 1 rows of an expiry before its day" in lines
    assert "  kept: 1 rows with a bid above the ask" in lines
    assert "  not recorded: 1 sessions: 2024-01-09" in lines


@pytest.mark.usefixtures("folder")
def test_show_and_check_agree_with_import():
    first = json.loads(imported("--json").stdout)
    seen = json.loads(premia("data", "show", "s", "--json").stdout)
    looked = json.loads(premia("data", "check", "s", "--json").stdout)

    assert first["reports"] == looked["reports"]
    assert first["store"] == seen["store"] == looked["store"]
    assert (seen["store"]["rows"], seen["store"]["events"]) == (3, 1)
    assert seen["symbols"] == [
        {
            "symbol": "ABC",
            "kind": "stock",
            "roots": ["ABC"],
            "days": 2,
            "rows": 3,
            "first": "2024-01-08",
            "last": "2024-01-10",
        }
    ]
    assert "ABC     stock  ABC" in premia("data", "show", "s").stdout


def test_joined_stores_are_one_and_a_day_held_twice_is_refused_or_counted(folder):
    """The second file brings the 10th again, and the 11th: the 10th of the first store counts."""
    head, *rows = CHAINS.splitlines()
    later = [rows[3], rows[3].replace("2024-01-10", "2024-01-11").replace("0.80", "0.70")]
    (folder / "later.csv").write_text("\n".join([head, *later, ""]), encoding="utf-8")
    imported()
    premia("data", "import", "premia", "later.csv", "--to", "t")

    refused = premia("data", "join", "s", "t", "--to", "u")
    done = premia("data", "join", "s", "t", "--to", "u", "--first-wins", "--json")

    assert refused.exit_code == Code.FAILED
    assert "ABC: two stores hold 2024-01-10" in refused.stderr
    assert done.exit_code == Code.OK
    assert "ABC: 1 rows of days that an earlier store holds are left out" in done.stderr
    assert json.loads(done.stdout)["symbols"][0]["days"] == 3
    report = json.loads(premia("data", "check", "u", "--json").stdout)["reports"][0]
    assert (report["read"], report["kept"]) == (6, 4)
    assert report["dropped"] == {"expired": 1, "duplicate": 1}


def test_a_damaged_store_is_not_taken_for_a_sound_one(folder):
    imported()
    column = folder / "s" / "ABC" / "iv.npy"
    raw = bytearray(column.read_bytes())
    raw[-1] ^= 255
    column.write_bytes(raw)

    done = premia("data", "check", "s")

    assert done.exit_code == Code.FAILED
    assert "iv.npy is not what was written" in done.stderr


@pytest.mark.usefixtures("folder")
def test_a_store_that_exists_is_refused():
    imported()

    done = imported()

    assert done.exit_code == Code.REFUSED
    assert "s exists already and is not overwritten" in done.stderr


@pytest.mark.usefixtures("folder")
def test_a_synthetic_store_says_that_it_is_one():
    small = ("--underlyings", "1", "--sessions", "30", "--strikes", "10")

    done = premia("data", "synthetic", "--to", "s", *small)

    assert done.exit_code == Code.OK
    assert "SYNTHETIC: made from a seed" in done.stdout
    assert "7,200" in done.stdout
