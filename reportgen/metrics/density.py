"""Density of values on a closed range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_CELLS = 2048


def reflected_density(values: Floats, low: float, high: float, points: int) -> tuple[Floats, Floats]:
    """Return a Gaussian kernel density on [low, high], reflected at both ends so that its integral is 1.

    Parameters
    ----------
    values
        (N,) float64 in [low, high]; values outside are moved to the nearest end.
    low, high
        The range.
    points
        Number of grid points.

    Returns
    -------
    tuple
        Grid (points,) and density (points,). The bandwidth is Silverman's (1986) rule, but at least 1 % of the
        range, so that many equal values stay visible.
    """
    from scipy.fft import dct

    span = high - low
    place = np.clip((values - low) / span, 0.0, 1.0) * _CELLS
    below = np.minimum(place.astype(np.int64), _CELLS - 1)
    share = place - below
    grid = np.bincount(below, weights=1 - share, minlength=_CELLS + 1)
    grid += np.bincount(below + 1, weights=share, minlength=_CELLS + 1)
    grid[[0, -1]] *= 2
    quartile_range = float(np.subtract(*np.quantile(values, [0.75, 0.25]))) / 1.34
    spread = min(float(np.std(values)), quartile_range) or float(np.std(values))
    bandwidth = max(0.9 * spread * len(values) ** -0.2 / span, 0.01)
    kernel = np.exp(-0.5 * (np.pi * np.arange(_CELLS + 1) * bandwidth) ** 2)
    smooth = dct(dct(grid, type=1) / 2 * kernel, type=1) / len(values) / span
    fine = np.linspace(low, high, _CELLS + 1)
    wanted = np.linspace(low, high, points)
    return wanted, np.maximum(np.interp(wanted, fine, smooth), 0.0)
