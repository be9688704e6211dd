"""The book: all open state of one account, as its journal tells it.

Nothing here is read from the broker directly; what the broker says are facts in the journal too.
`holdings` and `cash` are what our facts explain, `observed` is what the broker last said, and
reconciling is making the two equal. Closed trades are projections elsewhere.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec

from premia.domain.account import AccountState
from premia.domain.campaign import Campaign, Trade
from premia.domain.events import CycleStarted, HoursCompared, OperatorCommand
from premia.domain.instrument import Contract, Option, Right, Stock
from premia.domain.intent import Purpose
from premia.domain.known import Known, Unknown
from premia.domain.market import Dividend
from premia.domain.money import Money, Price
from premia.domain.order import Fill, ObservedOrder, Order, OrderState
from premia.domain.position import BrokerPosition, Holding
from premia.domain.sessions import Session

ENTRIES, ALL = "entries", "all"
"""Scopes of a halt: openings only, or every new order and change of a price."""

START = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER_ASKED = "the broker was not asked yet"


class Block(msgspec.Struct, frozen=True):
    """Why a symbol takes no new entry, and until which session's positions; None: until a person speaks."""

    why: str
    until_session: date | None


class Halt(msgspec.Struct, frozen=True):
    """Why trading stands, since when, and what it forbids: `entries`, or `all` new orders."""

    scope: str
    why: str
    since: datetime
    who: str = ""


class HalfRoll(msgspec.Struct, frozen=True):
    """A roll in two orders of which the first has filled: what is still to be sold.

    Attributes:
        units: Contracts that were bought back and not sold anew.
        least: What each must bring a share, so that the roll brings what it was to bring.
    """

    trade: str
    strategy: str
    symbol: str
    slot: str
    contract: Option
    units: int
    least: Price
    since: datetime


class Expected(msgspec.Struct, frozen=True):
    """A change of cash that we predict: a dividend or a month's interest."""

    cause: str
    amount: Money
    since: date


class Unsettled(msgspec.Struct, frozen=True):
    """Cash of a trade that settles later; `security` is `option` or `stock`."""

    traded: date
    security: str
    amount: Decimal


class Observed(msgspec.Struct, frozen=True):
    """What the broker said last, part by part."""

    account: Known[AccountState] | Unknown
    positions: Known[tuple[BrokerPosition, ...]] | Unknown
    orders: Known[tuple[ObservedOrder, ...]] | Unknown
    next_id: int | None = None

    @property
    def complete(self) -> bool:
        """Whether every part was answered."""
        return (
            isinstance(self.account, Known)
            and isinstance(self.positions, Known)
            and isinstance(self.orders, Known)
        )


class Sent(msgspec.Struct, frozen=True):
    """An order that was given an id to be sent under: when, and which contracts on which side."""

    at: datetime
    key: str
    sides: tuple[str, ...]


class DayStart(msgspec.Struct, frozen=True):
    """Net liquidation with which a session began, USD, money that a person moved taken out."""

    session: date
    worth: Decimal


class Consent(msgspec.Struct, frozen=True):
    """To what a person agreed: the part of net liquidation that the worst case may take from an account."""

    account: str
    part: Decimal
    who: str
    at: datetime


class Accrual(msgspec.Struct, frozen=True):
    """Interest of the running month by our own schedule: unrounded sum, and the last day in it."""

    month: date
    amount: Decimal
    through: date


