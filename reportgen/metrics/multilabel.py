"""Scores of several labels per row: the row is the unit of every interval, because the labels of a row are not independent.

A score is pooled over rows: a ratio of sums of counts, such as TP / (TP + FP) over all labels of all rows. Its error is linear in
the rows, so its variance is that of their contributions (the delta method), however the labels of a row hang together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import intervals, ranking
from reportgen.metrics.intervals import FEWEST_ERRORS, FEWEST_EXAMPLES, Contributions, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.ranking import Column

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

FEWEST_OF_CLASS = 40
"""Examples of a class below which the interval of a difference in its F1 is withheld; from ``scripts/simulate/multilabel.py``."""
EXAMPLES_PER_CLASS = 10
"""Examples of every class that the interval of the macro average precision needs for each class; from the same simulation."""
_METHOD = "Wilson, by the variance between rows"
_EITHER = "rows that count for the score, and as many that count against it,"


@dataclass(frozen=True)
class Parts:
    """Two counts of every row (N,) float64, of whose sums a score is the ratio; ``denominators`` are not negative."""

    numerators: Floats
    denominators: Floats

    def value(self, weights: Floats | None = None) -> float | None:
        """Return the ratio of the sums; None where the sum of the denominators is 0. ``weights`` (N,) are positive."""
        w = np.ones(len(self.numerators)) if weights is None else weights
        total = float((w * self.denominators).sum())
        return None if total == 0 else float((w * self.numerators).sum()) / total

    def linear(self, weights: Floats | None = None) -> Floats | None:
        """Return the linearized score of every row (N,), whose mean is the ratio; None where there is none."""
        value = self.value(weights)
        if value is None:
            return None
        scale = float(np.average(self.denominators, weights=weights))
        return value + (self.numerators - value * self.denominators) / scale


@dataclass(frozen=True)
class Counts:
    """Right and wrong predictions by row: true positives, false positives, false negatives, and known labels; all (N,) float64."""

    hits: Floats
    false_alarms: Floats
    misses: Floats
    known: Floats

    @property
    def precision(self) -> Parts:
        """TP / (TP + FP)."""
        return Parts(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> Parts:
        """TP / (TP + FN)."""
        return Parts(self.hits, self.hits + self.misses)

    @property
    def f1(self) -> Parts:
        """2 TP / (2 TP + FP + FN)."""
        return Parts(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)

    @property
    def wrong(self) -> Parts:
        """(FP + FN) / known labels."""
        return Parts(self.false_alarms + self.misses, self.known)


def counts(predicted: Flags, labels: Flags, known: Flags) -> Counts:
    """Count the predictions of every row, over all classes (N, K) or of one class (N,); labels are False where they are not known.

    >>> import numpy as np
    >>> found = counts(np.array([[True, True, False]]), np.array([[True, False, False]]), np.array([[True, True, False]]))
    >>> found.hits.tolist(), found.false_alarms.tolist(), found.misses.tolist(), found.known.tolist()
    ([1.0], [1.0], [0.0], [2.0])
    """

    def by_row(flags: Flags) -> Floats:
        return (flags if flags.ndim == 1 else flags.sum(axis=1)).astype(np.float64)

    return Counts(
        by_row(predicted & labels), by_row(predicted & ~labels & known), by_row(~predicted & labels), by_row(known)
    )


def micro(parts: Parts, weights: Floats | None = None) -> Estimate | None:
    """Return a score pooled over all labels of all rows, between 0 and 1; None where its denominator is 0.

    The interval is Wilson's for as many trials as have the variance between the rows. It is withheld below 5 rows with a part that
    counts for the score, or 5 with one that counts against it. ``weights`` (N,) are positive, of mean 1.

    >>> import numpy as np
    >>> micro(Parts(np.array([2.0, 0.0]), np.array([3.0, 1.0]))).value
    0.5
    """
    value = parts.value(weights)
    if value is None:
        return None
    n, w = len(parts.numerators), np.ones(len(parts.numerators)) if weights is None else weights
    total = float((w * parts.denominators).sum())
    values = (parts.numerators - value * parts.denominators) / total
    found = _with_rows(value, values, w * parts.denominators / total, w, n)
    return _supported(found, parts)


def macro(parts: Sequence[Parts], weights: Floats | None = None) -> Estimate | None:
    """Return the unweighted mean of a score over classes, of those where it exists; None where it exists for none.

    The contributions of a row to all classes are added before their variance is taken. The interval is withheld where a class has
    fewer than 10 rows that count for it.
    """
    n = len(parts[0].numerators)
    w = np.ones(n) if weights is None else weights
    values, influence, mass, fewest = [], np.zeros(n), np.zeros(n), n
    for one in parts:
        value = one.value(weights)
        if value is None:
            continue
        total = float((w * one.denominators).sum())
        values.append(value)
        influence += (one.numerators - value * one.denominators) / total
        mass += w * one.denominators / total
        fewest = min(fewest, int((one.denominators > 0).sum()))
    if not values:
        return None
    found = _with_rows(float(np.mean(values)), influence / len(values), mass / len(values), w, n)
    return found.supported(fewest, FEWEST_EXAMPLES, "rows of a class")


def _with_rows(value: float, values: Floats, mass: Floats, weights: Floats, n: int) -> Estimate:
    """Return a score with the interval that the contributions of the rows, without their weights, make."""
    variance = float((weights * values**2).sum()) * n / max(n - 1, 1)
    found = intervals.share(value, variance, n, _METHOD)
    return found.of_rows(lambda: Contributions(weights * values, mass))


def _supported(found: Estimate, parts: Parts) -> Estimate:
    above = int((parts.numerators > 0).sum())
    below = int((parts.numerators < parts.denominators).sum())
    return found.supported(min(above, below), FEWEST_ERRORS, _EITHER)


def per_row(parts: Parts) -> tuple[Floats, NDArray[np.int64]]:
    """Return the score of every row that has one (M,), and the positions of these rows (M,)."""
    rows = np.flatnonzero(parts.denominators > 0)
    return parts.numerators[rows] / parts.denominators[rows], rows


def mean_over_rows(values: Floats, weights: Floats | None = None) -> Estimate | None:
    """Return the mean of scores of rows (M,) in [0, 1], with Hall's interval; None without a row, no interval below 5 rows under 1."""
    found = intervals.mean(values, low=0.0, high=1.0, weights=weights)
    below, above = int((values < 1).sum()), int((values > 0).sum())
    return None if found is None else found.supported(min(below, above), FEWEST_ERRORS, _EITHER)


