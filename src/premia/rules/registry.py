"""All rules in the order in which they are asked: first what is unknown, then the market, then capital.

A rule is one file with `Params` and `check`; it takes part by its line here and its table in `Limits`.
"""

from __future__ import annotations

from premia.rules import cash_secured
from premia.rules.answers import Rule

RULES: tuple[Rule, ...] = (Rule("cash_secured", cash_secured.Params, cash_secured.check),)
