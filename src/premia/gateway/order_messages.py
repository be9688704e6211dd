"""Messages about orders: openOrder, orderStatus, completedOrder, execDetails and commissionReport.

The layouts are exact for server versions 157 to 178 except 158, which official and unofficial
clients read differently and which this gateway therefore never answers. An order that the market
itself made (a liquidation) has no request to echo: every field has a default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from premia.gateway.requests import FA_PROFILE_GONE, TagValue, WireContract, WireLeg, names
from premia.gateway.times import stamp
from premia.gateway.wire import UNSET_DOUBLE, UNSET_INTEGER, Field

PENDING_REVISION = 178
PEG_OFFSETS = 170
DURATION, POST_TO_ATS, CANCEL_PARENT = 159, 160, 162


class OrderLine(msgspec.Struct, frozen=True):
    """An order as messages show it: what the client sent, and where the market says that it stands.

    Attributes:
        order: The request's fields by IB's names, as text.
        perm_id: The market's own number of the order.
    """

    client_id: int
    order_id: int
    perm_id: int
    contract: WireContract
    order: Mapping[str, str]
    legs: tuple[WireLeg, ...]
    leg_prices: tuple[str, ...]
    routing: tuple[TagValue, ...]
    algo: tuple[TagValue, ...]
    status: str
    filled: int
    remaining: int
    average: Decimal
    last_price: Decimal
    completed: datetime | None = None
    completed_status: str = ""


class Preview(msgspec.Struct, frozen=True):
    """The order-state block of an openOrder: margins as text in the account's currency; commission."""

    before: tuple[str, str, str] = (UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE)  # initial, maintenance, equity
    change: tuple[str, str, str] = (UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE)
    after: tuple[str, str, str] = (UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE)
    commission: str = UNSET_DOUBLE
    commission_min: str = UNSET_DOUBLE
    commission_max: str = UNSET_DOUBLE
    currency: str = ""
    warning: str = ""


NO_PREVIEW = Preview()

_DEFAULTS: dict[str, str] = {
    "lmtPrice": "0.0",
    "auxPrice": "0.0",
    "discretionaryAmt": "0.0",
    "exemptCode": "-1",
    "percentOffset": UNSET_DOUBLE,
    "displaySize": UNSET_INTEGER,
    "minQty": UNSET_INTEGER,
    "startingPrice": UNSET_DOUBLE,
    "stockRefPrice": UNSET_DOUBLE,
    "delta": UNSET_DOUBLE,
    "stockRangeLower": UNSET_DOUBLE,
    "stockRangeUpper": UNSET_DOUBLE,
    "nbboPriceCap": UNSET_DOUBLE,
    "volatility": UNSET_DOUBLE,
    "deltaNeutralAuxPrice": UNSET_DOUBLE,
    "trailStopPrice": UNSET_DOUBLE,
    "trailingPercent": UNSET_DOUBLE,
    "basisPoints": UNSET_DOUBLE,
    "basisPointsType": UNSET_INTEGER,
    "scaleInitLevelSize": UNSET_INTEGER,
    "scaleSubsLevelSize": UNSET_INTEGER,
    "scalePriceIncrement": UNSET_DOUBLE,
    "clearingIntent": "IB",
    "adjustedOrderType": "None",
    "triggerPrice": UNSET_DOUBLE,
    "lmtPriceOffset": UNSET_DOUBLE,
    "adjustedStopPrice": UNSET_DOUBLE,
    "adjustedStopLimitPrice": UNSET_DOUBLE,
    "adjustedTrailingAmount": UNSET_DOUBLE,
    "cashQty": UNSET_DOUBLE,
    "duration": UNSET_INTEGER,
    "postToAts": UNSET_INTEGER,
}
"""What a field holds where the request left it empty."""

_ZERO = names(
    "origin outsideRth hidden shortSaleSlot auctionStrategy blockOrder sweepToFill allOrNone "
    "ocaType eTradeOnly firmQuoteOnly parentId triggerMethod volatilityType continuousUpdate "
    "referencePriceType optOutSmartRouting notHeld solicited randomizeSize randomizePrice "
    "adjustableTrailingUnit dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice "
    "usePriceMgmtAlgo autoCancelParent"
)
_DEFAULTS.update(dict.fromkeys(_ZERO, "0"))

