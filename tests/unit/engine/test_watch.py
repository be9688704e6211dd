"""Two looks that agree ask for a pass once; the account's cushion halts entries and ends the halt."""

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.apply import apply
from premia.domain.book import Book
from premia.domain.intent import evidence
from premia.domain.market import MarketView
from premia.domain.trigger import Trigger
from premia.engine.charges import US
from premia.engine.cycle import Engine, Mandate
from premia.engine.reconcile import Adoption, Reference
from premia.engine.watch import AGAIN, MARGIN, look
from premia.rules.review import Desk, Limits
from premia.strategies.registry import STRATEGIES
from tests.builders import NOW, SESSIONS, a_book, an_account

CUSHION = Decimal("0.05")
EMPTY = Book()
TAKE = Trigger("wheel/XYZ/put/1", "XYZ", "profit_target", "it costs 0.20, target 0.25", evidence(mid=0.2))


def engine_that_sees(*triggers):
    wheel = STRATEGIES["wheel"]._replace(watch=lambda *_asked: iter(triggers))
    desk = Desk(AccountKind.MARGIN, SESSIONS, Limits())
    return Engine((Mandate(wheel, wheel.params()),), desk, Reference(SESSIONS, US, Adoption({})))


def watching(*looks, every=timedelta(seconds=30), book=EMPTY):
    """Looks one after another; what each of them concluded, and the book after all."""
    standing, at, found = {}, NOW, []
    for triggers in looks:
        seen = look(engine_that_sees(*triggers), book, MarketView(at, {}), standing, CUSHION)
        for fact in seen.facts:
            book = apply(book, fact)
        standing, at = seen.standing, at + every
        found.append(seen)
    return found, book


def test_one_look_is_not_believed_and_two_ask_for_a_pass_without_openings():
    (first, second, third), _ = watching([TAKE], [TAKE], [TAKE])

    assert first.runs == ()
    (run,) = second.runs
    assert (run.strategies, run.entries) == (("wheel",), False)
    assert TAKE.reason in run.why
    (fact,) = second.facts
    assert (fact.subject, fact.what, fact.reason) == (TAKE.subject, TAKE.what, TAKE.reason)
    assert third.runs == third.facts == ()


def test_a_tick_that_comes_and_goes_asks_for_nothing():
    looks, _ = watching([TAKE], [], [TAKE], [], [TAKE])

    assert [seen.runs for seen in looks] == [()] * 5


def test_a_trigger_speaks_again_once_it_has_been_gone_for_two_looks():
    looks, _ = watching([TAKE], [TAKE], [], [TAKE], [TAKE], [], [], [TAKE], [TAKE])

    assert [len(seen.runs) for seen in looks] == [0, 1, 0, 0, 0, 0, 0, 0, 1]


def test_a_trigger_that_stands_asks_again_after_half_an_hour():
    looks, _ = watching(*[[TAKE]] * 4, every=AGAIN / 2)

    assert [len(seen.runs) for seen in looks] == [0, 1, 0, 1]


def with_excess(usd):
    account = an_account(net_liquidation=Decimal(100_000), excess_liquidity=Decimal(usd))
    return a_book(account=account)


def test_excess_below_the_cushion_halts_entries_until_it_is_back():
    (first, second), low = watching([], [], book=with_excess(4_999))
    back = replace(low, observed=with_excess(5_001).observed)
    standing = second.standing
    once = look(engine_that_sees(), back, MarketView(NOW, {}), standing, CUSHION)
    twice = look(engine_that_sees(), back, MarketView(NOW, {}), once.standing, CUSHION)

    assert first.facts == ()
    assert low.halts[MARGIN].scope == "entries"
    assert "4,999" in low.halts[MARGIN].why
    assert [type(fact) for fact in once.facts] == []
    (released,) = twice.facts
    assert isinstance(released, ev.TradingReleased)
    assert second.runs == ()
