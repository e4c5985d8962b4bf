"""Calibration error, its debiased form, and the values expected of a calibrated model.

Everything is computed from the residuals u = f - y of forecasts f (a confidence or a probability) and outcomes y in
{0, 1}, summed in bins. A point may represent several examples: ``positives`` and ``negatives`` count those with y = 1
and y = 0 at its forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.intervals import Z95, Estimate, around_mean, wilson_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NULL_DRAWS = 2000
MCE_MINIMUM = 30
"""Minimum number of examples of a bin that counts for the maximum error. Convention; no literature value."""
_CONSISTENCY_DRAWS = 1000
_NORMAL_ABOVE = 10.0


@dataclass(frozen=True)
class ResidualBins:
    """Sums per bin of B bins: examples, forecasts, outcomes, u, u squared, and f(1 - f); all (B,) float64."""

    edges: Floats
    n: Floats
    forecast: Floats
    outcome: Floats
    residual: Floats
    squared: Floats
    variance: Floats

    @property
    def total(self) -> float:
        """Number of examples."""
        return float(self.n.sum())


@dataclass(frozen=True)
class Null:
    """ECE of a perfectly calibrated model with the same forecasts: mean, 95 % range, and p-value of the observed ECE."""

    mean: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class ReliabilityCurve:
    """Per bin with examples: their number, mean forecast, frequency with Wilson interval, consistency band."""

    n: Floats
    forecast: Floats
    frequency: Floats
    low: Floats
    high: Floats
    band_low: Floats
    band_high: Floats


@dataclass(frozen=True)
class ClassBias:
    """Mean probability of a class minus its frequency, with the z-score and p-value under calibration."""

    value: float
    z: float | None
    p_value: float | None


def equal_width_edges(bins: int) -> Floats:
    """Return the edges (bins + 1,) of equal-width bins on [0, 1]."""
    return np.linspace(0.0, 1.0, bins + 1)


def equal_mass_edges(forecasts: Floats, bins: int) -> Floats:
    """Return edges of bins with equal numbers of examples; equal forecasts share a bin, so there may be fewer bins.

    An edge is midway between neighboring forecasts, or at the upper one where no number is between them.

    >>> import numpy as np
    >>> equal_mass_edges(np.array([0.1, 0.2, 0.6, 0.9]), 2).tolist()
    [0.0, 0.4, 1.0]
    """
    ordered = np.sort(forecasts)
    sizes = np.array([len(part) for part in np.array_split(np.empty(len(ordered)), bins)])
    cuts = np.cumsum(sizes)[:-1]
    cuts = cuts[(cuts > 0) & (cuts < len(ordered))]
    cuts = np.searchsorted(ordered, ordered[cuts - 1], side="right")
    cuts = np.unique(cuts[cuts < len(ordered)])
    below, above = ordered[cuts - 1], ordered[cuts]
    middles = (below + above) / 2
    return np.concatenate([[0.0], np.where(middles > below, middles, above), [1.0]])


def residual_bins(forecasts: Floats, positives: Floats, negatives: Floats, edges: Floats) -> ResidualBins:
    """Sum the residuals per bin.

    Parameters
    ----------
    forecasts, positives, negatives
        (M,) float64; forecasts in [0, 1]; rounding beyond an end is harmless.
    edges
        (B + 1,) increasing. A forecast on an edge belongs to the bin above it; 1.0 belongs to the last bin.
    """
    size = len(edges) - 1
    index = np.clip(np.searchsorted(edges, forecasts, side="right") - 1, 0, size - 1)
    n = positives + negatives

    def per_bin(values: Floats) -> Floats:
        return np.bincount(index, weights=values, minlength=size).astype(np.float64)

    return ResidualBins(
        edges=edges,
        n=per_bin(n),
        forecast=per_bin(n * forecasts),
        outcome=per_bin(positives),
        residual=per_bin(n * forecasts - positives),
        squared=per_bin(positives * (1 - forecasts) ** 2 + negatives * forecasts**2),
        variance=per_bin(n * np.maximum(forecasts * (1 - forecasts), 0.0)),
    )


def ece(bins: ResidualBins) -> float:
    """Return the expected calibration error, sum of |S_b| / N, in [0, 1]. Naeini et al. (2015), Guo et al. (2017).

    >>> import numpy as np
    >>> f, y = np.array([0.95, 1.0]), np.array([1.0, 0.0])
    >>> round(ece(residual_bins(f, y, 1 - y, equal_width_edges(15))), 3)
    0.475
    """
    return float(np.abs(bins.residual).sum() / bins.total)


def mce(bins: ResidualBins) -> float | None:
    """Return the largest calibration error of a bin with at least 30 examples; None where no bin has that many."""
    large = bins.n >= MCE_MINIMUM
    return float((np.abs(bins.residual[large]) / bins.n[large]).max()) if large.any() else None


def gap(bins: ResidualBins) -> Estimate:
    """Return mean forecast minus frequency (positive: over-confident), with the interval of a mean of residuals."""
    n = bins.total
    value = float(bins.residual.sum()) / n
    if n < 2:  # noqa: PLR2004
        return Estimate(value, int(n))
    variance = max(float(bins.squared.sum()) - n * value**2, 0.0) / (n - 1)
    return around_mean(value, float(np.sqrt(variance / n)), round(n), low=-1.0, high=1.0)


def squared_error(bins: ResidualBins) -> Estimate | None:
    """Return the unbiased squared L2 calibration error of the binned forecasts, with its normal interval.

    T = sum of w_b (S_b² - Q_b) / (n_b (n_b - 1)), the U-statistic of u_i u_j within bins; it may be negative. Bins
    with a single example are left out. None where every bin has at most one.

    References
    ----------
    Bröcker (2012); Ferro & Fricker (2012); Kumar, Liang & Ma (2019); Lee et al. (2023). The variance is that of a
    product-kernel U-statistic given the n_b, with plug-in moments.
    """
    use = bins.n > 1
    if not use.any():
        return None
    n, s, q = bins.n[use], bins.residual[use], bins.squared[use]
    weight = n / n.sum()
    within = (s**2 - q) / (n * (n - 1))
    spread = np.maximum(q - s**2 / n, 0.0) / (n - 1)
    value = float((weight * within).sum())
    terms = 4 * np.maximum(within, 0.0) * spread / n + 2 * spread**2 / (n * (n - 1))
    half = Z95 * float(np.sqrt((weight**2 * terms).sum()))
    return Estimate(value, round(float(n.sum())), value - half, value + half, "U-statistic, closed form")


def debiased_error(bins: ResidualBins) -> Estimate | None:
    """Return the debiased L2 calibration error, the root of :func:`squared_error` cut off at 0, with its interval."""
    squared = squared_error(bins)
    if squared is None or squared.low is None or squared.high is None:
        return None
    root, low, high = (float(np.sqrt(max(end, 0.0))) for end in (squared.value, squared.low, squared.high))
    return Estimate(root, squared.n, low, high, squared.method)


def ece_null(bins: ResidualBins, seed: int) -> Null:
    """Return the ECE expected of a calibrated model with these forecasts: S_b is normal with variance V_b.

    The mean has a closed form; range and p-value are from 2,000 seeded draws, p = (1 + exceeding) / (1 + draws).
    """
    scale = np.sqrt(bins.variance) / bins.total
    draws = np.abs(np.random.default_rng(seed).standard_normal((NULL_DRAWS, len(scale)))) @ scale
    low, high = np.quantile(draws, [0.025, 0.975])
    exceeding = int((draws >= ece(bins) - 1e-15).sum())
    mean = float(np.sqrt(2 / np.pi) * scale.sum())
    return Null(mean, float(low), float(high), (1 + exceeding) / (1 + NULL_DRAWS))


def reliability_curve(bins: ResidualBins, seed: int) -> ReliabilityCurve:
    """Return the points of a reliability diagram; bins without examples are left out.

    The consistency band is where 95 % of the frequencies of a calibrated model of this size would fall (Bröcker &
    Smith 2007): normal with variance V_b, or 1,000 seeded binomial draws with the bin's mean where V_b is below 10.
    """
    use = bins.n > 0
    n, forecast = bins.n[use], bins.forecast[use] / bins.n[use]
    low, high = wilson_bounds(np.minimum(bins.outcome[use], n), n)
    band_low, band_high = _consistency_band(n, np.clip(forecast, 0, 1), bins.variance[use], seed)
    return ReliabilityCurve(n, forecast, bins.outcome[use] / n, low, high, band_low, band_high)


def _consistency_band(n: Floats, forecast: Floats, variance: Floats, seed: int) -> tuple[Floats, Floats]:
    half = Z95 * np.sqrt(variance) / n
    low, high = np.clip(forecast - half, 0, 1), np.clip(forecast + half, 0, 1)
    generator = np.random.default_rng(seed)
    for index in np.flatnonzero(variance < _NORMAL_ABOVE):
        drawn = generator.binomial(round(n[index]), forecast[index], _CONSISTENCY_DRAWS) / n[index]
        low[index], high[index] = np.quantile(drawn, [0.025, 0.975])
    return low, high


def class_bias(bins: ResidualBins) -> ClassBias:
    """Return the signed bias of a class's probabilities and its z-score, N(0, 1) for a calibrated model."""
    from scipy.special import ndtr

    residual, variance = float(bins.residual.sum()), float(bins.variance.sum())
    if variance == 0:
        return ClassBias(residual / bins.total, None, None)
    z = residual / float(np.sqrt(variance))
    return ClassBias(residual / bins.total, z, 2 * float(ndtr(-abs(z))))
