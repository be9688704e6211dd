"""Open options of the wheel: bought back at the profit target, rolled when tested, else held to the end.

The order of the questions: have the shares under a call gone; is the target reached, or the stop; does a
dividend invite early exercise of a call; is the option tested near its expiry; else it is held, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from msgspec.structs import replace

from premia.domain.campaign import Trade
from premia.domain.dates import session_of
from premia.domain.instrument import Right
from premia.domain.intent import Intent, Number, Passed
from premia.domain.known import Known
from premia.domain.market import Dividend
from premia.domain.money import ten_thousandths
from premia.domain.sessions import Sessions
from premia.strategies.manage import (
    DIVIDEND,
    STOP,
    TAKE,
    TESTED,
    Priced,
    dearness,
    defended_by_roll,
    dividend_roll_credit,
    invites_exercise,
    least_roll_credit,
    take_target,
    verdict,
    worth_buying_back,
)
from premia.strategies.wheel_case import Case, bare_calls, shorts
from premia.strategies.wheel_held import (
    Held,
    close,
    facts_of,
    or_none,
    read,
    usd,
    welcome,
)
from premia.strategies.wheel_rolls import roll


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
        held = read(case, trade, leg)
        answer = held if isinstance(held, Passed) else _answer(case, held, sessions)
        yield answer
        if isinstance(answer, Intent):
            return


def _answer(case: Case, held: Held, sessions: Sessions) -> Intent | Passed:
    params = case.params
    bare = bare_calls(case, held.leg)
    if bare:
        return _bare(case, held, bare)
    entry = ten_thousandths(held.leg.entry)
    target = take_target(entry, held.dte, params.take_profit, params.take_profit_late, params.late_dte)
    dividend = dividend_tonight(case, held, sessions)
    numbers = Priced(held.mid, held.moneyness, held.dte, held.delta)
    said = verdict(numbers, entry, dividend is not None, params)
    if said == TAKE:
        return _take(case, held, entry, target)
    if said == STOP:
        return _stop(case, held, entry)
    if said == DIVIDEND and dividend is not None:
        return _defend(case, held, dividend)
    if said == TESTED:
        return _tested(case, held)
    reason = (
        f"held: costs {usd(held.mid)} against a target of {usd(target)}, {held.dte} days, "
        f"delta {abs(held.delta):.2f}, spot {held.market.spot:.2f}"
    )
    return case.passed(held.option.key, "hold", reason, target=target / 10_000, **facts_of(held))


def _bare(case: Case, held: Held, contracts: int) -> Intent:
    """A call without shares is a short sale in waiting: bought back, whatever it costs."""
    shares = case.book.shares(case.symbol)
    reason = (
        f"buy back {contracts} {held.option.key} at {usd(held.ask)} a share: only {shares} shares of "
        f"{case.symbol} are there to cover the calls sold"
    )
    intent = close(case, held, (reason, facts_of(held) | {"shares": shares, "bare": contracts}), -held.ask)
    return replace(intent, quantity=contracts)


def _take(case: Case, held: Held, entry: int, target: int) -> Intent:
    reason = (
        f"buy back {held.option.key} at {usd(held.mid)} or at most {usd(target)} a share: "
        f"sold at {usd(entry)}, {held.dte} days left"
    )
    facts = facts_of(held) | {"entry": entry / 10_000, "target": target / 10_000}
    return close(case, held, (reason, facts), worst=-target)


def _stop(case: Case, held: Held, entry: int) -> Intent:
    reason = (
        f"buy back {held.option.key} at {usd(held.ask)} or less a share: it costs {usd(held.mid)}, "
        f"{case.params.stop_at:g} times the {usd(entry)} it was sold at, or more"
    )
    return close(case, held, (reason, facts_of(held) | {"stop_at": case.params.stop_at}), worst=-held.ask)


def _tested(case: Case, held: Held) -> Intent | Passed:
    """Roll, or what the parameters say where no roll is to be had."""
    if welcome(case, held.option):
        even = case.break_even
        reason = (
            f"let it be called: strike {held.option.strike:.2f} at or above break-even "
            f"{or_none(even)}, spot {held.market.spot:.2f}, {held.dte} days"
        )
        return case.passed(held.option.key, "called", reason, break_even=even, **facts_of(held))
    least = least_roll_credit(ten_thousandths(case.params.roll_credit_min), case.fees_per_share)
    rolled = roll(case, held, least, "tested")
    if isinstance(rolled, Intent) or case.params.otherwise == "hold":
        return rolled
    reason = f"close {held.option.key}, tested and not rolled: {rolled.reason}"
    return close(case, held, (reason, facts_of(held)), worst=-held.ask)


def _defend(case: Case, held: Held, dividend: Dividend) -> Intent | Passed:
    """A call that invites exercise tonight: let it go, roll it away, or buy it back, by what each costs."""
    amount = ten_thousandths(dividend.amount)
    intrinsic = max(held.spot - held.strike, 0)
    extrinsic = held.mid - intrinsic
    even = case.break_even
    facts: dict[str, Number] = facts_of(held) | {
        "dividend": amount / 10_000,
        "ex_date": dividend.ex.isoformat(),
        "extrinsic": extrinsic / 10_000,
        "break_even": None if even is None else float(even),
    }
    numbers = (
        f"dividend {usd(amount)} on {dividend.ex}, time value {usd(extrinsic)}, strike "
        f"{held.option.strike:.2f}, break-even {or_none(even)}"
    )
    if welcome(case, held.option):
        reason = f"let it be called: being called is welcome; {numbers}"
        return case.passed(held.option.key, "called", reason, **facts)
    rolled = roll(case, held, dividend_roll_credit(amount, case.fees_per_share), "dividend")
    if isinstance(rolled, Intent) and defended_by_roll(ten_thousandths(rolled.mid), amount):
        return rolled
    cost = dearness(held.ask, intrinsic, case.fees_per_share)
    if worth_buying_back(cost, amount):
        reason = f"buy back {held.option.key} before the ex-date, cost {usd(cost)}; {numbers}"
        return close(case, held, (reason, facts | {"cost": cost / 10_000}), worst=-held.ask)
    why = rolled.reason
    reason = f"let it be called: buying back costs {usd(cost)} beyond intrinsic, and {why}; {numbers}"
    return case.passed(held.option.key, "called", reason, **(facts | {"cost": cost / 10_000}))


def dividend_tonight(case: Case, held: Held, sessions: Sessions) -> Dividend | None:
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
