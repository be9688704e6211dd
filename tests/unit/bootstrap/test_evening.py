"""A plan in the evening counts for the next opening, on quotes taken for live ones."""

from datetime import UTC, datetime, timedelta

import pytest

from premia.bootstrap.evening import as_if_live, next_opening, staleness
from premia.domain.quote import DataKind
from tests.builders import NOW, SESSIONS, a_chain, a_quote, a_view, an_underlying, priced_rows, seen

OPENS = datetime(2026, 1, 14, 14, 30, tzinfo=UTC)


def utc(day, hour, minute=0):
    """A moment of January 2026."""
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def frozen_view():
    quote = a_quote("99.95", "100.05", kind=DataKind.FROZEN)
    return a_view(seen(an_underlying(quote=quote), a_chain(*priced_rows(), kind=DataKind.FROZEN)))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (utc(15, 14, 29), utc(15, 14, 30)),
        (utc(15, 21), utc(16, 14, 30)),
        (utc(17, 2), utc(19, 14, 30)),  # Friday evening in New York
        (utc(18, 17), utc(19, 14, 30)),
    ],
)
def test_a_closed_exchange_is_planned_for_its_next_opening(now, opens):
    wait = timedelta(minutes=15)

    assert next_opening(now, SESSIONS, timedelta(0)) == opens
    assert next_opening(now, SESSIONS, wait) == opens + wait


def test_an_open_exchange_is_planned_for_now():
    assert next_opening(utc(15, 14, 30), SESSIONS, timedelta(0)) is None


def test_every_cause_why_a_plan_may_not_be_traded_is_told():
    closed, frozen = staleness(frozen_view(), OPENS)

    assert "2026-01-14 14:30 UTC on the quotes of now, not tradable" in closed
    assert frozen == "data are frozen, not live: not tradable"
    assert staleness(frozen_view(), None) == (frozen,)
    assert staleness(a_view(seen()), None) == ()


def test_stale_quotes_pass_for_live_ones_of_the_opening():
    view = frozen_view()

    taken = as_if_live(view, OPENS)

    found = taken.symbols["XYZ"]
    assert taken.at == OPENS
    assert (found.underlying.quote.kind, found.underlying.quote.as_of) == (DataKind.LIVE, OPENS)
    assert {found.chain.quote(row).age(OPENS) for row in range(len(found.chain))} == {timedelta(0)}
    assert found.chain.kind is DataKind.LIVE
    assert view.symbols["XYZ"].chain.kind is DataKind.FROZEN, "what was seen stays as it was"


def test_live_quotes_of_an_open_exchange_keep_their_age():
    old = a_quote("99.95", "100.05", at=NOW - timedelta(seconds=50))
    view = a_view(seen(an_underlying(quote=old)))

    taken = as_if_live(view, None)

    assert taken.at == NOW
    assert taken.symbols["XYZ"].underlying.quote.age(NOW) == timedelta(seconds=50)
