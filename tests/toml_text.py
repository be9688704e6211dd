"""TOML from plain values, for tests that write configuration: scalars, lists of scalars and tables."""

import json


def toml_text(table, path=()):
    """The text of a table; what is None is left out, because TOML has no such value."""
    lines = [
        f"{key} = {_scalar(value)}"
        for key, value in table.items()
        if not _is_table(value) and value is not None
    ]
    parts = ["\n".join(lines)] if lines else []
    for key, value in table.items():
        if _is_table(value):
            inner = (*path, key)
            parts.append(f"[{'.'.join(_key(part) for part in inner)}]\n{toml_text(value, inner)}")
    return "\n\n".join(part for part in parts if part)


def _is_table(value):
    return isinstance(value, dict)


def _key(part):
    return json.dumps(part)


def _scalar(value):
    return json.dumps(value)
