"""Columnar tables: a ``.parquet`` file."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reportgen.inputs.sources import columns
from reportgen.inputs.sources.arrays import ERRORS, ArraySource, reading
from reportgen.inputs.sources.headers import require_memory
from reportgen.inputs.sources.source import entries

if TYPE_CHECKING:
    from reportgen.inputs.sources.arrays import Read


class Parquet(ArraySource):
    """A ``.parquet`` file."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet",)

    def names(self) -> tuple[str, ...] | None:
        """Return the names of the columns."""
        import pyarrow.parquet

        try:
            return tuple(pyarrow.parquet.read_schema(self.path).names)
        except ERRORS:
            return None

    def reader(self) -> Read:
        """Read the columns that the data table names."""
        import pandas as pd
        import pyarrow.parquet

        with reading(("data", "path"), self.file, "cannot be read as parquet"):
            metadata = pyarrow.parquet.read_metadata(self.path)
            there = tuple(metadata.schema.to_arrow_schema().names)
            named = {name for _, value in entries(self.data) for name in ([value] if isinstance(value, str) else value)}
            wanted = [name for name in dict.fromkeys(there) if name in named]
            require_memory((metadata.num_rows, len(wanted)), "float64", self.limits.data_memory)
            table = pd.read_parquet(self.path, columns=wanted)
        return columns.reader(table, there, self.file)
