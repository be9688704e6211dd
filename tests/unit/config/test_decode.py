"""A document becomes frozen parameters, or one error that names everything wrong with it."""

from decimal import Decimal

import pytest
from pydantic import BaseModel, ValidationError

from premia.config.decode import check, decode
from premia.config.load import Flag, load
from premia.domain.errors import ConfigError, InvariantViolated
from tests.unit.config.models import Kind, Shop, Symbol, Wheel

GOOD = """\
[account]
number = "DU1"
kind = "cash"
opened = 2024-01-02

[symbols.SPY]
weight = 0.05
delta = 0.25

[strategy.spy]
kind = "wheel"
window.dte_min = 30
"""


@pytest.fixture
def document(tmp_path):
    """Makes a document from the text of a file."""

    def make(text, environment=None, flags=()):
        path = tmp_path / "premia.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, environment, flags)

    return make


def lines_of(document, model=Shop):
    with pytest.raises(ConfigError) as raised:
        decode(document, model)
    count, *lines = str(raised.value).splitlines()
    assert count == f"{len(lines)} problem{'s' if len(lines) > 1 else ''} in the configuration:"
    return lines


def test_a_good_file_becomes_frozen_parameters(document):
    shop = decode(document(GOOD), Shop)

    assert shop.account.kind is Kind.CASH
    assert shop.symbols["SPY"].weight == Decimal("0.05")
    assert isinstance(shop.strategy["spy"], Wheel)
    assert shop.strategy["spy"].window.dte_min == 30
    assert shop.port == 4002
    with pytest.raises(ValidationError):
        shop.account.number = "DU2"


WITH = '[account]\nnumber = "DU1"\nkind = "cash"\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("port = 0\n" + WITH, "1: port is 0, expected a whole number from 1 to 65535."),
        ('port = "4002"\n' + WITH, '1: port is "4002", expected a whole number from 1 to 65535.'),
        ("port = 4002.5\n" + WITH, "1: port is 4002.5, expected a whole number from 1 to 65535."),
        ("port = true\n" + WITH, "1: port is true, expected a whole number from 1 to 65535."),
        ("prot = 4002\n" + WITH, "1: prot is not a known key. Did you mean port?"),
        ("zzz = 1\n" + WITH, "1: zzz is not a known key. Known here: account, port, strategy, symbols."),
        (WITH + "usage = 0", "4: account.usage is 0, expected a number above 0 and at most 1."),
        (WITH + "usage = nan", "4: account.usage is nan, expected a finite number."),
        (WITH + "usage = -inf", "4: account.usage is -inf, expected a finite number."),
        (WITH + "opened = 3", "4: account.opened is 3, expected a date such as 2026-01-16."),
        (
            '[account]\nkind = "cash"',
            "1: account.number is missing, expected text in quotes of the form ^DU[0-9]+$.",
        ),
        (
            '[account]\nnumber = 7\nkind = "cash"',
            "2: account.number is 7, expected text in quotes of the form ^DU[0-9]+$.",
        ),
        (
            '[account]\nnumber = "DU1"\nkind = "bank"',
            '3: account.kind is "bank", expected "cash" or "margin".',
        ),
        ("account = 3", "1: account is 3, expected a table."),
        (
            WITH + "[symbols.SPY]\nweight = 2",
            "5: symbols.SPY.weight is 2, expected a number above 0 and at most 1.",
        ),
        (
            WITH + "[symbols.SPY]\nweight = 1\ndelta = 25",
            "6: symbols.SPY.delta is 25, expected a number from 0.05 to 0.5 (delta per share).",
        ),
        (
            WITH + "[symbols.SPY]\nweight = 1\ndelat = 0.25",
            "6: symbols.SPY.delat is not a known key. Did you mean delta?",
        ),
        (
            WITH + "[symbols.SPY]\nweight = 1\nheld = 400",
            "6: symbols.SPY.held is 400, expected a whole number from 0 to 365 (calendar days).",
        ),
        (
            WITH + "symbols = 1",
            "4: account.symbols is not a known key. Known here: kind, number, opened, usage.",
        ),
        ("symbols = 1\n" + WITH, "1: symbols is 1, expected a table of tables by name."),
        (
            WITH + '[symbols.SPY]\nweight = 1\nname = ""',
            '6: symbols.SPY.name is "", expected text in quotes, not empty.',
        ),
        (WITH + "[symbols]\nSPY = 1", "5: symbols.SPY is 1, expected a table."),
        (
            WITH + '[strategy.spy]\nkind = "weel"',
            '5: strategy.spy.kind is "weel", expected "hold" or "wheel".',
        ),
        (WITH + "[strategy.spy]", '4: strategy.spy.kind is missing, expected "hold" or "wheel".'),
        (
            WITH + '[strategy.spy]\nkind = "wheel"\nunderwater = "hope"',
            '6: strategy.spy.underwater is "hope", expected "wait", "min_delta" or "recover".',
        ),
        (
            WITH + '[strategy.spy]\nkind = "wheel"\n[strategy.spy.window]\ndte_mn = 3',
            "7: strategy.spy.window.dte_mn is not a known key. Did you mean dte_min?",
        ),
        (
            WITH + '[strategy.spy]\nkind = "hold"\nsymbols = [\n"SPY",\n3]',
            "8: strategy.spy.symbols[1] is 3, expected text in quotes.",
        ),
        (
            WITH + '[strategy.spy]\nkind = "wheel"\nwindow = { dte_max = 45, dte_min = 60 }',
            "6: strategy.spy.window.dte_min is 60, above dte_max 45. Swap them.",
        ),
    ],
)
def test_a_problem_names_line_key_found_and_expected(document, text, line):
    assert lines_of(document(text)) == [f"premia.toml:{line}"]