_PRICING = names(
    "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef"
)
_VISIBLE = names("outsideRth hidden discretionaryAmt goodAfterTime")
_FA = names("faGroup faMethod faPercentage")
_MODEL = names(
    "modelCode goodTillDate rule80A percentOffset settlingFirm shortSaleSlot designatedLocation exemptCode"
)
_REFERENCE = names("startingPrice stockRefPrice delta stockRangeLower stockRangeUpper displaySize")
_VOLATILITY = names("volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice")
_UPDATE = names("continuousUpdate referencePriceType trailStopPrice trailingPercent")
_SCALE = names("scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement")
_CLEARING = names("clearingAccount clearingIntent notHeld")
_ADJUSTED = names(
    "adjustedOrderType triggerPrice trailStopPrice lmtPriceOffset adjustedStopPrice "
    "adjustedStopLimitPrice adjustedTrailingAmount adjustableTrailingUnit softDollarTierName "
    "softDollarTierValue softDollarTierDisplay cashQty dontUseAutoPriceForHedge isOmsContainer "
    "discretionaryUpToLimitPrice usePriceMgmtAlgo"
)
_PEG = (UNSET_INTEGER, UNSET_INTEGER, UNSET_DOUBLE, UNSET_DOUBLE, UNSET_DOUBLE)


def open_order(
    line: OrderLine, version: int, preview: Preview = NO_PREVIEW, *, what_if: bool = False
) -> list[Field]:
    """Message 5: an order with its state; with `what_if` the answer to a question about margin."""
    fields: list[Field] = [5, line.order_id, *contract_fields(line.contract)]
    fields += [*_of(line, _PRICING), line.client_id, line.perm_id, *_of(line, _VISIBLE), ""]
    fields += _of(line, _FA)
    if version < FA_PROFILE_GONE:
        fields.append("")
    fields += [*_of(line, _MODEL), *_of(line, ["auctionStrategy"]), *_of(line, _REFERENCE)]
    fields += _of(
        line,
        names("blockOrder sweepToFill allOrNone minQty ocaType eTradeOnly firmQuoteOnly nbboPriceCap"),
    )
    fields += [*_of(line, names("parentId triggerMethod")), *_of(line, _VOLATILITY), *_of(line, _UPDATE)]
    fields += _of(line, names("basisPoints basisPointsType"))
    fields += [
        *_combo(line),
        *_of(line, _SCALE),
        "",
        *_of(line, ["optOutSmartRouting"]),
        *_of(line, _CLEARING),
        "0",
    ]
    fields += [*_algo(line), *_of(line, ["solicited"]), what_if, line.status]
    fields += [*preview.before, *preview.change, *preview.after]
    fields += [
        preview.commission,
        preview.commission_min,
        preview.commission_max,
        preview.currency,
        preview.warning,
    ]
    fields += [*_of(line, names("randomizeSize randomizePrice")), "0", *_of(line, _ADJUSTED)]
    if version >= DURATION:
        fields += _of(line, ["duration"])
    if version >= POST_TO_ATS:
        fields += _of(line, ["postToAts"])
    if version >= CANCEL_PARENT:
        fields += _of(line, ["autoCancelParent"])
    return fields + list(_PEG) if version >= PEG_OFFSETS else fields


def order_status(line: OrderLine, status: str = "") -> list[Field]:
    """Message 3: where an order stands; `status` overrides its own (as for a pending cancel)."""
    return [
        3,
        line.order_id,
        status or line.status,
        line.filled,
        line.remaining,
        line.average,
        line.perm_id,
        0,
        line.last_price,
        line.client_id,
        "",
        "0.0",
    ]


