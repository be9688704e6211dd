"""Every value in force with its origin, and a schema that accepts what decoding accepts."""

import pytest

from premia.config.decode import decode
from premia.config.explain import explain, json_schema
from premia.config.load import Flag, load
from tests.unit.config.models import Shop

FILE = """\
[account]
number = "DU1"
kind = "cash"

[symbols.SPY]
weight = 0.05

[strategy.spy]
kind = "hold"
symbols = ["SPY"]
"""


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "premia.toml"
    path.write_text(FILE, encoding="utf-8")
    document = load(path, {"PREMIA__ACCOUNT__USAGE": "0.4"}, [Flag("--port", ("port",), 4004)])
    return {one.key: one for one in explain(document, decode(document, Shop))}


@pytest.mark.parametrize(
    ("key", "value", "origin"),
    [
        ("account.number", '"DU1"', "premia.toml:2"),
        ("account.kind", '"cash"', "premia.toml:3"),
        ("account.usage", "0.4", "PREMIA__ACCOUNT__USAGE"),
        ("account.opened", "none", "default"),
        ("symbols.SPY.weight", "0.05", "premia.toml:6"),
        ("strategy.spy.symbols", '["SPY"]', "premia.toml:10"),
        ("port", "4004", "--port"),
    ],
)
def test_a_value_is_explained_with_where_it_came_from(settings, key, value, origin):
    assert (settings[key].value, str(settings[key].origin)) == (value, origin)


def test_an_explanation_tells_unit_bounds_and_meaning(settings):
    assert settings["symbols.SPY.delta"].unit == "delta per share"
    assert settings["symbols.SPY.delta"].expected == "a number from 0.05 to 0.5 (delta per share)"
    assert settings["symbols.SPY.held"].unit == "calendar days"
    assert settings["account.usage"].description == "Share of the margin that may be used."


def test_nothing_in_force_is_left_out(settings):
    assert set(settings) == {
        "account.number",
        "account.kind",
        "account.usage",
        "account.opened",
        "symbols.SPY.weight",
        "symbols.SPY.name",
        "symbols.SPY.delta",
        "symbols.SPY.held",
        "strategy.spy.kind",
        "strategy.spy.symbols",
        "port",
    }


def test_the_schema_of_the_file_refuses_unknown_keys_and_tells_units():
    schema = json_schema(Shop, "premia.toml")

    assert schema["title"] == "premia.toml"
    assert schema["additionalProperties"] is False
    assert schema["properties"]["port"]["maximum"] == 65535
    assert schema["$defs"]["Symbol"]["properties"]["delta"]["unit"] == "delta per share"
