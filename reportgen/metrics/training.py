"""Metrics of a training curve: best epoch, noise, convergence, deterioration, and the outcome of the run.

Curves are (n,) float64 without NaN, one value per epoch, lower is better: negate an accuracy. Indices are 0-based here;
the report is 1-based.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Status = Literal[
    "no history",
    "no loss",
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
NOISE_EPOCHS = 10
"""Epochs that a comparison of the last epoch with the best needs, because fewer do not show the noise."""
REACHED = 0.95
_MAD_TO_SD = 1.482602218505602
_NORMAL_95 = 1.959963984540054
NOISE_LIMITS = 3.0
"""An improvement must exceed this multiple of the noise. Convention."""
_UNSTABLE = 0.1
"""A run is unstable if its noise exceeds this share of the improvement. Convention."""
_UNSTABLE_LEVEL = 0.01
"""The noise must also exceed this share of the loss itself, because fine-tuning improves little. Convention."""
_UNSTABLE_EPOCHS = 8
_MOST_PAIRS = 1000
"""Epochs above which trends use every k-th epoch, because they compare all pairs."""
_GAIN = 0.01
"""A run is still improving if its last quarter falls and ends below all earlier epochs by this share of the improvement. Convention."""
_RISEN = 0.05
"""A rise matters if it exceeds this share of the best loss. Convention."""
_LEAST_RISE = 0.01
"""No rise below this share of a positive best loss matters, because fine-tuning improves little. Convention."""
_DETERIORATED = 0.1
"""A rise matters too if it loses this share of the improvement again. Convention."""
_LAGS = 5
"""Epochs over which the noise is measured, because noise that is autocorrelated looks small from one epoch to the next."""
_NOISE_SPAN = 16
"""Epochs over which the noise is measured, at least. Convention."""
RISE_LIMIT = 3.5
"""Noises by which the last window must exceed the best one; simulated: :mod:`scripts.simulate.training`."""
LAST_LIMIT = 4.5
"""Noises by which the last epoch must exceed the best window; simulated: :mod:`scripts.simulate.training`."""
_LONGER = 1.5
"""A rise must last this many times as long as any earlier one of half its height that the run recovered from. Convention."""
_SIGNIFICANT = 0.05
_WHOLE = 0.1
"""Share from which percentages have no decimals."""


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

    The deviations are from the midhinge, because the median of a loss that alternates is one of its two steps.

    >>> round(noise(np.array([1.0, 0.0] * 6)), 3)
    1.048
    """
    steps = np.diff(curve[len(curve) // 3 :])
    return float(_MAD_TO_SD * np.median(_around(steps)) / math.sqrt(2)) if len(steps) else 0.0


def _around(steps: FloatArray) -> FloatArray:
    return np.abs(steps - np.quantile(steps, [0.25, 0.75]).mean())


def detrended_noise(curve: FloatArray) -> float:
    """Return the robust standard deviation of the last max(5, n / 4) epochs around their Theil-Sen line."""
    tail = curve[-max(WINDOW, len(curve) // 4) :]
    steps = np.arange(len(tail))
    slope = theil_sen(tail)[0]
    rest = tail - slope * steps
    return float(_MAD_TO_SD * np.median(np.abs(rest - np.median(rest))))


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


@dataclass(frozen=True)
class Rise:
    """How far a loss is above its best.

    Attributes
    ----------
    place
        Index of the center of the best window.
    best, end
        Lowest and last median of full windows.
    last
        The last value.
    noise
        Robust standard deviation that allows for autocorrelation: the largest over lags of one to five epochs of 1.4826 MAD of
        the differences / √2 after the best epoch. Where these are fewer than 16 epochs, second differences / √1.5 of the epochs
        before enter too, so that neither the rise nor the fall is taken as noise. As :func:`noise` where both are too short.
    least
        The rise that matters: 5 % of best or a tenth of the improvement, whichever is smaller, and 1 % of a positive best at
        least.
    """

    place: int
    best: float
    end: float
    last: float
    noise: float
    least: float

    @property
    def sustained(self) -> bool:
        """Whether the last window is above the best one by more than the minimum of many noisy windows explains."""
        return self.end - self.best > self._limit(RISE_LIMIT)

    @property
    def last_is_worse(self) -> bool:
        """Whether the last epoch is above the best window by more than the minimum of many noisy windows explains."""
        return self.last - self.best > self._limit(LAST_LIMIT)

    @property
    def times(self) -> float | None:
        """The rise of the last window as a multiple of its limit; None where that is 0."""
        limit = self._limit(RISE_LIMIT)
        return (self.end - self.best) / limit if limit > 0 else None

    @property
    def last_times(self) -> float | None:
        """The rise of the last epoch as a multiple of its limit; None where that is 0."""
        limit = self._limit(LAST_LIMIT)
        return (self.last - self.best) / limit if limit > 0 else None

    def _limit(self, noises: float) -> float:
        return max(self.least, noises * self.noise)


def rise(curve: FloatArray) -> Rise:
    """Measure how far a curve of at least ``LEAST_EPOCHS`` epochs is above its best.

    >>> found = rise(np.concatenate([np.linspace(4.0, 1.0, 13), np.linspace(1.25, 3.5, 10)]))
    >>> (found.place, found.best, found.end, found.sustained)
    (11, 1.25, 3.0, True)
    """
    medians, window = windows(curve)
    place = int(medians.argmin()) + window // 2
    lowest, end, last = float(medians.min()), float(medians[-1]), float(curve[-1])
    gain = max(float(curve[0]) - lowest, 0.0)
    least = _RISEN * abs(lowest) if gain == 0 else min(_RISEN * abs(lowest), _DETERIORATED * gain)
    least = max(least, _LEAST_RISE * lowest)
    return Rise(place, lowest, end, last, _noise_around(curve, place), least)


def _noise_around(curve: FloatArray, place: int) -> float:
    after = curve[place:]
    before = curve[max(1, place - max(0, _NOISE_SPAN - len(after))) : place + 1]
    found = []
    for lag in range(1, _LAGS + 1):
        parts = []
        if len(after) > lag + 2:
            parts.append(_around(after[lag:] - after[:-lag]) / math.sqrt(2))
        if len(before) > 2 * lag + 2:
            bends = before[lag:-lag] - (before[2 * lag :] + before[: -2 * lag]) / 2
            parts.append(_around(bends) / math.sqrt(1.5))
        if sum(map(len, parts)) >= LEAST_EPOCHS:
            found.append(float(_MAD_TO_SD * np.median(np.concatenate(parts))))
    return max(found, default=noise(curve))


def _longest_recovered(curve: FloatArray, height: float) -> int:
    """Return the longest time, in epochs, between two record lows of the medians with a rise of at least ``height`` between them."""
    medians, _ = windows(curve)
    lowest = np.minimum.accumulate(medians)
    records = np.flatnonzero(np.concatenate([[True], medians[1:] < lowest[:-1]]))
    spans = [0]
    for start, stop in itertools.pairwise(records):
        if medians[start:stop].max() - medians[start] >= height:
            spans.append(int(stop - start))
    return max(spans)


@dataclass(frozen=True)
class Progress:
    """Improvement of a curve.

    Attributes
    ----------
    start, best, end
        First value; lowest and last running median of five epochs, of three in runs of fewer than ten.
    improvement
        start - best, not negative.
    noise
        As :func:`noise`; without a measurable improvement the noise that it was compared with.
    reached
        Index of the first epoch, after the first, at which the running median had made 95 % of the improvement; None
        where the improvement is below three times the noise, measured as here or as in :class:`Rise`, whichever is larger.
    deterioration
        (end - best) / improvement, the share that is lost again; None under the same condition.
    """

    start: float
    best: float
    end: float
    improvement: float
    noise: float
    reached: int | None
    deterioration: float | None


def progress(curve: FloatArray) -> Progress:
    """Measure the improvement of a curve of at least ``LEAST_EPOCHS`` epochs.

    >>> progress(np.array([6.0, 5.0, 4.0, 3.0, 2.0, 1.0])).deterioration
    0.0
    """
    medians, window = windows(curve)
    start, lowest, end = float(curve[0]), float(medians.min()), float(medians[-1])
    spread = noise(curve)
    improvement = max(start - lowest, 0.0)
    around = _noise_around(curve, int(medians.argmin()) + window // 2)
    if improvement <= NOISE_LIMITS * max(spread, around) or improvement <= 1e-12 * max(abs(start), abs(lowest)):
        return Progress(start, lowest, end, improvement, max(spread, around), None, None)
    running = np.minimum.accumulate(running_median(curve, window)[1:])
    reached = 1 + int(np.argmax(running <= start - REACHED * improvement))
    return Progress(start, lowest, end, improvement, spread, reached, (end - lowest) / improvement)


def generalization_loss(curve: FloatArray) -> float | None:
    """Return last / lowest - 1 for positive losses, as in Prechelt (1998) but not in percent; None for others.

    >>> generalization_loss(np.array([2.0, 1.0, 1.5]))
    0.5
    """
    lowest = float(curve.min())
    return None if lowest <= 0 else float(curve[-1]) / lowest - 1


def classify(curve: FloatArray, epochs: NDArray[np.integer], trained: FloatArray | None = None) -> tuple[Status, str]:
    """Return the outcome of a run, and the evidence as text.

    Parameters
    ----------
    curve
        (n,) float64, the validation loss, else the training loss; it may contain NaN and infinite values.
    epochs
        (n,) the epochs as numbered in the report.
    trained
        (n,) the training loss at these epochs, NaN where unknown; None without one. It separates overfitting from
        instability, and decides whether a finite run diverged.
    """
    if not len(curve):
        return "no loss", "the history has no loss"
    bad = ~np.isfinite(curve)
    if bad[-1]:
        return "diverged", f"the loss is not finite from epoch {epochs[_start_of_end(bad)]} on"
    if bad.any():
        return (
            "unstable",
            f"the loss is not finite in {int(bad.sum())} epochs, first in epoch {epochs[int(bad.argmax())]}",
        )
    if len(curve) < LEAST_EPOCHS:
        return "too few epochs", f"at least {LEAST_EPOCHS} epochs are needed (found {len(curve)})"
    return _finite(curve, epochs, trained)


def _start_of_end(bad: NDArray[np.bool_]) -> int:
    """Return the start of the last unbroken stretch up to the end."""
    return int(len(bad) - np.argmin(bad[::-1])) if not bad.all() else 0


def _finite(curve: FloatArray, epochs: NDArray[np.integer], trained: FloatArray | None) -> tuple[Status, str]:
    judged = curve if trained is None or not np.isfinite(trained).all() else trained
    first, gain = float(judged[0]), max(float(judged[0] - judged.min()), 0.0)
    if judged[-1] > max(first + 0.5 * abs(first), first + 5 * gain):
        return "diverged", f"the final {_name(trained)} {judged[-1]:.4g} is far above the initial {first:.4g}"
    found = progress(curve)
    level, sigma = abs(float(np.median(curve))), found.noise
    scale = found.improvement if found.reached is not None else level
    if len(curve) >= _UNSTABLE_EPOCHS and sigma > max(_UNSTABLE * scale, _UNSTABLE_LEVEL * level):
        of = "the improvement" if found.reached is not None else "the loss, which did not improve"
        return (
            "unstable",
            f"the noise between epochs, {sigma:.3g}, is {_percent(sigma / scale)} of {of}" if scale else "only noise",
        )
    rising = _rising(curve, epochs, trained)
    if rising is not None:
        return rising
    if found.reached is None and starts_late(epochs):
        return "converged", f"the loss is known from epoch {epochs[0]} on and shows no measurable decrease since"
    if found.reached is None:
        return (
            "no measurable learning",
            f"the improvement {found.improvement:.3g} is below three times the noise {sigma:.3g}",
        )
    return _of_learning(curve, epochs, found)


def starts_late(epochs: NDArray[np.integer]) -> bool:
    """Return whether the first of at least two epochs is not the first of the run, as in a resumed one; every k-th can start at k.

    >>> starts_late(np.array([31, 32, 33])), starts_late(np.array([5, 10, 15]))
    (True, False)
    """
    return bool(epochs[0] > epochs[1] - epochs[0])


def _name(trained: FloatArray | None) -> str:
    return "loss" if trained is None else "training loss"


def _rising(curve: FloatArray, epochs: NDArray[np.integer], trained: FloatArray | None) -> tuple[Status, str] | None:
    """Detect a loss that has risen since its best epoch: by a share of it, beyond the noise, as a trend, and for long enough."""
    found = rise(curve)
    after = curve[found.place :]
    if not found.sustained or len(after) < WINDOW or theil_sen(after)[0] <= 0:
        return None
    p = mann_kendall_autocorrelated(after)
    height = found.end - found.best
    if p >= _SIGNIFICANT or len(after) <= _LONGER * _longest_recovered(curve, height / 2):
        return None
    significance = "< 0.001" if p < 0.001 else f"= {p:.2g}"  # noqa: PLR2004 fewer digits than the test deserves
    words = (
        f"the loss has risen from {found.best:.3g} around epoch {epochs[best(curve)[1]]} to {found.end:.3g}, "
        f"with noise of {found.noise:.2g} (Mann-Kendall p {significance}, adjusted for autocorrelation)"
    )
    rest = None if trained is None else trained[found.place :]
    if rest is not None and np.isfinite(rest).all() and theil_sen(rest)[1] > 0:
        return "unstable", f"{words}, and so has the training loss"
    return "overfitting", words + ("" if rest is None else ", while the training loss has not")


def recent_times(curve: FloatArray) -> float | None:
    """Return the share of the improvement that the last epochs brought, as a multiple of the share that matters (1 %).

    None without an improvement. The epochs are those of :func:`classify`: a quarter of them, at least five.

    >>> round(recent_times(np.array([4.0, 3.0, 2.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4])), 1)
    11.8
    """
    found = progress(curve)
    return _recent_gain(curve, found) / found.improvement / _GAIN if found.improvement > 0 else None


def _recent(curve: FloatArray) -> int:
    """Return the number of last epochs by which a run is judged to be still improving."""
    return min(max(WINDOW, len(curve) // 4), len(curve))


def _recent_gain(curve: FloatArray, found: Progress) -> float:
    earlier = curve[: len(curve) - _recent(curve)]
    return (float(windows(earlier)[0].min()) if len(earlier) else found.start) - found.end


def _of_learning(curve: FloatArray, epochs: NDArray[np.integer], found: Progress) -> tuple[Status, str]:
    count, gain = _recent(curve), _recent_gain(curve, found)
    _, _, high = theil_sen(curve[-count:])
    first = int(epochs[-count - 1]) if len(curve) > count else int(epochs[0]) - 1
    last = f"last {int(epochs[-1]) - first} epochs"
    if high < 0 and gain > _GAIN * found.improvement:
        return (
            "still improving",
            f"the loss still falls: the {last} brought {_percent(gain / found.improvement)} of its improvement",
        )
    return "converged", f"the {last} brought no lasting decrease of the loss above {_percent(_GAIN)} of the improvement"


def _percent(share: float) -> str:
    return f"{100 * share:{'.0f' if share >= _WHOLE else '.2g'}}\N{NARROW NO-BREAK SPACE}%"


def rate_drops(rates: FloatArray, least: float = 0.2) -> tuple[int, ...]:
    """Return the indices of epochs whose learning rate is at least ``least`` below that of the epoch before.

    A rate that falls a little in every epoch is a schedule, not a drop: the rate must be constant before or after.

    >>> rate_drops(np.array([1.0, 1.0, 0.5, 0.45, 0.1, 0.1]))
    (2, 4)
    """
    steps = np.abs(np.diff(rates))
    still = np.concatenate([[False], steps <= 0.01 * np.abs(rates[:-1]), [False]])
    dropped = rates[1:] <= (1 - least) * rates[:-1]
    return tuple(int(place) + 1 for place in np.flatnonzero(dropped) if still[place] or still[place + 2])


def gap(
    train_epochs: NDArray[np.int64], train: FloatArray, epochs: NDArray[np.int64], validation: FloatArray
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the epochs that have both losses, and validation minus training loss at each; epochs without a finite gap are left out."""
    common, first, second = np.intersect1d(train_epochs, epochs, return_indices=True)
    gaps = validation[second] - train[first]
    sound = np.isfinite(gaps)
    return common[sound], gaps[sound]
