"""Tables in Parquet and CSV files, as numpy columns, in parts that fit into memory.

Numbers come as float64 with NaN where nothing stands, dates as days since 1970 with `NO_DAY` where nothing
stands, and words as codes into the words that occur. A value that cannot be read is an error that names the
file and the column; it is never taken for a missing one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from premia.domain.errors import MarketDataError, SourceUnavailable
from premia.store.panel import Float32s, Int32s

NO_DAY = -(2**31)
PART_ROWS = 4_000_000
"""Rows that are read at once, about."""
pa: Any = import_module("pyarrow")  # it has no types of its own: it is walled here
_COMPUTE: Any = import_module("pyarrow.compute")
_CSV: Any = import_module("pyarrow.csv")
_PARQUET: Any = import_module("pyarrow.parquet")
_BLOCK = 1 << 26
Floats = NDArray[np.float64]


class Table:
    """Some columns of some rows of a file."""

    def __init__(self, path: Path, table: Any) -> None:  # noqa: ANN401 - pyarrow has no types of its own
        """A table of pyarrow; `path` is for messages."""
        self.path = path
        self.rows: int = table.num_rows
        self._table = table
        self._names = {str(name).strip().strip("[]").strip(): name for name in table.column_names}

    def __contains__(self, name: str) -> bool:
        """Whether there is a column of that name."""
        return name in self._names

    def numbers(self, name: str) -> Floats:
        """A column of numbers, shape (rows,); NaN where nothing stands."""
        return np.asarray(self._number(name, pa.float64()), dtype=np.float64)

    def fractions(self, name: str) -> Float32s:
        """A column of numbers of four bytes, shape (rows,); NaN where nothing stands."""
        return np.asarray(self._number(name, pa.float32()), dtype=np.float32)

    def days(self, name: str, written: str = "") -> Int32s:
        """A column of dates as days since 1970-01-01, shape (rows,).

        Args:
            name: The column.
            written: How text means a date, such as `%m/%d/%Y`; empty for ISO dates and date columns.
        """
        column = self._column(name)
        if pa.types.is_string(column.type):
            pattern = written or ("%Y%m%d" if _compact(column) else "%Y-%m-%d")
            if not written and not _compact(column):
                column = _COMPUTE.utf8_slice_codeunits(column, 0, 10)
            column = self._tried(name, lambda: _COMPUTE.strptime(column, pattern, "s"))
        days = self._tried(name, lambda: column.cast(pa.date32(), safe=False)).cast(pa.int32())
        known = _COMPUTE.fill_null(days, NO_DAY) if days.null_count else days
        return np.asarray(known.to_numpy(), dtype=np.int32)

    def words(self, name: str) -> tuple[Int32s, tuple[str, ...]]:
        """A column of words: codes, shape (rows,), -1 where nothing stands, and the words they mean."""
        column = self._column(name)
        if not pa.types.is_dictionary(column.type):
            column = self._tried(name, lambda: column.cast(pa.string())).dictionary_encode()
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        places = whole.indices
        codes = (_COMPUTE.fill_null(places, -1) if places.null_count else places).to_numpy()
        return np.asarray(codes, dtype=np.int32), tuple(str(word) for word in whole.dictionary.to_pylist())

    def _column(self, name: str) -> Any:  # noqa: ANN401 - as above
        column = self._table.column(self._names[name])
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if pa.types.is_large_string(column.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type):
            column = _COMPUTE.utf8_trim_whitespace(column)
            column = _COMPUTE.if_else(_COMPUTE.equal(column, ""), pa.scalar(None, pa.string()), column)
        return column

    def _number(self, name: str, kind: Any) -> Any:  # noqa: ANN401 - as above
        column = self._column(name)
        cast = column if column.type == kind else self._tried(name, lambda: column.cast(kind, safe=False))
        return cast.to_numpy(zero_copy_only=False)

    def _tried(self, name: str, step: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
        try:
            return step()
        except pa.ArrowException as error:
            raise MarketDataError(f"{self.path}: column {name} cannot be read: {error}.") from error


def column_names(path: Path) -> tuple[str, ...]:
    """Names of a file's columns, free of spaces and brackets.

    Raises:
        SourceUnavailable: Where the file is absent or is no table.
    """
    with _opened(path):
        if _is_parquet(path):
            names = _PARQUET.read_schema(path).names
        else:
            names = next(_csv_batches(path, None)).schema.names
    return tuple(str(name).strip().strip("[]").strip() for name in names)


def tables(path: Path, wanted: Sequence[str], rows: int = PART_ROWS) -> Iterator[Table]:
    """The rows of a file, in parts of about `rows`, in the file's order.

    Args:
        path: A Parquet file, or text with a header and commas between, compressed with gzip or not.
        wanted: Columns to read; those that the file lacks are left out.
        rows: Of one part; the last piece of a file that was read is never cut.

    Raises:
        SourceUnavailable: Where the file is absent or cannot be read.
        MarketDataError: Where a value cannot be read.
    """
    with _opened(path):
        parts: list[Any] = []
        count = 0
        for part in _parts(path, set(wanted), rows):
            parts.append(part)
            count += part.num_rows
            if count >= rows:
                yield Table(path, pa.concat_tables(parts))
                parts, count = [], 0
        if count:
            yield Table(path, pa.concat_tables(parts))


class _opened:  # noqa: N801 - reads as a word in `with`
    """Turns what reading a file may raise into our errors."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        if not self._path.is_file():
            raise SourceUnavailable(f"{self._path} is no file. Give the path of a Parquet or CSV file.")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | pa.ArrowException | UnicodeDecodeError):
            raise SourceUnavailable(f"{self._path} cannot be read as a table: {error}") from error


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def _parts(path: Path, wanted: set[str], rows: int) -> Iterator[Any]:
    if _is_parquet(path):
        with _PARQUET.ParquetFile(path, memory_map=True) as file:
            names = [name for name in file.schema_arrow.names if name in wanted]
            if file.metadata.num_rows <= rows:  # in one go: chunks that are never joined row by row
                yield file.read(columns=names)
                return
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=names)
        return
    for batch in _csv_batches(path, wanted):
        yield pa.Table.from_batches([batch])


def _csv_batches(path: Path, wanted: set[str] | None) -> Iterator[Any]:
    # Everything is read as text first: a column that is empty in one block and a number in the next would
    # otherwise change its type on the way.
    with pa.input_stream(str(path), compression="detect") as stream:
        header = str(stream.read(1 << 16), "utf-8", errors="replace").partition("\n")[0].strip("\r\ufeff")
    names = [name.strip().strip('"') for name in header.split(",")]
    bare = {name: name.strip("[]").strip() for name in names}
    chosen = [name for name in names if wanted is None or bare[name] in wanted]
    convert = _CSV.ConvertOptions(
        column_types={name: pa.string() for name in names}, include_columns=chosen, strings_can_be_null=True
    )
    read = _CSV.ReadOptions(column_names=names, skip_rows=1, block_size=_BLOCK)
    with pa.input_stream(str(path), compression="detect") as stream:
        yield from _CSV.open_csv(stream, read_options=read, convert_options=convert)


def _compact(column: Any) -> bool:  # noqa: ANN401 - as above
    """Whether dates are written as 20240131."""
    longest = _COMPUTE.max(_COMPUTE.utf8_length(column)).as_py()
    return longest == 8  # noqa: PLR2004 - digits of a day
