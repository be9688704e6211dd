"""What of the wheel's open options asks for a look before the next run.

The conditions are those of a run, by the same functions: the profit target, the stop, calls without shares,
a dividend that invites exercise, an option tested near its expiry. Being in the money is told too, though a
run may well decide to hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from premia.domain.intent import Number, Passed, evidence
from premia.domain.money import ten_thousandths
from premia.domain.sessions import Sessions
from premia.domain.trigger import Trigger
from premia.strategies.manage import stopped, take_target, takes_profit, tested
from premia.strategies.wheel_case import Case, bare_calls, shorts
from premia.strategies.wheel_exits import dividend_tonight
from premia.strategies.wheel_held import Held, facts_of, read, usd


def watch(case: Case, sessions: Sessions) -> Iterator[Trigger]:
    """The triggers of one symbol's open trades; an option without a market says nothing.

    Args:
        case: The symbol, with its market.
        sessions: Trading days, to know which one is the last before an ex-date.
    """
    for trade in case.trades:
        for leg in shorts(trade):
            held = read(case, trade, leg)
            if not isinstance(held, Passed):
                yield from _triggers(case, held, sessions)


def _triggers(case: Case, held: Held, sessions: Sessions) -> Iterator[Trigger]:
    params, option = case.params, held.option
    entry = ten_thousandths(held.leg.entry)
    target = take_target(entry, held.dte, params.take_profit, params.take_profit_late, params.late_dte)
    bare = bare_calls(case, held.leg)
    if bare:
        yield _trigger(held, "bare_call", f"{bare} {option.key} have no shares under them", bare=bare)
    if takes_profit(held.mid, target):
        text = f"{option.key} costs {usd(held.mid)}, at or below its target of {usd(target)}"
        yield _trigger(held, "profit_target", text, target=target / 10_000)
    if stopped(held.mid, entry, params.stop_at):
        text = f"{option.key} costs {usd(held.mid)}, {params.stop_at:g} times its {usd(entry)} or more"
        yield _trigger(held, "stop", text, stop_at=params.stop_at)
    dividend = dividend_tonight(case, held, sessions)
    if dividend is not None:
        text = f"a dividend of {dividend.amount} on {dividend.ex} invites exercise of {option.key} tonight"
        yield _trigger(held, "ex_dividend", text, dividend=float(dividend.amount))
    if tested(held.delta, held.moneyness, held.dte, params.roll_dte, params.roll_delta):
        what = "tested" if held.dte else "expiry_day"
        text = f"{option.key} is tested: spot {held.market.spot:.2f}, delta {held.delta:.2f}, {held.dte} days"
        yield _trigger(held, what, text)
    if held.moneyness > 0:
        text = f"{option.key} is in the money by {usd(held.moneyness)}, {held.dte} days before its expiry"
        yield _trigger(held, "in_the_money", text)


def _trigger(held: Held, what: str, text: str, **facts: Number) -> Trigger:
    seen = facts_of(held) | facts
    return Trigger(held.trade.id, held.option.symbol, what, text, evidence(**seen))
