"""The difference of two estimates on independent rows, from their intervals alone."""

from __future__ import annotations

import math

Ends = tuple[float, float, float]
"""A value, and the lower and upper end of its 95 % interval."""


def difference(first: Ends, second: Ends) -> tuple[float, float]:
    """Return the 95 % interval of first minus second, from their own intervals: the method of variance estimates recovery.

    Of two Wilson intervals it is Newcombe's (1998) interval of a difference of proportions, method 10; of two normal intervals it is
    the one with the root of the summed variances. It is for independent rows; on the same rows, where two models mostly agree, it is
    too wide. An end outside of its value counts as the value.

    References
    ----------
    Zou & Donner (2008), Statistics in Medicine 27, 1693-1702. Newcombe (1998), Statistics in Medicine 17, 873-890.

    >>> low, high = difference((0.7, 0.6, 0.8), (0.5, 0.4, 0.6))
    >>> round(low, 4), round(high, 4)
    (0.0586, 0.3414)
    """
    (value, low, high), (other, other_low, other_high) = first, second
    below = math.hypot(max(value - low, 0.0), max(other_high - other, 0.0))
    above = math.hypot(max(high - value, 0.0), max(other - other_low, 0.0))
    return value - other - below, value - other + above
