"""Metrics of a training curve: how far it is above its best, how it improved; drops of the learning rate and the gap to the validation loss.

Curves are (n,) float64 without NaN, one value per epoch, lower is better: negate an accuracy. Indices are 0-based here;
the report is 1-based.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import curves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

LEAST_EPOCHS = 4
NOISE_EPOCHS = 10
"""Epochs that a comparison of the last epoch with the best needs, because fewer do not show the noise."""
REACHED = 0.95
NOISE_LIMITS = 3.0
"""An improvement must exceed this multiple of the noise. Convention."""
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
        before enter too, so that neither the rise nor the fall is taken as noise. As :func:`~reportgen.metrics.curves.noise` where both are too short.
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
    medians, window = curves.windows(curve)
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
            parts.append(curves.deviations(after[lag:] - after[:-lag]) / math.sqrt(2))
        if len(before) > 2 * lag + 2:
            bends = before[lag:-lag] - (before[2 * lag :] + before[: -2 * lag]) / 2
            parts.append(curves.deviations(bends) / math.sqrt(1.5))
        if sum(map(len, parts)) >= LEAST_EPOCHS:
            found.append(curves.robust_sd(np.concatenate(parts)))
    return max(found, default=curves.noise(curve))


def longest_recovered(curve: FloatArray, height: float) -> int:
    """Return the longest time, in epochs, between two record lows of the medians with a rise of at least ``height`` between them."""
    medians, _ = curves.windows(curve)
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
        As :func:`~reportgen.metrics.curves.noise`; without a measurable improvement the noise that it was compared with.
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
    medians, window = curves.windows(curve)
    start, lowest, end = float(curve[0]), float(medians.min()), float(medians[-1])
    spread = curves.noise(curve)
    improvement = max(start - lowest, 0.0)
    around = _noise_around(curve, int(medians.argmin()) + window // 2)
    if improvement <= NOISE_LIMITS * max(spread, around) or improvement <= 1e-12 * max(abs(start), abs(lowest)):
        return Progress(start, lowest, end, improvement, max(spread, around), None, None)
    running = np.minimum.accumulate(curves.running_median(curve, window)[1:])
    reached = 1 + int(np.argmax(running <= start - REACHED * improvement))
    return Progress(start, lowest, end, improvement, spread, reached, (end - lowest) / improvement)


def generalization_loss(curve: FloatArray) -> float | None:
    """Return last / lowest - 1 for positive losses, as in Prechelt (1998) but not in percent; None for others.

    >>> generalization_loss(np.array([2.0, 1.0, 1.5]))
    0.5
    """
    lowest = float(curve.min())
    return None if lowest <= 0 else float(curve[-1]) / lowest - 1


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
