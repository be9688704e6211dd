"""An account's figures as a gateway writes them, in several currencies."""

from __future__ import annotations

import json
from decimal import Decimal

from premia.adapters.ib.requests import AccountFigure
from premia.adapters.ib.snapshot import account_state
from tests.real_data import real_data


def figures(*rows: tuple[str, str, str]) -> list[AccountFigure]:
    return [AccountFigure(tag, value, currency, "DU1") for tag, value, currency in rows]


def test_the_row_in_the_accounts_own_currency_speaks():
    state = account_state(
        "DU1",
        figures(
            ("NetLiquidation", "1000.24", "EUR"),
            ("NetLiquidation", "1000.24", "BASE"),
            ("AccruedCash", "-3.10", "USD"),
            ("AccruedCash", "-1.59", "EUR"),
            ("DayTradesRemaining", "3", ""),
        ),
    )

    assert (state.currency, state.net_liquidation) == ("EUR", Decimal("1000.24"))
    assert state.accrued_interest == Decimal("-1.59")
    assert state.day_trades_left == 3


def test_a_figure_that_was_not_told_is_none_and_not_zero():
    state = account_state("DU1", figures(("NetLiquidation", "1000", "USD")))

    assert state.settled_cash is None
    assert state.post_expiration_excess is None
    assert state.day_trades_left is None


def test_a_figure_of_another_account_is_not_ours():
    rows = [AccountFigure("SettledCash", "5", "USD", "DU2"), *figures(("NetLiquidation", "1", "USD"))]

    assert account_state("DU1", rows).settled_cash is None


def test_a_real_paper_accounts_figures_are_read():
    saved = json.loads(real_data("fixtures/ib/account_values.json").read_text(encoding="utf-8"))

    state = account_state(
        "DU123456", [AccountFigure(r["tag"], r["value"], r["currency"], r["account"]) for r in saved]
    )

    assert state.currency == "AUD"
    assert state.net_liquidation == Decimal("1000000.24")
    assert state.available_funds == Decimal("900000.08")
    assert state.look_ahead_excess == Decimal("800000.88")
    assert state.settled_cash is None
