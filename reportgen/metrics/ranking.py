"""ROC AUC and average precision of score points, each of which may represent many examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.intervals import FEWEST_EXAMPLES, Contributions, Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_METHOD = "logit scale, "


@dataclass(frozen=True)
class _Steps:
    """Distinct scores in increasing order, with the numbers of examples at each."""

    positives: Floats
    negatives: Floats
    index: NDArray[np.int64]


def _steps(scores: Floats, positives: Floats, negatives: Floats) -> _Steps:
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    starts = np.flatnonzero(new)
    index = np.empty(len(scores), dtype=np.int64)
    index[order] = np.cumsum(new) - 1
    return _Steps(np.add.reduceat(positives[order], starts), np.add.reduceat(negatives[order], starts), index)


@dataclass(frozen=True)
class _Curve:
    """A number of a curve, and what an example of either kind at each step contributes to its error."""

    value: float
    positive: Floats
    negative: Floats

    def variance(self, steps: _Steps) -> float:
        return float((steps.positives * self.positive**2 + steps.negatives * self.negative**2).sum())

    def contributions(self, steps: _Steps, positives: Floats, negatives: Floats) -> Contributions:
        """Return what each of the points contributes; both kinds have the same mass."""
        values = positives * self.positive[steps.index] + negatives * self.negative[steps.index]
        return Contributions(values, (positives / positives.sum() + negatives / negatives.sum()) / 2)


def _area(steps: _Steps) -> _Curve:
    """Return the area under the ROC curve with its placement values; the variance is DeLong's."""
    m, n = float(steps.positives.sum()), float(steps.negatives.sum())
    below = (np.cumsum(steps.negatives) - steps.negatives / 2) / n
    above = (m - np.cumsum(steps.positives) + steps.positives / 2) / m
    value = float((below * steps.positives).sum() / m)
    return _Curve(value, (below - value) / np.sqrt(m * max(m - 1, 1)), (above - value) / np.sqrt(n * max(n - 1, 1)))


def _precision(steps: _Steps) -> _Curve:
    """Return the average precision with its derivatives by the count of either kind at each step (infinitesimal jackknife)."""
    hits = np.cumsum(steps.positives[::-1])[::-1]
    drawn = hits + np.cumsum(steps.negatives[::-1])[::-1]
    precision, m = hits / drawn, float(hits[0])
    value = float((precision * steps.positives).sum() / m)
    gained = np.cumsum(steps.positives * (drawn - hits) / drawn**2) / m
    lost = np.cumsum(steps.positives * hits / drawn**2) / m
    return _Curve(value, (precision - value) / m + gained, -lost)


def roc_auc(scores: Floats, positives: Floats, negatives: Floats) -> Estimate | None:
    """Return the area under the ROC curve with DeLong's interval on the logit scale; None where a class is absent.

    The interval is withheld below 10 examples of either kind, and where the scores separate them perfectly.

    Parameters
    ----------
    scores, positives, negatives
        (M,) float64: a score, and the numbers of examples of the class and of the rest that have it, or the sums of
        their weights, of mean 1. Ties get half credit (midranks).

    References
    ----------
    DeLong, DeLong, Clarke-Pearson (1988), Biometrics 44; Sun & Xu (2014) for midranks; Pepe (2003) for the logit scale.

    >>> import numpy as np
    >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0, 1, 1]), np.array([1.0, 1, 0, 0])).value
    0.75
    """
    return _of_points(_area, "DeLong", scores, positives, negatives)


def average_precision(scores: Floats, positives: Floats, negatives: Floats) -> Estimate | None:
    """Return the average precision, the mean precision over the steps in recall; None where a class is absent.

    Equal scores are one threshold, as in scikit-learn. The interval is by the infinitesimal jackknife on the logit scale,
    withheld like that of :func:`roc_auc`.
    """
    return _of_points(_precision, "infinitesimal jackknife", scores, positives, negatives)


def _of_points(
    curve: Callable[[_Steps], _Curve], method: str, scores: Floats, positives: Floats, negatives: Floats
) -> Estimate | None:
    m, n = float(positives.sum()), float(negatives.sum())
    if m == 0 or n == 0:
        return None
    steps = _steps(scores, positives, negatives)
    found = curve(steps)
    estimate = intervals.logit(found.value, found.variance(steps), round(m + n), _METHOD + method)
    estimate = estimate.of_rows(lambda: found.contributions(steps, positives, negatives))
    return estimate.supported(round(min(m, n)), FEWEST_EXAMPLES, "examples of the rarer class")


