"""NumPy arrays: one ``.npy`` file per input and per head's labels, without a ``data.path``; they are mapped into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.sources.arrays import ArraySource, reading, require_form
from reportgen.inputs.sources.headers import mapped, read_header
from reportgen.inputs.sources.source import entries

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location


class Npy(ArraySource):
    """The ``.npy`` files named in ``data.x`` and ``data.y``; pickled objects are not loaded."""

    suffixes: ClassVar[tuple[str, ...]] = (".npy",)

    def names(self) -> None:
        """Return None: each file is an array without a name."""

    def file_of(self, location: Location) -> str:
        """Return the file at a location in the spec."""
        return str(dict(entries(self.data))[location])

    def reader(self) -> Read:
        """Return a function that reads a file."""
        return self._read

    def _read(self, location: Location, name: str | tuple[str, ...]) -> Array:
        if not isinstance(name, str):
            raise InputError(location, "", "column names need a path, of a csv or parquet file")
        if not name.endswith(self.suffixes):
            raise InputError(location, name, "without a path this must be an .npy file")
        path = self.folder / name
        with reading(location, name, "cannot be read as npy"):
            with path.open("rb") as file:
                shape, dtype = read_header(file, path.stat().st_size, self.limits.data_memory)
            require_form(location, name, shape, dtype)
            return mapped(path) if 0 not in shape else np.empty(shape, dtype)
