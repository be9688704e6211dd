"""A run in one value, and one number for it."""

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from premia.domain import events as ev
from premia.domain.apply import fold
from premia.reporting.digest import digest, line
from premia.reporting.equity import buy_and_hold
from premia.reporting.status import status
from premia.reporting.summary import summarise
from tests.unit.reporting.story import at, numbered, put_sold, start, told, whole_turn

D = Decimal


def test_a_summary_counts_the_turn_and_names_its_result():
    events = [*whole_turn(), told(at(2, 23, 16), "10237.90")]
    closes = [(at(1, 5).date(), D(50)), (at(2, 23).date(), D(53))]

    told_ = summarise(numbered(events), buy_and_hold(D(10000), closes), "XYZ")

    counts = told_.counts
    assert (counts.cycles, counts.orders, counts.filled, counts.assignments) == (2, 2, 2, 2)
    assert (counts.full_turns, counts.campaigns_ended, counts.trades, counts.winners, counts.passed) == (
        1,
        1,
        2,
        2,
        1,
    )
    assert told_.results.total.total == D("237.90")
    assert "trails holding XYZ by 362 USD" in told_.comparison.sentence
    assert told_.last_cycle.cycle == "c2"


def test_an_empty_journal_has_no_summary():
    assert summarise([]) is None


def test_an_order_filled_in_parts_and_one_never_filled_are_counted():
    order = put_sold()[2].order
    cancelled = ev.OrderCancelled(at=at(1, 6, 16), key=order.key, why="patience ended")

    told_ = summarise(numbered([*start(), *put_sold()[:-1], cancelled]))

    assert (told_.counts.sent, told_.counts.never_filled, told_.counts.several_executions) == (1, 1, 0)


def as_the_broker_renumbers(event: ev.AnyEvent) -> ev.AnyEvent:
    """The same fact with other ids."""
    if isinstance(event, ev.OrderFilled):
        fill = replace(event.fill, broker_id=99, perm_id=990, client_id=3, exec_id="other.01")
        return replace(event, fill=fill)
    return replace(event, broker_id=99) if isinstance(event, ev.OrderIdAssigned | ev.OrderAccepted) else event


def test_the_digest_does_not_know_the_brokers_ids():
    events = whole_turn()
    renumbered = [as_the_broker_renumbers(event) for event in events]

    assert renumbered != events
    assert digest(numbered(renumbered)) == digest(numbered(events))


def test_the_digest_does_not_depend_on_the_order_within_an_instant():
    events = put_sold()

    assert digest(numbered([events[1], events[0], *events[2:]])) == digest(numbered(events))


def test_the_digest_knows_times_prices_and_decisions():
    events = whole_turn()
    filled = next(n for n, event in enumerate(events) if isinstance(event, ev.OrderFilled))
    later = [*events]
    later[filled] = replace(events[filled], at=events[filled].at + timedelta(seconds=1))
    dearer = [*events]
    dearer[filled] = replace(events[filled], fill=replace(events[filled].fill, price=D("0.61")))
    without = [event for event in events if not isinstance(event, ev.CandidatePassed)]

    assert len({digest(numbered(one)) for one in (events, later, dearer, without)}) == 4


def test_a_line_of_the_digest_leads_with_market_time_and_kind():
    blocked = ev.SymbolUnblocked(at=at(1, 6), symbol="XYZ", why="free")

    assert line(blocked) == b'2026-01-06T15:00:00Z symbol_unblocked {"symbol":"XYZ","why":"free"}'


def test_status_tells_figures_and_what_needs_a_person():

    order = put_sold()[2].order
    events = [
        *start(),
        *put_sold()[:-1],
        ev.OrderUnknown(at=at(1, 7), key=order.key, why="no evidence"),
        ev.SymbolBlocked(at=at(1, 7), symbol="XYZ", why="an order is unknown", until_session=None),
    ]

    told_ = status(fold(events))

    assert (told_.account, told_.net_liquidation, told_.ledger_cash) == ("DU1", D(10000), D(10000))
    assert (told_.unknown_orders, told_.working_orders) == ((order.key,), 0)
    assert [(one.symbol, one.why) for one in told_.blocks] == [("XYZ", "an order is unknown")]
    assert (told_.available_funds, told_.observed_at) == (None, at(1, 5, 14, 30))
