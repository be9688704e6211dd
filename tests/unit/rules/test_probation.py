"""Real money begins small, and only what adds risk is held back."""

import pytest
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.intent import Purpose
from premia.rules import probation
from premia.rules.answers import PASS, Running, Shrink
from premia.rules.probation import Params
from tests.builders import SESSIONS, a_book, a_view, put
from tests.unit.rules.test_market_rules import wish

RUNNING = Running(AccountKind.MARGIN, SESSIONS)


def asked(intent, *, live=True, days=3, traded_today=False):
    book = a_book()
    last = book.session if traded_today else book.last_trading_day
    book = replace(book, live=live, trading_days=days, last_trading_day=last)
    return probation.check(book, a_view(), intent, Params(), RUNNING)


def test_an_opening_of_five_becomes_one_and_says_how_long():
    answer = asked(wish(quantity=5), days=3)

    assert answer == Shrink(1, "1 of 5 contracts: 3 of the first 20 sessions with real money are over")


def test_a_roll_is_of_one_contract_and_a_close_of_all():
    roll = wish(Purpose.ROLL, (put(95), 1), (put(92), -1), quantity=3)
    close = wish(Purpose.CLOSE, (put(95), 1), quantity=3)

    assert isinstance(asked(roll), Shrink)
    assert asked(close) == PASS


@pytest.mark.parametrize(
    ("days", "traded_today", "free"),
    [(0, False, False), (19, False, False), (20, True, False), (20, False, True), (21, True, True)],
)
def test_the_first_twenty_sessions_count_today_only_once_it_is_over(days, traded_today, free):
    answer = asked(wish(quantity=2), days=days, traded_today=traded_today)

    assert (answer == PASS) is free


def test_paper_and_simulated_accounts_are_on_no_probation():
    assert asked(wish(quantity=5), live=False) == PASS


def test_one_contract_passes():
    assert asked(wish(quantity=1)) == PASS


def test_nobody_can_shorten_it():
    with pytest.raises(ValueError, match="greater than or equal to 20"):
        Params(sessions=5)
