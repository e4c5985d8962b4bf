"""Numbers of a training curve: the best epoch, noise, convergence, deterioration, and what became of the run.

Curves are (n,) float64 without NaN, one value per epoch, and fall when things go well: turn the sign of an accuracy.
Indices are 0-based here; what is shown is 1-based.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Status = Literal[
    "no history",
    "too few epochs",
    "diverged",
    "unstable",
    "no measurable learning",
    "overfitting",
    "still improving",
    "converged",
]

WINDOW = 5
LEAST_EPOCHS = 4
REACHED = 0.95
_MAD_TO_SD = 1.482602218505602
_NOISE_LIMITS = 3.0
"""An improvement below so many times the noise is none. Convention."""
_UNSTABLE = 0.1
"""Noise above this share of the improvement is instability. Convention."""
_UNSTABLE_EPOCHS = 8
_GAIN = 0.01
"""Share of the improvement that another window must promise for a run to be still improving. Convention."""
_DETERIORATED = 0.1
"""Share of the improvement that must be lost again for overfitting. Convention."""
_SIGNIFICANT = 0.05


def running_median(curve: FloatArray, window: int = WINDOW) -> FloatArray:
    """Return the centred running median; windows shrink at the ends.

    >>> running_median(np.array([5.0, 1.0, 4.0, 2.0, 3.0]), 3).tolist()
    [3.0, 4.0, 2.0, 3.0, 2.5]
    """
    half = window // 2
    return np.array([np.median(curve[max(0, place - half) : place + half + 1]) for place in range(len(curve))])


def moving_average(curve: FloatArray, window: int) -> FloatArray:
    """Return the centred moving average for drawing; windows shrink at the ends, NaN are left out.

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
    """Return the robust standard deviation from epoch to epoch over the last two thirds: 1.4826 MAD of differences / √2."""
    steps = np.diff(curve[len(curve) // 3 :])
    if not len(steps):
        return 0.0
    return float(_MAD_TO_SD * np.median(np.abs(steps - np.median(steps))) / math.sqrt(2))


def detrended_noise(curve: FloatArray) -> float:
    """Return the robust standard deviation of the last max(5, n / 4) epochs around their Theil-Sen line."""
    tail = curve[-max(WINDOW, len(curve) // 4) :]
    steps = np.arange(len(tail))
    slope = theil_sen(tail)[0]
    rest = tail - slope * steps
    return float(_MAD_TO_SD * np.median(np.abs(rest - np.median(rest))))


def theil_sen(curve: FloatArray) -> tuple[float, float, float]:
    """Return slope per epoch and its 95 % interval: Theil (1950), Sen (1968)."""
    from scipy.stats import theilslopes

    found = theilslopes(curve)
    return float(found.slope), float(found.low_slope), float(found.high_slope)


def mann_kendall(curve: FloatArray) -> float:
    """Return the two-sided p-value of a monotone trend, with the correction for ties: Mann (1945), Kendall (1975).

    >>> round(mann_kendall(np.arange(10.0)), 6)
    8.3e-05
    """
    from scipy.special import ndtr

    n = len(curve)
    later = np.sign(curve[None, :] - curve[:, None])[np.triu_indices(n, 1)]
    score = float(later.sum())
    _, ties = np.unique(curve, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    if variance <= 0 or score == 0:
        return 1.0
    z = (abs(score) - 1) / math.sqrt(variance)
    return float(2 * ndtr(-z))


def best(curve: FloatArray) -> tuple[int, int]:
    """Return the index of the best epoch, raw and of the running median of five; the first of equals."""
    return int(curve.argmin()), int(running_median(curve).argmin())


@dataclass(frozen=True)
class Progress:
    """How a curve came down.

    Attributes
    ----------
    start, best, end
        First value, the best of the running median of five, the median of the last five.
    improvement
        start - best, not negative.
    noise
        As :func:`noise`.
    reached
        Index of the first epoch at which the running best had made 95 % of the improvement; None where the improvement
        is below three times the noise.
    deterioration
        Share of the improvement that is lost again at the end; None likewise.
    """

    start: float
    best: float
    end: float
    improvement: float
    noise: float
    reached: int | None
    deterioration: float | None


def progress(curve: FloatArray) -> Progress:
    """Measure the improvement of a curve of at least ``LEAST_EPOCHS`` epochs."""
    smooth = running_median(curve)
    start, lowest, end = float(curve[0]), float(smooth.min()), float(np.median(curve[-WINDOW:]))
    spread = noise(curve)
    improvement = max(start - lowest, 0.0)
    if improvement <= _NOISE_LIMITS * spread or improvement <= 1e-12 * max(abs(start), abs(lowest)):
        return Progress(start, lowest, end, improvement, spread, None, None)
    running = np.minimum.accumulate(smooth)
    reached = int(np.argmax(running <= start - REACHED * improvement))
    return Progress(start, lowest, end, improvement, spread, reached, max(end - lowest, 0.0) / improvement)


def generalization_loss(curve: FloatArray) -> float | None:
    """Return last / lowest - 1 for positive losses, which Prechelt (1998) gives in percent; None for others.

    >>> generalization_loss(np.array([2.0, 1.0, 1.5]))
    0.5
    """
    lowest = float(curve.min())
    return None if lowest <= 0 else float(curve[-1]) / lowest - 1


def classify(curve: FloatArray, epochs: NDArray[np.integer] | None = None) -> tuple[Status, str]:
    """Tell what became of a run by its validation loss, and the evidence in words.

    Parameters
    ----------
    curve
        (n,) float64; it may hold NaN and infinities here.
    epochs
        (n,) the epochs as they are shown; by default 1 to n.
    """
    raw = np.asarray(curve, np.float64)
    shown = np.arange(1, len(raw) + 1) if epochs is None else epochs
    if not len(raw):
        return "no history", "there is no loss"
    if not np.isfinite(raw).all():
        first = int(np.argmax(~np.isfinite(raw)))
        return "diverged", f"the loss is not finite from epoch {shown[first]} on"
    if len(raw) < LEAST_EPOCHS:
        return "too few epochs", f"{len(raw)} values of at least {LEAST_EPOCHS}"
    return _finite(raw, shown)


def _finite(curve: FloatArray, epochs: NDArray[np.integer]) -> tuple[Status, str]:
    found = progress(curve)
    sigma, improvement = found.noise, found.improvement
    if curve[-1] > max(found.start + 0.5 * abs(found.start), found.start + 5 * improvement):
        return "diverged", f"the last loss {curve[-1]:.4g} is far above the first, {found.start:.4g}"
    scale = improvement if found.reached is not None else abs(float(np.median(curve)))
    if len(curve) >= _UNSTABLE_EPOCHS and sigma > _UNSTABLE * scale:
        return "unstable", f"noise {sigma:.3g} from epoch to epoch is {sigma / scale:.0%} of {_scale_words(found)}"
    if found.reached is None:
        return "no measurable learning", f"the improvement {improvement:.3g} is below three times the noise {sigma:.3g}"
    return _of_learning(curve, epochs, found)


def _scale_words(found: Progress) -> str:
    return "the improvement" if found.reached is not None else "the loss, which did not improve"


def _of_learning(curve: FloatArray, epochs: NDArray[np.integer], found: Progress) -> tuple[Status, str]:
    _, robust = best(curve)
    after = curve[robust:]
    lost = found.deterioration or 0.0
    if len(after) >= WINDOW and lost > _DETERIORATED:
        p = mann_kendall(after)
        if p < _SIGNIFICANT and theil_sen(after)[0] > 0:
            since = f"since epoch {epochs[robust]} the loss rises (Mann-Kendall p = {p:.2g})"
            return "overfitting", f"{since}, {lost:.0%} of the improvement is lost"
    tail = curve[-max(WINDOW, len(curve) // 4) :]
    slope, _, high = theil_sen(tail)
    promise = -slope * len(tail) / found.improvement
    if high < 0 and promise > _GAIN:
        falls = f"over the last {len(tail)} epochs the loss still falls"
        return "still improving", f"{falls}; as many more promise {promise:.1%} of the improvement"
    return "converged", f"no trend worth more than {_GAIN:.0%} of the improvement over the last {len(tail)} epochs"


def rate_drops(rates: FloatArray, least: float = 0.2) -> tuple[int, ...]:
    """Return the indices of epochs whose learning rate is at least ``least`` below that of the epoch before.

    >>> rate_drops(np.array([1.0, 1.0, 0.5, 0.45, 0.1]))
    (2, 4)
    """
    before, after = rates[:-1], rates[1:]
    return tuple(int(place) + 1 for place in np.flatnonzero(after <= (1 - least) * before))
