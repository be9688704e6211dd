"""Columns in plain .npy files that grow at their end: the lowest layer of a store.

A header is written with room to spare, so that rows can be appended and the length told afterwards.
Any reader of .npy files can read the result, and the file's memory map is the column.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_BLOCK = 1 << 22


class Column:
    """One file to which values are appended."""

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        """Open a new file for values of a type."""
        self.path = path
        self.count = 0
        self._dtype = dtype
        self._file: IO[bytes] = path.open("xb+")
        self._head()
        self._start = self._file.tell()

    def append(self, values: NDArray[Any]) -> None:
        """Write values behind those that are there."""
        np.ascontiguousarray(values, dtype=self._dtype).tofile(self._file)
        self.count += int(values.shape[0])

    def replace(self, places: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Overwrite single values that were written before."""
        if places.size:
            self._file.flush()
            view = np.memmap(self.path, dtype=self._dtype, mode="r+", offset=self._start, shape=(self.count,))
            view[places] = values
            view.flush()

    def close(self) -> None:
        """Tell the length in the header, and close the file."""
        self._file.seek(0)
        self._head()
        self._file.close()

    def _head(self) -> None:
        described = npy.dtype_to_descr(self._dtype)
        npy.write_array_header_1_0(
            self._file, {"descr": described, "fortran_order": False, "shape": (self.count,)}
        )


def mapped(path: Path) -> NDArray[Any]:
    """The values of a file, read where they lie; they cannot be written."""
    found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return found.view(np.ndarray)  # a plain array over the map: slicing numpy's own kind costs ten times more


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
