"""Between IB's words and ours: contracts, numbers, orders, executions. Nothing here asks or sends.

IB writes "no value" in several ways (-1, -2, NaN, the largest double, nothing); all become None. Floats
of the wire become exact decimals through their shortest text, so 0.6 is 0.60 and not 0.59999.
A kind of contract that Premia does not trade is shown as a stock with a name that no symbol has.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import msgspec
from ib_async import Bag, ComboLeg, Execution
from ib_async import Contract as IbContract
from ib_async import Index as IbIndex
from ib_async import Option as IbOption
from ib_async import Order as IbOrder
from ib_async import Stock as IbStock

from premia.domain.combo import Combo, Leg
from premia.domain.errors import InvariantViolated
from premia.domain.instrument import Contract, Index, Option, Right, Settlement, Stock, Style
from premia.domain.money import Money, Price
from premia.domain.order import Fill

SMART = "SMART"
BAG = "BAG"
STANDARD_MULTIPLIER = 100
INDEX_EXCHANGES = {
    "SPX": "CBOE",
    "XSP": "CBOE",
    "VIX": "CBOE",
    "DJX": "CBOE",
    "OEX": "CBOE",
    "XEO": "CBOE",
    "NDX": "NASDAQ",
    "XND": "NASDAQ",
    "RUT": "RUSSELL",
    "MRUT": "RUSSELL",
}
"""Indices that options are written on, with the exchange under which IB lists each."""

_LARGEST = 1e300
_NOT_YET = Decimal(-1)
_LOCAL_SYMBOL = re.compile(r".{6}(\d{6})[CP]\d{8}")
"""The name of an American option: class, expiry, right, strike in thousandths."""

_DATE_LENGTH = 8
_FRIDAY = 4


class _ClassRule(NamedTuple):
    style: Style
    settlement: Settlement


_AM = _ClassRule(Style.EUROPEAN, Settlement.CASH_AM)
_PM = _ClassRule(Style.EUROPEAN, Settlement.CASH_PM)
_INDEX_CLASSES = {
    "SPX": _AM,
    "SPXW": _PM,
    "XSP": _PM,
    "XSPAM": _AM,
    "VIX": _AM,
    "VIXW": _AM,
    "NDX": _AM,
    "NDXP": _PM,
    "XND": _PM,
    "RUT": _AM,
    "RUTW": _PM,
    "MRUT": _PM,
    "DJX": _AM,
    "OEX": _ClassRule(Style.AMERICAN, Settlement.CASH_PM),
    "XEO": _PM,
}


class PricedUnits(NamedTuple):
    """An order as IB wants it: what, which way, how many, at which price (None: market)."""

    contract: IbContract
    action: str
    quantity: int
    price: Decimal | None


def number(value: float | Decimal | str | None) -> Decimal | None:
    """The exact decimal of a wire value; None for any of IB's signs of no value."""
    if value is None or value == "":
        return None
    try:
        real = float(value)
    except ValueError:
        return None
    if math.isnan(real) or abs(real) > _LARGEST:
        return None
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def model_value(value: float, missing: int) -> float | None:
    """A model value; None where it is NaN, beyond any number, or the sign of "not computed"."""
    return None if math.isnan(value) or abs(value) > _LARGEST or value == missing else value


def date_of(text: str) -> date:
    """The date of `YYYYMMDD`, whatever follows it."""
    return datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC).date()


def plain(name: str) -> str:
    """A symbol or class without blanks and dots: `BRK B` and `BRKB` are one."""
    return name.replace(" ", "").replace(".", "").upper()


def contract_from(contract: IbContract) -> Contract:
    """Our contract of IB's; see the module for kinds that Premia does not trade."""
    currency = contract.currency or "USD"
    if contract.secType == "STK":
        return Stock(contract.symbol, currency)
    if contract.secType == "IND":
        return Index(contract.symbol, currency)
    option = _option_from(contract, currency) if contract.secType == "OPT" else None
    if option is not None:
        return option
    return Stock(f"{contract.localSymbol or contract.symbol} ({contract.secType})", currency)


def option_of(
    symbol: str, trading_class: str, expiry: date, strike: Decimal, right: Right, multiplier: int
) -> Option:
    """The option series of these terms; style, settlement and adjustment follow from its class."""
    own = plain(trading_class) in ("", plain(symbol))
    name = "" if own else trading_class
    rule = _INDEX_CLASSES.get(trading_class or symbol) if symbol in INDEX_EXCHANGES else None
    return Option(
        symbol=symbol,
        expiry=expiry,
        strike=_tidy(strike),
        right=right,
        multiplier=multiplier,
        trading_class=name,
        style=Style.AMERICAN if rule is None else rule.style,
        settlement=Settlement.SHARES if rule is None else rule.settlement,
        adjusted=rule is None and (not own or multiplier != STANDARD_MULTIPLIER),
    )


def class_is_standard(symbol: str, trading_class: str, multiplier: str) -> bool:
    """Whether a class of chain parameters is the ordinary one: no adjusted deliverable, no mini."""
    if multiplier != str(STANDARD_MULTIPLIER):
        return False
    if symbol in INDEX_EXCHANGES:
        return trading_class in _INDEX_CLASSES
    return plain(trading_class) == plain(symbol)


def settles_in_the_morning(symbol: str, trading_class: str) -> bool:
    """Whether a class settles at an opening value, so that its last trading day lies before its expiry."""
    rule = _INDEX_CLASSES.get(trading_class) if symbol in INDEX_EXCHANGES else None
    return rule is not None and rule.settlement is Settlement.CASH_AM


