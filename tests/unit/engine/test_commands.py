"""A person's command is done once, through the same rules, and answered in words."""

from datetime import timedelta
from decimal import Decimal

import pytest

from premia.domain import events as ev
from premia.domain.account import AccountKind
from premia.domain.book import Block
from premia.domain.order import Stage
from premia.engine.charges import US
from premia.engine.commands import PATIENCE
from premia.engine.cycle import Engine, MarketArrived, Run, market_request
from premia.engine.decide import Tick, settle
from premia.engine.reconcile import Adoption, Reference
from premia.rules.review import Desk, Limits
from tests.builders import (
    NOW,
    SESSIONS,
    SOON,
    a_book,
    a_chain,
    a_row,
    a_view,
    call,
    positions,
    put,
    seen,
    shares,
    short,
    working,
)

TRADE = "wheel/XYZ/put/2026-01-08/1"
ENGINE = Engine((), Desk(AccountKind.MARGIN, SESSIONS, Limits()), Reference(SESSIONS, US, Adoption({})))
QUOTED = a_view(seen(chain=a_chain(a_row(put(95), "0.90", "1.00"), a_row(put(90), "0.60", "0.64"))))


def command(verb, target="", **arguments):
    texts = {name: str(value) for name, value in arguments.items()}
    return ev.OperatorCommand(
        at=NOW, id=f"c-{verb}", verb=verb, target=target, who="anna", why="because", arguments=texts
    )


def obeyed(book, asked):
    batch, after = settle(ENGINE, book, asked)
    answers = [event for event in batch if isinstance(event, ev.CommandAnswered)]
    return batch, after, answers


def passed(book, asked, view=QUOTED, at=NOW):
    """The command taken, then one pass on a view."""
    _, book, early = obeyed(book, asked)
    assert early == []
    batch, after = settle(ENGINE, book, MarketArrived(at, "cycle", view, Run(strategies=())))
    (answer,) = [event for event in batch if isinstance(event, ev.CommandAnswered)]
    orders = [event.order for event in batch if isinstance(event, ev.MarginRequested)]
    return answer, orders, after


def a_short_put(quantity=2):
    return a_book(short(put(95), quantity=quantity, id=TRADE))


def test_a_pause_halts_entries_and_a_resume_ends_it():
    _, book, (paused,) = obeyed(a_book(), command("pause"))
    _, again, (resumed,) = obeyed(book, command("resume"))

    assert paused.ok
    assert book.halts["operator"].scope == "entries"
    assert (book.halts["operator"].who, book.halts["operator"].why) == ("anna", "because")
    assert resumed.ok
    assert again.halts == {}
    assert again.commands == {}


def test_a_kill_takes_back_what_works_and_only_a_release_ends_it():
    ours = {"broker_id": 7, "client_id": 17}
    batch, book, _ = obeyed(a_book(working(put(90), **ours), client_id=17), command("kill"))
    _, still, _ = obeyed(book, command("resume"))
    _, free, _ = obeyed(book, command("release", "kill"))

    assert [event.key for event in batch if isinstance(event, ev.CancelRequested)] == list(book.orders)
    assert "kill" in still.halts
    assert free.halts == {}


def test_an_order_is_taken_back_by_its_key_and_a_wrong_key_is_answered_with_no():
    ours = {"broker_id": 7, "client_id": 17}
    book = a_book(working(put(90), **ours), client_id=17)
    batch, _, (done,) = obeyed(book, command("cancel", next(iter(book.orders))))
    _, _, (no,) = obeyed(book, command("cancel", "wheel/ABC/put/2026-01-13/1"))

    assert done.ok
    assert any(isinstance(event, ev.CancelRequested) for event in batch)
    assert not no.ok
    assert "no living order wheel/ABC/put/2026-01-13/1" in no.text


def test_an_unknown_order_is_resolved_by_a_person_and_a_known_one_is_not():
    book = a_book(working(put(90), stage=Stage.UNKNOWN, broker_id=7, client_id=17))
    key = next(iter(book.orders))
    _, after, (done,) = obeyed(book, command("resolve", key, outcome="never-sent"))
    _, _, (no,) = obeyed(a_book(working(put(90))), command("resolve", key, outcome="filled"))

    assert done.ok
    assert after.orders == {}
    assert "resolved as never-sent by anna" in after.ended[key].why
    assert not no.ok


