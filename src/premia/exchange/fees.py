"""What IBKR and the bodies behind it charge, as dated tables.

A commission is the broker's own charge: per contract by the option's premium and the contracts of
the calendar month, at least 1.00 an order. Fees are passed on: options regulatory fee (ORF), OCC
clearing, and on sales the SEC's section 31 and FINRA's trading activity fee (TAF). All of them
change by date, so each is a table and never a constant. Assignment and exercise cost no commission;
the sale of shares by assignment pays the sale fees like any other.

Rates are those of published schedules; where only the rate is known and not the day on which it began,
the row's date is an assumption, and the documentation says which.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from decimal import ROUND_HALF_DOWN, Decimal
from typing import Generic, TypeVar

import msgspec

from premia.domain.instrument import Contract, Option, Settlement
from premia.domain.money import Price, to_cents

T = TypeVar("T")

MINIMUM = Decimal("1.00")
"""Least commission of an order, all its legs and executions together."""

_HUNDREDTH_CENT = Decimal("0.0001")
_DIME = Decimal("0.10")
_NICKEL = Decimal("0.05")
_MILLION = Decimal(1_000_000)


class Dated(Generic[T]):
    """A value that changes by date: each row holds from its day on."""

    def __init__(self, *rows: tuple[date, T]) -> None:
        """Keep rows in ascending order of their first day; days before the first row take the first row."""
        self._days = [day for day, _ in rows]
        self._values = [value for _, value in rows]

    def on(self, day: date) -> T:
        """The value that holds on a day."""
        return self._values[max(bisect_right(self._days, day) - 1, 0)]


class PremiumRates(msgspec.Struct, frozen=True):
    """Commission per contract of the first monthly tier, by the option's price per share."""

    under_nickel: Decimal
    under_dime: Decimal
    dime_or_more: Decimal


class ShareRule(msgspec.Struct, frozen=True):
    """FINRA's trading activity fee on sales: per share, at most `cap` a trade; and per option contract."""

    per_share: Decimal
    cap: Decimal
    per_contract: Decimal


class ClearingRule(msgspec.Struct, frozen=True):
    """OCC's clearing fee per contract and its most per trade."""

    per_contract: Decimal
    cap: Decimal


COMMISSION = Dated(
    (date(2005, 1, 1), PremiumRates(Decimal("0.25"), Decimal("0.50"), Decimal("0.70"))),
    (date(2019, 10, 1), PremiumRates(Decimal("0.25"), Decimal("0.50"), Decimal("0.65"))),
)
"""IBKR Pro, tiered, US options, up to 10,000 contracts a month."""

ORF = Dated(
    (date(2009, 1, 1), Decimal("0.0404")),
    (date(2019, 10, 1), Decimal("0.0330")),
    (date(2023, 1, 1), Decimal("0.02685")),
    (date(2024, 10, 1), Decimal("0.01915")),
    (date(2025, 3, 3), Decimal("0.02815")),
)
"""Options regulatory fee per contract, bought or sold: the sum over exchanges as the broker passes it on."""

OCC = Dated(
    (date(2009, 1, 1), ClearingRule(Decimal("0.05"), Decimal(55))),
    (date(2020, 1, 1), ClearingRule(Decimal("0.055"), Decimal(55))),
    (date(2020, 9, 1), ClearingRule(Decimal("0.045"), Decimal(55))),
    (date(2021, 6, 1), ClearingRule(Decimal("0.02"), Decimal(55))),
)
"""Options Clearing Corporation, per contract, without the discounts for large trades before 2018."""

SEC = Dated(
    (date(2013, 5, 25), Decimal("17.40")),
    (date(2014, 3, 18), Decimal("22.10")),
    (date(2015, 2, 14), Decimal("18.40")),
    (date(2016, 2, 16), Decimal("21.80")),
    (date(2017, 7, 4), Decimal("23.10")),
    (date(2018, 5, 22), Decimal("13.00")),
    (date(2019, 4, 16), Decimal("20.70")),
    (date(2020, 2, 18), Decimal("22.10")),
    (date(2021, 2, 25), Decimal("5.10")),
    (date(2022, 5, 14), Decimal("22.90")),
    (date(2023, 2, 27), Decimal("8.00")),
    (date(2024, 5, 22), Decimal("27.80")),
    (date(2025, 5, 14), Decimal("0.00")),
    (date(2026, 4, 4), Decimal("20.60")),
)
"""SEC section 31 fee in USD per million of sale value."""

