"""Centered kernel alignment between representations of layers on the same examples: linear, debiased."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

LEAST_EXAMPLES = 32
LEAST_DECIDING = 5.0
"""Effective number of examples below which the interval is withheld; from the simulation in ``scripts/simulate/alignment.py``."""
TRIMMED = 0.01
"""Share of the examples of largest norm that is removed to see whether few of them drive CKA: after Davari et al. (2023)."""
_RESOLVED = 1e-6
"""Distance from 1 below which single examples change CKA by no more than the rounding of the Gram matrices."""
_DIGITS = 12
"""Decimals kept, so that the CKA of a layer with itself is exactly 1."""
METHOD = "jackknife, Fisher's z, Student's t of the effective number of examples"


@dataclass(frozen=True)
class Grams:
    """Gram matrices of L layers on the same n examples.

    Attributes
    ----------
    grams
        (L, n, n) float32, inner products of the centered examples, 0 on the diagonal, of norm 1; 0 for a constant layer.
    largest
        (L, n) bool, the 1 % of the examples farthest from the layer's mean.
    """

    grams: NDArray[np.float32]
    largest: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Number of examples."""
        return self.grams.shape[1]


@dataclass(frozen=True)
class Alignment:
    """CKA of every layer of one model with every layer of another, (L1, L2) each; NaN where a layer is constant.

    ``low`` and ``high`` are a 95 % interval, NaN where ``deciding`` is below 5 or the layers are equal up to rounding;
    ``trimmed`` is the value without the examples that are farthest from the mean in either layer. ``deciding`` is the effective
    number of examples, from 1 to n: as many of equal influence would decide the value as surely; NaN where none has any.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    trimmed: FloatArray
    deciding: FloatArray

    def without_interval(self) -> Alignment:
        """Return the values without their intervals, which are for independent examples."""
        none = np.full(self.value.shape, np.nan)
        return replace(self, low=none, high=none)


def grams(features: Sequence[NDArray[np.floating]]) -> Grams:
    """Prepare layers for comparison.

    Parameters
    ----------
    features
        (n, C) for each layer, finite; n at least 32.
    """
    n = len(features[0])
    made = np.empty((len(features), n, n), np.float32)
    largest = np.zeros((len(features), n), np.bool_)
    for layer, values in enumerate(features):
        x = values.astype(np.float64)
        x -= x.mean(axis=0)
        scale = float(np.abs(x).max(initial=0.0))
        x /= scale or 1.0
        norms = (x**2).sum(axis=1)
        largest[layer, np.argsort(-norms, kind="stable")[: math.ceil(TRIMMED * n)]] = True
        gram = x @ x.T
        np.fill_diagonal(gram, 0.0)
        made[layer] = gram / (float(np.linalg.norm(gram)) or 1.0)
    return Grams(made, largest)


def align(first: Grams, second: Grams) -> Alignment:
    """Return the debiased linear CKA of all pairs of layers, in [-1, 1], around 0 for unrelated ones.

    HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)) with the unbiased estimator of Song et al. (2012): Kornblith et al. (2019),
    Murphy, Zylberberg & Fyshe (2024). It is not cut off at 0.

    The interval is the jackknife's over single examples, on the scale of Fisher's z. Where few examples make most of the
    jackknife's variance, that variance is itself uncertain: its degrees of freedom are one less than the effective number of
    examples, (Σ u²)² / Σ u⁴ for the influences u. An interval cannot know of rare examples that the sample lacks.
    """
    from scipy.special import stdtrit

    across, own = _Sums.across(first, second), [_Sums.own(one) for one in (first, second)]
    value = _cka(across.whole, own[0].whole, own[1].whole)
    n = first.n
    moved = _cka(across.without, own[0].without, own[1].without)
    moved -= moved.mean(axis=-1, keepdims=True)
    squares, fourths = (moved**2).sum(axis=-1), (moved**4).sum(axis=-1)
    deciding = np.divide(squares**2, fourths, out=np.full(value.shape, np.nan), where=fourths > 0)
    judged = (deciding >= LEAST_DECIDING) & (np.abs(value) < 1 - _RESOLVED)
    z, slope = np.arctanh(np.where(judged, value, 0.0)), 1.0 - np.where(judged, value, 0.0) ** 2
    reach = stdtrit(np.where(judged, deciding, LEAST_DECIDING) - 1, 0.975) * np.sqrt((n - 1) / n * squares) / slope
    low, high = (np.where(judged, np.tanh(end), np.nan) for end in (z - reach, z + reach))
    trimmed = _trimmed(first, second, across.trace, (own[0].trace, own[1].trace))
    return Alignment(value, low, high, trimmed, deciding)


def _cka(across: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Return CKA (L1, L2, ...) of HSIC (L1, L2, ...), (L1, ...) and (L2, ...); NaN where a layer's own HSIC is not above 0."""
    below = np.maximum(first, 0.0)[:, None] * np.maximum(second, 0.0)
    result: FloatArray = np.divide(across, np.sqrt(below), out=np.full(across.shape, np.nan), where=below > 0)
    return np.clip(np.round(result, _DIGITS), -1.0, 1.0)


