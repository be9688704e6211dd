"""What the broker says of the account; a figure it did not give is None, and None is not zero."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec


class AccountKind(Enum):
    """What an account may do: `CASH` and `IRA` never borrow and never sell stock short."""

    CASH = "cash"
    IRA = "ira"
    MARGIN = "margin"


class AccountState(msgspec.Struct, frozen=True):
    """The account's figures in its base currency.

    Attributes:
        settled_cash: USD cash that has settled; never borrowed money.
        look_ahead_excess: Excess liquidity after the next margin change.
        post_expiration_excess: Excess liquidity if everything in the money is exercised at expiry.
        day_trades_left: -1 is unlimited.
    """

    account: str
    currency: str
    net_liquidation: Decimal | None = None
    total_cash: Decimal | None = None
    settled_cash: Decimal | None = None
    available_funds: Decimal | None = None
    excess_liquidity: Decimal | None = None
    buying_power: Decimal | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    look_ahead_excess: Decimal | None = None
    post_expiration_excess: Decimal | None = None
    accrued_interest: Decimal | None = None
    accrued_dividend: Decimal | None = None
    realized: Decimal | None = None
    unrealized: Decimal | None = None
    day_trades_left: int | None = None
