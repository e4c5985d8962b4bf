"""Centered kernel alignment between representations of layers on the same examples: linear, debiased."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Pair = Callable[[FloatArray, FloatArray], FloatArray]

BLOCKS = 20
"""Maximum number of blocks of examples for the jackknife."""
LEAST_EXAMPLES = 32
TRIMMED = 0.01
"""Share of the examples of largest norm that is removed to see whether few of them drive CKA: after Davari et al. (2023)."""
_DIGITS = 12
"""Decimals kept, so that the CKA of a layer with itself is exactly 1."""
METHOD = "jackknife over blocks of examples"


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

    ``low`` and ``high`` are a 95 % interval, ``trimmed`` the value without the examples that are farthest from the mean
    in either layer.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    trimmed: FloatArray

    def without_interval(self) -> Alignment:
        """Return the values without their intervals, which are for independent examples."""
        none = np.full(self.value.shape, np.nan)
        return replace(self, low=none, high=none)


def grams(features: Sequence[NDArray[np.floating]], seed: int) -> Grams:
    """Prepare layers for comparison.

    Parameters
    ----------
    features
        (n, C) for each layer, finite; n at least 32.
    seed
        Seed of the order of the examples, which determines the jackknife blocks. The same for all layers compared.
    """
    n = len(features[0])
    order = np.random.default_rng(seed).permutation(n)
    made = np.empty((len(features), n, n), np.float32)
    largest = np.zeros((len(features), n), np.bool_)
    for layer, values in enumerate(features):
        x = values[order].astype(np.float64)
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
    """
    from scipy.special import stdtrit

    across = _Sums(first, second, lambda x, y: x @ y.T)
    own = [_Sums(one, one, lambda x, y: np.einsum("ij,ij->i", x, y)) for one in (first, second)]
    value = _cka(across.hsic(), own[0].hsic(), own[1].hsic())
    parts = np.stack(
        [
            _cka(across.without(block), own[0].without(block), own[1].without(block))
            for block in range(len(across.starts))
        ]
    )
    blocks = len(parts)
    error = np.sqrt((blocks - 1) / blocks * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    reach = float(stdtrit(blocks - 1, 0.975)) * error
    trimmed = _trimmed(first, second, across.trace, (own[0].trace, own[1].trace))
    return Alignment(value, np.maximum(value - reach, -1.0), np.minimum(value + reach, 1.0), trimmed)


def _cka(across: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Return CKA (L1, L2); NaN where a layer's own HSIC is not above 0."""
    below = np.maximum(first, 0.0)[:, None] * np.maximum(second, 0.0)
    result: FloatArray = np.divide(across, np.sqrt(below), out=np.full(across.shape, np.nan), where=below > 0)
    return np.clip(np.round(result, _DIGITS), -1.0, 1.0)


def _hsic(n: int, traces: Any, totals: Any, rows: Any) -> Any:
    """Return Song's unbiased HSIC from sum(K L), sum(K) sum(L) and the inner product of their row sums: numbers or arrays."""
    inner = traces + totals / ((n - 1) * (n - 2)) - 2.0 * rows / (n - 2)
    return inner / (n * (n - 3))


class _Sums:
    """Sums over pairs of examples, whole and by block, from which HSIC follows with and without each block.

    ``pair`` contracts two stacks of vectors: all with all, or each with its own.
    """

    def __init__(self, first: Grams, second: Grams, pair: Pair) -> None:
        n = first.n
        self._n, self._pair = n, pair
        edges = np.linspace(0, n, min(BLOCKS, n // 4) + 1).astype(int)
        self.starts, self._ends = edges[:-1], edges[1:]
        self._columns = [_block_sums(one.grams, self.starts) for one in (first, second)]
        stripes, corners = [], []
        for start, end in zip(self.starts, self._ends, strict=True):
            stripe = [one.grams[:, start:end].astype(np.float64) for one in (first, second)]
            stripes.append(pair(*(_flat(one) for one in stripe)))
            corners.append(pair(*(_flat(one[:, :, start:end]) for one in stripe)))
        self._stripes, self._corners = stripes, corners
        self.trace = np.sum(stripes, axis=0)

    def hsic(self) -> FloatArray:
        """Return HSIC of all examples."""
        rows = [columns.sum(axis=2) for columns in self._columns]
        result: FloatArray = _hsic(self._n, self.trace, self._totals(rows), self._pair(rows[0], rows[1]))
        return result

    def without(self, block: int) -> FloatArray:
        """Return HSIC without the examples of a block."""
        start, end = self.starts[block], self._ends[block]
        rows = []
        for columns in self._columns:
            rest = columns.sum(axis=2) - columns[:, :, block]
            rest[:, start:end] = 0.0
            rows.append(rest)
        trace = self.trace - 2.0 * self._stripes[block] + self._corners[block]
        n = int(self._n - (end - start))
        result: FloatArray = _hsic(n, trace, self._totals(rows), self._pair(rows[0], rows[1]))
        return result

    def _totals(self, rows: list[FloatArray]) -> FloatArray:
        return self._pair(*(one.sum(axis=1, keepdims=True) for one in rows))


def _block_sums(grams: NDArray[np.float32], starts: NDArray[np.int64]) -> FloatArray:
    """Return (L, n, blocks): how each row sums up over the examples of each block."""
    return np.stack([np.add.reduceat(gram.astype(np.float64), starts, axis=1) for gram in grams])


def _flat(stack: FloatArray) -> FloatArray:
    return stack.reshape(len(stack), -1)


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
