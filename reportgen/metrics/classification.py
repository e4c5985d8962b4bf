"""Metrics of the confusion matrix: accuracy, recall, precision, F1, and their bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Matrix = NDArray[Any]
    Floats = NDArray[np.float64]

_BOOTSTRAP_ENTRIES = 2_000_000


@dataclass(frozen=True)
class ConfusedPair:
    """How often one class was predicted as another; ``share`` is relative to the examples of the true class."""

    true: int
    predicted: int
    count: int
    share: float


def confusion_matrix(labels: NDArray[Any], predictions: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Return the (K, K) int64 counts; rows are true classes, columns predicted ones.

    >>> import numpy as np
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    flat = labels.astype(np.int64) * n_classes + predictions
    return np.bincount(flat, minlength=n_classes * n_classes).reshape(n_classes, n_classes)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; NaN (in memory only) where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)


def _diagonal(confusion: Matrix) -> Floats:
    return np.diagonal(confusion, axis1=-2, axis2=-1).astype(np.float64)


def recall(confusion: Matrix) -> Floats:
    """Return the recall (..., K) of each class; NaN for a class without examples. Leading axes are kept."""
    return _ratio(_diagonal(confusion), confusion.sum(axis=-1, dtype=np.float64))


def precision(confusion: Matrix) -> Floats:
    """Return the precision (..., K) of each class; NaN for a class that was never predicted."""
    return _ratio(_diagonal(confusion), confusion.sum(axis=-2, dtype=np.float64))


def f1(confusion: Matrix) -> Floats:
    """Return F1 = 2 TP / (2 TP + FP + FN) (..., K); NaN for a class without examples and predictions.

    >>> import numpy as np
    >>> f1(np.array([[1, 1], [0, 1]])).round(3).tolist()
    [0.667, 0.667]
    """
    both = confusion.sum(axis=-1, dtype=np.float64) + confusion.sum(axis=-2, dtype=np.float64)
    return _ratio(2 * _diagonal(confusion), both)


def balanced_accuracy(confusion: Matrix) -> Floats:
    """Return the mean recall (...) of the classes that have examples. Brodersen et al. (2010)."""
    return np.nanmean(recall(confusion), axis=-1)


def macro_f1(confusion: Matrix) -> Floats:
    """Return the mean F1 (...) of the classes that have examples or were predicted."""
    return np.nanmean(f1(confusion), axis=-1)


def bootstrap(
    statistic: Callable[[Matrix], Floats], confusion: NDArray[np.int64], seed: int, draws: int = 1000
) -> tuple[float, float]:
    """Return the 2.5 and 97.5 % quantiles of a statistic under resampling of the examples.

    Drawing the cells of the matrix from a multinomial distribution is the bootstrap over examples itself (Efron 1979).

    Parameters
    ----------
    statistic
        Maps (draws, K, K) counts to (draws,).
    confusion
        (K, K) counts.
    seed, draws
        Seed and number of the resamples.
    """
    k = len(confusion)
    n = int(confusion.sum())
    filled = np.flatnonzero(confusion)
    generator = np.random.default_rng(seed)
    values = []
    for start in range(0, draws, step := max(1, _BOOTSTRAP_ENTRIES // (k * k))):
        size = min(step, draws - start)
        cells = np.zeros((size, k * k), dtype=np.int64)
        cells[:, filled] = generator.multinomial(n, confusion.reshape(-1)[filled] / n, size=size)
        values.append(statistic(cells.reshape(size, k, k)))
    low, high = np.quantile(np.concatenate(values), [0.025, 0.975])
    return float(low), float(high)


def skill(value: float, reference: float, perfect: float) -> float | None:
    """Return the skill over a reference: 1 is perfect, 0 is no better than the reference.

    None where the reference is perfect.

    >>> skill(0.9, 0.8, 1.0)
    0.5
    """
    return None if perfect == reference else round((value - reference) / (perfect - reference), 15)


def most_confused(confusion: NDArray[np.int64], limit: int) -> tuple[ConfusedPair, ...]:
    """Return the largest off-diagonal cells; ties in the order of the classes."""
    errors = confusion.copy()
    np.fill_diagonal(errors, 0)
    order = np.argsort(-errors, axis=None, kind="stable")[:limit]
    support = confusion.sum(axis=1)
    pairs = (np.unravel_index(cell, errors.shape) for cell in order if errors.flat[cell] > 0)
    return tuple(
        ConfusedPair(
            int(true), int(predicted), int(errors[true, predicted]), float(errors[true, predicted] / support[true])
        )
        for true, predicted in pairs
    )
