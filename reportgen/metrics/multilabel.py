"""Scores of several labels per row, pooled over rows as :mod:`reportgen.metrics.pooled` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import ranking
from reportgen.metrics.pooled import Parts, difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


def constant(labels: Flags, known: Flags, weights: Floats | None = None) -> Flags:
    """Return for each class (K,) what is right most often: whether it applies to more than half of its known rows."""
    w: Any = 1.0 if weights is None else weights[:, None]
    return np.asarray((w * labels).sum(axis=0) * 2 > (w * known).sum(axis=0))
