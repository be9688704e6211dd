"""Results in files: back as they were, replaced whole, refused by name."""

import pytest

from premia.bootstrap.results import load_result, save_result
from premia.reporting.backtest.files import ResultUnreadable
from premia.reporting.backtest.result import result_of
from tests.unit.reporting.backtest_story import a_run


def test_a_saved_result_comes_back_and_replaces_the_one_before(tmp_path):
    path = tmp_path / "runs" / "result.json"
    save_result(result_of(a_run(name="first")), path)
    save_result(result_of(a_run(name="second")), path)

    assert load_result(path) == result_of(a_run(name="second"))
    assert [one.name for one in path.parent.iterdir()] == ["result.json"]


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ResultUnreadable, match=r"nowhere.json cannot be read: No such file"):
        load_result(tmp_path / "nowhere.json")