def expiry_of(symbol: str, trading_class: str, last_trade: date) -> date:
    """The expiry of chain parameters' date, which for morning-settled classes is the last trading day."""
    if settles_in_the_morning(symbol, trading_class) and last_trade.weekday() < _FRIDAY:
        return last_trade + timedelta(days=1)
    return last_trade


def underlying_to(contract: Stock | Index) -> IbContract:
    """IB's description of an underlying."""
    if isinstance(contract, Index):
        return IbIndex(contract.symbol, INDEX_EXCHANGES.get(contract.symbol, "CBOE"), contract.currency)
    return IbStock(contract.symbol, SMART, contract.currency)


def option_to(option: Option) -> IbContract:
    """IB's description of an option series, exact enough to quote and trade it without its number."""
    if option.settlement is Settlement.CASH_AM:
        return IbContract(
            secType="OPT", localSymbol=local_symbol(option), exchange=SMART, currency=option.currency
        )
    return IbOption(
        option.symbol,
        f"{option.expiry:%Y%m%d}",
        float(option.strike),
        option.right.value,
        SMART,
        multiplier=str(option.multiplier),
        currency=option.currency,
        tradingClass=option.trading_class or plain(option.symbol),
    )


def local_symbol(option: Option) -> str:
    """The name of 21 characters: class, expiry, right, strike in thousandths."""
    name = option.trading_class or plain(option.symbol)
    return f"{name:<6}{option.expiry:%y%m%d}{option.right.value}{int(option.strike * 1000):08d}"


def order_units(
    combo: Combo, units: int, credit: Price | None, ib_legs: tuple[IbContract, ...]
) -> PricedUnits:
    """An order for `units` of a combo at a net credit a share, in IB's way of counting.

    A single leg is bought or sold at its own price. Several legs are one BAG that is always bought as
    written: a credit is a negative price.

    Raises:
        InvariantViolated: If a leg of a combo has no contract number; IB takes no others.
    """
    if len(combo.legs) == 1:
        ratio = combo.legs[0].ratio
        price = None if credit is None else (credit if ratio < 0 else -credit) / abs(ratio)
        return PricedUnits(ib_legs[0], "SELL" if ratio < 0 else "BUY", units * abs(ratio), price)
    common = math.gcd(*(leg.ratio for leg in combo.legs))
    legs: list[ComboLeg] = []
    for leg, known in zip(combo.legs, ib_legs, strict=True):
        if not known.conId:
            raise InvariantViolated(
                f"{leg.contract.key} has no contract number; a combo needs one for each leg."
            )
        action = "BUY" if leg.ratio > 0 else "SELL"
        legs.append(
            ComboLeg(conId=known.conId, ratio=abs(leg.ratio) // common, action=action, exchange=SMART)
        )
    first = combo.legs[0].contract
    bag = Bag(symbol=first.symbol, exchange=SMART, currency=first.currency, comboLegs=legs)
    return PricedUnits(bag, "BUY", units * common, None if credit is None else -credit / common)


def combo_of_legs(legs: list[tuple[Contract, ComboLeg]], action: str) -> Combo:
    """The combo of a BAG order, seen so that its quantity is positive."""
    side = 1 if action == "BUY" else -1
    return Combo(
        tuple(Leg(known, side * leg.ratio * (1 if leg.action == "BUY" else -1)) for known, leg in legs)
    )


def credit_of(order: IbOrder) -> Price | None:
    """Net credit a share of an order's limit; None for an order without one."""
    limit = number(order.lmtPrice if order.orderType == "LMT" else None)
    if limit is None:
        return None
    return Price(-limit if order.action == "BUY" else limit)


def fill_from(contract: Contract, execution: Execution) -> Fill:
    """Our fill of an execution of one leg; its commission is told later."""
    sign = 1 if execution.side == "BOT" else -1
    price = number(execution.price)
    if price is None:
        raise InvariantViolated(f"Execution {execution.execId} of {contract.key} has no price.")
    return Fill(
        exec_id=execution.execId,
        order_ref=execution.orderRef,
        broker_id=execution.orderId,
        client_id=execution.clientId,
        perm_id=execution.permId,
        contract=contract,
        quantity=sign * round(execution.shares),
        price=Price(price),
        at=execution.time.astimezone(UTC),
    )


def money(amount: float, currency: str) -> Money | None:
    """An amount; None where IB gave none: beyond any number, or -1 for a cost that is not known yet."""
    exact = number(amount)
    return None if exact is None or exact == _NOT_YET else Money(exact, currency)


def _option_from(contract: IbContract, currency: str) -> Option | None:
    """The option; None where its terms are not told."""
    symbol, name = contract.symbol, contract.tradingClass
    named = _LOCAL_SYMBOL.fullmatch(contract.localSymbol)
    day = contract.lastTradeDateOrContractMonth[:_DATE_LENGTH]
    strike = number(contract.strike)
    if strike is None or not (named or (len(day) == _DATE_LENGTH and day.isdigit())):
        return None
    expiry = date_of(f"20{named[1]}") if named else expiry_of(symbol, name or symbol, date_of(day))
    right = Right.CALL if contract.right.startswith("C") else Right.PUT
    multiplier = int(float(contract.multiplier or STANDARD_MULTIPLIER))
    option = option_of(symbol, name, expiry, strike, right, multiplier)
    return msgspec.structs.replace(option, currency=currency)


def _tidy(strike: Decimal) -> Decimal:
    """A strike without idle zeros and never as an exponent, so that equal strikes print alike."""
    tidy = strike.normalize()
    return tidy.quantize(Decimal(1)) if tidy == tidy.to_integral_value() else tidy
