"""Columns of tables as arrays: text, numbers and missing cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.sources.arrays import first_line, require_filled, require_form, require_name
from reportgen.inputs.sources.objects import missing, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location


def reader(table: Any, names: Sequence[str], file: str) -> Read:
    """Return a function that reads columns of a data frame: one as a vector, several as a matrix.

    ``names`` are those of all columns of the file, as they are written there.
    """

    def read(location: Location, name: str | tuple[str, ...]) -> Array:
        for wanted in [name] if isinstance(name, str) else name:
            require_name(names, location, file, wanted)
        if table.empty:
            raise InputError(("data", "path"), file, "contains no rows")
        if location[1] not in {"x", "columns"}:
            require_filled(
                location,
                file,
                missing(table[[name] if isinstance(name, str) else list(name)]),
                "label" if location[1] == "y" else str(location[1]),
            )
        try:
            if isinstance(name, str):
                return plain(table[name])
            columns = [plain(table[column]) for column in name]
            for column in columns:
                require_form(location, file, column.shape, column.dtype)
            return np.stack(columns, axis=1)
        except (ValueError, TypeError) as error:
            raise InputError(location, file, f"{name!r} cannot be read ({first_line(error)})") from error

    return read