class Book(msgspec.Struct, frozen=True):
    """Open state of one account.

    Attributes:
        live: Whether the account is real money, as its number said when the last session began.
        consent: To what a person agreed for it; None where nobody did.
        cash: Total cash that our facts explain; None before the baseline.
        holdings: Signed quantities that our facts explain, by contract key; never zero.
        trades, campaigns: Open ones, by id.
        orders: Ours that are not terminal, by key; `ended` keeps this session's terminal ones for late fills.
        copies: Keys under which more works at the broker than should: permanent number to order id, and 0
            where another client sent it.
        fills: Executions of this and the last session by root, against duplicates and for corrections.
        half_rolls: Rolls in two orders of which the first half is done, by trade.
        uncosted: Executions whose commission is not reported yet: exec id to order key.
        attempts: Attempts of this session by series, for keys.
        opened_today: Contracts opened this session a strategy.
        suspected: Fingerprint of the last discrepancy that was seen; it leads with its session.
        left: Keys of positions that are left alone.
        halts: What stops trading, by cause.
        commands: Commands of persons that are taken and not answered yet, by id.
        last_due: The newest scheduled time that was answered or skipped, by strategy.
        running: The pass that has begun and not ended, so that a pass cut off by a crash is not forgotten.
        afresh: Strategies with an order proved never sent, since when: their next pass decides again.
        sends: Orders of this session that were given an id to be sent under, oldest first.
        changes: Times of the changes of prices of the last minutes.
        day: Net liquidation at the start of the session; None before the broker told one.
        trading_days: Sessions in which at least one order was sent; `last_trading_day` is the newest.
        link_lost: Whether the gateway has said that it lost the broker's servers, and not that they are back.
        hours: What the last morning's comparison of trading hours has found.
        drift: Seconds by which the broker's clock was last told to be ahead; zero while both agree.
        ready: Whether the last reconciliation was complete and equal: entries are possible.
    """

    account: str = ""
    at: datetime = START
    session: date = date.min
    connected: bool = False
    client_id: int | None = None
    live: bool = False
    consent: Consent | None = None
    cash: Decimal | None = None
    holdings: dict[str, Holding] = {}
    trades: dict[str, Trade] = {}
    campaigns: dict[str, Campaign] = {}
    orders: dict[str, OrderState] = {}
    ended: dict[str, OrderState] = {}
    copies: dict[str, dict[int, int]] = {}
    half_rolls: dict[str, HalfRoll] = {}
    fills: dict[str, Fill] = {}
    uncosted: dict[str, str] = {}
    attempts: dict[str, int] = {}
    opened_today: dict[str, int] = {}
    blocks: dict[str, Block] = {}
    expected: dict[str, Expected] = {}
    dividends: dict[str, Dividend] = {}
    unsettled: tuple[Unsettled, ...] = ()
    accrual: Accrual | None = None
    suspected: str = ""
    left: dict[str, str] = {}
    observed: Observed = Observed(
        account=Unknown(START, _NEVER_ASKED),
        positions=Unknown(START, _NEVER_ASKED),
        orders=Unknown(START, _NEVER_ASKED),
    )
    ready: bool = False
    link_lost: bool = False
    cycle: str = ""
    next_id: int = 1
    halts: dict[str, Halt] = {}
    commands: dict[str, OperatorCommand] = {}
    last_due: dict[str, datetime] = {}
    running: CycleStarted | None = None
    afresh: dict[str, datetime] = {}
    sends: tuple[Sent, ...] = ()
    changes: tuple[datetime, ...] = ()
    day: DayStart | None = None
    trading_days: int = 0
    last_trading_day: date = date.min
    hours: HoursCompared | None = None
    drift: float = 0.0

    def holding(self, contract: Contract) -> int:
        """Signed quantity of a contract."""
        held = self.holdings.get(contract.key)
        return 0 if held is None else held.quantity

    def shares(self, symbol: str) -> int:
        """Signed shares of a symbol, those left alone included."""
        held = self.holdings.get(symbol)
        return held.quantity if held is not None and isinstance(held.contract, Stock) else 0

    def short_options(self, right: Right, symbol: str | None = None) -> tuple[Holding, ...]:
        """Short options of a right, of one symbol or of all."""
        return tuple(
            held
            for held in self.holdings.values()
            if isinstance(held.contract, Option)
            and held.quantity < 0
            and held.contract.right is right
            and symbol in (None, held.contract.symbol)
        )

    def trades_of(self, strategy: str, symbol: str) -> tuple[Trade, ...]:
        """Open trades of a strategy on a symbol."""
        return tuple(
            t for t in self.trades.values() if t.strategy == strategy and t.symbol == symbol and not t.flat
        )

    def campaign_of(self, strategy: str, symbol: str) -> Campaign | None:
        """The running campaign of a strategy on a symbol."""
        for campaign in self.campaigns.values():
            if campaign.strategy == strategy and campaign.symbol == symbol:
                return campaign
        return None

    def campaign_trades(self, campaign: str) -> list[Trade]:
        """Trades of a campaign that are not recorded as ended."""
        return [trade for trade in self.trades.values() if trade.campaign == campaign]

    def living(self, slot: str) -> OrderState | None:
        """The order that occupies a slot."""
        return next((state for state in self.orders.values() if state.order.slot == slot), None)

    @property
    def planned(self) -> tuple[Order, ...]:
        """Orders not terminal yet, oldest first."""
        return tuple(state.order for state in self.orders.values())

    def trading(self, session: Session | None) -> Session | None:
        """A session as far as the broker trades on it too; None where it does not."""
        told = self.hours
        if session is None or told is None or told.session != session.day:
            return session
        if told.opens is None or told.closes is None:
            return None
        return msgspec.structs.replace(session, opens=told.opens, closes=told.closes)

    def halted(self, purpose: Purpose) -> tuple[str, Halt] | None:
        """The first halt, by cause, that forbids orders of a purpose; None where none does."""
        for cause, halt in sorted(self.halts.items()):
            if halt.scope == ALL or purpose is Purpose.OPEN:
                return cause, halt
        return None


def sides_of(order: Order) -> tuple[str, ...]:
    """Contracts of an order with the side on which it trades each: `-XYZ 2026-02-20 95 P`."""
    return tuple(sorted(f"{'+' if leg.ratio > 0 else '-'}{leg.contract.key}" for leg in order.combo.legs))
