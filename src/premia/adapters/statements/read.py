"""Reads a statement of whatever kind it is: Flex XML or the activity statement as CSV."""

from __future__ import annotations

from pathlib import Path

from premia.adapters.statements.activity import read_activity
from premia.adapters.statements.flex import read_flex
from premia.domain.errors import StatementError
from premia.domain.statement import Statement

_BEGINNING = 512
_BYTES_MAX = 512 * 1024 * 1024


def read_statement(path: Path, account: str) -> Statement:
    """The statement of one account in a file.

    Args:
        path: The file; its beginning tells what it is, its name does not matter.
        account: The account's number; empty takes the only one there is.

    Raises:
        StatementError: If the file cannot be read, is no statement, or is of other accounts.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING).lstrip(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise StatementError(
            f"{path} cannot be read: {error.strerror}. Name the statement's file."
        ) from error
    if not beginning:
        raise StatementError(f"{path.name}, line 1: the file is empty. Export the statement again.")
    if size > _BYTES_MAX:
        raise StatementError(f"{path.name} has {size:,} bytes, above {_BYTES_MAX:,}. Export a shorter time.")
    found = read_flex(path) if beginning.startswith(b"<") else (_activity(path, beginning),)
    return _of_account(path, found, account)


def _activity(path: Path, beginning: bytes) -> Statement:
    if not beginning.startswith((b"Statement,", b'"Statement",')):
        words = beginning.splitlines()[0][:40].decode(errors="replace")
        raise StatementError(
            f"{path.name}, line 1: the file begins with {words!r}. Expected a Flex statement in XML or an "
            "activity statement in CSV, as Interactive Brokers exports them."
        )
    return read_activity(path)


def _of_account(path: Path, found: tuple[Statement, ...], account: str) -> Statement:
    of_it = [one for one in found if account in ("", one.account)]
    if len(of_it) == 1:
        return of_it[0]
    accounts = ", ".join(one.account for one in found)
    if not of_it:
        raise StatementError(
            f"{path.name} is of account {accounts}; the journal is of {account}. Export that one's statement."
        )
    raise StatementError(
        f"{path.name} holds {len(of_it)} statements of {accounts}. Export one account and one period."
    )
