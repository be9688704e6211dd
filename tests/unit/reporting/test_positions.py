"""Three costs that are never mixed."""

from decimal import Decimal

from premia.domain import events as ev
from premia.domain.apply import fold
from premia.domain.instrument import Stock
from premia.domain.position import BrokerPosition
from premia.reporting.positions import positions, seen_at
from tests.unit.reporting.story import (
    CALL,
    PUT,
    assigned,
    at,
    call_sold,
    dividend,
    numbered,
    put_sold,
    start,
    told,
)

D = Decimal
SHARES = BrokerPosition(Stock("XYZ"), 100, D("49.4105"), D("50.20"))


def lines(events: list[ev.AnyEvent]):
    return positions(numbered(events), fold(events))


def test_assigned_shares_show_the_brokers_cost_the_tax_basis_and_the_break_even():
    """Strike 50 less 0.60 plus 0.0105: the broker and the tax office agree, and so far the campaign too."""
    seen = told(at(1, 20, 16), "10078.95", SHARES)

    [line] = lines([*start(), *put_sold(), *assigned(), seen])

    assert (line.contract, line.quantity, line.observed, line.campaign) == (
        "XYZ",
        100,
        100,
        "wheel/XYZ/put/2026-01-06/1",
    )
    assert (line.average_cost, line.tax_basis, line.break_even) == (D("49.4105"), D("49.4105"), D("49.4105"))
    assert (line.mark, line.value) == (D("50.20"), D("5020.00"))


def test_calls_and_dividends_lower_the_break_even_alone():
    """49.4105 less the call's 0.5395 and the dividend's 0.25: 48.6210; cost and basis stay."""
    events = [*start(), *put_sold(), *assigned(), *call_sold(), *dividend()]
    seen = told(at(2, 5, 16), "10158.90", SHARES, BrokerPosition(CALL, -1, D("53.95"), D("0.40")))

    shares, call = lines([*events, seen])

    assert (shares.average_cost, shares.tax_basis, shares.break_even) == (
        D("49.4105"),
        D("49.4105"),
        D("48.6210"),
    )
    assert (call.contract, call.quantity, call.value, call.dte) == (CALL.key, -1, D("-40.00"), 15)
    assert call.tax_basis == D("0.5395")


def test_an_open_put_shows_where_it_would_break_even():
    [line] = lines([*start(), *put_sold()])

    assert (line.contract, line.quantity, line.break_even, line.tax_basis) == (
        PUT.key,
        -1,
        D("49.4105"),
        D("0.5895"),
    )


def test_a_position_that_the_ledger_does_not_hold_is_shown_with_zero():
    stranger = BrokerPosition(Stock("ABC"), 10, D(5), D(6))

    [line] = lines([*start(), told(at(1, 6), "10000", stranger)])

    assert (line.symbol, line.quantity, line.observed, line.campaign) == ("ABC", 0, 10, "")


def test_a_position_left_alone_says_why():
    held = BrokerPosition(Stock("ABC"), 10, D(5), D(6))
    left = ev.PositionLeft(at=at(1, 5), position=held, why="ABC is not a configured symbol")

    [line] = lines([*start("10000", (held,)), left])

    assert (line.note, line.tax_basis) == ("left alone: ABC is not a configured symbol", D(5))


def test_a_blocked_symbol_says_why_at_its_positions():
    block = ev.SymbolBlocked(at=at(1, 7), symbol="XYZ", why="an order is unknown", until_session=None)

    [line] = lines([*start(), *put_sold(), block])

    assert line.note == "no new entry: an order is unknown"


def test_before_the_broker_spoke_nothing_is_observed():
    assert (seen_at(fold([])), lines([])) == (None, [])