def test_a_file_without_a_table_says_what_is_missing(document):
    assert lines_of(document("")) == ["premia.toml: account is missing, expected a table."]


NEVER_HERE = (
    "and secrets never stand in this file. "
    "Delete the line: Premia needs none, because the gateway is logged in already."
)


def test_all_problems_are_shown_at_once_in_the_order_of_the_file(document):
    text = """\
prot = 4002

[account]
number = "DU1"
kind = "bank"
password = "x"

[symbols.SPY]
weight = 2

[symbols.QQQ]
weigth = 0.1

[strategy.a]
kind = "wheel"
underwater = 1
"""

    environment = {"PREMIA__ACCOUNT__USAGE": "7", "PREMIA__": "1"}
    known = ("PREMIA__: names no key.", "PREMIA__ACCOUNT__USAGE: account.usage is 7, expected")

    found = lines_of(document(text, environment))

    assert [line.startswith(start) for line, start in zip(found[:2], known, strict=True)] == [True, True]
    assert found[2:] == [
        "premia.toml:1: prot is not a known key. Did you mean port?",
        'premia.toml:5: account.kind is "bank", expected "cash" or "margin".',
        f"premia.toml:6: account.password looks like a secret, {NEVER_HERE}",
        "premia.toml:9: symbols.SPY.weight is 2, expected a number above 0 and at most 1.",
        "premia.toml:11: symbols.QQQ.weight is missing, expected a number above 0 and at most 1.",
        "premia.toml:12: symbols.QQQ.weigth is not a known key. Did you mean weight?",
        'premia.toml:16: strategy.a.underwater is 1, expected "wait", "min_delta" or "recover".',
    ]


def test_a_flag_is_named_by_its_flag(document):
    assert lines_of(document(WITH, flags=[Flag("--port", ("port",), 0)])) == [
        "--port: port is 0, expected a whole number from 1 to 65535."
    ]


def test_one_table_can_be_checked_alone(document):
    symbol, problems = check(document(GOOD), Symbol, ("symbols", "SPY"))
    assert symbol == Symbol(weight=Decimal("0.05"), delta=0.25)
    assert problems == []

    nothing, problems = check(document(GOOD), Symbol, ("symbols", "QQQ"))
    assert nothing is None
    assert [str(one) for one in problems] == [
        "premia.toml:6: symbols.QQQ.weight is missing, expected a number above 0 and at most 1."
    ]


def test_a_model_that_would_swallow_a_misspelt_key_is_a_defect(document):
    class Loose(BaseModel):
        port: int = 1

    with pytest.raises(InvariantViolated, match="Loose must be declared with frozen=True and extra='forbid'"):
        decode(document("port = 2"), Loose)
