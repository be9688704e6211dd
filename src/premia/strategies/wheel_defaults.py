"""Sane parameters by account size: what `premia init` writes.

Three sizes, chosen by net liquidation; between two of them the smaller one's table holds. A single name
may take a large part of a small account, because one contract already does, and less of a large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

Table = dict[str, "str | int | float | bool | list[int] | Table"]


class Tier(NamedTuple):
    """Limits of one account size; fractions are of net liquidation.

    Attributes:
        capital: From this net liquidation on, USD.
        fund, stock: What one name may take.
        assigned: What all positions may take if every put is assigned.
        contracts: New contracts a day.
    """

    capital: int
    fund: float
    stock: float
    assigned: float
    contracts: int


TIERS = (
    Tier(capital=25_000, fund=0.25, stock=0.25, assigned=0.90, contracts=1),
    Tier(capital=100_000, fund=0.30, stock=0.15, assigned=0.95, contracts=2),
    Tier(capital=500_000, fund=0.30, stock=0.08, assigned=1.00, contracts=6),
)


def tier_of(capital: Decimal) -> Tier:
    """The largest tier that the account reaches; the smallest one below all of them."""
    reached = [tier for tier in TIERS if capital >= tier.capital]
    return reached[-1] if reached else TIERS[0]


def defaults_for(capital: Decimal, symbols: Sequence[str] = ()) -> Table:
    """Tables of a configuration for an account of this size, as plain values in the shape of the TOML.

    Args:
        capital: Net liquidation, USD.
        symbols: Tickers to trade; each gets an equal weight, at most what one fund may take.

    Returns:
        `strategies.wheel` and `limits`; what is not named keeps its own default.
    """
    tier = tier_of(capital)
    weight = round(min(tier.fund, tier.assigned / max(len(symbols), 1)), 4)
    traded: Table = {symbol: {"weight": weight} for symbol in symbols}
    wheel: Table = {
        "put_delta_min": 0.15,
        "put_delta_max": 0.30,
        "put_delta_aim": 0.25,
        "call_delta_min": 0.15,
        "call_delta_max": 0.35,
        "call_delta_aim": 0.28,
        "dte_min": 28,
        "dte_max": 45,
        "credit_min": 0.25,
        "fee_multiple_min": 10.0,
        "yield_min_fund": 0.06,
        "yield_min_stock": 0.10,
        "take_profit": 0.50,
        "take_profit_late": 0.80,
        "late_dte": 10,
        "spread_max": 0.10,
        "spread_always": 0.05,
        "open_interest_min": 25,
        "symbols": traded,
    }
    limits: Table = {
        "concentration": {"fund": tier.fund, "stock": tier.stock},
        "all_assigned": {"of_net_liquidation": tier.assigned},
        "daily_limit": {"contracts_a_day": tier.contracts},
        "liquidity": {"spread_max": 0.10, "spread_always": 0.05, "open_interest_min": 25},
    }
    return {"strategies": {"wheel": wheel}, "limits": limits}
