"""Answers about contracts: details with wildcards, option parameters, symbol search, price steps.

Option parameters state the union of all strikes of a class over its expiries, as IB does: many of
the pairs do not exist, and asking for one is error 200.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from premia.domain.dates import NEW_YORK
from premia.domain.instrument import Contract, Option
from premia.exchange.types import Terms
from premia.gateway import messages
from premia.gateway.accounts import Handler
from premia.gateway.codes import BAD_REQUEST, UNKNOWN_CONTRACT
from premia.gateway.floor import Floor
from premia.gateway.names import Trouble, kind_of
from premia.gateway.requests import read_contract
from premia.gateway.session import Session
from premia.gateway.wire import Cursor

OPTION_VENUES = ("SMART", "AMEX", "CBOE", "ISE", "PHLX")
SAMPLES_MAX = 16
Steps = tuple[tuple[Decimal, Decimal], ...]
_CENT, _NICKEL, _DIME, _THREE = Decimal("0.01"), Decimal("0.05"), Decimal("0.1"), Decimal(3)
RULES: dict[int, Steps] = {
    26: ((Decimal(0), _CENT),),
    109: ((Decimal(0), _NICKEL),),
    110: ((Decimal(0), _NICKEL), (_THREE, _DIME)),
    239: ((Decimal(0), _CENT), (_THREE, _NICKEL)),
}
"""Price steps by rule number: (from price, step)."""


def contract_details(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 9: every contract that fits the description, or error 200."""
    cursor.integer()
    req_id, wanted = cursor.integer(), read_contract(cursor)
    found = floor.catalogue.matches(wanted)
    if isinstance(found, Trouble):
        session.error(req_id, found.code, found.text)
        return
    if not found or floor.faults.hits(
        "no_contract", wanted.symbol or found[0].contract.symbol, session.client_id
    ):
        session.error(req_id, UNKNOWN_CONTRACT)
        return
    for terms in found:
        session.send(messages.contract_details(req_id, terms, details_of(floor, terms), session.version))
    session.send([52, 1, req_id])


