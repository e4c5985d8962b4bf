"""The calibration errors of calibrated models: what is expected of them with the same forecasts, by seeded draws.

Rows that belong together, or weigh differently, have errors of their own kind; see :class:`GroupedResiduals` and
:class:`WeightedResiduals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.calibration import LEVEL, NORMAL_ABOVE, TIE, gaps
from reportgen.metrics.intervals import Z95

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reportgen.metrics.calibration import ResidualBins

    Floats = NDArray[np.float64]

NULL_DRAWS = 10_000
"""The smallest p-value is 1e-4: below 0.05 for two tests of each of 250 models."""
_MOST_SIGNS = 1000
"""Groups above which a sum over groups with random signs is taken as normal."""
_DRAWS_AT_ONCE = 1000
_MOST_DRAWN = 500
"""Weighted rows of a bin above which the sum of their residuals is taken as normal."""


@dataclass(frozen=True)
class Null:
    """An error of a perfectly calibrated model with the same forecasts: mean, upper limit, p-value of the observed one.

    95 % of calibrated models are at or below ``high``; the p-value is one-sided and below 0.05 where the observed error is
    above it.
    """

    mean: float
    high: float
    p_value: float


@dataclass(frozen=True)
class GroupedResiduals:
    """Residuals of rows that belong together.

    Attributes
    ----------
    sums
        (P,) float64, the residual sum of every group in every bin where it has rows.
    n
        (P,) float64, the sum of the weights of these rows.
    group, bin
        (P,) int64, which group and which bin.
    """

    sums: Floats
    n: Floats
    group: NDArray[np.int64]
    bin: NDArray[np.int64]

    def drawn(self, size: int, seed: int, draws: int) -> Floats:
        """Draw the residual sums (draws, ``size``) of groups whose signs are random."""
        from scipy.sparse import csr_array
        from scipy.special import stdtrit

        generator = np.random.default_rng(seed)
        share = np.bincount(self.group, self.n) / self.n.sum()
        wider = float(stdtrit(max(1 / (share**2).sum() - 1, 1.0), 0.975)) / Z95
        count = len(share)
        sums = csr_array((self.sums * wider, (self.group, self.bin)), shape=(count, size))
        if count > _MOST_SIGNS:
            covariance = (sums.T @ sums).toarray()
            return generator.multivariate_normal(np.zeros(size), covariance, draws, method="eigh")
        dense, drawn = sums.toarray(), np.empty((draws, size))
        for start in range(0, draws, _DRAWS_AT_ONCE):
            part = drawn[start : start + _DRAWS_AT_ONCE]
            part[:] = (2.0 * generator.integers(0, 2, (len(part), count)) - 1.0) @ dense
        return drawn


@dataclass(frozen=True)
class WeightedResiduals:
    """Residuals that independent rows of a calibrated model may have, by their weights.

    Attributes
    ----------
    positive, negative
        (M,) float64, the weighted residual of every row if its outcome is 1, and if it is 0.
    probability
        (M,) float64, the probability of outcome 1 among rows drawn like these.
    bin
        (M,) int64.
    """

    positive: Floats
    negative: Floats
    probability: Floats
    bin: NDArray[np.int64]

    def drawn(self, size: int, seed: int, draws: int) -> Floats:
        """Draw the residual sums (draws, ``size``); normal ones in bins of more than 500 rows."""
        generator, drawn = np.random.default_rng(seed), np.zeros((draws, size))
        apart = self.positive - self.negative
        for index in np.unique(self.bin):
            here = self.bin == index
            p, step = self.probability[here], apart[here]
            if len(p) > _MOST_DRAWN:
                drawn[:, index] = generator.normal(0.0, np.sqrt((p * (1 - p) * step**2).sum()), draws)
            else:
                drawn[:, index] = (generator.random((draws, len(p))) < p) @ step + self.negative[here].sum()
        return drawn


def weighted_residuals(forecasts: Floats, positives: Floats, negatives: Floats, edges: Floats) -> WeightedResiduals:
    """Return the residuals that weighted rows may have; parameters as in :func:`residual_bins`, with one row for every point.

    Rows may have been drawn by their outcome: the ratio of the mean weights of both outcomes among rows of like forecasts is
    estimated over the bins (Mantel & Haenszel 1959). A row with the other outcome would weigh so many times as much, and
    that outcome is as many times rarer among the drawn rows as it is in the population.
    """
    size = len(edges) - 1
    index = np.clip(np.searchsorted(edges, forecasts, side="right") - 1, 0, size - 1)
    one = positives > 0
    n, ones = (np.bincount(index[rows], minlength=size) for rows in (slice(None), one))
    weight, other = (np.bincount(index, values, size) for values in (positives, negatives))
    counted = np.maximum(n, 1)
    over, under = float((weight * (n - ones) / counted).sum()), float((other * ones / counted).sum())
    ratio = over / under if over > 0 and under > 0 else 1.0
    weights = positives + negatives
    if_one, if_zero = np.where(one, weights, weights * ratio), np.where(one, weights / ratio, weights)
    drawn = forecasts / if_one
    rest = (1 - forecasts) / if_zero
    return WeightedResiduals((forecasts - 1) * if_one, forecasts * if_zero, drawn / (drawn + rest), index)


def grouped_residuals(
    forecasts: Floats, positives: Floats, negatives: Floats, edges: Floats, groups: NDArray[np.int64]
) -> GroupedResiduals:
    """Sum the residuals per group and bin; parameters as in :func:`residual_bins`, and (M,) the group of every point, from 0."""
    size = len(edges) - 1
    index = np.clip(np.searchsorted(edges, forecasts, side="right") - 1, 0, size - 1)
    n = positives + negatives
    cells, cell = np.unique(groups * size + index, return_inverse=True)
    sums, weights = (np.bincount(cell, values).astype(np.float64) for values in (n * forecasts - positives, n))
    return GroupedResiduals(sums, weights, cells // size, cells % size)


def ece_null(
    bins: ResidualBins, seed: int, draws: int = NULL_DRAWS, rows: GroupedResiduals | WeightedResiduals | None = None
) -> Null:
    """Return the ECE expected of a calibrated model with these forecasts, from seeded draws.

    With groups it is the wider of two: that of independent rows, and that of groups whose residuals keep their sizes and change their signs
    together (Rademacher weights; above 1,000 groups normal ones), times Student's t over 1.96 for as many groups of equal size.
    Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90, 414-427. With weights it is the wider of the first
    and that of independent rows with these weights.
    """
    return _widest(bins, seed, draws, rows, lambda sums: np.abs(sums).sum(axis=-1) / bins.total)


def mce_null(
    bins: ResidualBins, seed: int, draws: int = NULL_DRAWS, rows: GroupedResiduals | WeightedResiduals | None = None
) -> Null:
    """Return the MCE expected of a calibrated model with these forecasts, from seeded draws; groups and weights as in :func:`ece_null`."""
    return _widest(bins, seed, draws, rows, lambda sums: gaps(np.abs(sums), bins).max(axis=-1))


def _widest(
    bins: ResidualBins,
    seed: int,
    draws: int,
    rows: GroupedResiduals | WeightedResiduals | None,
    error: Callable[[Floats], Floats],
) -> Null:
    observed = float(error(bins.residual))
    found = null_of(error(_null_residuals(bins, seed, draws)), observed)
    if rows is None:
        return found
    other = null_of(error(rows.drawn(len(bins.n), seed, draws)), observed)
    return Null(max(found.mean, other.mean), max(found.high, other.high), max(found.p_value, other.p_value))


def between_groups(bins: ResidualBins, grouped: GroupedResiduals) -> float | None:
    """Return the debiased L2 calibration error from pairs of rows of different groups; None where no bin has two groups.

    T as in :func:`squared_error`, with the pairs within groups left out, which vary together:
    sum of w_b (S_b² - sum of S_bg²) / (n_b² - sum of n_bg²).
    """
    own, same = (
        np.bincount(grouped.bin, weights=values**2, minlength=len(bins.n)) for values in (grouped.sums, grouped.n)
    )
    pairs = bins.n**2 - same
    use = pairs > TIE * bins.n**2
    if not use.any():
        return None
    weight = bins.n[use] / bins.n[use].sum()
    return float(np.sqrt(max(float((weight * (bins.residual[use] ** 2 - own[use]) / pairs[use]).sum()), 0.0)))


def null_of(draws: Floats, observed: float) -> Null:
    """Return where draws of an error lie; p = (1 + exceeding) / (1 + draws)."""
    exceeding = int((draws >= observed - TIE).sum())
    allowed = int(LEVEL * (1 + len(draws))) - 1
    mean, limit = float(draws.mean()), float(np.sort(draws)[-1 - allowed])
    return Null(mean, max(limit, mean), (1 + exceeding) / (1 + len(draws)))


def _null_residuals(bins: ResidualBins, seed: int, draws: int) -> Floats:
    """Draw the residual sums (draws, B) of a calibrated model: normal with variance V_b, or binomial where that is below 25."""
    generator = np.random.default_rng(seed)
    residuals = np.zeros((draws, len(bins.n)))
    many = np.flatnonzero(bins.variance >= NORMAL_ABOVE)
    residuals[:, many] = generator.standard_normal((draws, len(many))) * np.sqrt(bins.variance[many])
    few = np.flatnonzero((bins.variance > 0) & (bins.variance < NORMAL_ABOVE))
    n = np.round(bins.n[few]).astype(np.int64)
    mean = np.clip(bins.forecast[few] / bins.n[few], 0, 1)
    residuals[:, few] = bins.forecast[few] - generator.binomial(n, mean, (draws, len(few)))
    return residuals
