"""Arrays in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.sources.arrays import (
    ArrayDataset,
    first_line,
    groups_of,
    one_per_row,
    require_filled,
    require_form,
    require_labels,
    require_numbers,
    require_rows,
    weights_of,
)
from reportgen.inputs.sources.objects import missing, plain

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array, Layout
    from reportgen.spec.problems import Location

    Given = Array | Mapping[str, Array]

_SINGLE = "x"
_FILLED = {"y_data": "label", "groups": "group", "weights": "weight"}
"""What every row must have, by the name that the user passes it under."""


class Memory:
    """Inputs and labels in memory.

    Parameters
    ----------
    x
        An array, a list of arrays in the order of the model's inputs, or arrays by input name.
    y
        An array of labels, or arrays by output name; None without labels.
    groups, weights
        An array each, one value per row; None without them.
    columns
        Arrays by name, one value per row, that slices can name.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        x: Given | list[Array],
        y: Given | None,
        groups: Array | None = None,
        weights: Array | None = None,
        columns: Mapping[str, Array] | None = None,
    ) -> None:
        listed = isinstance(x, list)
        self._x = _located("x_data", {str(place): array for place, array in enumerate(x)} if listed else x)
        self._y = {} if y is None else _located("y_data", y)
        self._others = {
            (name,): _without_objects((name,), array)
            for name, array in (("groups", groups), ("weights", weights))
            if array is not None
        }
        self._columns = _located("columns", columns or {})
        self._layout: Layout = "by position" if listed else "by name" if isinstance(x, Mapping) else "single"

    def names(self) -> tuple[str, ...]:
        """Return the names of the arrays as used in messages."""
        return tuple(".".join(map(str, place)) for place in (*self._x, *self._y, *self._others, *self._columns))

    def open(self) -> ArrayDataset:
        """Return the data set.

        Raises
        ------
        InputError
            Lengths differ, x is not numeric or not finite, there are no rows, a label or group is missing, or a weight is negative.
        """
        require_rows({**self._x, **self._y}, lambda _: "")
        others = (*self._others.items(), *self._columns.items())
        for location, array in (*self._x.items(), *self._y.items(), *others):
            require_form(location, "", array.shape, array.dtype)
        for location, array in self._x.items():
            require_numbers(location, "", array)
        for location, array in self._y.items():
            require_labels(location, "", array)
        rows = len(next(iter(self._x.values())))
        return ArrayDataset(
            {str(place[1]) if len(place) > 1 else _SINGLE: array for place, array in self._x.items()},
            {str(place[1]) if len(place) > 1 else None: array for place, array in self._y.items()},
            self._layout,
            self.digest(),
            groups=groups_of(("groups",), "", self._others["groups",], rows) if ("groups",) in self._others else None,
            weights=weights_of(("weights",), "", self._others["weights",], rows)
            if ("weights",) in self._others
            else None,
            columns={str(place[1]): one_per_row(place, "", array, rows) for place, array in self._columns.items()},
        )

    def digest(self) -> tuple[tuple[str, str], ...]:
        """Return the SHA-256 digest of the bytes of the arrays."""
        digest = hashlib.sha256()
        arrays = (*self._x.values(), *self._y.values(), *self._others.values(), *self._columns.values())
        for name, array in zip(self.names(), arrays, strict=True):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return (("(in memory)", digest.hexdigest()),)


def _located(name: str, given: Any) -> dict[Location, Array]:
    arrays = {(name, key): array for key, array in given.items()} if isinstance(given, Mapping) else {(name,): given}
    return {location: _without_objects(location, array) for location, array in arrays.items()}


def _without_objects(location: Location, array: Array) -> Array:
    """Return an array of Python objects, as pandas has them, as text or numbers."""
    if array.dtype != object:
        return array
    if location[0] in _FILLED:
        require_filled(location, "", missing(array), _FILLED[str(location[0])])
    try:
        return plain(array)
    except (ValueError, TypeError) as error:
        raise InputError(location, "", f"must be numbers or text ({first_line(error)})") from error
