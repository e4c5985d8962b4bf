"""Scores pooled over rows of several parts: the labels of a row, the pixels of an image, the tokens of a sequence.

A score is a ratio of sums of counts, such as TP / (TP + FP) over all parts of all rows. The parts of a row are not independent, so the
row is the unit of every interval: the error of the score is linear in the rows, and its variance is that of their contributions (the
delta method), however the parts of a row hang together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.intervals import FEWEST_ERRORS, FEWEST_EXAMPLES, Contributions, Estimate
from reportgen.metrics.mapped import among, filled, stored, taken, zeros
from reportgen.metrics.spans import Derived, average, each, equal, number, positive, spans, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

_METHOD = "Wilson, by the variance between rows"
_EITHER = "rows that count for the score, and as many that count against it,"


@dataclass(frozen=True)
class Parts:
    """Two sums of every row (N,) float64, of whose sums over rows a score is the ratio; ``denominators`` are not negative."""

    numerators: Values
    denominators: Values

    def value(self, weights: Floats | None = None) -> float | None:
        """Return the ratio of the sums; None where the sum of the denominators is 0. ``weights`` (N,) are positive."""
        whole = total(self.denominators, weights)
        return None if whole == 0 else total(self.numerators, weights) / whole

    def linear(self, weights: Floats | None = None) -> Derived | None:
        """Return the linearized score of every row (N,), whose mean is the ratio; None where there is none."""
        value = self.value(weights)
        if value is None:
            return None
        scale = average(self.denominators, weights)
        return each(lambda over, under: value + (over - value * under) / scale, self.numerators, self.denominators)

    @property
    def used(self) -> Derived:
        """(N,) bool, whether a row counts for the score."""
        return positive(self.denominators)


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
    found = _with_rows(value, [_Share(parts, value, total(parts.denominators, weights))], weights)
    return _supported(found, parts)


def macro(parts: Sequence[Parts], weights: Floats | None = None, of: str = "rows") -> Estimate | None:
    """Return the unweighted mean of a score over classes, of those where it exists; None where it exists for none.

    The contributions of a row to all classes are added before their variance is taken. The interval is withheld where a class has
    fewer than 10 rows that count for it, which are called ``of``.
    """
    values = [(one, value) for one in parts if (value := one.value(weights)) is not None]
    if not values:
        return None
    shares = [_Share(one, value, total(one.denominators, weights) * len(values)) for one, value in values]
    found = _with_rows(float(np.mean([value for _, value in values])), shares, weights)
    return found.supported(min(number(one.used) for one, _ in values), FEWEST_EXAMPLES, f"{of} of a class")


@dataclass(frozen=True)
class _Share:
    """One of several scores whose sum is an estimate: its parts, its value, and what its contributions are divided by."""

    parts: Parts
    value: float
    scale: float

    def influence(self, span: slice) -> Floats:
        """Return the contributions of some rows, without their weights."""
        found: Floats = (self.parts.numerators[span] - self.value * self.parts.denominators[span]) / self.scale
        return found

    def mass(self, span: slice) -> Floats:
        """Return what of the estimate rests on some rows of weight 1."""
        found: Floats = self.parts.denominators[span] / self.scale
        return found


def _with_rows(value: float, shares: Sequence[_Share], weights: Floats | None) -> Estimate:
    """Return a score with the interval that the contributions of the rows make."""
    n = len(shares[0].parts.numerators)
    influence = Derived(n, lambda span: sum(one.influence(span) for one in shares))
    variance = total(each(np.square, influence), weights) * n / max(n - 1, 1)
    found = intervals.share(value, variance, n, _METHOD)

    def contributions() -> Contributions:
        w = equal(n) if weights is None else weights
        mass = Derived(n, lambda span: sum(one.mass(span) for one in shares))
        return Contributions(each(np.multiply, w, influence), each(np.multiply, w, mass))

    return found.of_rows(contributions)


def _supported(found: Estimate, parts: Parts) -> Estimate:
    above = number(positive(parts.numerators))
    below = number(each(np.less, parts.numerators, parts.denominators))
    return found.supported(min(above, below), FEWEST_ERRORS, _EITHER)


def per_row(parts: Parts) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the score of every row that has one (M,), and which rows have (N,)."""
    rows = filled(len(parts.numerators), np.bool_, parts.used.of)
    over, under = among(parts.numerators, rows), among(parts.denominators, rows)
    return stored(each(np.divide, over, under)), rows


