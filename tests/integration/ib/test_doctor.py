"""Each check of the doctor has a fault that makes it fail, and advice that a person can follow."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from premia.adapters.ib import doctor
from premia.domain.events import Connected
from premia.domain.sessions import Session, Sessions
from premia.exchange.exchange import Exchange
from premia.exchange.policy import AccountSetup, Policy
from tests.contracts.worlds import a_client
from tests.integration.ib.markets import ACCOUNT, MONDAY, a_market, an_exchange
from tests.integration.ib.test_connection import a_free_port, parts_at
from tests.unit.exchange.fixed_market import at, weekdays

CALENDAR = weekdays(date(2024, 3, 1), date(2024, 4, 30))


async def checks_of(world) -> dict[str, doctor.Check]:
    """All checks by name, on a session of their own."""
    await world.broker.close()
    other = a_client(world.server, client_id=9)
    found = await doctor.examine(other.parts, other.clock, CALENDAR, ["ABC", "FND"])
    await other.end()
    return {check.name: check for check in found}


async def test_a_healthy_gateway_passes_every_check(looking):
    found = await checks_of(looking)

    assert [check for check in found.values() if not check.ok] == []
    assert set(found) == {
        "gateway",
        "paper account",
        "orders allowed",
        "option permission",
        "market data ABC",
        "market data FND",
        "clock",
        "calendar",
    }
    assert looking.exchange.open_orders() == []


@pytest.mark.parametrize(
    ("fault", "name", "advice"),
    [
        ("read_only", "orders allowed", "clear Read-Only API"),
        ("no_option_permission", "option permission", "Trading Permissions"),
        ("refuse_data:symbol=ABC,code=354", "market data ABC", "a new subscription works"),
        ("refuse_data:symbol=ABC,code=10197", "market data ABC", "Follow the words in brackets"),
        ("missing_greeks:symbol=FND", "market data FND", "OPRA"),
        ("no_data:symbol=FND", "market data FND", "subscribe"),
        ("clock_skew:seconds=45", "clock", "NTP"),
        ("clock_skew:seconds=90000", "clock", "lives on another day"),
        ("no_answer:code=49", "clock", "Restart the gateway"),
    ],
)
async def test_a_fault_fails_its_check_with_the_remedy(opened, fault, name, advice):
    world = await opened(an_exchange())
    await world.strike(fault)

    found = await checks_of(world)

    assert not found[name].ok
    assert advice in found[name].advice


async def test_one_fault_fails_one_check(opened):
    world = await opened(an_exchange(), ("refuse_data:symbol=ABC,code=354",))

    found = await checks_of(world)

    failed = {name for name, check in found.items() if not check.ok}
    assert failed <= {"market data ABC"}


async def test_a_gateway_that_is_not_there_ends_the_examination_with_the_first_step():
    parts = parts_at(await a_free_port())

    (only,) = await doctor.examine(parts, _NoClock(), CALENDAR, ["ABC"])

    assert (only.name, only.ok) == ("gateway", False)
    assert "sockets enabled" in only.advice


async def test_a_connection_that_ends_during_the_examination_is_a_finding_and_no_crash(looking):
    parts = looking.parts
    await parts.book.underlying("ABC")
    await looking.broker.close()

    check = await doctor.check_writable(parts, "ABC")

    assert not check.ok
    assert "connection ended" in check.found


class _NoClock:
    """A clock that nobody gets to ask."""

    def now(self):
        raise AssertionError("the examination went on without a session")


async def test_an_account_that_the_gateway_does_not_manage_points_at_the_key_of_the_file(opened):
    world = await opened(an_exchange())
    await world.broker.close()
    parts = parts_at(world.server.port, account="DU9999999")
    try:
        (only,) = await doctor.examine(parts, _NoClock(), CALENDAR, ["ABC"])
    finally:
        await parts.broker.close()

    assert (only.name, only.ok) == ("gateway", False)
    assert "under [account]" in only.advice


@pytest.mark.parametrize(
    ("drift", "text"),
    [
        (timedelta(seconds=-3.14), "3.1 s"),
        (timedelta(hours=5, minutes=30), "5.5 hours"),
        (timedelta(days=-4706, hours=3), "4,705 days"),
    ],
)
def test_a_clocks_distance_is_told_as_people_read_it(drift, text):
    assert doctor.span(drift) == text


async def test_a_live_account_is_named_and_not_paper(opened):
    exchange = Exchange(a_market(), [AccountSetup("U7654321")], Policy(seed=7), at(MONDAY))
    world = await opened(exchange)

    found = await checks_of(world)

    assert not found["paper account"].ok
    assert "U7654321" in found["paper account"].found
    assert "paper user" in found["paper account"].advice


def test_a_paper_account_is_known_by_its_number():
    opened = Connected(at=at(MONDAY), account=ACCOUNT, client_id=1, paper=True, server_version=178)

    assert doctor.check_paper(opened).ok


def test_real_money_is_well_only_where_it_is_expected():
    opened = Connected(at=at(MONDAY), account="U1234567", client_id=1, paper=False, server_version=178)

    assert doctor.check_paper(opened, live=True).ok
    assert not doctor.check_paper(opened).ok


async def test_hours_that_differ_from_our_calendar_are_named_by_day(looking):
    early = [
        Session(one.day, one.opens, one.closes - timedelta(hours=3)) if one.day == date(2024, 3, 13) else one
        for one in CALENDAR
        if one.day != date(2024, 3, 12)
    ]

    check = await doctor.check_calendar(looking.parts, "ABC", Sessions(early))

    assert not check.ok
    assert "2024-03-12 is open at the broker and closed in our calendar" in check.found
    assert "2024-03-13 trades 09:30-16:00 at the broker and 09:30-13:00 in our calendar" in check.found
    assert "exchange_calendars" in check.advice
