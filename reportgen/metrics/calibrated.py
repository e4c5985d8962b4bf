"""The calibration errors of calibrated models: what is expected of them with the same forecasts, by seeded draws.

Rows that belong together, or weigh differently, have errors of their own kind; see :class:`GroupedResiduals` and
:class:`WeightedResiduals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import calibration
from reportgen.metrics.calibration import LEVEL, NORMAL_ABOVE, TIE, gaps
from reportgen.metrics.intervals import Z95
from reportgen.metrics.mapped import coded, distinct, filled, numbers, places, summed
from reportgen.metrics.spans import AT_ONCE, Derived, counts, each, total

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.calibration import ResidualBins
    from reportgen.metrics.intervals import Values

    Floats = NDArray[np.float64]
    Codes = NDArray[np.integer] | Derived

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
class Nulls:
    """The ECE and the MCE of a perfectly calibrated model with the same forecasts."""

    ece: Null
    mce: Null


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
        (P,) int64, which group, in their order, and which bin.
    """

    sums: Values
    n: Values
    group: Codes
    bin: Codes

    def drawn(self, size: int, seed: int, draws: int) -> Floats:
        """Draw the residual sums (draws, ``size``) of groups whose signs are random."""
        from scipy.special import stdtrit

        generator = np.random.default_rng(seed)
        count, whole = int(self.group[-1:][0]) + 1, total(self.n)
        unequal = total(each(lambda n: (n / whole) ** 2, summed(self.n, self.group, count)))
        wider = float(stdtrit(max(1 / unequal - 1, 1.0), 0.975)) / Z95
        if count > _MOST_SIGNS:
            return generator.multivariate_normal(np.zeros(size), self._covariance(size, wider), draws, method="eigh")
        dense, drawn = np.zeros((count, size)), np.empty((draws, size))
        dense[self.group[:], self.bin[:]] = self.sums[:] * wider
        for start in range(0, draws, _DRAWS_AT_ONCE):
            part = drawn[start : start + _DRAWS_AT_ONCE]
            part[:] = (2.0 * generator.integers(0, 2, (len(part), count)) - 1.0) @ dense
        return drawn

    def _covariance(self, size: int, scale: float) -> Floats:
        """Return the sum over the groups of the products of their scaled sums, (``size``, ``size``)."""
        from scipy.sparse import csr_array

        found, start = np.zeros((size, size)), 0
        while start < len(self.group):
            end = min(start + AT_ONCE, len(self.group))
            if end < len(self.group):  # before the group that would be cut
                end = start + int(np.searchsorted(self.group[start:end], self.group[end : end + 1])[0])
            own = self.group[start:end]
            sums = csr_array(
                (self.sums[start:end] * scale, (own - own[0], self.bin[start:end])), shape=(own[-1] - own[0] + 1, size)
            )
            found += (sums.T @ sums).toarray()
            start = end
        return found


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

    positive: Values
    negative: Values
    probability: Values
    bin: Codes

    def drawn(self, size: int, seed: int, draws: int) -> Floats:
        """Draw the residual sums (draws, ``size``); normal ones in bins of more than 500 rows."""
        generator, drawn = np.random.default_rng(seed), np.zeros((draws, size))
        step = each(np.subtract, self.positive, self.negative)
        variances = counts(self.bin, size, each(lambda p, one: p * (1 - p) * one**2, self.probability, step))
        rows = counts(self.bin, size)
        for index in np.flatnonzero(rows):
            if rows[index] > _MOST_DRAWN:
                drawn[:, index] = generator.normal(0.0, np.sqrt(variances[index]), draws)
                continue
            here = places(each(lambda own, index=index: own == index, self.bin))
            p, own, least = (one[here] for one in (self.probability, step, self.negative))
            for start in range(0, draws, _DRAWS_AT_ONCE):
                part = drawn[start : start + _DRAWS_AT_ONCE, index]
                part[:] = (generator.random((len(part), len(here))) < p) @ own + least.sum()
        return drawn


def _places(forecasts: Values, edges: Floats) -> NDArray[np.int16]:
    return filled(len(forecasts), np.int16, lambda span: calibration.places(forecasts[span], edges))


