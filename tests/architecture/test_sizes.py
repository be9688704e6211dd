"""The tail is what makes a codebase hard: no module, function or class outgrows its reader."""

import ast

from tests.architecture import source

MODULE_LINES = 500
FUNCTION_LINES = 70
PUBLIC_METHODS = 12

# The simulated market and exchange answer whatever a client of a broker may ask, one method a question.
WIDER = {"MarketSource": 24, "Market": 24, "RecordedMarket": 24, "Exchange": 28}


def test_no_module_is_longer_than_500_lines():
    long = {
        source.name(path): count
        for path in source.modules()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MODULE_LINES
    }

    assert long == {}


def test_no_function_is_longer_than_70_lines():
    long = {
        f"{source.name(path)}:{node.lineno} {node.name}": count
        for path in source.modules()
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }

    assert long == {}


def test_no_class_has_more_than_12_public_methods():
    wide = {
        f"{source.name(path)}:{node.lineno} {node.name}": len(methods)
        for path in source.modules()
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.ClassDef)
        and len(methods := public_methods(node)) > WIDER.get(node.name, PUBLIC_METHODS)
    }

    assert wide == {}


def public_methods(node: ast.ClassDef) -> list[str]:
    """Methods that callers use; properties are values, not methods."""
    return [
        method.name
        for method in node.body
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
        and not method.name.startswith("_")
        and not any(
            isinstance(mark, ast.Name) and mark.id in ("property", "cached_property")
            for mark in method.decorator_list
        )
    ]


def test_every_module_opens_with_what_it_is_for():
    silent = [source.name(path) for path in source.modules() if not ast.get_docstring(source.tree(path))]

    assert silent == []
