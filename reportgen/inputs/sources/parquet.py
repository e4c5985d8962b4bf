"""Columnar tables: a ``.parquet`` file."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reportgen.inputs.sources import columns
from reportgen.inputs.sources.arrays import ArraySource, unreadable

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
        except (OSError, ValueError):
            return None

    def reader(self) -> Read:
        """Read the table."""
        import pandas as pd

        try:
            table = pd.read_parquet(self.path)
        except (OSError, ValueError) as error:
            raise unreadable(("data", "path"), self.file, "parquet", error) from error
        return columns.reader(table, self.file)
