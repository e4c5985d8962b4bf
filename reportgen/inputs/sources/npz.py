"""NumPy archives: the arrays of an ``.npz`` file by name."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.sources.arrays import ArraySource, first_line, require_name, unreadable

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location

_ERRORS = (OSError, ValueError, EOFError, zipfile.BadZipFile)


class Npz(ArraySource):
    """An ``.npz`` file; pickled objects are not loaded."""

    suffixes: ClassVar[tuple[str, ...]] = (".npz",)

    def names(self) -> tuple[str, ...] | None:
        """Return the names of the arrays."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                return tuple(name.removesuffix(".npy") for name in archive.namelist())
        except _ERRORS:
            return None

    def reader(self) -> Read:
        """Open the archive."""
        try:
            content = np.load(self.path, allow_pickle=False)
        except _ERRORS as error:
            raise unreadable(("data", "path"), self.file, "npz", error) from error

        def one(location: Location, name: str) -> Array:
            require_name(content, location, self.file, name)
            return np.asarray(content[name])

        def read(location: Location, name: str | tuple[str, ...]) -> Array:
            try:
                if isinstance(name, str):
                    return one(location, name)
                return np.stack([one(location, each) for each in name], axis=1)
            except _ERRORS as error:
                raise InputError(location, self.file, f"{name!r} cannot be read ({first_line(error)})") from error

        return read
