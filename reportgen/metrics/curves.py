"""A training curve as such: smoothing, noise, trends, and the best epoch.

Curves are (n,) float64 without NaN, one value per epoch, lower is better: negate an accuracy. Indices are 0-based here;
the report is 1-based.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

WINDOW = 5
_MAD_TO_SD = 1.482602218505602
_NORMAL_95 = 1.959963984540054
_MOST_PAIRS = 1000
"""Epochs above which trends use every k-th epoch, because they compare all pairs."""


def running_median(curve: FloatArray, window: int = WINDOW) -> FloatArray:
    """Return the centered running median; windows shrink at the ends.

    >>> running_median(np.array([5.0, 1.0, 4.0, 2.0, 3.0]), 3).tolist()
    [3.0, 4.0, 2.0, 3.0, 2.5]
    """
    half = window // 2
    return np.array([np.median(curve[max(0, place - half) : place + half + 1]) for place in range(len(curve))])


def moving_average(curve: FloatArray, window: int) -> FloatArray:
    """Return the centered moving average for drawing; windows shrink at the ends, NaN values are skipped.

    >>> moving_average(np.array([1.0, 2.0, np.nan, 4.0]), 3).tolist()
    [1.5, 1.5, 3.0, 4.0]
    """
    half = window // 2
    smooth = np.full(len(curve), np.nan)
    for place in range(len(curve)):
        part = curve[max(0, place - half) : place + half + 1]
        part = part[np.isfinite(part)]
        if len(part):
            smooth[place] = part.mean()
    return smooth


def noise(curve: FloatArray) -> float:
    """Return the robust standard deviation from epoch to epoch over the last two thirds: 1.4826 MAD of differences / √2.

    The deviations are from the midhinge: :func:`deviations`.

    >>> round(noise(np.array([1.0, 0.0] * 6)), 3)
    1.048
    """
    steps = np.diff(curve[len(curve) // 3 :])
    return robust_sd(deviations(steps)) / math.sqrt(2) if len(steps) else 0.0


def deviations(steps: FloatArray) -> FloatArray:
    """Return the distances (n,) of differences between epochs from their midhinge: the median of a loss that alternates is one of its two steps."""
    return np.abs(steps - np.quantile(steps, [0.25, 0.75]).mean())


def robust_sd(distances: FloatArray) -> float:
    """Return the standard deviation of normal values that have these distances (n,) from their center: 1.4826 of the median."""
    return float(_MAD_TO_SD * np.median(distances))


def detrended_noise(curve: FloatArray) -> float:
    """Return the robust standard deviation of the last max(5, n / 4) epochs around their Theil-Sen line."""
    tail = curve[-max(WINDOW, len(curve) // 4) :]
    steps = np.arange(len(tail))
    slope = theil_sen(tail)[0]
    rest = tail - slope * steps
    return robust_sd(np.abs(rest - np.median(rest)))


def theil_sen(curve: FloatArray) -> tuple[float, float, float]:
    """Return slope per epoch and its 95 % interval: Theil (1950), Sen (1968); above 1,000 epochs from every k-th."""
    from scipy.stats import theilslopes

    step = -(-len(curve) // _MOST_PAIRS)
    found = theilslopes(curve[::step])
    return float(found.slope) / step, float(found.low_slope) / step, float(found.high_slope) / step


def mann_kendall(curve: FloatArray) -> float:
    """Return the two-sided p-value of a monotone trend, corrected for ties: Mann (1945), Kendall (1975).

    Above 1,000 epochs every k-th is used.

    >>> round(mann_kendall(np.arange(10.0)), 6)
    8.3e-05
    """
    from scipy.special import ndtr

    curve = curve[:: -(-len(curve) // _MOST_PAIRS)]
    n = len(curve)
    later = np.sign(curve[None, :] - curve[:, None])[np.triu_indices(n, 1)]
    score = float(later.sum())
    _, ties = np.unique(curve, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    if variance <= 0 or score == 0:
        return 1.0
    return float(2 * ndtr(-(abs(score) - 1) / math.sqrt(variance)))


def mann_kendall_autocorrelated(curve: FloatArray) -> float:
    """Return the p-value of :func:`mann_kendall` with the variance that autocorrelated noise has: Hamed and Rao (1998).

    The ranks of the residuals around the Theil-Sen line give the autocorrelations; those beyond ±1.96 / √n enter. The variance
    is never made smaller.

    Parameters
    ----------
    curve
        (n,) float64, n at least 3; above 1,000 epochs every k-th is used.

    Returns
    -------
    float
        From 0 to 1; 1 without a trend.
    """
    from scipy.special import ndtr, ndtri
    from scipy.stats import rankdata

    curve = curve[:: -(-len(curve) // _MOST_PAIRS)]
    n = len(curve)
    p = mann_kendall(curve)
    if p >= 1.0:
        return 1.0
    ranks = rankdata(curve - theil_sen(curve)[0] * np.arange(n))
    ranks = ranks - ranks.mean()
    power = float(ranks @ ranks)
    if power == 0:
        return p
    lags = np.arange(1, n - 2)
    shares = np.correlate(ranks, ranks, "full")[n:][: len(lags)] / power
    weights = (n - lags) * (n - lags - 1) * (n - lags - 2)
    counted = np.abs(shares) > _NORMAL_95 / math.sqrt(n)
    inflation = 1 + 2 / (n * (n - 1) * (n - 2)) * float((weights * shares)[counted].sum())
    return float(2 * ndtr(ndtri(p / 2) / math.sqrt(max(inflation, 1.0))))


def windows(curve: FloatArray) -> tuple[FloatArray, int]:
    """Return the medians of all full windows of five epochs, of three in runs of fewer than ten, and the window's length.

    >>> windows(np.array([5.0, 1.0, 4.0, 2.0, 3.0]))[0].tolist()
    [4.0, 2.0, 3.0]
    """
    window = min(WINDOW if len(curve) >= 2 * WINDOW else WINDOW - 2, len(curve))
    return np.median(np.lib.stride_tricks.sliding_window_view(curve, window), axis=1), window


def best(curve: FloatArray) -> tuple[int, int]:
    """Return the index of the best epoch, by raw value and robust; the first of equals.

    The robust one is the lowest epoch of the full window with the lowest median. Windows that shrink at the ends would favor
    the end: the median of three epochs is more often extreme than that of five.

    >>> best(np.array([9.0, 1.0, 9.0, 9.0, 4.0, 5.0, 4.5, 4.0, 5.0, 6.0, 7.0]))
    (1, 4)
    """
    medians, window = windows(curve)
    start = int(medians.argmin())
    return int(curve.argmin()), start + int(curve[start : start + window].argmin())
