"""HDF5: the data sets of a file by their paths in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.inputs.sources.arrays import ERRORS, ArraySource, reading, require_form, require_name, stacked
from reportgen.inputs.sources.headers import require_memory
from reportgen.metrics.mapped import filled, zeros
from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location

_BYTES_AT_ONCE = 2**24


class Hdf5(ArraySource):
    """An ``.h5`` or ``.hdf5`` file; links to other files and data sets that are stored in other files are not followed."""

    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")

    def names(self) -> tuple[str, ...] | None:
        """Return the paths of the data sets."""
        try:
            return self._names()
        except ERRORS:
            return None

    def reader(self) -> Read:
        """Open the file."""
        with reading(("data", "path"), self.file, "cannot be read as HDF5"):
            names = self._names()

        def one(location: Location, name: str) -> Array:
            require_name(names, location, self.file, name)
            with reading(location, self.file, f"{name!r} cannot be read"):
                return self._values(location, name)

        return stacked(one, self.file)

    def _names(self) -> tuple[str, ...]:
        import h5py

        found: list[str] = []

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                found.append(name)

        with h5py.File(self.path, "r") as file:
            file.visititems(visit)
        return tuple(found)

    def _values(self, location: Location, name: str) -> Array:
        import h5py

        with h5py.File(self.path, "r") as file:
            stored = file[name]
            if stored.is_virtual or stored.external:
                message = "its values are in other files, which are not read"
                raise ValueError(message)
            text = h5py.check_string_dtype(stored.dtype) is not None
            if not text:
                require_form(location, self.file, stored.shape, stored.dtype)
            require_memory(stored.shape, stored.dtype, self.limits.data_memory)
            if text:
                return self._text(stored)
            if not stored.shape:
                return np.asarray(stored[()])
            return self._numbers(stored)

    def _numbers(self, stored: Any) -> Array:
        """Return numbers as an array: some megabytes at a time, in whole chunks, each of which is unpacked at once."""
        n, *others = stored.shape
        bytes_of_row = max(stored.dtype.itemsize * math.prod(others), 1)
        chunk = stored.chunks[0] if stored.chunks else 1
        size = max(_BYTES_AT_ONCE // bytes_of_row // chunk, 1) * chunk
        found = zeros(stored.shape, stored.dtype)
        for start in range(0, n, size):
            found[start : start + size] = stored[start : start + size]
            self.counted(min(start + size, n), n)
        return found

    def _text(self, stored: Any) -> Array:
        """Return text as an array that is as wide as the longest of it; it is read twice, because only reading tells how wide."""
        text = stored.asstr()
        if not stored.shape:
            return np.asarray(text[()], dtype=str)
        longest = max((len(value) for span in spans(len(stored)) for value in text[span].flat), default=0)
        dtype = np.dtype(("U", max(longest, 1)))
        require_memory(stored.shape, dtype, self.limits.data_memory)
        return filled(len(stored), dtype, lambda span: text[span], stored.shape[1:])