TAF = Dated(
    (date(2012, 7, 1), ShareRule(Decimal("0.000119"), Decimal("5.95"), Decimal("0.002"))),
    (date(2022, 1, 1), ShareRule(Decimal("0.00013"), Decimal("6.49"), Decimal("0.00218"))),
    (date(2023, 1, 1), ShareRule(Decimal("0.000145"), Decimal("7.27"), Decimal("0.00244"))),
    (date(2024, 1, 1), ShareRule(Decimal("0.000166"), Decimal("8.30"), Decimal("0.00279"))),
    (date(2026, 1, 1), ShareRule(Decimal("0.000195"), Decimal("9.79"), Decimal("0.00329"))),
)
"""FINRA trading activity fee, sales only."""

INDEX_EXCHANGE_FEE = Dated((date(2009, 1, 1), Decimal("0.60")))
"""Proprietary exchange fee per contract of cash-settled index options; an assumed middle of 0.5 to 0.8."""

SHARE_RATE = Decimal("0.005")
"""IBKR fixed commission per share, at least 1.00 and at most 1 % of the trade's value."""
_SHARE_MOST = Decimal("0.01")

_TIERS = (
    (10_000, None),
    (50_000, (Decimal("0.25"), Decimal("0.50"))),
    (100_000, (Decimal("0.25"), Decimal("0.25"))),
)
_LAST_TIER = Decimal("0.15")


class Charge(msgspec.Struct, frozen=True):
    """What one execution costs before the order's minimum, and what it adds to the month's contracts.

    Attributes:
        commission: The broker's own charge; the order's minimum applies to the sum of these.
        most: The most the commission of this execution may come to; None where there is no cap.
        fees: Third parties' charges, on top of the minimum.
        contracts: Option contracts, for the monthly tier.
    """

    commission: Decimal
    fees: Decimal
    contracts: int = 0
    most: Decimal | None = None


def charge(contract: Contract, quantity: int, price: Price, day: date, volume: int = 0) -> Charge:
    """Commission and fees of an execution.

    Args:
        contract: What was traded.
        quantity: Signed contracts or shares; fees on sales follow its sign.
        price: Per share.
        day: Trading day; it picks the rows of all tables.
        volume: Contracts that the account has traded in this calendar month before.

    Source: IBKR US options schedule, IBKR guide on the ORF, SEC and FINRA fee notices.
    """
    if isinstance(contract, Option):
        count = abs(quantity)
        own = _option_commission(count, price, day, volume)
        passed = _option_fees(contract, count, day)
        if quantity < 0:
            passed += sale_fees(contract, count, price, day)
        return Charge(own, passed, contracts=count)
    shares = abs(quantity)
    value = price * shares
    passed = sale_fees(contract, shares, price, day) if quantity < 0 else Decimal(0)
    return Charge(SHARE_RATE * shares, passed, most=to_cents(_SHARE_MOST * value))


def sale_fees(contract: Contract, count: int, price: Price, day: date) -> Decimal:
    """SEC section 31 and FINRA TAF on the sale of `count` shares or contracts, however they were sold."""
    section31 = SEC.on(day) / _MILLION * price * contract.multiplier * count
    rule = TAF.on(day)
    if isinstance(contract, Option):
        return section31 + rule.per_contract * count
    return section31 + min(rule.per_share * count, rule.cap)


def order_commission(base: Decimal, most: Decimal | None = None) -> Decimal:
    """The broker's charge of an order whose executions add up to `base`: at least the minimum."""
    if base == 0:
        return Decimal(0)
    at_least = max(base, MINIMUM)
    return at_least if most is None else min(at_least, most)


def _option_commission(count: int, price: Price, day: date, volume: int) -> Decimal:
    rates = COMMISSION.on(day)
    first = (
        rates.under_nickel if price < _NICKEL else rates.under_dime if price < _DIME else rates.dime_or_more
    )
    total, left, done = Decimal(0), count, volume
    for upto, pair in _TIERS:
        here = min(max(upto - done, 0), left)
        rate = first if pair is None else pair[0] if price < _NICKEL else pair[1]
        total += rate * here
        done += here
        left -= here
    return total + _LAST_TIER * left


def _option_fees(contract: Option, count: int, day: date) -> Decimal:
    clearing = OCC.on(day)
    total = (ORF.on(day) * count).quantize(_HUNDREDTH_CENT, rounding=ROUND_HALF_DOWN)
    total += min(clearing.per_contract * count, clearing.cap)
    if contract.settlement is not Settlement.SHARES:
        total += INDEX_EXCHANGE_FEE.on(day) * count
    return total
