"""A run by symbol and by ending, and the worst of it."""

from decimal import Decimal

from msgspec.structs import replace

from premia.reporting.backtest.breakdown import breakdown, by_ending, by_symbol
from premia.reporting.backtest.result import Result, result_of
from tests.unit.reporting.backtest_story import a_run

D = Decimal


def two_symbols() -> Result:
    """XYZ as it was; ABC with a campaign that lost 300 and one that runs."""
    told = result_of(a_run())
    (turn,) = told.campaigns
    lost = replace(turn, id="b", symbol="ABC", result=D(-300), share_result=D(-400))
    runs = replace(turn, id="c", symbol="ABC", ended=None, result=D(50), share_result=D(0))
    put = replace(told.trades[0], id="d", symbol="ABC", how="closed", premium=D(-20), result=D(-22), days=6)
    last = replace(put, id="e", how="closed", premium=D(40), result=D(38), days=10)
    still = replace(put, id="f", how="open")
    return replace(told, campaigns=(turn, lost, runs), trades=(*told.trades, put, last, still))


def test_a_symbol_has_the_sums_of_its_campaigns_the_best_first():
    xyz, abc = by_symbol(two_symbols().campaigns)

    assert (xyz.symbol, xyz.campaigns, xyz.ended, xyz.won, xyz.result) == ("XYZ", 1, 1, 1, D("237.90"))
    assert (abc.symbol, abc.campaigns, abc.ended, abc.won, abc.result) == ("ABC", 2, 1, 0, D(-250))
    assert (abc.shares, abc.premium) == (D(-400), D(230))


def test_an_ending_has_its_trades_and_the_worst_of_them():
    assigned, closed = by_ending(two_symbols().trades)

    assert (assigned.how, assigned.trades, assigned.won, assigned.result) == ("assigned", 2, 2, D("112.90"))
    assert (closed.how, closed.trades, closed.won, closed.days) == ("closed", 2, 1, 8.0)
    assert (closed.premium, closed.result, closed.worst) == (D(20), D(16), D(-22))


def test_the_page_shows_both_and_the_campaign_that_brought_the_least():
    text = breakdown(two_symbols())

    assert text.index("XYZ") < text.index("ABC")
    least = text[text.index("The campaigns that brought the least") :]
    assert least.index("wheel ABC") < least.index("wheel XYZ")
    assert "Nothing was traded." in breakdown(result_of(a_run(facts=(), days=())))
