"""Temperature scaling: how much miscalibration one parameter removes, evaluated on held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import scores
from reportgen.metrics.folds import FOLDS, stratified_folds
from reportgen.metrics.intervals import Z95, Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RARER = 10
"""Right and wrong predictions needed for intervals; in simulations coverage falls below 92 % with fewer."""
_STEPS = 100
_TOLERANCE = 1e-10
_INVERSE_RANGE = (1e-4, 1e4)
_SEPARABLE = "all rows are predicted correctly, so no finite temperature is optimal"
_OUTSIDE = "the optimal temperature is outside the range from 1e-4 to 1e4"
_UNINFORMED = "the logits do not separate the classes, so no finite temperature is optimal"


class NoTemperatureError(Exception):
    """No finite positive temperature exists; the message gives the reason."""


@dataclass(frozen=True)
class Temperature:
    """A fitted temperature and its sandwich standard error; ``rarer`` counts the right predictions, or the wrong ones if fewer."""

    value: float
    standard_error: float
    rarer: int

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The 95 % interval on the log scale, with Student's t of the rarer kind; None where that has fewer than 10 rows."""
        if self.rarer < RARER:
            return None
        from scipy.special import stdtrit

        factor = float(np.exp(stdtrit(self.rarer - 1, 0.975) * self.standard_error / self.value))
        return self.value / factor, self.value * factor


@dataclass(frozen=True)
class CrossFit:
    """Effect of the temperature on the rows of each fold, fitted on the other folds.

    Attributes
    ----------
    gain
        Mean NLL before minus after, in nats.
    confidence
        (N,) highest probability after scaling.
    """

    gain: Estimate
    confidence: Floats


def fit(logits: NDArray[Any], targets: NDArray[Any], start: float = 1.0) -> Temperature:
    """Fit the temperature T that minimizes the NLL of softmax(logits / T). Guo et al. (2017).

    The NLL is convex in 1/T: Newton's method, kept between 1e-4 and 1e4, with bisection where a step would leave the range.

    Parameters
    ----------
    logits
        (N, K).
    targets
        (N,) class indices or (N, K) soft labels.
    start
        Temperature to start from.

    Raises
    ------
    NoTemperatureError
        All rows are right (T would be 0), or the logits do not separate the classes (T would be infinite).
    """
    z = logits.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    own = z[np.arange(len(z)), targets] if targets.ndim == 1 else (targets * z).sum(axis=1)
    if not z.any():
        raise NoTemperatureError(_UNINFORMED)
    if targets.ndim == 1 and not own.any():
        raise NoTemperatureError(_SEPARABLE)
    low, high = _INVERSE_RANGE
    beta = 1.0 / start
    for _ in range(_STEPS):
        slope, curvature = _derivatives(z, own, beta)
        gradient = float(slope.mean())
        low, high = (beta, high) if gradient < 0 else (low, beta)
        step = beta - gradient / curvature if curvature > 0 else np.inf
        following = step if low < step < high else float(np.sqrt(low * high))
        if abs(following - beta) <= _TOLERANCE * beta:
            break
        beta = following
    _require_inside(beta)
    slope, curvature = _derivatives(z, own, beta)
    error = float(np.sqrt((slope**2).mean() / len(z))) / curvature / beta**2
    wrong = int((_label(targets) != z.argmax(axis=1)).sum())
    return Temperature(1.0 / beta, error, min(wrong, len(z) - wrong))


def _label(targets: NDArray[Any]) -> NDArray[Any]:
    return targets if targets.ndim == 1 else targets.argmax(axis=1)


def _derivatives(z: Floats, own: Floats, beta: float) -> tuple[Floats, float]:
    """Return per row the slope of the NLL in 1/T, and the mean curvature."""
    p = np.exp(z * beta)
    p /= p.sum(axis=1, keepdims=True)
    mean = np.einsum("ij,ij->i", p, z)
    variance = np.einsum("ij,ij,ij->i", p, z, z) - mean**2
    return mean - own, float(np.maximum(variance, 0.0).mean())


def _require_inside(beta: float) -> None:
    low, high = _INVERSE_RANGE
    if not low * 2 <= beta <= high / 2:
        raise NoTemperatureError(_OUTSIDE)


def cross_fit(
    fitted: Temperature, logits: NDArray[Any], targets: NDArray[Any], labels: NDArray[np.int32], seed: int
) -> CrossFit:
    """Evaluate the temperature by five label-stratified folds.

    Parameters
    ----------
    fitted
        Temperature of all rows, :func:`fit`.
    logits, targets
        As in :func:`fit`.
    labels
        (N,) classes to stratify by.
    seed
        Seed of the folds.

    Raises
    ------
    NoTemperatureError
        As in :func:`fit`, without one fold.
    """
    fold = stratified_folds(labels, seed)
    gain, confidence = np.empty(len(logits)), np.empty(len(logits))
    for index in range(FOLDS):
        inside = fold == index
        if not inside.any():
            continue
        try:
            temperature = fit(logits[~inside], targets[~inside], fitted.value).value
        except NoTemperatureError as reason:
            raise NoTemperatureError(f"without one of the five folds, {reason}") from None
        log_p = scores.log_softmax(logits[inside] / temperature)
        before = scores.nll(scores.log_softmax(logits[inside]), targets[inside])
        gain[inside] = before - scores.nll(log_p, targets[inside])
        confidence[inside] = np.exp(log_p.max(axis=1))
    return CrossFit(_gain(float(gain.mean()), fitted, logits), confidence)


def _gain(value: float, fitted: Temperature, logits: NDArray[Any]) -> Estimate:
    """Return the gain with the interval that follows from the temperature's.

    If T is optimal, the gain over T = 1 is the Bregman divergence of the log-normalizer, which depends on the logits alone: the ends
    of the interval of T give those of the gain, widened by the spread of the logits. The lower end also pays for fitting: a T
    that is fitted on four fifths of the rows is not the optimal one.
    """
    n, bounds = len(logits), fitted.bounds
    if bounds is None:
        return Estimate(value, n)
    z = logits.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    center = _divergence(z, 1 / fitted.value)
    ends = [float(_divergence(z, 1 / bound).mean()) for bound in bounds]
    near = 0.0 if bounds[0] <= 1 <= bounds[1] else min(ends)
    middle, spread = float(center.mean()), Z95 * float(center.std(ddof=1) / np.sqrt(n))
    low = middle - float(np.hypot(middle - near, spread)) - _cost(z, fitted)
    high = middle + float(np.hypot(max(ends) - middle, spread))
    return Estimate(value, n, min(low, value), max(high, value), "from the interval of T, and the cost of fitting it")


def _divergence(z: Floats, beta: float) -> Floats:
    """Return per row the NLL at 1/T = 1 minus that at ``beta``, expected if ``beta`` is optimal."""
    p = np.exp(z * beta)
    total = p.sum(axis=1)
    slope = np.einsum("ij,ij->i", p, z) / total
    return np.asarray(np.log(np.exp(z).sum(axis=1)) - np.log(total) - slope * (1 - beta), dtype=np.float64)


def _cost(z: Floats, fitted: Temperature) -> float:
    """Return the NLL that a temperature fitted on four fifths of the rows loses against the optimal one."""
    beta = 1 / fitted.value
    _, curvature = _derivatives(z, z[:, 0], beta)
    return 0.5 * curvature * (fitted.standard_error * beta**2) ** 2 * FOLDS / (FOLDS - 1)
