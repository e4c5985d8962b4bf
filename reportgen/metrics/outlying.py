"""How far a value lies from the others of its column, whatever their unit and however heavy their tails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_OF_MEDIAN_DEVIATION = 1.482602218505602
"""1 / 0.6745: makes the median absolute deviation of normal values their standard deviation."""
_OF_MEAN_DEVIATION = 1.2533141373155001
"""The root of pi / 2: does the same for the mean absolute deviation."""


def centers(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the median (F,) and the robust standard deviation (F,) of the columns of a matrix (N, F).

    The latter is 1.4826 times the median absolute deviation; where more than half of the values are equal, 1.2533 times
    the mean one; 0 only for a constant column.

    References
    ----------
    Iglewicz & Hoaglin (1993), How to detect and handle outliers.

    >>> import numpy as np
    >>> median, spread = centers(np.array([[1.0], [2.0], [3.0], [4.0], [100.0]]))
    >>> float(median[0]), round(float(spread[0]), 4)
    (3.0, 1.4826)
    """
    median = np.median(values, axis=0)
    deviations = np.abs(values - median)
    typical = _OF_MEDIAN_DEVIATION * np.median(deviations, axis=0)
    return median, np.where(typical > 0, typical, _OF_MEAN_DEVIATION * deviations.mean(axis=0))


def farthest(row: FloatArray, median: FloatArray, spread: FloatArray, most: int) -> NDArray[np.int64]:
    """Return the columns of a row (F,) that are farthest from the median in robust standard deviations, at most ``most``.

    A value that is the median is never among them; one outside a constant column is the farthest.
    """
    away = np.abs(row - median)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(away > 0, away / spread, 0.0)
    order = np.argsort(-distance, kind="stable")[:most]
    return order[distance[order] > 0]
