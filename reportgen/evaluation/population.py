"""Describes the evaluated rows: shapes, class balance, duplicate rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.data import DataDescription, LabelCounts
from reportgen.evaluation.row_digests import DIGEST, row_digests
from reportgen.inputs.dataset import read
from reportgen.inputs.labels import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.inputs.dataset import Dataset

    Labels = dict[str | None, NDArray[Any]]

_MOST_CLASSES = 10_000
_ROWS_AT_ONCE = 256
_SUM = 1e-3
"""How far the sum of a soft label may be from 1, as in the evaluation."""


def describe_data(
    dataset: Dataset, rows: NDArray[np.int64], class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None
) -> DataDescription:
    """Describe the chosen rows of a data set.

    Parameters
    ----------
    dataset, rows
        The data, and the (N,) positions of the evaluated rows.
    class_names
        The names of the integer labels, as in the spec.
    """
    labels = {head: array for head in dataset.heads if (array := dataset.labels(head)) is not None}
    first = _first_of_equals(dataset, rows)
    again = first != np.arange(len(rows))
    return DataDescription(
        inputs=dataset.inputs,
        labels=tuple(_counts(labels, rows, class_names)),
        duplicates=int(again.sum()),
        conflicting=_conflicting(labels, rows, first) if labels else None,
    )


def _first_of_equals(dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for every row the position of the first row with equal bytes, by a 128-bit digest."""
    digests = np.empty(len(rows), DIGEST)
    for places, batch in read(dataset, rows, _ROWS_AT_ONCE):
        digests[places] = row_digests(batch)
    _, first, which = np.unique(digests, return_index=True, return_inverse=True)
    return np.asarray(first[which], np.int64)


def _conflicting(labels: Labels, rows: NDArray[np.int64], first: NDArray[np.int64]) -> int:
    again = np.flatnonzero(first != np.arange(len(rows)))
    differs = np.zeros(len(again), np.bool_)
    for array in labels.values() if len(again) else ():
        own, earlier = (array[rows[places]].reshape(len(again), -1) for places in (again, first[again]))
        differs |= (own != earlier).any(axis=1)
    return int(differs.sum())


def _counts(
    labels: Labels, rows: NDArray[np.int64], class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None
) -> Iterator[LabelCounts]:
    """Yield the class balance of label arrays with classes: integers, text and one-hot rows."""
    for head, array in labels.items():
        chosen = array[rows]
        kind = kind_of(chosen)
        if (
            kind == "floats"
            or (kind == "rows" and not _distributions(chosen))
            or (kind != "rows" and chosen.size != len(rows))
        ):
            continue
        values = chosen.argmax(axis=1) if kind == "rows" else chosen.reshape(-1)
        found, counts = np.unique(values, return_counts=True)
        names = class_names.get(head or "") if isinstance(class_names, dict) else class_names
        if len(found) <= _MOST_CLASSES:
            yield LabelCounts(head, tuple(_called(value, names) for value in found), tuple(map(int, counts)))


def _distributions(array: NDArray[Any]) -> bool:
    """Return whether the rows of a matrix are one-hot or soft labels: not negative, with a sum of 1."""
    return bool((array >= 0).all() and np.allclose(array.sum(axis=1, dtype=np.float64), 1, atol=_SUM))


def _called(value: Any, names: tuple[str, ...] | None) -> str:
    if isinstance(value, str):
        return str(value)
    index = int(value)
    return names[index] if names is not None and 0 <= index < len(names) else str(index)
