"""Describes the evaluated rows: shapes, class balance, rows that stand twice."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.architecture import TensorSummary
from reportgen.contract.records.data import DataDescription, LabelCounts
from reportgen.inputs.labels import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.inputs.datasets import Arrays, Dataset

_MOST_CLASSES = 10_000


def describe_data(
    dataset: Dataset, rows: NDArray[np.int64], class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None
) -> DataDescription:
    """Describe the chosen rows of a data set.

    Parameters
    ----------
    dataset, rows
        The data, and the (N,) positions that are evaluated.
    class_names
        As the spec gives them: the names of the integer labels.
    """
    inputs = _named("x", dataset.x)
    labels = {} if dataset.y is None else _named("y", dataset.y)
    first = _first_of_equals(list(inputs.values()), rows)
    again = first != np.arange(len(rows))
    return DataDescription(
        inputs=tuple(TensorSummary(name, array.shape[1:], str(array.dtype)) for name, array in inputs.items()),
        labels=tuple(_counts(dataset.y, rows, class_names)),
        duplicates=int(again.sum()),
        conflicting=_conflicting(labels, rows, first) if labels else None,
    )


def _named(name: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    return arrays if isinstance(arrays, dict) else {name: arrays}


def _first_of_equals(arrays: list[NDArray[Any]], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for every row the place of the first row with equal bytes, by a 128-bit digest."""
    seen: dict[bytes, int] = {}
    first = np.empty(len(rows), np.int64)
    for place, row in enumerate(rows):
        digest = hashlib.blake2b(digest_size=16)
        for array in arrays:
            digest.update(np.ascontiguousarray(array[row]).tobytes())
        first[place] = seen.setdefault(digest.digest(), place)
    return first


def _conflicting(labels: dict[str, NDArray[Any]], rows: NDArray[np.int64], first: NDArray[np.int64]) -> int:
    differs = np.zeros(len(rows), np.bool_)
    for array in labels.values():
        flat = array.reshape(len(array), -1)
        differs |= (flat[rows] != flat[rows[first]]).any(axis=1)
    return int(differs.sum())


def _counts(
    y: Arrays | None, rows: NDArray[np.int64], class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None
) -> Iterator[LabelCounts]:
    """Yield the class balance of label arrays that name classes: integers, texts and one-hot rows."""
    for head, array in [] if y is None else y.items() if isinstance(y, dict) else [(None, y)]:
        chosen = array[rows]
        kind = kind_of(chosen)
        if kind == "floats" or (kind != "rows" and chosen.size != len(rows)):
            continue
        values = chosen.argmax(axis=1) if kind == "rows" else chosen.reshape(-1)
        found, counts = np.unique(values, return_counts=True)
        names = class_names.get(head or "") if isinstance(class_names, dict) else class_names
        if len(found) <= _MOST_CLASSES:
            yield LabelCounts(head, tuple(_called(value, names) for value in found), tuple(map(int, counts)))


def _called(value: Any, names: tuple[str, ...] | None) -> str:
    if isinstance(value, str):
        return str(value)
    index = int(value)
    return names[index] if names is not None and 0 <= index < len(names) else str(index)