def weighted_residuals(forecasts: Values, positives: Values, negatives: Values, edges: Floats) -> WeightedResiduals:
    """Return the residuals that weighted rows may have; parameters as in :func:`residual_bins`, with one row for every point.

    Rows may have been drawn by their outcome: the ratio of the mean weights of both outcomes among rows of like forecasts is
    estimated over the bins (Mantel & Haenszel 1959). A row with the other outcome would weigh so many times as much, and
    that outcome is as many times rarer among the drawn rows as it is in the population.
    """
    size = len(edges) - 1
    index = _places(forecasts, edges)
    n, ones = counts(index, size), counts(index, size, each(lambda true: true > 0, positives))
    weight, other = (counts(index, size, values) for values in (positives, negatives))
    counted = np.maximum(n, 1)
    over, under = float((weight * (n - ones) / counted).sum()), float((other * ones / counted).sum())
    ratio = over / under if over > 0 and under > 0 else 1.0

    def if_one(true: Floats, false: Floats) -> Floats:
        return (true + false) * np.where(true > 0, 1.0, ratio)

    def if_zero(true: Floats, false: Floats) -> Floats:
        return (true + false) / np.where(true > 0, ratio, 1.0)

    def probability(f: Floats, true: Floats, false: Floats) -> Floats:
        drawn, rest = f / if_one(true, false), (1 - f) / if_zero(true, false)
        return drawn / (drawn + rest)

    points = forecasts, positives, negatives
    return WeightedResiduals(
        each(lambda f, true, false: (f - 1) * if_one(true, false), *points),
        each(lambda f, true, false: f * if_zero(true, false), *points),
        each(probability, *points),
        index,
    )


def grouped_residuals(
    forecasts: Values, positives: Values, negatives: Values, edges: Floats, groups: NDArray[np.int64] | None
) -> GroupedResiduals:
    """Sum the residuals per group and bin; parameters as in :func:`residual_bins`, and (M,) the group of every point, from 0; None if each is its own one."""
    size = len(edges) - 1
    n = each(np.add, positives, negatives)
    residuals = each(lambda count, f, true: count * f - true, n, forecasts, positives)
    index = _places(forecasts, edges)
    if groups is None:
        return GroupedResiduals(residuals, n, numbers(len(n)), index)
    own = filled(len(n), np.int64, lambda span: groups[span] * size + index[span])
    cells = distinct(own)
    cell = coded(own, cells)
    sums, weights = (summed(values, cell, len(cells)) for values in (residuals, n))
    return GroupedResiduals(sums, weights, each(lambda one: one // size, cells), each(lambda one: one % size, cells))


def nulls(
    bins: ResidualBins, seed: int, draws: int = NULL_DRAWS, rows: GroupedResiduals | WeightedResiduals | None = None
) -> Nulls:
    """Return the ECE and the MCE expected of a calibrated model with these forecasts, from the same seeded draws.

    With groups each is the wider of two: that of independent rows, and that of groups whose residuals keep their sizes and change their signs
    together (Rademacher weights; above 1,000 groups normal ones), times Student's t over 1.96 for as many groups of equal size.
    Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90, 414-427. With weights it is the wider of the first
    and that of independent rows with these weights.
    """
    drawn = [_null_residuals(bins, seed, draws)]
    if rows is not None:
        drawn.append(rows.drawn(len(bins.n), seed, draws))
    return Nulls(
        _widest(bins, drawn, lambda sums: np.abs(sums).sum(axis=-1) / bins.total),
        _widest(bins, drawn, lambda sums: gaps(np.abs(sums), bins).max(axis=-1)),
    )


def _widest(bins: ResidualBins, drawn: Sequence[Floats], error: Callable[[Floats], Floats]) -> Null:
    """Return the widest of where an error of some draws lies."""
    observed = float(error(bins.residual))
    found = [null_of(error(sums), observed) for sums in drawn]
    return Null(max(one.mean for one in found), max(one.high for one in found), max(one.p_value for one in found))


def between_groups(bins: ResidualBins, grouped: GroupedResiduals) -> float | None:
    """Return the debiased L2 calibration error from pairs of rows of different groups; None where no bin has two groups.

    T as in :func:`squared_error`, with the pairs within groups left out, which vary together:
    sum of w_b (S_b² - sum of S_bg²) / (n_b² - sum of n_bg²).
    """
    own, same = (counts(grouped.bin, len(bins.n), each(np.square, values)) for values in (grouped.sums, grouped.n))
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
