"""A small wheel as a journal: a put sold and assigned, a dividend, a call sold, the shares called away.

The figures are those that one checks by head: put 50 at 0.60, call 51 at 0.55, dividend 0.25, fee 1.05 an
option order; so premium 115, shares +100, dividends 25, fees 2.10, and 237.90 in all.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from premia.domain import events as ev
from premia.domain.account import AccountState
from premia.domain.combo import Combo, Leg, single
from premia.domain.instrument import Contract, Option, Right
from premia.domain.intent import Intent, Passed, Purpose, evidence
from premia.domain.known import Known
from premia.domain.market import Dividend
from premia.domain.money import price, usd
from premia.domain.order import Fill, Ladder, Order
from premia.domain.position import BrokerPosition

PUT = Option("XYZ", date(2026, 1, 16), Decimal(50), Right.PUT)
CALL = Option("XYZ", date(2026, 2, 20), Decimal(51), Right.CALL)
LADDER = Ladder(steps=4, every=timedelta(minutes=2), patience=timedelta(minutes=10))


def at(month: int, day: int, hour: int = 15, minute: int = 0) -> datetime:
    """An instant of 2026, UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def numbered(events: list[ev.AnyEvent]) -> list[tuple[int, ev.AnyEvent]]:
    """Events as a journal reads them."""
    return list(enumerate(events, 1))


def an_order(slot: str, combo: Combo, limit: str, when: datetime, **other: object) -> Order:
    """An order of the wheel on XYZ."""
    side = slot.partition("/")[2]
    key = f"wheel/XYZ/{side}/{when.date()}/{other.pop('attempt', 1)}"
    wanted = {
        "purpose": Purpose.OPEN,
        "quantity": 1,
        "worst": price(limit) - price("0.05"),
        "trade": key,
        "reserved": usd(5000),
        "reason": f"{side} at delta 0.25",
    } | other
    return Order(
        key=key,
        strategy="wheel",
        symbol="XYZ",
        slot=slot,
        combo=combo,
        limit=price(limit),
        tick=Decimal("0.01"),
        ladder=LADDER,
        session=when.date(),
        **wanted,
    )


def a_fill(
    order: Order, contract: Contract, quantity: int, at_price: str, when: datetime, **other: object
) -> Fill:
    """An execution of an order, with its commission unless told otherwise."""
    wanted = {"commission": usd("1.05"), "exec_id": f"{order.key}/{contract.key}.01"} | other
    return Fill(
        order_ref=order.key,
        broker_id=7,
        client_id=1,
        perm_id=70,
        contract=contract,
        quantity=quantity,
        price=price(at_price),
        at=when,
        **wanted,
    )


def sent(order: Order, when: datetime, cycle: str = "c", broker_id: int = 7) -> list[ev.AnyEvent]:
    """An order from its decision until it works."""
    return [
        ev.MarginRequested(at=when, cycle=cycle, order=order, evidence=evidence(delta=-0.25, spot=52.1)),
        ev.OrderRequested(at=when, key=order.key),
        ev.OrderIdAssigned(at=when, key=order.key, broker_id=broker_id, client_id=1),
        ev.OrderAccepted(at=when, key=order.key, broker_id=broker_id, perm_id=70),
    ]


def filled(order: Order, contract: Contract, quantity: int, at_price: str, when: datetime) -> ev.OrderFilled:
    """One execution of an order as an event."""
    return ev.OrderFilled(at=when, key=order.key, fill=a_fill(order, contract, quantity, at_price, when))


def told(when: datetime, worth: str, *positions: BrokerPosition) -> ev.BrokerObserved:
    """What the broker says: net liquidation and positions."""
    account = AccountState("DU1", "USD", net_liquidation=Decimal(worth), total_cash=Decimal(worth))
    return ev.BrokerObserved(
        at=when,
        account=Known(account, when),
        positions=Known(tuple(positions), when),
        orders=Known((), when),
        fills=Known((), when),
        next_id=8,
    )


def start(cash: str = "10000", positions: tuple[BrokerPosition, ...] = ()) -> list[ev.AnyEvent]:
    """A session stands and the account is known."""
    when = at(1, 5, 14, 30)
    return [
        ev.Connected(at=when, account="DU1", client_id=1, paper=True, server_version=178),
        told(when, cash, *positions),
        ev.BaselineTaken(at=when, cash=Decimal(cash), positions=positions),
    ]


def cycle(name: str, when: datetime, *inside: ev.AnyEvent) -> list[ev.AnyEvent]:
    """A pass of the engine around what it decided."""
    counts = {"intents": 1, "approved": 1, "refused": 0, "passed": 1}
    return [
        ev.CycleStarted(at=when, cycle=name, session=when.date(), strategies=("wheel",)),
        *inside,
        ev.CycleEnded(at=when, cycle=name, **counts),
    ]


