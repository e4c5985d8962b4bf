"""Health of units, from per-channel moments: dead, dormant, saturated, constant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

RECTIFIED = frozenset({"relu", "relu6", "clipped_relu", "thresholded_relu"})
"""Activations for which 0 means that a unit is silent."""
NEAR_ZERO = 1e-3
"""A value below this share of the RMS counts as near zero."""
_CONSTANT = 1e-12


def pooled_std(mean: FloatArray, squares: FloatArray, n_values: int) -> float:
    """Return the standard deviation over all values of all channels.

    Parameters
    ----------
    mean, squares
        (C,) mean and sum of squared deviations of each channel.
    n_values
        Values per channel.

    Examples
    --------
    >>> pooled_std(np.array([0.0, 2.0]), np.array([0.0, 0.0]), 5)
    1.0
    """
    return math.sqrt(float(squares.mean()) / n_values + float(mean.var()))


def dead_units(minimum: FloatArray, maximum: FloatArray) -> int:
    """Count units that are exactly 0 on all values."""
    return int(((minimum == 0) & (maximum == 0)).sum())


def silent_bound(n: int) -> float:
    """Return the 95 % upper bound on how often a unit that was silent on n inputs is active: the rule of three.

    >>> silent_bound(300)
    0.01
    """
    return min(1.0, 3 / n)


def dormant_units(absolute: FloatArray, tau: float) -> int:
    """Count units whose mean absolute value is at most ``tau`` times that of the layer: Sokar et al. (2023).

    >>> dormant_units(np.array([0.0, 0.02, 1.0, 3.0]), 0.025)
    2
    """
    return int((absolute <= tau * absolute.mean()).sum())


def constant_units(mean: FloatArray, squares: FloatArray, n_values: int) -> int:
    """Count constant units: variance below 1e-12 of the squared mean."""
    return int((squares / n_values <= _CONSTANT * mean**2).sum())


def near_zero_fraction(values: NDArray[np.floating]) -> float | None:
    """Return the share of values below 0.1 % of their RMS; None where all are 0.

    >>> near_zero_fraction(np.array([0.0, 1.0, -1.0, 1e-4])), near_zero_fraction(np.zeros(3))
    (0.5, None)
    """
    flat = np.abs(values.astype(np.float64)).reshape(-1)
    largest = float(flat.max(initial=0.0))
    if largest == 0:
        return None
    flat /= largest
    return float((flat <= NEAR_ZERO * math.sqrt(float((flat**2).mean()))).mean())
