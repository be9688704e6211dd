"""What clients ask, read from their fields: contracts, and orders with everything that must be echoed.

An order request holds some ninety fields, most of which the simulated market does not use but an
`openOrder` answer must repeat. They are kept as the text that came, by the names that IB's
documentation gives them. Field order by server version: IB's published message layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from premia.gateway.wire import Cursor

BAG = "BAG"
FA_PROFILE_GONE = 177


def names(text: str) -> tuple[str, ...]:
    """Field names written in one line."""
    return tuple(text.split())


class WireContract(msgspec.Struct, frozen=True):
    """A contract as a message names it: any part may be empty, and then matches everything."""

    con_id: int = 0
    symbol: str = ""
    sec_type: str = ""
    expiry: str = ""
    strike: Decimal = Decimal(0)
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primary_exchange: str = ""
    currency: str = ""
    local_symbol: str = ""
    trading_class: str = ""


class WireLeg(msgspec.Struct, frozen=True):
    """One leg of a combo as a message names it."""

    con_id: int
    ratio: int
    action: str
    exchange: str
    rest: tuple[str, ...] = ("0", "0", "", "-1")  # openClose, shortSaleSlot, designatedLocation, exemptCode


class TagValue(msgspec.Struct, frozen=True):
    """A named parameter of an algo or of combo routing."""

    tag: str
    value: str


class Placing(msgspec.Struct, frozen=True):
    """A request to place or change an order.

    Attributes:
        order: Every plain field of the order by IB's name for it, as text.
        unsupported: What the order asks for that this gateway does not simulate; empty where it is fine.
    """

    order_id: int
    contract: WireContract
    order: dict[str, str]
    legs: tuple[WireLeg, ...] = ()
    leg_prices: tuple[str, ...] = ()
    routing: tuple[TagValue, ...] = ()
    algo: tuple[TagValue, ...] = ()
    unsupported: str = ""


def read_contract(cursor: Cursor) -> WireContract:
    """The twelve contract fields that most requests hold in one order."""
    return WireContract(
        con_id=cursor.integer(),
        symbol=cursor.text(),
        sec_type=cursor.text(),
        expiry=cursor.text(),
        strike=cursor.number() or Decimal(0),
        right=cursor.text(),
        multiplier=cursor.text(),
        exchange=cursor.text(),
        primary_exchange=cursor.text(),
        currency=cursor.text(),
        local_symbol=cursor.text(),
        trading_class=cursor.text(),
    )


def read_short_legs(cursor: Cursor) -> tuple[WireLeg, ...]:
    """Combo legs of a data request: contract number, ratio, action, exchange each."""
    count = cursor.integer()
    return tuple(
        WireLeg(cursor.integer(), cursor.integer(1), cursor.text(), cursor.text()) for _ in range(count)
    )


_HEAD = names(
    "secIdType secId action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account "
    "openClose origin orderRef transmit parentId blockOrder sweepToFill displaySize triggerMethod "
    "outsideRth hidden"
)
_ALLOCATION = names(
    "sharesAllocation discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage"
)
_MIDDLE = names(
    "modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm allOrNone "
    "minQty percentOffset eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy startingPrice "
    "stockRefPrice delta stockRangeLower stockRangeUpper overridePercentageConstraints volatility "
    "volatilityType deltaNeutralOrderType deltaNeutralAuxPrice"
)
_DELTA_NEUTRAL = names(
    "deltaNeutralConId deltaNeutralSettlingFirm deltaNeutralClearingAccount "
    "deltaNeutralClearingIntent deltaNeutralOpenClose deltaNeutralShortSale "
    "deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation"
)
_TRAIL = names(
    "continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize "
    "scaleSubsLevelSize scalePriceIncrement"
)
_SCALE = names(
    "scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset "
    "scaleInitPosition scaleInitFillQty scaleRandomPercent"
)
_SCHEDULE = names("scaleTable activeStartTime activeStopTime hedgeType")
_CLEARING = names("optOutSmartRouting clearingAccount clearingIntent notHeld")
_ALGO_TAIL = names("algoId whatIf orderMiscOptions solicited randomizeSize randomizePrice")
_CONTRACT_DELTA = names("dncConId dncDelta dncPrice")
_PEG_BENCH = names(
    "referenceContractId isPeggedChangeAmountDecrease peggedChangeAmount referenceChangeAmount "
    "referenceExchangeId"
)
_TAIL = names(
    "adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice "
    "adjustedTrailingAmount adjustableTrailingUnit extOperator softDollarTierName "
    "softDollarTierValue cashQty mifid2DecisionMaker mifid2DecisionAlgo mifid2ExecutionTrader "
    "mifid2ExecutionAlgo dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice "
    "usePriceMgmtAlgo"
)
_LATER = ((158, "duration"), (160, "postToAts"), (162, "autoCancelParent"), (166, "advancedErrorOverride"))


def read_placing(cursor: Cursor, version: int) -> Placing:
    """An order request of a client that talks server version 157 to 178.

    Raises:
        ProtocolError: If it ends before its last obligatory field.
    """
    order_id, contract = cursor.integer(), read_contract(cursor)
    order: dict[str, str] = {}
    _take(cursor, order, _HEAD)
    combo = _read_combo(cursor) if contract.sec_type == BAG else _Combo()
    _take(cursor, order, _ALLOCATION)
    if version < FA_PROFILE_GONE:
        order["faProfile"] = cursor.text()
    _take_terms(cursor, order)
    delta_neutral = cursor.flag()
    if delta_neutral:
        _take(cursor, order, _CONTRACT_DELTA)
    order["algoStrategy"] = cursor.text()
    algo = _read_tags(cursor) if order["algoStrategy"] else ()
    _take(cursor, order, _ALGO_TAIL)
    if order["orderType"] in ("PEG BENCH", "PEGBENCH"):
        _take(cursor, order, _PEG_BENCH)
    conditions = cursor.integer()
    if not conditions:
        _take(cursor, order, _TAIL)
        _take(cursor, order, [name for since, name in _LATER if version >= since])
    unsupported = _unsupported(order, conditions=conditions, delta_neutral=delta_neutral)
    return Placing(order_id, contract, order, combo.legs, combo.prices, combo.routing, algo, unsupported)


class _Combo(msgspec.Struct, frozen=True):
    legs: tuple[WireLeg, ...] = ()
    prices: tuple[str, ...] = ()
    routing: tuple[TagValue, ...] = ()


def _read_combo(cursor: Cursor) -> _Combo:
    legs = tuple(_read_leg(cursor) for _ in range(cursor.integer()))
    prices = tuple(cursor.text() for _ in range(cursor.integer()))
    return _Combo(legs, prices, _read_tags(cursor))


def _take_terms(cursor: Cursor, order: dict[str, str]) -> None:
    """The middle of an order: pricing, volatility, trailing, scale, schedule, hedge and clearing fields."""
    _take(cursor, order, _MIDDLE)
    if order["deltaNeutralOrderType"]:
        _take(cursor, order, _DELTA_NEUTRAL)
    _take(cursor, order, _TRAIL)
    if _positive(order["scalePriceIncrement"]):
        _take(cursor, order, _SCALE)
    _take(cursor, order, _SCHEDULE)
    if order["hedgeType"]:
        order["hedgeParam"] = cursor.text()
    _take(cursor, order, _CLEARING)


def _unsupported(order: dict[str, str], *, conditions: int, delta_neutral: bool) -> str:
    """What of an order this gateway does not simulate, in words."""
    if conditions:
        return "conditional orders"
    if delta_neutral or order["deltaNeutralOrderType"]:
        return "delta-neutral orders"
    if _positive(order["scalePriceIncrement"]):
        return "scale orders"
    if order["hedgeType"]:
        return "hedging child orders"
    return "orders attached to a parent" if order["parentId"] not in ("", "0") else ""


def _take(cursor: Cursor, into: dict[str, str], wanted: Sequence[str]) -> None:
    for name in wanted:
        into[name] = cursor.text()


def _read_leg(cursor: Cursor) -> WireLeg:
    con_id, ratio, action, exchange = cursor.integer(), cursor.integer(1), cursor.text(), cursor.text()
    return WireLeg(con_id, ratio, action, exchange, tuple(cursor.text() for _ in range(4)))


def _read_tags(cursor: Cursor) -> tuple[TagValue, ...]:
    return tuple(TagValue(cursor.text(), cursor.text()) for _ in range(cursor.integer()))


def _positive(text: str) -> bool:
    return text not in ("", "0", "0.0") and 0 < float(text) < 1e300  # noqa: PLR2004 - beyond it the value means unset
