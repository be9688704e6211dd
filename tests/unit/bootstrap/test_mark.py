"""The hash of a configuration tells what decided, and not where things lie."""

import pytest

from premia.bootstrap.settings import load

TEXT = """
[account]
number = "DU1234567"

[broker]
port = 4002

[strategies.wheel.symbols]
SPY = { weight = 0.2 }
"""


def mark(tmp_path, old="", new=""):
    path = tmp_path / "premia.toml"
    path.write_text(TEXT.replace(old, new) if old else TEXT, encoding="utf-8")
    return load(path).config.mark


@pytest.mark.parametrize(
    ("old", "new"),
    [("port = 4002", "port = 7497"), ("[broker]", '[journal]\npath = "other.db"\n[broker]')],
)
def test_another_place_decides_nothing(tmp_path, old, new):
    assert mark(tmp_path, old, new) == mark(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weight = 0.2", "weight = 0.21"),
        ("SPY", "QQQ"),
        ("[broker]", "[limits.positions]\ntrades_max = 3\n[broker]"),
        ("[broker]", "[gate]\norders_a_day = 7\n[broker]"),
    ],
)
def test_another_value_that_decides_makes_another_hash(tmp_path, old, new):
    assert mark(tmp_path, old, new) != mark(tmp_path)
