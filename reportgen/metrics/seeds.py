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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

METHOD = "seeds and rows crossed, Student's t"
_LEVEL = 0.05


@dataclass(frozen=True)
class _Parts:
    """What the scores of a recipe vary with: the variance of their mean due to the choice of seeds, and what is due to both.

    ``between`` contains ``both``, the variance due to the interaction of seeds and rows, and is never below it.
    """

    value: float
    rows: FloatArray
    between: float
    both: float
    degrees: int


def over_seeds(rows: FloatArray) -> Estimate:
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
        return Estimate(float(rows.mean()), rows.shape[1]).without("the recipe has one model")
    part = _parts(rows)
    return _interval(part.value, part.rows, (part,), 1)


def deviation(rows: FloatArray) -> float | None:
    """Return the standard deviation between the scores of (seeds, N) rows; None with one seed.

    It contains what the rows add to it: models that are equally good differ on a sample.

    >>> import numpy as np
    >>> round(deviation(np.array([[0.0, 1.0], [1.0, 1.0]])), 4)
    0.3536
    """
    return float(rows.mean(axis=1).std(ddof=1)) if len(rows) >= SEVERAL else None


def difference(first: FloatArray, second: FloatArray, comparisons: int = 1) -> Estimate:
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
        value = float(first.mean() - second.mean())
        return Estimate(value, first.shape[1]).without("a recipe has one model")
    one, other = _parts(first), _parts(second)
    return _interval(one.value - other.value, one.rows - other.rows, (one, other), comparisons)


def _parts(rows: FloatArray) -> _Parts:
    seeds, n = rows.shape
    scores, by_row = rows.mean(axis=1), rows.mean(axis=0)
    value = float(scores.mean())
    rest = rows - scores[:, None] - by_row + value
    both = float((rest**2).sum()) / (seeds - 1) / max(n - 1, 1) / (seeds * n)
    return _Parts(value, by_row, max(float(scores.var(ddof=1)) / seeds, both), both, seeds - 1)


def _interval(value: float, by_row: FloatArray, parts: tuple[_Parts, ...], comparisons: int) -> Estimate:
    from scipy.special import stdtrit

    n = len(by_row)
    of_rows = float(by_row.var(ddof=1)) / n if n >= SEVERAL else 0.0
    of_rows = max(of_rows - sum(part.both for part in parts), 0.0)
    variance = of_rows + sum(part.between for part in parts)
    if variance <= (np.finfo(np.float64).eps * float(np.abs(by_row).max())) ** 2:
        return Estimate(value, n).without("all models have the same score on every row")
    spread = of_rows**2 / max(n - 1, 1) + sum(part.between**2 / part.degrees for part in parts)
    reach = float(stdtrit(variance**2 / spread, 1 - _LEVEL / comparisons / 2)) * math.sqrt(variance)
    together = "" if comparisons == 1 else f", Bonferroni for {comparisons} differences"
    return Estimate(value, n, value - reach, value + reach, METHOD + together)
