"""File, environment and flags become one document, each value with its origin."""

import pytest

from premia.config.load import Flag, Source, load
from premia.domain.errors import ConfigError

FILE = """\
port = 4002

[account]
kind = "cash"

[symbols.SPY]
weight = 0.5
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "premia.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_a_value_of_the_file_has_its_line(file):
    document = load(file)

    assert document.values["symbols"]["SPY"]["weight"] == 0.5
    assert str(document.origin(("symbols", "SPY", "weight"))) == "premia.toml:7"
    assert str(document.origin(("account", "usage"))) == "default"


def test_the_environment_wins_over_the_file_and_a_flag_over_both(file):
    document = load(
        file,
        {"PREMIA__PORT": "4004", "PREMIA__ACCOUNT__KIND": "margin", "HOME": "ignored"},
        [Flag("--port", ("port",), 4006), Flag("--kind", ("account", "kind"), None)],
    )

    assert document.values["port"] == 4006
    assert document.origin(("port",)).source is Source.FLAG
    assert document.values["account"]["kind"] == "margin"
    assert str(document.origin(("account", "kind"))) == "PREMIA__ACCOUNT__KIND"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("3", 3),
        ("0.25", 0.25),
        ("true", True),
        ('["SPY", "QQQ"]', ["SPY", "QQQ"]),
        ('"3"', "3"),
        ("DU12345", "DU12345"),
        ("1\nother = 2", "1\nother = 2"),
        ("", ""),
    ],
)
def test_a_variable_is_read_as_toml_and_else_as_text(raw, value):
    assert load(None, {"PREMIA__KEY": raw}).values == {"key": value}


def test_a_variable_follows_the_capitals_of_the_file(file):
    document = load(file, {"PREMIA__SYMBOLS__SPY__WEIGHT": "0.4", "PREMIA__SYMBOLS__QQQ__WEIGHT": "0.2"})

    assert document.values["symbols"] == {"SPY": {"weight": 0.4}, "qqq": {"weight": 0.2}}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PREMIA__", "PREMIA__: names no key."),
        ("PREMIA__ACCOUNT____KIND", "PREMIA__ACCOUNT____KIND: names no key."),
        (
            "PREMIA__PORT__LOW",
            "PREMIA__PORT__LOW: port.low cannot be set, because port is 4002, not a table.",
        ),
        ("PREMIA__ACCOUNT", "PREMIA__ACCOUNT: account is a table."),
    ],
)
def test_a_variable_that_cannot_be_set_is_a_problem(file, name, words):
    document = load(file, {name: "1"})

    assert [str(problem).startswith(words) for problem in document.problems] == [True]
    assert document.values["port"] == 4002
    assert document.values["account"] == {"kind": "cash"}


@pytest.mark.parametrize(
    "key",
    ["password", "ib_password", "token", "bot_token", "SECRET", "userid", "user_id", "api_key", "apikey"],
)
def test_a_secret_in_the_file_is_refused_with_its_place(tmp_path, key):
    path = tmp_path / "premia.toml"
    path.write_text(f'[account]\n{key} = "hunter2"\n', encoding="utf-8")

    (problem,) = load(path).problems

    assert str(problem).startswith(f"premia.toml:2: account.{key} looks like a secret")
    assert "Delete the line: Premia needs none" in str(problem)
    assert "hunter2" not in str(problem)


def test_a_secret_in_the_environment_is_where_it_belongs():
    document = load(None, {"PREMIA__NOTIFY__TOKEN": "abc"})

    assert document.values == {"notify": {"token": "abc"}}
    assert document.problems == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("port = 4002\nkind = cash\n", "premia.toml:2: this is not TOML: "),
        ("[account\n", "premia.toml:1: this is not TOML: "),
        ("a = 1\na = 2\n", "premia.toml:2: this is not TOML: "),
        ('a = "open\n', "premia.toml:1: this is not TOML: "),
        ("a = [1,\n2\n", "premia.toml:2: this is not TOML: "),
        ("= 1\n", "premia.toml:1: this is not TOML: "),
    ],
)
def test_a_broken_file_is_one_error_with_its_line(tmp_path, text, place):
    path = tmp_path / "premia.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as raised:
        load(path)

    assert str(raised.value).startswith(place)
    assert "Correct this line first." in str(raised.value)


def test_a_missing_file_says_how_to_write_one(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no configuration at .* `premia init --capital 25000`"):
        load(tmp_path / "absent.toml")


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_another_encoding_is_named_with_its_line(tmp_path):
    path = tmp_path / "premia.toml"
    path.write_bytes("a = 1\nb = 'ü'\n".encode("latin-1"))

    with pytest.raises(ConfigError, match=r"premia\.toml:2: the text is not UTF-8"):
        load(path)


def test_a_table_of_secrets_is_refused_once_and_read_by_nobody(tmp_path):
    path = tmp_path / "premia.toml"
    path.write_text('port = 1\n[secrets]\ntoken = "hunter2"\n', encoding="utf-8")

    document = load(path)

    assert [problem.line for problem in document.problems] == [2]
    assert document.values == {"port": 1}
