"""Every key of a TOML text is found where it stands."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from premia.config.places import dotted, places

EXAMPLE = '''\
# A comment with a [table] and a key = 1.
title = "not # a comment"   # = [x]

[account]
kind = 'cash'
a.b = 1
"quoted key" = """
[not.a.table]
still = "text"
"""

[[leg]]
strike = 10
[leg.quote]
bid = 1.0

[[leg]]
strike = 20
legs = [
    { right = "P", strikes = [1, 2] },   # two
    { right = "C" },
]
'''


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("title",), 2, 1),
        (("account",), 4, 2),
        (("account", "kind"), 5, 1),
        (("account", "a"), 6, 1),
        (("account", "a", "b"), 6, 3),
        (("account", "quoted key"), 7, 1),
        (("leg", 0), 12, 3),
        (("leg", 0, "quote"), 14, 6),
        (("leg", 0, "quote", "bid"), 15, 1),
        (("leg", 1, "strike"), 18, 1),
        (("leg", 1, "legs", 0), 20, 5),
        (("leg", 1, "legs", 0, "strikes", 1), 20, 34),
        (("leg", 1, "legs", 1, "right"), 21, 7),
    ],
)
def test_a_key_is_found_at_its_line_and_column(path, line, column):
    found = places(EXAMPLE)[path]

    assert (found.line, found.column) == (line, column)


def test_text_inside_strings_and_comments_is_no_key():
    assert ("not",) not in places(EXAMPLE)
    assert ("account", "still") not in places(EXAMPLE)


@pytest.mark.parametrize(
    "text",
    [
        'a = """"quoted""""\nb = 1',
        "a = ''''quoted''''\nb = 1",
        'a = "\\\\"\nb = 1',
        'a = "\\""\nb = 1',
        'a = """\\""""\nb = 1',
        "a = 1979-05-27 07:32:00 # when\nb = 1",
        "a = []\nb = 1",
        "a = {}\nb = 1",
        'a = [[1, "]"], [",", "#"]]\nb = 1',
        "a.\"b.c\".'d' = 1\nb = 1",
        "a=1\r\nb=1",
        "[a]\nx = 1\n[a.y]\n[[a.z]]\n[b]",
        '["a" . "x"]\n[b]',
    ],
)
def test_awkward_values_do_not_lead_the_scanner_astray(text):
    """What `tomllib` reads and what the scanner finds are the same keys, in every form a value can take."""
    assert keys_of(tomllib.loads(text)) == set(places(text))
    assert places(text)["b",].line == len(text.splitlines())


def keys_of(value, path=()):
    """Paths of all keys and elements that a parsed value holds."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    members = list(pairs)
    return {(*path, key) for key, _ in members} | {
        found for key, member in members for found in keys_of(member, (*path, key))
    }


names = st.text(st.sampled_from('ab"#=[]. \\'), min_size=1, max_size=3)
scalars = st.one_of(st.integers(), st.booleans(), names, st.sampled_from([1.5, -2e9]))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def written(value):
    """A value as TOML, tables inline."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case list():
            return "[" + ", # a comment, ] and }\n".join(map(written, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{quoted(key)} = {written(inner)}" for key, inner in value.items()) + "}"
        case _:
            return str(value)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.dictionaries(names, st.dictionaries(names, values, max_size=3), max_size=3))
def test_every_key_of_any_document_is_found(tables):
    text = "\n".join(
        f"[{quoted(name)}]\n" + "\n".join(f"{quoted(key)} = {written(value)}" for key, value in table.items())
        for name, table in tables.items()
    )

    assert set(places(text)) == keys_of(tomllib.loads(text)) == keys_of(tables)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("account", "kind"), "account.kind"),
        (("strategy", "spy-wheel", "symbols", 2), "strategy.spy-wheel.symbols[2]"),
        (("symbols", "BRK B", "weight"), 'symbols."BRK B".weight'),
    ],
)
def test_a_path_reads_as_in_toml(path, text):
    assert dotted(path) == text
