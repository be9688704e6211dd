"""All rules in the order in which they are asked: first what is unknown, then the market, then capital.

A rule is one file with `check`, and `Params` where it has any; it takes part by its line here and, with
parameters, by its table in `Limits`.
"""

from __future__ import annotations

from premia.rules import (
    all_assigned,
    attempts,
    borrowing,
    cash_secured,
    concentration,
    covered,
    daily_limit,
    data_quality,
    day_trades,
    duplicates,
    excess,
    expiry_day,
    halted,
    hours,
    known_state,
    liquidity,
    netting,
    positions,
    probation,
    standstill,
    stress,
)
from premia.rules.answers import Rule

RULES: tuple[Rule, ...] = (
    Rule("known_state", None, known_state.check),
    Rule("halted", None, halted.check),
    Rule("standstill", None, standstill.check),
    Rule("hours", hours.Params, hours.check),
    Rule("duplicates", None, duplicates.check),
    Rule("attempts", attempts.Params, attempts.check),
    Rule("data_quality", data_quality.Params, data_quality.check),
    Rule("expiry_day", expiry_day.Params, expiry_day.check),
    Rule("netting", None, netting.check),
    Rule("liquidity", liquidity.Params, liquidity.check),
    Rule("covered", None, covered.check),
    Rule("day_trades", day_trades.Params, day_trades.check),
    Rule("daily_limit", daily_limit.Params, daily_limit.check),
    Rule("probation", probation.Params, probation.check),
    Rule("positions", positions.Params, positions.check),
    Rule("concentration", concentration.Params, concentration.check),
    Rule("all_assigned", all_assigned.Params, all_assigned.check),
    Rule("stress", stress.Params, stress.check),
    Rule("borrowing", None, borrowing.check),
    Rule("excess", None, excess.check),
    Rule("cash_secured", cash_secured.Params, cash_secured.check),
)
