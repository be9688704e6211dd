"""Something held that asks for a look between two scheduled runs: what a strategy's watch says."""

from __future__ import annotations

from typing import NamedTuple

from premia.domain.intent import Evidence

ACCOUNT = "account"
"""Subject of a trigger that concerns no single trade."""


class Trigger(NamedTuple):
    """A condition that holds now.

    Attributes:
        subject: A trade's id, or `account`.
        symbol: Its underlying; empty for the account.
        what: `profit_target`, `stop`, `bare_call`, `ex_dividend`, `tested`, `expiry_day`, `in_the_money`,
            `excess_liquidity`, ...
        reason: The sentence that a person reads.
        evidence: The numbers.
    """

    subject: str
    symbol: str
    what: str
    reason: str
    evidence: Evidence

    @property
    def key(self) -> str:
        """What makes two looks' triggers the same one."""
        return f"{self.subject}/{self.what}"