def _hsic(n: int, traces: Any, totals: Any, rows: Any) -> Any:
    """Return Song's unbiased HSIC from sum(K L), sum(K) sum(L) and the inner product of their row sums: numbers or arrays."""
    inner = traces + totals / ((n - 1) * (n - 2)) - 2.0 * rows / (n - 2)
    return inner / (n * (n - 3))


@dataclass(frozen=True)
class _Sums:
    """HSIC of pairs of layers: with all examples (...), and (..., n) without each; ``trace`` is the sum over products."""

    whole: FloatArray
    without: FloatArray
    trace: FloatArray

    @classmethod
    def across(cls, first: Grams, second: Grams) -> _Sums:
        """Return (L1, L2): every layer with every one of another model."""
        products = np.empty((len(first.grams), len(second.grams), first.n))
        for example in range(first.n):
            one, other = (grams.grams[:, example].astype(np.float64) for grams in (first, second))
            products[:, :, example] = one @ other.T
        rows = [one.grams.sum(axis=2, dtype=np.float64) for one in (first, second)]
        mixed = np.stack([rows[1] @ gram for gram in first.grams])
        mixed += np.stack([rows[0] @ gram for gram in second.grams], axis=1)
        return cls._of(products, mixed, rows[0][:, None], rows[1])

    @classmethod
    def own(cls, one: Grams) -> _Sums:
        """Return (L,): every layer with itself."""
        rows = one.grams.sum(axis=2, dtype=np.float64)
        products = np.einsum("lij,lij->li", one.grams, one.grams, dtype=np.float64)
        mixed = 2.0 * np.stack([own @ gram for own, gram in zip(rows, one.grams, strict=True)])
        return cls._of(products, mixed, rows, rows)

    @classmethod
    def _of(cls, products: FloatArray, mixed: FloatArray, first: FloatArray, second: FloatArray) -> _Sums:
        """Return HSIC from sums by example (..., n): over products, over products with the other's row sums, and row sums."""
        n = products.shape[-1]
        trace, inner = products.sum(axis=-1), (first * second).sum(axis=-1)
        totals = [rows.sum(axis=-1, keepdims=True) for rows in (first, second)]
        whole = _hsic(n, trace, (totals[0] * totals[1])[..., 0], inner)
        without = _hsic(
            n - 1,
            trace[..., None] - 2.0 * products,
            (totals[0] - 2.0 * first) * (totals[1] - 2.0 * second),
            inner[..., None] - first * second - mixed + products,
        )
        return cls(whole, without, trace)


def _trimmed(first: Grams, second: Grams, across: FloatArray, own: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return CKA without the farthest examples of either layer, from the whole sums over products of Gram matrices."""
    rows = [one.grams.sum(axis=2, dtype=np.float64) for one in (first, second)]
    value = np.empty(across.shape)
    for i, j in np.ndindex(across.shape):
        out = np.flatnonzero(first.largest[i] | second.largest[j])
        one, other = _Rest(first.grams[i], rows[0][i], out), _Rest(second.grams[j], rows[1][j], out)
        below = one.hsic(one, float(own[0][i])) * other.hsic(other, float(own[1][j]))
        value[i, j] = one.hsic(other, float(across[i, j])) / math.sqrt(below) if below > 0 else np.nan
    return np.clip(value, -1.0, 1.0)


class _Rest:
    """A Gram matrix without some examples."""

    def __init__(self, gram: NDArray[np.float32], rows: FloatArray, out: NDArray[np.intp]) -> None:
        self._stripe = gram[out].astype(np.float64)
        self._corner = self._stripe[:, out]
        self._rows = rows - self._stripe.sum(axis=0)
        self._rows[out] = 0.0
        self._n = len(rows) - len(out)

    def hsic(self, other: _Rest, whole: float) -> float:
        """Return HSIC with another one that lacks the same examples; ``whole`` is the sum over products with all."""
        trace = whole - 2.0 * np.vdot(self._stripe, other._stripe) + np.vdot(self._corner, other._corner)
        totals = self._rows.sum() * other._rows.sum()
        return float(_hsic(self._n, trace, totals, np.vdot(self._rows, other._rows)))
