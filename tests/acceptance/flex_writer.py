"""Writes the Flex statement that a broker would send, out of the simulated market's own record.

It shares no code with the reader, the engine or the exchange's books: it reads the record's JSON, dates
what an exercise moved by the evening of the exercise, and keeps lots first in first out by itself.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import pandas_market_calendars

EASTERN = ZoneInfo("America/New_York")
NOTES = {"assigned": "A", "exercised": "Ex", "expired": "Ep"}


class Writer:
    """One account's statement, row by row."""

    def __init__(self, account: str, first: date, last: date, cash: Decimal) -> None:
        self.account, self.first, self.last = account, first, last
        self.starting = self.cash = cash
        self.trades: list[dict[str, str]] = []
        self.transactions: list[dict[str, str]] = []
        self.quantity: dict[str, int] = defaultdict(int)
        self.lots: dict[str, list[list[Decimal]]] = defaultdict(list)
        self.named: dict[str, dict[str, str]] = {}
        self.realised: dict[str, Decimal] = defaultdict(Decimal)
        self.carried: dict[str, list[Decimal]] = defaultdict(list)
        calendar = pandas_market_calendars.get_calendar("NYSE")
        days = calendar.valid_days(start_date=first - timedelta(days=10), end_date=last)
        self.sessions = [day.date() for day in days]

    def take(self, record: list[dict[str, Any]]) -> None:
        """Every report of the record, in order."""
        for number, report in enumerate(record):
            kind = report["type"]
            if kind == "filled":
                for execution in report["executions"]:
                    self.execution(execution)
            elif report.get("account") == self.account and kind == "position_moved":
                self.moved(report, record[number + 1 :])
            elif report.get("account") == self.account and kind == "cash_moved":
                self.paid(report)

    def execution(self, row: dict[str, Any]) -> None:
        """One execution; a combo's own line has no contract and is no trade."""
        if row["contract"] is None or row["account"] != self.account:
            return
        at = instant(row["at"])
        price, cost = Decimal(row["price"]), Decimal(row["commission"]["amount"])
        facts = {"ibExecID": row["exec_id"], "orderReference": row["order_ref"], "notes": ""}
        self.trade(row["contract"], row["quantity"], price, cost, at, facts)

    def moved(self, report: dict[str, Any], following: list[dict[str, Any]]) -> None:
        """How an option ended, and the shares that an exercise brought a morning later."""
        contract, cause = report["contract"], report["cause"]
        at = instant(report["at"])
        if contract["type"] == "stock":
            fees = Decimal(0)
            for later in following[:2]:
                if later["type"] == "cash_moved" and later["cause"] == f"sale fees {contract['symbol']}":
                    fees = -Decimal(later["amount"]["amount"])
            value = -Decimal(following[0]["amount"]["amount"])
            price = value / report["quantity"]
            self.trade(
                contract, report["quantity"], price, fees, self.evening_before(at), {"notes": NOTES[cause]}
            )
            return
        evening = at if at.astimezone(EASTERN).hour > 12 else self.evening_before(at)
        self.trade(contract, report["quantity"], Decimal(0), Decimal(0), evening, {"notes": NOTES[cause]})

    def evening_before(self, at: datetime) -> datetime:
        """Twenty past four on the session before a day."""
        day = max(one for one in self.sessions if one < at.astimezone(EASTERN).date())
        return datetime(day.year, day.month, day.day, 16, 20, tzinfo=EASTERN)

    def trade(
        self,
        contract: dict[str, Any],
        quantity: int,
        price: Decimal,
        cost: Decimal,
        at: datetime,
        facts: dict[str, str],
    ) -> None:
        """A row of trades, with what it realised."""
        key = name(contract)
        self.named[key] = terms(contract)
        value = price * contract.get("multiplier", 1) * quantity
        self.cash -= value + cost
        self.quantity[key] += quantity
        result = Decimal(0)
        if facts["notes"] in ("A", "Ex"):
            if contract["type"] == "option":
                self.carried[contract["symbol"]].append(self.release(key, quantity)[0])
            else:
                result = self.lot(key, quantity, value + cost + self.carried[contract["symbol"]].pop(0))
        else:
            result = self.lot(key, quantity, value + cost)
        self.realised[key] += result
        local = at.astimezone(EASTERN)
        self.trades.append(
            {
                "currency": "USD",
                **terms(contract),
                "tradeDate": f"{local:%Y%m%d}",
                "dateTime": f"{local:%Y%m%d;%H%M%S}",
                "quantity": str(quantity),
                "tradePrice": str(price),
                "taxes": "0",
                "ibCommission": str(-cost),
                "fifoPnlRealized": str(result),
                "levelOfDetail": "EXECUTION",
                **facts,
            }
        )

    def lot(self, key: str, quantity: int, paid: Decimal) -> Decimal:
        """Book a quantity for a sum: close the oldest lots, open with the rest; what closing earned."""
        held = sum((lot[0] for lot in self.lots[key]), Decimal(0))
        closing = -quantity if held * quantity < 0 else 0
        closing = int(closing) if abs(closing) <= abs(held) else int(held)
        result = Decimal(0)
        if closing:
            released, _count = self.release(key, -closing)
            result = -paid * -closing / quantity - released
        if opening := quantity + closing:
            self.lots[key].append([Decimal(opening), paid * opening / quantity])
        return result

    def release(self, key: str, quantity: int) -> tuple[Decimal, int]:
        """Take a quantity that closes out of the oldest lots; the cost that goes with it."""
        left, cost = Decimal(-quantity), Decimal(0)
        while left:
            lot = self.lots[key][0]
            part = left if abs(left) < abs(lot[0]) else lot[0]
            share = lot[1] * part / lot[0]
            cost += share
            lot[0] -= part
            lot[1] -= share
            left -= part
            if not lot[0]:
                self.lots[key].pop(0)
        return cost, quantity

    def paid(self, report: dict[str, Any]) -> None:
        """Cash beside trades; what shares cost stands in their own rows."""
        cause, amount = report["cause"], Decimal(report["amount"]["amount"])
        if cause.startswith(("shares of", "sale fees")):
            return
        self.cash += amount
        kind, _, symbol = cause.partition(" ")
        words = {
            "dividend": "Dividends",
            "deposit": "Deposits/Withdrawals",
            "withdrawal": "Deposits/Withdrawals",
        }
        received = "Broker Interest Received" if amount > 0 else "Broker Interest Paid"
        day = instant(report["at"]).astimezone(EASTERN)
        self.transactions.append(
            {
                "currency": "USD",
                "type": words.get(kind, received),
                "symbol": symbol,
                "amount": str(amount),
                "settleDate": f"{day:%Y%m%d}",
                "description": cause.upper(),
                "levelOfDetail": "DETAIL",
            }
        )

    def text(self) -> str:
        """The file."""
        positions = [
            {"currency": "USD", **self.named[key], "position": str(quantity), "levelOfDetail": "SUMMARY"}
            for key, quantity in self.quantity.items()
            if quantity
        ]
        report = {
            "currency": "BASE_SUMMARY",
            "startingCash": str(self.starting),
            "endingCash": str(self.cash.quantize(Decimal("0.000001"), ROUND_HALF_UP)),
        }
        results = [
            {**self.named[key], "totalRealizedPnl": str(amount)} for key, amount in self.realised.items()
        ]
        head = {
            "accountId": self.account,
            "fromDate": f"{self.first:%Y%m%d}",
            "toDate": f"{self.last:%Y%m%d}",
        }
        return "\n".join(
            [
                '<FlexQueryResponse queryName="year" type="AF">',
                '<FlexStatements count="1">',
                element("FlexStatement", head, close=""),
                *section("Trades", "Trade", self.trades),
                *section("CashTransactions", "CashTransaction", self.transactions),
                *section("OpenPositions", "OpenPosition", positions),
                *section("CashReport", "CashReportCurrency", [report]),
                *section("FIFOPerformanceSummaryInBase", "FIFOPerformanceSummaryUnderlying", results),
                "</FlexStatement>",
                "</FlexStatements>",
                "</FlexQueryResponse>",
            ]
        )


