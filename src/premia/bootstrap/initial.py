"""The first configuration of a user: sane defaults for an account's size, in a file that explains itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from premia.strategies.wheel_defaults import Table, defaults_for

_HEADER = """\
#:schema ./premia.schema.json
# Premia's configuration for an account of {capital:,.0f} USD, written by `premia init`.
# `premia config explain` shows every value in force, those not written here too, and where each comes from;
# `premia config schema > premia.schema.json` lets an editor complete and check this file.
# No password or token belongs here: Premia needs none, because the gateway is already logged in.
"""

_REMARKS = {
    "account": "A number that begins with D is a paper account; others need broker.live and `premia live`.",
    "account.kind": "cash, ira or margin",
    "broker": "Paper: 4002 (gateway) or 7497 (TWS).",
    "strategies.wheel": "Deltas are absolute, dte is calendar days, prices are USD a share.",
    "strategies.wheel.symbols": "weight: the share of net liquidation that a symbol may take.",
    "limits.concentration": "Of net liquidation, by name, if all its puts are assigned.",
    "limits.all_assigned": "Of net liquidation, if every put is assigned.",
    "limits.daily_limit": "New contracts.",
    "schedule": "When strategies run, in minutes from the bells; `premia schedule` shows the next days.",
    "gate": "The last gate before the broker; it trusts nothing above it. See docs/explanation/gate.md.",
    "gate.daily_loss_max": "of net liquidation since the last session; then no openings that day",
}

_WHOLE = Decimal("1E3")  # thousands
_GATE_CONTRACTS = ((500_000, 25), (100_000, 10), (0, 5))
"""Contracts an order from a net liquidation on, USD; the largest first."""


class Start(NamedTuple):
    """What the first file is written for."""

    capital: Decimal
    number: str = "DU0000000"
    kind: str = "margin"
    symbols: Sequence[str] = ("SPY",)
    port: int = 4002
    journal: str = "premia.db"


def initial_text(start: Start) -> str:
    """The text of a configuration file."""
    tables: Table = {
        "account": {"number": start.number, "kind": start.kind},
        "broker": {"port": start.port},
        "journal": {"path": start.journal},
        **defaults_for(start.capital, start.symbols),
        "gate": gate_defaults(start.capital),
        "schedule": {"after_open": [30], "before_close": [30]},
    }
    return _HEADER.format(capital=start.capital) + "\n".join(_tables(tables, ())) + "\n"


def gate_defaults(capital: Decimal) -> Table:
    """Limits of the last gate for an account of this size: room for any lawful order, none for a wild one."""
    contracts = next(contracts for least, contracts in _GATE_CONTRACTS if capital >= least)
    order = float(max(capital, Decimal(10_000)).quantize(_WHOLE, ROUND_CEILING))
    return {
        "contracts_an_order": contracts,
        "usd_an_order": order,
        "usd_working": 1.5 * order,
        "daily_loss_max": 0.05,
    }


def _tables(table: Table, path: tuple[str, ...]) -> Iterator[str]:
    """Lines of a table: its own values first, then the tables in it."""
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    name = ".".join(path)
    if path and (values or not table):
        yield ""
        if name in _REMARKS:
            yield f"# {_REMARKS[name]}"
        yield f"[{'.'.join(_key(part) for part in path)}]"
        for key, value in values.items():
            remark = _REMARKS.get(f"{name}.{key}")
            yield f"{key} = {_value(value)}" + (f"  # {remark}" if remark else "")
    elif name in _REMARKS:
        yield ""
        yield f"# {_REMARKS[name]}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _tables(value, (*path, key))


def _key(part: str) -> str:
    plain = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
    return part if plain else f'"{part}"'


def _value(value: str | float | bool | list[int]) -> str:  # noqa: FBT001 - a TOML value, not a switch
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else repr(value)
