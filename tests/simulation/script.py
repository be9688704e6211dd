"""What one seed plays: a week, an account, a configuration, and the faults that strike in it, all drawn.

Every fault of the list of reliability is one kind here. A strike has a time, a kind, words that only its kind
understands, and for most of them an end. Strikes gather around the runs, where orders are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from premia.adapters.calendars import NEW_YORK
from premia.adapters.calendars import sessions as calendar
from premia.domain.dates import new_york
from premia.domain.instrument import Option, Right, Stock
from premia.domain.sessions import Session, Sessions
from premia.exchange.market import Market
from premia.exchange.policy import AccountSetup, Deposit, Opening, Policy
from premia.exchange.scenarios import LOOK_AHEAD, PAST, synthetic_market
from premia.exchange.stochastic import Kind, StockModel
from tests.simulation.dice import Dice
from tests.simulation.kinds import KINDS, SYMBOLS

ACCOUNT = "DU1000001"
SESSIONS = 5
FIRST_TURN = time(8, 30)
FIRST_DAYS = {
    "an ordinary week": date(2024, 2, 12),
    "the leap day": date(2024, 2, 27),
    "summer time begins": date(2024, 3, 7),
    "Good Friday": date(2024, 3, 26),
    "the day before Independence Day": date(2024, 7, 1),
    "summer time ends": date(2024, 10, 31),
    "Thanksgiving": date(2024, 11, 26),
    "the end of the year": date(2024, 12, 27),
}
CONFIG = """
[account]
number = "{account}"
[broker]
port = {port}
[journal]
path = "{journal}"
[strategies.wheel]
adopt = true
earnings = "ignore"
yield_min_fund = 0.02
yield_min_stock = 0.02
credit_min = 0.05
fee_multiple_min = 1.0
open_interest_min = 0
spread_max = 0.5
dte_min = {dte_min}
dte_max = {dte_max}
take_profit = {take_profit}
[strategies.wheel.symbols]
FND = {{ weight = 0.35 }}
ABC = {{ weight = 0.35 }}
XYZ = {{ weight = 0.2 }}
[limits.concentration]
fund = 0.5
stock = 0.5
[limits.daily_limit]
contracts_a_day = {contracts_a_day}
[limits.liquidity]
open_interest_min = 0
spread_max = 0.5
[gate]
contracts_an_order = {contracts_an_order}
usd_an_order = 100000.0
usd_working = 150000.0
orders_a_minute = {orders_a_minute}
daily_loss_max = 0.3
[orders]
rolls = "{rolls}"
patient = {{ steps = 3, every_s = {every_s}, patience_s = 300, floor = 1.0 }}
[schedule]
after_open = [{after_open}]
before_close = [45]
[daemon]
watch_s = {watch_s}
observe_s = {observe_s}
cancel_on_stop = {cancel_on_stop}
"""


class Strike(NamedTuple):
    """One fault.

    Attributes:
        at: When it strikes.
        kind: Its name in `nemesis.KINDS`.
        words: What its kind needs to know.
        lasts_s: Seconds until it is lifted; 0 where it happens and is over.
    """

    at: datetime
    kind: str
    words: str = ""
    lasts_s: float = 0.0


class Script(NamedTuple):
    """Everything that a seed fixes.

    Attributes:
        settings: What the configuration's text is filled with.
        calm: From when on nothing strikes any more.
        end: When it is over.
    """

    seed: int
    week: str
    sessions: tuple[Session, ...]
    settings: dict[str, object]
    accounts: AccountSetup
    policy: Policy
    strikes: tuple[Strike, ...]
    calm: datetime
    end: datetime

    @property
    def start(self) -> datetime:
        return new_york(self.sessions[0].day, FIRST_TURN)


_CALENDARS: dict[date, Sessions] = {}


def days_around(first: date) -> Sessions:
    """New York's sessions around a week; those of a week are loaded once a process."""
    if first not in _CALENDARS:
        _CALENDARS[first] = calendar(NEW_YORK, first - PAST, first + timedelta(days=60) + LOOK_AHEAD)
    return _CALENDARS[first]


@lru_cache(maxsize=1)
def market_of(seed: int, first: date) -> Market:
    """A fund and two stocks that move more than most, so that a week has assignments."""
    models = [
        StockModel(
            symbol="FND", kind=Kind.FUND, price=120.0, vol=0.25, drift=0.15, market=0.9, earnings_move=0.0
        ),
        StockModel(symbol="ABC", price=80.0, vol=0.55, dividend_yield=0.06, liquidity=0.7),
        StockModel(symbol="XYZ", price=35.0, vol=0.65, dividend_yield=0.0, liquidity=0.7),
    ]
    return synthetic_market(models, days_around(first), first, first + timedelta(days=60), seed=1000 + seed)


