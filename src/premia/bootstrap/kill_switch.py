"""The kill switch: a file that, while it exists, keeps every order from leaving.

Whoever trades asks for it right before each sending and each change of a price, and about twice a second in
between; it needs no journal, no gateway and no process that answers. It says why and by whom; an empty file
made by hand works as well. Only `premia release kill`, or a person who removes the file, lifts it, and then
the halt that it has caused still stands until a person releases that.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from premia.domain.errors import JournalError

_READ = 500  # characters of the file that are told


class KillSwitch:
    """One switch, by the file that throws it.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is read or written yet."""
        self.path = path

    def shut(self) -> str:
        """Why nothing may be sent at this very moment; empty where it may.

        A file that is there and cannot be read counts as thrown, and so does one in a place that cannot be
        looked into: what is not known to be allowed is not done.
        """
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                said = file.read(_READ).strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"whether the kill switch is thrown cannot be read from {self.path}: {error.strerror}"
        return f"the kill switch is thrown ({self.path}): {said or 'no reason was given'}"

    def throw(self, why: str, who: str, at: datetime) -> bool:
        """Make the file; whether it was not there before. One that is there keeps its first reason.

        Raises:
            JournalError: If the file can be neither made nor found.
        """
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return False
        except OSError as error:
            raise JournalError(
                f"The kill switch {self.path} cannot be thrown: {error.strerror}. Make the file by hand, "
                "or end Premia; working orders are taken back in TWS."
            ) from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{why or 'no reason was given'} (by {who}, {at:%Y-%m-%d %H:%M:%S} UTC)\n")
            file.flush()
            os.fsync(file.fileno())
        return True

    def lift(self) -> bool:
        """Remove the file; whether it was there.

        Raises:
            JournalError: If it cannot be removed.
        """
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise JournalError(
                f"The kill switch {self.path} cannot be lifted: {error.strerror}. Remove the file by hand."
            ) from error
        return True
