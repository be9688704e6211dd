"""Secrets: planted wherever one can come from, and looked for in everything that Premia writes or tells."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from premia.bootstrap.hearing import heard
from premia.bootstrap.settings import load
from premia.domain import events as ev
from premia.ui.cli import main
from tests.faults.test_process import CONFIG, Daemon, a_daemon
from tests.integration.ui.test_alerts import a_service
from tests.mutation import assert_mutant_fails
from tests.unit.exchange.fixed_market import at

HERE = "tests/faults/test_secrets.py"
NOON = at("2024-03-11 12:00")
CANARY = "canary{:02d}-Zq7x"
"""A secret by number: no word of any text, and not to be guessed from its shape."""

# The library of alerts loads modules that warn of their own end, which is not what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")

TABLES = """
[health]
port = {health}

[log]
file = "premia.log"
level = "debug"

[alerts]
patience_s = 0

[alerts.channels.phone]
variable = "PHONE"

[alerts.channels.mail]
file = "mail.url"
"""


def canary(number: int) -> str:
    return CANARY.format(number)


def planted(port: int) -> dict[str, str]:
    """Variables with a secret each: by their name, by their use, and within addresses."""
    return {
        "PHONE": f"json://me:{canary(1)}@127.0.0.1:{port}/refused/{canary(2)}",
        "IB_PASSWORD": canary(3),
        "API_TOKEN": canary(4),
        "DATABASE_URL": f"postgresql://premia:{canary(5)}@db/premia",
        "SOME_PASSPHRASE": f"{canary(6)} with blanks & more",
    }


def hits(where: str, text: str | bytes) -> list[str]:
    """Canaries in a text, with where they stand."""
    plain = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return [f"{where}: {canary(n)}" for n in range(1, 20) if canary(n) in plain]


def asked(port: int, path: str) -> bytes:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.read()
    except HTTPError as refused:
        with refused:
            return refused.read()


def typed(capsys, *arguments: str) -> str:
    """What a verb prints, typed in this process."""
    with suppress(SystemExit):
        main(arguments)
    return "".join(capsys.readouterr())


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


VERBS = (
    ("status",),
    ("status", "--json"),
    ("positions",),
    ("orders", "--json"),
    ("campaigns",),
    ("why", "FND"),
    ("schedule",),
    ("config", "check"),
    ("config", "explain"),
    ("config", "explain", "--json"),
    ("alerts", "test"),
    ("alerts", "test", "--json"),
    ("pause", "--why", f"see https://me:{canary(7)}@wiki.example/page, password={canary(8)}, {canary(3)}"),
    ("status", "--journal", f"https://me:{canary(9)}@host/x"),
)
BROKEN = (
    f'[alerts.channels.other]\nurl = "tgram://{canary(10)}/1"',
    f'[nonsense]\ntoken = "{canary(11)}"',
    f'[calendar]\nexchange = "{canary(4)}"\nx = 1',  # a value that stands in the environment as a secret
    f'[events.earnings]\nFND = "https://me:{canary(12)}@gateway"',
)


def files(daemon: Daemon) -> dict[str, str | bytes]:
    """Journal and log, with what stands beside them."""
    return {path.name: path.read_bytes() for path in daemon.folder.glob("premia.[dl]*")}


def outputs(daemon: Daemon, health: int, got: list[dict]) -> dict[str, str | bytes]:
    """Everything that the daemon has written or told so far."""
    answers = {path: asked(health, path) for path in ("/healthz", "/livez", "/metrics", "/else")}
    return {**files(daemon), **answers, "stderr": daemon.said.read_text(), "alerts": json.dumps(got)}


@pytest.mark.fault(
    51, "A secret of the environment, an address, a file or an exception appears in no output: 0 hits"
)
@pytest.mark.sqlite("it reads the file itself")
def test_no_canary_is_found_in_what_a_life_writes_and_tells(tmp_path, monkeypatch, capsys):
    health = free_port()
    with a_service() as (port, got):
        for name, value in planted(port).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PREMIA_TRACEBACK", "1")
        monkeypatch.chdir(tmp_path)
        (tmp_path / "mail.url").write_text(f"json://127.0.0.1:{port}/{canary(13)}?+X-Key={canary(14)}\n")
        with a_daemon(tmp_path, config=CONFIG + TABLES.format(health=health)) as daemon:
            daemon.ready()
            said = {}
            for verb in VERBS:
                said[" ".join(verb[:3])] = typed(capsys, *verb)
            for times, broken in enumerate(BROKEN, 1):
                daemon.write("FND", broken)
                daemon.signal(signal.SIGHUP)
                daemon.until_said("stays in force", times)
                said[f"broken {times}"] = typed(capsys, "config", "check", "--json")
                assert '"ok": false' in said[f"broken {times}"]
            daemon.until(lambda: any("config" in one["title"] for one in got), "no alert came")
            told = outputs(daemon, health, got)
            assert daemon.end() == 0
            told |= {f"{name} after the end": text for name, text in files(daemon).items()}

    assert {"premia.db", "premia.log", "/metrics", "alerts"} <= told.keys()
    assert b"premia_turns_total" in told["/metrics"]
    assert "did not take it" in told["stderr"] + said["alerts test"]
    found = [hit for where, text in {**said, **told}.items() for hit in hits(where, text)]
    assert found == []
    assert "DU1000001" not in told["stderr"] + told["alerts"]
    assert b"DU1000001" not in told["/healthz"] + told["/metrics"] + told["premia.log"]


TOLD = ("the end of the process", "a trouble")
"""Of what is raised below, what a person is told of; the rest stands in the log."""


def wait_for(true) -> None:
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.02)


@pytest.mark.fault(
    51, "An exception with a secret in it ends in the log, an alert and an error without the secret"
)
@pytest.mark.parametrize(
    "how", ["a hearer's defect", "the end of the process", "a trouble", "a broker's words"]
)
def test_an_exception_with_a_secret_leaves_none(tmp_path, how):
    (tmp_path / "premia.toml").write_text(CONFIG.format(port=4002, symbol="FND") + TABLES.format(health=0))
    said = io.StringIO()
    with a_service() as (port, got):
        (tmp_path / "mail.url").write_text(f"json://127.0.0.1:{port}/mail\n")
        settings = load(tmp_path / "premia.toml")
        leak = f"could not log in with {canary(3)} at https://me:{canary(15)}@host/x?token={canary(16)}"
        with suppress(ValueError), heard(settings, planted(port), said) as told:
            if how == "a hearer's defect":
                told.observers.turned(leak, None)  # no book: whoever reads it raises with what it was given
            elif how == "a trouble":
                told.observers.trouble("config", leak)
            elif how == "a broker's words":
                told.facts([ev.BrokerWarned(at=NOON, code=1, text=leak), ev.Disconnected(at=NOON, why=leak)])
            else:
                raise ValueError(leak)
            wait_for(lambda: got or how not in TOLD)

    texts = {
        "stderr": said.getvalue(),
        "file": (tmp_path / "premia.log").read_text(),
        "alerts": json.dumps(got),
    }
    assert "could not log in with" in texts["stderr"] or how == "a hearer's defect"
    assert [hit for where, text in texts.items() for hit in hits(where, text)] == []
    assert bool(got) is (how in TOLD)


@pytest.mark.fault(51, "An error of the command line shows no secret, its traceback neither")
def test_a_traceback_of_the_command_line_shows_no_secret(tmp_path):
    (tmp_path / "premia.toml").write_text(f'x = "{canary(3)}')
    environment = {**os.environ, **planted(1), "PREMIA_TRACEBACK": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "premia.ui.cli", "status", "-c", f"no/{canary(3)}/premia.toml"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 2
    assert "Traceback" in ran.stderr
    assert hits("stderr", ran.stderr + ran.stdout) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "altered", "test"),
    [
        (
            "premia/adapters/logs.py",
            '            cleaned["exception"] = redact(_traceback(trace))',
            '            cleaned["exception"] = _traceback(trace)',
            "test_an_exception_with_a_secret_leaves_none",
        ),
        (
            "premia/bootstrap/hearing.py",
            "        told = message._replace(title=redact(message.title), text=redact(message.text))",
            "        told = message",
            "test_an_exception_with_a_secret_leaves_none",
        ),
        (
            "premia/ui/cli.py",
            'sys.stderr.write(readable(f"{trace}premia: {text}\\n"))',
            'sys.stderr.write(f"{trace}premia: {text}\\n")',
            "test_a_traceback_of_the_command_line_shows_no_secret",
        ),
    ],
)
def test_a_mutant_is_missed(module, line, altered, test):
    assert_mutant_fails(module, line, altered, f"{HERE}::{test}")
