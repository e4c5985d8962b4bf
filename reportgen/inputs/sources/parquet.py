"""Columnar tables: a ``.parquet`` file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.inputs.sources import columns
from reportgen.inputs.sources.arrays import ERRORS, ArraySource, reading
from reportgen.inputs.sources.headers import require_memory
from reportgen.inputs.sources.source import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.inputs.sources.arrays import Read


_NUMBER = 8
"""Bytes of a value in memory."""
_BUFFER = 2**20
"""Bytes of a column that are read ahead."""


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
        import pyarrow.parquet

        with reading(("data", "path"), self.file, "cannot be read as parquet"):
            metadata = pyarrow.parquet.read_metadata(self.path)
            there = tuple(metadata.schema.to_arrow_schema().names)
            wanted = [name for name in dict.fromkeys(there) if name in named(self.data)]
            claimed = max(_NUMBER * metadata.num_rows * len(wanted), _unpacked(metadata, wanted))
            require_memory((claimed,), "uint8", self.limits.data_memory)
            table = columns.gathered(lambda _: self._chunks(wanted), wanted, self.counted, metadata.num_rows)
        return columns.reader(table, there, self.file)

    def _chunks(self, names: Sequence[str]) -> Iterator[Any]:
        """Yield columns as data frames of some rows, at least one."""
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(self.path, pre_buffer=False, buffer_size=_BUFFER) as file:
            if not file.metadata.num_rows:
                yield file.schema_arrow.empty_table().select(names).to_pandas(ignore_metadata=True)
            for batch in file.iter_batches(columns.CHUNK, columns=names):
                batch.validate(full=True)  # otherwise text that is not UTF-8 is found when somebody looks at it
                yield batch.to_pandas(ignore_metadata=True)
                pyarrow.default_memory_pool().release_unused()


def _unpacked(metadata: Any, names: Sequence[str]) -> int:
    """Return the bytes of columns before they were compressed, those of text included, as the file says."""
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    wanted = [
        place for place, path in enumerate(paths) if any(path == one or path.startswith(f"{one}.") for one in names)
    ]
    groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
    return sum(group.column(place).total_uncompressed_size for group in groups for place in wanted)