def passed(
    symbol: str, when: datetime, name: str = "c", reason: str = "yield 4.1 % is below 6 %"
) -> ev.AnyEvent:
    """A candidate that was looked at and left."""
    what = Passed(
        "wheel", symbol, f"{symbol}/put", "minimum_yield", reason, evidence(yield_=0.041, least=0.06)
    )
    return ev.CandidatePassed(at=when, cycle=name, passed=what)


def refused(symbol: str, when: datetime, name: str = "c") -> ev.AnyEvent:
    """An intent that a rule stopped."""
    intent = Intent(
        strategy="wheel",
        symbol=symbol,
        slot=f"{symbol}/put",
        purpose=Purpose.OPEN,
        combo=single(PUT, -1),
        quantity=1,
        mid=price("0.60"),
        natural=price("0.58"),
        worst=price("0.55"),
        reason="put at delta 0.25",
        evidence=evidence(delta=-0.25),
    )
    return ev.IntentRefused(
        at=when,
        cycle=name,
        intent=intent,
        rule="cash_secured",
        reason="cash_secured: needs 5,000 USD, 4,100 available after 0 working orders",
        evidence=evidence(needed=5000, available=4100),
    )


def put_sold() -> list[ev.AnyEvent]:
    """The put sold on 6 January."""
    when = at(1, 6)
    order = an_order("XYZ/put", single(PUT, -1), "0.60", when)
    return [
        *cycle("c1", when, passed("ABC", when, "c1"), *sent(order, when, "c1")),
        filled(order, PUT, -1, "0.60", at(1, 6, 15, 4)),
    ]


def assigned() -> list[ev.AnyEvent]:
    """The put assigned on 16 January, known on the 20th."""
    return [
        ev.SymbolBlocked(
            at=at(1, 16, 20), symbol="XYZ", why="the put may be assigned", until_session=date(2026, 1, 20)
        ),
        ev.AssignmentInferred(
            at=at(1, 20), contract=PUT, quantity=1, shares=100, fees=usd(0), exercised=date(2026, 1, 16)
        ),
        ev.TradeEnded(
            at=at(1, 20),
            trade="wheel/XYZ/put/2026-01-06/1",
            campaign="wheel/XYZ/put/2026-01-06/1",
            how="assigned",
            credit=usd(60),
            fees=usd("1.05"),
            result=usd("58.95"),
            rolls=0,
        ),
        ev.SymbolUnblocked(at=at(1, 20), symbol="XYZ", why="positions show 100 shares"),
    ]


def dividend() -> list[ev.AnyEvent]:
    """A dividend of 0.25 a share, expected and paid."""
    cause = "dividend/XYZ/2026-01-29"
    return [
        ev.DividendDeclared(
            at=at(1, 21), symbol="XYZ", dividend=Dividend(date(2026, 1, 29), Decimal("0.25"))
        ),
        ev.DividendExpected(at=at(1, 29), symbol="XYZ", ex=date(2026, 1, 29), shares=100, amount=usd(25)),
        ev.CashBooked(at=at(2, 5), cause=cause, predicted=usd(25), amount=usd(25)),
    ]


def call_sold() -> list[ev.AnyEvent]:
    """The call sold on 22 January."""
    when = at(1, 22)
    order = an_order("XYZ/call", single(CALL, -1), "0.55", when, reserved=usd(0))
    return [*cycle("c2", when, *sent(order, when, "c2")), filled(order, CALL, -1, "0.55", when)]


def called_away() -> list[ev.AnyEvent]:
    """The shares called away on 20 February, known on the 23rd."""
    turn = "wheel/XYZ/put/2026-01-06/1"
    return [
        ev.AssignmentInferred(
            at=at(2, 23), contract=CALL, quantity=1, shares=-100, fees=usd(0), exercised=date(2026, 2, 20)
        ),
        ev.TradeEnded(
            at=at(2, 23),
            trade="wheel/XYZ/call/2026-01-22/1",
            campaign=turn,
            how="assigned",
            credit=usd(55),
            fees=usd("1.05"),
            result=usd("53.95"),
            rolls=0,
        ),
        ev.CampaignEnded(
            at=at(2, 23),
            campaign=turn,
            strategy="wheel",
            symbol="XYZ",
            opened=at(1, 6, 15, 4),
            premium=usd(115),
            fees=usd("2.10"),
            dividends=usd(25),
            share_result=usd(100),
            result=usd("237.90"),
            capital_days=Decimal(240000),
            annualised=0.36,
        ),
    ]


def whole_turn() -> list[ev.AnyEvent]:
    """From cash back to cash."""
    return [*start(), *put_sold(), *assigned(), *call_sold(), *dividend(), *called_away()]


def a_roll(trade: str, when: datetime) -> tuple[Order, Option]:
    """An order that rolls the put down and out for 0.20 net, and the put sold anew."""
    new = Option("XYZ", date(2026, 2, 20), Decimal(49), Right.PUT)
    combo = Combo((Leg(PUT, 1), Leg(new, -1)))
    order = an_order("XYZ/roll", combo, "0.20", when, purpose=Purpose.ROLL, trade=trade, reserved=usd(0))
    return order, new
