"""Smooth calibration error: calibration error without bins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_CELLS = 4000
_TOLERANCE = 1e-5


def smece(forecasts: Floats, positives: Floats, negatives: Floats) -> float:
    """Return the smooth calibration error in [0, 1]: the bandwidth that equals the error smoothed with it.

    Parameters
    ----------
    forecasts, positives, negatives
        As in :mod:`reportgen.metrics.calibration`.

    References
    ----------
    Błasiok & Nakkiran (2023), arXiv 2309.12236. Residuals are put on a grid of 4,001 points by linear interpolation
    and smoothed with the Gaussian kernel reflected at 0 and 1, whose cosine transform is known in closed form; the
    fixed point is found by bisection to 1e-5.
    """
    transform = _transform(forecasts, positives, negatives)
    low, high = 0.0, _smoothed(transform, 0.0)
    while high - low > _TOLERANCE:
        middle = (low + high) / 2
        if _smoothed(transform, middle) > middle:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def smece_at(forecasts: Floats, positives: Floats, negatives: Floats, bandwidth: float) -> float:
    """Return the calibration error smoothed with a given bandwidth."""
    return _smoothed(_transform(forecasts, positives, negatives), bandwidth)


def _transform(forecasts: Floats, positives: Floats, negatives: Floats) -> Floats:
    """Return the cosine transform of the residuals per unit of forecast, on the grid."""
    from scipy.fft import dct

    n = positives + negatives
    residual = (n * forecasts - positives) / n.sum()
    place = np.clip(forecasts, 0.0, 1.0) * _CELLS
    below = np.minimum(place.astype(np.int64), _CELLS - 1)
    share = place - below
    grid = np.bincount(below, weights=residual * (1 - share), minlength=_CELLS + 1)
    grid += np.bincount(below + 1, weights=residual * share, minlength=_CELLS + 1)
    grid[[0, -1]] *= 2
    return np.asarray(dct(grid, type=1) / 2, dtype=np.float64)


def _smoothed(transform: Floats, bandwidth: float) -> float:
    from scipy.fft import dct

    kernel = np.exp(-0.5 * (np.pi * np.arange(_CELLS + 1) * bandwidth) ** 2)
    density = np.abs(dct(transform * kernel, type=1))
    return float((density.sum() - (density[0] + density[-1]) / 2) / _CELLS)
