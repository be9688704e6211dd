"""Whatever a file holds, it becomes parameters or one error with a line for each problem."""

from hypothesis import given
from hypothesis import strategies as st

from premia.config.decode import decode
from premia.config.explain import explain
from premia.config.load import load
from premia.domain.errors import ConfigError
from tests.unit.config.models import Shop


def inline(table):
    return "{" + ", ".join(f'"{key}" = {value}' for key, value in table.items()) + "}"


# Names that the models know, so that values of every kind land where something else is expected.
names = st.sampled_from(
    [
        "account",
        "number",
        "kind",
        "usage",
        "symbols",
        "SPY",
        "weight",
        "delta",
        "strategy",
        "window",
        "port",
        "x y",
    ]
)
scalars = st.one_of(
    st.sampled_from(['"wheel"', '"hold"', '"cash"', '"DU1"', "2024-01-02", "nan", "true", "07:32:00"]),
    st.integers(-3, 5000).map(str),
    st.floats(0, 1).map(repr),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(names, inner, max_size=4).map(inline)
    ),
    max_leaves=12,
)
GOOD = 'account = { number = "DU1", kind = "cash" }'


@given(st.dictionaries(names, values, max_size=4), st.booleans(), st.dictionaries(names, scalars, max_size=2))
def test_any_file_decodes_or_is_told_line_by_line(tmp_path_factory, tables, whole, environment):
    text = "".join(
        f'"{key}" = {value}\n' for key, value in tables.items() if not (whole and key == "account")
    )
    path = tmp_path_factory.getbasetemp() / "premia.toml"
    path.write_text(text + (GOOD if whole else ""), encoding="utf-8")
    document = load(path, {f"PREMIA__{key.upper()}": value for key, value in environment.items()})

    try:
        shop = decode(document, Shop)
    except ConfigError as error:
        count, *lines = str(error).splitlines()
        assert int(count.split()[0]) == len(lines) > 0
        assert all(line.startswith(("premia.toml:", "PREMIA__")) for line in lines)
    else:
        assert {"account.number", "account.kind", "port"} <= {one.key for one in explain(document, shop)}