def area_bound(positives: Floats, negatives: Floats) -> float:
    """Return how far the area from cells with these counts can be from that of the single scores.

    The pairs inside a cell get half credit; in truth each has between none and one.
    """
    return float((positives * negatives).sum() / (positives.sum() * negatives.sum()) / 2)


@dataclass(frozen=True)
class Column:
    """One class: the scores of all examples (N,), which of them are of the class (N,) bool, and of which that is known (N,) bool."""

    scores: Floats
    own: NDArray[np.bool_]
    known: NDArray[np.bool_] | None = None
    """None where it is known of all."""


def mean_roc_auc(columns: Iterable[Column], n: int, weights: Floats | None = None) -> Estimate | None:
    """Return the unweighted mean AUC of the classes that have both examples and non-examples.

    The contributions of an example to the curves of all classes are added before taking the variance (the DeLong
    variance with its covariances); the interval is on the logit scale.

    Parameters
    ----------
    columns
        The classes to average over; one at a time is in memory.
    n
        Number of examples.
    weights
        (n,) positive, of mean 1; None for equal weights.

    Returns
    -------
    Estimate or None
        None where no class has a curve. The interval is withheld where a class has fewer than 10 examples or
        non-examples, or where all are separated perfectly.
    """
    return _macro(_area, "DeLong over classes", columns, n, weights)


def mean_average_precision(columns: Iterable[Column], n: int, weights: Floats | None = None) -> Estimate | None:
    """Return the unweighted mean average precision; parameters and interval as in :func:`mean_roc_auc`."""
    return _macro(_precision, "infinitesimal jackknife over classes", columns, n, weights)


def macro_roc_auc(
    column: Callable[[int], Floats], labels: NDArray[np.int32], classes: Iterable[int], weights: Floats | None = None
) -> Estimate | None:
    """Return :func:`mean_roc_auc` of classes that exclude each other.

    Parameters
    ----------
    column
        Returns the (N,) scores of a class.
    labels
        (N,) class indices.
    classes
        The classes to average over.
    weights
        (N,) positive, of mean 1; None for equal weights.
    """
    return mean_roc_auc(_one_vs_rest(column, labels, classes), len(labels), weights)


def macro_average_precision(
    column: Callable[[int], Floats], labels: NDArray[np.int32], classes: Iterable[int], weights: Floats | None = None
) -> Estimate | None:
    """Return :func:`mean_average_precision` of classes that exclude each other; parameters as in :func:`macro_roc_auc`."""
    return mean_average_precision(_one_vs_rest(column, labels, classes), len(labels), weights)


def _one_vs_rest(
    column: Callable[[int], Floats], labels: NDArray[np.int32], classes: Iterable[int]
) -> Iterator[Column]:
    return (Column(column(index), np.asarray(labels == index)) for index in classes)


def _macro(
    curve: Callable[[_Steps], _Curve], method: str, columns: Iterable[Column], n: int, weights: Floats | None
) -> Estimate | None:
    weight = np.ones(n) if weights is None else weights
    influence, mass, values, fewest = np.zeros(n), np.zeros(n), [], n
    for one in columns:
        rows = np.arange(n) if one.known is None else np.flatnonzero(one.known)
        own = one.own[rows]
        m = int(own.sum())
        if m in (0, len(rows)):
            continue
        positives, negatives = np.where(own, weight[rows], 0.0), np.where(own, 0.0, weight[rows])
        steps = _steps(one.scores[rows], positives, negatives)
        found = curve(steps)
        contributions = found.contributions(steps, positives, negatives)
        values.append(found.value)
        influence[rows] += contributions.values[:]
        mass[rows] += contributions.mass[:]
        fewest = min(fewest, m, len(rows) - m)
    if not values:
        return None
    variance = float((influence**2 / weight).sum()) / len(values) ** 2
    estimate = intervals.logit(float(np.mean(values)), variance, n, _METHOD + method)
    estimate = estimate.of_rows(lambda: Contributions(influence, mass))
    return estimate.supported(fewest, FEWEST_EXAMPLES, "examples of a class")


def rescaled(value: float, sampled: Estimate | None, n: int) -> Estimate:
    """Return a value of n examples with the interval of a sample of them, narrowed on the logit scale to n examples."""
    if sampled is None or sampled.low is None or sampled.high is None:
        return Estimate(value, n, withheld=None if sampled is None else sampled.withheld)
    spread = (_logit(sampled.high) - _logit(sampled.low)) / (2 * intervals.Z95) * sampled.value * (1 - sampled.value)
    return intervals.logit(
        value, spread**2 * sampled.n / n, n, f"{sampled.method}, from a sample of {sampled.n:,} rows"
    )


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
