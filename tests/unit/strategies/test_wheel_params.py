"""Parameters of the wheel: bounds that agree, tables of a symbol, and defaults by size of account."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from premia.domain.errors import ConfigError
from premia.rules.limits import Limits
from premia.strategies.registry import Strategy, find, names
from premia.strategies.wheel import Params, SymbolParams, Want, adopts, defaults_for, want


def test_a_symbol_sets_anew_only_what_it_says():
    params = Params(
        dte_min=21, symbols={"SPY": SymbolParams(weight=0.3, put_delta_max=0.28, underwater="recover")}
    )

    spy = want(params, "SPY")

    assert (spy.dte_min, spy.put_delta_max, spy.underwater) == (21, 0.28, "recover")
    assert spy.put_delta_min == 0.15
    assert want(params, "QQQ").put_delta_max == 0.30


def test_every_key_of_a_symbol_is_a_key_of_the_wheel_except_its_weight():
    assert set(SymbolParams.model_fields) - set(Want.model_fields) == {"weight"}
    assert set(Want.model_fields) - set(SymbolParams.model_fields) == set()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"put_delta_min": 0.40}, "put_delta_min is 0.4, above put_delta_aim 0.25"),
        ({"put_delta_aim": 0.31}, "put_delta_aim is 0.31, above put_delta_max 0.3"),
        ({"call_delta_aim": 0.36}, "call_delta_aim is 0.36, above call_delta_max 0.35"),
        ({"dte_min": 60}, "dte_min is 60, above dte_max 45. Swap them or widen the window."),
        ({"roll_delta_max": 0.10}, "roll_delta_max is 0.1, below put_delta_min 0.15"),
        (
            {"symbols": {"SPY": {"weight": 0.3, "dte_max": 20}}},
            "symbols.SPY: dte_min is 28, above dte_max 20",
        ),
        ({"put_delta_max": 1.2}, "less than 1"),
        ({"put_dleta_max": 0.2}, "Extra inputs are not permitted"),
        ({"symbols": {"SPY": {}}}, "Field required"),
    ],
)
def test_bounds_that_contradict_each_other_are_refused(changes, words):
    with pytest.raises(ValidationError, match=words.replace("(", r"\(")):
        Params.model_validate(changes)


def test_existing_positions_join_only_where_the_symbol_or_the_wheel_says_so():
    params = Params(symbols={"SPY": SymbolParams(weight=0.3, adopt=True), "QQQ": SymbolParams(weight=0.3)})

    assert adopts(params, "SPY")
    assert not adopts(params, "QQQ")
    assert not adopts(params, "IWM")


@pytest.mark.parametrize(
    ("capital", "fund", "stock", "assigned", "a_day"),
    [
        (10_000, 0.25, 0.25, 0.90, 1),
        (25_000, 0.25, 0.25, 0.90, 1),
        (99_999, 0.25, 0.25, 0.90, 1),
        (100_000, 0.30, 0.15, 0.95, 2),
        (500_000, 0.30, 0.08, 1.00, 6),
        (2_000_000, 0.30, 0.08, 1.00, 6),
    ],
)
def test_the_defaults_of_each_size_are_valid_and_as_stated(capital, fund, stock, assigned, a_day):
    tables = defaults_for(Decimal(capital), ["SPY", "QQQ"])

    params = Params.model_validate(tables["strategies"]["wheel"])
    limits = Limits.model_validate(tables["limits"])

    assert params == Params(symbols={s: SymbolParams(weight=fund) for s in ("SPY", "QQQ")})
    assert (limits.concentration.fund, limits.concentration.stock) == (fund, stock)
    assert limits.all_assigned.of_net_liquidation == assigned
    assert limits.daily_limit.contracts_a_day == a_day


def test_many_symbols_share_what_may_be_assigned():
    tables = defaults_for(Decimal(100_000), [f"S{i}" for i in range(10)])

    weights = [symbol["weight"] for symbol in tables["strategies"]["wheel"]["symbols"].values()]

    assert weights == [0.095] * 10


# Strategies of other packages.


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Installs a package beside ours that offers strategies by entry points."""

    def install(name, text):
        (tmp_path / "other_wheels.py").write_text(text, encoding="utf-8")
        info = tmp_path / "other_wheels-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: other-wheels\nVersion: 1.0\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(
            f"[premia.strategies]\n{name} = other_wheels:OFFERED\n", encoding="utf-8"
        )
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(__import__("sys").modules, "other_wheels", raising=False)

    return install


def test_another_package_offers_a_strategy_by_name(package):
    package(
        "tricycle",
        "from premia.strategies.registry import STRATEGIES\n"
        "OFFERED = STRATEGIES['wheel']._replace(name='tricycle')\n",
    )

    assert names() == ["tricycle", "wheel"]
    assert isinstance(find("tricycle"), Strategy)
    assert find("tricycle").name == "tricycle"


def test_what_is_no_strategy_is_refused(package):
    package("unicycle", "OFFERED = 42\n")

    with pytest.raises(ConfigError, match=r"Entry point unicycle of premia\.strategies is int"):
        find("unicycle")


def test_ours_cannot_be_replaced(package):
    package("wheel", "OFFERED = 42\n")

    assert find("wheel").params is Params
