"""What of an open option asks for a look, by the same thresholds as a run."""

from datetime import date
from decimal import Decimal

import pytest

from premia.domain.dates import new_york
from premia.domain.known import Known
from premia.domain.market import Dividend
from premia.strategies.wheel import Params, SymbolParams, propose, watch
from tests.builders import (
    NOW,
    SESSIONS,
    a_book,
    a_chain,
    a_row,
    a_view,
    an_underlying,
    call,
    put,
    seen,
    shares,
    short,
)

NEAR = date(2026, 1, 16)


def told(book, *rows, params=None, at=NOW, **underlying):
    view = a_view(seen(an_underlying(**underlying), a_chain(*rows)), at=at)
    wheel = params or Params(symbols={"XYZ": SymbolParams(weight=0.0)})
    return {one.what: one for one in watch(view, book, wheel, SESSIONS)}


def test_the_profit_target_is_that_of_a_run():
    book = a_book(short(put(95), credit="2.00"))

    assert set(told(book, a_row(put(95), "0.96", "1.00", delta=-0.2))) == {"profit_target"}
    assert told(book, a_row(put(95), "1.00", "1.04", delta=-0.2)) == {}


def test_a_stop_speaks_and_a_run_buys_back():
    book = a_book(short(put(95), credit="1.00"))
    stopping = Params(symbols={"XYZ": SymbolParams(weight=0.0)}, stop_at=2.0)
    row = a_row(put(95), "1.98", "2.02", delta=-0.3)
    view = a_view(seen(an_underlying(), a_chain(row)))
    (close,) = [one for one in propose(view, book, stopping, SESSIONS) if getattr(one, "trade", "")]

    assert set(told(book, row, params=stopping)) == {"stop"}
    assert told(book, a_row(put(95), "1.96", "2.00", delta=-0.3), params=stopping) == {}
    assert told(book, row) == {}
    assert (close.purpose.value, close.worst) == ("close", Decimal("-2.02"))


@pytest.mark.parametrize(
    ("expiry", "what"), [(NEAR, {"tested", "in_the_money"}), (date(2026, 2, 20), {"in_the_money"})]
)
def test_in_the_money_is_told_and_near_expiry_it_is_tested(expiry, what):
    option = put(105, expiry=expiry)
    book = a_book(short(option, credit="2.00"))

    found = told(book, a_row(option, "6.00", "6.10", delta=-0.7))

    assert set(found) == what
    assert found["in_the_money"].evidence.facts["spot"] == pytest.approx(100.0)


def test_on_the_expiry_day_it_bears_that_name():
    option, day = put(105, expiry=NEAR), new_york(NEAR, NOW.time().replace(hour=11))
    book = a_book(short(option, credit="2.00"), at=day)

    assert "expiry_day" in told(book, a_row(option, "5.00", "5.20", delta=-0.9, at=day), at=day)


def test_calls_without_shares_and_calls_before_a_dividend_are_told():
    option = call(95)
    row = a_row(option, "5.05", "5.15", delta=0.9)
    paid = Known(Dividend(date(2026, 1, 14), Decimal("0.80")), NOW)

    bare = told(a_book(short(option, credit="2.00")), row)
    covered = told(a_book(shares(), short(option, credit="2.00")), row, dividend=paid)

    assert "bare_call" in bare
    assert "bare_call" not in covered
    assert "0.8" in covered["ex_dividend"].reason


def test_an_option_without_a_market_says_nothing():
    assert told(a_book(short(put(95), credit="2.00"))) == {}
