"""Scores of classes in an order: quadratic weighted kappa, and the distance of prediction and label in classes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.intervals import Z95, Estimate
from reportgen.metrics.spans import average, each, equal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.spans import Derived

    Classes = NDArray[np.int32]
    Floats = NDArray[np.float64]

_KAPPA, _DIFFERENCE = "delta method on the scale of Fisher's z", "paired, delta method"


def distances(labels: Classes, predictions: Classes) -> Derived:
    """Return by how many classes each prediction (N,) is off, whatever the direction."""
    return each(lambda label, predicted: np.abs(predicted.astype(np.float64) - label), labels, predictions)


def quadratic_kappa(labels: Classes, predictions: Classes, weights: Floats | None = None) -> Estimate | None:
    """Return Cohen's kappa with quadratic weights of class positions (N,), at most 1; 0 is what chance gives to the same frequencies.

    1 - mean squared distance / that of independent labels and predictions. The interval is that of the linearized ratio, on the scale of
    Fisher's z; without errors there is none. None where all labels and predictions are one class. ``weights`` (N,) are positive.

    References
    ----------
    Cohen (1968), Psychological Bulletin 70, 213-220; Fleiss, Cohen & Everitt (1969), Psychological Bulletin 72, 323-327: its variance.

    >>> import numpy as np
    >>> round(quadratic_kappa(np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2])).value, 6)
    0.8
    """
    found = _linearized(labels, predictions, weights)
    if found is None:
        return None
    value, influence = found
    n, w = len(labels), equal(len(labels)) if weights is None else weights
    return _of_kappa(value, average(each(np.square, influence), w) / n, n).of_rows(
        lambda: intervals.of_share(influence, w)
    )


def quadratic_kappa_difference(
    labels: Classes, first: Classes, second: Classes, weights: Floats | None = None
) -> Estimate | None:
    """Return the quadratic weighted kappa of the predictions of one model minus that of another on the same rows (N,), with its interval.

    The interval is that of the difference of both linearized ratios, which knows that the rows are the same. None where either has no kappa.
    """
    found, against = (_linearized(labels, predictions, weights) for predictions in (first, second))
    if found is None or against is None:
        return None
    (one, of_one), (other, of_other) = found, against
    n, w = len(labels), equal(len(labels)) if weights is None else weights
    influence = each(np.subtract, of_one, of_other)
    return _of_difference(one - other, average(each(np.square, influence), w) / n, n).of_rows(
        lambda: intervals.of_share(influence, w)
    )


def _linearized(labels: Classes, predictions: Classes, weights: Floats | None) -> tuple[float, Derived] | None:
    """Return kappa and the contribution of every row (N,) to its error, of mean 0; None where chance leaves no distance."""
    mean_y, mean_p = average(labels, weights), average(predictions, weights)
    y, p = each(lambda label: label - mean_y, labels), each(lambda predicted: predicted - mean_p, predictions)
    shift = mean_p - mean_y
    squared = each(lambda one, other: (other - one + shift) ** 2, y, p)
    seen = average(squared, weights)
    chance = average(each(lambda one, other: one**2 + other**2, y, p), weights) + shift**2
    if chance <= 0:
        return None

    def influence(one: Floats, other: Floats, off: Floats) -> Floats:
        of_chance = one**2 + other**2 + shift**2 + 2 * shift * (other - one)
        return (seen * of_chance / chance - off) / chance

    return 1 - seen / chance, each(influence, y, p, squared)


def _of_kappa(value: float, variance: float, n: int) -> Estimate:
    if variance <= 0 or abs(value) >= 1:
        return Estimate(value, n).without(
            "prediction and label are the same on every row" if value >= 1 else "no variation was seen"
        )
    center, half = math.atanh(value), Z95 * math.sqrt(variance) / (1 - value**2)
    return Estimate(
        value,
        n,
        math.tanh(center - half),
        math.tanh(center + half),
        _KAPPA,
        widened=lambda divisor: _of_kappa(value, variance * divisor, n),
    )


def _of_difference(value: float, variance: float, n: int) -> Estimate:
    if variance <= 0:
        return Estimate(value, n).without("both models are off by the same on every row")
    half = Z95 * math.sqrt(variance)
    return Estimate(
        value,
        n,
        max(value - half, -2.0),
        min(value + half, 2.0),
        _DIFFERENCE,
        widened=lambda divisor: _of_difference(value, variance * divisor, n),
    )
