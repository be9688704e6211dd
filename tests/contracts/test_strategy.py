"""What every strategy of the registry promises; a new one is admitted by this suite and by nothing else."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from premia.domain.errors import ConfigError
from premia.domain.intent import Intent, Passed, Purpose
from premia.domain.known import Unknown
from premia.domain.quote import DataKind
from premia.strategies.registry import STRATEGIES, find
from premia.strategies.wheel import Params, SymbolParams
from tests.builders import (
    NOW,
    SESSIONS,
    a_book,
    a_chain,
    a_row,
    a_view,
    an_underlying,
    call,
    priced_rows,
    put,
    seen,
    shares,
    short,
)
from tests.toml_text import toml_text

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
EXAMPLES = {
    "wheel": Params(
        symbols={"XYZ": SymbolParams(weight=0.4), "ABC": SymbolParams(weight=0.4, put_delta_max=0.28)}
    ),
}
"""Parameters of every strategy, with more than one symbol."""


@pytest.fixture(params=sorted(STRATEGIES))
def strategy(request):
    return find(request.param)


def a_busy_book():
    """Both symbols hold something: shares without a call, and a short put."""
    return a_book(
        shares(200, "100"),
        short(put(95), credit="2.00"),
        short(put(95, symbol="ABC"), credit="2.00"),
        short(call(105, symbol="ABC"), credit="1.00", id="wheel/ABC/call/x"),
        shares(100, "99", symbol="ABC"),
    )


def a_full_view():
    return a_view(*(seen(an_underlying(symbol)) for symbol in ("XYZ", "ABC")))


def proposed(strategy, view, book):
    return list(strategy.propose(view, book, EXAMPLES[strategy.name], SESSIONS))


def test_every_strategy_has_an_example():
    assert set(EXAMPLES) == set(STRATEGIES)


def test_a_strategy_is_known_by_its_own_name(strategy):
    assert STRATEGIES[strategy.name] is strategy
    assert isinstance(EXAMPLES[strategy.name], strategy.params)


def test_the_same_market_and_book_give_the_same_answer(strategy):
    first = proposed(strategy, a_full_view(), a_busy_book())
    second = proposed(strategy, a_full_view(), a_busy_book())

    assert first == second
    assert any(isinstance(one, Intent) for one in first)


@pytest.mark.parametrize("symbol", ["XYZ", "ABC"])
def test_a_symbol_decides_alone_as_it_does_together(strategy, symbol):
    together = [one for one in proposed(strategy, a_full_view(), a_busy_book()) if one.symbol == symbol]

    alone = proposed(strategy, a_view(seen(an_underlying(symbol))), a_busy_book())

    assert [one for one in alone if one.symbol == symbol] == together


def test_what_comes_later_changes_no_earlier_answer(strategy):
    """Deciding tomorrow first, in another market, leaves today's answer as it was."""
    today = proposed(strategy, a_full_view(), a_busy_book())
    later = NOW + timedelta(days=1)
    crashed = seen(an_underlying(spot="70.00"), a_chain(*priced_rows(70.0, 0.8, at=later)))

    proposed(strategy, a_view(crashed, at=later), a_busy_book())

    assert proposed(strategy, a_full_view(), a_busy_book()) == today


def test_every_answer_has_a_reason_and_its_numbers(strategy):
    for one in proposed(strategy, a_full_view(), a_busy_book()):
        assert one.strategy == strategy.name
        assert len(one.reason.split()) > 3
        assert isinstance(one, Passed) or len(one.evidence.facts) >= 8
        if isinstance(one, Intent):
            assert one.worst <= one.mid
            assert one.quantity > 0


