"""Scores of models of one recipe that were trained with different seeds: their mean, and the difference of two recipes.

Every model is evaluated on the same rows, so that seeds and rows are crossed. The interval allows for both: another training
run has another score, and other rows have other scores. Neither of the two alone does, which Bouthillier et al. (2021),
Accounting for variance in machine learning benchmarks, MLSys, measure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.intervals import SEVERAL, Estimate
from reportgen.metrics.spans import average, each, largest, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values
    from reportgen.metrics.spans import Derived

    FloatArray = NDArray[np.float64]
    Rows = Sequence[Values] | FloatArray

METHOD = "seeds and rows crossed, Student's t"
_LEVEL = 0.05


@dataclass(frozen=True)
class _Parts:
    """What the scores of a recipe vary with: the variance of their mean due to the choice of seeds, and what is due to both.

    ``between`` contains ``both``, the variance due to the interaction of seeds and rows, and is never below it.
    """

    value: float
    rows: Derived
    between: float
    both: float
    degrees: int


def over_seeds(rows: Rows) -> Estimate:
    """Return the mean score of a recipe with its interval.

    Parameters
    ----------
    rows
        (seeds, N): what each row adds to the score of each model, so that the mean over the rows is the score.

    Returns
    -------
    Estimate
        ``n`` is N. No interval with one seed, or where nothing varies.

    Notes
    -----
    The expected mean squares of crossed random effects (Cornfield & Tukey 1956, Annals of Mathematical Statistics 27,
    907-949): the variance between the seeds' scores, plus that between the rows' means, less that of the interaction, which
    both contain. Degrees of freedom by Satterthwaite (1946), Biometrics Bulletin 2, 110-114.

    >>> import numpy as np
    >>> found = over_seeds(np.array([[0.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0]]))
    >>> found.value, found.low is None
    (0.75, False)
    """
    if len(rows) < SEVERAL:
        return Estimate(average(rows[0]), len(rows[0])).without("the recipe has one model")
    part = _parts(rows)
    return _interval(part.value, part.rows, (part,), 1)


def deviation(rows: Rows) -> float | None:
    """Return the standard deviation between the scores of (seeds, N) rows; None with one seed.

    It contains what the rows add to it: models that are equally good differ on a sample.

    >>> import numpy as np
    >>> round(deviation(np.array([[0.0, 1.0], [1.0, 1.0]])), 4)
    0.3536
    """
    return float(np.std([average(one) for one in rows], ddof=1)) if len(rows) >= SEVERAL else None


def difference(first: Rows, second: Rows, comparisons: int = 1) -> Estimate:
    """Return the difference of two recipes' mean scores, first minus second, with its interval.

    Parameters
    ----------
    first, second
        (seeds, N) each, on the same rows.
    comparisons
        Number of differences whose intervals must hold together in 95 % of reports (Bonferroni); at least 1.

    Returns
    -------
    Estimate
        ``n`` is N. No interval where a recipe has one seed, or where nothing varies.

    Notes
    -----
    As :func:`over_seeds`, with a variance between seeds for each recipe (Welch). What all models have in common on a row
    cancels; what the models of one recipe have in common on it does not, however many seeds there are: a t test of the
    seeds' scores lacks it.
    """
    if min(len(first), len(second)) < SEVERAL:
        value = float(np.mean([average(one) for one in first]) - np.mean([average(one) for one in second]))
        return Estimate(value, len(first[0])).without("a recipe has one model")
    one, other = _parts(first), _parts(second)
    return _interval(one.value - other.value, each(np.subtract, one.rows, other.rows), (one, other), comparisons)


def _parts(rows: Rows) -> _Parts:
    seeds, n = len(rows), len(rows[0])
    scores = np.array([average(one) for one in rows])
    by_row = each(lambda *all_of: np.mean(all_of, axis=0), *rows)
    value = float(scores.mean())

    def rest(*all_of: FloatArray) -> FloatArray:
        found = np.stack(all_of)
        left: FloatArray = ((found - scores[:, None] - found.mean(axis=0) + value) ** 2).sum(axis=0)
        return left

    both = total(each(rest, *rows)) / (seeds - 1) / max(n - 1, 1) / (seeds * n)
    return _Parts(value, by_row, max(float(scores.var(ddof=1)) / seeds, both), both, seeds - 1)


def _interval(value: float, by_row: Derived, parts: tuple[_Parts, ...], comparisons: int) -> Estimate:
    from scipy.special import stdtrit

    n, mean = len(by_row), average(by_row)
    of_rows = total(each(lambda one: (one - mean) ** 2, by_row)) / (n - 1) / n if n >= SEVERAL else 0.0
    of_rows = max(of_rows - sum(part.both for part in parts), 0.0)
    variance = of_rows + sum(part.between for part in parts)
    if variance <= (np.finfo(np.float64).eps * largest(by_row)) ** 2:
        return Estimate(value, n).without("all models have the same score on every row")
    spread = of_rows**2 / max(n - 1, 1) + sum(part.between**2 / part.degrees for part in parts)
    reach = float(stdtrit(variance**2 / spread, 1 - _LEVEL / comparisons / 2)) * math.sqrt(variance)
    together = "" if comparisons == 1 else f", Bonferroni for {comparisons} differences"
    return Estimate(value, n, value - reach, value + reach, METHOD + together)
