"""The health server answers its own machine, and who hangs or floods holds nobody up."""

import socket
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from premia.adapters.health_server import HOST, Answer, HealthServer
from premia.domain.errors import ConfigError

LIMIT_S = 20


@pytest.fixture
def server():
    answers = {"/healthz": lambda: Answer(503, "application/json", b"{}\n")}
    with HealthServer(0, answers) as one:
        yield one


def get(server, path, host=None):
    request = Request(f"http://{HOST}:{server.port}{path}", headers={} if host is None else {"Host": host})
    try:
        with urlopen(request, timeout=LIMIT_S) as answer:  # noqa: S310 - as above
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_path_answers_with_its_own_code_and_body(server):
    assert get(server, "/healthz?verbose=1") == (503, b"{}\n")
    assert get(server, "/else")[0] == 404


def test_a_page_that_calls_this_machine_by_another_name_is_refused(server):
    assert get(server, "/healthz", host="evil.example:80")[0] == 403
    assert get(server, "/healthz", host=f"localhost:{server.port}")[0] == 503


def test_only_get_is_answered(server):
    caller = HTTPConnection(HOST, server.port, timeout=LIMIT_S)
    caller.request("POST", "/healthz", body=b"x")

    assert caller.getresponse().status == 501
    caller.close()


def test_it_listens_on_this_machine_only(server):
    assert server._server.server_address[0] == "127.0.0.1"


def test_callers_that_hang_are_cut_off_and_the_others_answered(server):
    """Twenty that say nothing, one that drips: within seconds the next one is answered."""
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection((HOST, server.port), timeout=LIMIT_S))
        drip = stack.enter_context(socket.create_connection((HOST, server.port), timeout=LIMIT_S))
        drip.sendall(b"GET /heal")
        began, code = time.monotonic(), 0
        while code != 503 and time.monotonic() - began < LIMIT_S:
            try:
                code = get(server, "/healthz")[0]
            except OSError:
                time.sleep(0.1)

    assert code == 503
    assert time.monotonic() - began < 8


def test_a_port_that_is_taken_is_told(server):
    with pytest.raises(ConfigError, match=rf"health\.port {server.port} cannot be had"):
        HealthServer(server.port, {})