def mean_over_rows(values: Floats, weights: Floats | None = None) -> Estimate | None:
    """Return the mean of scores of rows (M,) in [0, 1], with Hall's interval; None without a row, no interval below 5 rows under 1."""
    found = intervals.mean(values, low=0.0, high=1.0, weights=weights)
    below, above = number(each(lambda some: some < 1, values)), number(positive(values))
    return None if found is None else found.supported(min(below, above), FEWEST_ERRORS, _EITHER)


def difference(
    first: Parts, second: Parts, weights: Floats | None = None, largest: float = 1.0
) -> tuple[Estimate, Derived] | None:
    """Return the paired difference of two pooled scores, and the linearized difference of every row (N,), whose mean it is.

    None where one of them does not exist. The interval is Hall's of the linearized differences, cut off at the ``largest``.
    """
    one, other = first.linear(weights), second.linear(weights)
    if one is None or other is None:
        return None
    rows = each(np.subtract, one, other)
    found = intervals.mean(rows, low=-largest, high=largest, weights=weights)
    return None if found is None else (found, rows)


def macro_difference(
    first: Sequence[Parts], second: Sequence[Parts], weights: Floats | None = None, of: str = "rows"
) -> tuple[Estimate, Floats] | None:
    """Return the paired difference of two means over classes, as :func:`difference`; each over the classes for which its score exists.

    The interval is withheld where a class has fewer than 10 rows that count for it, which are called ``of``.
    """
    rows = []
    for parts in (first, second):
        linear = [one[:] for part in parts if (one := part.linear(weights)) is not None]
        if not linear:
            return None
        rows.append(np.mean(linear, axis=0))
    apart = rows[0] - rows[1]
    found = intervals.mean(apart, low=-1.0, high=1.0, weights=weights)
    if found is None:
        return None
    w = np.ones(len(apart)) if weights is None else weights
    fewest = min(filter(None, (number(one.used) for one in (*first, *second))))
    found = found.supported(fewest, FEWEST_EXAMPLES, f"{of} of a class")
    value = found.value
    return found.of_rows(lambda: Contributions(w * (apart - value), mass((*first, *second), w))), apart


def mass(parts: Sequence[Parts], weights: Floats) -> Floats:
    """Return the share (N,) of the mean over classes of a score that rests on each row, for the classes for which it exists."""
    shares = [weights * one.denominators[:] for one in parts if number(one.used)]
    found: Floats = np.mean([share / share.sum() for share in shares], axis=0)
    return found


def linear_apart(parts: Sequence[Parts], inside: Mask, weights: Floats) -> Floats | None:
    """Return values (N,) whose weighted means among some rows, ``inside`` (N,), and among the others are the scores of both, linearized.

    The score is that of the parts, or its mean over several classes. None where a class has it only inside or only outside: then the
    means are over different classes.
    """
    found = zeros((len(inside),), np.float64)
    for rows in (inside, filled(len(inside), np.bool_, lambda span: ~inside[span])):
        own, weight = (
            [Parts(among(one.numerators, rows), among(one.denominators, rows)) for one in parts],
            taken(weights, rows),
        )
        there = [linear for one in own if (linear := one.linear(weight)) is not None]
        if not there or len(there) < sum(number(one.used) > 0 for one in parts):
            return None
        end, mean = 0, each(lambda *scores: np.mean(scores, axis=0), *there)
        for span in spans(len(rows)):
            start, end = end, end + number(rows[span])
            found[span][rows[span]] = mean[start:end]
    return found


def pooled_loss(sums: Values, known: Values, weights: Floats | None = None) -> Estimate:
    """Return the mean loss over all known labels, from its sum (N,) and the number of known labels (N,) of every row.

    The interval is that of the ratio of the two means over the rows.
    """
    found = intervals.ratio(sums, known, weights)
    return replace(found, method=None if found.method is None else f"{found.method}, over rows")
