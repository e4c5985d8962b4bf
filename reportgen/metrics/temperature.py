"""Temperature scaling: how much miscalibration one parameter removes, evaluated on held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics import scores
from reportgen.metrics.folds import FOLDS, stratified_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

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
    """A fitted temperature and its sandwich standard error."""

    value: float
    standard_error: float


@dataclass(frozen=True)
class CrossFit:
    """Out-of-fold effect of the temperature: NLL before and after per row, and confidence after."""

    fitted: Temperature
    nll_before: Floats
    nll_after: Floats
    confidence_after: Floats


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
    return Temperature(1.0 / beta, error)


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


def cross_fit(logits: NDArray[Any], targets: NDArray[Any], labels: NDArray[np.int32], seed: int) -> CrossFit:
    """Fit the temperature on all rows, and evaluate it by five label-stratified folds.

    Parameters
    ----------
    logits, targets
        As in :func:`fit`.
    labels
        (N,) classes to stratify by.
    seed
        Seed of the folds.

    Raises
    ------
    NoTemperatureError
        As in :func:`fit`, on all rows or without one fold.
    """
    fitted = fit(logits, targets)
    fold = stratified_folds(labels, seed)
    before, after, confidence = np.empty(len(logits)), np.empty(len(logits)), np.empty(len(logits))
    for index in range(FOLDS):
        inside = fold == index
        if not inside.any():
            continue
        temperature = fit(logits[~inside], targets[~inside], fitted.value).value
        before[inside] = scores.nll(scores.log_softmax(logits[inside]), targets[inside])
        log_p = scores.log_softmax(logits[inside] / temperature)
        after[inside] = scores.nll(log_p, targets[inside])
        confidence[inside] = np.exp(log_p.max(axis=1))
    return CrossFit(fitted, before, after, confidence)
