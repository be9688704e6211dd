"""Risk is a type: who may make a verdict, and who may make an order."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import source

ONLY_MAKER = {"Approved": "src/premia/rules/review.py", "Order": "src/premia/engine/planner.py"}


def local_names(tree: ast.Module, wanted: str) -> set[str]:
    """Names under which a module knows the domain's class, by import or because it is defined there."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("premia.domain")
        for alias in node.names
        if alias.name == wanted
    }
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == wanted}
    return imported | defined


def domain_modules(tree: ast.Module) -> set[str]:
    """Names under which a module knows modules of the domain."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "premia.domain"
        for alias in node.names
    }


def constructions(tree: ast.Module, wanted: str) -> Iterator[int]:
    """Lines on which a module calls the domain's class."""
    names, modules = local_names(tree, wanted), domain_modules(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in names:
            yield node.lineno
        through_module = isinstance(node.func, ast.Attribute) and node.func.attr == wanted
        if through_module and isinstance(node.func.value, ast.Name) and node.func.value.id in modules:
            yield node.lineno


def makers(paths: list[Path], wanted: str) -> Iterator[tuple[Path, int]]:
    for path in paths:
        if source.name(path) != ONLY_MAKER[wanted]:
            for line in constructions(source.tree(path), wanted):
                yield path, line


@pytest.mark.parametrize("wanted", ONLY_MAKER)
def test_a_verdict_and_an_order_have_one_maker_each(wanted):
    """No order without a verdict: nobody else constructs either."""
    assert source.lines_with(makers(source.modules(), wanted)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "from premia.domain.verdict import Approved\nApproved(1)",
        "from premia.domain.verdict import Approved as Yes\nYes(1)",
        "from premia.domain import verdict\nverdict.Approved(1)",
        "class Approved: ...\nApproved()",
    ],
)
def test_every_way_of_making_one_is_seen(text):
    assert list(constructions(ast.parse(text), "Approved")) == [2]


def test_another_class_of_the_same_name_is_not_ours():
    """The broker's library has an `Order` too."""
    text = "import ib_async\nfrom ib_async import Order\nib_async.Order()\nOrder()"

    assert list(constructions(ast.parse(text), "Order")) == []
