"""The demo holds what it promises: whole turns, an account equal to the cent, the same run twice.

Ten months are run by default: a put is assigned, calls are sold on its shares until they are called.
The five years that `make demo` shows are marked slow, because they are run twice.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from premia.bootstrap.demo import DemoReport, DemoWish, facts_of
from premia.bootstrap.demo_result import demo_result
from premia.domain import events as ev
from premia.domain.instrument import Right
from premia.domain.intent import Purpose
from premia.reporting.digest import digest
from premia.reporting.pnl import statement
from tests.acceptance.conftest import run
from tests.acceptance.ledger import Ledger, rows

CENT = Decimal("0.01")
HALF_CENT = Decimal("0.005")


@pytest.fixture(scope="module")
def years(tmp_path_factory) -> tuple[DemoReport, DemoReport]:
    first, last = date(2014, 1, 3), date(2018, 12, 31)
    return tuple(run(tmp_path_factory.mktemp("years"), first, last) for _ in range(2))


def holdings(report: DemoReport) -> dict[str, dict]:
    """The gateway's own positions by name."""
    named = {}
    for held in report.gateway["accounts"][report.account]["holdings"]:
        contract = held["contract"]
        key = contract["symbol"]
        if contract["type"] == "option":
            key = f"{key} {contract['expiry']} {contract['strike']} {contract['right']}"
        if held["quantity"]:
            named[key] = held
    return named


def check_the_account(report: DemoReport) -> None:
    """Journal, hand-kept ledger and gateway tell one story, to the cent."""
    values = report.gateway["accounts"][report.account]["values"]
    ledger = Ledger(report.journal)
    theirs = holdings(report)
    ours = {key: quantity for key, quantity in ledger.quantity.items() if quantity}

    assert "cash_unexplained" not in ledger.kinds
    assert abs(ledger.cash - Decimal(values["total_cash"])) <= HALF_CENT
    assert abs(report.ledger_cash - Decimal(values["total_cash"])) <= HALF_CENT
    assert ours == {key: held["quantity"] for key, held in theirs.items()}
    for key, held in theirs.items():
        average = abs(ledger.cost[key] / ledger.quantity[key])
        assert abs(average - abs(Decimal(held["average_cost"]))) < CENT, key
    for execution, told in ledger.told.items():
        assert abs(ledger.by_execution[execution] - told) < CENT, execution
    assert ledger.told
    costs = sum((ledger.cost[key] for key in ours), Decimal(0))
    assert abs(report.capital + ledger.realized + ledger.income - costs - ledger.cash) < CENT


def check_the_markets_record(report: DemoReport) -> None:
    """What executions cost and earned by our journal is what the market wrote down itself."""
    told = statement(enumerate(facts_of(report)))

    assert abs(told.commissions - report.commissions) < HALF_CENT
    assert abs(told.computed - report.realized) < HALF_CENT
    assert told.commissions > 0


def check_every_cent_was_predicted(report: DemoReport) -> None:
    booked = [event for event in facts_of(report) if isinstance(event, ev.CashBooked)]

    assert any(event.cause.startswith("dividend/") for event in booked)
    for event in booked:
        assert abs(event.amount.amount - event.predicted.amount) <= CENT, event.cause


def check_a_full_turn(report: DemoReport) -> None:
    """A put sold, assigned, a call sold and called away, in one campaign."""
    facts = facts_of(report)
    inferred = [event for event in facts if isinstance(event, ev.AssignmentInferred)]

    assert any(event.contract.right is Right.PUT for event in inferred)
    assert any(event.contract.right is Right.CALL for event in inferred)
    turned = [e for e in facts if isinstance(e, ev.CampaignEnded) and e.share_result.amount != 0]
    assert turned


def check_orders_of_every_kind(report: DemoReport) -> None:
    """Some fill in several executions, and some never fill."""
    facts = facts_of(report)
    fills: dict[str, int] = {}
    for event in facts:
        if isinstance(event, ev.OrderFilled):
            fills[event.key] = fills.get(event.key, 0) + 1
    ended = {event.key for event in facts if isinstance(event, ev.OrderCancelled)}

    assert max(fills.values()) > 1
    assert ended - set(fills)


def check_rolls(report: DemoReport) -> None:
    """A roll is one order that is filled on both legs for a net credit."""
    facts = facts_of(report)
    asked = {e.order.key: e.order for e in facts if isinstance(e, ev.MarginRequested)}
    rolled = {e.key for e in facts if isinstance(e, ev.OrderFilled) and asked[e.key].purpose is Purpose.ROLL}

    assert rolled
    assert all(len(asked[key].combo.legs) == 2 for key in rolled)


def test_ten_months_equal_the_gateways_account_to_the_cent(months):
    check_the_account(months)
    check_the_markets_record(months)


def test_every_cent_that_no_order_moved_was_predicted(months):
    check_every_cent_was_predicted(months)


def test_the_demo_is_told_in_the_form_of_a_backtest(months):
    """Every cent of the change in equity has its part; commissions are those of the market's own record."""
    wish = DemoWish(months.config.parent, first=months.first, last=months.last)
    told = demo_result(months, wish, facts_of(months))

    parts = dict(told.attribution.parts)
    assert sum(parts.values()) == told.attribution.change
    assert parts["unexplained"] == 0
    assert -parts["fees"] >= months.commissions.quantize(CENT)
    assert told.attribution.end == told.equity[-1].at_mid
    assert [one.kind for one in told.benchmarks] == ["holding", "bills", "mix"]
    assert told.counts.full_turns >= 1
    assert len(told.equity) == len(months.days)


def test_the_wheel_turns(months):
    check_a_full_turn(months)


def test_every_order_left_a_reason_with_numbers(months):
    for kind, text in rows(months.journal):
        if kind == "margin_requested":
            row = json.loads(text)
            assert row["order"]["reason"]
            assert len(row["evidence"]["facts"]) >= 5


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_five_years_hold_whole_turns_rolls_and_partial_fills(years):
    report = years[0]

    check_the_account(report)
    check_the_markets_record(report)
    check_every_cent_was_predicted(report)
    check_a_full_turn(report)
    check_rolls(report)
    check_orders_of_every_kind(report)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_runs_have_one_digest(years):
    one, other = (digest(enumerate(facts_of(report))) for report in years)

    assert one == other
