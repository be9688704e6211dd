"""Logs: one line a record, without secrets, to the stream and to a file that is set aside in time."""

import io
import json
import logging
import stat

import pytest

from premia.adapters.logs import LogPlan, Logs, RotatedFile
from premia.domain.errors import ConfigError
from premia.reporting.redaction import HIDDEN, Redactor
from tests.unit.exchange.fixed_market import at

CANARY = "correct-horse-1"
NOON = at("2024-03-11 12:00")


def written(plan, *told):
    """Lines of a log to which each of `told` was told."""
    stream = io.StringIO()
    with Logs(plan._replace(stream=stream), Redactor([CANARY]).value, lambda: NOON) as logs:
        for level, event, fields in told:
            logs.tell(level, event, **fields)
        logging.getLogger("another.library").warning("its own %s", CANARY)
        logging.getLogger("another.library").info("too much")
    return stream.getvalue().splitlines()


def test_a_record_is_one_line_of_json_with_its_figures():
    line, _ = written(LogPlan(), ("info", "order_filled", {"quantity": -1, "price": "0.60"}))

    assert json.loads(line) == {
        "at": "2024-03-11T16:00:00.000+00:00",
        "level": "info",
        "event": "order_filled",
        "quantity": -1,
        "price": "0.60",
    }


def test_libraries_are_told_from_warning_on_and_made_free_of_secrets_too():
    (line,) = written(LogPlan())

    assert json.loads(line)["event"] == f"its own {HIDDEN}"
    assert json.loads(line)["level"] == "warning"


def test_an_exception_is_told_with_its_traceback_and_without_its_secret():
    try:
        raise ValueError(f"no {CANARY} here")  # noqa: TRY301 - what is told is an error that was raised
    except ValueError as error:
        line, _ = written(LogPlan(), ("error", "it failed", {"exc_info": error}))

    told = json.loads(line)["exception"]
    assert "Traceback" in told
    assert f"no {HIDDEN} here" in told
    assert CANARY not in line


def test_a_person_reads_short_lines():
    line, _ = written(LogPlan(human=True), ("warning", "run_skipped", {"strategy": "wheel", "n": 2}))

    assert line.endswith("WARNING: run_skipped  strategy=wheel  n=2")


def test_what_is_below_the_level_is_not_told():
    lines = written(LogPlan(level="warning"), ("info", "quiet", {}), ("error", "loud", {}))

    assert [json.loads(line)["event"] for line in lines] == ["loud", f"its own {HIDDEN}"]


def test_the_file_is_set_aside_when_it_is_full_and_old_ones_go(tmp_path):
    file = RotatedFile(tmp_path / "logs" / "premia.log", max_bytes=2000, keep=2)

    written(LogPlan(file=file), *[("info", "a line of some length", {"n": n}) for n in range(200)])

    kept = sorted(path.name for path in file.path.parent.iterdir())
    assert kept == ["premia.log", "premia.log.1", "premia.log.2"]
    assert all(path.stat().st_size <= 2000 for path in file.path.parent.iterdir())
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert json.loads(file.path.read_text().splitlines()[-1])["event"] == f"its own {HIDDEN}"


def test_a_file_that_cannot_be_written_is_told_before_anything_starts(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")

    with pytest.raises(ConfigError, match=r"log\.file: .* cannot be written"):
        written(LogPlan(file=RotatedFile(tmp_path / "taken" / "premia.log")))


def test_after_its_end_nothing_is_left_of_it():
    before = list(logging.getLogger().handlers)

    written(LogPlan())

    assert logging.getLogger().handlers == before