def drawn(seed: int, faults: float = 1.0, kinds: Callable[[str], bool] = lambda _kind: True) -> Script:
    """The script of a seed.

    Args:
        faults: How many strikes, as a multiple of the usual number; 0 for a quiet week.
        kinds: Which kinds of faults may strike.
    """
    dice = Dice(seed, "script")
    week = dice.choice(sorted(FIRST_DAYS))
    first = FIRST_DAYS[week]
    known = days_around(first).between(first, first + timedelta(days=20))
    sessions = tuple(known[:SESSIONS])
    settings = _settings(dice)
    calm = sessions[-1].opens + timedelta(minutes=60)
    script = Script(
        seed=seed,
        week=week,
        sessions=sessions,
        settings=settings,
        accounts=_account(dice, market_of(seed, sessions[0].day), sessions),
        policy=_policy(dice, seed),
        strikes=(),
        calm=calm,
        end=sessions[-1].closes + timedelta(minutes=30),
    )
    count = round((12 + dice.below(12)) * faults)
    names = [name for name in sorted(KINDS) for _ in range(KINDS[name].weight) if kinds(name)]
    strikes = [_strike(dice, script, dice.choice(names)) for _ in range(count)] if names else []
    return script._replace(strikes=tuple(sorted(strikes)))


def _settings(dice: Dice) -> dict[str, object]:
    low = dice.choice([1, 3, 7])
    return {
        "account": ACCOUNT,
        "dte_min": low,
        "dte_max": low + 7 + dice.below(14),
        "take_profit": dice.choice([0.3, 0.5, 0.8]),
        "contracts_a_day": 2 + dice.below(4),
        "contracts_an_order": 6 + dice.below(5),
        "orders_a_minute": dice.choice([2, 5, 12]),
        "rolls": dice.choice(["combo", "two_orders"]),
        "every_s": dice.choice([20, 45, 120]),
        "after_open": dice.choice(["20", "20, 90", "20, 60, 120"]),
        "watch_s": dice.choice([900, 1800, 3600]),
        "observe_s": dice.choice([1800, 3600]),
        "cancel_on_stop": dice.choice(["true", "false"]),
    }


def _account(dice: Dice, market: Market, sessions: tuple[Session, ...]) -> AccountSetup:
    openings: list[Opening] = []
    for symbol in SYMBOLS:
        lots = 1 + dice.below(2) if dice.chance(0.3) else 0
        if lots:
            openings.append(Opening(Stock(symbol), 100 * lots, Decimal(50)))
        right = Right.CALL if lots else Right.PUT
        option = _near_the_money(dice, market, symbol, right, sessions)
        if option is not None and dice.chance(0.35):
            openings.append(Opening(option, -max(lots, 1), Decimal(100)))
    deposits = ()
    if dice.chance(0.3):
        amount = Decimal(dice.choice([5_000, -3_000, 12_345]))
        deposits = (Deposit(dice.choice(sessions[1:4]).day, amount),)
    return AccountSetup(ACCOUNT, cash=Decimal(60_000), openings=tuple(openings), deposits=deposits)


def _near_the_money(
    dice: Dice, market: Market, symbol: str, right: Right, sessions: tuple[Session, ...]
) -> Option | None:
    """An option that expires within the week and may well be assigned; None where the week has no expiry."""
    at = sessions[0].opens
    series = [one for one in market.listed(symbol, at).series if one.expiry <= sessions[-2].day]
    wanted = market.spot(symbol, at) * dice.between(0.96, 1.05)
    if not series:
        return None
    chosen = dice.choice(series)
    strike = min(chosen.strikes, key=lambda one: (abs(float(one) - wanted), one))
    return Option(symbol, chosen.expiry, strike, right)


def _policy(dice: Dice, seed: int) -> Policy:
    return Policy(
        seed=seed,
        shy=dice.choice([0.0, 0.15, 0.5]),
        base_hazard=dice.choice([0.1, 0.35]),
        whole=dice.choice([0.0, 0.5]),
        early_assignment=dice.choice([0.5, 1.0]),
        saturday=dice.chance(0.3),
        pin_fraction=Decimal(dice.choice(["0", "0.01"])),
    )


def _strike(dice: Dice, script: Script, kind: str) -> Strike:
    at = _moment(dice, script)
    words, lasts_s = KINDS[kind].draw(dice)
    left = (script.calm - at).total_seconds()
    return Strike(at, kind, words, min(lasts_s, max(left, 0.0)))


def _moment(dice: Dice, script: Script) -> datetime:
    """Around a run mostly; sometimes at any time of a session, or of the whole week."""
    session = dice.choice(script.sessions[:-1])
    place = dice.uniform()
    if place < 0.55:
        runs = [20, 90, (session.closes - session.opens).total_seconds() / 60 - 45]
        at = session.opens + timedelta(minutes=dice.choice(runs) + dice.between(-1, 12))
    elif place < 0.85:
        at = session.opens + (session.closes - session.opens) * dice.uniform()
    else:
        at = script.start + (script.calm - script.start) * dice.uniform()
    latest = script.calm - timedelta(minutes=1)
    at = min(max(at, script.start + timedelta(seconds=5)), latest)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
