"""Smooth calibration error: calibration error without bins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.calibrated import Null, null_of
from reportgen.metrics.spans import counts, each, spans, total

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values

    Floats = NDArray[np.float64]

NULL_DRAWS = 399
"""Draws of a calibrated model: fewer than for the ECE, because each is smoothed."""
_NULL_CELLS = (250, 1000)
_NULL_TOLERANCE = 1e-4
"""A coarser grid (up to 10,000 examples, above) and tolerance for these draws: well below the error that chance alone makes."""
_MANY = 10_000
_CELLS = 4000
_TOLERANCE = 1e-5


def smece(forecasts: Values, positives: Values, negatives: Values) -> float:
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
    return float(_fixed_point(_residuals(forecasts, positives, negatives))[0])


def smece_at(forecasts: Values, positives: Values, negatives: Values, bandwidth: float) -> float:
    """Return the calibration error smoothed with a given bandwidth."""
    transform = _transform(_residuals(forecasts, positives, negatives))
    return float(_smoothed(transform, np.array([bandwidth]))[0])


def _residuals(forecasts: Values, positives: Values, negatives: Values) -> Floats:
    """Return the residuals on a grid (1, cells + 1), as shares of all examples."""
    whole, grid = total(each(np.add, positives, negatives)), np.zeros((1, _CELLS + 1))
    for span in spans(len(forecasts)):
        f, true = forecasts[span], positives[span]
        grid += _grid(f, (((true + negatives[span]) * f - true) / whole)[None])
    return grid


def smece_null(forecasts: Values, positives: Values, negatives: Values, seed: int, draws: int = NULL_DRAWS) -> Null:
    """Return the smooth calibration error expected of a calibrated model with these forecasts, from seeded draws.

    Forecasts that share a point of a grid of 251, or of 1,001 above 10,000 examples, are drawn together: binomial with their mean.
    The draws are few, so that the upper end is that of 95 % of calibrated models within about 2 points.

    Parameters
    ----------
    forecasts, positives, negatives
        As in :func:`smece`.
    seed, draws
        Seed and number of the draws.
    """
    n = each(np.add, positives, negatives)
    cells = _NULL_CELLS[int(total(n) > _MANY)]
    cell = each(lambda f: np.round(np.clip(f, 0.0, 1.0) * cells).astype(np.int64), forecasts)
    found = counts(cell, cells + 1, n)
    used = np.flatnonzero(found > 0)
    size = found[used]
    mean = np.clip(counts(cell, cells + 1, each(np.multiply, n, forecasts))[used] / size, 0.0, 1.0)
    trials = np.maximum(np.round(size).astype(np.int64), 1)
    outcomes = np.random.default_rng(seed).binomial(trials, mean, (draws, len(used)))
    grid = _grid(mean, size * (mean - outcomes / trials) / size.sum(), cells)
    return null_of(_fixed_point(grid, _NULL_TOLERANCE), smece(forecasts, positives, negatives))


def _fixed_point(grid: Floats, tolerance: float = _TOLERANCE) -> Floats:
    """Return the bandwidths (draws,) that equal the errors of residuals on a grid (draws, points) smoothed with them."""
    transform = _transform(grid)
    low, high = np.zeros(len(grid)), _smoothed(transform, np.zeros(len(grid)))
    while bool((high - low > tolerance).any()):
        middle = (low + high) / 2
        above = _smoothed(transform, middle) > middle
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2


def _grid(forecasts: Floats, residuals: Floats, cells: int = _CELLS) -> Floats:
    """Return residuals (draws, N) at forecasts (N,) on a grid (draws, cells + 1), by linear interpolation."""
    place = np.clip(forecasts, 0.0, 1.0) * cells
    below = np.minimum(place.astype(np.int64), cells - 1)
    share = place - below
    return np.stack(
        [
            np.bincount(below, weights=one * (1 - share), minlength=cells + 1)
            + np.bincount(below + 1, weights=one * share, minlength=cells + 1)
            for one in residuals
        ]
    )


def _transform(grid: Floats) -> Floats:
    """Return the cosine transform of residuals on a grid (draws, points) per unit of forecast."""
    from scipy.fft import dct

    grid = grid.copy()
    grid[:, [0, -1]] *= 2
    return np.asarray(dct(grid, type=1, axis=1) / 2, dtype=np.float64)


def _smoothed(transform: Floats, bandwidth: Floats) -> Floats:
    """Return the errors (draws,) smoothed with a bandwidth (draws,) each."""
    from scipy.fft import dct

    cells = transform.shape[1] - 1
    kernel = np.exp(-0.5 * (np.pi * np.arange(cells + 1) * bandwidth[:, None]) ** 2)
    density = np.abs(dct(transform * kernel, type=1, axis=1))
    found: Floats = (density.sum(axis=1) - (density[:, 0] + density[:, -1]) / 2) / cells
    return found
