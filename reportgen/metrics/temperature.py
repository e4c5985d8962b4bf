"""Temperature scaling: how much miscalibration one parameter removes, evaluated on held-out rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import intervals, scores
from reportgen.metrics.folds import FOLDS, grouped_folds, stratified_folds
from reportgen.metrics.intervals import Z95, Contributions, Estimate

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
_FEW = f"fewer than {RARER} right or {RARER} wrong predictions"
_UNBOUNDED = "the rows say so little that the interval has no finite end"
_UNINFORMED = "the logits do not separate the classes, so no finite temperature is optimal"


class NoTemperatureError(Exception):
    """No finite positive temperature exists; the message gives the reason."""


@dataclass(frozen=True)
class Temperature:
    """A fitted temperature and its sandwich standard error.

    ``rarer`` counts the right predictions, or the wrong ones if fewer; ``slopes`` (N,) are the derivatives of the NLL of the rows, and
    ``weights`` (N,) their weights.
    """

    value: float
    standard_error: float
    rarer: int
    slopes: Floats = field(compare=False, repr=False)
    weights: Floats = field(compare=False, repr=False)

    @property
    def estimate(self) -> Estimate:
        """The value with its 95 % interval on the log scale, by Student's t of the rarer kind; none below 10 rows of that kind."""
        found = self._with_interval(1.0)
        return found if self.rarer >= RARER else found.without(_FEW)

    def ends(self, divisor: float) -> tuple[float, float] | None:
        """Return the ends of the interval of n / ``divisor`` rows, whatever the number of right and wrong predictions; None beyond float64."""
        from scipy.special import stdtrit

        t = float(stdtrit(max(self.rarer - 1, 1), 0.975))
        with np.errstate(over="ignore"):
            factor = np.exp(t * self.standard_error * np.sqrt(divisor) / self.value)
            low, high = float(self.value / factor), float(self.value * factor)
        return (low, high) if low > 0 and np.isfinite(high) else None

    @property
    def contributions(self) -> Contributions:
        """The contributions of the rows to the error of the temperature."""
        return intervals.of_share(self.slopes, self.weights)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The ends of the interval; None without one."""
        found = self.estimate
        return None if found.low is None or found.high is None else (found.low, found.high)

    def _with_interval(self, divisor: float) -> Estimate:
        ends = self.ends(divisor)
        if ends is None:
            return Estimate(self.value, len(self.slopes)).without(_UNBOUNDED)
        return Estimate(
            self.value,
            len(self.slopes),
            *ends,
            "sandwich standard error, log scale",
            widened=self._with_interval,
            contributions=lambda: self.contributions,
        )


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


def fit(logits: NDArray[Any], targets: NDArray[Any], start: float = 1.0, weights: Floats | None = None) -> Temperature:
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
    weights
        (N,) positive; None for equal weights.

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
    weight = np.ones(len(z)) if weights is None else weights / weights.mean()
    for _ in range(_STEPS):
        slope, curvature = _derivatives(z, own, beta, weight)
        gradient = float((weight * slope).mean())
        low, high = (beta, high) if gradient < 0 else (low, beta)
        step = beta - gradient / curvature if curvature > 0 else np.inf
        following = step if low < step < high else float(np.sqrt(low * high))
        if abs(following - beta) <= _TOLERANCE * beta:
            break
        beta = following
    _require_inside(beta)
    slope, curvature = _derivatives(z, own, beta, weight)
    error = float(np.sqrt((weight * slope**2).mean() / len(z))) / curvature / beta**2
    wrong = int((_label(targets) != z.argmax(axis=1)).sum())
    return Temperature(1.0 / beta, error, min(wrong, len(z) - wrong), slope, weight)


def _label(targets: NDArray[Any]) -> NDArray[Any]:
    return targets if targets.ndim == 1 else targets.argmax(axis=1)


def _derivatives(z: Floats, own: Floats, beta: float, weight: Floats) -> tuple[Floats, float]:
    """Return per row the slope of the NLL in 1/T, and the mean curvature."""
    p = np.exp(z * beta)
    p /= p.sum(axis=1, keepdims=True)
    mean = np.einsum("ij,ij->i", p, z)
    variance = np.einsum("ij,ij,ij->i", p, z, z) - mean**2
    return mean - own, float((weight * np.maximum(variance, 0.0)).mean())


def _require_inside(beta: float) -> None:
    low, high = _INVERSE_RANGE
    if not low * 2 <= beta <= high / 2:
        raise NoTemperatureError(_OUTSIDE)


def cross_fit(
    fitted: Temperature,
    logits: NDArray[Any],
    targets: NDArray[Any],
    labels: NDArray[np.int32],
    seed: int,
    groups: NDArray[np.int64] | None = None,
) -> CrossFit:
    """Evaluate the temperature by five folds: label-stratified, or of whole groups.

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
    groups
        (N,) the group of every row; None without groups.

    Raises
    ------
    NoTemperatureError
        As in :func:`fit`, without one fold.
    """
    fold = stratified_folds(labels, seed) if groups is None else grouped_folds(groups, seed)
    gain, confidence = np.empty(len(logits)), np.empty(len(logits))
    for index in range(FOLDS):
        inside = fold == index
        if not inside.any():
            continue
        try:
            temperature = fit(logits[~inside], targets[~inside], fitted.value, fitted.weights[~inside]).value
        except NoTemperatureError as reason:
            raise NoTemperatureError(f"without one of the five folds, {reason}") from None
        log_p = scores.log_softmax(logits[inside] / temperature)
        before = scores.nll(scores.log_softmax(logits[inside]), targets[inside])
        gain[inside] = before - scores.nll(log_p, targets[inside])
        confidence[inside] = np.exp(log_p.max(axis=1))
    return CrossFit(_gain(float(np.average(gain, weights=fitted.weights)), fitted, logits), confidence)


def _gain(value: float, fitted: Temperature, logits: NDArray[Any]) -> Estimate:
    """Return the gain with the interval that follows from the temperature's.

    If T is optimal, the gain over T = 1 is the Bregman divergence of the log-normalizer, which depends on the logits alone: the ends
    of the interval of T give those of the gain, widened by the spread of the logits. The lower end also pays for fitting: a T
    that is fitted on four fifths of the rows is not the optimal one.
    """
    n = len(logits)
    if fitted.rarer < RARER:
        return Estimate(value, n).without(_FEW)
    z = logits.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    center, cost = _divergence(z, 1 / fitted.value), _cost(z, fitted)
    middle = float(np.average(center, weights=fitted.weights))
    error = float(np.sqrt(np.average((center - middle) ** 2, weights=fitted.weights) / (n - 1)))

    def with_interval(divisor: float) -> Estimate:
        bounds = fitted.ends(divisor)
        if bounds is None:
            return Estimate(value, n).without(_UNBOUNDED)
        ends = [float(np.average(_divergence(z, 1 / bound), weights=fitted.weights)) for bound in bounds]
        near = 0.0 if bounds[0] <= 1 <= bounds[1] else min(ends)
        spread = Z95 * error * float(np.sqrt(divisor))
        low = middle - float(np.hypot(middle - near, spread)) - cost * divisor
        high = middle + float(np.hypot(max(ends) - middle, spread))
        return Estimate(
            value,
            n,
            min(low, value),
            max(high, value),
            "from the interval of T, and the cost of fitting it",
            widened=with_interval,
            contributions=lambda: fitted.contributions,
        )

    return with_interval(1.0)


def _divergence(z: Floats, beta: float) -> Floats:
    """Return per row the NLL at 1/T = 1 minus that at ``beta``, expected if ``beta`` is optimal."""
    p = np.exp(z * beta)
    total = p.sum(axis=1)
    slope = np.einsum("ij,ij->i", p, z) / total
    return np.asarray(np.log(np.exp(z).sum(axis=1)) - np.log(total) - slope * (1 - beta), dtype=np.float64)


def _cost(z: Floats, fitted: Temperature) -> float:
    """Return the NLL that a temperature fitted on four fifths of the rows loses against the optimal one."""
    beta = 1 / fitted.value
    _, curvature = _derivatives(z, z[:, 0], beta, fitted.weights)
    return 0.5 * curvature * (fitted.standard_error * beta**2) ** 2 * FOLDS / (FOLDS - 1)
