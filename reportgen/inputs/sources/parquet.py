"""Columnar tables: a ``.parquet`` file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.inputs.sources import columns
from reportgen.inputs.sources.arrays import ERRORS, ArraySource, reading
from reportgen.inputs.sources.headers import require_memory
from reportgen.inputs.sources.source import entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.inputs.sources.arrays import Read


_NUMBER = 8
"""Bytes of a value in memory."""


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
            claimed = max(_NUMBER * metadata.num_rows * len(wanted), _unpacked(metadata, wanted))
            require_memory((claimed,), "uint8", self.limits.data_memory)
            table = pd.read_parquet(self.path, columns=wanted)
        return columns.reader(table, there, self.file)


def _unpacked(metadata: Any, names: Sequence[str]) -> int:
    """Return the bytes of columns before they were compressed, those of text included, as the file says."""
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    wanted = [
        place for place, path in enumerate(paths) if any(path == one or path.startswith(f"{one}.") for one in names)
    ]
    groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
    return sum(group.column(place).total_uncompressed_size for group in groups for place in wanted)
