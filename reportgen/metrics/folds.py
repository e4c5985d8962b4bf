"""Folds for cross-fitting: the examples of each class are spread evenly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.mapped import chosen, coded, distinct, filled, numbers, running, summed, zeros
from reportgen.metrics.spans import equal, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5
"""Convention."""


def stratified_folds(labels: NDArray[np.integer], seed: int) -> NDArray[np.int64]:
    """Assign the examples of each class to folds in turn, in seeded order; (n,) fold of each example, 0 to ``FOLDS`` - 1.

    >>> import numpy as np
    >>> np.bincount(stratified_folds(np.zeros(10, int), seed=0)).tolist()
    [2, 2, 2, 2, 2]
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    grouped = order[np.argsort(labels[order], kind="stable")]
    folds = np.empty(len(labels), np.int64)
    folds[grouped] = np.arange(len(labels)) % FOLDS
    return folds


def row_folds(n: int, seed: int, count: int = FOLDS) -> NDArray[np.int8]:
    """Assign rows to folds as :func:`grouped_folds` assigns groups of one row each; (n,) fold of each row, 0 to ``count`` - 1.

    >>> import numpy as np
    >>> np.array_equal(row_folds(25, seed=3), grouped_folds(np.arange(25), seed=3))
    True
    """
    order = numbers(n)
    np.random.default_rng(seed).shuffle(order)
    found = zeros((n,), np.int8)
    for span in spans(n):
        found[order[span]] = np.arange(span.start, span.stop) * count // n
    return found


def grouped_folds(groups: NDArray[np.integer], seed: int, count: int = FOLDS) -> NDArray[np.int64]:
    """Assign whole groups to folds of about equal size, in seeded order; (n,) fold of each example, 0 to ``count`` - 1.

    >>> import numpy as np
    >>> np.bincount(grouped_folds(np.arange(20) // 2, seed=0)).tolist()
    [4, 4, 4, 4, 4]
    """
    known = distinct(groups)
    member, n = coded(groups, known), len(known)
    sizes, order = summed(equal(len(groups)), member, n), numbers(n)
    np.random.default_rng(seed).shuffle(order)
    in_turn = chosen(sizes, order)
    before, fold = running(in_turn), zeros((n,), np.int64)
    for span in spans(n):
        fold[order[span]] = (before[span] - in_turn[span]).astype(np.int64) * count // len(groups)
    return filled(len(groups), np.int64, lambda span: fold[member[span]])
