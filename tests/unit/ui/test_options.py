"""Text of the command line becomes a value, or a sentence says why not."""

from datetime import date, time
from decimal import Decimal

import pytest
import typer

from premia.ui import options


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (options.money, "250000", Decimal(250_000)),
        (options.money, "250_000", Decimal(250_000)),
        (options.money, "250,000.50", Decimal("250000.50")),
        (options.day, "2026-01-31", date(2026, 1, 31)),
        (options.hour, "10:00", time(10)),
        (options.symbols, "spy, qqq,", ["SPY", "QQQ"]),
        (options.symbols, "spy:fund,vix:index", ["SPY:fund", "VIX:index"]),
    ],
)
def test_text_becomes_a_value(read, text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (options.money, "25k"),
        (options.money, "Infinity"),
        (options.money, "-1"),
        (options.day, "31.1.2026"),
        (options.hour, "25:00"),
        (options.symbols, " , "),
    ],
)
def test_text_that_is_no_value_is_told_with_an_example(read, text):
    with pytest.raises(typer.BadParameter, match="such as"):
        read(text)
