"""The gateway's control channel, from a test: one command, one answer."""

from __future__ import annotations

import json
import socket


def ask(port: int, **command: object) -> dict:
    """Send one command and return the answer, which must be a success."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as channel:
        channel.sendall(json.dumps(command).encode() + b"\n")
        with channel.makefile() as lines:
            answer = json.loads(lines.readline())
    assert answer["ok"], answer
    return answer
