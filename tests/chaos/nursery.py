"""A parent that has imported everything and opened nothing, and forks a life for each line that it reads.

No socket, no journal, no event loop, no thread: what a life opens is its own. Lives share the parent's
standard output, each line led by the life's number; the parent tells births and deaths in the same way.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from pathlib import Path

from tests.chaos import worker

_TICK_S = 0.02


def main() -> None:
    """Fork until standard input ends; no life outlives that."""
    gc.collect()
    gc.freeze()
    lives: dict[int, str] = {}
    rest = b""
    while True:
        ready, _, _ = select.select([0], [], [], _TICK_S if lives else None)
        if ready:
            some = os.read(0, 4096)
            if not some:
                _end(lives)
                return
            *lines, rest = (rest + some).split(b"\n")
            for line in lines:
                number, script, port, path, point = line.decode().split("\t")
                wish = worker.Wish(script, int(port), Path(path), point)
                pid = os.fork()
                if pid == 0:
                    _live(number, wish)
                lives[pid] = number
                _tell(f"{number} born {pid}")
        for pid in list(lives):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                _tell(f"{lives.pop(pid)} dead {status}")


def _end(lives: dict[int, str]) -> None:
    for pid in lives:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _live(number: str, wish: worker.Wish) -> None:
    os.close(0)
    worker.PREFIX = f"{number} "
    try:
        worker.live(wish)
    except BaseException as error:  # noqa: BLE001 - the parent must hear of it, and a fork never returns
        worker.say(f"failed {type(error).__name__}: {error}".replace("\n", " "))
    finally:
        os._exit(1)


def _tell(text: str) -> None:
    os.write(sys.stdout.fileno(), f"{text}\n".encode())


if __name__ == "__main__":
    main()
