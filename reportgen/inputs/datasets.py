"""Data sets: ``.npz``, pairs of ``.npy``, ``.csv`` and ``.parquet``, with the names that the spec gives."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.digest import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from reportgen.spec.model import DataSpec

    Array = NDArray[Any]
    Arrays = Array | dict[str, Array]
    Location = tuple[str | int, ...]

TABLE_SUFFIXES = (".csv", ".parquet")
_CHUNK = 65_536


@dataclass(frozen=True)
class Dataset:
    """Inputs and labels in memory, as the models want them: an array, or one for each input and output.

    ``files`` are the files as the spec names them with their SHA-256 digests. With ``by_position`` the arrays of ``x``
    belong to a model's inputs in their order, whatever its inputs are called.
    """

    x: Arrays
    y: Arrays | None
    n: int
    files: tuple[tuple[str, str], ...]
    by_position: bool = False


def load(data: DataSpec, folder: Path) -> Dataset:
    """Read the data set that a spec names.

    Raises
    ------
    InputError
        A file cannot be read, an array is missing, lengths differ, x is not numeric or not finite, no row.
    """
    read = _Reader(data, folder)
    x = _each(("data", "x"), data.x, read)
    y = None if data.y is None else _each(("data", "y"), data.y, read)
    named = _named("data.x", x) | ({} if y is None else _named("data.y", y))
    n = _common_length(named, ("data", "x"), data.path or "")
    for location, array in _located(("data", "x"), x):
        _require_numeric(location, read.file_of(location), array)
    return Dataset(x=x, y=y, n=n, files=tuple((name, sha256(folder / name)) for name in read.files))


def in_memory(x: Arrays | list[Array], y: Arrays | None) -> Dataset:
    """Return arrays of a running program as a data set; its digest is that of their bytes.

    A list has one array for each input of a model, in their order.

    Raises
    ------
    InputError
        Lengths differ, x is not numeric or not finite, no row.
    """
    arrays = {str(place): array for place, array in enumerate(x)} if isinstance(x, list) else x
    named = _named("x_data", arrays) | ({} if y is None else _named("y_data", y))
    n = _common_length(named, ("x_data",), "")
    for location, array in _located(("x_data",), arrays):
        _require_numeric(location, "", array)
    digest = hashlib.sha256()
    for name, array in named.items():
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    files = (("(in memory)", digest.hexdigest()),)
    return Dataset(x=arrays, y=y, n=n, files=files, by_position=isinstance(x, list))


def missing_names(data: DataSpec, folder: Path) -> Iterator[tuple[Location, str, list[str]]]:
    """Yield (location, name, names that there are) for every array or column that the file does not have.

    Reads directories and headers only. A file that cannot be opened yields nothing: loading it tells why.
    """
    if data.path is None:
        return
    there = _names_in(folder / data.path)
    if there is None:
        return
    for key, wanted in (("x", data.x), ("y", data.y)):
        for location, value in _entries(("data", key), wanted):
            for index, name in enumerate([value] if isinstance(value, str) else value):
                if name not in there:
                    yield (location if isinstance(value, str) else (*location, index)), name, there


def files_of(data: DataSpec) -> Iterator[tuple[Location, str]]:
    """Yield (location, file) for every file that the spec's data table names."""
    if data.path is not None:
        yield ("data", "path"), data.path
        return
    for key, wanted in (("x", data.x), ("y", data.y)):
        for location, value in _entries(("data", key), wanted):
            if isinstance(value, str):
                yield location, value


def _entries(location: Location, value: Any) -> Iterator[tuple[Location, str | tuple[str, ...]]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*location, key), inner
    elif value is not None:
        yield location, value


def _names_in(path: Path) -> list[str] | None:
    try:
        if path.suffix == ".npz":
            with zipfile.ZipFile(path) as archive:
                return [name.removesuffix(".npy") for name in archive.namelist()]
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8-sig") as file:
                return next(csv.reader(file), [])
        if path.suffix == ".parquet":
            import pyarrow.parquet

            return list(pyarrow.parquet.read_schema(path).names)
    except (OSError, ValueError, zipfile.BadZipFile):
        return None
    return None


