"""Rolls of the wheel: one order that buys a tested option back and sells a later one.

Only for a net credit after fees, unless a dividend is defended; never to a higher strike for a put, never
to a lower one or below break-even for a call; not while a leg is unquoted; not too often and not past the
days of a trade. Of the legs that pay, the one furthest from the money is taken.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from premia.domain.campaign import Trade
from premia.domain.combo import Combo, Leg
from premia.domain.dates import dte, session_of
from premia.domain.instrument import Option, Right
from premia.domain.intent import Intent, Passed, Purpose, evidence
from premia.domain.money import Price, from_ten_thousandths
from premia.strategies.manage import (
    LIKELY,
    near_roll,
    roll_delta_bound,
    roll_premium,
    roll_strike_max,
    roll_strike_min,
    rolled_enough,
    too_late,
)
from premia.strategies.select import (
    Candidate,
    Choice,
    Premiums,
    Wanted,
    choose,
)
from premia.strategies.wheel_case import NAME, Case, shorts
from premia.strategies.wheel_held import (
    Held,
    facts_of,
    slot_of,
    usd,
    welcome,
)
from premia.strategies.wheel_market import (
    before_earnings,
    call_wanted,
    put_wanted,
)

PRIORITY_ROLL = 2


def may_roll(case: Case, trade: Trade, right: Right) -> bool:
    """Whether a roll of a trade could be wanted today, so that the market must be scanned for it."""
    options = [leg.contract for leg in shorts(trade) if isinstance(leg.contract, Option)]
    near = [o for o in options if o.right is right and _near_roll(case, o) and not welcome(case, o)]
    return bool(near) and _roll_limit(case, trade) is None


def roll(case: Case, held: Held, least: int, why: str) -> Intent | Passed:
    """One order that buys the option back and sells a later one for at least `least` a share, net."""
    limit = _roll_limit(case, held.trade)
    if limit is not None:
        return case.passed(held.option.key, "roll_limit", f"held to the end: {limit}", **facts_of(held))
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
        reason = f"held: no roll for a net credit of {usd(least)} ({counted}){nearest}"
        return case.passed(held.option.key, "roll", reason, **(facts_of(held) | choice.facts))
    return _roll_order(case, held, (choice, best), (least, why))


def _roll_order(case: Case, held: Held, found: tuple[Choice, Candidate], terms: tuple[int, str]) -> Intent:
    choice, best = found
    least, why = terms
    mid = best.mid - from_ten_thousandths(held.bid + held.ask) / 2
    natural = from_ten_thousandths(best.bid - held.ask)
    result = held.leg.entry - from_ten_thousandths(held.mid)
    reason = (
        f"roll {held.option.key} ({why}: delta {abs(held.delta):.2f}, {held.dte} days, "
        f"spot {held.market.spot:.2f}) to {best.contract.key} for {mid:.2f} net a share, at least "
        f"{usd(least)}; the old leg realises {result:.2f} a share"
    )
    facts = facts_of(held) | {
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
        slot=slot_of(held.trade, "roll"),
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
    even = case.break_even or Price(Decimal(0))
    if held.option.right is Right.PUT:
        base = put_wanted(case, held.market)
    else:
        base = call_wanted(case, held.market, even)
    sign = held.option.right.sign
    return base._replace(
        strike_min=roll_strike_min(sign, held.strike, base.strike_min),
        strike_max=roll_strike_max(sign, held.strike, base.strike_max),
        # Far from the money first: as much safety as a credit can buy.
        delta_max=roll_delta_bound(case.params.roll_delta_max, base.delta_min),
        delta_aim=base.delta_min,
        premiums=Premiums(credit=roll_premium(held.bid, held.ask, least), fees=0, per_year=0.0),
        expires_after=held.option.expiry,
        expires_by=_deadline(case, held.trade),
        place=LIKELY,
    )


def _near_roll(case: Case, option: Option) -> bool:
    declared = case.book.dividends.get(case.symbol)
    days_to_ex = 0 if declared is None else dte(declared.ex, case.at)
    return near_roll(dte(option.expiry, case.at), case.params.roll_dte, option.right.sign, days_to_ex)


def _roll_limit(case: Case, trade: Trade) -> str | None:
    """Why a trade may not be rolled any more; None where it may."""
    params = case.params
    if rolled_enough(trade.rolls, params.rolls_max):
        return f"rolled {trade.rolls} times, {params.rolls_max} allowed"
    today, last = session_of(case.at), _deadline(case, trade)
    if too_late(today.toordinal(), case.wanted.dte_min, last.toordinal()):
        earliest = today + timedelta(days=case.wanted.dte_min)
        return f"a roll would reach {earliest}, past the {params.trade_days_max} days of the trade ({last})"
    return None


def _deadline(case: Case, trade: Trade) -> date:
    return session_of(trade.opened) + timedelta(days=case.params.trade_days_max)
