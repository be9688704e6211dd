"""The simulated exchange behind the ports `Broker` and `MarketData`, in process and without a wire."""

from premia.adapters.simulated.broker import SimulatedBroker
from premia.adapters.simulated.market import SimulatedMarketData

__all__ = ["SimulatedBroker", "SimulatedMarketData"]
