"""The outcome of a training run, with the evidence in words.

Curves are (n,) float64 without NaN, one value per epoch, lower is better: negate an accuracy. Indices are 0-based here;
the report is 1-based.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from reportgen.metrics import curves, training

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

_UNSTABLE = 0.1
"""A run is unstable if its noise exceeds this share of the improvement. Convention."""
_UNSTABLE_LEVEL = 0.01
"""The noise must also exceed this share of the loss itself, because fine-tuning improves little. Convention."""
_UNSTABLE_EPOCHS = 8
_GAIN = 0.01
"""A run is still improving if its last quarter falls and ends below all earlier epochs by this share of the improvement. Convention."""
_LONGER = 1.5
"""A rise must last this many times as long as any earlier one of half its height that the run recovered from. Convention."""
_SIGNIFICANT = 0.05
_WHOLE = 0.1
"""Share from which percentages have no decimals."""


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
    if len(curve) < training.LEAST_EPOCHS:
        return "too few epochs", f"at least {training.LEAST_EPOCHS} epochs are needed (found {len(curve)})"
    return _finite(curve, epochs, trained)


def _start_of_end(bad: NDArray[np.bool_]) -> int:
    """Return the start of the last unbroken stretch up to the end."""
    return int(len(bad) - np.argmin(bad[::-1])) if not bad.all() else 0


def _finite(curve: FloatArray, epochs: NDArray[np.integer], trained: FloatArray | None) -> tuple[Status, str]:
    judged = curve if trained is None or not np.isfinite(trained).all() else trained
    first, gain = float(judged[0]), max(float(judged[0] - judged.min()), 0.0)
    if judged[-1] > max(first + 0.5 * abs(first), first + 5 * gain):
        return "diverged", f"the final {_name(trained)} {judged[-1]:.4g} is far above the initial {first:.4g}"
    found = training.progress(curve)
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
    found = training.rise(curve)
    after = curve[found.place :]
    if not found.sustained or len(after) < curves.WINDOW or curves.theil_sen(after)[0] <= 0:
        return None
    p = curves.mann_kendall_autocorrelated(after)
    height = found.end - found.best
    if p >= _SIGNIFICANT or len(after) <= _LONGER * training.longest_recovered(curve, height / 2):
        return None
    significance = "< 0.001" if p < 0.001 else f"= {p:.2g}"  # noqa: PLR2004 fewer digits than the test deserves
    words = (
        f"the loss has risen from {found.best:.3g} around epoch {epochs[curves.best(curve)[1]]} to {found.end:.3g}, "
        f"with noise of {found.noise:.2g} (Mann-Kendall p {significance}, adjusted for autocorrelation)"
    )
    rest = None if trained is None else trained[found.place :]
    if rest is not None and np.isfinite(rest).all() and curves.theil_sen(rest)[1] > 0:
        return "unstable", f"{words}, and so has the training loss"
    return "overfitting", words + ("" if rest is None else ", while the training loss has not")


def recent_times(curve: FloatArray) -> float | None:
    """Return the share of the improvement that the last epochs brought, as a multiple of the share that matters (1 %).

    None without an improvement. The epochs are those of :func:`classify`: a quarter of them, at least five.

    >>> round(recent_times(np.array([4.0, 3.0, 2.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4])), 1)
    11.8
    """
    found = training.progress(curve)
    return _recent_gain(curve, found) / found.improvement / _GAIN if found.improvement > 0 else None


def _recent(curve: FloatArray) -> int:
    """Return the number of last epochs by which a run is judged to be still improving."""
    return min(max(curves.WINDOW, len(curve) // 4), len(curve))


def _recent_gain(curve: FloatArray, found: training.Progress) -> float:
    earlier = curve[: len(curve) - _recent(curve)]
    return (float(curves.windows(earlier)[0].min()) if len(earlier) else found.start) - found.end


def _of_learning(curve: FloatArray, epochs: NDArray[np.integer], found: training.Progress) -> tuple[Status, str]:
    count, gain = _recent(curve), _recent_gain(curve, found)
    _, _, high = curves.theil_sen(curve[-count:])
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
