"""Contracts under two names: the protocol's many text fields, and the domain's three frozen values.

The simulated market knows contracts by their terms and gives each a number that is a function of
them; this module turns a request's partial description into those terms, and terms back into the
fields that messages hold. A description that fits none or several contracts is refused, as IB does.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from premia.domain.instrument import Contract, Index, Option, Right, Stock
from premia.exchange.exchange import Exchange
from premia.exchange.types import Terms
from premia.exchange.types_market import Pattern
from premia.gateway.codes import BAD_REQUEST, UNKNOWN_CONTRACT, text_for
from premia.gateway.requests import BAG, WireContract, WireLeg

SMART = "SMART"
BAG_CON_ID = 28812380
KINDS = ("STK", "IND", "OPT")
INVALID = "Error validating request.-'bI' : cause - "
_ANY_RIGHT = ("", "0", "?")


class Trouble(msgspec.Struct, frozen=True):
    """Why a request's contract cannot be used: IB's number and words."""

    code: int
    text: str


def kind_of(contract: Contract) -> str:
    """IB's security type: STK, IND or OPT."""
    return "OPT" if isinstance(contract, Option) else "IND" if isinstance(contract, Index) else "STK"


def wire_of(terms: Terms) -> WireContract:
    """The fields by which messages name a contract, routed by SMART where it can be traded."""
    contract = terms.contract
    if isinstance(contract, Option):
        return WireContract(
            con_id=terms.con_id,
            symbol=contract.symbol,
            sec_type="OPT",
            expiry=f"{contract.expiry:%Y%m%d}",
            strike=contract.strike,
            right=contract.right.value,
            multiplier=str(contract.multiplier),
            exchange=SMART,
            currency=contract.currency,
            local_symbol=local_symbol(contract),
            trading_class=contract.trading_class or contract.symbol,
        )
    index = isinstance(contract, Index)
    return WireContract(
        con_id=terms.con_id,
        symbol=contract.symbol,
        sec_type="IND" if index else "STK",
        exchange=terms.exchange if index else SMART,
        primary_exchange=terms.primary_exchange,
        currency=contract.currency,
        local_symbol=contract.symbol,
        trading_class=contract.symbol,
    )


def combo_of(symbol: str, currency: str, legs: tuple[WireLeg, ...]) -> WireContract:
    """The fields by which messages name a combo; all combos share one contract number."""
    name = ",".join(f"{leg.con_id}|{leg.ratio if leg.action == 'BUY' else -leg.ratio}" for leg in legs)
    return WireContract(
        con_id=BAG_CON_ID,
        symbol=symbol,
        sec_type=BAG,
        exchange=SMART,
        currency=currency,
        local_symbol=name,
        trading_class="COMB",
    )


def local_symbol(option: Option) -> str:
    """The option's name of 21 characters: class, date, right and strike in thousandths."""
    name = option.trading_class or option.symbol
    return f"{name:<6}{option.expiry:%y%m%d}{option.right.value}{int(option.strike * 1000):08d}"


class Catalogue:
    """The contracts that requests can name, with a memory of those named before.

    Contract numbers are functions of the terms, so what was once found stays right; a market may
    have to walk its whole listing for a number that nobody asked for yet.
    """

    def __init__(self, exchange: Exchange) -> None:
        """An empty memory over an exchange."""
        self.exchange = exchange
        self._known: dict[int, Terms] = {}

    def by_number(self, con_id: int) -> Terms | None:
        """The contract of a number; None where the market has none of it."""
        if con_id not in self._known:
            contract = self.exchange.by_con_id(con_id)
            if contract is None:
                return None
            self.keep([self.exchange.terms(contract)])
        return self._known.get(con_id)

    def keep(self, found: Sequence[Terms]) -> None:
        """Remember contracts that an answer named."""
        self._known.update({terms.con_id: terms for terms in found})

    def matches(self, wanted: WireContract) -> list[Terms] | Trouble:
        """Every contract that fits a description; a wildcard is an empty right or expiry, or strike 0."""
        if wanted.sec_type == BAG:
            return Trouble(BAD_REQUEST, f"{INVALID}'BAG' isn't supported for contract data request.")
        if wanted.con_id:
            one = self.by_number(wanted.con_id)
            return [] if one is None else [one]
        described = from_local_symbol(wanted)
        if described.sec_type not in KINDS:
            return Trouble(BAD_REQUEST, f"{INVALID}Please enter a valid security type")
        found = self.exchange.find(
            Pattern(
                symbol=described.symbol,
                kind=described.sec_type,
                expiry=described.expiry,
                strike=described.strike or None,
                right=None if described.right in _ANY_RIGHT else right_of(described.right),
                trading_class=described.trading_class if described.sec_type == "OPT" else "",
            )
        )
        fitting = [terms for terms in found if _fits(terms, described)]
        self.keep(fitting)
        return fitting

    def resolve(self, wanted: WireContract) -> Terms | Trouble:
        """The one contract of a description that names an exchange, for data and orders."""
        if not wanted.exchange and not wanted.primary_exchange:
            return Trouble(BAD_REQUEST, "Error validating request.-'bW' : cause - Please enter exchange")
        found = self.matches(wanted)
        if isinstance(found, Trouble):
            return found
        if len(found) != 1:
            detail = "" if not found else f": {len(found)} contracts fit the description"
            return Trouble(UNKNOWN_CONTRACT, text_for(UNKNOWN_CONTRACT) + detail)
        if isinstance(found[0].contract, Index) and wanted.exchange == SMART:
            return Trouble(UNKNOWN_CONTRACT, text_for(UNKNOWN_CONTRACT))
        return found[0]


def from_local_symbol(wanted: WireContract) -> WireContract:
    """A description with the parts that its 21-character option name holds; as it is where it has none."""
    name = wanted.local_symbol
    if wanted.symbol or len(name) != 21:  # noqa: PLR2004 - the length of such a name
        return wanted if wanted.symbol or not name else msgspec.structs.replace(wanted, symbol=name)
    return msgspec.structs.replace(
        wanted,
        symbol=name[:6].strip(),
        sec_type=wanted.sec_type or "OPT",
        expiry=f"20{name[6:12]}",
        right=name[12],
        strike=Decimal(name[13:]) / 1000,
    )


def right_of(text: str) -> Right | None:
    """The right that a text names: C, CALL, P or PUT; None for anything else."""
    return {"C": Right.CALL, "CALL": Right.CALL, "P": Right.PUT, "PUT": Right.PUT}.get(text.upper())


def _fits(terms: Terms, wanted: WireContract) -> bool:
    """Whether what a search by pattern does not look at agrees too."""
    contract = terms.contract
    if wanted.currency and wanted.currency != contract.currency:
        return False
    if isinstance(contract, Option):
        return wanted.multiplier in ("", str(contract.multiplier))
    if isinstance(contract, Stock):
        listed = ("", SMART, terms.exchange, terms.primary_exchange)
        return wanted.exchange in listed and wanted.primary_exchange in ("", terms.primary_exchange)
    return wanted.exchange in ("", terms.exchange)
