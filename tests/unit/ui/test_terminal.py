"""A table that fits: a narrow terminal does without the columns that it can spare."""

import pytest

from premia.ui.screen import Column
from premia.ui.terminal import fitting

COLUMNS = [
    Column("symbol"),
    Column("premium", number=True, spare=1),
    Column("fees", number=True, spare=2),
    Column("why"),
]
ROWS = [("SPY", "1,234.50", "12.00", "a reason that is longer than any column of text may be")]


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (200, [0, 1, 2, 3]),
        (49, [0, 1, 2, 3]),
        (48, [0, 1, 3]),
        (41, [0, 1, 3]),
        (40, [0, 3]),
        (5, [0, 3]),
    ],
)
def test_the_sparest_column_goes_first_and_what_cannot_be_spared_stays(width, kept):
    """6 + 8 + 5 + 18 and 3 beside each: 49 in all, 41 without fees, 30 without premium."""
    assert fitting(COLUMNS, ROWS, width) == kept
