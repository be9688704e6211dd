"""New options of the wheel: puts for cash that has room, calls on shares that carry none.

Each slot ends in one intent or in one sentence why not. Whether a slot could take an order at all
follows from the book alone (`put_stop`, `call_stop`), so that the market is asked only for what could
lead to an order. A call below the campaign's break-even is sold only under `recover`.
"""

from __future__ import annotations

from decimal import Decimal

from premia.domain.combo import single
from premia.domain.dates import dte, session_of
from premia.domain.instrument import Right
from premia.domain.intent import Intent, Number, Passed, Purpose, evidence
from premia.domain.money import Price, from_ten_thousandths
from premia.strategies.capacity import LOT, calls_to_sell, has_room, puts_to_sell
from premia.strategies.select import (
    Candidate,
    Choice,
    Wanted,
    band_strikes,
    choose,
    eased_delta,
    eased_premiums,
    least_premium,
)
from premia.strategies.wheel_case import NAME, Case, strike_value, uncovered
from premia.strategies.wheel_market import (
    Market,
    call_wanted,
    gaps_of,
    put_wanted,
    tradable,
)

PRIORITY_CALL = 4
PRIORITY_PUT = 5
_PLAUSIBLE = Decimal("0.5")
"""The part of what the symbol was held at that `has_room` asks for, to name it where it is missing."""


def put_stop(case: Case) -> Passed | None:
    """Why no put can be sold whatever the market shows; None where one could be."""
    slot = f"{case.symbol}/put"
    stop = case.occupied(slot) or _left_alone(case, slot)
    if stop is not None:
        return stop
    open_puts = -sum(leg.quantity for leg in case.short_legs(Right.PUT))
    if open_puts >= case.wanted.contracts_max:
        return case.passed(
            slot,
            "contracts_max",
            f"{open_puts} puts are open, {case.wanted.contracts_max} allowed",
            open=open_puts,
        )
    held_at = _held_at(case)
    if has_room(case.target - case.committed, held_at):
        return None
    return _no_room(case, slot, max(held_at * _PLAUSIBLE * LOT, Decimal(1)))


def call_stop(case: Case) -> Passed | None:
    """Why no call can be sold whatever the market shows; None where one could be."""
    slot = f"{case.symbol}/call"
    stop = case.occupied(slot) or _left_alone(case, slot)
    if stop is not None:
        return stop
    campaign = case.campaign
    shares = 0 if campaign is None else campaign.shares
    free = uncovered(case)
    if calls_to_sell(free) < 1:
        reason = f"{free} of {shares} shares carry no call, {LOT} needed"
        return case.passed(slot, "covered", reason, shares=shares, uncovered=free)
    if case.break_even is None:
        return case.passed(slot, "break_even", "the campaign has no break-even", shares=shares)
    return None


def propose_put(case: Case) -> Intent | Passed:
    """One put to sell, or why none."""
    slot = f"{case.symbol}/put"
    stop = put_stop(case)
    if stop is not None:
        return stop
    market = tradable(case, slot)
    if isinstance(market, Passed):
        return market
    wanted = put_wanted(case, market)
    choice = choose(market.seen.chain, wanted, case.at)
    best = choice.best
    if best is None:
        return _none(case, slot, market, choice)
    value = best.contract.strike_value.amount
    open_puts = -sum(leg.quantity for leg in case.short_legs(Right.PUT))
    quantity = puts_to_sell(case.target - case.committed, value, open_puts, case.wanted.contracts_max)
    if quantity < 1:
        return _no_room(case, slot, value)
    taken = Decimal(best.strike) / 10_000 - best.mid
    facts = _facts(case, market, best, quantity) | {
        "cash_if_assigned": float(value * quantity),
        "break_even": float(taken),
        "target_usd": float(case.target),
        "committed_usd": float(case.committed),
    }
    return _sale(case, slot, (choice, best, wanted), quantity, facts)


def propose_call(case: Case) -> Intent | Passed:
    """One call to sell against the campaign's shares, or why none."""
    slot = f"{case.symbol}/call"
    stop = call_stop(case)
    if stop is not None:
        return stop
    market = tradable(case, slot)
    if isinstance(market, Passed):
        return market
    even = case.break_even or Price(Decimal(0))
    wanted = call_wanted(case, market, even)
    choice = choose(market.seen.chain, wanted, case.at)
    if choice.best is None:
        wanted, choice = _underwater(case, market, wanted, choice)
    best = choice.best
    if best is None:
        return _no_call(case, slot, market, (choice, wanted))
    quantity = calls_to_sell(uncovered(case))
    facts = _facts(case, market, best, quantity) | {
        "break_even": float(even),
        "strike_floor": wanted.strike_min / 10_000,
        "shares_uncovered": uncovered(case),
        "proceeds_if_called": float(best.contract.strike_value.amount * quantity),
        "gain_if_called": float((best.contract.strike + best.mid - even) * LOT * quantity),
    }
    return _sale(case, slot, (choice, best, wanted), quantity, facts)


