"""The list of sources: a new format is a module in this folder and an entry here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.errors import InputError
from reportgen.inputs.sources.csv import Csv
from reportgen.inputs.sources.function import Function
from reportgen.inputs.sources.hdf5 import Hdf5
from reportgen.inputs.sources.image_folder import ImageFolder
from reportgen.inputs.sources.npy import Npy
from reportgen.inputs.sources.npz import Npz
from reportgen.inputs.sources.parquet import Parquet
from reportgen.inputs.sources.saved_dataset import SPEC, SavedDataset
from reportgen.inputs.sources.source import entries, files, untold
from reportgen.inputs.sources.tfrecord import TfRecord, has_records
from reportgen.spec.files import is_folder, unusable
from reportgen.spec.tables.output import NO_LIMITS_NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reportgen.inputs.sources.source import FileSource, Source, Tell
    from reportgen.spec.problems import Location
    from reportgen.spec.tables.data import DataSpec
    from reportgen.spec.tables.output import LimitsSpec

SOURCES: tuple[type[FileSource], ...] = (Npz, Csv, Parquet, Hdf5, TfRecord)
"""The formats of a ``data.path`` that is a file."""


def source_of(data: DataSpec, folder: Path, limits: LimitsSpec = NO_LIMITS_NAMED, tell: Tell = untold) -> Source:
    """Return the source of the files that a data table names: the first of these rules that applies.

    A function; without a path ``.npy`` files; the suffix of a file format; with ``data.features`` a folder of TFRecord files; with
    ``data.images`` a folder of images; another folder is a saved ``tf.data`` data set. ``data.features`` may be there for another split: where a
    saved data set or images are in question too, the files of the folder decide.

    Raises
    ------
    InputError
        The file has an unknown suffix.
    """
    if data.function is not None:
        return Function(data, folder, limits, tell)
    if data.path is None:
        return Npy(data, folder, limits, tell)
    path = folder / data.path
    found = next((one for one in SOURCES if path.suffix in one.suffixes), None) or _of_folder(data, path)
    if found is None:
        *others, last = (suffix for one in SOURCES for suffix in one.suffixes)
        raise InputError(("data", "path"), data.path, f"must be an {', '.join(others)} or {last} file, or a folder")
    return found(data, folder, limits, tell)


def _of_folder(data: DataSpec, path: Path) -> type[FileSource] | None:
    """Return the source of a folder; None if there is none, unless it should have images."""
    there, pictures = is_folder(path), data.images is not None
    if there and data.features is not None and (has_records(path) if pictures else not (path / SPEC).exists()):
        return TfRecord
    if pictures:
        return ImageFolder
    return SavedDataset if there else None


def unusable_data(data: DataSpec, folder: Path) -> Iterator[tuple[Location, str, str]]:
    """Yield (location, file, reason) for every file or folder of the data that cannot be opened."""
    try:
        yield from source_of(data, folder).unusable()
    except InputError as error:
        for location, file in files(data):
            yield location, file, unusable(folder / file) or error.message


def unknown_names(data: DataSpec, folder: Path) -> Iterator[tuple[Location, str, tuple[str, ...]]]:
    """Yield (location, name, available names) for every array or column that the file does not have.

    A file that cannot be opened yields nothing: opening it later reports why.
    """
    if any(unusable_data(data, folder)):
        return
    try:
        there = source_of(data, folder).names()
    except InputError:
        return
    if there is None:
        return
    for location, value in entries(data):
        for index, name in enumerate([value] if isinstance(value, str) else value):
            if name not in there:
                yield (location if isinstance(value, str) else (*location, index)), name, there
