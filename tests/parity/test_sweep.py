"""A sweep answers the same however it is cut, threaded or repeated, and sees no future."""

import numpy as np
import pytest

from premia.domain.errors import ConfigError
from premia.research import sweep as sweeping
from premia.research.sweep import sweep, trace
from tests.parity.draws import draw, params_of, underlying_of, world_of
from tests.parity.wheel_world import calendar

WORLDS = (0, 1, 4)


@pytest.fixture(scope="module")
def underlyings():
    return [underlying_of(world_of(place, 40)) for place in WORLDS]


@pytest.fixture(scope="module")
def configs():
    """Two blocks and a part of one."""
    return [params_of(draw(number, 16).wanted) for number in range(40)] * 30


@pytest.fixture(scope="module")
def together(underlyings, configs):
    return sweep(underlyings, configs, calendar())


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_threads_change_nothing(underlyings, configs, together):
    assert len(configs) > 2 * sweeping.BLOCK
    assert same(together, sweep(underlyings, configs, calendar(), threads=1))


def test_a_configuration_alone_is_what_it_is_among_others(underlyings, configs, together):
    for place in (0, 17, 39):
        alone = sweep(underlyings, [configs[place]], calendar())

        assert same(alone, [column[[place]] for column in together])
        assert same(alone, [column[[place + 40]] for column in together])


def test_what_is_told_in_full_adds_up_to_what_is_swept(underlyings, configs, together):
    for place in (3, 25):
        told = [trace(one, configs[place], calendar()) for one in underlyings]

        assert sum(one.result.trades[0] for one in told) == together.trades[place]
        assert sum(one.result.profit[0] for one in told) == pytest.approx(together.profit[place])
        deeds = np.concatenate([one.deeds for one in told])
        premium = -np.sum(deeds["quantity"] * deeds["price"]) / 100
        assert premium == pytest.approx(together.premium[place])


def test_no_deed_depends_on_a_later_snapshot(underlyings, configs):
    """Quotes from the twentieth day on are turned upside down; what was done until then stays."""
    one = underlyings[0]
    number = 20
    first, day = one.panel.rows_of(number).start, int(one.panel.days.day[number])
    quotes = one.panel.quotes.copy()
    quotes["bid"][first:], quotes["ask"][first:] = quotes["bid"][first:][::-1], quotes["ask"][first:][::-1]
    changed = one._replace(panel=one.panel._replace(quotes=quotes))
    differ = 0
    for params in configs[:40]:
        before, after = (trace(each, params, calendar()).deeds for each in (one, changed))
        assert np.array_equal(before[before["day"] < day], after[after["day"] < day])
        differ += not np.array_equal(before, after)

    assert differ > 20


def test_a_sweep_of_nothing_and_of_another_symbol_are_refused(underlyings, configs):
    with pytest.raises(ConfigError, match="Name both"):
        sweep(underlyings, [], calendar())
    other = underlyings[0].panel._replace(symbol="ABC")
    with pytest.raises(ConfigError, match=r"does not trade ABC.*symbols\.ABC"):
        sweep([underlyings[0]._replace(panel=other)], configs[:1], calendar())
