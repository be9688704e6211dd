"""Risk is a type: who may make a verdict, an order, and the permit without which no order leaves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import source

ONLY_MAKER = {
    "Approved": "src/premia/rules/review.py",
    "Order": "src/premia/engine/planner.py",
    "Permit": "src/premia/engine/gate.py",
}


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
def test_a_verdict_an_order_and_a_permit_have_one_maker_each(wanted):
    """No order without a verdict, and nothing sent without a permit: nobody else constructs one."""
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


PLACES_AN_ORDER = {"src/premia/adapters/ib/requests.py": "place"}
"""The one function that writes an order to IB's socket."""


def mentions(tree: ast.Module, name: str) -> Iterator[tuple[str, int]]:
    """Every use of an attribute, with the function that it stands in."""
    inside = {
        id(node): function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == name:
            yield inside.get(id(node), ""), node.lineno


def called(function: ast.AST) -> set[str]:
    """What a function calls, as it is written there."""
    return {ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of the package, with its file."""
    for path in source.modules():
        for node in ast.walk(source.tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield source.name(path), node


def test_an_order_is_written_to_the_socket_in_one_place():
    found = {
        (source.name(path), function)
        for path in source.modules()
        for function, _ in mentions(source.tree(path), "placeOrder")
    }

    assert found == set(PLACES_AN_ORDER.items())


def test_that_place_is_reached_by_orders_with_a_permit_and_by_questions_about_margin_only():
    """A permit is redeemed in the same breath; a question is marked as one by the function that asks it."""
    callers = {
        (file, function.name): ast.unparse(function)
        for file, function in functions()
        if {"place", "requests.place"} & called(function)
    }

    assert set(callers) == {
        ("src/premia/adapters/ib/broker.py", "submit"),
        ("src/premia/adapters/ib/requests.py", "what_if"),
    }
    submit = callers["src/premia/adapters/ib/broker.py", "submit"]
    last_wait_before = submit[: submit.index("requests.place")].rindex("await ")
    assert submit.index("permit.redeem()") > last_wait_before
    assert "order.whatIf = True" in callers["src/premia/adapters/ib/requests.py", "what_if"]


def test_only_the_loop_hands_anything_to_a_broker_and_only_with_a_permit():
    """`submit` of the port takes a permit, so a caller without one does not type-check."""
    callers = {
        (file, function.name)
        for file, function in functions()
        if any(name.endswith("broker.submit") for name in called(function))
    }

    assert callers == {("src/premia/engine/run.py", "_send"), ("src/premia/engine/run.py", "_replace")}
