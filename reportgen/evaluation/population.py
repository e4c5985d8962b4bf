"""Describes the evaluated rows: shapes, class balance, duplicate rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.records.data import DataDescription, LabelCounts
from reportgen.evaluation.row_digests import DIGEST, equal_rows, row_digests
from reportgen.inputs.dataset import read, uncounted
from reportgen.inputs.labels import kind_of
from reportgen.metrics.mapped import chosen, zeros
from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.inputs.dataset import Counted, Dataset

    Labels = dict[str | None, NDArray[Any]]

_MOST_CLASSES = 10_000
_ROWS_AT_ONCE = 256
_SUM = 1e-3
"""How far the sum of a soft label may be from 1, as in the evaluation."""


def describe_data(
    dataset: Dataset,
    rows: NDArray[np.int64],
    class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None,
    counted: Counted = uncounted,
) -> DataDescription:
    """Describe the chosen rows of a data set.

    Parameters
    ----------
    dataset, rows
        The data, and the (N,) positions of the evaluated rows.
    class_names
        The names of the integer labels, as in the spec.
    counted
        Is called with the number of rows that were compared, and of all.
    """
    labels = {head: chosen(array, rows) for head in dataset.heads if (array := dataset.labels(head)) is not None}
    duplicates = conflicting = 0
    for again, first in equal_rows(_digests(dataset, rows, counted)):
        duplicates += len(again)
        conflicting += _conflicting(labels, again, first)
    return DataDescription(
        inputs=dataset.inputs,
        labels=tuple(_counts(labels, class_names)),
        duplicates=duplicates,
        conflicting=conflicting if labels else None,
    )


def _digests(dataset: Dataset, rows: NDArray[np.int64], counted: Counted) -> NDArray[np.bytes_]:
    digests = zeros((len(rows),), DIGEST)
    for places, batch in read(dataset, rows, _ROWS_AT_ONCE, counted):
        digests[places] = row_digests(batch)
    return digests


def _conflicting(labels: Labels, again: NDArray[np.int64], first: NDArray[np.int64]) -> int:
    differs = np.zeros(len(again), np.bool_)
    for array in labels.values() if len(again) else ():
        own, earlier = (array[places].reshape(len(again), -1) for places in (again, first))
        differs |= (own != earlier).any(axis=1)
    return int(differs.sum())


def _counts(labels: Labels, class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None) -> Iterator[LabelCounts]:
    """Yield the class balance of label arrays with classes: integers, text and one-hot rows."""
    for head, array in labels.items():
        kind = kind_of(array)
        if (
            kind == "floats"
            or (kind == "rows" and not _distributions(array))
            or (kind != "rows" and array.size != len(array))
        ):
            continue
        found: Counter[Any] = Counter()
        for span in spans(len(array)):
            values = array[span].argmax(axis=1) if kind == "rows" else array[span].reshape(-1)
            distinct, counts = np.unique(values, return_counts=True)
            found.update(dict(zip(distinct.tolist(), counts.tolist(), strict=True)))
        names = class_names.get(head or "") if isinstance(class_names, dict) else class_names
        if len(found) <= _MOST_CLASSES:
            ordered = sorted(found)
            yield LabelCounts(
                head, tuple(_called(value, names) for value in ordered), tuple(found[value] for value in ordered)
            )


def _distributions(array: NDArray[Any]) -> bool:
    """Return whether the rows of a matrix are one-hot or soft labels: not negative, with a sum of 1."""
    return all(
        bool((array[span] >= 0).all() and np.allclose(array[span].sum(axis=1, dtype=np.float64), 1, atol=_SUM))
        for span in spans(len(array))
    )


def _called(value: Any, names: tuple[str, ...] | None) -> str:
    if isinstance(value, str):
        return str(value)
    index = int(value)
    return names[index] if names is not None and 0 <= index < len(names) else str(index)