class _Reader:
    """Gives the array of a name from the spec, opening the data file once."""

    def __init__(self, data: DataSpec, folder: Path) -> None:
        self.folder = folder
        self.path = data.path
        self.files: list[str] = [data.path] if data.path is not None else []
        self._sources: dict[Location, str] = {}
        self._content = None if data.path is None else _open(folder / data.path, data.path)

    def __call__(self, location: Location, name: str | tuple[str, ...]) -> Array:
        if self._content is not None:
            return _pick(self._content, location, self.path or "", name)
        if not isinstance(name, str):
            raise InputError(location, "", "column names need a data.path that is a csv or parquet file")
        self._sources[location] = name
        if name not in self.files:
            self.files.append(name)
        if not name.endswith(".npy"):
            raise InputError(location, name, "without data.path this must be an .npy file")
        return _load_npy(location, self.folder / name, name)

    def file_of(self, location: Location) -> str:
        return self.path or self._sources.get(location, "")


def _each(location: Location, wanted: Any, read: _Reader) -> Arrays:
    if isinstance(wanted, dict):
        return {key: read((*location, key), value) for key, value in wanted.items()}
    return read(location, wanted)


def _open(path: Path, file: str) -> Mapping[str, Any]:
    suffix = path.suffix
    location = ("data", "path")
    try:
        if suffix == ".npz":
            return np.load(path, allow_pickle=False)
        if suffix in TABLE_SUFFIXES:
            import pandas as pd

            return pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(location, file, f"cannot be read as {suffix[1:]} ({_first_line(error)})") from error
    raise InputError(location, file, "must be an .npz, .csv or .parquet file")


def _pick(content: Mapping[str, Any], location: Location, file: str, name: str | tuple[str, ...]) -> Array:
    for wanted in [name] if isinstance(name, str) else name:
        if wanted not in content:
            names = ", ".join(map(str, content))
            raise InputError(location, file, f"has no {wanted!r} (it has {names})")
    try:
        if isinstance(name, str):
            return _without_objects(np.asarray(content[name]))
        return np.stack([_without_objects(np.asarray(content[column])) for column in name], axis=1)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(location, file, f"{name!r} cannot be read ({_first_line(error)})") from error


def _load_npy(location: Location, path: Path, file: str) -> Array:
    try:
        array: Array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(location, file, f"cannot be read as npy ({_first_line(error)})") from error
    return array


def _without_objects(array: Array) -> Array:
    """Turn a column of Python strings into a string array; leave everything else as it is."""
    if array.dtype != object:
        return array
    if all(isinstance(value, str) for value in array):
        return array.astype(str)
    return array.astype(np.float64)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__


def _named(prefix: str, arrays: Arrays) -> dict[str, Array]:
    return {f"{prefix}.{key}": value for key, value in arrays.items()} if isinstance(arrays, dict) else {prefix: arrays}


def _located(location: Location, arrays: Arrays) -> Iterator[tuple[Location, Array]]:
    if isinstance(arrays, dict):
        for key, value in arrays.items():
            yield (*location, key), value
    else:
        yield location, arrays


def _common_length(arrays: dict[str, Array], location: Location, file: str) -> int:
    lengths = {name: (array.shape[0] if array.ndim else 0) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        text = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
        raise InputError(location, file, f"the arrays differ in their number of rows: {text}")
    n = next(iter(lengths.values()))
    if n == 0:
        raise InputError(location, file, "holds no row: there is nothing to evaluate")
    return n


def _require_numeric(location: Location, file: str, array: Array) -> None:
    if array.dtype.kind not in "buif":
        raise InputError(location, file, f"must be numbers (found dtype {array.dtype})")
    if array.dtype.kind != "f":
        return
    bad = [start + _bad_rows(array[start : start + _CHUNK]) for start in range(0, len(array), _CHUNK)]
    rows = np.concatenate(bad)
    if len(rows):
        raise InputError(
            location, file, f"has NaN or infinite values in {len(rows):,} rows (the first is row {rows[0]})"
        )


def _bad_rows(chunk: Array) -> NDArray[np.int64]:
    finite = np.isfinite(chunk).reshape(len(chunk), -1).all(axis=1)
    return np.flatnonzero(~finite).astype(np.int64)