def option_parameters(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 78: the option classes on an underlying, which must be named by its contract number."""
    req_id, symbol, _exchange = cursor.integer(), cursor.text(), cursor.text()
    kind, con_id = cursor.text(), cursor.integer()
    found = floor.catalogue.by_number(con_id)
    if found is None or found.contract.symbol != symbol or kind != kind_of(found.contract):
        session.error(req_id, BAD_REQUEST, "Error validating request.-'cb' : cause - Invalid contract id")
        return
    for one in floor.exchange.option_classes(symbol):
        session.send(messages.option_parameters(req_id, con_id, one))
        if floor.faults.holds("adjusted_class", symbol, session.client_id):
            adjusted = replace(one, trading_class=f"2{one.trading_class}", multiplier=150)
            session.send(messages.option_parameters(req_id, con_id, adjusted))
    session.send([76, req_id])


def matching_symbols(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 81: underlyings whose symbol starts with, or whose name holds, a text."""
    req_id, text = cursor.integer(), cursor.text().strip().upper()
    found = [
        (terms, bool(floor.exchange.option_classes(terms.contract.symbol)))
        for terms in _underlyings(floor, text)
    ]
    session.send(messages.symbol_samples(req_id, found[:SAMPLES_MAX], session.version))


def market_rule(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 91: the price steps of a rule."""
    del floor
    rule_id = cursor.integer()
    if rule_id not in RULES:
        session.error(
            -1, BAD_REQUEST, f"Error validating request.-'cq' : cause - Invalid market rule {rule_id}"
        )
        return
    steps = RULES[rule_id]
    session.send([93, rule_id, len(steps), *(part for step in steps for part in step)])


def smart_components(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 83: the letters of the exchanges behind a smart quote."""
    del floor
    session.send([82, cursor.integer(), 2, 0, "CBOE", "C", 1, "ISE", "Y"])


def depth_exchanges(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 82: none, because this market shows no depth."""
    del floor, cursor
    session.send([80, 0])


def family_codes(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 80: every account without a family."""
    del cursor
    accounts = floor.exchange.accounts()
    session.send([78, len(accounts), *(part for account in accounts for part in (account, ""))])


def soft_dollar_tiers(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 79: none."""
    del floor
    session.send([77, cursor.integer(), 0])


def news_providers(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 85: none."""
    del floor, cursor
    session.send([85, 0])


def user_info(floor: Floor, session: Session, cursor: Cursor) -> None:
    """Message 104: no white branding."""
    del floor
    session.send([107, cursor.integer(), ""])


def details_of(floor: Floor, terms: Terms) -> messages.Details:
    """What a contract's details say beyond its terms: hours, price steps, underlying."""
    contract = terms.contract
    option = isinstance(contract, Option)
    under = floor.exchange.terms(underlying_of(floor, contract)) if option else None
    return messages.Details(
        hours=trading_hours(floor, contract),
        rule_id=rule_of(terms),
        under_con_id=under.con_id if under else 0,
        under_symbol=contract.symbol if under else "",
        under_type=kind_of(under.contract) if under else "",
        valid_exchanges=OPTION_VENUES
        if option
        else tuple(dict.fromkeys((_route(terms), terms.primary_exchange))),
    )


def underlying_of(floor: Floor, option: Option) -> Contract:
    """The stock or index that an option is on."""
    return floor.exchange.market.underlier(option.symbol)


def rule_of(terms: Terms) -> int:
    """The number of the price-step rule that a contract follows; 26 (cents) where none fits exactly."""
    steps = (Decimal(0), terms.tick_low), (_THREE, terms.tick_high)
    wanted = steps[:1] if terms.tick_low == terms.tick_high else steps
    return next((rule for rule, known in RULES.items() if known == wanted), 26)


def trading_hours(floor: Floor, contract: Contract) -> str:
    """Sessions as IB writes them: `20261123:0930-20261123:1600;20261126:CLOSED`."""
    spans = [
        (start.astimezone(NEW_YORK), end.astimezone(NEW_YORK))
        for start, end in floor.exchange.trading_hours(contract)
    ]
    if not spans:
        return ""
    by_day: dict[date, tuple[datetime, datetime] | None] = {
        start.date(): (start, end) for start, end in spans
    }
    today = floor.now.astimezone(NEW_YORK).date()
    fault = floor.faults.holds("other_hours", contract.symbol)
    span = by_day.get(today)
    if fault is not None and span is not None:
        early = span[0], span[1] - timedelta(seconds=fault.seconds)
        by_day[today] = early if fault.seconds else None
    parts: list[str] = []
    day = min(today, spans[0][0].date())
    while day <= spans[-1][0].date():
        parts.append(_hours_of(day, by_day.get(day)))
        day += timedelta(days=1)
    return ";".join(parts)


def _hours_of(day: date, span: tuple[datetime, datetime] | None) -> str:
    if span is None:
        return f"{day:%Y%m%d}:CLOSED"
    start, end = span
    return f"{start:%Y%m%d:%H%M}-{end:%Y%m%d:%H%M}"


def _route(terms: Terms) -> str:
    return terms.exchange if kind_of(terms.contract) == "IND" else "SMART"


def _underlyings(floor: Floor, text: str) -> list[Terms]:
    market = floor.exchange.market
    every = [market.terms(market.underlier(symbol)) for symbol in market.symbols]
    starts = [terms for terms in every if terms.contract.symbol.startswith(text)]
    return starts + [terms for terms in every if terms not in starts and text in terms.long_name.upper()]


HANDLERS: dict[int, Handler] = {
    9: contract_details,
    78: option_parameters,
    79: soft_dollar_tiers,
    80: family_codes,
    81: matching_symbols,
    82: depth_exchanges,
    83: smart_components,
    85: news_providers,
    91: market_rule,
    104: user_info,
}
"""Request numbers of this module."""
