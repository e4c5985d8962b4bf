"""Arrays of Python objects as arrays of text or numbers, and their missing values."""

from __future__ import annotations

from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array


def plain(column: Any) -> Array:
    """Return a column, or an array of Python objects, as an array of text or numbers; missing numbers are NaN.

    Raises
    ------
    ValueError, TypeError
        It contains anything else.
    """
    array, absent = np.asarray(column), missing(column)
    if array.dtype != object:
        return array
    kinds = {type(value) for value in array[~absent]}
    if kinds <= {str}:
        return np.where(absent, "", array).astype(str)
    other = sorted(kind.__name__ for kind in kinds if not issubclass(kind, (Number, np.number, np.bool_)))
    if other:
        raise ValueError(f"must be numbers or text, found {other[0]}")
    return np.where(absent, np.nan, array).astype(np.float64)


def missing(column: Any) -> Array:
    """Return which values of a column, or of an array of Python objects, are missing."""
    import pandas as pd

    return np.asarray(pd.isna(column))
