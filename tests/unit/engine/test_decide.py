"""What follows from the book: one order at a time, the broker's word on margin, endings, interest."""

from datetime import date, timedelta
from decimal import Decimal

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.apply import fold
from premia.domain.book import Book
from premia.domain.intent import evidence
from premia.domain.known import Known, Unknown
from premia.domain.market import Dividend
from premia.domain.money import usd
from premia.domain.order import MarginQuote, Stage
from premia.engine.charges import US
from premia.engine.decide import Engine, Tick, duties, settle
from premia.engine.reconcile import Adoption, Reference
from premia.rules.review import Desk, Limits
from tests.unit.facts import (
    MONDAY,
    XYZ,
    a_baseline,
    a_call,
    a_fill,
    a_position,
    a_put,
    accepted,
    an_observation,
    an_order,
    at,
    filled,
    sent,
    weekdays,
)

NOW = at(MONDAY)
ENGINE = Engine((), Desk(AccountKind.MARGIN, weekdays(), Limits()), Reference(weekdays(), US, Adoption({})))
ENOUGH = MarginQuote(None, None, Decimal(50_000), Decimal(9_000), Decimal(1))


def ready(*facts: ev.AnyEvent) -> Book:
    opened = ev.Connected(at=NOW, account="DU1", client_id=7, paper=True, server_version=178)
    book = fold([a_baseline(), opened, an_observation(NOW, cash="10000")])
    return fold(facts, book)


def asked(key: str, strike: str = "50") -> ev.MarginRequested:
    order = replace(an_order(key, a_put(strike)), slot=f"XYZ/{key}")
    return ev.MarginRequested(at=NOW, cycle="c", order=order, evidence=evidence())


def quoted(key: str, quote: MarginQuote | None = ENOUGH) -> ev.MarginQuoted:
    known = Unknown(NOW, "no answer within 10 s") if quote is None else Known(quote, NOW)
    return ev.MarginQuoted(at=NOW, key=key, quote=known)


