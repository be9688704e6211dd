"""A recorded underlying as a sweep takes it: the same panel and events that the engine's market shows."""

from __future__ import annotations

from premia.domain.chain import expiry_of
from premia.domain.errors import MarketDataError
from premia.exchange.recorded import RecordedUnderlying
from premia.pricing.ticks import TickClass
from premia.research.course import Facts
from premia.research.sweep import Underlying


def underlying_of(recorded: RecordedUnderlying) -> Underlying:
    """An underlying with its closes, dividends, earnings dates and price steps.

    Raises:
        MarketDataError: If it splits within its recorded days.
    """
    panel = recorded.panel
    first, last = (expiry_of(int(panel.days.day[place])) for place in (0, -1))
    splits = [one.ex for one in recorded.splits if first < one.ex <= last]
    if splits:
        raise MarketDataError(
            f"{panel.symbol} splits on {splits[0]}, and a sweep follows no split. "
            "Sweep the days on one side of it, or run a backtest."
        )
    ticks = TickClass[recorded.settings.tick_class]
    return Underlying(panel, Facts(recorded.closes, recorded.dividends, recorded.earnings, ticks))
