"""Weights as matrices: their singular values, and what those of a random matrix of the same shape would be."""

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
"""Largest smaller side whose whole spectrum is computed."""
_TRACY_WIDOM_99 = 2.0234
"""99 % quantile of the Tracy-Widom law of order 1."""
_TOLERANCE = 1e-4


def as_matrix(values: NDArray[np.generic], inputs: Sequence[int], outputs: Sequence[int]) -> FloatArray:
    """Return a weight as (prod of input axes, prod of output axes) float64.

    >>> as_matrix(np.arange(6).reshape(1, 2, 3), (0, 2), (1,)).tolist()
    [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    """
    rows = math.prod(values.shape[axis] for axis in inputs)
    return np.ascontiguousarray(values.transpose(*inputs, *outputs).reshape(rows, -1), np.float64)


@dataclass(frozen=True)
class Spectrum:
    """What is known of the singular values of a block-diagonal matrix.

    Attributes
    ----------
    eigenvalues
        Of the Gram matrix: squared singular values, descending; None above ``FULL_LIMIT``.
    largest, total, squares
        The largest eigenvalue, their sum, the sum of their squares.
    shape
        Rows and columns of one block.
    blocks
        How many blocks there are.
    """

    eigenvalues: FloatArray | None
    largest: float
    total: float
    squares: float
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
    def participation_ratio(self) -> float | None:
        """(sum of eigenvalues)² / sum of their squares; None for zeros."""
        return self.total**2 / self.squares if self.squares > 0 else None

    @property
    def relative_participation(self) -> float | None:
        """The participation ratio over that of a random matrix of this shape, mn / (m + n + 1) per block."""
        rows, columns = self.shape
        ratio = self.participation_ratio
        return None if ratio is None else ratio * (rows + columns + 1) / (rows * columns * self.blocks)

    @property
    def random_edge(self) -> float:
        """The singular value that the largest one of a random matrix with these second moments stays below in 99 %.

        Upper edge of the Marchenko-Pastur law and the Tracy-Widom fluctuation about it: Johnstone (2001).
        """
        rows, columns = self.shape
        variance = self.total / (rows * columns * self.blocks)
        width = math.sqrt(rows) + math.sqrt(columns)
        scale = width * (1 / math.sqrt(rows) + 1 / math.sqrt(columns)) ** (1 / 3)
        return math.sqrt(variance * (width**2 + _TRACY_WIDOM_99 * scale))

    @property
    def spikes(self) -> FloatArray | None:
        """Eigenvalues above the random edge; None where the spectrum is not known."""
        return None if self.eigenvalues is None else self.eigenvalues[self.eigenvalues > self.random_edge**2]


def spectrum(matrix: FloatArray, blocks: int = 1) -> Spectrum:
    """Compute the spectrum of a matrix whose columns fall into ``blocks`` equal parts that are blocks of a diagonal.

    The Gram matrix of the smaller side is taken in float64 after division by the largest weight; eigenvalues that
    rounding alone can make are set to 0.
    """
    scale = float(np.abs(matrix).max(initial=0.0))
    shape = (matrix.shape[0], matrix.shape[1] // blocks)
    if scale == 0:
        none = np.zeros(min(shape) * blocks)
        return Spectrum(none, 0.0, 0.0, 0.0, shape, blocks)
    grams = [_gram(part / scale) for part in np.split(matrix, blocks, axis=1)]
    total = sum(float(np.trace(gram)) for gram in grams) * scale**2
    squares = sum(float((gram**2).sum()) for gram in grams) * scale**4
    if min(shape) > FULL_LIMIT:
        return Spectrum(None, max(_top(gram) for gram in grams) * scale**2, total, squares, shape, blocks)
    found = np.sort(np.concatenate([np.linalg.eigvalsh(gram) for gram in grams]))[::-1]
    found = np.where(found < max(shape) * np.finfo(np.float64).eps * found[0], 0.0, found) * scale**2
    return Spectrum(found, float(found[0]), total, squares, shape, blocks)


def _gram(matrix: FloatArray) -> FloatArray:
    gram: FloatArray = matrix.T @ matrix if matrix.shape[1] <= matrix.shape[0] else matrix @ matrix.T
    return gram


def _top(gram: FloatArray) -> float:
    """Return the largest eigenvalue by Lanczos from a fixed start."""
    from scipy.sparse.linalg import eigsh

    start = np.random.default_rng(0).normal(size=len(gram))
    return float(eigsh(gram, k=1, v0=start, return_eigenvectors=False)[0])


def operator_norm_bounds(kernel: FloatArray, *, strided: bool = False, transposed: bool = False) -> tuple[float, float]:
    """Bound the spectral norm of a convolution as a linear map of images, whatever their size.

    Parameters
    ----------
    kernel
        (spatial axes, inputs, outputs) float64; of one group.
    strided
        A stride above 1 leaves out one of the two lower bounds.
    transposed
        The kernel is that of a transposed convolution, with its axes as here.

    Returns
    -------
    tuple
        Lower bound: the norm of what one output position sees, or of what one input position reaches. Upper bound: the
        root of the kernel's size times the smallest norm of its reshapes, Singla & Feizi (2021). They hold for images
        no smaller than the kernel.
    """
    spatial = tuple(range(kernel.ndim - 2))
    norms = {chosen: _reshaped_norm(kernel, chosen) for chosen in _subsets(spatial)}
    seen, reached = norms[()], norms[spatial]
    lower = max(seen, reached) if not strided else reached if transposed else seen
    upper = math.sqrt(math.prod(kernel.shape[:-2])) * min(norms.values()) * (1 + _TOLERANCE)
    return lower, max(lower, upper)


def _subsets(axes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(axes, size) for size in range(len(axes) + 1))


def _reshaped_norm(kernel: FloatArray, with_outputs: tuple[int, ...]) -> float:
    """Return the spectral norm of the kernel with some spatial axes on the side of the outputs."""
    last = kernel.ndim - 1
    inputs = tuple(axis for axis in range(last) if axis not in with_outputs)
    matrix = as_matrix(kernel, inputs, (*with_outputs, last))
    scale = float(np.abs(matrix).max(initial=0.0))
    return 0.0 if scale == 0 else scale * math.sqrt(_largest(matrix / scale))


_DENSE_LIMIT = 600


def _largest(matrix: FloatArray) -> float:
    """Return the largest squared singular value; by Lanczos, to a relative 1e-4, where the matrix is large."""
    if min(matrix.shape) <= _DENSE_LIMIT:
        return float(np.linalg.eigvalsh(_gram(matrix))[-1])
    from scipy.sparse.linalg import LinearOperator, eigsh

    wide = matrix if matrix.shape[1] <= matrix.shape[0] else matrix.T
    size = wide.shape[1]
    gram = LinearOperator((size, size), matvec=lambda vector: wide.T @ (wide @ vector), dtype=np.float64)
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
