"""Columnar tables: a ``.parquet`` file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.inputs.sources import columns
from reportgen.inputs.sources.arrays import ERRORS, ArraySource, first_line, reading
from reportgen.inputs.sources.headers import require_memory
from reportgen.inputs.sources.source import named
from reportgen.metrics.mapped import zeros

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read


_NUMBER = 8
"""Bytes of a value in memory."""
_BUFFER = 2**20
"""Bytes of a column that are read ahead."""
_LISTS_AT_ONCE = 2**12
"""Rows of lists, which can be long."""


class Parquet(ArraySource):
    """A ``.parquet`` file; a column of lists of numbers, which all have one length, is an array (N, K)."""

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
            schema = metadata.schema.to_arrow_schema()
            of_lists = [name for name in wanted if there.count(name) == 1 and _is_list(schema.field(name).type)]
            single = [name for name in wanted if name not in of_lists]
            table = columns.gathered(lambda _: self._chunks(single), single, self.counted, metadata.num_rows)
            table |= {name: self._column(name, metadata) for name in of_lists}
        return columns.reader(table, there, self.file)

    def _column(self, name: str, metadata: Any) -> columns.Column:
        """Return a column of lists of numbers as an array, or why it is none."""
        try:
            values = self._lists(name, metadata)
        except ERRORS as error:
            return columns.Column(np.empty(0), np.empty(0), first_line(error))
        return columns.Column(values, np.zeros(len(values), np.bool_))

    def _lists(self, name: str, metadata: Any) -> Array:
        """Return lists of numbers (N, K) that have one length."""
        import pyarrow.parquet

        n, found = metadata.num_rows, np.empty((0, 1))
        require_memory((_values(metadata, name),), "float64", self.limits.data_memory)
        with pyarrow.parquet.ParquetFile(self.path, pre_buffer=False, buffer_size=_BUFFER) as file:
            end = 0
            for batch in file.iter_batches(_LISTS_AT_ONCE, columns=[name]):
                start, end = end, end + len(batch)
                some = _matrix(batch.column(0), start)
                if not start:
                    found = zeros((n, some.shape[1]), some.dtype)
                elif some.shape[1] != found.shape[1]:
                    raise ValueError(_lengths(found.shape[1], some.shape[1]))
                found[start:end] = some
                self.counted(end, n)
                pyarrow.default_memory_pool().release_unused()
        return found

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


def _is_list(kind: Any) -> bool:
    """Return whether an Arrow type is that of lists of numbers."""
    from pyarrow import types

    lists = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return lists and (types.is_integer(kind.value_type) or types.is_floating(kind.value_type))


def _matrix(lists: Any, start: int) -> Array:
    """Return some lists as the rows of an array; ``start`` is the place of the first of them."""
    lists.validate(full=True)
    missing = np.flatnonzero(lists.is_null().to_numpy(zero_copy_only=False))
    if len(missing):
        raise ValueError(f"row {start + missing[0]} has no list")
    lengths = np.unique(lists.value_lengths().to_numpy(zero_copy_only=False))
    if len(lengths) > 1:
        raise ValueError(_lengths(*lengths[:2]))
    flat = lists.flatten()
    if flat.null_count:
        message = "a list has a missing value"
        raise ValueError(message)
    return np.asarray(flat.to_numpy(zero_copy_only=False)).reshape(len(lists), int(lengths[0]))


def _lengths(one: int, other: int) -> str:
    """Return what is wrong with lists of two lengths."""
    return f"its lists have different lengths: {one:,} and {other:,}"


def _values(metadata: Any, name: str) -> int:
    """Return the number of values in the lists of a column, as the file says."""
    places = [
        place for place in range(metadata.num_columns) if metadata.schema.column(place).path.startswith(f"{name}.")
    ]
    groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
    return sum(group.column(place).num_values for group in groups for place in places)


def _unpacked(metadata: Any, names: Sequence[str]) -> int:
    """Return the bytes of columns before they were compressed, those of text included, as the file says."""
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    wanted = [
        place for place, path in enumerate(paths) if any(path == one or path.startswith(f"{one}.") for one in names)
    ]
    groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
    return sum(group.column(place).total_uncompressed_size for group in groups for place in wanted)
