"""Configurations and runs of backtests on small recorded markets."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from premia.bootstrap.backtest import backtest
from premia.bootstrap.backtest_notes import BacktestWish
from premia.bootstrap.histories import History
from premia.bootstrap.settings import Settings, load
from premia.domain.events import AnyEvent, OrderFilled
from premia.reporting.backtest.ran import Ran
from tests.recorded import Story, calendar, recorded

CONFIG = """
[account]
number = "DU1000001"
kind = "margin"

[strategies.wheel]
dte_min = 14
dte_max = 45
yield_min_fund = 0.02
yield_min_stock = 0.02
{wheel}
{symbols}
[limits.concentration]
fund = 1.0
stock = 1.0

[limits.all_assigned]
of_net_liquidation = 1.0

[limits.stress]
loss_max = 1.0
"""


def settings(folder: Path, symbols: Sequence[str], wheel: str = "", weight: float | None = None) -> Settings:
    """A configuration that trades symbols in equal parts."""
    share = weight or 0.95 / max(len(symbols), 1)
    tables = "\n".join(f"[strategies.wheel.symbols.{one}]\nweight = {share:.3f}\n" for one in symbols)
    path = folder / "premia.toml"
    path.write_text(CONFIG.format(wheel=wheel, symbols=tables), encoding="utf-8")
    return load(path)


def history(*stories: Story) -> History:
    """Stories as a history."""
    cal = calendar(stories[0].first)
    return History(tuple(recorded(story, cal) for story in stories), "digest", "stories", cal, {})


def run(folder: Path, past: History, wheel: str = "", **wish) -> Ran:
    """A backtest of every symbol of a history."""
    wished = {"capital": Decimal(100_000), **wish}
    return backtest(settings(folder, past.symbols, wheel), past, BacktestWish(**wished))


def fills(ran: Ran) -> list[OrderFilled]:
    """Executions in their order."""
    return [fact for fact in ran.facts if isinstance(fact, OrderFilled)]


def of_kind(ran: Ran, *kinds: type[AnyEvent]) -> list[AnyEvent]:
    """Facts of some kinds."""
    return [fact for fact in ran.facts if isinstance(fact, kinds)]
