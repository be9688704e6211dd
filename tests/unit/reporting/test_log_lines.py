"""Each fact of the journal has its place in the log: told once with its numbers, or left out on purpose."""

import json

import pytest

from premia.domain import events as ev
from premia.reporting.log_lines import LEVELS, SILENT, line_of
from tests.events_of_every_kind import KINDS, one_of_each


@pytest.mark.parametrize("event", one_of_each(), ids=lambda event: type(event).__name__)
def test_every_fact_makes_a_line_or_is_silent_on_purpose(event):
    line = line_of(event)

    if type(event) in SILENT:
        assert line is None
        return
    assert line.name == type(event).__struct_config__.tag
    assert line.level in ("debug", "info", "warning", "error")
    assert json.loads(json.dumps(line.fields)).keys() == line.fields.keys()


def test_the_tables_name_facts_that_exist():
    assert set(LEVELS) | SILENT <= set(KINDS)
    assert not set(LEVELS) & SILENT


def test_a_fill_is_told_with_contract_quantity_and_price():
    fill = next(event for event in one_of_each() if isinstance(event, ev.OrderFilled))

    assert {"key", "contract", "quantity", "price", "exec_id"} <= set(line_of(fill).fields)


def test_a_planned_order_is_told_with_its_legs_and_prices():
    planned = next(event for event in one_of_each() if isinstance(event, ev.MarginRequested))

    assert {"key", "legs", "quantity", "limit", "worst", "reserved"} <= set(line_of(planned).fields)
