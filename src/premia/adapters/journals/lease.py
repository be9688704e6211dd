"""One account, one writer: the lease is a lock that the operating system holds for a process.

It lies in a file beside the journal and vanishes with the process, also when that is killed, so no
stale lease ever has to be cleared by hand. The file tells who holds it; its being there says nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from premia.domain.errors import JournalError, JournalHeld

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


# Windows locks bytes against reading too, so the holder's number stands behind the locked byte.
_HOLDER_AT = 1


class Lease:
    """The right to write one journal, held until released or until the process ends."""

    def __init__(self, journal: Path) -> None:
        """Take the lease.

        Raises:
            JournalHeld: If another process, or another journal of this one, holds it.
            JournalError: If the lock file cannot be made.
        """
        path = journal.with_name(f"{journal.name}.lock")
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalError(
                f"{path} cannot be made: {error.strerror}. A journal needs a folder that can be written."
            ) from error
        try:
            _lock(self._handle)
        except OSError as error:
            holder = self._holder()
            os.close(self._handle)
            raise JournalHeld(
                f"{journal} is being written by process {holder or 'unknown'}; one account has one writer. "
                "Wait for it, or end it, then start again."
            ) from error
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, _HOLDER_AT, os.SEEK_SET)
        os.write(self._handle, str(os.getpid()).encode())

    def release(self) -> None:
        """Give the lease back; a second time does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _holder(self) -> str:
        os.lseek(self._handle, _HOLDER_AT, os.SEEK_SET)
        return os.read(self._handle, 20).decode("ascii", errors="replace").strip("\0 ")
