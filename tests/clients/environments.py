"""A virtual environment for each client, made on demand and kept: clients must not share packages.

They live under `$PREMIA_CLIENT_CACHE`, or `.clients/` in the checkout. A stamp file holds what was
installed, so a changed version makes the environment anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALL_S = 600
PACKAGES = {
    "ib_async": ("ib_async==2.1.0",),
    "ibapi": ("ibapi==9.81.1.post1",),
    "nautilus": ("nautilus-ibapi==10.46.1", "protobuf==7.36.2"),
    "thetagang": ("thetagang==2.1.1",),
}


def folder_of(name: str) -> Path:
    """The folder of a client's environment, installed and ready."""
    cache = Path(os.environ.get("PREMIA_CLIENT_CACHE", ROOT / ".clients"))
    folder = cache / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    stamp, wanted = folder / "installed.txt", "\n".join(PACKAGES[name])
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(program(folder, "python")), "-m", "pip", "install", "--quiet", *PACKAGES[name]])
    stamp.write_text(wanted)
    return folder


def program(folder: Path, name: str) -> Path:
    """A program of an environment, on any platform."""
    windows = folder / "Scripts" / f"{name}.exe"
    return windows if windows.exists() else folder / "bin" / name


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}"
