"""The market of one symbol as the wheel may use it: priced, live, and clear of earnings.

Here also stands what an option must be to be sold, before a chain is searched for it: window, band,
premiums and bounds, from the parameters of the symbol and from what its underlying is.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from premia.domain.dates import session_of
from premia.domain.instrument import Right
from premia.domain.intent import Passed
from premia.domain.known import Known, Unknown
from premia.domain.market import Seen, Underlying
from premia.domain.money import Price, from_ten_thousandths, ten_thousandths
from premia.domain.quote import DataKind
from premia.strategies.select import (
    Premiums,
    Wanted,
)
from premia.strategies.wheel_case import Case
from premia.strategies.wheel_params import Want


class Market(NamedTuple):
    """An underlying that may be traded on: its price, and the date before which options must expire."""

    seen: Seen
    spot: Price
    before: date | None


def tradable(case: Case, subject: str) -> Market | Passed:
    """The market of the symbol, or why nothing may be sold on it, earnings included."""
    market = live_market(case, subject)
    return market if isinstance(market, Passed) else before_earnings(case, subject, market)


def live_market(case: Case, subject: str) -> Market | Passed:
    """The market of the symbol, or why it cannot be trusted."""
    seen = case.seen
    if isinstance(seen, Unknown):
        return case.passed(subject, "market_data", f"{case.symbol} is unknown: {seen.why}")
    underlying = seen.underlying
    spot = underlying.spot
    if underlying.quote.kind is not DataKind.LIVE:
        kind = underlying.quote.kind.value
        return case.passed(subject, "market_data", f"{case.symbol} data are {kind}, not live", kind=kind)
    if spot is None or spot <= 0:
        return case.passed(subject, "market_data", f"{case.symbol} has no price: {gaps_of(seen)}")
    if underlying.quote.bid is not None and underlying.quote.fault() is not None:
        return case.passed(subject, "market_data", f"{case.symbol} quote: {underlying.quote.fault()}")
    return Market(seen, spot, None)


def before_earnings(case: Case, subject: str, market: Market) -> Market | Passed:
    """The market with the date of earnings that stands in the way, or why it cannot be told."""
    underlying: Underlying = market.seen.underlying
    if underlying.fund is True or case.wanted.earnings == "ignore":
        return market
    known = underlying.earnings
    if not isinstance(known, Known):
        reason = f'the next earnings date is unknown ({known.why}); give one, or set earnings = "ignore"'
        return case.passed(subject, "earnings", reason)
    if known.value is not None and known.value < session_of(case.at):
        reason = f"the earnings date known is {known.value}, which has passed; the next one is unknown"
        return case.passed(subject, "earnings", reason, earnings=known.value.isoformat())
    return market._replace(before=known.value)


def put_wanted(case: Case, market: Market) -> Wanted:
    """What a put must be to be sold."""
    want = case.wanted
    highest = 10**12 if want.put_strike_max is None else ten_thousandths(want.put_strike_max)
    band = (want.put_delta_min, want.put_delta_max, want.put_delta_aim)
    return _wanted(case, Right.PUT, band, market)._replace(strike_max=highest)


def call_wanted(case: Case, market: Market, floor: Price) -> Wanted:
    """What a call must be to be sold, `floor` a share being the lowest strike."""
    want = case.wanted
    lowest = max(_up(floor), ten_thousandths(want.call_strike_min or 0))
    band = (want.call_delta_min, want.call_delta_max, want.call_delta_aim)
    return _wanted(case, Right.CALL, band, market)._replace(strike_min=lowest)


def premiums_of(want: Want, fees_per_share: int, *, fund: bool) -> Premiums:
    """The least premium of an option sold.

    Args:
        want: The parameters of the symbol.
        fees_per_share: Fees of one contract one way, 1/10,000 USD a share.
        fund: Whether the underlying is a fund or index.
    """
    return Premiums(
        credit=ten_thousandths(want.credit_min),
        fees=ten_thousandths(want.fee_multiple_min * (2 * fees_per_share) / 10_000),
        per_year=want.yield_min_fund if fund else want.yield_min_stock,
    )


def gaps_of(seen: Seen) -> str:
    """What could not be had of a symbol, in words."""
    return "; ".join(seen.gaps) or "nothing was delivered"


def _wanted(case: Case, right: Right, band: tuple[float, float, float], market: Market) -> Wanted:
    want, params = case.wanted, case.params
    fund = market.seen.underlying.fund is True
    return Wanted(
        right=right,
        dte_min=want.dte_min,
        dte_max=want.dte_max,
        delta_min=band[0],
        delta_max=band[1],
        delta_aim=band[2],
        premiums=premiums_of(want, case.fees_per_share, fund=fund),
        spread_max=params.spread_max,
        spread_always=ten_thousandths(params.spread_always),
        open_interest_min=params.open_interest_min,
        before=market.before,
        am_settled=want.am_settled,
    )


def _up(price: Price) -> int:
    """A price as 1/10,000 USD, never below it."""
    units = ten_thousandths(price)
    return units if from_ten_thousandths(units) >= price else units + 1
