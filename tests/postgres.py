"""A real PostgreSQL server of one's own, from Debian's packages, for as long as a test process lives."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LIMIT_S = 60


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, of the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: float(one.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def missing() -> str:
    """Why no server can be started; empty where one can."""
    if binaries() is None:
        return "PostgreSQL is not installed (Debian: postgresql)"
    if os.geteuid() == 0 and _user() is None:
        return "PostgreSQL does not run as root, and there is no user postgres or nobody"
    return ""


def _user() -> str | None:
    """Whom the server runs as where this is root, as whom it refuses to run."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


@contextmanager
def a_server() -> Iterator[str]:
    """A server on a free port of the loopback; its address. It ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="premia-pg-"))
    where, as_whom = binaries(), {}
    if os.geteuid() == 0:
        user = _user()
        shutil.chown(folder, user)
        as_whom = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    made = [
        where / "initdb",
        "-D",
        data,
        "-U",
        "premia",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    log = (folder / "log").open("wb")
    process = None
    try:
        subprocess.run(made, check=True, stdout=log, stderr=log, cwd=folder, timeout=_LIMIT_S, **as_whom)
        options = ["-c", "fsync=off", "-c", f"unix_socket_directories={folder}", "-c", "max_connections=50"]
        command = [where / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), *options]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **as_whom)
        url = f"postgresql://premia@127.0.0.1:{port}/postgres"
        _wait(url, process, folder / "log")
        yield url
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # what PostgreSQL calls a fast shutdown
            process.wait(_LIMIT_S)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    import psycopg  # noqa: PLC0415 - optional

    end = time.monotonic() + _LIMIT_S
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        else:
            return


def a_schema(url: str, name: str) -> str:
    """The address of an empty place of one's own on a server."""
    import psycopg  # noqa: PLC0415 - optional

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    return f"{url}?options=-csearch_path%3D{name}"
