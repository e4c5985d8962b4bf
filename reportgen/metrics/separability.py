"""Class information in the units of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.folds import FOLDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


def omega_squared(features: NDArray[np.floating], labels: NDArray[np.integer]) -> FloatArray:
    """Return the share of the variance of each unit that is between classes, corrected for chance: Hays (1963).

    Parameters
    ----------
    features
        (n, C).
    labels
        (n,) with at least two classes, and more examples than classes.

    Returns
    -------
    ndarray
        (C,) at most 1, around 0 for units without information; NaN for constant units.
    """
    x = features.astype(np.float64)
    x = x - x.mean(axis=0)
    _, member, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = _sums(x, member, len(counts)) / counts[:, None]
    total = (x**2).sum(axis=0)
    between = (counts[:, None] * means**2).sum(axis=0)
    within = np.maximum(total - between, 0.0) / (len(x) - len(counts))
    below = total + within
    above = between - (len(counts) - 1) * within
    scale = np.abs(features.astype(np.float64)).max(axis=0, initial=0.0)
    varies = total > len(x) * (1e-7 * scale) ** 2
    result: FloatArray = np.divide(above, below, out=np.full(x.shape[1], np.nan), where=varies)
    return result


def _sums(x: FloatArray, member: NDArray[np.intp], classes: int) -> FloatArray:
    sums = np.zeros((classes, x.shape[1]))
    np.add.at(sums, member, x)
    return sums


def class_selectivity(features: NDArray[np.floating], labels: NDArray[np.integer]) -> FloatArray:
    """Return how much each rectified unit prefers its top class over the mean of the others: Morcos et al. (2018).

    (highest class mean - mean of the other class means) / their sum; (C,) in [0, 1], NaN for silent units.
    """
    x = features.astype(np.float64)
    _, member, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.sort(_sums(x, member, len(counts)) / counts[:, None], axis=0)
    best, others = means[-1], means[:-1].mean(axis=0)
    result: FloatArray = np.divide(
        best - others, best + others, out=np.full(x.shape[1], np.nan), where=best + others > 0
    )
    return result


def nearest_center(
    features: NDArray[np.floating], labels: NDArray[np.integer], folds: NDArray[np.integer]
) -> NDArray[np.bool_] | None:
    """Return for each example whether the nearest class center, from the other folds, is that of its own class.

    Classes with fewer than five examples are left out: the result has (n_kept,) entries, in the order of the examples.
    None where fewer than two classes are left.
    """
    kept = np.isin(
        labels, [label for label, count in zip(*np.unique(labels, return_counts=True), strict=True) if count >= FOLDS]
    )
    x, y, fold = features[kept].astype(np.float64), labels[kept], folds[kept]
    classes, member = np.unique(y, return_inverse=True)
    if len(classes) < 2:  # noqa: PLR2004
        return None
    scale = float(np.abs(x).max(initial=0.0))
    x = x / scale if scale > 0 else x
    right = np.empty(len(x), np.bool_)
    for one in np.unique(fold):
        out = fold == one
        seen = np.bincount(member[~out], minlength=len(classes))
        centers = _sums(x[~out], member[~out], len(classes)) / np.maximum(seen, 1)[:, None]
        distance = (centers**2).sum(axis=1) - 2 * x[out] @ centers.T
        distance[:, seen == 0] = np.inf
        right[out] = distance.argmin(axis=1) == member[out]
    return right
