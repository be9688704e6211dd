"""From parameters as people write them to the records that a sweep reads."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import ConfigError
from premia.domain.money import ten_thousandths
from premia.research.layout import PPM, WANT
from premia.strategies.wheel_case import fees_a_share
from premia.strategies.wheel_market import premiums_of
from premia.strategies.wheel_params import Params, Want, want

_UNDERWATER = {"wait": 0, "min_delta": 1, "recover": 2}
_NO_STRIKE = 10**12
_SHARED = (
    "put_delta_min",
    "put_delta_max",
    "put_delta_aim",
    "call_delta_min",
    "call_delta_max",
    "call_delta_aim",
    "underwater_delta_min",
    "dte_min",
    "dte_max",
    "contracts_max",
)
_MANAGED = (
    "spread_max",
    "take_profit",
    "take_profit_late",
    "stop_at",
    "roll_delta",
    "roll_delta_max",
    "expirations",
    "open_interest_min",
    "late_dte",
    "roll_dte",
    "rolls_max",
    "trade_days_max",
)


def records(configs: Sequence[Params], symbol: str) -> NDArray[np.void]:
    """`WANT` records of configurations for a symbol, shape (c,).

    Args:
        configs: The wheel's parameters; each names the symbol with its weight.
        symbol: Ticker.

    Raises:
        ConfigError: Where a configuration does not trade the symbol, or gives a fraction finer than a
            millionth.
    """
    found = np.zeros(len(configs), dtype=WANT)
    for place, params in enumerate(configs):
        if symbol not in params.symbols:
            raise ConfigError(
                f"configuration {place} does not trade {symbol}. Give it a weight under `symbols.{symbol}`."
            )
        _write(found[place], params, want(params, symbol), symbol)
    return found


def _write(record: np.void, params: Params, wanted: Want, symbol: str) -> None:
    for name in _SHARED:
        record[name] = getattr(wanted, name)
    for name in _MANAGED:
        record[name] = getattr(params, name)
    fees = fees_a_share(params.fee_per_contract)
    least = premiums_of(wanted, fees, fund=False)
    weight = Decimal(str(params.symbols[symbol].weight)) * Decimal(str(params.margin_usage))
    highest = wanted.put_strike_max
    record["fees_a_share"], record["credit"], record["fees"] = fees, least.credit, least.fees
    record["per_year_fund"], record["per_year_stock"] = wanted.yield_min_fund, wanted.yield_min_stock
    record["put_strike_max"] = _NO_STRIKE if highest is None else ten_thousandths(highest)
    record["call_strike_min"] = ten_thousandths(wanted.call_strike_min or 0)
    record["underwater"] = _UNDERWATER[wanted.underwater]
    record["loss_ppm"] = _millionths(Decimal(str(wanted.realised_loss_max)), "realised_loss_max")
    record["weight_ppm"] = _millionths(weight, "weight times margin_usage")
    record["called_welcome"] = wanted.called == "welcome"
    record["avoids_earnings"] = wanted.earnings == "avoid"
    record["spread_always"] = ten_thousandths(params.spread_always)
    record["roll_credit_min"] = ten_thousandths(params.roll_credit_min)
    record["otherwise_close"] = params.otherwise == "close"


def _millionths(fraction: Decimal, what: str) -> int:
    exact = fraction * PPM
    if exact != exact.to_integral_value():
        raise ConfigError(f"{what} is {fraction}; a sweep takes fractions to six decimals. Round it.")
    return int(exact)
