"""The reference of the configuration is what the code says."""

import subprocess
import sys

from tests.architecture.source import ROOT


def test_the_configuration_page_is_up_to_date(tmp_path):
    """`make docs` would change nothing: a copy of the page, made anew, is the page."""
    page = ROOT / "docs" / "reference" / "config.md"
    copy = tmp_path / "config.md"
    copy.write_text(page.read_text(encoding="utf-8"), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "tools/config_reference.py", str(copy)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert copy.read_text(encoding="utf-8") == page.read_text(encoding="utf-8")
