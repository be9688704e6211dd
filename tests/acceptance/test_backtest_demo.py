"""`make backtest-demo` on chains made from a seed: imported, run, reported, and shown not to look ahead."""

import json
import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_of_backtests_leaves_a_report_and_knows_no_future(tmp_path):
    environment = {**os.environ, "PREMIA_DATA": str(tmp_path / "none"), "PREMIA_BACKTEST": str(tmp_path)}

    ran = subprocess.run(
        [sys.executable, "tools/backtest_demo.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=550,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "No decision knew the future" in ran.stdout
    assert ran.stdout.count(": left out, ") == 2
    result = json.loads((tmp_path / "synthetic.json").read_text(encoding="utf-8"))
    assert len(result["variants"]) == 5
    assert result["counts"]
    page = (tmp_path / "synthetic.html").read_text(encoding="utf-8")
    assert "https://" not in page.replace("https://www.w3.org", "")
