"""`premia report backtest` and `premia report compare`: text, JSON and pages of results in files."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from premia.bootstrap.results import save_result
from premia.domain.errors import ConfigError
from premia.reporting.backtest.compare import compare
from premia.reporting.backtest.files import decode
from premia.reporting.backtest.ran import Settings
from premia.reporting.backtest.result import Result, result_of
from premia.ui import cli
from premia.ui.exits import Code
from tests.unit.reporting.backtest_story import CONFIG, a_run


def premia(*arguments: object):
    return CliRunner().invoke(cli.app, [str(one) for one in arguments])


def a_result(name: str = "One turn", config: str = CONFIG, **settings: object) -> Result:
    base = a_run(name=name, config=config)
    kept: Settings = msgspec.structs.replace(base.settings, **settings)
    return result_of(base._replace(settings=kept))


@pytest.fixture
def saved(tmp_path) -> Path:
    """A result in a file."""
    save_result(a_result(), tmp_path / "result.json")
    return tmp_path / "result.json"


def test_a_result_is_shown_with_its_verdict_and_its_doubts(saved):
    shown = premia("report", "backtest", saved)

    assert shown.exit_code == Code.OK, shown.output
    assert "Probabilistic Sharpe ratio" in shown.stdout
    assert "The run trails Index by 62 USD" in shown.stdout
    assert "change in equity" in shown.stdout
    assert "237.90" in shown.stdout
    assert "minimum_yield" in shown.stdout
    assert "No days were kept apart: all of this is in sample." in shown.stdout
    assert "Missing: quotes of open options, 3 of 40 (valued at the last quote)." in shown.stdout
    assert not set(shown.stdout) & {"\u202f", "\u2212", "\u2013"}


def test_json_holds_what_the_file_holds(saved):
    shown = premia("report", "backtest", saved, "--json")
    told = json.loads(shown.stdout)

    assert (told["schema"], told["verb"]) == (1, "report backtest")
    assert told["result"] == json.loads(saved.read_text())
    assert decode(msgspec.json.encode(told["result"]), "x") == a_result()


def test_a_page_is_written_whole(saved, tmp_path):
    page = tmp_path / "pages" / "report.html"
    shown = premia("report", "backtest", saved, "--html", page)

    assert shown.exit_code == Code.OK, shown.output
    assert page.read_text(encoding="utf-8").endswith("</body></html>\n")
    assert str(page) in shown.stdout
    assert [one.name for one in page.parent.iterdir()] == ["report.html"]


def test_tables_are_written_into_a_folder(saved, tmp_path):
    shown = premia("report", "backtest", saved, "--csv", tmp_path / "tables")

    assert shown.exit_code == Code.OK, shown.output
    names = ["campaigns.csv", "equity.csv", "trades.csv"]
    assert sorted(one.name for one in (tmp_path / "tables").iterdir()) == names
    assert all(str(tmp_path / "tables" / name) in shown.stdout for name in names)


def test_runs_under_other_assumptions_stand_beside_it(saved, tmp_path):
    save_result(a_result(alpha=1.0), tmp_path / "natural.json")

    shown = premia("report", "backtest", saved, "--beside", tmp_path / "natural.json")

    assert "in all 2 runs" in shown.stdout
    assert "Not made: alpha 0, volatility -1 point, volatility +1 point." in shown.stdout


def test_a_run_of_something_else_does_not_stand_beside_it(saved, tmp_path):
    save_result(a_result(symbols=("ABC",)), tmp_path / "other.json")

    shown = premia("report", "backtest", saved, "--beside", tmp_path / "other.json")

    assert shown.exit_code == Code.USAGE
    assert "differs from the result in symbols" in shown.stderr


def test_a_file_that_is_no_result_ends_with_one_text(tmp_path):
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")

    shown = premia("report", "backtest", tmp_path / "x.json")

    assert shown.exit_code == Code.FAILED
    assert "holds no result of a backtest" in shown.stderr


def test_runs_are_compared_by_figures_and_by_what_differs(saved, tmp_path):
    wider = CONFIG.replace("0.9", "0.5") + 'note = "half"\n'
    save_result(a_result("Half", wider, alpha=1.0), tmp_path / "half.json")

    shown = premia("report", "compare", saved, tmp_path / "half.json", "--html", tmp_path / "c.html")
    told = json.loads(premia("report", "compare", saved, tmp_path / "half.json", "--json").stdout)

    assert shown.exit_code == Code.OK, shown.output
    assert "strategies.wheel.symbols.XYZ.weight" in shown.stdout
    assert "Deflated" not in shown.stdout, "a figure that no run has"
    assert told["comparison"]["names"] == ["One turn", "Half"]
    assert told["comparison"]["settings"] == [{"key": "alpha", "values": ["0.5", "1.0"]}]
    assert told["comparison"]["config"] == [
        {"key": "strategies.wheel.symbols.XYZ.weight", "values": ["0.9", "0.5"]},
        {"key": "strategies.wheel.symbols.XYZ.note", "values": [None, "half"]},
    ]
    assert told["comparison"]["notes"] == []
    end = next(row for row in told["comparison"]["rows"] if row["name"] == "End")
    assert (end["unit"], end["values"]) == ("usd", [10237.9, 10237.9])
    assert "Half" in (tmp_path / "c.html").read_text(encoding="utf-8")


def test_runs_on_other_data_or_days_are_told_apart_first():
    later = a_result(last=date(2026, 3, 2), capital=Decimal(20_000))
    other = msgspec.structs.replace(later, data_digest="beef", code="0.2.0")

    told = compare([a_result(), other])

    assert [note.partition(":")[0] for note in told.notes] == [
        "These runs saw different data",
        "These runs cover different days",
        "These runs began with different capital",
        "These runs were made by different versions of Premia.",
    ]


def test_runs_of_one_name_are_numbered():
    assert compare([a_result(), a_result(), a_result()]).names == ("One turn", "One turn (2)", "One turn (3)")


def test_a_configuration_that_is_no_toml_is_one_difference():
    told = compare([a_result(), a_result(config="?!")])

    assert ("(text)", (None, "c0ffee")) in [(one.key, one.values) for one in told.config]


def test_one_run_is_no_comparison(saved):
    with pytest.raises(ConfigError, match=r"takes two results or more; found 1"):
        compare([a_result()])
    assert premia("report", "compare", saved).exit_code == Code.USAGE
