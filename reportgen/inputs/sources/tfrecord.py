"""TFRecord files of ``tf.train.Example``, by the features that the spec describes."""

from __future__ import annotations

import math
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.code import load_libraries, model_code
from reportgen.inputs.digest import of_folder
from reportgen.inputs.folders import files_below
from reportgen.inputs.sources.arrays import ArraySource, reading, require_name, stacked
from reportgen.inputs.sources.pictures import Pictures
from reportgen.inputs.sources.records import require_frames
from reportgen.inputs.sources.rows import Rows
from reportgen.inputs.sources.source import entries
from reportgen.spec.files import is_folder
from reportgen.spec.tables.data import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location
    from reportgen.spec.tables.data import FeatureSpec

_AT = ("data", "path")
_ROWS_AT_ONCE = 64
_MOST_UNPACKED = 1032
"""Bytes that a byte of GZIP can be at most."""


def has_records(folder: Path) -> bool:
    """Tell whether a folder has a file with ``.tfrecord`` in its name; not if it cannot be looked through."""
    try:
        return any(_is_record(name) for name in files_below(folder))
    except (OSError, ValueError):
        return False


def _is_record(name: str) -> bool:
    return RECORDS[0] in PurePath(name).name


class TfRecord(ArraySource):
    """A ``.tfrecord`` file, or a folder of them, which follow one another by name; every record is an ``Example`` with the described features."""

    suffixes: ClassVar[tuple[str, ...]] = RECORDS

    @property
    def _features(self) -> Mapping[str, FeatureSpec]:
        return self.data.features or {}

    def names(self) -> tuple[str, ...] | None:
        """Return the features that the spec describes, if it does."""
        return tuple(self._features) or None

    def unusable(self) -> Iterator[tuple[Location, str, str]]:
        """Yield a file that cannot be opened."""
        return iter(()) if is_folder(self.path) else super().unusable()

    def digest(self) -> tuple[tuple[str, str], ...]:
        """Return the file with its digest, or the folder and one digest over its files."""
        return ((f"{self.file.rstrip('/')}/", of_folder(self.path)),) if is_folder(self.path) else super().digest()

    def reader(self) -> Read:
        """Read the features that the data table names."""
        with reading(_AT, self.file, "cannot be read as TFRecord"):
            shards = self._shards()
            n = sum(require_frames(shard, self.data.compression, self.limits.data_memory) for shard in shards)
            if not n:
                message = "contains no rows"
                raise ValueError(message)
        for location, value in entries(self.data):
            for name in [value] if isinstance(value, str) else value:
                require_name(tuple(self._features), location, self.file, name)
        most = sum(shard.stat().st_size for shard in shards) * (1 if self.data.compression is None else _MOST_UNPACKED)
        for name, spec in self._features.items():
            if math.prod(spec.shape) > most:
                message = f"is the shape of {math.prod(spec.shape):,} values, more than there are bytes"
                raise InputError(("data", "features", name, "shape"), self.file, message)
        load_libraries()
        with model_code(_AT, self.file, "cannot be read as TFRecord"):
            arrays = self._rows(list(map(str, shards)), n)

        def one(_location: Location, name: str) -> Array:
            return arrays[name]

        return stacked(one, self.file)

    def _shards(self) -> list[Path]:
        """Return the file, or those of the folder by name."""
        if not is_folder(self.path):
            return [self.path]
        names = [name for name in files_below(self.path) if _is_record(name)]
        if not names:
            raise ValueError(f"it has no {self.suffixes[0]} files")
        self.reading = f"{len(names):,} files by folder and name"
        return [self.path / name for name in names]

    def _rows(self, shards: list[str], n: int) -> dict[str, Array]:
        import tensorflow as tf

        wanted = {name for _, value in entries(self.data) for name in ([value] if isinstance(value, str) else value)}
        features = {name: spec for name, spec in self._features.items() if name in wanted}
        stored = {name: tf.io.FixedLenFeature(*_stored(spec, tf)) for name, spec in features.items()}
        with Rows(self.counted, n) as rows:
            for batch in tf.data.TFRecordDataset(shards, self.data.compression).batch(_ROWS_AT_ONCE):
                found = tf.io.parse_example(batch, stored)
                rows.add({name: self._values(name, spec, found[name].numpy()) for name, spec in features.items()})
            return rows.arrays()

    def _values(self, name: str, spec: FeatureSpec, stored: Array) -> Array:
        """Return the rows of a feature, decoded."""
        if spec.dtype == "image" and self.data.images is not None:
            pictures = Pictures(self.data.images)
            return np.stack([pictures.decoded(content, name) for content in stored])
        if spec.raw:
            dtype = np.dtype(spec.dtype).newbyteorder("<")
            return np.stack([_raw(content, dtype, spec.shape, name) for content in stored]).astype(spec.dtype)
        return stored


def _stored(spec: FeatureSpec, tf: Any) -> tuple[tuple[int, ...], Any]:
    """Return the shape and the type that a feature is stored with."""
    if spec.raw or spec.dtype == "image":
        return (), tf.string
    return spec.shape, tf.as_dtype(spec.dtype)


def _raw(content: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], name: str) -> Array:
    wanted = math.prod(shape) * dtype.itemsize
    if len(content) != wanted:
        raise ValueError(f"{name!r} has {len(content):,} bytes in a row, not the {wanted:,} of {dtype.name} {shape}")
    return np.frombuffer(content, dtype).reshape(shape)
