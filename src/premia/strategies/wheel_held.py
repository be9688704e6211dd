"""An open short option of the wheel with its market, and the order that buys it back.

What every judgement of an open option starts from: its quote and delta, how far it is in the money, how
many days are left, and whether the campaign minds losing its shares at the strike.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import NamedTuple

from premia.domain.campaign import OpenLeg, Trade
from premia.domain.combo import single
from premia.domain.dates import dte
from premia.domain.instrument import Option, Right
from premia.domain.intent import Intent, Number, Passed, Purpose, evidence
from premia.domain.money import Price, from_ten_thousandths, ten_thousandths
from premia.domain.quote import Greeks, Quote
from premia.strategies.capacity import is_welcome
from premia.strategies.manage import (
    moneyness,
)
from premia.strategies.wheel_case import NAME, Case
from premia.strategies.wheel_market import (
    Market,
    live_market,
)

PRIORITY_DIVIDEND = 0
PRIORITY_TAKE = 1


class Held(NamedTuple):
    """A short option of a trade with its market; prices in 1/10,000 USD a share."""

    trade: Trade
    leg: OpenLeg
    option: Option
    market: Market
    bid: int
    ask: int
    delta: float
    dte: int

    @property
    def mid(self) -> int:
        """Half-way between the sides."""
        return (self.bid + self.ask) // 2

    @property
    def spot(self) -> int:
        """Price of the underlying."""
        return ten_thousandths(self.market.spot)

    @property
    def strike(self) -> int:
        """The strike."""
        return ten_thousandths(self.option.strike)

    @property
    def moneyness(self) -> int:
        """What exercising it would pay now; negative where it would cost."""
        return moneyness(self.spot, self.strike, self.option.right.sign)

    @property
    def quantity(self) -> int:
        """Contracts short, above zero."""
        return -self.leg.quantity


def read(case: Case, trade: Trade, leg: OpenLeg) -> Held | Passed:
    """A short option with its market, or why it cannot be judged."""
    option = leg.contract
    if not isinstance(option, Option):
        return case.passed(option.key, "contract", f"{option.key} is no option")
    market = live_market(case, option.key)
    if isinstance(market, Passed):
        return market
    found = market.seen.option(option)
    if found is None:
        return case.passed(option.key, "market_data", f"{option.key} was not delivered")
    quote, greeks = found
    fault = quote.fault()
    if fault is not None or quote.bid is None or quote.ask is None:
        return case.passed(option.key, "market_data", f"{option.key}: {fault}")
    return _with_quote(case, Held(trade, leg, option, market, 0, 0, math.nan, 0), quote, greeks)


def close(case: Case, held: Held, said: tuple[str, dict[str, Number]], worst: int) -> Intent:
    """The order that buys a whole option back.

    Args:
        case: The symbol.
        held: The option.
        said: Why, and the numbers.
        worst: Lowest net credit a share, 1/10,000 USD; negative, because it costs.
    """
    reason, facts = said
    urgent = held.option.right is Right.CALL and worst == -held.ask
    return Intent(
        strategy=NAME,
        symbol=case.symbol,
        slot=slot_of(held.trade, "close"),
        purpose=Purpose.CLOSE,
        combo=single(held.option, 1),
        quantity=held.quantity,
        mid=Price(-Decimal(held.bid + held.ask) / 20_000),
        natural=from_ten_thousandths(-held.ask),
        worst=from_ten_thousandths(worst),
        reason=reason,
        evidence=evidence(**facts),
        trade=held.trade.id,
        urgency="urgent" if urgent else "ordinary",
        priority=PRIORITY_DIVIDEND if urgent else PRIORITY_TAKE,
    )


def facts_of(held: Held) -> dict[str, Number]:
    """What every judgement of an open option states."""
    return {
        "spot": float(held.market.spot),
        "strike": held.strike / 10_000,
        "expiry": held.option.expiry.isoformat(),
        "dte": held.dte,
        "delta": None if math.isnan(held.delta) else held.delta,
        "bid": held.bid / 10_000,
        "ask": held.ask / 10_000,
        "entry": float(held.leg.entry),
        "quantity": held.quantity,
    }


def slot_of(trade: Trade, what: str) -> str:
    """`SPY/roll/put/2026-01-15/1` for trade `wheel/SPY/put/2026-01-15/1`."""
    return f"{trade.symbol}/{what}/{trade.id.removeprefix(f'{NAME}/{trade.symbol}/')}"


def welcome(case: Case, option: Option) -> bool:
    """Whether losing the shares to a call at this strike is welcome: never below break-even."""
    even = case.break_even
    floor = Decimal(0) if even is None else even
    return is_welcome(option.right.sign, case.wanted.called == "welcome", option.strike, floor)


def usd(units: int) -> str:
    """A price of 1/10,000 USD as a person reads it."""
    return f"{units / 10_000:.2f}"


def or_none(price: Price | None) -> str:
    """A price as a person reads it, or the word for none."""
    return "none" if price is None else f"{price:.2f}"


def _with_quote(case: Case, held: Held, quote: Quote, greeks: Greeks) -> Held:
    return held._replace(
        bid=ten_thousandths(quote.bid or Decimal(0)),
        ask=ten_thousandths(quote.ask or Decimal(0)),
        delta=math.nan if greeks.delta is None else greeks.delta,
        dte=dte(held.option.expiry, case.at),
    )