def section(name: str, tag: str, rows: list[dict[str, str]]) -> list[str]:
    return [f"<{name}>", *(element(tag, row) for row in rows), f"</{name}>"]


def element(tag: str, attributes: dict[str, str], close: str = "/") -> str:
    """An element on a line of its own."""
    words = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{tag} {words}{close}>"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def name(contract: dict[str, Any]) -> str:
    if contract["type"] == "stock":
        return contract["symbol"]
    return f"{contract['symbol']} {contract['expiry']} {contract['strike']} {contract['right']}"


def terms(contract: dict[str, Any]) -> dict[str, str]:
    """A contract's attributes as Flex names them."""
    if contract["type"] == "stock":
        return {"assetCategory": "STK", "symbol": contract["symbol"]}
    expiry = date.fromisoformat(contract["expiry"])
    strike, root = Decimal(contract["strike"]), contract.get("trading_class") or contract["symbol"]
    return {
        "assetCategory": "OPT",
        "symbol": f"{root:<6}{expiry:%y%m%d}{contract['right']}{int(strike * 1000):08d}",
        "underlyingSymbol": contract["symbol"],
        "multiplier": str(contract.get("multiplier", 100)),
        "strike": str(strike),
        "expiry": f"{expiry:%Y%m%d}",
        "putCall": contract["right"],
    }
