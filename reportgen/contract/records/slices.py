"""Slices: which rows belong to which part of the data, and the columns in which further parts are searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Slicing:
    """One entry of ``[[slices]]``: slices that do not overlap.

    Attributes
    ----------
    names
        The names of its slices.
    codes
        (N,) int16, the slice of every evaluated row as a position in ``names``; -1 for none.
    missing
        Rows in none because a column that it names has no value there.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int16]
    missing: int


@dataclass(frozen=True)
class SearchedColumn:
    """A column in which slices are searched.

    Attributes
    ----------
    name
        Its name in the spec.
    values
        (N,) float64, the numbers of the evaluated rows; of a text column the positions in ``texts``. NaN for a missing value.
    texts
        The different texts, sorted; None for a column of numbers.
    """

    name: str
    values: NDArray[np.float64]
    texts: tuple[str, ...] | None
