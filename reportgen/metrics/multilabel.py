"""Scores of several labels per row, pooled over rows as :mod:`reportgen.metrics.pooled` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import ranking
from reportgen.metrics.mapped import filled
from reportgen.metrics.pooled import Parts, difference
from reportgen.metrics.spans import Derived, each, number, positive, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.ranking import Column

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

FEWEST_OF_CLASS = 40
"""Examples of a class below which the interval of a difference in its F1 is withheld; from ``scripts/simulate/multilabel.py``."""
EXAMPLES_PER_CLASS = 10
"""Examples of every class that the interval of the macro average precision needs for each class; from the same simulation."""


@dataclass(frozen=True)
class Counts:
    """Right and wrong predictions by row: true positives, false positives, false negatives, and known labels; all (N,) float64."""

    hits: Derived
    false_alarms: Derived
    misses: Derived
    known: Derived

    @property
    def precision(self) -> Parts:
        """TP / (TP + FP)."""
        return Parts(self.hits, each(np.add, self.hits, self.false_alarms))

    @property
    def recall(self) -> Parts:
        """TP / (TP + FN)."""
        return Parts(self.hits, self.labels)

    @property
    def f1(self) -> Parts:
        """2 TP / (2 TP + FP + FN)."""
        twice = each(lambda hits: 2 * hits, self.hits)
        return Parts(twice, each(lambda hits, *wrong: hits + sum(wrong), twice, self.false_alarms, self.misses))

    @property
    def wrong(self) -> Parts:
        """(FP + FN) / known labels."""
        return Parts(each(np.add, self.false_alarms, self.misses), self.known)

    @property
    def labels(self) -> Derived:
        """(N,) TP + FN, how many apply."""
        return each(np.add, self.hits, self.misses)

    @property
    def surplus(self) -> Derived:
        """(N,) FP - FN, how many more are predicted than apply."""
        return each(np.subtract, self.false_alarms, self.misses)

    @property
    def exact(self) -> Derived:
        """(N,) bool, whether every known label is predicted right."""
        return each(lambda wrong: wrong == 0, self.wrong.numerators)


def counts(predicted: Flags | Derived, labels: Flags, known: Flags) -> Counts:
    """Count the predictions of every row, over all classes (N, K) or of one class (N,); labels are False where they are not known.

    Sums over classes are computed once; they are on the disk where there are many rows.

    >>> import numpy as np
    >>> found = counts(np.array([[True, True, False]]), np.array([[True, False, False]]), np.array([[True, True, False]]))
    >>> found.hits[:].tolist(), found.false_alarms[:].tolist(), found.misses[:].tolist(), found.known[:].tolist()
    ([1.0], [1.0], [0.0], [2.0])
    """

    def by_row(flags: Callable[[Any, Any, Any], Flags]) -> Derived:
        found: NDArray[Any] | Derived = each(flags, predicted, labels, known)
        if labels.ndim > 1:
            of_row = found
            found = filled(len(labels), np.int16, lambda span: of_row[span].sum(axis=1))
        return each(lambda one: one.astype(np.float64), found)

    return Counts(
        by_row(lambda said, applies, _: said & applies),
        by_row(lambda said, applies, known: said & ~applies & known),
        by_row(lambda said, applies, _: ~said & applies),
        by_row(lambda _said, _applies, known: known),
    )


def f1_difference(first: Counts, second: Counts, weights: Floats | None = None) -> tuple[Estimate, Derived] | None:
    """Return the paired difference in F1 of one class, as :func:`difference`; its interval is withheld below 40 examples of the class."""
    found = difference(first.f1, second.f1, weights)
    if found is None:
        return None
    examples = number(positive(first.labels))
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


def constant(labels: Flags, known: Flags, weights: Floats | None = None) -> Flags:
    """Return for each class (K,) what is right most often: whether it applies to more than half of its known rows."""
    classes = range(labels.shape[1])
    applies, there = (np.array([total(one[:, k], weights) for k in classes]) for one in (labels, known))
    return np.asarray(applies * 2 > there)
