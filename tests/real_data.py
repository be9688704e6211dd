"""Where real market data for tests lies, when it lies anywhere.

The data belongs to others and is not part of the project. A test that needs a file asks for it here,
and is skipped, with the reason, on a machine that does not have it.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def real_data(relative_path: str) -> Path:
    """Path of a file of real market data; skips the calling test where it is absent.

    The folder is the environment variable PREMIA_DATA, else `shared/data` beside the checkout.
    """
    path = real_data_folder() / relative_path
    if not path.exists():
        pytest.skip(f"real market data is not on this machine: {relative_path} (set PREMIA_DATA)")
    return path


def real_data_folder() -> Path:
    """Where real market data would lie, whether or not it is there."""
    return Path(os.environ.get("PREMIA_DATA", ROOT.parent / "shared" / "data"))
