"""The parameters of all rules, a table each: what stands under `limits` in the configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from premia.rules.all_assigned import Params as AllAssigned
from premia.rules.attempts import Params as Attempts
from premia.rules.cash_secured import Params as CashSecured
from premia.rules.concentration import Params as Concentration
from premia.rules.daily_limit import Params as DailyLimit
from premia.rules.data_quality import Params as DataQuality
from premia.rules.day_trades import Params as DayTrades
from premia.rules.expiry_day import Params as ExpiryDay
from premia.rules.hours import Params as Hours
from premia.rules.liquidity import Params as Liquidity
from premia.rules.positions import Params as Positions
from premia.rules.probation import Params as Probation
from premia.rules.stress import Params as Stress


class Limits(BaseModel):
    """One table a rule that has parameters, under the rule's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: Hours = Field(default=Hours(), description="How far from the bells orders are placed.")
    attempts: Attempts = Field(default=Attempts(), description="How often and how far a wish is pursued.")
    data_quality: DataQuality = Field(default=DataQuality(), description="How old a quote may be.")
    expiry_day: ExpiryDay = Field(default=ExpiryDay(), description="What ends on the last day.")
    liquidity: Liquidity = Field(default=Liquidity(), description="How thin a market may be.")
    day_trades: DayTrades = Field(default=DayTrades(), description="Day trades of small margin accounts.")
    daily_limit: DailyLimit = Field(default=DailyLimit(), description="New contracts and capital a day.")
    probation: Probation = Field(default=Probation(), description="How small real money begins.")
    positions: Positions = Field(default=Positions(), description="Open trades at a time.")
    concentration: Concentration = Field(default=Concentration(), description="What one name may take.")
    all_assigned: AllAssigned = Field(default=AllAssigned(), description="What all may take, if assigned.")
    stress: Stress = Field(default=Stress(), description="What a crash may cost.")
    cash_secured: CashSecured = Field(default=CashSecured(), description="Cash behind every put.")

    def for_account(self, margin_usage: float) -> Limits:
        """The same limits; cash is secured at the account's margin usage, or at their own where lower."""
        own = self.cash_secured.margin_usage
        usage = margin_usage if own is None else min(own, margin_usage)
        return self.model_copy(update={"cash_secured": CashSecured(margin_usage=usage)})
