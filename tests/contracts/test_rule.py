"""What every rule of the registry promises: total, pure, never enlarging, and a no in words with numbers."""

import tomllib
from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import replace

from premia.domain.account import AccountKind
from premia.domain.book import Book, Halt, Observed
from premia.domain.combo import Combo, Leg, single
from premia.domain.intent import Intent, Purpose, evidence
from premia.domain.known import Known, Unknown
from premia.domain.money import price
from premia.domain.order import Stage
from premia.rules.answers import Pass, Refuse, Running, Shrink
from premia.rules.limits import Limits
from premia.rules.registry import RULES
from tests.builders import (
    NOW,
    SESSIONS,
    a_book,
    a_chain,
    a_row,
    a_view,
    an_account,
    an_underlying,
    call,
    holding,
    put,
    seen,
    shares,
    short,
    working,
)
from tests.toml_text import toml_text

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
PARAMETRIC = sorted(rule.name for rule in RULES if rule.params is not None)
ONE = price("1.00")


def an_intent(purpose, combo, quantity=3, trade=""):
    return Intent(
        strategy="wheel",
        symbol="XYZ",
        slot=f"XYZ/{purpose.value}",
        purpose=purpose,
        combo=combo,
        quantity=quantity,
        mid=ONE,
        natural=ONE,
        worst=ONE,
        reason="a test",
        evidence=evidence(),
        trade=trade,
    )


INTENTS = {
    "a put": an_intent(Purpose.OPEN, single(put(95), -1)),
    "a call": an_intent(Purpose.OPEN, single(call(105), -1)),
    "a close": an_intent(Purpose.CLOSE, single(put(95), 1), trade="wheel/XYZ/put/2026-01-08/1"),
    "a roll": an_intent(
        Purpose.ROLL, Combo((Leg(put(95), 1), Leg(put(92), -1))), trade="wheel/XYZ/put/2026-01-08/1"
    ),
}
NOBODY = Unknown(NOW, "nobody answered")
SILENT = an_account(
    net_liquidation=None,
    total_cash=None,
    settled_cash=None,
    available_funds=None,
    excess_liquidity=None,
    look_ahead_excess=None,
    post_expiration_excess=None,
)
BOOKS = {
    "empty": Book(),
    "rich": a_book(),
    "busy": a_book(
        shares(250, "100"),
        short(put(95), quantity=3),
        short(call(105)),
        holding(put(80), 2),
        working(put(90), quantity=4, filled=1),
    ),
    "poor": a_book(account=an_account(net_liquidation=1, settled_cash=-5, available_funds=-5, total_cash=-5)),
    "halted": a_book(halts={"gate": Halt("all", "an order was ten times too dear", NOW)}),
    "silent": a_book(account=SILENT),
    "unknown": a_book(observed=Observed(NOBODY, NOBODY, NOBODY)),
    "live": a_book(live=True),
    "unpriced": a_book(holding(call(50), -2), observed=Observed(Known(SILENT, NOW), Known((), NOW), NOBODY)),
}
VIEWS = {
    "whole": a_view(seen()),
    "nothing": a_view(),
    "unknown": a_view(XYZ=NOBODY),
    "empty": a_view(seen(chain=a_chain())),
    "priceless": a_view(seen(an_underlying(spot=None))),
    "one-sided": a_view(seen(chain=a_chain(a_row(put(95), None, "1.00"), a_row(put(92), "0.50", None)))),
}


@pytest.fixture(params=RULES, ids=lambda rule: rule.name)
def rule(request):
    return request.param


def ask(rule, book, view, intent, kind=AccountKind.MARGIN):
    params = None if rule.params is None else getattr(Limits(), rule.name)
    return rule.check(book, view, intent, params, Running(kind, SESSIONS))


def rejected(book):
    """The book with its orders ended."""
    return replace(book, orders={}, ended=book.orders)


def test_a_rule_answers_whatever_it_is_shown(rule):
    """Total and pure: an answer to everything, and the same one twice."""
    for book, view, wish, kind in product(BOOKS.values(), VIEWS.values(), INTENTS.values(), AccountKind):
        answer = ask(rule, book, view, wish, kind)

        assert ask(rule, book, view, wish, kind) == answer
        assert isinstance(answer, Pass | Shrink | Refuse)
        if isinstance(answer, Shrink):
            assert 1 <= answer.quantity < wish.quantity
            assert len(answer.note.split()) > 3
        if isinstance(answer, Refuse):
            assert len(answer.reason.split()) > 3


def test_a_rule_has_nothing_against_a_small_put_in_a_rich_account(rule):
    small = an_intent(Purpose.OPEN, single(put(95), -1), quantity=1)

    assert isinstance(ask(rule, a_book(), a_view(seen()), small), Pass)


def test_every_rule_can_say_no(rule):
    """Some book, view and kind of account make each rule refuse or shrink; the dead rule is found here."""
    strange = {
        "hours": a_view(seen(), at=NOW.replace(hour=3)),
        "expiry_day": a_view(seen(), at=NOW.replace(month=2, day=20)),
    }
    books = {
        **BOOKS,
        "blocked": a_book(working(put(90), slot="XYZ/open")),
        "many": a_book(*(short(put(60 + i), id=f"t{i}") for i in range(50))),
        "counted": a_book(opened_today={"wheel": 2}),
        "concentrated": a_book(shares(300, "100")),
        "borrowing": a_book(account=an_account(total_cash=-1)),
        "fresh": a_book(
            short(put(95), quantity=3, opened=NOW, id="wheel/XYZ/put/2026-01-08/1"),
            account=an_account(net_liquidation=20_000, day_trades_left=None),
        ),
        "rejected": rejected(a_book(working(put(90), slot="XYZ/open", stage=Stage.REJECTED, why="201"))),
        "standing": a_book(working(put(90), slot="XYZ/else", stage=Stage.UNKNOWN)),
        "full": a_book(*(short(put(90, symbol=f"S{i}"), quantity=3, id=f"t{i}") for i in range(4))),
        "leveraged": a_book(account=an_account(net_liquidation=10_000)),
    }
    answers = [
        ask(rule, book, view, intent, kind)
        for book in books.values()
        for view in (*VIEWS.values(), *strange.values())
        for intent in INTENTS.values()
        for kind in AccountKind
    ]

    assert any(isinstance(answer, Refuse | Shrink) for answer in answers)


def test_rules_and_their_tables_have_the_same_names():
    assert sorted(Limits.model_fields) == PARAMETRIC
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        if rule.params is not None:
            assert isinstance(getattr(Limits(), rule.name), rule.params)


def test_limits_survive_toml():
    text = toml_text(Limits().model_dump(mode="json"))

    assert Limits.model_validate(tomllib.loads(text)) == Limits()


@pytest.mark.parametrize("name", PARAMETRIC)
def test_every_parameter_is_described_and_numbers_have_a_unit(name):
    model = type(getattr(Limits(), name))
    assert model.model_config.get("frozen")
    assert model.model_config.get("extra") == "forbid"
    for key, schema in model.model_json_schema()["properties"].items():
        assert schema.get("description"), key
        if schema.get("type") in ("number", "integer"):
            assert "unit" in schema, key


def test_the_reference_page_names_every_rule_and_parameter():
    page = (DOCS / "rules.md").read_text(encoding="utf-8")
    wanted = [rule.name for rule in RULES]
    for name in PARAMETRIC:
        wanted += list(type(getattr(Limits(), name)).model_fields)

    assert [name for name in wanted if f"`{name}`" not in page] == []
