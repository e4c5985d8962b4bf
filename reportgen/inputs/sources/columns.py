"""Columns of tables as arrays: text, numbers and missing cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.sources.arrays import first_line, require_name

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location


def reader(table: Any, file: str) -> Read:
    """Return a function that reads columns of a data frame: one as a vector, several as a matrix."""

    def read(location: Location, name: str | tuple[str, ...]) -> Array:
        for wanted in [name] if isinstance(name, str) else name:
            require_name(table, location, file, wanted)
        if location[1] == "y":
            require_labels(table[name], location, file)
        try:
            if isinstance(name, str):
                return plain(table[name])
            return np.stack([plain(table[column]) for column in name], axis=1)
        except (ValueError, TypeError) as error:
            raise InputError(location, file, f"{name!r} cannot be read ({first_line(error)})") from error

    return read


def require_labels(column: Any, location: Location, file: str) -> None:
    """Reject labels with missing values."""
    missing = _missing(column)
    rows = missing.reshape(len(missing), -1).any(axis=1)
    if rows.any():
        message = f"has no label in {int(rows.sum()):,} rows (the first is row {int(np.argmax(rows))})"
        raise InputError(location, file, message)


def plain(column: Any) -> Array:
    """Return a column, or an array of Python objects, as an array of text or numbers; missing numbers are NaN.

    Raises
    ------
    ValueError, TypeError
        It contains anything else.
    """
    array, missing = np.asarray(column), _missing(column)
    if array.dtype != object:
        return array
    if all(isinstance(value, str) for value in array[~missing]):
        return np.where(missing, "", array).astype(str)
    return np.where(missing, np.nan, array).astype(np.float64)


def _missing(column: Any) -> Array:
    import pandas as pd

    return np.asarray(pd.isna(column))
