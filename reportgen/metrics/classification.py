"""Metrics of the confusion matrix: accuracy, recall, precision, F1, and their intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.intervals import FEWEST_EXAMPLES, Contributions, Estimate
from reportgen.metrics.spans import Derived, counts, each, largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values

    Matrix = NDArray[Any]
    Floats = NDArray[np.float64]

_PRIOR = 2.0
"""Examples by which the recall of a class is drawn to the mean recall, for the variance only: a class without an error is not certain."""


@dataclass(frozen=True)
class ConfusedPair:
    """How often one class was predicted as another; ``share`` is relative to the examples of the true class."""

    true: int
    predicted: int
    count: int
    share: float


def weighted_confusion(labels: NDArray[Any], predictions: NDArray[Any], n_classes: int, weights: Floats) -> Floats:
    """Return the (K, K) float64 sums of the weights (N,) of the rows; rows are true classes, columns predicted ones."""
    return counts(_cells(labels, predictions, n_classes), n_classes * n_classes, weights).reshape(n_classes, n_classes)


def confusion_matrix(labels: NDArray[Any], predictions: NDArray[Any], n_classes: int) -> NDArray[np.int64]:
    """Return the (K, K) int64 counts; rows are true classes, columns predicted ones.

    >>> import numpy as np
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    found = counts(_cells(labels, predictions, n_classes), n_classes * n_classes)
    return found.astype(np.int64).reshape(n_classes, n_classes)


def _cells(labels: NDArray[Any], predictions: NDArray[Any], n_classes: int) -> Derived:
    """Return the cell of the confusion matrix that each row is in."""
    return Derived(len(labels), lambda span: labels[span].astype(np.int64) * n_classes + predictions[span])


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


def balanced_accuracy_estimate(confusion: Matrix, examples: Matrix | None = None) -> Estimate:
    """Return the balanced accuracy of (K, K) counts with Wilson's interval for as many trials as have its variance.

    The variance is that of a mean of independent proportions; each is first drawn to their mean by two examples. Withheld
    where a class that occurs has fewer than 10 ``examples`` (K,), by default the sums of the rows. Its rows contribute by
    :func:`of_mean_recall`.
    """
    support = confusion.sum(axis=1, dtype=np.float64)
    seen = support > 0
    value = float(balanced_accuracy(confusion))
    drawn = (np.diagonal(confusion)[seen] + _PRIOR * value) / (support[seen] + _PRIOR)
    variance = float((drawn * (1 - drawn) / support[seen]).sum()) / int(seen.sum()) ** 2
    n = round(float(support.sum()))
    found = intervals.share(value, variance, n, "Wilson, by the variance of the mean recall")
    return _supported(found, support if examples is None else examples)


def macro_f1_estimate(confusion: Matrix, examples: Matrix | None = None) -> Estimate:
    """Return the macro F1 of (K, K) counts with Wilson's interval for as many trials as have its variance.

    The variance is by the delta method. Withheld where a class that occurs has fewer than 10 ``examples`` (K,), by default the sums
    of the rows. Its rows contribute by :func:`of_macro_f1`.
    """
    variance = float(np.nansum(confusion * _f1_gradient(confusion) ** 2))
    n = round(float(confusion.sum()))
    found = intervals.share(float(macro_f1(confusion)), variance, n, "Wilson, by the variance of the mean F1")
    return _supported(found, confusion.sum(axis=1) if examples is None else examples)


def _f1_gradient(confusion: Matrix) -> Floats:
    """Return the derivative of the macro F1 by the count of each cell (K, K)."""
    both = confusion.sum(axis=1, dtype=np.float64) + confusion.sum(axis=0, dtype=np.float64)
    scores = f1(confusion)
    seen = both > 0
    slope = np.zeros(len(both))
    slope[seen] = scores[seen] / both[seen]
    gradient = -(slope[:, None] + slope[None, :])
    gradient[np.diag_indices(len(both))] += _ratio(np.full(len(both), 2.0), both).clip(min=0)
    return gradient / int(seen.sum())


def of_mean_recall(
    confusion: Matrix, labels: NDArray[Any], predictions: NDArray[Any], weights: Floats
) -> Contributions:
    """Return the contributions of rows (N,) to the balanced accuracy of their weighted counts (K, K)."""
    mass, recalls = _mass(confusion, labels, weights), recall(confusion)

    def value(own: Floats, label: NDArray[Any], predicted: NDArray[Any]) -> Floats:
        return own * ((label == predicted) - recalls[label])

    return Contributions(each(value, mass, labels, predictions), mass)


def of_macro_f1(confusion: Matrix, labels: NDArray[Any], predictions: NDArray[Any], weights: Floats) -> Contributions:
    """Return the contributions of rows (N,) to the macro F1 of their weighted counts (K, K), by the delta method."""
    gradient = _f1_gradient(confusion)
    values = each(lambda own, label, predicted: own * gradient[label, predicted], weights, labels, predictions)
    return Contributions(values, _mass(confusion, labels, weights))


def _mass(confusion: Matrix, labels: NDArray[Any], weights: Floats) -> Derived:
    """Return the share of each row (N,) in a mean over the classes that occur."""
    support = confusion.sum(axis=1, dtype=np.float64)
    classes = int((support > 0).sum())
    return each(lambda weight, label: weight / support[label] / classes, weights, labels)


def _supported(found: Estimate, support: Matrix) -> Estimate:
    return found.supported(int(support[support > 0].min()), FEWEST_EXAMPLES, "examples of a class")


def f1_estimate(hits: float, misses: float, false_alarms: float) -> Estimate | None:
    """Return F1 of a class with an interval; None for a class without examples and predictions.

    F1 = 2 J / (1 + J), where J = TP / (TP + FN + FP) is a proportion of the rows that have the class or are predicted as it:
    its Wilson interval, transformed.

    >>> found = f1_estimate(8, 2, 0)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.889, 0.658, 0.971)
    """
    proportion = intervals.wilson(hits, hits + misses + false_alarms)
    if proportion is None:
        return None
    found = proportion.transformed(lambda j: 2 * j / (1 + j), "Wilson, of TP / (TP + FN + FP)")
    return replace(found, n=round(hits + misses))


def skill(losses: Values, reference: Values, weights: Floats | None = None) -> Estimate | None:
    """Return 1 - mean loss / mean loss of a reference on the same rows (N,): 1 is perfect, 0 is no better than the reference.

    The interval is that of the ratio, so that it knows that the reference is estimated too. None where the reference is
    perfect. ``weights`` (N,) are positive.

    >>> import numpy as np
    >>> skill(np.array([1.0, 0.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])).value
    0.5
    """
    if not largest(reference):
        return None
    return intervals.ratio(losses, reference, weights).transformed(lambda share: 1 - share)


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
