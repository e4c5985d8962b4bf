"""Predicted distributions of values: proper scores, probability integral transform, crossing quantiles, coverage by chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.mapped import filled, running
from reportgen.metrics.ordered import Ordered
from reportgen.metrics.regression import quantile
from reportgen.metrics.spans import each, extent, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]

_ROUNDING = 1e-12
"""How far two levels may be from adding up to 1 and still be the ends of a central interval."""


def crps_normal(labels: Floats, means: Floats, deviations: Floats) -> Floats:
    """Return the continuous ranked probability score (N,) of normal distributions, in the unit of the labels; 0 is perfect.

    With z = (label - mean) / deviation: deviation (z (2 Φ(z) - 1) + 2 φ(z) - 1 / √π). ``deviations`` (N,) are positive.

    References
    ----------
    Gneiting & Raftery (2007), Journal of the American Statistical Association 102, 359-378, equation 21.

    >>> import numpy as np
    >>> crps_normal(np.array([0.0]), np.array([0.0]), np.array([1.0])).round(6)
    array([0.233695])
    """
    from scipy.special import ndtr

    z = (labels - means) / deviations
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    score: Floats = deviations * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / math.sqrt(math.pi))
    return score


def pinball(labels: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """Return the pinball loss (N, n_levels) of quantiles (N, n_levels), in the unit of the labels (N,); 0 is perfect.

    The distance of label and quantile, times the level where the label is above it and 1 - level where it is below.

    References
    ----------
    Koenker & Bassett (1978), Econometrica 46, 33-50.

    >>> import numpy as np
    >>> pinball(np.array([3.0]), np.array([[1.0, 4.0]]), (0.5, 0.9)).round(6)
    array([[1. , 0.1]])
    """
    above, level = labels[:, None] - quantiles, np.asarray(levels)
    loss: Floats = np.maximum(level * above, (level - 1) * above)
    return loss


def crps_of_labels(labels: Floats, weights: Floats | None = None) -> Floats:
    """Return the CRPS (N,) of always predicting the distribution of the labels (N,) themselves; 0 where all are equal.

    The integral of (F(x) - 1{x >= y})², Gneiting & Raftery (2007), equation 20, where F is the distribution of the labels by their ``weights`` (N,).

    >>> import numpy as np
    >>> crps_of_labels(np.array([0.0, 1.0]))
    array([0.25, 0.25])
    """
    ordered = Ordered.of(labels, weights)
    lowest = total(each(lambda before, rise: (1 - before) ** 2 * rise, ordered.before, ordered.rises))
    above = running(each(lambda before, rise: (2 * before - 1) * rise, ordered.before, ordered.rises))
    return filled(len(labels), np.float64, lambda span: np.maximum(lowest + above[ordered.places(labels[span])], 0.0))


def pinball_of_labels(labels: Floats, levels: Sequence[float], weights: Floats | None = None) -> Derived:
    """Return the pinball loss (N, n_levels) of always predicting the quantiles of the labels (N,) themselves, weighted by ``weights`` (N,)."""
    constant = np.array([[quantile(labels, level, weights).value for level in levels]])
    return each(lambda label: pinball(label, constant, levels), labels)


def transform(labels: Floats, means: Floats, deviations: Floats) -> Floats:
    """Return the probability integral transform (N,) of the labels: their place in normal distributions, in [0, 1].

    Uniform if the labels are draws from the distributions: Dawid (1984), Journal of the Royal Statistical Society A 147, 278-292.
    """
    from scipy.special import ndtr

    place: Floats = ndtr((labels - means) / deviations)
    return place


def distance_from_uniform(places: Values, weights: Floats | None = None) -> float:
    """Return the Kolmogorov distance of places (N,) in [0, 1] from the uniform distribution, in [0, 1]; ``weights`` (N,) are positive.

    The largest distance of the two cumulative distributions.

    >>> import numpy as np
    >>> distance_from_uniform(np.array([0.5]))
    0.5
    """
    ordered = Ordered.of(places, weights)
    return max(
        extent(each(np.subtract, ordered.reached, ordered.values))[1],
        extent(each(np.subtract, ordered.values, ordered.before))[1],
    )


def uniform_p_value(distance: float, n: int) -> float:
    """Return the chance that n independent places of a uniform distribution are at least this far from it.

    Kolmogorov's limit, at the distance that Stephens' correction gives for n: off by at most 0.0014 where the exact chance is below 0.1, 0.023
    elsewhere (n from 5 to 3,000, against ``scipy.stats.kstwo``).

    References
    ----------
    Stephens (1970), Journal of the Royal Statistical Society B 32, 115-122.
    """
    from scipy.special import kolmogorov

    root = math.sqrt(n)
    return float(kolmogorov((root + 0.12 + 0.11 / root) * distance))


def crossing(quantiles: Floats) -> NDArray[np.bool_]:
    """Return (N,) bool, whether quantiles (N, n_levels) of increasing levels decrease anywhere in the row."""
    return np.asarray((np.diff(quantiles, axis=1) < 0).any(axis=1))


def central(levels: Sequence[float]) -> tuple[tuple[float, int, int], ...]:
    """Return the central intervals that quantiles of some increasing levels make, the narrowest first.

    Each as its nominal coverage and the positions of its lower and upper end, whose levels add up to 1.

    >>> central((0.05, 0.2, 0.5, 0.95))
    ((0.9, 0, 3),)
    """
    found = [
        (round(upper - lower, 12), low, high)
        for low, lower in enumerate(levels)
        for high, upper in enumerate(levels)
        if lower < upper and abs(lower + upper - 1) < _ROUNDING
    ]
    return tuple(sorted(found))


def share_p_value(hits: NDArray[np.bool_] | Derived, level: float) -> float:
    """Return the exact two-sided p-value of so many ``hits`` (N,) bool if each has the chance ``level``: twice the smaller tail, at most 1.

    >>> import numpy as np
    >>> share_p_value(np.arange(10) < 9, 0.5)
    0.021484375
    """
    from scipy.special import bdtr, bdtrc

    n, k = len(hits), int(total(hits))
    below = float(bdtr(k, n, level))
    above = 1.0 if k == 0 else float(bdtrc(k - 1, n, level))
    return min(1.0, 2 * min(below, above))


def bar_range(n: int, bars: int) -> tuple[float, float]:
    """Return the lowest and highest share of n independent rows in one of some equal bars that chance allows.

    All bars of 95 % of uniform distributions are within (Bonferroni).

    >>> bar_range(100, 10)
    (0.03, 0.19)
    """
    from scipy.special import bdtrik

    tail = 0.025 / bars
    low = math.ceil(float(bdtrik(tail, n, 1 / bars)))
    high = math.ceil(float(bdtrik(1 - tail, n, 1 / bars)))
    return low / n, high / n
