"""A small HTTP server on this machine's loopback that answers how things stand, from threads of its own.

It answers GET of the paths that it is given and nothing else, to callers on this machine that name it so, a
few at a time: who hangs, floods or drips is cut off here and holds up neither trading nor the other callers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from types import TracebackType
from typing import Any, NamedTuple, Self

from premia.domain.errors import ConfigError

HOST = "127.0.0.1"

_AT_ONCE = 8
_SILENT_S = 2.0  # how long a caller may send nothing
_WHOLE_S = 5.0  # how long a request may take to come in whole
_LINES = 100


class Answer(NamedTuple):
    """What a path answers."""

    status: int
    kind: str
    body: bytes


Answers = Mapping[str, Callable[[], Answer]]


class HealthServer:
    """Answers on `127.0.0.1` from its start until `close`."""

    def __init__(self, port: int, answers: Answers) -> None:
        """Listen on a port; 0 takes a free one.

        Args:
            port: The TCP port.
            answers: What each path answers; called in a thread of the server's, several at a time.

        Raises:
            ConfigError: If the port cannot be had.
        """
        try:
            self._server = _Server(port, answers)
        except OSError as error:
            raise ConfigError(
                f"health.port {port} cannot be had: {error.strerror}. Another process may hold it; name "
                "another port, or 0 for none."
            ) from error
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="health", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Answer no more; requests that are being answered are not waited for."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=2)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, port: int, answers: Answers) -> None:
        self.answers = answers
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the library has it
        """Answer in a thread, or hang up where too many are being answered."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Say nothing of a caller that broke off."""


class _Patient:
    """A connection's reading end that ends a request which takes too long as a whole."""

    def __init__(self, connection: socket, inner: Any) -> None:  # noqa: ANN401 - the library's file
        self._connection = connection
        self._inner = inner
        self._until = time.monotonic() + _WHOLE_S
        self._lines = 0

    def readline(self, most: int = -1) -> bytes:
        self._lines += 1
        left = self._until - time.monotonic()
        if left <= 0 or self._lines > _LINES:
            raise TimeoutError
        self._connection.settimeout(min(left, _SILENT_S))
        return self._inner.readline(most)

    def close(self) -> None:
        self._inner.close()


class _Handler(BaseHTTPRequestHandler):
    server_version = "premia"
    sys_version = ""
    timeout = _SILENT_S

    def setup(self) -> None:
        super().setup()
        self.rfile: Any = _Patient(self.connection, self.rfile)

    def do_GET(self) -> None:
        host = (self.headers.get("Host") or HOST).rsplit(":", 1)[0]
        if host not in (HOST, "localhost"):  # a page in a browser that calls this machine by another name
            self._send(Answer(HTTPStatus.FORBIDDEN, "text/plain", b"only this machine is answered\n"))
            return
        answer = self._answers().get(self.path.partition("?")[0])
        self._send(answer() if answer else Answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such path\n"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Keep no log of callers."""

    def _answers(self) -> Answers:
        server = self.server
        return server.answers if isinstance(server, _Server) else {}

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(answer.body)
