"""The page about the result of a backtest names the keys that a file has, in their order."""

import re

import msgspec
import pytest

from premia.reporting.backtest.against import Against
from premia.reporting.backtest.attribution import Attribution
from premia.reporting.backtest.compare import Difference, Row, RunComparison
from premia.reporting.backtest.figures import Fall, Figures, MonthRow, TradeFigures
from premia.reporting.backtest.ran import Day, Missing, Settings, Tried
from premia.reporting.backtest.refusals import Refusals
from premia.reporting.backtest.result import SCHEMA, Exposure, Result, Use, Variant
from premia.reporting.backtest.trades import BacktestTrade, LegLine, RollLine
from premia.reporting.campaigns import CampaignLine
from premia.reporting.summary import Counts
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "backtest_result.md").read_text(encoding="utf-8")
ROWS: dict[str, type[msgspec.Struct]] = {
    "result": Result,
    "result.settings": Settings,
    "result.figures": Figures,
    "result.figures.deepest": Fall,
    "result.tried": Tried,
    "result.trade_figures": TradeFigures,
    "result.counts": Counts,
    "result.attribution": Attribution,
    "result.exposure": Exposure,
    "result.exposure.capital": Use,
    "result.benchmarks[]": Against,
    "result.months[]": MonthRow,
    "result.campaigns[]": CampaignLine,
    "result.trades[]": BacktestTrade,
    "result.trades[].legs[]": LegLine,
    "result.trades[].rolls[]": RollLine,
    "result.refusals[]": Refusals,
    "result.equity[]": Day,
    "result.missing[]": Missing,
    "result.variants[]": Variant,
    "comparison": RunComparison,
    "comparison.rows[]": Row,
    "comparison.settings[]": Difference,
}


@pytest.mark.parametrize("key", ROWS)
def test_the_documented_keys_are_those_of_the_file(key):
    line = re.search(rf"^\| `{re.escape(key)}`[^|]* \| (.+) \|$", PAGE, flags=re.MULTILINE)

    assert line is not None
    assert re.findall(r"`(\w+)`", line[1]) == list(ROWS[key].__struct_fields__)


def test_the_documented_schema_and_parts_are_those_of_the_program():
    assert f"`schema` is {SCHEMA};" in PAGE
    parts = re.findall(r"^\| `(\w+)` \| [a-z]", PAGE, flags=re.MULTILINE)
    assert parts == [name for name in Attribution.__struct_fields__ if name in set(parts)]
    assert len(parts) == 8
