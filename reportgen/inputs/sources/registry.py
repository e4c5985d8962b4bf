"""The list of sources: a new format is a module in this folder and an entry here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.errors import InputError
from reportgen.inputs.sources.csv import Csv
from reportgen.inputs.sources.hdf5 import Hdf5
from reportgen.inputs.sources.npy import Npy
from reportgen.inputs.sources.npz import Npz
from reportgen.inputs.sources.parquet import Parquet
from reportgen.inputs.sources.source import entries, files
from reportgen.spec.files import unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reportgen.inputs.sources.source import FileSource, Source
    from reportgen.spec.model import DataSpec
    from reportgen.spec.problems import Location

SOURCES: tuple[type[FileSource], ...] = (Npz, Csv, Parquet, Hdf5)
"""The formats of a ``data.path``."""


def source_of(data: DataSpec, folder: Path) -> Source:
    """Return the source of the files that a data table names.

    Raises
    ------
    InputError
        The file has an unknown suffix.
    """
    if data.path is None:
        return Npy(data, folder)
    found = next((one for one in SOURCES if (folder / str(data.path)).suffix in one.suffixes), None)
    if found is None:
        *others, last = (suffix for one in SOURCES for suffix in one.suffixes)
        raise InputError(("data", "path"), data.path, f"must be an {', '.join(others)} or {last} file")
    return found(data, folder)


def unknown_names(data: DataSpec, folder: Path) -> Iterator[tuple[Location, str, tuple[str, ...]]]:
    """Yield (location, name, available names) for every array or column that the file does not have.

    A file that cannot be opened yields nothing: opening it later reports why.
    """
    if any(unusable(folder / file) for _, file in files(data)):
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
