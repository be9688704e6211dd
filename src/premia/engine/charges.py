"""Our own schedule of what moves cash without an order: sale fees, settlement, interest.

The ledger predicts each of these before the broker books it, so that a cent that nobody predicted
stands out. The tables are dated facts and end somewhere; the last row holds until a newer release.

Source: SEC section 31 fee advisories, FINRA By-Laws Schedule A (trading activity fee), SEC rule
15c6-1, FOMC target rates, IBKR's published interest schedule for US dollars.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from premia.domain.book import Unsettled
from premia.domain.money import Money
from premia.domain.sessions import Sessions

Steps = tuple[tuple[date, Decimal], ...]


class Charges(NamedTuple):
    """The schedule of one broker, as the composition hands it to the engine.

    Attributes:
        sec_per_million: Fee on the value of sales, USD a million, by date.
        taf_per_share, taf_cap: FINRA's fee on shares sold, USD a share, and its most a trade, by date.
        benchmark: Overnight rate, simple annual fraction over 360 days, by its first day.
        credit_below: Credit interest is the benchmark less this fraction.
        debit_above: Debit interest is the benchmark plus this fraction.
        interest_free: Settled cash that earns nothing, USD.
        full_rate_from: Net liquidation below which credit interest shrinks in proportion, USD.
        posting_session: On which session of a month the interest of the month before is posted.
    """

    sec_per_million: Steps
    taf_per_share: Steps
    taf_cap: Steps
    benchmark: Steps
    credit_below: Decimal = Decimal("0.005")
    debit_above: Decimal = Decimal("0.015")
    interest_free: Decimal = Decimal(10_000)
    full_rate_from: Decimal = Decimal(100_000)
    posting_session: int = 3


def _steps(*rows: tuple[str, str]) -> Steps:
    return tuple((date.fromisoformat(day), Decimal(value)) for day, value in rows)


def _middles(*rows: tuple[str, str]) -> Steps:
    """Middle of a quarter-point target range from its upper end in percent."""
    return tuple((date.fromisoformat(day), (Decimal(upper) - Decimal("0.125")) / 100) for day, upper in rows)


US = Charges(
    sec_per_million=_steps(
        ("2013-05-25", "17.40"),
        ("2014-03-18", "22.10"),
        ("2015-02-14", "18.40"),
        ("2016-02-16", "21.80"),
        ("2017-07-04", "23.10"),
        ("2018-05-22", "13.00"),
        ("2019-04-16", "20.70"),
        ("2020-02-18", "22.10"),
        ("2021-02-25", "5.10"),
        ("2022-05-14", "22.90"),
        ("2023-02-27", "8.00"),
        ("2024-05-22", "27.80"),
        ("2025-05-14", "0.00"),
        ("2026-04-04", "20.60"),
    ),
    taf_per_share=_steps(
        ("2012-07-01", "0.000119"),
        ("2022-01-01", "0.00013"),
        ("2023-01-01", "0.000145"),
        ("2024-01-01", "0.000166"),
        ("2026-01-01", "0.000195"),
    ),
    taf_cap=_steps(
        ("2012-07-01", "5.95"),
        ("2022-01-01", "6.49"),
        ("2023-01-01", "7.27"),
        ("2024-01-01", "8.30"),
        ("2026-01-01", "9.79"),
    ),
    # A decision takes effect on the day after it was announced.
    benchmark=_middles(
        ("2008-12-17", "0.25"),
        ("2015-12-17", "0.50"),
        ("2016-12-15", "0.75"),
        ("2017-03-16", "1.00"),
        ("2017-06-15", "1.25"),
        ("2017-12-14", "1.50"),
        ("2018-03-22", "1.75"),
        ("2018-06-14", "2.00"),
        ("2018-09-27", "2.25"),
        ("2018-12-20", "2.50"),
        ("2019-08-01", "2.25"),
        ("2019-09-19", "2.00"),
        ("2019-10-31", "1.75"),
        ("2020-03-04", "1.25"),
        ("2020-03-16", "0.25"),
        ("2022-03-17", "0.50"),
        ("2022-05-05", "1.00"),
        ("2022-06-16", "1.75"),
        ("2022-07-28", "2.50"),
        ("2022-09-22", "3.25"),
        ("2022-11-03", "4.00"),
        ("2022-12-15", "4.50"),
        ("2023-02-02", "4.75"),
        ("2023-03-23", "5.00"),
        ("2023-05-04", "5.25"),
        ("2023-07-27", "5.50"),
        ("2024-09-19", "5.00"),
        ("2024-11-08", "4.75"),
        ("2024-12-19", "4.50"),
        ("2025-09-18", "4.25"),
        ("2025-10-30", "4.00"),
        ("2025-12-11", "3.75"),
    ),
)

_STOCK_CYCLE: Steps = _steps(("1995-06-07", "3"), ("2017-09-05", "2"), ("2024-05-28", "1"))
_DAY_COUNT = 360
_MILLION = 1_000_000


def on(steps: Steps, day: date) -> Decimal:
    """The value that holds on a day; days before the first row take the first."""
    return steps[max(bisect_right(steps, (day, Decimal("Infinity"))) - 1, 0)][1]


def sale_fees(charges: Charges, value: Decimal, shares: int, day: date) -> Money:
    """Regulatory fees on a sale of shares worth `value` USD; exact, as the broker's cash carries them."""
    sec = value * on(charges.sec_per_million, day) / _MILLION
    taf = min(shares * on(charges.taf_per_share, day), on(charges.taf_cap, day))
    return Money(sec + taf)


def settles_on(entry: Unsettled, sessions: Sessions) -> date:
    """The session on which the cash of a trade is settled cash: options next session, stocks by date."""
    cycle = 1 if entry.security == "option" else int(on(_STOCK_CYCLE, entry.traded))
    day = entry.traded
    for _ in range(cycle):
        day = sessions.after(day).day
    return day


def settled(cash: Decimal, unsettled: tuple[Unsettled, ...], day: date, sessions: Sessions) -> Decimal:
    """Settled cash at the end of a day: all cash but what settles later."""
    return cash - sum((e.amount for e in unsettled if settles_on(e, sessions) > day), Decimal(0))


def day_interest(charges: Charges, balance: Decimal, worth: Decimal, day: date) -> tuple[Decimal, Decimal]:
    """Annual rate and unrounded interest of one calendar day on settled cash; negative is owed.

    Args:
        charges: The schedule.
        balance: Settled cash at the end of the day.
        worth: Net liquidation.
        day: The calendar day.
    """
    benchmark = on(charges.benchmark, day)
    if balance < 0:
        rate = benchmark + charges.debit_above
        return rate, balance * rate / _DAY_COUNT
    rate = max(benchmark - charges.credit_below, Decimal(0))
    scale = min(max(worth, Decimal(0)) / charges.full_rate_from, Decimal(1))
    return rate, max(balance - charges.interest_free, Decimal(0)) * rate * scale / _DAY_COUNT
