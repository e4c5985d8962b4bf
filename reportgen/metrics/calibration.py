"""Calibration error, its debiased form, and the reliability diagram.

Everything is computed from the residuals u = f - y of forecasts f (a confidence or a probability) and outcomes y in
{0, 1}, summed in bins. A point may represent several examples: ``positives`` and ``negatives`` count those with y = 1
and y = 0 at its forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.intervals import Z95, Contributions, Estimate, wilson_bounds
from reportgen.metrics.mapped import in_order, in_order_with_places
from reportgen.metrics.spans import Derived, each, spans, total

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values

    Floats = NDArray[np.float64]

DISCOUNTED_ROWS = 5
"""Rows that a positive correlation of forecast and outcome does not count; with all of them, coverage is 80 to 92 % below 30 rows."""
LEVEL = 0.05
NORMAL_ABOVE = 25.0
"""Variance of a sum of outcomes above which it is taken as normal; below it is binomial or computed exactly."""
_ROWS_PER_WIDTH = 40
"""Examples for each of the equal-width cuts of :func:`adaptive_edges`; with fewer, coverage falls below 92 %."""
_WINDOW = 128
"""Points of the Fourier transform: the distribution of a sum with variance 25 lies within 12 standard deviations."""
_GROUPS = 256
TIE = 1e-12
_SMALLEST_P = 1e-12


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
class ReliabilityCurve:
    """Per bin with examples: number, mean forecast, frequency with Wilson interval, simultaneous consistency band."""

    n: Floats
    forecast: Floats
    frequency: Floats
    low: Floats
    high: Floats
    band_low: Floats
    band_high: Floats


def equal_width_edges(bins: int) -> Floats:
    """Return the edges (bins + 1,) of equal-width bins on [0, 1]."""
    return np.linspace(0.0, 1.0, bins + 1)


def equal_mass_edges(forecasts: Values, bins: int, counts: Floats | None = None) -> Floats:
    """Return edges of bins with equal numbers of examples; equal forecasts share a bin, so there may be fewer bins.

    ``counts`` (M,) are the numbers of examples at the forecasts, by default 1. An edge is midway between neighboring forecasts, or at the upper one where no number is between them.

    >>> import numpy as np
    >>> equal_mass_edges(np.array([0.1, 0.2, 0.6, 0.9]), 2).tolist()
    [0.0, 0.4, 1.0]
    """
    n = len(forecasts) if counts is None else round(float(counts.sum()))
    cuts = np.cumsum(n // bins + (np.arange(bins) < n % bins))[:-1]
    cuts = cuts[cuts > 0]
    if counts is None:
        ordered = in_order(forecasts)
    else:
        order = np.argsort(forecasts[:], kind="stable")
        ordered = forecasts[order]
        cuts = np.searchsorted(np.cumsum(counts[order]), cuts) + 1
    cuts = cuts[cuts < len(ordered)]
    cuts = np.searchsorted(ordered, ordered[cuts - 1], side="right")
    cuts = np.unique(cuts[cuts < len(ordered)])
    below, above = ordered[cuts - 1], ordered[cuts]
    middles = (below + above) / 2
    return np.concatenate([[0.0], np.where(middles > below, middles, above), [1.0]])


@dataclass(frozen=True)
class Cells:
    """Rows counted in cells of forecasts, in the order of these; cells without a row are left out.

    Attributes
    ----------
    lowest
        (M,) float64, the lower edge of each cell.
    forecasts
        (M,) float64, the mean forecast.
    positives, negatives
        (M,) float64, the numbers of rows with either outcome.
    """

    lowest: Floats
    forecasts: Floats
    positives: Floats
    negatives: Floats


def fine_edges(edges: Floats) -> Floats:
    """Return the edges of fine cells on [0, 1]: some given edges, 16,384 cells of equal width, and 512 for every power of ten towards 0 and 1.

    Sums over bins between given edges are those of the rows; a forecast within a cell is off by less than 0.5 % of its distance from the nearer end.
    """
    small = 10.0 ** (-np.arange(1, 16 * 512 + 1) / 512)
    return np.unique(np.concatenate([edges, np.linspace(0.0, 1.0, 2**14 + 1), small, 1.0 - small]))


def in_cells(forecasts: NDArray[np.float64], outcomes: NDArray[np.bool_], edges: Floats) -> Cells:
    """Count rows in cells.

    Parameters
    ----------
    forecasts, outcomes
        (N,) in [0, 1], and whether they came true.
    edges
        (B + 1,) increasing from 0 to 1; a forecast on an edge belongs to the cell above it, 1.0 to the last one.
    """
    size = len(edges) - 1
    n, true, summed = np.zeros(size), np.zeros(size), np.zeros(size)
    for span in spans(len(forecasts)):
        given, came_true = forecasts[span], outcomes[span]
        cell = places(given, edges)
        n += np.bincount(cell, minlength=size)
        true += np.bincount(cell, came_true, size)
        summed += np.bincount(cell, given, size)
    used = n > 0
    return Cells(edges[:-1][used], summed[used] / n[used], true[used], (n - true)[used])


def adaptive_edges(forecasts: Values, bins: int, counts: Floats | None = None) -> Floats:
    """Return edges of equal-mass bins, each cut again at edges of equal width: no bin is heavy, and none is wide.

    Equal-mass bins alone are wide where forecasts are rare, and errors of opposite sign cancel within them. There is an
    equal-width bin for every 40 examples, ``bins`` at most. ``counts`` as in :func:`equal_mass_edges`.

    >>> import numpy as np
    >>> adaptive_edges(np.repeat([0.1, 0.2, 0.6, 0.9], 20), 2).round(2).tolist()
    [0.0, 0.4, 0.5, 1.0]
    """
    n = len(forecasts) if counts is None else round(float(counts.sum()))
    widths = max(min(bins, n // _ROWS_PER_WIDTH), 1)
    return np.union1d(equal_mass_edges(forecasts, bins, counts), equal_width_edges(widths))


def places(forecasts: Floats, edges: Floats) -> NDArray[np.int64]:
    """Return the bin (M,) of forecasts (M,) between edges (B + 1,): one on an edge belongs to the bin above it, 1.0 to the last."""
    return np.clip(np.searchsorted(edges, forecasts, side="right") - 1, 0, len(edges) - 2)


def residual_bins(forecasts: Values, positives: Values, negatives: Values, edges: Floats) -> ResidualBins:
    """Sum the residuals per bin.

    Parameters
    ----------
    forecasts, positives, negatives
        (M,) float64; forecasts in [0, 1]; rounding beyond an end is harmless.
    edges
        (B + 1,) increasing. A forecast on an edge belongs to the bin above it; 1.0 belongs to the last bin.
    """
    found = np.zeros((6, len(edges) - 1))
    for span in spans(len(forecasts)):
        f, true, false = forecasts[span], positives[span], negatives[span]
        index, n = places(f, edges), true + false
        parts = (
            n,
            n * f,
            true,
            n * f - true,
            true * (1 - f) ** 2 + false * f**2,
            n * np.maximum(f * (1 - f), 0.0),
        )
        for place, values in enumerate(parts):
            found[place] += np.bincount(index, values, len(edges) - 1)
    return ResidualBins(edges, *found)


def ece(bins: ResidualBins) -> float:
    """Return the expected calibration error, sum of |S_b| / N, in [0, 1]. Naeini et al. (2015), Guo et al. (2017).

    >>> import numpy as np
    >>> f, y = np.array([0.95, 1.0]), np.array([1.0, 0.0])
    >>> round(ece(residual_bins(f, y, 1 - y, equal_width_edges(15))), 3)
    0.475
    """
    return float(np.abs(bins.residual).sum() / bins.total)


def mce(bins: ResidualBins) -> float:
    """Return the largest gap of a bin with examples, in [0, 1] and never below the ECE of the same bins.

    Naeini et al. (2015). Bins with few examples dominate it: compare it with that of :func:`~reportgen.metrics.calibrated.nulls`.
    """
    return float(gaps(np.abs(bins.residual), bins).max())


def gaps(residuals: Floats, bins: ResidualBins) -> Floats:
    """Return residual sums (..., B) divided by the number of examples; 0 in empty bins."""
    return residuals / np.maximum(bins.n, 1.0)


def gap(forecasts: Values, positives: Values, negatives: Values, divisor: float = 1.0) -> Estimate:
    """Return mean forecast minus frequency, in [-1, 1], with its interval for n / ``divisor`` examples; none for a single example.

    Parameters
    ----------
    forecasts, positives, negatives
        As in :func:`residual_bins`.
    divisor
        At least 1.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702 (MOVER): the interval of the mean forecast (Student's t, cut off
    at 0 and 1) and Wilson's of the frequency, combined with their correlation, which is reduced in few rows if positive. Unlike mean ± 1.96 SE it has a width where
    no error was seen.
    """
    counts = each(np.add, positives, negatives)
    n, true = total(counts), total(positives)
    mean, frequency = total(counts, forecasts) / n, true / n
    value = mean - frequency
    if n < 2:  # noqa: PLR2004
        return Estimate(value, int(n))
    from scipy.special import stdtrit

    deviations = each(lambda f: f - mean, forecasts)
    variance = total(counts, each(np.square, deviations)) / n
    error = float(np.sqrt(variance / (n - 1) * divisor))
    half = float(stdtrit(n - 1, 1 - LEVEL / 2)) * error
    below, above = mean - max(mean - half, 0.0), min(mean + half, 1.0) - mean
    lows, highs = wilson_bounds(np.array([true / divisor]), np.array([n / divisor]))
    under, over = frequency - float(lows[0]), float(highs[0]) - frequency
    scale = np.sqrt(variance * frequency * (1 - frequency))
    r = float(total(positives, deviations) / n / scale) if scale > 0 else 0.0
    r = min(r, max(r * (1 - DISCOUNTED_ROWS * divisor / n), 0.0))
    low = value - np.sqrt(max(below**2 - 2 * r * below * over + over**2, 0.0))
    high = value + np.sqrt(max(above**2 - 2 * r * above * under + under**2, 0.0))
    return Estimate(
        value,
        round(n),
        max(float(low), -1.0),
        min(float(high), 1.0),
        "Wilson and Student's t, combined",
        widened=lambda divisor: gap(forecasts, positives, negatives, divisor),
        contributions=lambda: _of_gap(forecasts[:], positives[:], counts[:]),
    )


def _of_gap(forecasts: Values, positives: Values, counts: Derived) -> Contributions:
    """Return the contributions of the points to mean forecast minus frequency."""
    whole = total(counts)
    residuals, mass = (
        each(lambda n, f, true: n * f - true, counts, forecasts, positives),
        each(lambda n: n / whole, counts),
    )
    summed = total(residuals)
    return Contributions(each(lambda residual, own: residual - own * summed, residuals, mass), mass)


def in_the_large_p(forecasts: Values, positives: Values, negatives: Values) -> float:
    """Return the two-sided p-value of the number of positives under calibration.

    The number is a sum of independent outcomes with the forecasts as probabilities: its distribution by Fourier transform where its
    variance is below 25 (above 256 points, in groups of neighboring forecasts), and the normal one corrected for skewness above.
    At least 1e-12, where the arithmetic ends.

    Parameters
    ----------
    forecasts, positives, negatives
        As in :func:`residual_bins`.

    References
    ----------
    Hong (2013), Computational Statistics & Data Analysis 59, 41-51: DFT-CF and the refined normal approximation.

    >>> import numpy as np
    >>> one = np.ones(10)
    >>> round(in_the_large_p(np.full(10, 0.5), one, 0 * one), 6)  # 10 heads in 10 throws
    0.001953
    """
    f, n = each(lambda given: np.clip(given, 0.0, 1.0), forecasts), each(np.add, positives, negatives)
    observed, mean = round(total(positives)), total(n, f)
    spread = each(lambda count, p: count * p * (1 - p), n, f)
    variance = total(spread)
    if variance < NORMAL_ABOVE:
        lower, upper = _exact_tails(*_grouped(f, n), observed)
    else:
        sd = float(np.sqrt(variance))
        skewness = total(spread, each(lambda p: 1 - 2 * p, f)) / sd**3
        lower = _refined_normal((observed + 0.5 - mean) / sd, skewness)
        upper = 1 - _refined_normal((observed - 0.5 - mean) / sd, skewness)
    return float(np.clip(2 * min(lower, upper), _SMALLEST_P, 1.0))


def _refined_normal(x: float, skewness: float) -> float:
    from scipy.special import ndtr

    density = float(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))
    return float(ndtr(x)) + skewness * (1 - x**2) * density / 6


def _exact_tails(f: Floats, n: Floats, observed: int) -> tuple[float, float]:
    """Return P(X <= observed) and P(X >= observed) of a sum with a small variance."""
    start = round(float((n * f).sum())) - _WINDOW // 2
    angles = 2 * np.pi * np.arange(_WINDOW // 2 + 1) / _WINDOW
    logs = np.log(1 + f[:, None] * (np.exp(1j * angles) - 1))
    transform = np.exp(n @ logs.real + 1j * (n @ logs.imag - angles * start))
    at = np.fft.irfft(transform.conj(), _WINDOW)
    mass, place = np.maximum(at, 0.0), observed - start
    return float(mass[: max(place + 1, 0)].sum()), float(mass[max(place, 0) :].sum())


def _grouped(f: Values, n: Values) -> tuple[Floats, Floats]:
    """Merge neighboring forecasts into their mean, so that at most 256 points are left."""
    if len(f) <= _GROUPS:
        return f[:], n[:]
    ordered = in_order_with_places(f)
    ends = np.linspace(0, len(f), _GROUPS + 1).astype(np.int64)
    counts, sums = np.zeros((2, _GROUPS))
    for index, (start, end) in enumerate(pairwise(ends.tolist())):
        here, weight = ordered.real[start:end], n[ordered.imag[start:end].astype(np.int64)]
        counts[index], sums[index] = weight.sum(), (weight * here).sum()
    return sums / counts, counts


def squared_error(bins: ResidualBins) -> Estimate | None:
    """Return the unbiased squared L2 calibration error of the binned forecasts, with its normal interval.

    Errors of opposite sign within a bin cancel: it is at most the squared error of the forecasts themselves.

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
    return Estimate(value, round(float(n.sum())), value - half, value + half, "U-statistic of the binned error")


