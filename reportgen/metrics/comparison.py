"""Comparison of two models on the same examples: McNemar's test, paired differences, adjusted p-values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import intervals
from reportgen.metrics.intervals import Z95, Contributions, Estimate
from reportgen.metrics.spans import Derived, counts, each, equal, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values

    Hits = NDArray[np.bool_] | Derived


@dataclass(frozen=True)
class Discordance:
    """Numbers of examples that both models get right, only the first, only the second, neither; not whole if they are weighted.

    ``rows`` are what they were counted from, where that is known: (N,) bool for either model, and the weights (N,).
    """

    both: float
    only_first: float
    only_second: float
    neither: float
    rows: tuple[Hits, Hits, NDArray[np.float64]] | None = field(default=None, compare=False, repr=False)

    @property
    def n(self) -> float:
        """Number of examples."""
        return self.both + self.only_first + self.only_second + self.neither


def discordance(first: Hits, second: Hits, weights: NDArray[np.float64] | None = None) -> Discordance:
    """Count the examples that each model gets right, from (N,) bool each; with weights (N,) of mean 1, their sums."""
    if weights is None:
        both, one, other = (float(number(part)) for part in (each(np.logical_and, first, second), first, second))
        return Discordance(
            both, one - both, other - both, len(first) - one - other + both, (first, second, equal(len(first)))
        )
    cells = each(lambda one, other: 2 * ~one + ~other, first, second)
    both, one, other, neither = counts(cells, 4, weights).tolist()
    return Discordance(both, one, other, neither, (first, second, weights))


def mcnemar(table: Discordance) -> float:
    """Return the exact two-sided p-value of equal error rates; 1 where the models never differ.

    McNemar (1947), by the binomial distribution of the discordant examples.

    >>> round(mcnemar(Discordance(0, 9, 1, 0)), 6)
    0.021484
    """
    from scipy.special import bdtr

    differing = round(table.only_first + table.only_second)
    if differing == 0:
        return 1.0
    return min(1.0, 2.0 * float(bdtr(round(min(table.only_first, table.only_second)), differing, 0.5)))


def accuracy_difference(table: Discordance) -> Estimate:
    """Return accuracy of the first minus accuracy of the second, with Newcombe's paired interval.

    Newcombe (1998), Statistics in Medicine 17, 2635-2650, method 10: Wilson intervals of both proportions, combined
    with their correlation.
    """
    low, high = _newcombe(table)
    rows = table.rows
    return Estimate(
        (table.only_first - table.only_second) / table.n,
        round(table.n),
        low,
        high,
        "Newcombe, paired",
        widened=lambda divisor: _divided(table, divisor),
        contributions=None if rows is None else lambda: of_difference(*rows),
    )


def _divided(table: Discordance, divisor: float) -> Estimate:
    """Return the difference with the interval for fewer examples in the same proportions."""
    both, one, other, neither = (
        part / divisor for part in (table.both, table.only_first, table.only_second, table.neither)
    )
    return accuracy_difference(Discordance(both, one, other, neither))


def of_difference(first: Hits, second: Hits, weights: NDArray[np.float64]) -> Contributions:
    """Return the contributions of rows (N,) to the difference of the shares of two models."""
    return intervals.of_share(apart(first, second), weights)


def apart(first: Hits, second: Hits) -> Derived:
    """Return 1 for each row (N,) that only the first model gets right, -1 for one that only the second does, otherwise 0."""
    return each(lambda one, other: one.astype(np.float64) - other, first, second)


def _newcombe(table: Discordance) -> tuple[float, float]:
    n = table.n
    value = (table.only_first - table.only_second) / n
    right_first, right_second = table.both + table.only_first, table.both + table.only_second
    right = np.array([right_first, right_second], np.float64)
    lows, highs = intervals.wilson_bounds(right, np.full(2, float(n)))
    (low1, low2), (high1, high2) = right / n - lows, highs - right / n
    phi = _correlation(table)
    low = value - np.sqrt(max(low1**2 - 2 * phi * low1 * high2 + high2**2, 0.0))
    high = value + np.sqrt(max(high1**2 - 2 * phi * high1 * low2 + low2**2, 0.0))
    return max(float(low), -1.0), min(float(high), 1.0)


def _correlation(table: Discordance) -> float:
    """Return Newcombe's phi with its continuity correction; 0 where a margin is empty."""
    a, b, c, d = table.both, table.only_first, table.only_second, table.neither
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    product = a * d - b * c
    corrected = max(product - table.n / 2, 0.0) if product > 0 else float(product)
    return corrected / float(np.sqrt(float(margins)))


