"""Saved ``tf.data`` data sets: the folders that ``Dataset.save`` writes."""

from __future__ import annotations

import math
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from reportgen.inputs.code import load_libraries, model_code
from reportgen.inputs.digest import of_folder
from reportgen.inputs.folders import files_below
from reportgen.inputs.sources.arrays import ArraySource, reading, require_name, stacked
from reportgen.inputs.sources.elements import rows_of
from reportgen.inputs.sources.records import require_frames
from reportgen.spec.files import read_bytes, unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location

SPEC = "dataset_spec.pb"
_METADATA = "snapshot.metadata"
_SHAPE, _LONG = 0x12, 0x80
"""What the shape of a tensor starts with, and lengths from which on more than one byte tells them."""
_UNJUDGED = "SNAPPY"
"""What only TensorFlow unpacks."""
_AT = ("data", "path")


class SavedDataset(ArraySource):
    """A folder with ``dataset_spec.pb``; the shards are read one after another, so that the order of rows is always the same."""

    suffixes: ClassVar[tuple[str, ...]] = ()

    def names(self) -> None:
        """Return None: only TensorFlow can tell."""

    def unusable(self) -> Iterator[tuple[Location, str, str]]:
        """Yield a folder that lacks the files of a saved data set."""
        for name in (SPEC, _METADATA):
            reason = unusable(self.path / name)
            if reason is not None:
                yield _AT, self.file, f"is not a folder of tf.data.Dataset.save ({name}: {reason})"
                return

    def digest(self) -> tuple[tuple[str, str], ...]:
        """Return the folder and one digest over its files."""
        return ((f"{self.file.rstrip('/')}/", of_folder(self.path)),)

    def reader(self) -> Read:
        """Read the data set once."""
        what = "cannot be read as a saved tf.data data set"
        with reading(_AT, self.file, what):
            files = files_below(self.path)
        load_libraries()
        with model_code(_AT, self.file, what):
            import tensorflow as tf

            run = _run(read_bytes(self.path / _METADATA, 1))
            if self.data.compression != _UNJUDGED:
                self._require_frames([file for file in files if file.startswith(f"{run}/")])
            dataset = tf.data.Dataset.load(
                str(self.path),
                compression=self.data.compression,
                reader_func=lambda shards: shards.flat_map(lambda one: one),
            )
            arrays, self.reading = rows_of(dataset, self.data.batched, self.counted, self.limits.data_memory)

        def one(location: Location, name: str) -> Array:
            require_name(tuple(arrays), location, self.file, name)
            return arrays[name]

        return stacked(one, self.file)

    def _require_frames(self, shards: list[str]) -> None:
        """Reject shards that end within a record, or claim more than there is."""
        for shard in shards:
            try:
                require_frames(self.path / shard, self.data.compression, self.limits.data_memory, _judge)
            except (OSError, EOFError, ValueError, zlib.error) as error:
                raise ValueError(f"{shard}: {error}") from error


def _judge(start: bytes, length: int) -> None:
    """Reject a tensor that claims more values than its record has bytes: TensorFlow would make room for them.

    A record is a TensorProto: its type (field 1, a byte), then its shape (field 2), whose length and dims are judged.
    """
    _, _, field, size = start[:4].ljust(4, b"\0")
    claimed = _values(start[4 : 4 + size]) if start[:1] == b"\x08" and field == _SHAPE and size < _LONG else None
    if claimed is None:
        message = "a record is no tensor"
        raise ValueError(message)
    if claimed > length:
        raise ValueError(f"a tensor should have {claimed:,} values, but its record has {length:,} bytes")


@lru_cache
def _values(shape: bytes) -> int | None:
    """Return the number of values of a TensorShapeProto; None if it is none."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # protobuf has no types
    from tensorflow.core.framework.tensor_shape_pb2 import TensorShapeProto

    try:
        dims = [one.size for one in TensorShapeProto.FromString(shape).dim]
    except DecodeError:
        return None
    return math.prod(dims) if min(dims, default=0) >= 0 else None


def _run(metadata: bytes) -> str:
    """Return the folder of the shards; reject metadata that name one elsewhere."""
    from tensorflow.core.protobuf.snapshot_pb2 import SnapshotMetadataRecord

    run = SnapshotMetadataRecord.FromString(metadata).run_id
    if "/" in run or run in {"", ".", ".."}:
        raise ValueError(f"its metadata name the folder {run!r}, which is not in it")
    return run
