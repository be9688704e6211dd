"""The mode is named once: nothing below `bootstrap` can ask whether this is a demo or real money."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture import source

NAMES = {"mode", "backtest", "demo", "paper", "is_backtest", "is_demo", "is_live", "is_paper", "is_simulated"}
VALUES = {"backtest", "demo", "live", "paper", "simulated"}
# The doctor tells a person which kind of account is logged in; it decides nothing by it.
WHERE_IT_IS_NAMED = ("src/premia/bootstrap/", "src/premia/adapters/ib/doctor.py")


def conditions(tree: ast.Module) -> Iterator[ast.expr]:
    """Every expression that a branch depends on."""
    for node in ast.walk(tree):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                yield test
            case ast.Match(subject=subject):
                yield subject
            case ast.comprehension(ifs=ifs):
                yield from ifs
            case _:
                pass


def asks_for_the_mode(condition: ast.expr) -> bool:
    """Whether a condition names the mode or compares with one of its values."""
    for node in ast.walk(condition):
        if isinstance(node, ast.Name) and node.id in NAMES:
            return True
        if isinstance(node, ast.Attribute) and node.attr in NAMES:
            return True
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            values = [part for side in sides for part in ast.walk(side) if isinstance(part, ast.Constant)]
            if any(isinstance(value.value, str) and value.value in VALUES for value in values):
                return True
    return False


def test_no_branch_on_the_mode_outside_bootstrap():
    places = (
        (path, condition.lineno)
        for path in source.modules()
        if not source.name(path).startswith(WHERE_IT_IS_NAMED)
        for condition in conditions(source.tree(path))
        if asks_for_the_mode(condition)
    )

    assert source.lines_with(places) == ""


@pytest.mark.parametrize(
    "text",
    [
        "if mode == BACKTEST: ...",
        "if settings.is_paper: ...",
        "x = 1 if kind == 'live' else 2",
        "while kind in ('demo', 'x'): ...",
        "[x for x in y if x.demo]",
    ],
)
def test_a_branch_on_the_mode_is_seen(text):
    assert any(asks_for_the_mode(condition) for condition in conditions(ast.parse(text)))


@pytest.mark.parametrize("text", ["if model == 'a': ...", "if modern: ...", "live = kind == 'live'"])
def test_other_conditions_are_left_alone(text):
    assert not any(asks_for_the_mode(condition) for condition in conditions(ast.parse(text)))
