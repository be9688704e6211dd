"""Open options of the wheel: bought back at the profit target, rolled when tested, else held to the end.

The order of the questions: is the target reached; does a dividend invite early exercise of a call; is the
option tested near its expiry; else it is held, and says so. A roll is one order for both legs, for a net
credit after fees, never to a higher strike for a put and never below break-even for a call.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from premia.domain.campaign import OpenLeg, Trade
from premia.domain.combo import Combo, Leg, single
from premia.domain.dates import dte, session_of
from premia.domain.instrument import Option, Right
from premia.domain.intent import Intent, Number, Passed, Purpose, evidence
from premia.domain.known import Known
from premia.domain.market import Dividend
from premia.domain.money import Price, from_ten_thousandths, ten_thousandths
from premia.domain.quote import Greeks, Quote
from premia.domain.rule import share
from premia.domain.sessions import Sessions
from premia.strategies.manage import (
    defended_by_roll,
    invites_exercise,
    least_roll_credit,
    moneyness,
    take_target,
    takes_profit,
    tested,
)
from premia.strategies.select import Candidate, Choice, Premiums, Wanted, choose
from premia.strategies.wheel_case import NAME, Case, shorts
from premia.strategies.wheel_entries import Market, before_earnings, call_wanted, live_market, put_wanted

PRIORITY_DIVIDEND = 0
PRIORITY_TAKE = 1
PRIORITY_ROLL = 2
_LIKELY = 0.5
"""Where between mid and natural a roll is expected to fill, for each of its legs."""


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


def may_roll(case: Case, trade: Trade, right: Right) -> bool:
    """Whether a roll of a trade could be wanted today, so that the market must be scanned for it."""
    near = [
        leg.contract
        for leg in shorts(trade)
        if isinstance(leg.contract, Option) and leg.contract.right is right and _near_roll(case, leg.contract)
    ]
    return bool(near) and (right is Right.PUT or _defends(case)) and _roll_limit(case, trade) is None


def propose_exit(case: Case, trade: Trade, sessions: Sessions) -> Iterator[Intent | Passed]:
    """At most one intent for a trade, and a sentence for each of its options that is held.

    Args:
        case: The symbol.
        trade: An open trade of the wheel.
        sessions: Trading days.
    """
    working = next((s for s in case.book.orders.values() if s.order.trade == trade.id), None)
    if working is not None:
        reason = f"order {working.key} is {working.stage.value} with {working.remaining} left"
        yield case.passed(trade.id, "slot", reason, remaining=working.remaining)
        return
    for leg in shorts(trade):
        held = _held(case, trade, leg)
        answer = held if isinstance(held, Passed) else _answer(case, held, sessions)
        yield answer
        if isinstance(answer, Intent):
            return


def _answer(case: Case, held: Held, sessions: Sessions) -> Intent | Passed:
    params = case.params
    entry = ten_thousandths(held.leg.entry)
    target = take_target(entry, held.dte, params.take_profit, params.take_profit_late, params.late_dte)
    if takes_profit(held.mid, target):
        return _take(case, held, entry, target)
    dividend = _dividend_tonight(case, held, sessions)
    if dividend is not None:
        return _defend(case, held, dividend)
    if tested(held.delta, held.moneyness, held.dte, params.roll_dte, params.roll_delta):
        return _tested(case, held)
    reason = (
        f"held: costs {_usd(held.mid)} against a target of {_usd(target)}, {held.dte} days, "
        f"delta {abs(held.delta):.2f}, spot {held.market.spot:.2f}"
    )
    return case.passed(held.option.key, "hold", reason, target=target / 10_000, **_facts(held))


def _held(case: Case, trade: Trade, leg: OpenLeg) -> Held | Passed:
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
    return _read(case, Held(trade, leg, option, market, 0, 0, math.nan, 0), quote, greeks)


def _read(case: Case, held: Held, quote: Quote, greeks: Greeks) -> Held:
    return held._replace(
        bid=ten_thousandths(quote.bid or Decimal(0)),
        ask=ten_thousandths(quote.ask or Decimal(0)),
        delta=math.nan if greeks.delta is None else greeks.delta,
        dte=dte(held.option.expiry, case.at),
    )


def _take(case: Case, held: Held, entry: int, target: int) -> Intent:
    reason = (
        f"buy back {held.quantity} {held.option.key} at {_usd(held.mid)} or at most {_usd(target)} a share: "
        f"sold at {_usd(entry)}, {held.dte} days left"
    )
    facts = _facts(held) | {"entry": entry / 10_000, "target": target / 10_000}
    return _close(case, held, (reason, facts), worst=-target)


def _tested(case: Case, held: Held) -> Intent | Passed:
    """Roll, or what the parameters say where no roll is to be had."""
    welcome = held.option.right is Right.CALL and not _defends(case) and not _below_break_even(case, held)
    if welcome:
        even = case.break_even
        reason = (
            f"let it be called: strike {held.option.strike:.2f} at or above break-even "
            f"{_or_none(even)}, spot {held.market.spot:.2f}, {held.dte} days"
        )
        return case.passed(held.option.key, "called", reason, break_even=even, **_facts(held))
    least = least_roll_credit(ten_thousandths(case.params.roll_credit_min), case.fees_per_share)
    rolled = _roll(case, held, least, "tested")
    if isinstance(rolled, Intent) or case.params.otherwise == "hold":
        return rolled
    reason = f"close {held.quantity} {held.option.key}, tested and not rolled: {rolled.reason}"
    return _close(case, held, (reason, _facts(held)), worst=-held.ask)


def _roll(case: Case, held: Held, least: int, why: str) -> Intent | Passed:
    """One order that buys the option back and sells a later one for at least `least` a share, net."""
    limit = _roll_limit(case, held.trade)
    if limit is not None:
        return case.passed(held.option.key, "roll_limit", f"held to the end: {limit}", **_facts(held))
    market = before_earnings(case, held.option.key, held.market)
    if isinstance(market, Passed):
        return market
    held = held._replace(market=market)
    wanted = _roll_wanted(case, held, least)
    choice = choose(held.market.seen.chain, wanted, case.at)
    best = choice.best
    if best is None:
        counted = ", ".join(f"{name} {count}" for name, count in choice.counts.items()) or "no rows"
        nearest = f". Nearest: {choice.near[0]}" if choice.near else ""
        reason = f"held: no roll for a net credit of {_usd(least)} ({counted}){nearest}"
        return case.passed(held.option.key, "roll", reason, **(_facts(held) | choice.facts))
    return _roll_order(case, held, (choice, best), (least, why))


def _roll_order(case: Case, held: Held, found: tuple[Choice, Candidate], terms: tuple[int, str]) -> Intent:
    choice, best = found
    least, why = terms
    mid = best.mid - from_ten_thousandths(held.bid + held.ask) / 2
    natural = from_ten_thousandths(best.bid - held.ask)
    result = held.leg.entry - from_ten_thousandths(held.mid)
    reason = (
        f"roll {held.quantity} {held.option.key} ({why}: delta {abs(held.delta):.2f}, {held.dte} days, "
        f"spot {held.market.spot:.2f}) to {best.contract.key} for {mid:.2f} net a share, at least "
        f"{_usd(least)}; the old leg realises {result:.2f} a share"
    )
    facts = _facts(held) | {
        "new_strike": best.strike / 10_000,
        "new_expiry": best.contract.expiry.isoformat(),
        "new_dte": best.dte,
        "new_delta": best.delta,
        "new_bid": best.bid / 10_000,
        "new_ask": best.ask / 10_000,
        "net_credit": float(mid),
        "net_natural": float(natural),
        "net_least": least / 10_000,
        "realised_per_share": float(result),
        "rolls_before": held.trade.rolls,
        "fees": round(2 * case.params.fee_per_contract * held.quantity, 2),
    }
    return Intent(
        strategy=NAME,
        symbol=case.symbol,
        slot=_slot(held.trade, "roll"),
        purpose=Purpose.ROLL,
        combo=Combo((Leg(held.option, 1), Leg(best.contract, -1))),
        quantity=held.quantity,
        mid=Price(mid),
        natural=natural,
        worst=max(from_ten_thousandths(least), natural),
        reason=reason,
        evidence=evidence(**(facts | choice.facts)),
        trade=held.trade.id,
        urgency="ordinary",
        priority=PRIORITY_ROLL,
        score=best.yearly,
    )


def _roll_wanted(case: Case, held: Held, least: int) -> Wanted:
    """What the new leg must be: not worse in strike, and dear enough to pay for the old one."""
    buyback = held.mid + share(_LIKELY, (held.ask - held.bid) // 2)
    even = case.break_even or Price(Decimal(0))
    if held.option.right is Right.PUT:
        base = put_wanted(case, held.market)
        base = base._replace(strike_max=min(base.strike_max, held.strike))
    else:
        base = call_wanted(case, held.market, even)
        base = base._replace(strike_min=max(base.strike_min, held.strike))
    return base._replace(
        # Far from the money first: as much safety as a credit can buy.
        delta_max=max(case.params.roll_delta_max, base.delta_min),
        delta_aim=base.delta_min,
        premiums=Premiums(credit=buyback + least, fees=0, per_year=0.0),
        expires_after=held.option.expiry,
        expires_by=_deadline(case, held.trade),
        place=_LIKELY,
    )


def _defend(case: Case, held: Held, dividend: Dividend) -> Intent | Passed:
    """A call that invites exercise tonight: let it go, roll it away, or buy it back, by what each costs."""
    amount = ten_thousandths(dividend.amount)
    intrinsic = max(held.spot - held.strike, 0)
    extrinsic = held.mid - intrinsic
    even = case.break_even
    facts: dict[str, Number] = _facts(held) | {
        "dividend": amount / 10_000,
        "ex_date": dividend.ex.isoformat(),
        "extrinsic": extrinsic / 10_000,
        "break_even": None if even is None else float(even),
    }
    numbers = (
        f"dividend {_usd(amount)} on {dividend.ex}, time value {_usd(extrinsic)}, strike "
        f"{held.option.strike:.2f}, break-even {_or_none(even)}"
    )
    if not _defends(case) and not _below_break_even(case, held):
        reason = f"let it be called: being called is welcome; {numbers}"
        return case.passed(held.option.key, "called", reason, **facts)
    rolled = _roll(case, held, -amount + 2 * case.fees_per_share, "dividend")
    if isinstance(rolled, Intent) and defended_by_roll(ten_thousandths(rolled.mid), amount):
        return rolled
    cost = held.ask - intrinsic + case.fees_per_share
    if cost < amount:
        reason = (
            f"buy back {held.quantity} {held.option.key} before the ex-date, cost {_usd(cost)}; {numbers}"
        )
        return _close(case, held, (reason, facts | {"cost": cost / 10_000}), worst=-held.ask)
    why = rolled.reason
    reason = f"let it be called: buying back costs {_usd(cost)} beyond intrinsic, and {why}; {numbers}"
    return case.passed(held.option.key, "called", reason, **(facts | {"cost": cost / 10_000}))


def _dividend_tonight(case: Case, held: Held, sessions: Sessions) -> Dividend | None:
    """The dividend for which this call would be exercised tonight; None where none is near or invites."""
    if held.option.right is not Right.CALL or held.moneyness <= 0:
        return None
    known = held.market.seen.underlying.dividend
    dividend = known.value if isinstance(known, Known) else case.book.dividends.get(case.symbol)
    if (
        dividend is None
        or dividend.ex > held.option.expiry
        or not _last_before(dividend.ex, case.at, sessions)
    ):
        return None
    intrinsic = held.spot - held.strike
    inviting = invites_exercise(held.mid, intrinsic, ten_thousandths(dividend.amount), case.fees_per_share)
    return dividend if inviting else None


def _last_before(ex: date, at: datetime, sessions: Sessions) -> bool:
    today = session_of(at)
    return today < ex and sessions.before(ex).day <= today


def _close(case: Case, held: Held, said: tuple[str, dict[str, Number]], worst: int) -> Intent:
    reason, facts = said
    urgent = held.option.right is Right.CALL and worst == -held.ask
    return Intent(
        strategy=NAME,
        symbol=case.symbol,
        slot=_slot(held.trade, "close"),
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


def _facts(held: Held) -> dict[str, Number]:
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


def _slot(trade: Trade, what: str) -> str:
    """`SPY/roll/put/2026-01-15/1` for trade `wheel/SPY/put/2026-01-15/1`."""
    return f"{trade.symbol}/{what}/{trade.id.removeprefix(f'{NAME}/{trade.symbol}/')}"


def _near_roll(case: Case, option: Option) -> bool:
    left = dte(option.expiry, case.at)
    declared = case.book.dividends.get(case.symbol)
    dividend_soon = (
        option.right is Right.CALL
        and declared is not None
        and timedelta(0) < declared.ex - session_of(case.at) <= timedelta(days=4)
    )
    return left <= case.params.roll_dte or dividend_soon


def _roll_limit(case: Case, trade: Trade) -> str | None:
    """Why a trade may not be rolled any more; None where it may."""
    params = case.params
    if trade.rolls >= params.rolls_max:
        return f"rolled {trade.rolls} times, {params.rolls_max} allowed"
    earliest = session_of(case.at) + timedelta(days=case.wanted.dte_min)
    if earliest > _deadline(case, trade):
        last = _deadline(case, trade)
        return f"a roll would reach {earliest}, past the {params.trade_days_max} days of the trade ({last})"
    return None


def _deadline(case: Case, trade: Trade) -> date:
    return session_of(trade.opened) + timedelta(days=case.params.trade_days_max)


def _defends(case: Case) -> bool:
    """Whether calls are defended because losing the shares is not wanted."""
    return case.wanted.called == "avoid"


def _below_break_even(case: Case, held: Held) -> bool:
    even = case.break_even
    return even is not None and held.option.strike < even


def _usd(units: int) -> str:
    return f"{units / 10_000:.2f}"


def _or_none(price: Price | None) -> str:
    return "none" if price is None else f"{price:.2f}"
