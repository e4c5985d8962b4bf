"""Weights as matrices: singular values, and those expected of a random matrix of the same shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain, combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

FULL_LIMIT = 2048
"""Largest smaller side for which the full spectrum is computed."""
_TRACY_WIDOM_99 = 2.0234
"""99 % quantile of the Tracy-Widom law of order 1."""
_TOLERANCE = 1e-4
_DENSE_LIMIT = 600
"""Smaller side above which only the largest singular value is computed, by Lanczos. Convention, from timings."""
_PART = 1 << 22
"""Number of matrix elements scaled at a time, which bounds the memory."""


def as_matrix(values: NDArray[np.generic], inputs: Sequence[int], outputs: Sequence[int]) -> FloatArray:
    """Return a weight as (prod of input axes, prod of output axes) float64.

    >>> as_matrix(np.arange(6).reshape(1, 2, 3), (0, 2), (1,)).tolist()
    [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    """
    rows = math.prod(values.shape[axis] for axis in inputs)
    return np.ascontiguousarray(values.transpose(*inputs, *outputs).reshape(rows, -1), np.float64)


@dataclass(frozen=True)
class Spectrum:
    """Singular values of a block-diagonal matrix.

    Attributes
    ----------
    eigenvalues
        Of the Gram matrix: squared singular values, descending; None above ``FULL_LIMIT``.
    largest, total
        The largest eigenvalue, and their sum.
    participation_ratio
        (sum of eigenvalues)² / sum of their squares; None for zeros.
    shape
        Rows and columns of one block.
    blocks
        Number of blocks.
    """

    eigenvalues: FloatArray | None
    largest: float
    total: float
    participation_ratio: float | None
    shape: tuple[int, int]
    blocks: int

    @property
    def spectral_norm(self) -> float:
        """The largest singular value."""
        return math.sqrt(self.largest)

    @property
    def stable_rank(self) -> float | None:
        """Squared Frobenius norm over squared spectral norm; None for zeros."""
        return self.total / self.largest if self.largest > 0 else None

    @property
    def relative_participation(self) -> float | None:
        """The participation ratio relative to a random matrix of this shape, mn / (m + n + 1) per block."""
        rows, columns = self.shape
        ratio = self.participation_ratio
        return None if ratio is None else ratio * (rows + columns + 1) / (rows * columns * self.blocks)

    @property
    def random_edge(self) -> float:
        """99 % quantile of the largest singular value of a random matrix with these second moments.

        Upper edge of the Marchenko-Pastur law and the Tracy-Widom fluctuation about it: Johnstone (2001).
        """
        rows, columns = self.shape
        variance = self.total / (rows * columns * self.blocks)
        width = math.sqrt(rows) + math.sqrt(columns)
        scale = width * (1 / math.sqrt(rows) + 1 / math.sqrt(columns)) ** (1 / 3)
        return math.sqrt(variance * (width**2 + _TRACY_WIDOM_99 * scale))

    @property
    def spikes(self) -> FloatArray | None:
        """Eigenvalues above the random edge; None where the full spectrum was not computed."""
        return None if self.eigenvalues is None else self.eigenvalues[self.eigenvalues > self.random_edge**2]


def spectrum(matrix: FloatArray, blocks: int = 1) -> Spectrum:
    """Compute the spectrum of a matrix whose columns consist of ``blocks`` equal parts, the blocks of a diagonal.

    The Gram matrix of the smaller side is taken in float64 after division by the largest weight; eigenvalues that
    rounding alone can produce are set to 0.
    """
    scale = _peak(matrix)
    shape = (matrix.shape[0], matrix.shape[1] // blocks)
    if scale == 0:
        return Spectrum(np.zeros(min(shape) * blocks), 0.0, 0.0, None, shape, blocks)
    grams = [_gram(part, scale) for part in np.split(matrix, blocks, axis=1)]
    total = sum(float(np.trace(gram)) for gram in grams)
    ratio = total**2 / sum(float(np.vdot(gram, gram)) for gram in grams)
    if min(shape) > FULL_LIMIT:
        largest = max(_top(gram) for gram in grams)
        return Spectrum(None, largest * scale**2, total * scale**2, ratio, shape, blocks)
    found = np.sort(np.concatenate([np.linalg.eigvalsh(gram) for gram in grams]))[::-1]
    found = np.where(found < max(shape) * np.finfo(np.float64).eps * found[0], 0.0, found) * scale**2
    return Spectrum(found, float(found[0]), total * scale**2, ratio, shape, blocks)


def _peak(matrix: FloatArray) -> float:
    return max(float(matrix.max(initial=0.0)), -float(matrix.min(initial=0.0)))


def _gram(matrix: FloatArray, scale: float) -> FloatArray:
    """Return the Gram matrix of the smaller side, after division by a scale; the larger side is processed in parts."""
    tall = matrix if matrix.shape[1] <= matrix.shape[0] else matrix.T
    step = max(_PART // tall.shape[1], 1)
    gram: FloatArray = np.zeros((tall.shape[1], tall.shape[1]))
    for start in range(0, len(tall), step):
        part = tall[start : start + step] / scale
        gram += part.T @ part
    return gram


def _top(gram: FloatArray) -> float:
    """Return the largest eigenvalue by Lanczos from a fixed start."""
    from scipy.sparse.linalg import eigsh

    start = np.random.default_rng(0).normal(size=len(gram))
    return float(eigsh(gram, k=1, v0=start, return_eigenvectors=False)[0])


def operator_norm_bounds(
    kernel: FloatArray, *, seen: float | None = None, strided: bool = False, transposed: bool = False
) -> tuple[float, float]:
    """Bound the spectral norm of a convolution as a linear operator on images of any size.

    Parameters
    ----------
    kernel
        (spatial axes, inputs, outputs) float64, of one group.
    seen
        Spectral norm of the kernel as (spatial axes and inputs, outputs), if it is already known.
    strided
        Whether the stride is above 1, where only one of the two lower bounds applies.
    transposed
        Whether the convolution is transposed; the axes of the kernel are as above.

    Returns
    -------
    tuple
        Lower bound: the norm of what one output position sees, or of what one input position reaches. Upper bound: the
        root of the kernel's size times the smallest norm of its reshapes, Singla & Feizi (2021). The upper bound is
        always valid, the lower one where some position is at least the kernel size away from every border. Norms found by Lanczos
        widen the bracket by their tolerance.
    """
    spatial = tuple(axis for axis in range(kernel.ndim - 2) if kernel.shape[axis] > 1)
    known = {} if seen is None else {(): (seen, seen)}
    norms = known | {chosen: _reshaped_norm(kernel, chosen) for chosen in _subsets(spatial) if chosen not in known}
    sees, reaches = norms[()][0], norms[spatial][0]
    lower = max(sees, reaches) if not strided else reaches if transposed else sees
    upper = math.sqrt(math.prod(kernel.shape[:-2])) * min(high for _, high in norms.values())
    return lower, max(lower, upper)


def _subsets(axes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(axes, size) for size in range(len(axes) + 1))


def _reshaped_norm(kernel: FloatArray, with_outputs: tuple[int, ...]) -> tuple[float, float]:
    """Bound the spectral norm of the kernel with some spatial axes on the side of the outputs."""
    last = kernel.ndim - 1
    inputs = tuple(axis for axis in range(last) if axis not in with_outputs)
    matrix = as_matrix(kernel, inputs, (*with_outputs, last))
    scale = _peak(matrix)
    if scale == 0:
        return 0.0, 0.0
    if min(matrix.shape) <= _DENSE_LIMIT:
        norm = scale * math.sqrt(float(np.linalg.eigvalsh(_gram(matrix, scale))[-1]))
        return norm, norm
    norm = scale * math.sqrt(_largest(matrix / scale))
    return norm, norm * (1 + _TOLERANCE)


def _largest(matrix: FloatArray) -> float:
    """Return the largest squared singular value by Lanczos, to a relative ``_TOLERANCE``."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    tall = matrix if matrix.shape[1] <= matrix.shape[0] else matrix.T
    size = tall.shape[1]
    gram = LinearOperator((size, size), matvec=lambda vector: tall.T @ (tall @ vector), dtype=np.float64)
    start = np.random.default_rng(0).normal(size=size)
    return float(eigsh(gram, k=1, v0=start, tol=_TOLERANCE, return_eigenvectors=False)[0])


def filter_bounds(filters: FloatArray) -> tuple[float, float]:
    """Bound the spectral norm of a depthwise convolution: the bounds of its worst channel.

    Parameters
    ----------
    filters
        (spatial axes, channels) float64.
    """
    channels = np.moveaxis(filters, -1, 0)
    flat = np.sqrt((channels.reshape(len(channels), -1) ** 2).sum(axis=1))
    smallest = flat
    if channels.ndim == 3:  # noqa: PLR2004 two spatial axes
        smallest = np.minimum(flat, np.linalg.svd(channels, compute_uv=False)[:, 0])
    return float(flat.max()), float(math.sqrt(math.prod(filters.shape[:-1])) * smallest.max())
