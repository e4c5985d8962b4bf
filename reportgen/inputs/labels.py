"""Labels: integers, one-hot rows, soft labels or strings, brought to class indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.heads import Decision
from reportgen.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.spec.problems import Location

_MATRIX = 2
_ROW_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Labels:
    """Class indices (N,) int32; soft labels (N, n_classes) float64 where the data has them; the classes' names."""

    hard: NDArray[np.int32]
    soft: NDArray[np.float64] | None
    encoding: Decision
    class_names: tuple[str, ...]


def kind_of(y: NDArray[Any]) -> str:
    """Return what labels look like: ``strings``, ``integers``, ``rows`` (a matrix) or ``floats``."""
    if y.dtype.kind in "US":
        return "strings"
    if y.ndim == _MATRIX and y.shape[1] > 1:
        return "rows"
    flat = y.reshape(-1)
    if y.dtype.kind in "bui" or bool(np.all(np.isfinite(flat)) and np.all(flat == np.round(flat))):
        return "integers"
    return "floats"


def encode(
    y: NDArray[Any], n_classes: int, class_names: tuple[str, ...] | None, location: Location, file: str
) -> Labels:
    """Bring labels to class indices.

    Parameters
    ----------
    y
        (N,) or (N, 1) integers or strings, or (N, n_classes) one-hot or soft rows.
    n_classes
        How many classes the head has.
    class_names
        As the spec gives them, in the order of the head's outputs.
    location, file
        Named in errors.

    Raises
    ------
    InputError
        Labels outside the head, of the wrong shape, or contradicting the names.
    """
    if class_names is not None and len(class_names) != n_classes:
        message = f"has {len(class_names)} names, but the model puts out {n_classes} classes"
        raise InputError(("data", "class_names"), "", message)
    names = class_names or tuple(str(index) for index in range(n_classes))
    kind = kind_of(y)
    if kind == "rows":
        return _rows(y, n_classes, names, location, file)
    flat = y.reshape(-1)
    if len(flat) != len(y):
        raise InputError(location, file, f"must be one label per row (found shape {y.shape})")
    if kind == "strings":
        return _strings(flat, n_classes, class_names, location, file)
    if kind == "floats":
        raise InputError(location, file, "must be class labels (found fractional numbers)")
    outside = (flat < 0) | (flat >= n_classes)
    if outside.any():
        found = flat[outside]
        message = (
            f"has {int(outside.sum()):,} labels outside the model's {n_classes} classes 0 to {n_classes - 1} "
            f"(the first is {found[0]:g} in row {int(np.argmax(outside))})"
        )
        raise InputError(location, file, message)
    return Labels(flat.astype(np.int32), None, Decision("integers", "integer labels are class indices"), names)


def _strings(
    y: NDArray[Any], n_classes: int, class_names: tuple[str, ...] | None, location: Location, file: str
) -> Labels:
    found = [str(value) for value in np.unique(y)]
    if class_names is None:
        if len(found) != n_classes:
            message = (
                f"has {len(found)} different labels, but the model puts out {n_classes} classes: give data.class_names"
            )
            raise InputError(location, file, message)
        order, rule = tuple(found), "string labels in sorted order"
    else:
        unknown = sorted(set(found) - set(class_names))
        if unknown:
            listed = ", ".join(map(repr, unknown[:5])) + (" ..." if len(unknown) > 5 else "")  # noqa: PLR2004
            raise InputError(location, file, f"has labels that data.class_names does not list: {listed}")
        order, rule = class_names, "string labels in the order of data.class_names"
    index = {name: position for position, name in enumerate(order)}
    hard = np.array([index[str(value)] for value in y], dtype=np.int32)
    return Labels(hard, None, Decision("strings", rule), order)


def _rows(y: NDArray[Any], n_classes: int, names: tuple[str, ...], location: Location, file: str) -> Labels:
    if y.shape[1] != n_classes:
        raise InputError(location, file, f"has {y.shape[1]} columns, but the model puts out {n_classes} classes")
    rows = y.astype(np.float64)
    sums = rows.sum(axis=1)
    bad = ~np.isfinite(sums) | (rows < 0).any(axis=1) | (np.abs(sums - 1) > _ROW_SUM_TOLERANCE)
    if bad.any():
        row = int(np.argmax(bad))
        message = (
            f"has {int(bad.sum()):,} rows that are not distributions over the classes (row {row} sums to {sums[row]:g})"
        )
        raise InputError(location, file, message)
    hard = rows.argmax(axis=1).astype(np.int32)
    if bool(np.isin(rows, (0.0, 1.0)).all()):
        return Labels(hard, None, Decision("one-hot", "every row holds a single 1"), names)
    rule = "rows sum to 1; accuracy and ranking are against the most probable class"
    return Labels(hard, rows / sums[:, None], Decision("soft", rule), names)
