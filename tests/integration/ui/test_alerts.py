"""`premia alerts test`: a real message through Apprise to a service on this machine."""

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.faults.test_process import CONFIG

CANARY = "correct-horse-battery"
CHANNELS = """
[alerts.channels.mail]
variable = "PREMIA_TEST_MAIL"

[alerts.channels.phone]
file = "phone.url"
"""

ROUTES = """
[alerts.routes]
critical = ["phone", "mail"]
"""


@contextmanager
def a_service():
    """A service that takes messages as Apprise's `json://` sends them."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if "refused" in self.path else 200)
            self.end_headers()

        def log_message(self, *_told):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1], got
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@pytest.fixture
def service():
    with a_service() as made:
        yield made


def premia(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "premia.ui.cli", "alerts", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "premia.toml").write_text(CONFIG.format(port=4002, symbol="FND") + CHANNELS)
    return tmp_path


def test_a_message_comes_through_each_channel(folder, service):
    port, got = service
    (folder / "phone.url").write_text(f"json://127.0.0.1:{port}/phone\n")

    ran = premia(folder, "test", "--json", PREMIA_TEST_MAIL=f"json://me:{CANARY}@127.0.0.1:{port}/mail")

    assert ran.returncode == 0, ran.stderr
    assert [(one["channel"], one["ok"]) for one in json.loads(ran.stdout)["channels"]] == [
        ("mail", True),
        ("phone", True),
    ]
    assert [one["title"] for one in got] == ["Premia: a test"] * 2


def test_each_channel_that_fails_is_told_with_why_and_without_its_address(folder, service):
    port, _got = service
    ran = premia(folder, "test", PREMIA_TEST_MAIL=f"json://me:{CANARY}@127.0.0.1:{port}/refused")

    assert ran.returncode == 1
    assert "the service did not take it" in ran.stdout
    assert "phone.url cannot be read" in ran.stdout
    assert CANARY not in ran.stdout + ran.stderr


def test_one_channel_alone(folder, service):
    port, got = service
    ran = premia(folder, "test", "--channel", "mail", PREMIA_TEST_MAIL=f"json://127.0.0.1:{port}/mail")

    assert ran.returncode == 0, ran.stdout
    assert len(got) == 1


def test_a_channel_that_is_not_there_is_told(folder):
    ran = premia(folder, "test", "--channel", "pigeon")

    assert ran.returncode == 2
    assert "has no channel pigeon; there is mail, phone" in ran.stderr


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (f'variable = "tgram://{CANARY}/1"', "is an address with a secret in it"),
        (f'file = "mailto://me:{CANARY}@host"', "is an address with a secret in it"),
        (f'url = "ntfy://{CANARY}"', "is an address with a secret in it"),
        (f'token = "{CANARY}"', "looks like a secret"),
        ('variable = "A"\nfile = "b"', "variable or file, exactly one"),
    ],
)
def test_an_address_in_the_configuration_is_refused_and_not_repeated(folder, table, said):
    text = CONFIG.format(port=4002, symbol="FND") + f"[alerts.channels.mail]\n{table}\n"
    (folder / "premia.toml").write_text(text)

    ran = premia(folder, "test")

    assert ran.returncode == 2
    assert said in ran.stderr.replace("\n", " ")
    assert CANARY not in ran.stderr + ran.stdout


def test_a_message_is_sent_by_its_route_although_the_rest_of_the_file_is_broken(folder, service):
    port, got = service
    (folder / "premia.toml").write_text(f"[account]\nnumber = 7\n[nonsense]\nx = 1\n{CHANNELS}{ROUTES}")
    (folder / "phone.url").write_text(f"json://127.0.0.1:{port}/refused\n")
    mail = f"json://127.0.0.1:{port}/mail"

    ran = premia(
        folder, "send", "it failed", "look", "--severity", "critical", "--json", PREMIA_TEST_MAIL=mail
    )

    assert ran.returncode == 0, ran.stderr
    found = [(one["channel"], one["ok"]) for one in json.loads(ran.stdout)["channels"]]
    assert found == [("phone", False), ("mail", True)]
    assert [(one["title"], one["message"], one["type"]) for one in got][-1] == (
        "it failed",
        "look",
        "failure",
    )


def test_a_message_that_nobody_takes_is_told_by_the_code(folder):
    ran = premia(folder, "send", "it failed", "--severity", "info")

    assert ran.returncode == 1
    assert "PREMIA_TEST_MAIL is not set" in ran.stdout
