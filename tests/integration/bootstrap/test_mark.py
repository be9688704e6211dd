"""The mark of a configuration: equal where all values that decide are, and on every pass in the journal."""

from decimal import Decimal

import pytest

from premia.bootstrap.compose import engine_of, sessions_around
from premia.bootstrap.initial import Start, initial_text
from premia.bootstrap.settings import load
from premia.engine.decide import start_cycle
from tests.unit.facts import MONDAY, at


@pytest.fixture
def configured(tmp_path):
    """The configuration of a file, written anew each time."""

    def written(*changes: tuple[str, str]):
        text = initial_text(Start(capital=Decimal(100_000)))
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "premia.toml"
        path.write_text(text, encoding="utf-8")
        return load(path).config

    return written


@pytest.mark.parametrize(
    "change",
    [("port = 4002", "port = 7497"), ('path = "premia.db"', 'path = "other.db"')],
    ids=["port", "journal"],
)
def test_where_things_lie_decides_nothing(configured, change):
    assert configured(change).mark == configured().mark


@pytest.mark.parametrize(
    "change",
    [
        ("dte_min = 28", "dte_min = 27"),
        ("symbols.SPY]", "symbols.QQQ]"),
        ("daily_loss_max = 0.05", "daily_loss_max = 0.04"),
    ],
    ids=["a parameter", "a symbol", "the gate"],
)
def test_another_value_that_decides_makes_another_mark(configured, change):
    assert configured(change).mark != configured().mark


def test_words_around_the_values_change_nothing_and_any_value_does(configured):
    first = configured().mark

    assert configured(("[account]", "# a remark\n[account]")).mark == first
    assert configured(("dte_min = 28", "dte_min = 27")).mark != first
    assert len(first) == 16


def test_a_pass_bears_the_mark_of_the_configuration_in_force(configured):
    config = configured()

    started = start_cycle(engine_of(config, sessions_around(config, MONDAY, MONDAY)), at(MONDAY))

    assert started.config == config.mark