def errors_of_either(first: Hits, second: Hits) -> int:
    """Return the number of rows (N,) that not both models get right."""
    return len(first) - number(each(np.logical_and, first, second))


def mean_difference(
    first: Values,
    second: Values,
    largest: float = math.inf,
    weights: NDArray[np.float64] | None = None,
) -> Estimate | None:
    """Return the mean of the paired differences (N,), none of them larger than ``largest``, with Hall's interval."""
    differences = Derived(len(first), lambda span: first[span] - second[span])
    return intervals.mean(differences, low=-largest, high=largest, weights=weights)


def holm(p_values: Sequence[float], untested: int = 0) -> list[float]:
    """Return p-values adjusted for the number of comparisons. Holm (1979).

    ``untested`` comparisons of the family were not made: they count as if their p-values were 1, however the others were
    chosen.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])], holm([0.01], untested=9)
    ([0.03, 0.06, 0.06], [0.1])
    """
    m = len(p_values)
    adjusted = [0.0] * m
    largest = 0.0
    for place, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (m + untested - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def any_of(p_values: Sequence[float | None]) -> float | None:
    """Return one p-value for several tests of the same hypothesis: the smallest times their number (Bonferroni); None if one of them has none.

    >>> any_of([0.01, 0.4]), any_of([0.01, None]), any_of([])
    (0.02, None, None)
    """
    known = [p_value for p_value in p_values if p_value is not None]
    return min(1.0, len(known) * min(known)) if known and len(known) == len(p_values) else None


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted to control the false discovery rate. Benjamini & Hochberg (1995).

    >>> [round(p, 3) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    m = len(p_values)
    adjusted = [0.0] * m
    smallest = 1.0
    order = sorted(range(m), key=lambda i: p_values[i])
    for place in range(m, 0, -1):
        index = order[place - 1]
        smallest = min(smallest, m / place * p_values[index])
        adjusted[index] = smallest
    return adjusted


MOST_TIMES = 10
"""How many times as many examples may be needed to settle a difference before no number is given. Convention."""


def n_to_settle(distance: float, reach: float, n: int) -> int | None:
    """Return the number of examples from which on an interval would not reach over a distance, if the value stayed.

    The length of an interval shrinks with the square root of the number of examples. None above ten times ``n``, or where
    the distance is 0.

    >>> n_to_settle(0.01, 0.02, 600), n_to_settle(0.001, 0.02, 600)
    (2400, None)
    """
    if abs(distance) * math.sqrt(MOST_TIMES) < reach or distance == 0:
        return None
    return math.ceil(n * (reach / distance) ** 2)


def n_to_settle_share(value: float, limit: float, low: float, high: float, n: int) -> int | None:
    """Return the number of examples from which on Wilson's interval of a share would exclude a limit, if the share stayed.

    Wilson's interval excludes what the score test rejects, which takes z² limit (1 - limit) / (value - limit)² independent examples.
    As many more are needed as the ``n`` examples are worth less than independent ones: the interval from ``low`` to ``high`` tells.
    None above ten times ``n``, or where the share is the limit.

    >>> n_to_settle_share(54 / 58, 0.95, 0.8357, 0.9729, 58), n_to_settle_share(0.95, 0.95, 0.93, 0.965, 600)
    (507, None)
    """
    if value == limit:
        return None
    center, half = (low + high) / 2, (high - low) / 2
    worth = Z95**2 * (0.5 - center) / (center - value) if value != 0.5 else (Z95 / (2 * half)) ** 2 - Z95**2  # noqa: PLR2004
    needed = n * Z95**2 * limit * (1 - limit) / (value - limit) ** 2 / worth
    return None if needed > MOST_TIMES * n else math.ceil(needed)
