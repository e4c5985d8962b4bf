"""The difference of two estimates from their intervals: of independent rows, or of the same rows with the correlation of what they contribute."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ends = tuple[float, float, float]
"""A value, and the lower and upper end of its 95 % interval."""


def difference(first: Ends, second: Ends, correlation: float = 0.0) -> tuple[float, float]:
    """Return the 95 % interval of first minus second, from their own intervals: the method of variance estimates recovery.

    Of two Wilson intervals it is Newcombe's (1998) interval of a difference of proportions, method 10; of two normal intervals it is
    the one with the root of the summed variances. Without their ``correlation`` (-1 to 1) it is for independent rows; on the same rows, where two models mostly
    agree, it is then too wide. An end outside of its value counts as the value.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702. Zou (2007), Psychological Methods 12, 399-413, with a correlation.
    Newcombe (1998), Statistics in Medicine 17, 873-890.

    >>> low, high = difference((0.7, 0.6, 0.8), (0.5, 0.4, 0.6))
    >>> round(low, 4), round(high, 4)
    (0.0586, 0.3414)
    """
    (value, low, high), (other, other_low, other_high) = first, second
    below = _combined(max(value - low, 0.0), max(other_high - other, 0.0), correlation)
    above = _combined(max(high - value, 0.0), max(other - other_low, 0.0), correlation)
    return value - other - below, value - other + above


def _combined(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0))


def correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the correlation of two estimates on the same rows, from what each independent row contributes to them (N,), sums of 0.

    A positive one has Newcombe's continuity correction, generalized: half a row that contributes as much as rows can differ is subtracted, so that
    models which hardly differ on these rows are not taken to be equal on all others. 0 where nothing varies.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 2635-2650, method 10.

    >>> import numpy as np
    >>> right = np.repeat([0.5, -0.5], 50)
    >>> round(correlation(right, right), 9), correlation(right, -right), correlation(right, 0 * right)
    (0.98, -1.0, 0.0)
    """
    scale = math.sqrt(float(first @ first) * float(second @ second))
    if scale == 0:
        return 0.0
    product = float(first @ second)
    if product > 0:
        product = max(product - float(np.ptp(first) * np.ptp(second)) / 2, 0.0)
    return product / scale
