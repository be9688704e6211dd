"""Exchanges recorded between a client and a real gateway, asked again of ours: the same order of messages.

A recording states what the real gateway sent. Ours may send more in between (it repeats statuses), but
every recorded message must come, in the recorded order. Recordings are facts of others and stay outside
the project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from itertools import groupby

import pytest

from premia.exchange.policy import Policy
from tests.integration.gateway.conftest import ACCOUNT, an_exchange
from tests.integration.gateway.placing import a_limit_order
from tests.real_data import real_data

FOLDER = "fixtures/ib/transcripts"
KINDS = {
    "managed_accounts": "15",
    "next_valid_id": "9",
    "open_order": "5",
    "open_order_end": "53",
    "execution_detail": "11",
    "commission_report": "59",
    "contract_details": "10",
    "contract_details_end": "52",
    "market_data_type": "58",
    "tick_req_params": "81",
    "tick_price": "1",
    "tick_size": "2",
    "tick_generic": "45",
    "tick_string": "46",
    "tick_snapshot_end": "57",
    "account_summary": "63",
    "account_summary_end": "64",
    "update_account_value": "6",
    "update_account_time": "8",
    "account_download_end": "54",
    "account_update_multi": "73",
    "account_update_multi_end": "74",
    "position_end": "62",
    "position_multi_end": "72",
    "pnl": "94",
    "historical_bars_end": "17",
    "historical_schedule": "106",
    "sec_def_opt_params_end": "76",
    "matching_symbols": "79",
    "market_rule": "93",
    "current_time": "49",
    "completed_order_end": "102",
    "tick_by_tick": "99",
}
LEFT_OUT = {
    "historical_bar",
    "completed_order",
    "position",
    "position_multi",
    "update_portfolio",
    "sec_def_opt_params",
}
"""Rows whose number depends on the account and the contract."""
RECORDED = [
    "grounded_bootstrap",
    "grounded_contract_details_aapl",
    "grounded_account_summary",
    "grounded_historical_bars",
    "grounded_positions",
    "historical_schedule_aapl",
    "place_order_fill_native_execution_time",
    "place_order_invalid_type_live_error",
    "api_order_rest_cancel_aapl",
    "api_transmit_false_then_transmit_aapl",
    "api_reconnect_active_order_aapl",
    "api_cross_client_cancel_aapl",
    "api_client_id0_order_observation_aapl",
    "api_dollar_cost_averaging_aapl",
    "account_updates",
    "account_updates_multi",
    "positions_multi",
    "pnl",
    "matching_symbols",
    "quote_snapshot",
    "quote_with_generic_ticks",
    "current_time",
    "completed_orders",
]
STOCK = [0, "ABC", "STK", "", "0", "", "", "SMART", "", "USD", "", ""]
CLIENT_IDS = {"api_cross_client_cancel_aapl": [1, 2], "api_client_id0_order_observation_aapl": [1, 0]}
RESTING = Policy(seed=7, shy=1.0, base_hazard=0.0)


def steps_of(name):
    """The steps of a recording: who, what, and with which values."""
    for line in real_data(f"{FOLDER}/{name}.txt").read_text().splitlines():
        words = line.split(" ", 2)
        if words[0] in ("client", "server"):
            yield words[0], words[1], json.loads(words[2])
        elif words[0] == "handshake":
            yield "handshake", "", {}


def label(kind, values):
    """A recorded message as this test compares it."""
    if kind == "api_error":
        return f"error {values['code']}"
    return f"status {values['status']}" if kind == "order_status" else KINDS[kind]


def seen(fields):
    """One of our messages, in the same words."""
    if fields[0] == "4":
        return f"error {fields[3]}"
    return f"status {fields[2]}" if fields[0] == "3" else fields[0]


def request(kind, values, ids):
    """Our request for a recorded one, about ABC; order ids are those of our own gateway."""
    if kind in ("place_order", "cancel_order"):
        order_id = ids.setdefault(values["order_id"], len(ids) + 1)
        if kind == "cancel_order":
            return [4, 1, order_id, ""]
        changes = {"orderType": values["order_type"], "tif": values["tif"]}
        changes["transmit"] = "0" if values.get("transmit") is False else "1"
        price = "" if values["order_type"] == "MKT" else "1.00"
        quantity, action = values["total_quantity"], values["action"]
        fields = a_limit_order(order_id, 0, action, quantity, price, **changes)
        return [*fields[:2], *STOCK, *fields[14:]]
    requests = {
        "req_contract_details": [9, 8, 50, *STOCK, 0, "", "", ""],
        "req_account_summary": [
            62,
            1,
            50,
            "All",
            "BuyingPower,ExcessLiquidity,NetLiquidation,TotalCashValue",
        ],
        "req_account_updates": [6, 2, int(values.get("subscribe", False)), ACCOUNT],
        "req_account_updates_multi": [76, 1, 50, ACCOUNT, "", 1],
        "req_positions": [61, 1],
        "req_positions_multi": [74, 1, 50, ACCOUNT, ""],
        "req_pnl": [92, 50, ACCOUNT, ""],
        "req_open_orders": [16, 1] if values.get("scope") == "all" else [5, 1],
        "req_matching_symbols": [81, 50, "ABC"],
        "req_quote": [1, 11, 50, *STOCK, 0, "", int(values.get("snapshot", False)), 0, ""],
        "req_current_time": [49, 1],
        "req_completed_orders": [99, 1],
    }
    if kind == "req_historical_bars":
        what, size, duration = values["what_to_show"], values["bar_size"], values["duration"]
        return [20, 50, *STOCK, 0, "", size, duration, 1, what, 1, 0, ""]
    return requests.get(kind)


async def greeted(server, raw, client_id):
    """A new client, and what it was told until the last farm's notice."""
    client = await raw(server, client_id)
    frames = await client.until(lambda fields: fields[0] == "4" and fields[3] == "2158")
    return client, [seen(fields) for fields in frames]


@pytest.mark.parametrize("name", RECORDED)
async def test_every_recorded_message_comes_in_the_recorded_order(start, raw, name):
    server = await start(an_exchange(when="2024-03-11 12:00", policy=RESTING))
    client_ids, ids, wanted, got = iter(CLIENT_IDS.get(name, [1, 1])), {}, [], []
    client = None
    for who, kind, values in steps_of(name):
        if who == "handshake":
            if client is not None:
                await client.close()
            client, told = await greeted(server, raw, next(client_ids))
            got += told
        elif who == "client" and (asked := request(kind, values, ids)) is not None:
            client.send(*asked)
            got += [seen(fields) for fields in await client.until_time()]
            got += ["49"] if kind == "req_current_time" else []
        elif who == "server" and kind not in LEFT_OUT:
            wanted.append(label(kind, values))

    rest = iter(got)
    once = [message for message, _again in groupby(wanted)]
    missing = [message for message in once if message not in rest]

    assert missing == [], f"wanted {wanted}, got {got}"