def _underwater(case: Case, market: Market, wanted: Wanted, choice: Choice) -> tuple[Wanted, Choice]:
    """A second search under the policy for shares below their break-even."""
    want = case.wanted
    if want.underwater == "min_delta":
        lower = eased_delta(want.underwater_delta_min, wanted.delta_min)
        eased = wanted._replace(delta_min=lower, premiums=eased_premiums(wanted.premiums))
    elif want.underwater == "recover":
        even = case.break_even or Price(Decimal(0))
        floor = Price(even * (1 - Decimal(str(want.realised_loss_max))))
        eased = call_wanted(case, market, floor)
    else:
        return wanted, choice
    return eased, choose(market.seen.chain, eased, case.at)


def _sale(
    case: Case,
    slot: str,
    found: tuple[Choice, Candidate, Wanted],
    quantity: int,
    facts: dict[str, Number],
) -> Intent:
    choice, best, wanted = found
    least = from_ten_thousandths(least_premium(best.strike, best.dte, wanted.premiums))
    reason = (
        f"sell {best.contract.key} at {best.mid:.2f} a share, {best.yearly:.1%} a year on the "
        f"strike, delta {abs(best.delta):.2f}, {best.dte} days; least premium {least:.2f}"
    )
    return Intent(
        strategy=NAME,
        symbol=case.symbol,
        slot=slot,
        purpose=Purpose.OPEN,
        combo=single(best.contract, -1),
        quantity=quantity,
        mid=best.mid,
        natural=best.natural,
        worst=max(least, best.natural),
        reason=reason,
        evidence=evidence(**(facts | {"least_premium": float(least)} | choice.facts)),
        urgency="patient",
        priority=PRIORITY_PUT if wanted.right is Right.PUT else PRIORITY_CALL,
        score=best.yearly,
    )


def _facts(case: Case, market: Market, best: Candidate, quantity: int) -> dict[str, Number]:
    """What every sale states."""
    return {
        "spot": float(market.spot),
        "strike": best.strike / 10_000,
        "expiry": best.contract.expiry.isoformat(),
        "dte": best.dte,
        "delta": best.delta,
        "iv": best.iv,
        "bid": best.bid / 10_000,
        "ask": best.ask / 10_000,
        "mid": float(best.mid),
        "credit": float(best.mid * LOT * quantity),
        "yield_a_year": best.yearly,
        "open_interest": best.open_interest,
        "quantity": quantity,
        "fees_round_trip": round(2 * case.params.fee_per_contract * quantity, 2),
    }


def _none(case: Case, slot: str, market: Market, choice: Choice) -> Passed:
    """No row passed: the filters with their counts, and the nearest."""
    counted = ", ".join(f"{name} {count}" for name, count in choice.counts.items())
    reason = (
        f"no row passes; taken out by {counted}" if counted else f"the chain is empty: {gaps_of(market.seen)}"
    )
    if choice.near:
        reason += f". Nearest: {choice.near[0]}"
    return case.passed(slot, "selection", reason, spot=market.spot, **choice.facts)


def _no_call(case: Case, slot: str, market: Market, found: tuple[Choice, Wanted]) -> Passed:
    """No call passed: where band and floor exclude each other, both numbers and the days waited."""
    choice, wanted = found
    band = band_strikes(market.seen.chain, wanted, case.at)
    floor = wanted.strike_min / 10_000
    if band is None or float(band[1]) >= floor:
        return _none(case, slot, market, choice)
    even = case.break_even or Price(Decimal(0))
    campaign = case.campaign
    since = None if campaign is None else campaign.capital_since
    waited = 0 if since is None else -dte(session_of(since), case.at)
    reason = (
        f"no strike meets both break-even and delta: break-even {even:.2f} asks for {floor:.2f} or more, "
        f"delta {wanted.delta_min} to {wanted.delta_max} ends at {band[1]:.2f}, spot {market.spot:.2f}; "
        f"underwater = {case.wanted.underwater}, {waited} days waited"
    )
    return case.passed(
        slot,
        "break_even",
        reason,
        break_even=even,
        strike_floor=floor,
        band_strike_max=band[1],
        spot=market.spot,
        days_waited=waited,
    )


def _no_room(case: Case, slot: str, value: Decimal) -> Passed:
    """The target is used up, or is below one contract: then the smallest account that could trade it."""
    target, committed = case.target, case.committed
    facts: dict[str, Number | Decimal] = {
        "target_usd": target,
        "committed_usd": committed,
        "contract_usd": value,
    }
    if target >= value or target <= 0:
        reason = f"{target - committed:,.0f} USD left of {target:,.0f}, a contract takes about {value:,.0f}"
        return case.passed(slot, "size", reason, **facts)
    smallest = value * case.worth / target
    reason = (
        f"a contract takes about {value:,.0f} USD, the target is {target:,.0f}; "
        f"the smallest account that could trade it has {smallest:,.0f}"
    )
    return case.passed(slot, "size", reason, smallest_account_usd=smallest, **facts)


def _left_alone(case: Case, slot: str) -> Passed | None:
    why = case.book.left.get(case.symbol)
    if why is None:
        return None
    return case.passed(
        slot, "left_alone", f"shares of {case.symbol} were there before and are left alone: {why}"
    )


def _held_at(case: Case) -> Decimal:
    """A price a share at which the symbol was held or written on; zero where it is new."""
    strikes = [-strike_value(leg) / leg.quantity / LOT for leg in case.short_legs(Right.PUT)]
    campaign = case.campaign
    if campaign is not None and campaign.shares > 0:
        strikes.append(campaign.share_cost.amount / campaign.shares)
    return min(strikes, default=Decimal(0))
