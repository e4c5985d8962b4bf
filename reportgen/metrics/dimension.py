"""Number of dimensions that activations use, estimated from a sample: debiased, with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.intervals import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

BLOCKS = 20
"""Maximum number of blocks of examples for the jackknife."""
LEAST_EXAMPLES = 8
METHOD = "jackknife over blocks of examples, on the log scale"


@dataclass(frozen=True)
class _Sums:
    """Sums over examples from which both U-statistics follow; x are the shifted rows.

    ``norms`` and ``norms2`` are the sums of norm(x)² and its square, ``linear`` of x, ``cubic`` of norm(x)² x, ``gram2``
    the squared Frobenius norm of the Gram matrix, ``quartic`` the sum of (x · linear)².
    """

    n: int
    norms: float
    norms2: float
    linear: FloatArray
    cubic: FloatArray
    gram2: float
    quartic: float

    def statistics(self) -> tuple[float, float]:
        """Return unbiased estimates of (tr Σ)² and tr Σ²: Chun, Canatar, Chung & Lee (2026), rows only."""
        n, t, t2 = self.n, self.norms, self.norms2
        ss, sw = float(self.linear @ self.linear), float(self.linear @ self.cubic)
        pairs = t * t - t2
        triples = t * ss - 2 * sw - t * t + 2 * t2
        equal = self.gram2 - t2
        chain = self.quartic - 2 * sw + t2
        quads = (ss - t) ** 2 - 4 * chain + 2 * equal
        joint = chain - equal
        n2, n3, n4 = n * (n - 1), n * (n - 1) * (n - 2), n * (n - 1) * (n - 2) * (n - 3)
        return pairs / n2 - 2 * triples / n3 + quads / n4, equal / n2 - 2 * joint / n3 + quads / n4


def debiased_participation_ratio(samples: NDArray[np.floating]) -> Estimate | None:
    """Estimate the participation ratio (tr Σ)² / tr Σ² of the covariance of the rows.

    Parameters
    ----------
    samples
        (n_examples, n_draws, n_channels), finite; draws are positions of one example and not independent: numerators
        and denominators are averaged over them.

    Returns
    -------
    Estimate or None
        With a 95 % interval if the jackknife gives one; None for fewer than 8 examples, for constants, and where the
        denominator is not distinguishable from 0.
    """
    n = len(samples)
    if n < LEAST_EXAMPLES:
        return None
    means = samples.mean(axis=0, dtype=np.float64)
    scale = float(np.maximum(samples.max(axis=0) - means, means - samples.min(axis=0)).max(initial=0.0))
    if scale == 0:
        return None
    blocks = np.array_split(np.arange(n), min(BLOCKS, n // 4))
    draws = [_draw((samples[:, index] - mean) / scale, blocks) for index, mean in enumerate(means)]
    whole = _ratio([one[0] for one in draws])
    parts = [_ratio([one[1][index] for one in draws]) for index in range(len(blocks))]
    if whole is None:
        return None
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return Estimate(whole, n)
    return Estimate(whole, n, *_interval(whole, known), METHOD)


def _ratio(parts: list[tuple[float, float]]) -> float | None:
    above, below = (math.fsum(part[index] for part in parts) for index in (0, 1))
    return above / below if above > 0 and below > 1e-12 * above else None


def _interval(whole: float, parts: list[float]) -> tuple[float, float]:
    from scipy.special import stdtrit

    logs = np.log(parts)
    blocks = len(logs)
    error = math.sqrt((blocks - 1) / blocks * float(((logs - logs.mean()) ** 2).sum()))
    reach = float(stdtrit(blocks - 1, 0.975)) * error
    return whole * math.exp(-reach), whole * math.exp(reach)


def _draw(x: FloatArray, blocks: list[NDArray[np.intp]]) -> tuple[tuple[float, float], list[tuple[float, float]]]:
    """Return the statistics of one centered draw, and those without each block; all draws on one scale."""
    norms = (x**2).sum(axis=1)
    squares = _GramSquares(x, blocks)
    linear, cubic = x.sum(axis=0), norms @ x
    without = linear - np.stack([x[block].sum(axis=0) for block in blocks])
    toward = (x @ without.T) ** 2

    def left_out(index: int) -> _Sums:
        block = blocks[index]
        rest = norms[block]
        return _Sums(
            n=len(x) - len(block),
            norms=float(norms.sum() - rest.sum()),
            norms2=float((norms**2).sum() - (rest**2).sum()),
            linear=without[index],
            cubic=cubic - rest @ x[block],
            gram2=squares.without[index],
            quartic=float(toward[:, index].sum() - toward[block, index].sum()),
        )

    quartic = float(((x @ linear) ** 2).sum())
    whole = _Sums(len(x), float(norms.sum()), float((norms**2).sum()), linear, cubic, squares.whole, quartic)
    return whole.statistics(), [left_out(index).statistics() for index in range(len(blocks))]


class _GramSquares:
    """Squared Frobenius norm of the Gram matrix, of all rows and without each block; on the cheaper side."""

    def __init__(self, x: FloatArray, blocks: list[NDArray[np.intp]]) -> None:
        starts = np.array([block[0] for block in blocks])
        if len(x) <= 2 * x.shape[1]:
            table = np.add.reduceat(np.add.reduceat((x @ x.T) ** 2, starts, axis=0), starts, axis=1)
            with_all, inside = table.sum(axis=1), table.diagonal()
        else:
            gram = x.T @ x
            with_all = np.add.reduceat(((x @ gram) * x).sum(axis=1), starts)
            inside = np.array([((x[block] @ x[block].T) ** 2).sum() for block in blocks])
        self.whole = float(with_all.sum())
        self.without = [float(value) for value in self.whole - 2 * with_all + inside]


def covariance_eigenvalues(samples: NDArray[np.floating]) -> FloatArray:
    """Return the eigenvalues of the covariance of rows (n, n_channels), at most min(n - 1, n_channels) of them above 0.

    Eigenvalues that rounding alone can produce, below n times the machine precision relative to the largest, are 0.

    >>> covariance_eigenvalues(np.array([[1.0, 0.0], [-1.0, 0.0]])).tolist()
    [0.0, 1.0]
    """
    x = samples.astype(np.float64)
    x -= x.mean(axis=0)
    scale = float(np.abs(x).max(initial=0.0))
    if scale == 0:
        return np.zeros(min(x.shape))
    x /= scale
    gram = x.T @ x if x.shape[1] <= len(x) else x @ x.T
    found = np.asarray(np.linalg.eigvalsh(gram), np.float64)
    found[found < max(x.shape) * np.finfo(np.float64).eps * found[-1]] = 0.0
    eigenvalues: FloatArray = found * (scale**2 / len(x))
    return eigenvalues
