"""NumPy archives: the arrays of an ``.npz`` file by name."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, ClassVar

from reportgen.inputs.sources.arrays import ERRORS, ArraySource, reading, require_form, require_name, stacked
from reportgen.inputs.sources.headers import read_header, read_values

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location

_SUFFIX = ".npy"


class Npz(ArraySource):
    """An ``.npz`` file; pickled objects are not loaded."""

    suffixes: ClassVar[tuple[str, ...]] = (".npz",)

    def names(self) -> tuple[str, ...] | None:
        """Return the names of the arrays."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                return tuple(name.removesuffix(_SUFFIX) for name in archive.namelist())
        except ERRORS:
            return None

    def reader(self) -> Read:
        """Open the archive."""
        with reading(("data", "path"), self.file, "cannot be read as npz"):
            archive = zipfile.ZipFile(self.path)
        members = {info.filename.removesuffix(_SUFFIX): info for info in archive.infolist()}
        names = [info.filename.removesuffix(_SUFFIX) for info in archive.infolist()]

        def one(location: Location, name: str) -> Array:
            require_name(names, location, self.file, name)
            with reading(location, self.file, f"{name!r} cannot be read"):
                with archive.open(members[name]) as member:
                    require_form(
                        location, self.file, *read_header(member, members[name].file_size, self.limits.data_memory)
                    )
                with archive.open(members[name]) as member:
                    return read_values(member, self.counted)

        return stacked(one, self.file)
