"""The sweep kernel and the engine do the same: the same trades, prices, quantities, days and reasons.

Configurations are drawn over all parameters and tried in invented worlds, by the kernel and by the engine on
the recorded market. What is compared are all deeds of all options, and the worth of the account at the end
to the cent; what the kernel takes for granted (`premia.research.sweep.ASSUMPTIONS`) holds in these worlds.
"""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import NamedTuple

import pytest

from premia.research.sweep import trace
from tests.parity.draws import draw, draw_defence, params_of, terms_of, underlying_of, world_of
from tests.parity.wheel_world import calendar, deeds_of, deeds_of_kernel, market_of, merged, run_engine

WORLDS = 16
FEW = range(20)
MANY = range(100, 600)
DEFENCES = range(1_000, 1_045)
PARTS = [many[i : i + 25] for many in (MANY, DEFENCES) for i in range(0, len(many), 25)]
LEAST = 20
fired: Counter[str] = Counter()


@cache
def world_and_market(place, days):
    world = world_of(place, days)
    return world, market_of(world)


def differences(drawn, days, folder):
    """How kernel and engine differ on a configuration; empty where they do not."""
    world, market = world_and_market(drawn.place, days)
    traced = trace(underlying_of(world), params_of(drawn.wanted), calendar(), terms_of(drawn.wanted))
    replayed = run_engine(world, market, drawn.wanted, folder)
    ours, theirs = merged(deeds_of_kernel(traced)), merged(deeds_of(replayed))
    assert not traced.result.overflow.any()
    fired.update({deed.what for deed in theirs})
    fired["early"] += bool(traced.result.early[0])
    only = [("kernel", one) for one in ours if one not in theirs]
    only += [("engine", one) for one in theirs if one not in ours]
    if not only:
        worth = float(replayed.book.observed.account.value.net_liquidation)
        assert traced.curve[-1] == pytest.approx(worth, abs=0.0051)
    return sorted(only, key=lambda one: one[1])[:4]


@pytest.mark.parametrize("number", FEW)
def test_kernel_and_engine_make_the_same_trades(number, tmp_path):
    assert differences(draw(number, WORLDS), 40, tmp_path) == []


class Parity(NamedTuple):
    """Differences by configuration, and how often each deed happened."""

    drawn: dict[int, list]
    defended: dict[int, list]
    deeds: Counter[str]


def part_of(part, folder):
    """Some of the configurations, in a process of its own."""
    fired.clear()
    found = {}
    for number in part:
        chosen = draw_defence(number) if number in DEFENCES else draw(number, WORLDS)
        if only := differences(chosen, 70, folder):
            found[number] = only
    return found, Counter(fired)


@pytest.fixture(scope="module")
def parity(tmp_path_factory):
    """Five hundred configurations drawn over all parameters, and those that defend calls; two processes."""
    folders = [tmp_path_factory.mktemp(f"part{part.start}") for part in PARTS]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        parts = list(pool.map(part_of, PARTS, folders))
    found = {number: only for differing, _ in parts for number, only in differing.items()}
    return Parity(
        {number: only for number, only in found.items() if number not in DEFENCES},
        {number: only for number, only in found.items() if number in DEFENCES},
        sum((deeds for _, deeds in parts), Counter()),
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_five_hundred_configurations_make_the_same_trades(parity):
    assert parity.drawn == {}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_calls_that_are_defended_before_dividends_make_the_same_trades(parity):
    """In one of them a put and a call end in the money at once, so that as many shares come as go."""
    assert parity.defended == {}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_everything_that_can_become_of_an_option_happened_in_many_configurations(parity):
    """Counted over all of them; each ending and each rule's verdict in at least twenty of them."""
    deeds = parity.deeds
    words = [
        "sell",
        "take",
        "stop",
        "defend",
        "close",
        "roll_out",
        "roll_in",
        "expired",
        "assigned",
        "called",
        "early",
    ]

    assert {word: deeds[word] for word in words if deeds[word] < LEAST} == {}
