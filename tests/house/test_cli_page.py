"""The page about the command line says what the program does: codes, verbs and the keys of its JSON."""

import re

import pytest

from premia.adapters.ib.doctor import Check as DoctorCheck
from premia.bootstrap.agenda import Agenda, DayLine, RunLine
from premia.bootstrap.alert_channels import Tried
from premia.bootstrap.data_check import Summary as StoreSummary
from premia.bootstrap.data_check import SymbolLine
from premia.bootstrap.trading import OrderLine as PlannedOrder
from premia.bootstrap.trading import Reason, Report
from premia.reporting.agreement import Agreement, Total
from premia.reporting.agreement_rows import Difference
from premia.reporting.campaigns import CampaignLine
from premia.reporting.explain import Cycle, Finding, Standing
from premia.reporting.orders import OrderLine
from premia.reporting.paper import FeeLine, FillLine, Paper, Verdict
from premia.reporting.paper_margin import MarginLine
from premia.reporting.pnl import Earned, Statement
from premia.reporting.positions import PositionLine
from premia.reporting.status import BlockLine, ExpectedLine, HaltLine, Status
from premia.reporting.summary import Summary
from premia.store.quality import Report as QualityReport
from premia.ui.cli import VERBS
from premia.ui.demo import Check
from premia.ui.exits import MEANINGS
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
ROWS = {
    "status": Status,
    "status.blocks[]": BlockLine,
    "status.expected[]": ExpectedLine,
    "status.halts[]": HaltLine,
    "positions[]": PositionLine,
    "campaigns[]": CampaignLine,
    "orders[]": OrderLine,
    "agreement": Agreement,
    "agreement.totals[]": Total,
    "agreement.differences[]": Difference,
    "paper": Paper,
    "paper.verdicts[]": Verdict,
    "paper.fills[]": FillLine,
    "paper.margin[]": MarginLine,
    "paper.fees[]": FeeLine,
    "standing": Standing,
    "cycles[]": Cycle,
    "cycles[].findings[]": Finding,
    "report": Report,
    "report.orders[]": PlannedOrder,
    "report.refused[]`, `report.passed[]": Reason,
    "schedule": Agenda,
    "channels[]": Tried,
    "schedule.days[]": DayLine,
    "schedule.runs[]": RunLine,
    "checks[]": DoctorCheck,
    "check": Check,
    "store": StoreSummary,
    "symbols[]": SymbolLine,
    "reports[]": QualityReport,
    "summary": Summary,
    "summary.results": Statement,
    "summary.results.months[]": Earned,
}


@pytest.mark.parametrize("key", ROWS)
def test_the_documented_keys_are_those_of_the_answer(key):
    line = re.search(rf"^\|[^|]*\| `{re.escape(key)}` \| (.+) \|$", PAGE, flags=re.MULTILINE)
    shape = ROWS[key]

    assert line is not None
    fields = getattr(shape, "__struct_fields__", None) or shape._fields
    assert re.findall(r"`(\w+)`", line[1]) == list(fields)


def test_the_documented_codes_are_those_of_the_program():
    documented = dict(re.findall(r"^\| (\d+) \| (.+) \|$", PAGE, flags=re.MULTILINE))

    assert documented == {str(int(code)): text for code, text in MEANINGS.items()}


def test_every_verb_stands_in_the_table():
    assert {
        name for name in VERBS if re.search(rf"^\| `premia .*\b{name}\b.*?` \|", PAGE, flags=re.MULTILINE)
    } == set(VERBS)
