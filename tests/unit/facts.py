"""Facts and observations for tests of the fold and of the engine: short to write, easy to check by head."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from premia.domain import events as ev
from premia.domain.account import AccountState
from premia.domain.combo import Combo, Leg, single
from premia.domain.dates import NEW_YORK
from premia.domain.instrument import Contract, Option, Right, Stock
from premia.domain.intent import Purpose, evidence
from premia.domain.known import Known, Unknown
from premia.domain.money import Money, price, usd
from premia.domain.order import Fill, Ladder, ObservedOrder, Order
from premia.domain.position import BrokerPosition
from premia.domain.sessions import Session, Sessions

MONDAY = date(2026, 1, 5)
XYZ = Stock("XYZ")


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A New York time of day as UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


def weekdays(first: date = date(2025, 12, 1), last: date = date(2026, 12, 31)) -> Sessions:
    """Every weekday is a session from 09:30 to 16:00."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return Sessions(Session(day, at(day, 9, 30), at(day, 16)) for day in days if day.weekday() < 5)


def a_put(strike: str = "50", expiry: date = date(2026, 2, 6), symbol: str = "XYZ") -> Option:
    return Option(symbol, expiry, Decimal(strike), Right.PUT)


def a_call(strike: str = "51", expiry: date = date(2026, 3, 6), symbol: str = "XYZ") -> Option:
    return Option(symbol, expiry, Decimal(strike), Right.CALL)


def an_order(
    key: str, contract: Option, *, quantity: int = 1, session: date = MONDAY, limit: str = "0.60"
) -> Order:
    """An opening sale of one series."""
    right = "put" if contract.right is Right.PUT else "call"
    return Order(
        key=key,
        strategy="wheel",
        symbol=contract.symbol,
        slot=f"{contract.symbol}/{right}",
        purpose=Purpose.OPEN,
        combo=single(contract, -1),
        quantity=quantity,
        limit=price(limit),
        worst=price("0.50"),
        tick=Decimal("0.01"),
        ladder=Ladder(2, timedelta(minutes=1), timedelta(minutes=5)),
        reserved=usd(0),
        trade=key,
        session=session,
        reason="because the test says so",
        mid=price(limit),
        natural=price("0.50"),
    )


def a_roll(key: str, trade: str, old: Option, new: Option, *, session: date) -> Order:
    """One combo that buys `old` back and sells `new`."""
    return Order(
        key=key,
        strategy="wheel",
        symbol=old.symbol,
        slot=f"{old.symbol}/roll/{trade}",
        purpose=Purpose.ROLL,
        combo=Combo((Leg(old, 1), Leg(new, -1))),
        quantity=1,
        limit=price("0.40"),
        worst=price("0.10"),
        tick=Decimal("0.01"),
        ladder=Ladder(2, timedelta(minutes=1), timedelta(minutes=5)),
        reserved=usd(0),
        trade=trade,
        session=session,
        reason="because the test says so",
        mid=price("0.40"),
        natural=price("0.10"),
    )


def a_baseline(
    cash: str = "10000", *positions: BrokerPosition, when: datetime | None = None
) -> ev.BaselineTaken:
    return ev.BaselineTaken(at=when or at(MONDAY, 9), cash=Decimal(cash), positions=positions)


def a_fill(
    key: str,
    contract: Contract,
    quantity: int,
    paid: str,
    when: datetime,
    *,
    cost: str | None = "1.05",
) -> Fill:
    """An execution with the commission known, unless `cost` is None."""
    return Fill(
        exec_id=f"{key}/{contract.key}.01",
        order_ref=key,
        broker_id=1,
        client_id=7,
        perm_id=99,
        contract=contract,
        quantity=quantity,
        price=price(paid),
        at=when,
        commission=None if cost is None else usd(cost),
    )


def sent(order: Order, when: datetime, broker_id: int = 1) -> list[ev.AnyEvent]:
    """An order on its way: approved, requested, its id durable."""
    return [
        ev.MarginRequested(at=when, cycle="c", order=order, evidence=evidence()),
        ev.OrderRequested(at=when, key=order.key),
        ev.OrderIdAssigned(at=when, key=order.key, broker_id=broker_id, client_id=7),
    ]


def accepted(key: str, when: datetime, broker_id: int = 1) -> ev.OrderAccepted:
    return ev.OrderAccepted(at=when, key=key, broker_id=broker_id, perm_id=99)


def filled(fill: Fill) -> ev.OrderFilled:
    return ev.OrderFilled(at=fill.at, key=fill.order_ref, fill=fill)


def a_position(contract: Contract, quantity: int, cost: str = "0") -> BrokerPosition:
    return BrokerPosition(contract, quantity, Decimal(cost))


def an_observation(
    when: datetime,
    *positions: BrokerPosition,
    cash: str | None,
    orders: tuple[ObservedOrder, ...] = (),
    fills: tuple[Fill, ...] = (),
    next_id: int | None = 1,
) -> ev.BrokerObserved:
    """A complete answer of the broker."""
    account = AccountState(
        account="DU1",
        currency="USD",
        net_liquidation=Decimal(200_000),
        total_cash=None if cash is None else Decimal(cash),
    )
    return ev.BrokerObserved(
        at=when,
        account=Known(account, when),
        positions=Known(positions, when),
        orders=Known(orders, when),
        fills=Known(fills, when),
        next_id=next_id,
    )


def unanswered(when: datetime) -> ev.BrokerObserved:
    """An observation in which the positions timed out."""
    known = an_observation(when, cash="0")
    return ev.BrokerObserved(
        at=when,
        account=known.account,
        positions=Unknown(when, "positions: no answer within 10 s"),
        orders=known.orders,
        fills=known.fills,
        next_id=known.next_id,
    )


def cents(amount: Money) -> str:
    return f"{amount.amount:.2f}"
