"""What keeps a backtest honest: runs under other assumptions, and other futures."""

import pytest

from premia.adapters.simulated.history import HistoryMarketData
from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.judged import judged, look_ahead, others
from premia.exchange.stochastic import Kind
from premia.reporting.backtest.ran import Fill
from tests.integration.backtest.configs import history, settings
from tests.recorded import Story, walk


@pytest.fixture(scope="module")
def past():
    return history(
        Story("ABC", walk(50, seed=5)), Story("XYZ", walk(50, seed=6), Kind.STOCK, earnings=(), vol=0.4)
    )


def nothing(_done: float, _day: str) -> None:
    pass


def test_beside_a_run_stand_the_other_places_in_the_spread_and_a_point_either_way(past, tmp_path):
    done = []

    result = judged(
        settings(tmp_path, past.symbols),
        past,
        BacktestWish(),
        lambda share, _day: done.append(share),
        alone=False,
    )

    assert [(one.alpha, one.iv_shift) for one in result.variants] == [
        (0.0, 0.0),
        (0.5, 0.0),
        (1.0, 0.0),
        (0.5, -1.0),
        (0.5, 1.0),
    ]
    assert len({one.final for one in result.variants}) == 5
    assert done == sorted(done)
    assert done[-1] == pytest.approx(5.0)
    assert result.attribution.unexplained == 0


def test_a_run_alone_has_nothing_beside_it(past, tmp_path):
    result = judged(settings(tmp_path, past.symbols), past, BacktestWish(), nothing, alone=True)

    assert result.variants == ()


def test_a_run_at_the_natural_price_still_stands_beside_the_others():
    assert [one.alpha for one in others(BacktestWish(alpha=1.0))] == [0.0, 0.5, 1.0, 1.0]
    assert [one.iv_shift for one in others(BacktestWish(iv_shift=2.0))] == [2.0, 2.0, 1.0, 3.0]


@pytest.mark.parametrize("fill", list(Fill))
def test_altering_the_future_changes_no_decision(past, tmp_path, fill):
    found = look_ahead(settings(tmp_path, past.symbols), past, BacktestWish(fill=fill), nothing)

    assert found.seen == ""
    assert len(found.cuts) == 3
    assert found.facts > 200
    assert "No decision knew the future" in found.text


def test_whoever_looks_at_tomorrows_snapshot_is_found_out(past, tmp_path):
    def tomorrow(exchange, market):
        return HistoryMarketData(exchange, market, lag=-1)

    found = look_ahead(
        settings(tmp_path, past.symbols), past, BacktestWish(last=day_before_last(past)), nothing, tomorrow
    )

    assert found.seen
    assert "know the future" in found.text


def day_before_last(past):
    return past.market().snapshots("ABC").all[-2].day
