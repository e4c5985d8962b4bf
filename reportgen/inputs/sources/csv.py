"""Text tables: the columns of a ``.csv`` file by the names in its first line."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.inputs.sources import columns
from reportgen.inputs.sources.arrays import ERRORS, ArraySource, reading
from reportgen.inputs.sources.source import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from reportgen.inputs.dataset import Counted
    from reportgen.inputs.sources.arrays import Read

_LONGEST_LINE = 2**24


class Csv(ArraySource):
    """A ``.csv`` file; only an empty cell is missing, ``NA`` is text."""

    suffixes: ClassVar[tuple[str, ...]] = (".csv",)

    def names(self) -> tuple[str, ...] | None:
        """Return the names in the first line."""
        try:
            with self._text() as file:
                return tuple(next(csv.reader(_lines(file)), []))
        except (*ERRORS, csv.Error):
            return None

    def reader(self) -> Read:
        """Read the columns that the data table names; every row must be as wide as the first line."""
        with reading(("data", "path"), self.file, "cannot be read as csv"):
            with self._text() as file:
                n = _require_width(file, self.counted)
            table = columns.gathered(self._chunks, named(self.data), self.counted, n)
        return columns.reader(table, self.names() or (), self.file)

    def _chunks(self, types: Mapping[str, type]) -> Iterator[Any]:
        """Yield the table as data frames of some rows, at least one."""
        import pandas as pd

        options = {"keep_default_na": False, "na_values": [""], "index_col": False, "low_memory": False}
        with pd.read_csv(self.path, chunksize=columns.CHUNK, dtype=dict(types), **options) as chunks:
            yield from chunks

    def _text(self) -> TextIO:
        return self.path.open(newline="", encoding="utf-8-sig")


def _require_width(file: TextIO, counted: Counted) -> int:
    """Return the number of rows; refuse one that is wider or narrower than the first line: with decimal commas its cells would be shifted."""
    rows, n = csv.reader(_lines(file)), 0
    try:
        head = next(rows, [])
        for row in rows:
            n += bool(row)
            if not n % columns.CHUNK:
                counted(n, 0)
            if row and len(row) != len(head):
                message = f"line {rows.line_num} has {len(row):,} cells, but the first line has {len(head):,}"
                raise ValueError(message)
    except csv.Error as error:
        raise ValueError(f"line {rows.line_num}: {error}") from error
    return n


def _lines(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file, none of which may be endless."""
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise ValueError(f"has a line of more than {_LONGEST_LINE:,} characters")
        yield line