def test_closing_a_trade_is_one_order_at_what_fills_now():
    answer, (order,), _ = passed(a_short_put(), command("close", TRADE))

    assert answer.ok
    assert (order.combo.text, order.quantity) == ("+1 XYZ 2026-02-20 95 P", 2)
    assert (order.limit, order.worst) == (Decimal("-0.95"), Decimal("-1.00"))
    assert order.trade == TRADE
    assert "anna" in order.reason


def test_a_part_of_a_trade_is_closed_at_the_limit_that_was_named():
    answer, (order,), _ = passed(a_short_put(), command("close", TRADE, quantity=1, limit="0.50"))

    assert answer.ok
    assert (order.quantity, order.limit, order.worst) == (1, Decimal("-0.50"), Decimal("-0.50"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"quantity": 3}, "the trade holds 2 units"),
        ({"quantity": "x"}, "quantity is 'x'"),
        ({"limit": "cheap"}, "limit is 'cheap'"),
        ({"limit": "nan"}, "must be finite"),
    ],
)
def test_what_cannot_be_asked_for_is_answered_with_the_numbers(arguments, words):
    answer, orders, _ = passed(a_short_put(), command("close", TRADE, **arguments))

    assert not answer.ok
    assert words in answer.text
    assert orders == []


def test_a_close_that_a_rule_stops_is_answered_with_the_rule():
    book = a_book(short(put(95), quantity=2, id=TRADE), working(put(95), 1, quantity=2, trade=TRADE))
    answer, orders, _ = passed(book, command("close", TRADE))

    assert not answer.ok
    assert answer.text.startswith("duplicates: ")
    assert orders == []


def test_a_roll_names_its_new_contract_and_is_one_combo_order():
    answer, (order,), _ = passed(a_short_put(), command("roll", TRADE, expiry=SOON, strike=90))

    assert answer.ok
    assert order.combo.text == "+1 XYZ 2026-02-20 95 P, -1 XYZ 2026-02-20 90 P"
    assert order.worst == Decimal("-0.40")  # 0.60 received, 1.00 paid


def test_the_contracts_of_a_command_are_asked_for():
    _, book, _ = obeyed(a_short_put(), command("roll", TRADE, expiry=SOON, strike=90))
    (wanted,) = market_request(ENGINE, book, Run(strategies=())).symbols

    assert wanted.contracts == (put(95), put(90))


def test_a_trade_that_is_not_open_is_answered_with_those_that_are():
    answer, _, _ = passed(a_short_put(), command("close", "wheel/ABC/put/2026-01-08/1"))

    assert not answer.ok
    assert TRADE in answer.text


def test_a_wish_that_no_pass_took_up_is_not_done_later():
    _, book, _ = obeyed(a_short_put(), command("close", TRADE))
    batch, after = settle(ENGINE, book, Tick(NOW + PATIENCE))

    assert [event.ok for event in batch if isinstance(event, ev.CommandAnswered)] == [False]
    assert after.commands == {}
    late, _ = settle(ENGINE, after, MarketArrived(NOW + PATIENCE + timedelta(minutes=1), "c", QUOTED))
    assert not any(isinstance(event, ev.MarginRequested) for event in late)


def test_a_pass_at_once_is_answered_when_it_was_made():
    answer, _, _ = passed(a_book(), command("run"))

    assert answer.ok


def test_positions_that_nothing_explains_are_accepted_by_a_person():
    blocked = a_book(
        short(put(95), quantity=2, id=TRADE),
        shares(100, "100"),
        positions((put(95), -1, "200"), (call(110), -1, "80")),
        blocks={"XYZ": Block("positions differ from the ledger", None)},
    )
    _, after, (answer,) = obeyed(blocked, command("accept", "XYZ"))

    assert answer.ok
    assert {key: held.quantity for key, held in after.holdings.items()} == {
        put(95).key: -1,
        call(110).key: -1,
    }
    assert after.blocks == {}


def test_a_verb_that_does_not_exist_is_answered_with_those_that_do():
    _, _, (answer,) = obeyed(a_book(), command("sell_everything"))

    assert not answer.ok
    assert "pause" in answer.text
