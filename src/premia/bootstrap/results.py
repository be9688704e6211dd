"""Results of backtests and their pages in files: written whole or not at all, and read back."""

from __future__ import annotations

from pathlib import Path

from premia.reporting.backtest.files import ResultUnreadable, decode, encode
from premia.reporting.backtest.result import Result


def save_result(result: Result, path: Path) -> None:
    """Write a result as JSON; a file of that name is replaced, and never half of it.

    Args:
        result: What to write.
        path: Where; its folder is made where it is missing.
    """
    _save(encode(result), path)


def save_text(text: str, path: Path) -> None:
    """Write a page likewise.

    Args:
        text: What to write.
        path: Where; its folder is made where it is missing.
    """
    _save(text.encode(), path)


def load_result(path: Path) -> Result:
    """The result that a file holds.

    Raises:
        ResultUnreadable: If the file cannot be read or holds no result of this schema.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ResultUnreadable(
            f"{path} cannot be read: {error.strerror or error}. Give a file that `premia backtest` wrote."
        ) from error
    return decode(raw, str(path))


def _save(raw: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(raw)
    fresh.replace(path)