def difference(
    first: Parts, second: Parts, weights: Floats | None = None, largest: float = 1.0
) -> tuple[Estimate, Floats] | None:
    """Return the paired difference of two pooled scores, and the linearized difference of every row (N,), whose mean it is.

    None where one of them does not exist. The interval is Hall's of the linearized differences, cut off at the ``largest``.
    """
    one, other = first.linear(weights), second.linear(weights)
    if one is None or other is None:
        return None
    rows = one - other
    found = intervals.mean(rows, low=-largest, high=largest, weights=weights)
    return None if found is None else (found, rows)


def f1_difference(first: Counts, second: Counts, weights: Floats | None = None) -> tuple[Estimate, Floats] | None:
    """Return the paired difference in F1 of one class, as :func:`difference`; its interval is withheld below 40 examples of the class."""
    found = difference(first.f1, second.f1, weights)
    if found is None:
        return None
    examples = int((first.hits + first.misses > 0).sum())
    return found[0].supported(examples, FEWEST_OF_CLASS, "examples of the class"), found[1]


def macro_average_precision(
    columns: Iterable[Column], sizes: Sequence[int], n: int, weights: Floats | None = None
) -> Estimate | None:
    """Return :func:`ranking.mean_average_precision`; its interval is withheld where a class has few examples for the number of classes.

    In few examples the average precision is too high. The mean over K classes is so by as much, while its interval shrinks with
    their number: every class that has any needs 10 K examples. ``sizes`` (K,) are those of the columns.
    """
    found = ranking.mean_average_precision(columns, n, weights)
    curves = [size for size in sizes if size]
    if found is None:
        return None
    return found.supported(min(curves), EXAMPLES_PER_CLASS * len(curves), f"examples of each of {len(curves)} classes")


def pooled_loss(sums: Floats, known: Floats, weights: Floats | None = None) -> Estimate:
    """Return the mean loss over all known labels, from its sum (N,) and the number of known labels (N,) of every row.

    The interval is that of the ratio of the two means over the rows.
    """
    found = intervals.ratio(sums, known, weights)
    return replace(found, method=None if found.method is None else f"{found.method}, over rows")


def constant(labels: Flags, known: Flags, weights: Floats | None = None) -> Flags:
    """Return for each class (K,) what is right most often: whether it applies to more than half of its known rows."""
    w: Any = 1.0 if weights is None else weights[:, None]
    return np.asarray((w * labels).sum(axis=0) * 2 > (w * known).sum(axis=0))
