"""ROC AUC and average precision of score points, each of which may represent many examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.intervals import Z95, Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BOOTSTRAP_CELLS = 2048


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


def _placements(steps: _Steps) -> tuple[Floats, Floats]:
    """Return per step the share of negatives below (half of the ties) and the share of positives above."""
    below = np.cumsum(steps.negatives) - steps.negatives / 2
    above = steps.positives.sum() - np.cumsum(steps.positives) + steps.positives / 2
    return below / steps.negatives.sum(), above / steps.positives.sum()


def roc_auc(scores: Floats, positives: Floats, negatives: Floats) -> Estimate | None:
    """Return the area under the ROC curve with DeLong's interval, cut off at 0 and 1; None where a class is absent.

    There is no interval without two examples of each kind, or where the scores separate them perfectly, because DeLong's
    variance is then 0 or undefined.

    Parameters
    ----------
    scores, positives, negatives
        (M,) float64: a score, and the numbers of examples of the class and of the rest that have it. Ties get half
        credit (midranks).

    References
    ----------
    DeLong, DeLong, Clarke-Pearson (1988), Biometrics 44; Sun & Xu (2014) for midranks.

    >>> import numpy as np
    >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0, 1, 1]), np.array([1.0, 1, 0, 0])).value
    0.75
    """
    m, n = float(positives.sum()), float(negatives.sum())
    if m == 0 or n == 0:
        return None
    steps = _steps(scores, positives, negatives)
    v10, v01 = _placements(steps)
    value = float((v10 * steps.positives).sum() / m)
    if m < 2 or n < 2:  # noqa: PLR2004
        return Estimate(value, round(m + n))
    s10 = float((steps.positives * (v10 - value) ** 2).sum() / (m - 1))
    s01 = float((steps.negatives * (v01 - value) ** 2).sum() / (n - 1))
    half = Z95 * float(np.sqrt(s10 / m + s01 / n))
    if half == 0:
        return Estimate(value, round(m + n))
    return Estimate(value, round(m + n), max(value - half, 0.0), min(value + half, 1.0), "DeLong")


def average_precision(scores: Floats, positives: Floats, negatives: Floats) -> float | None:
    """Return the average precision, the mean precision over the steps in recall; None without positives.

    Equal scores are one threshold, as in scikit-learn; without negatives it is 1.
    """
    m = float(positives.sum())
    if m == 0:
        return None
    steps = _steps(scores, positives, negatives)
    return float(_average_precision(steps.positives[None], steps.negatives[None])[0])


def _average_precision(positives: Floats, negatives: Floats) -> Floats:
    """Return the average precision (draws,) of counts (draws, steps) at increasing scores."""
    hits = np.cumsum(positives[:, ::-1], axis=1)
    drawn = hits + np.cumsum(negatives[:, ::-1], axis=1)
    precision = np.divide(hits, drawn, out=np.zeros_like(hits), where=drawn > 0)
    total = np.maximum(hits[:, -1], 1)
    return (precision * positives[:, ::-1]).sum(axis=1) / total


def average_precision_interval(
    scores: Floats, positives: Floats, negatives: Floats, seed: int, draws: int = 1000
) -> tuple[float, float]:
    """Return the 2.5 and 97.5 % quantiles of the average precision under resampling of the examples.

    The counts of at most 2049 cells are drawn from a multinomial distribution. A cell has neighboring scores with
    an equal share of the positives, wherever they are on the scale: with up to 2048 positives this is the bootstrap
    over examples itself. Draws without a positive are left out. There must be a positive.
    """
    steps = _steps(scores, positives, negatives)
    cells = _precision_cells(steps.positives)
    own = np.bincount(cells, weights=steps.positives, minlength=BOOTSTRAP_CELLS + 1)
    rest = np.bincount(cells, weights=steps.negatives, minlength=BOOTSTRAP_CELLS + 1)
    counts = np.concatenate([own, rest])
    filled = np.flatnonzero(counts)
    n = round(float(counts.sum()))
    drawn = np.zeros((draws, len(counts)))
    drawn[:, filled] = np.random.default_rng(seed).multinomial(n, counts[filled] / counts.sum(), size=draws)
    drawn = drawn[drawn[:, : len(own)].any(axis=1)]
    values = _average_precision(drawn[:, : len(own)], drawn[:, len(own) :])
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _precision_cells(positives: Floats) -> NDArray[np.int64]:
    """Return the cell of each step of increasing scores; a positive shares its cell with the negatives right above it."""
    above = positives.sum() - np.cumsum(positives)
    return BOOTSTRAP_CELLS - (above * BOOTSTRAP_CELLS / positives.sum()).astype(np.int64)


def macro_roc_auc(
    column: Callable[[int], Floats], labels: NDArray[np.int32], classes: Iterable[int]
) -> Estimate | None:
    """Return the unweighted mean one-vs-rest AUC of the classes that have both examples and non-examples.

    The interval is value ± 1.96 SE from the placement values, where the contributions of an example to the curves of all classes
    are added before taking the variance (the DeLong variance with its covariances).

    Parameters
    ----------
    column
        Returns the (N,) scores of a class.
    labels
        (N,) class indices.
    classes
        The classes to average over.

    Returns
    -------
    Estimate or None
        None where no class has a curve. Without an interval where a class has a single example or a single
        non-example, or where all are separated perfectly.
    """
    n = len(labels)
    influence = np.zeros(n)
    values = []
    fewest = n
    for index in classes:
        positives = (labels == index).astype(np.float64)
        m = float(positives.sum())
        if m in (0, n):
            continue
        steps = _steps(column(index), positives, 1.0 - positives)
        v10, v01 = _placements(steps)
        value = float((v10 * steps.positives).sum() / m)
        own, other = v10[steps.index] - value, v01[steps.index] - value
        influence += np.where(positives > 0, own * (n / m), other * (n / (n - m)))
        values.append(value)
        fewest = min(fewest, round(m), round(n - m))
    if not values:
        return None
    mean = float(np.mean(values))
    half = Z95 * float(np.std(influence / len(values), ddof=1) / np.sqrt(n))
    if fewest < 2 or half == 0:  # noqa: PLR2004
        return Estimate(mean, n)
    return Estimate(mean, n, max(mean - half, 0.0), min(mean + half, 1.0), "DeLong, over classes")