def debiased_error(bins: ResidualBins) -> Estimate | None:
    """Return the debiased L2 calibration error, the root of :func:`squared_error` cut off at 0, with its interval."""
    squared = squared_error(bins)
    if squared is None or squared.low is None or squared.high is None:
        return None
    root, low, high = (float(np.sqrt(max(end, 0.0))) for end in (squared.value, squared.low, squared.high))
    return Estimate(root, squared.n, low, high, squared.method)


def reliability_curve(bins: ResidualBins, divisors: Floats | None = None) -> ReliabilityCurve:
    """Return the points of a reliability diagram; bins without examples are left out.

    The intervals and the band are those of n / d examples in every bin, where ``divisors`` (B,) are given; NaN where d is.

    All points of a calibrated model of this size are inside the consistency band in 95 % of cases (Bröcker & Smith 2007, with
    Šidák's level for the number of points): normal with variance V_b, or binomial with the bin's mean where V_b is below 25.
    The Wilson intervals are for one point each.
    """
    use = bins.n > 0
    n, forecast = bins.n[use], bins.forecast[use] / bins.n[use]
    d = np.ones(len(n)) if divisors is None else divisors[use]
    low, high = wilson_bounds(np.minimum(bins.outcome[use], n) / d, n / d)
    band_low, band_high = _consistency_band(n / d, np.clip(forecast, 0, 1), bins.variance[use] / d)
    return ReliabilityCurve(n, forecast, bins.outcome[use] / n, low, high, band_low, band_high)


def _consistency_band(n: Floats, forecast: Floats, variance: Floats) -> tuple[Floats, Floats]:
    from scipy.special import ndtri

    tail = (1 - (1 - LEVEL) ** (1 / len(n))) / 2
    half = -float(ndtri(tail)) * np.sqrt(variance) / n
    low, high = np.clip(forecast - half, 0, 1), np.clip(forecast + half, 0, 1)
    for index in np.flatnonzero(variance < NORMAL_ABOVE):
        size, mean = max(round(n[index]), 1), float(forecast[index])
        low[index] = _binomial_quantile(tail, size, mean) / size
        high[index] = _binomial_quantile(1 - tail, size, mean) / size
    return low, high


def _binomial_quantile(level: float, n: int, p: float) -> int:
    """Return the smallest count whose cumulative probability is at least ``level``."""
    from scipy.special import bdtr

    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if bdtr(middle, n, p) >= level:
            high = middle
        else:
            low = middle + 1
    return low
