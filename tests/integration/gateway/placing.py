"""Order requests of a client that writes every field itself, at the versions that differ."""

from __future__ import annotations

from premia.gateway import requests as layout
from tests.integration.gateway.conftest import ACCOUNT

SENSIBLE = {
    "tif": "DAY",
    "account": ACCOUNT,
    "transmit": "1",
    "orderType": "LMT",
    "exemptCode": "-1",
    "outsideRth": "0",
    "whatIf": "0",
}


def a_limit_order(order_id, con_id, action, quantity, limit, version=178, **changes):
    """The fields of a limit order on one contract, with any field changed by IB's name for it."""
    values = {**SENSIBLE, "action": action, "totalQuantity": str(quantity), "lmtPrice": limit, **changes}

    def of(names):
        return [values.get(name, "") for name in names]

    contract = [con_id, "", "", "", "0", "", "", "SMART", "", "USD", "", ""]
    fields = [3, order_id, *contract, *of(layout._HEAD), *of(layout._ALLOCATION)]
    fields += [""] if version < 177 else []
    fields += [
        *of(layout._MIDDLE),
        *of(layout._TRAIL),
        *of(layout._SCHEDULE),
        *of(layout._CLEARING),
        "0",
        "",
        *of(layout._ALGO_TAIL),
        "0",
        *of(layout._TAIL),
    ]
    later = ((158, ""), (160, ""), (162, "0"), (166, ""), (169, ""))
    return fields + [value for since, value in later if version >= since]


async def con_id_of(client, strike, right="P"):
    """The number of an option on ABC by its strike."""
    version = ["8"] if client.version < 164 else []
    issuer = [""] if client.version >= 176 else []
    wanted = [0, "ABC", "OPT", "20240419", strike, right, "", "SMART", "", "USD", "", ""]
    client.send(9, 8, 900, *wanted, "0", "", "", *issuer)
    frames = await client.until(lambda fields: fields[0] == "52")
    details = next(fields for fields in frames if fields[0] == "10")
    return int(details[12 + len(version)])
