"""How alike rows are that are not equal: perceptual hashes and correlations of pictures, distances of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Hashes = NDArray[np.uint64]

CORRELATION = 0.99
"""From which two pictures are nearly equal. Of 600 pictures of digits, 8 × 8 pixels, and 957 others by the same writers no pair reaches it."""
DIFFERENT_BITS = 6
"""Up to which the hashes of two pictures are alike enough to compare the pictures."""
TOLERANCE = 0.001
"""Standard deviations of a column up to which two values are nearly equal."""
HASH_SIDE = 8
"""Frequencies of a hash along each axis; pictures have at least as many pixels a side."""
HASH_BITS = HASH_SIDE**2 - 1
"""Bits of a hash: the mean of the picture is none of them."""


def averaged(values: Floats, size: int, axis: int) -> Floats:
    """Reduce an axis to a size by the means of neighbors; the axis must not be shorter.

    >>> averaged(np.array([1.0, 3.0, 5.0, 7.0]), 2, 0).tolist()
    [2.0, 6.0]
    """
    starts = np.arange(size) * values.shape[axis] // size
    counts = np.diff(starts, append=values.shape[axis])
    sums = np.add.reduceat(values, starts, axis=axis)
    return np.moveaxis(np.moveaxis(sums, axis, -1) / counts, -1, axis)


def perceptual_hashes(pictures: Floats) -> Hashes:
    """Return a hash of 63 bits for each picture: which of its low frequencies are above their median.

    Parameters
    ----------
    pictures
        (N, height, width) gray values; no side is shorter than 8.

    Returns
    -------
    ndarray
        (N,) uint64. A bit is a coefficient of the discrete cosine transform (type II, orthonormal) among the 8 lowest along both
        axes, without the mean, row by row, the first in the lowest bit.

    References
    ----------
    Zauner (2010), Implementation and benchmarking of perceptual image hash functions, section 3.2.1. The cosines are those of the whole
    picture, not of one that was reduced to 32 × 32 pixels.
    """
    height, width = pictures.shape[1:]
    coefficients = _cosines(height) @ pictures @ _cosines(width).T
    found = coefficients.reshape(len(pictures), -1)[:, 1:]
    bits = found > np.median(found, axis=1, keepdims=True)
    return (bits.astype(np.uint64) << np.arange(HASH_BITS, dtype=np.uint64)).sum(axis=1, dtype=np.uint64)


def _cosines(size: int) -> Floats:
    """Return the (8, size) lowest cosines of a transform."""
    angles = np.pi * np.outer(np.arange(HASH_SIDE), 2 * np.arange(size) + 1) / (2 * size)
    scale = np.full((HASH_SIDE, 1), np.sqrt(2 / size))
    scale[0] = np.sqrt(1 / size)
    found: Floats = scale * np.cos(angles)
    return found


def differing_bits(first: Hashes, second: Hashes) -> NDArray[np.uint8]:
    """Return the number of bits in which hashes (N,) differ."""
    return np.bitwise_count(first ^ second)


def standardized(rows: Floats) -> Floats:
    """Return rows (N, k) with mean 0 and length 1, so that products are Pearson's correlations; a constant row becomes 0."""
    centered = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centered**2).sum(axis=1, keepdims=True))
    found: Floats = np.divide(centered, lengths, out=np.zeros_like(centered), where=lengths > 0)
    return found


def farthest_apart(first: NDArray[Any], second: NDArray[Any], spread: Floats) -> Floats:
    """Return the largest difference of the values of rows, in units of the spread of each column.

    Parameters
    ----------
    first, second
        (N, k) numbers.
    spread
        (k,) not negative. A column without spread makes rows infinitely far apart unless its values are equal.

    Returns
    -------
    ndarray
        (N,) float64, not negative.
    """
    apart = np.abs(first.astype(np.float64) - second.astype(np.float64))
    limited = np.divide(apart, spread, out=np.where(apart > 0, np.inf, 0.0), where=spread > 0)
    found: Floats = limited.max(axis=1, initial=0.0)
    return found