def completed_order(line: OrderLine, version: int) -> list[Field]:
    """Message 101: an order that ended today."""
    fields: list[Field] = [101, *contract_fields(line.contract)]
    fields += [*_of(line, _PRICING), line.perm_id, *_of(line, _VISIBLE), *_of(line, _FA)]
    if version < FA_PROFILE_GONE:
        fields.append("")
    fields += [*_of(line, _MODEL), *_of(line, _REFERENCE)]
    fields += _of(line, names("sweepToFill allOrNone minQty ocaType triggerMethod"))
    fields += [*_of(line, _VOLATILITY), *_of(line, _UPDATE), *_combo(line), *_of(line, _SCALE), ""]
    fields += [*_of(line, _CLEARING), "0", *_algo(line), *_of(line, ["solicited"]), line.status]
    fields += [
        *_of(line, names("randomizeSize randomizePrice")),
        "0",
        *_of(line, names("trailStopPrice lmtPriceOffset")),
    ]
    fields += _of(line, names("cashQty dontUseAutoPriceForHedge isOmsContainer"))
    fields += ["", line.filled, "0", "0", "", "0", "0", "0"]
    fields += [stamp(line.completed, version) if line.completed else "", line.completed_status]
    return fields + list(_PEG) if version >= PEG_OFFSETS else fields


class Deal(msgspec.Struct, frozen=True):
    """One execution as messages show it; `shares` unsigned, `side` BOT or SLD, times aware UTC."""

    exec_id: str
    at: datetime
    account: str
    venue: str
    side: str
    shares: int
    price: Decimal
    perm_id: int
    client_id: int
    order_id: int
    cumulative: int
    average: Decimal
    order_ref: str


def execution(req_id: int, contract: WireContract, deal: Deal, version: int) -> list[Field]:
    """Message 11: one fill; `req_id` -1 for one that happens now."""
    fields: list[Field] = [
        11,
        req_id,
        deal.order_id,
        *contract_fields(msgspec.structs.replace(contract, exchange=deal.venue)),
        deal.exec_id,
        stamp(deal.at, version),
        deal.account,
        deal.venue,
        deal.side,
        deal.shares,
        deal.price,
        deal.perm_id,
        deal.client_id,
        0,
        deal.cumulative,
        deal.average,
        deal.order_ref,
        "",
        "",
        "",
        2,
    ]
    return [*fields, "0"] if version >= PENDING_REVISION else fields


def commission(exec_id: str, amount: Decimal, currency: str, realized: Decimal | None) -> list[Field]:
    """Message 59: what an execution cost; realised P&L is unset on opening trades."""
    return [
        59,
        1,
        exec_id,
        amount,
        currency,
        UNSET_DOUBLE if realized is None else realized,
        UNSET_DOUBLE,
        "",
    ]


def contract_fields(contract: WireContract) -> list[Field]:
    """The eleven contract fields that orders, executions and positions share."""
    return [
        contract.con_id,
        contract.symbol,
        contract.sec_type,
        contract.expiry,
        contract.strike,
        contract.right,
        contract.multiplier,
        contract.exchange,
        contract.currency,
        contract.local_symbol,
        contract.trading_class,
    ]


def _of(line: OrderLine, wanted: Sequence[str]) -> list[Field]:
    return [line.order.get(name) or _DEFAULTS.get(name, "") for name in wanted]


def _combo(line: OrderLine) -> list[Field]:
    """Description, legs, prices of legs and routing, each with its count."""
    described = ",".join(
        f"{leg.con_id}|{leg.ratio if leg.action == 'BUY' else -leg.ratio}" for leg in line.legs
    )
    fields: list[Field] = [described, len(line.legs)]
    for leg in line.legs:
        fields += [leg.con_id, leg.ratio, leg.action, leg.exchange, *leg.rest]
    fields += [len(line.leg_prices), *line.leg_prices, len(line.routing)]
    for item in line.routing:
        fields += [item.tag, item.value]
    return fields


def _algo(line: OrderLine) -> list[Field]:
    name = line.order.get("algoStrategy", "")
    if not name:
        return [""]
    fields: list[Field] = [name, len(line.algo)]
    for item in line.algo:
        fields += [item.tag, item.value]
    return fields
