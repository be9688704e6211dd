"""An account's figures under the names that IB gives them: summary tags, update keys, the ledger.

The same figure appears under several names, once for the account and once for its securities segment
(`-S`), and in the ledger once in the base currency and once in its own.
"""

from __future__ import annotations

from decimal import Decimal

from premia.exchange.types import Values

Row = tuple[str, str, str]
"""Tag, value, currency."""


def summary_rows(values: Values) -> dict[str, Row]:
    """Every summary tag of an account with its value."""
    money = _money_tags(values)
    gross = abs(values.stock_value) + abs(values.option_value)
    cushion = values.excess_liquidity / values.net_liquidation if values.net_liquidation else Decimal(0)
    leverage = gross / values.net_liquidation if values.net_liquidation else Decimal(0)
    plain = {
        "AccountType": "IRA" if values.kind.upper() == "IRA" else "INDIVIDUAL",
        "Cushion": f"{cushion:.6f}",
        "LookAheadNextChange": "0",
        "HighestSeverity": "",
        "DayTradesRemaining": "-1" if values.day_trades_left is None else str(values.day_trades_left),
        "Leverage": f"{leverage:.2f}",
    }
    rows = {tag: (tag, value, "") for tag, value in plain.items()}
    return rows | {tag: (tag, cents(amount), values.currency) for tag, amount in money.items()}


def update_rows(values: Values) -> list[Row]:
    """The rows of an account update, in the alphabetical order in which a gateway sends them."""
    rows = list(summary_rows(values).values())
    rows += [
        ("AccountCode", values.account, ""),
        ("AccountReady", "true", ""),
        ("TradingType-S", "STKMRGN" if values.kind.upper() == "MARGIN" else "STKCASH", ""),
    ]
    money = _money_tags(values)
    segmented = (
        "AvailableFunds",
        "ExcessLiquidity",
        "NetLiquidation",
        "InitMarginReq",
        "MaintMarginReq",
        "TotalCashValue",
    )
    rows += [(f"{tag}-S", cents(money[tag]), values.currency) for tag in segmented]
    rows += [row for currency in ("BASE", values.currency) for row in ledger_rows(values, currency)]
    return sorted(rows)


def ledger_rows(values: Values, currency: str) -> list[Row]:
    """An account's ledger in one currency (`BASE` is the account's own)."""
    amounts = {
        "CashBalance": values.total_cash,
        "TotalCashBalance": values.total_cash,
        "AccruedCash": values.accrued_interest,
        "StockMarketValue": values.stock_value,
        "OptionMarketValue": values.option_value,
        "NetLiquidationByCurrency": values.net_liquidation,
        "UnrealizedPnL": values.unrealized,
        "RealizedPnL": values.realized,
        "NetDividend": values.accrued_dividend,
    }
    zeros = (
        "FutureOptionValue",
        "FuturesPNL",
        "FundValue",
        "MutualFundValue",
        "MoneyMarketFundValue",
        "CorporateBondValue",
    )
    rows = [(tag, cents(amount), currency) for tag, amount in amounts.items()]
    rows += [(tag, "0.00", currency) for tag in zeros]
    return [*rows, ("Currency", currency, currency), ("ExchangeRate", "1.00", currency)]


def ledger_of_tag(values: Values, tag: str) -> list[Row]:
    """Rows for a ledger tag: `$LEDGER` the base currency, `$LEDGER:USD` one, `$LEDGER:ALL` all."""
    _, _, wanted = tag.partition(":")
    names = ("BASE", values.currency) if wanted == "ALL" else (wanted or "BASE",)
    return [row for name in names if name in ("BASE", values.currency) for row in ledger_rows(values, name)]


def _money_tags(values: Values) -> dict[str, Decimal]:
    return {
        "NetLiquidation": values.net_liquidation,
        "TotalCashValue": values.total_cash,
        "SettledCash": values.settled_cash,
        "AccruedCash": values.accrued_interest,
        "AccruedDividend": values.accrued_dividend,
        "BuyingPower": values.buying_power,
        "EquityWithLoanValue": values.equity_with_loan,
        "PreviousEquityWithLoanValue": values.equity_with_loan,
        "GrossPositionValue": abs(values.stock_value) + abs(values.option_value),
        "ReqTEquity": values.equity_with_loan,
        "ReqTMargin": values.initial_margin,
        "SMA": values.available_funds,
        "InitMarginReq": values.initial_margin,
        "MaintMarginReq": values.maintenance_margin,
        "AvailableFunds": values.available_funds,
        "ExcessLiquidity": values.excess_liquidity,
        "FullInitMarginReq": values.initial_margin,
        "FullMaintMarginReq": values.maintenance_margin,
        "FullAvailableFunds": values.available_funds,
        "FullExcessLiquidity": values.excess_liquidity,
        "LookAheadInitMarginReq": values.initial_margin,
        "LookAheadMaintMarginReq": values.maintenance_margin,
        "LookAheadAvailableFunds": values.look_ahead_excess,
        "LookAheadExcessLiquidity": values.look_ahead_excess,
        "PostExpirationExcess": values.post_expiration_excess,
        "PostExpirationMargin": Decimal(0),
        "NetLiquidationUncertainty": Decimal(0),
    }


def cents(amount: Decimal) -> str:
    """An amount as IB writes it, with two decimals."""
    return f"{amount:.2f}"