BROKEN = {
    "an empty chain": seen(chain=a_chain()),
    "no bids": seen(chain=a_chain(*(a_row(put(k), None, "1.00") for k in range(90, 100)))),
    "no asks": seen(chain=a_chain(*(a_row(put(k), "1.00", None) for k in range(90, 100)))),
    "no quotes": seen(chain=a_chain(*(a_row(put(k), None, None) for k in range(90, 100)))),
    "no deltas": seen(chain=a_chain(*(a_row(put(k), "1.00", "1.02", delta=None) for k in range(90, 100)))),
    "no volatility": seen(chain=a_chain(*(a_row(put(k), "1.00", "1.02", iv=None) for k in range(90, 100)))),
    "adjusted": seen(chain=a_chain(*(a_row(put(k, adjusted=True), "1", "1.02") for k in range(90, 100)))),
    "delayed": seen(chain=a_chain(*priced_rows(), kind=DataKind.DELAYED)),
    "frozen underlying": seen(an_underlying(kind=DataKind.FROZEN)),
    "no price": seen(an_underlying(spot=None)),
    "a stock without earnings": seen(an_underlying(fund=False, earnings=Unknown(NOW, "nobody told"))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_data_that_lack_something_open_nothing_and_say_why(strategy, name):
    found = proposed(strategy, a_view(BROKEN[name]), a_book(shares(100, "100")))

    assert found
    assert all(isinstance(one, Passed) for one in found if one.symbol == "XYZ")


def test_a_symbol_without_an_answer_opens_nothing(strategy):
    found = proposed(
        strategy, a_view(XYZ=Unknown(NOW, "no data"), ABC=Unknown(NOW, "no data")), a_busy_book()
    )

    assert all(isinstance(one, Passed) for one in found)
    assert any("no data" in one.reason for one in found)


def test_one_symbol_without_data_does_not_stop_the_others(strategy):
    found = proposed(strategy, a_view(seen(), ABC=Unknown(NOW, "no data")), a_book())

    assert [one.symbol for one in found if isinstance(one, Intent)] == ["XYZ"]


def test_nothing_is_proposed_twice_for_one_slot(strategy):
    slots = [one.slot for one in proposed(strategy, a_full_view(), a_busy_book()) if isinstance(one, Intent)]

    assert len(slots) == len(set(slots))


def test_what_is_held_is_always_asked_for(strategy):
    requests = strategy.request(a_busy_book(), EXAMPLES[strategy.name], NOW)

    assert {option for one in requests for option in one.contracts} == {
        put(95),
        put(95, symbol="ABC"),
        call(105, symbol="ABC"),
    }


def test_closing_comes_before_opening(strategy):
    cheap = a_chain(*priced_rows(vol=0.05))
    book = a_book(short(put(95), credit="2.00"))

    intents = [one for one in proposed(strategy, a_view(seen(chain=cheap)), book) if isinstance(one, Intent)]

    assert {one.purpose for one in intents} >= {Purpose.CLOSE}
    closes = [one.priority for one in intents if one.purpose is Purpose.CLOSE]
    opens = [one.priority for one in intents if one.purpose is Purpose.OPEN]
    assert max(closes) < min(opens, default=99)


def test_parameters_survive_toml(strategy):
    params = EXAMPLES[strategy.name]

    text = toml_text(params.model_dump(mode="json"))

    assert strategy.params.model_validate(tomllib.loads(text)) == params


def test_parameters_are_frozen_and_forbid_unknown_keys(strategy):
    assert strategy.params.model_config.get("frozen")
    assert strategy.params.model_config.get("extra") == "forbid"


def test_every_parameter_is_described_and_numbers_have_a_unit(strategy):
    properties = strategy.params.model_json_schema()["properties"]
    for name, schema in properties.items():
        assert schema.get("description"), name
        kinds = [schema, *schema.get("anyOf", [])]
        if any(kind.get("type") in ("number", "integer") for kind in kinds):
            assert any("unit" in kind for kind in kinds), name


def test_the_reference_page_names_every_parameter(strategy):
    page = (DOCS / f"{strategy.name}.md").read_text(encoding="utf-8")

    missing = [name for name in strategy.params.model_fields if f"`{name}`" not in page]

    assert missing == []


def test_an_unknown_strategy_is_told_with_the_nearest_name():
    with pytest.raises(ConfigError, match=r"No strategy is called weel\. Did you mean wheel\?"):
        find("weel")
