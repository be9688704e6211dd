"""Writing a file so that at every instant the old one or the new one lies there, whole."""

from __future__ import annotations

import os
from pathlib import Path


def save(path: Path, text: str) -> None:
    """Put a text in a file's place, durable before it is there.

    Raises:
        OSError: If it cannot be written; what lay there is untouched.
    """
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
