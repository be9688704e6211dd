"""ThetaGang 2.1.1 as a client: its configuration for a gateway, and one run of it to completion.

It trades by the machine's own date, so the gateway must open a market around today. The shipped
sample of its settings is followed where it matters for work and messages: 4 expirations, 15 strikes.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

CONFIG = """
[meta]
schema_version = 2

[run]
strategies = ["wheel"]

[runtime.account]
number = "{account}"
cancel_orders = true
margin_usage = 0.5
market_data_type = 1

[runtime.option_chains]
expirations = 4
strikes = 15

[runtime.exchange_hours]
exchange = "XNYS"
action_when_closed = "continue"
delay_after_open = 1800
delay_before_close = 1800
max_wait_until_open = 3600

[runtime.orders]
exchange = "SMART"
minimum_credit = 0.05
price_update_delay = [1, 2]

[runtime.orders.algo]
strategy = "Adaptive"
params = [["adaptivePriority", "Patient"]]

[runtime.database]
enabled = true
path = "thetagang.db"

[runtime.ib_async]
api_response_wait_time = {wait_s}
logfile = "{log}"

[runtime.watchdog]
appStartupTime = 30
appTimeout = 20
clientId = {client_id}
connectTimeout = 10
host = "127.0.0.1"
port = {port}
probeTimeout = 4
readonly = false
retryDelay = 2

[runtime.watchdog.probeContract]
currency = "USD"
exchange = "SMART"
secType = "STK"
symbol = "{probe}"

[runtime.ibc]
tradingMode = "paper"

[strategies.wheel.defaults.target]
delta = 0.3
dte = 30
max_dte = 180
maximum_new_contracts_percent = 0.05
minimum_open_interest = 10

[strategies.wheel.defaults.roll_when]
close_at_pnl = 0.99
close_if_unable_to_roll = false
dte = 15
min_pnl = 0.2
pnl = 0.9

[strategies.wheel.defaults.write_when]
calculate_net_contracts = false

[strategies.wheel.defaults.write_when.calls]
green = true
red = true

[strategies.wheel.defaults.write_when.puts]
green = true
red = true
"""
SYMBOL = """
[portfolio.symbols."{symbol}"]
weight = {weight}
primary_exchange = "{primary}"
"""


class Outcome(msgspec.Struct, frozen=True):
    """What a run did: exit code, wall seconds, and the two kinds of text it left."""

    exit_code: int
    seconds: float
    output: str
    log: str


def configuration(
    folder: Path, port: int, symbols: Sequence[str], *, account: str = "DU1000001", wait_s: int = 60
) -> Path:
    """Write a configuration with equal weights into a folder; returns its path."""
    parts = [1_000_000 // len(symbols)] * len(symbols)
    parts[-1] += 1_000_000 - sum(parts)
    text = CONFIG.format(
        account=account, port=port, client_id=11, probe=symbols[0], wait_s=wait_s, log=folder / "ib_async.log"
    )
    for symbol, part in zip(symbols, parts, strict=True):
        text += SYMBOL.format(symbol=symbol, weight=part / 1_000_000, primary="")
    path = folder / "thetagang.toml"
    path.write_text(text.replace('primary_exchange = ""\n', ""))
    return path


def run(program: Path, config: Path, *, limit_s: float = 300) -> Outcome:
    """One run without its own gateway manager, to its end.

    Raises:
        subprocess.TimeoutExpired: If it takes longer than `limit_s` wall seconds.
    """
    begun = time.monotonic()
    done = subprocess.run(
        [program, "--config", config, "--without-ibc"],
        capture_output=True,
        text=True,
        timeout=limit_s,
        cwd=config.parent,
        check=False,
    )
    log = config.parent / "ib_async.log"
    text = log.read_text() if log.exists() else ""
    return Outcome(done.returncode, time.monotonic() - begun, done.stdout + done.stderr, text)
