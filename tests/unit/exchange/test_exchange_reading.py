"""What may be asked of the market, what it costs, and what its lists hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from premia.domain.errors import InvariantViolated
from premia.domain.instrument import Right
from premia.exchange.exchange_digest import digest
from premia.exchange.exchange_moments import Agenda, Kind
from premia.exchange.policy import Policy
from premia.exchange.types import TicketState
from premia.exchange.types_market import Pattern
from tests.unit.exchange.fixed_market import FixedMarket, at
from tests.unit.exchange.test_exchange import ABC, ACCOUNT, CALL, PUT, a_market, a_ticket, an_exchange


def found(exchange, **pattern) -> list[str]:
    wanted = Pattern(**{"symbol": "ABC", "kind": "OPT", **pattern})
    return [one.contract.key for one in exchange.find(wanted)]


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ({}, [PUT.key, CALL.key]),
        ({"expiry": "202403"}, [PUT.key]),
        ({"expiry": "20240419"}, [CALL.key]),
        ({"right": Right.PUT, "strike": Decimal(50)}, [PUT.key]),
        ({"strike": Decimal(77)}, []),
        ({"symbol": "XYZ"}, []),
        ({"kind": "STK"}, ["ABC"]),
        ({"kind": "IND"}, []),
    ],
)
def test_what_a_pattern_leaves_open_matches_everything(pattern, keys):
    market = FixedMarket("2024-01-02", "2024-12-31")
    market.stock("ABC", {"2024-01-02 09:30": "52.00"})
    for option in (CALL, PUT):
        market.quote(option, "2024-01-02 09:30", "0.60", "0.64")

    hits = found(an_exchange(market), **pattern)

    # A series has both rights at each of its strikes.
    assert set(keys) <= set(hits)
    assert len(hits) == (1 if pattern.get("kind") == "STK" else len(keys) * (1 if "right" in pattern else 2))


def test_a_number_leads_back_to_its_contract():
    exchange = an_exchange(a_market())
    for contract in (ABC, PUT, CALL):
        assert exchange.by_con_id(exchange.terms(contract).con_id) == contract
    assert exchange.by_con_id(1) is None


def test_a_class_shows_the_union_of_its_strikes():
    only = an_exchange(a_market()).option_classes("ABC")
    assert [(one.trading_class, one.expiries, one.strikes) for one in only] == [
        ("ABC", (date(2024, 3, 15), date(2024, 4, 19)), (Decimal(50), Decimal(51)))
    ]
    assert an_exchange(a_market()).option_classes("XYZ") == []


def test_hours_are_those_of_the_next_sessions_and_end_with_the_option():
    exchange = an_exchange(a_market(), "2024-03-14 10:00")
    assert [opens for opens, _ in exchange.trading_hours(PUT)] == [
        at("2024-03-14 09:30"),
        at("2024-03-15 09:30"),
    ]
    assert len(exchange.trading_hours(ABC)) == 5
    assert exchange.is_open(PUT)
    exchange.advance(at("2024-03-15 16:00"))
    assert not exchange.is_open(ABC)
    exchange.advance(at("2024-03-18 10:00"))
    assert exchange.is_open(ABC)
    assert not exchange.is_open(PUT)


def test_the_outlook_knows_only_dividends_that_are_declared():
    market = a_market()
    market.dividend("ABC", "2024-07-02", "2024-07-10", "0.30")
    market._dividends["ABC"][-1] = replace(market.dividends("ABC")[-1], declared=date(2024, 6, 1))

    spring = an_exchange(market, "2024-02-15 10:00").dividends("ABC")
    summer = an_exchange(market, "2024-06-03 10:00").dividends("ABC")

    assert (spring.past_year, spring.next_date, spring.next_amount) == (0, date(2024, 4, 2), Decimal("0.25"))
    assert (summer.past_year, summer.next_date, summer.next_amount) == (
        Decimal("0.25"),
        date(2024, 7, 2),
        Decimal("0.30"),
    )


def test_nobody_is_shown_a_price_of_the_future():
    exchange = an_exchange(a_market(), "2024-02-15 10:00")
    assert len(exchange.bars(ABC, at("2024-12-01 10:00"), 400, 86_400, "TRADES")) == 32


def test_yesterday_s_orders_and_executions_leave_the_lists_at_midnight():
    exchange = an_exchange(a_market())
    exchange.submit(a_ticket(PUT, -1))
    exchange.advance(at("2024-02-15 23:59"))
    assert [one.state for one in exchange.completed_orders()] == [TicketState.FILLED]
    assert len(exchange.executions()) == 1
    assert exchange.executions(at("2024-02-15 12:00")) == []

    exchange.advance(at("2024-02-16 00:00"))

    assert exchange.completed_orders() == []
    assert exchange.executions() == []
    assert exchange.submit(a_ticket(PUT, -1))[0].code == 104


def test_time_does_not_go_back():
    exchange = an_exchange(a_market())
    with pytest.raises(InvariantViolated, match="cannot go back"):
        exchange.advance(at("2024-02-15 09:59"))


def test_a_quiet_year_asks_for_no_quote():
    market = a_market()
    an_exchange(market).advance(at("2024-11-29 12:00"))
    assert market.asked == 0


def test_an_order_out_of_reach_is_looked_at_every_quarter_of_an_hour():
    market = a_market()
    exchange = an_exchange(market)
    exchange.submit(a_ticket(PUT, -1, "2.00"))
    before = market.asked

    exchange.advance(at("2024-02-15 15:59"))

    assert 20 <= market.asked - before <= 26


def test_an_order_out_of_reach_is_seen_when_its_underlying_jumps():
    market = a_market()
    market.quote(PUT, "2024-03-14 12:00", "2.10", "2.20")
    exchange = an_exchange(market, "2024-03-14 11:50", shy=1.0)
    exchange.submit(a_ticket(PUT, -1, "2.00"))

    reports = exchange.advance(at("2024-03-14 12:10"))

    assert [one.at for one in reports] == [at("2024-03-14 12:00")]


def test_the_agenda_keeps_new_york_hours_over_the_change_of_clocks_and_skips_closed_days():
    """Clocks went forward on Sunday the 10th of March 2024."""
    market = FixedMarket("2024-01-02", "2024-12-31", holidays=["2024-03-11"])
    agenda = Agenda(market.sessions, Policy(liquidation_minutes=240), at("2024-03-08 15:00"))
    seen = [agenda.step() for _ in range(12)]
    assert [(one.kind, one.at) for one in seen] == [
        (Kind.CLOSE, at("2024-03-08 16:00")),
        (Kind.EVENING, at("2024-03-08 20:00")),
        (Kind.MIDNIGHT, at("2024-03-09 00:00")),
        (Kind.MIDNIGHT, at("2024-03-10 00:00")),
        (Kind.MIDNIGHT, at("2024-03-11 00:00")),
        (Kind.MIDNIGHT, at("2024-03-12 00:00")),
        (Kind.DELIVERY, at("2024-03-12 08:00")),
        (Kind.OPEN, at("2024-03-12 09:30")),
        (Kind.MARGIN_LOOK, at("2024-03-12 13:30")),
        (Kind.CLOSE, at("2024-03-12 16:00")),
        (Kind.EVENING, at("2024-03-12 20:00")),
        (Kind.MIDNIGHT, at("2024-03-13 00:00")),
    ]


def test_the_digest_knows_what_happened_and_not_under_which_number():
    def day(limit: str, order_id: int):
        exchange = an_exchange(a_market())
        exchange.submit(a_ticket(PUT, -1, limit, order_id=order_id))
        return digest(exchange.record)

    assert day("0.60", 1) == day("0.60", 99)
    assert day("0.60", 1) != day("0.59", 1)


def test_an_account_s_number_is_the_only_one_it_answers_to():
    exchange = an_exchange(a_market())
    assert exchange.accounts() == [ACCOUNT]
    refused = exchange.submit(replace(a_ticket(PUT, -1), account="DU9"))
    assert (refused[0].code, "DU9" in refused[0].text) == (321, True)