def kinds(events: list[ev.AnyEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_the_second_order_waits_until_the_first_is_answered():
    book = ready(asked("a"), asked("b", "49"))

    first, book = settle(ENGINE, book, quoted("a"))
    second, book = settle(ENGINE, book, quoted("b"))
    assigned = ev.OrderIdAssigned(at=NOW, key="a", broker_id=1, client_id=7)
    third, book = settle(ENGINE, book, assigned)
    fourth, book = settle(ENGINE, book, accepted("a", NOW))

    assert kinds(first) == ["MarginQuoted", "OrderRequested"]
    assert kinds(second) == ["MarginQuoted"]
    assert kinds(third) == ["OrderIdAssigned"]
    assert kinds(fourth) == ["OrderAccepted", "OrderRequested"]
    assert fourth[1].key == "b"


def test_an_unknown_order_does_not_hold_up_other_slots():
    unknown = ev.OrderUnknown(at=NOW, key="a", why="by a test")
    book = ready(asked("a"), quoted("a"), ev.OrderRequested(at=NOW, key="a"), unknown, asked("b", "49"))

    events, _ = settle(ENGINE, book, quoted("b"))

    assert kinds(events) == ["MarginQuoted", "OrderRequested"]


def test_margin_beyond_equity_drops_the_order_with_its_numbers():
    events, book = settle(
        ENGINE, ready(asked("a")), quoted("a", replace(ENOUGH, initial_after=Decimal(60_000)))
    )

    assert kinds(events) == ["MarginQuoted", "OrderDropped"]
    assert "60,000.00" in events[1].reason
    assert book.ended["a"].stage is Stage.NEVER_SENT


def test_no_answer_on_margin_is_no_order():
    events, _ = settle(ENGINE, ready(asked("a")), quoted("a", None))

    assert kinds(events) == ["MarginQuoted", "OrderDropped"]
    assert "no answer within 10 s" in events[1].reason


def test_an_incomplete_answer_on_margin_is_no_order():
    events, _ = settle(ENGINE, ready(asked("a")), quoted("a", replace(ENOUGH, equity_after=None)))

    assert kinds(events)[-1] == "OrderDropped"


def test_nothing_is_sent_before_the_account_is_reconciled():
    book = ready(asked("a"), ev.DiscrepancySeen(at=NOW, fingerprint="x", note="by a test"))

    events, _ = settle(ENGINE, book, quoted("a"))

    assert kinds(events) == ["MarginQuoted"]


def test_what_an_earlier_process_had_only_decided_is_decided_afresh():
    book = ready(asked("a"))
    again = ev.Connected(at=NOW, account="DU1", client_id=7, paper=True, server_version=178)

    events, book = settle(ENGINE, book, again)

    assert kinds(events) == ["Connected", "OrderNeverSent"]
    assert book.orders == {}


def test_a_flat_trade_ends_and_its_campaign_with_it_once_the_commission_is_known():
    sale = a_fill("p", a_put(), -1, "0.60", NOW)
    book = ready(*sent(an_order("p", a_put()), NOW), filled(sale))
    waiting = replace(a_fill("p", a_put(), 1, "0.20", NOW, cost=None), exec_id="back.01")

    first, book = settle(ENGINE, book, ev.ExternalChange(at=NOW, fill=replace(waiting, commission=usd(1))))

    assert kinds(first) == ["ExternalChange", "SymbolBlocked", "TradeEnded", "CampaignEnded"]
    assert first[2].result == usd("38.95")
    assert book.trades == {}
    assert book.campaigns == {}


def test_a_trade_does_not_end_while_a_commission_is_missing():
    order = an_order("p", a_put())
    sale = a_fill("p", a_put(), -1, "0.60", NOW, cost=None)
    gone = ev.ExpiryInferred(at=NOW, contract=a_put(), quantity=1)
    book = ready(*sent(order, NOW), filled(sale), gone)

    assert duties(ENGINE, book) == []
    told = ev.CommissionReported(at=NOW, exec_id=sale.exec_id, commission=usd("1.05"))
    events, _ = settle(ENGINE, book, told)
    assert kinds(events) == ["CommissionReported", "TradeEnded", "CampaignEnded"]


def test_every_day_earns_on_the_cash_with_which_it_ended():
    """100,000 less 10,000 free at 3.625 - 0.5 % over 360 days: 7.8125 a day."""
    start = [a_baseline("100000"), an_observation(NOW, cash="100000")]
    book = fold(start)
    wednesday = an_observation(at(date(2026, 1, 7)), cash="100000")

    first, book = settle(ENGINE, book, wednesday)
    second, book = settle(ENGINE, book, an_observation(at(date(2026, 1, 8)), cash="100000"))

    days = [event for event in [*first, *second] if isinstance(event, ev.InterestAccrued)]
    assert [event.day.day for event in days] == [6, 7]
    assert {event.amount for event in days} == {Decimal("7.8125")}


def test_a_dividend_is_expected_from_the_shares_held_at_the_open_of_its_ex_date():
    tuesday = MONDAY + timedelta(days=1)
    declared = ev.DividendDeclared(at=NOW, symbol="XYZ", dividend=Dividend(tuesday, Decimal("0.25")))
    shares = a_position(XYZ, 100)
    book = fold([a_baseline("1000", shares), declared])

    early, book = settle(ENGINE, book, an_observation(at(tuesday, 8), shares, cash="1000"))
    late, book = settle(ENGINE, book, an_observation(at(tuesday, 9, 30), shares, cash="1000"))

    assert "DividendExpected" not in kinds(early)
    due = next(event for event in late if isinstance(event, ev.DividendExpected))
    assert (due.shares, due.amount) == (100, usd(25))


def test_time_alone_makes_a_ladder_walk():
    book = ready(*sent(an_order("p", a_put()), NOW), accepted("p", NOW))

    events, _ = settle(ENGINE, book, Tick(NOW + timedelta(minutes=1)))

    assert kinds(events) == ["ReplaceRequested"]


def test_time_from_which_nothing_follows_leaves_no_trace_that_the_journal_lacks():
    """A fill that is told late is folded alike by who lived through it and by who reads it."""
    order = an_order("p", a_put())
    book = ready(*sent(order, NOW), accepted("p", NOW))
    fill = filled(a_fill("p", a_put(), -1, "0.55", NOW + timedelta(seconds=20)))

    nothing, waited = settle(ENGINE, book, Tick(NOW + timedelta(seconds=30)))
    batch, lived = settle(ENGINE, waited, fill)

    assert nothing == []
    assert lived == fold(batch, book)


def test_a_covered_call_counts_as_sold_today():
    order = an_order("c", a_call())

    book = ready(*sent(order, NOW), filled(a_fill("c", a_call(), -1, "0.55", NOW)))

    assert book.opened_today == {"wheel": 1}
