"""A ledger kept by hand: cash, positions and results from the journal's raw rows.

It reads the SQLite file and JSON, and shares no code with the engine, the exchange or the domain, so
that an error there cannot hide here. Costs follow the broker's convention: average cost with
commissions in it; shares that an assignment brings carry the premium of their put, and shares that
are called away take the premium of their call along.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any


class Ledger:
    """What the journal of one account adds up to.

    Attributes:
        cash: Total cash.
        quantity, cost: Signed quantity and signed cost by contract; the cost of a short option is negative.
        realized: Result of everything that was closed, commissions in it.
        by_execution: The same for each execution that closed something; `told` is what the broker said of it.
        commissions: Sum of all commissions; `fees` what assignments cost.
        income: Dividends and interest.
    """

    def __init__(self, journal: Path) -> None:
        self.cash = Decimal(0)
        self.quantity: dict[str, int] = defaultdict(int)
        self.cost: dict[str, Decimal] = defaultdict(Decimal)
        self.realized = Decimal(0)
        self.by_execution: dict[str, Decimal] = {}
        self.told: dict[str, Decimal] = {}
        self.commissions = Decimal(0)
        self.fees = Decimal(0)
        self.income = Decimal(0)
        self.contract_of: dict[str, str] = {}
        self.kinds: dict[str, int] = defaultdict(int)
        for kind, text in rows(journal):
            self.kinds[kind] += 1
            action = getattr(self, f"on_{kind}", None)
            if action is not None:
                action(json.loads(text))

    def on_baseline_taken(self, row: dict[str, Any]) -> None:
        assert row["positions"] == []
        self.cash = Decimal(row["cash"])

    def on_order_filled(self, row: dict[str, Any]) -> None:
        """The fill's own value; its commission comes in a row of its own, or with it."""
        fill = row["fill"]
        contract = fill["contract"]
        value = Decimal(fill["price"]) * contract.get("multiplier", 1) * fill["quantity"]
        self.cash -= value
        self.contract_of[fill["exec_id"]] = name(contract)
        self.move(name(contract), fill["quantity"], value, fill["exec_id"])
        if fill["commission"] is not None:
            self.pay(fill["exec_id"], fill["commission"], fill["realized"])

    def on_commission_reported(self, row: dict[str, Any]) -> None:
        self.pay(row["exec_id"], row["commission"], row["realized"])

    def on_assignment_inferred(self, row: dict[str, Any]) -> None:
        """The option goes, the shares move at its strike, and the option's premium goes with them."""
        contract, gone, shares = row["contract"], row["quantity"], row["shares"]
        option = name(contract)
        carried = self.cost[option] * gone / -self.quantity[option]
        self.quantity[option] += gone
        self.cost[option] -= carried
        paid = Decimal(contract["strike"]) * shares
        fees = Decimal(row["fees"]["amount"])
        self.cash -= paid + fees
        self.fees += fees
        self.move(contract["symbol"], shares, paid + carried + fees, "")

    def on_expiry_inferred(self, row: dict[str, Any]) -> None:
        self.move(name(row["contract"]), row["quantity"], Decimal(0), "")

    def on_cash_booked(self, row: dict[str, Any]) -> None:
        amount = Decimal(row["amount"]["amount"])
        self.cash += amount
        self.income += amount

    def move(self, key: str, quantity: int, value: Decimal, execution: str) -> None:
        """Open at cost, or close against the average cost."""
        held = self.quantity[key]
        self.quantity[key] = held + quantity
        if held * quantity >= 0:
            self.cost[key] += value
            return
        assert abs(quantity) <= abs(held)
        part = self.cost[key] * quantity / -held
        self.cost[key] -= part
        result = -value - part
        self.realized += result
        if execution:
            self.by_execution[execution] = result

    def pay(self, execution: str, commission: dict[str, str], told: dict[str, str] | None) -> None:
        """A commission raises the cost of what was opened, or lowers the result of what was closed."""
        amount = Decimal(commission["amount"])
        self.cash -= amount
        self.commissions += amount
        if execution in self.by_execution:
            self.by_execution[execution] -= amount
            self.realized -= amount
        else:
            self.cost[self.contract_of[execution]] += amount
        if told is not None:
            self.told[execution] = Decimal(told["amount"])


def rows(journal: Path) -> list[tuple[str, str]]:
    """Kind and payload of every row, in order."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        return list(db.execute("SELECT kind, payload FROM events ORDER BY seq"))


def name(contract: dict[str, Any]) -> str:
    """A contract's name, made here and nowhere else."""
    if contract["type"] == "stock":
        return contract["symbol"]
    return f"{contract['symbol']} {contract['expiry']} {contract['strike']} {contract['right']}"
