"""The page about health names every metric that there is, and no other; and every reason."""

import re

from premia.adapters.metrics import Metrics
from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "health.md").read_text(encoding="utf-8")


def test_the_documented_metrics_are_those_that_are_counted():
    page = Metrics("0", lambda _book: ()).page().decode()
    made = {
        name + ("_total" if kind == "counter" and not name.endswith("_total") else "")
        for name, kind in re.findall(r"^# TYPE (premia_\w+) (\w+)$", page, flags=re.MULTILINE)
        if not name.endswith("_created")
    }
    rows = re.findall(r"^\| (`premia_.+?) \|", PAGE, flags=re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"`(premia_\w+)`", row)} == made


def test_every_reason_is_documented():
    source = (ROOT / "src" / "premia" / "reporting" / "health.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'Reason\("(\w+)"', source))

    assert codes
    assert codes <= set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE))
