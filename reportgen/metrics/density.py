"""Density of values on a closed range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.mapped import in_order
from reportgen.metrics.spans import average, each, equal, spans, total

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values

    Floats = NDArray[np.float64]

_CELLS = 2048


def reflected_density(
    values: Values, low: float, high: float, points: int, counts: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return a Gaussian kernel density on [low, high], reflected at both ends so that its integral is 1.

    Parameters
    ----------
    values
        (N,) float64 in [low, high]; values outside are moved to the nearest end.
    low, high
        The range.
    points
        Number of grid points.
    counts
        (N,) how often each of the values, which are then sorted, occurs; None for once.

    Returns
    -------
    tuple
        Grid (points,) and density (points,). The bandwidth is Silverman's (1986) rule, but at least 1 % of the
        range, so that many equal values stay visible.
    """
    from scipy.fft import dct

    width, grid = high - low, np.zeros(_CELLS + 1)
    weights = equal(len(values)) if counts is None else counts
    for span in spans(len(values)):
        place = np.clip((values[span] - low) / width, 0.0, 1.0) * _CELLS
        below = np.minimum(place.astype(np.int64), _CELLS - 1)
        share = place - below
        grid += np.bincount(below, weights=(1 - share) * weights[span], minlength=_CELLS + 1)
        grid += np.bincount(below + 1, weights=share * weights[span], minlength=_CELLS + 1)
    grid[[0, -1]] *= 2
    n, mean = total(weights), average(values, weights)
    deviation = math.sqrt(average(each(lambda value: (value - mean) ** 2, values), weights))
    quartile_range = float(np.subtract(*quantiles(values, [0.75, 0.25], counts))) / 1.34
    spread = min(deviation, quartile_range) or deviation
    bandwidth = max(0.9 * spread * n**-0.2 / width, 0.01)
    kernel = np.exp(-0.5 * (np.pi * np.arange(_CELLS + 1) * bandwidth) ** 2)
    smooth = dct(dct(grid, type=1) / 2 * kernel, type=1) / n / width
    fine = np.linspace(low, high, _CELLS + 1)
    wanted = np.linspace(low, high, points)
    return wanted, np.maximum(np.interp(wanted, fine, smooth), 0.0)


def quantiles(values: Values, levels: list[float], counts: Floats | None = None) -> Floats:
    """Return the quantiles of values (N,), between two of them in proportion; of sorted ones that occur ``counts`` (N,) times, the values there.

    >>> quantiles(np.array([3.0, 1.0]), [0.25, 0.5]).tolist()
    [1.5, 2.0]
    >>> quantiles(np.array([1.0, 2.0]), [0.25, 0.75], np.array([9.0, 1.0])).tolist()
    [1.0, 1.0]
    """
    if counts is None:
        ordered = in_order(values)
        place = np.asarray(levels) * (len(ordered) - 1)
        below = place.astype(np.int64)
        first, second = ordered[below], ordered[np.minimum(below + 1, len(ordered) - 1)]
        return np.asarray(first + (second - first) * (place - below))
    places = np.searchsorted(np.cumsum(counts), np.asarray(levels) * counts.sum())
    return values[np.minimum(places, len(values) - 1)]
