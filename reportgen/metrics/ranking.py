"""ROC AUC and average precision of score points, each of which may represent many examples.

Points are sorted, and looked at in spans; what there is of each is on the disk where they are many (:mod:`reportgen.metrics.mapped`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.intervals import FEWEST_EXAMPLES, Contributions, Estimate
from reportgen.metrics.mapped import in_order_with_places, running, zeros
from reportgen.metrics.spans import each, equal, number, spans, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]

_METHOD = "logit scale, "


@dataclass(frozen=True)
class _Steps:
    """Distinct scores in increasing order.

    Attributes
    ----------
    positives, negatives
        (S,) float64, the numbers of examples at each.
    points
        (M,) complex128, the points in order, as of :func:`in_order_with_places`.
    index
        (M,) int64, the step of each of them.
    """

    positives: Floats
    negatives: Floats
    points: NDArray[np.complex128]
    index: NDArray[np.int64]


def _steps(scores: Values, positives: Values, negatives: Values) -> _Steps:
    points = in_order_with_places(scores)
    n, ordered, last = len(points), points.real, -1
    index, sums = zeros((n,), np.int64), zeros((2, n), np.float64)
    for span in spans(n):
        here = ordered[span]
        new = here != np.append(ordered[span.start - 1] if span.start else np.nan, here[:-1])
        index[span] = step = last + np.cumsum(new)
        new[0] = True
        starts = np.flatnonzero(new)
        for found, numbers in zip(sums, (positives, negatives), strict=True):
            found[step[starts]] += np.add.reduceat(numbers[_places(points[span])], starts)
        last = int(step[-1])
    return _Steps(sums[0, : last + 1], sums[1, : last + 1], points, index)


def _places(points: NDArray[np.complex128]) -> NDArray[np.int64]:
    return points.imag.astype(np.int64)


@dataclass(frozen=True)
class _Curve:
    """A number of a curve, and what an example of either kind at each step contributes to its error (S,)."""

    value: float
    positive: Derived
    negative: Derived

    def variance(self, steps: _Steps) -> float:
        squares = each(np.square, self.positive), each(np.square, self.negative)
        return total(
            each(
                lambda m, n, positive, negative: m * positive + n * negative, steps.positives, steps.negatives, *squares
            )
        )

    def add(self, sums: Floats, steps: _Steps, positives: Values, negatives: Values) -> None:
        """Add what each of the points contributes to the sums (M,)."""
        for span in spans(len(sums)):
            places, step = _places(steps.points[span]), steps.index[span]
            some = slice(step[0], step[-1] + 1)
            own, other = (one[some][step - step[0]] for one in (self.positive, self.negative))
            sums[places] += positives[places] * own + negatives[places] * other

    def contributions(self, steps: _Steps, positives: Values, negatives: Values) -> Contributions:
        """Return what each of the points contributes."""
        values = zeros((len(positives),), np.float64)
        self.add(values, steps, positives, negatives)
        return Contributions(values, _mass(positives, negatives))


def _mass(positives: Values, negatives: Values) -> Derived:
    """Return the share of a curve that rests on each point (M,): both kinds have the same."""
    m, n = total(positives), total(negatives)
    return each(lambda own, other: (own / m + other / n) / 2, positives, negatives)


def _area(steps: _Steps) -> _Curve:
    """Return the area under the ROC curve with its placement values; the variance is DeLong's."""
    m, n = total(steps.positives), total(steps.negatives)
    below = each(lambda up_to, here: (up_to - here / 2) / n, running(steps.negatives), steps.negatives)
    above = each(lambda up_to, here: (m - up_to + here / 2) / m, running(steps.positives), steps.positives)
    value = total(below, steps.positives) / m
    return _Curve(
        value,
        each(lambda share: (share - value) / np.sqrt(m * max(m - 1, 1)), below),
        each(lambda share: (share - value) / np.sqrt(n * max(n - 1, 1)), above),
    )


def _precision(steps: _Steps) -> _Curve:
    """Return the average precision with its derivatives by the count of either kind at each step (infinitesimal jackknife)."""
    hits, false = (running(one[::-1])[::-1] for one in (steps.positives, steps.negatives))
    precision, m = each(lambda right, wrong: _ratio(right, right + wrong), hits, false), float(hits[0])
    value = total(precision, steps.positives) / m
    columns = steps.positives, hits, false
    gained = running(each(lambda here, right, wrong: here * _ratio(wrong, (right + wrong) ** 2), *columns))
    lost = running(each(lambda here, right, wrong: here * _ratio(right, (right + wrong) ** 2), *columns))
    return _Curve(
        value,
        each(lambda share, more: (share - value) / m + more / m, precision, gained),
        each(lambda less: -less / m, lost),
    )


def _ratio(numerators: Floats, denominators: Floats) -> Floats:
    """Divide; 0 where no example is left."""
    return np.divide(numerators, denominators, out=np.zeros_like(numerators), where=denominators > 0)


def roc_auc(scores: Values, positives: Values, negatives: Values) -> Estimate | None:
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


def average_precision(scores: Values, positives: Values, negatives: Values) -> Estimate | None:
    """Return the average precision, the mean precision over the steps in recall; None where a class is absent.

    Equal scores are one threshold, as in scikit-learn. The interval is by the infinitesimal jackknife on the logit scale,
    withheld like that of :func:`roc_auc`.
    """
    return _of_points(_precision, "infinitesimal jackknife", scores, positives, negatives)


def _of_points(
    curve: Callable[[_Steps], _Curve], method: str, scores: Values, positives: Values, negatives: Values
) -> Estimate | None:
    m, n = total(positives), total(negatives)
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

    scores: Values
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
    weight = equal(n) if weights is None else weights
    influence, mass = (zeros((n,), np.float64) for _ in range(2))
    values, fewest = [], n
    for one in columns:
        own, other = _kinds(one)
        fewer = min(number(own), number(other))
        if fewer:
            parts = each(np.multiply, own, weight), each(np.multiply, other, weight)
            values.append(_added(curve, one.scores, parts, influence, mass))
            fewest = min(fewest, fewer)
    if not values:
        return None
    variance = total(each(lambda row, w: row**2 / w, influence, weight)) / len(values) ** 2
    estimate = intervals.logit(float(np.mean(values)), variance, n, _METHOD + method)
    estimate = estimate.of_rows(lambda: Contributions(influence, mass))
    return estimate.supported(fewest, FEWEST_EXAMPLES, "examples of a class")


def _added(
    curve: Callable[[_Steps], _Curve], scores: Values, parts: tuple[Derived, Derived], influence: Floats, mass: Floats
) -> float:
    """Return the number of the curve of a class; what its examples contribute is added to sums over the classes (N,)."""
    steps = _steps(scores, *parts)
    found, share = curve(steps), _mass(*parts)
    found.add(influence, steps, *parts)
    for span in spans(len(mass)):
        mass[span] += share[span]
    return found.value


def _kinds(one: Column) -> tuple[Derived, Derived]:
    """Return which examples are of a class, and which are known not to be (N,) bool."""
    if one.known is None:
        return each(np.asarray, one.own), each(np.logical_not, one.own)
    return each(np.logical_and, one.own, one.known), each(lambda own, known: known & ~own, one.own, one.known)


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
