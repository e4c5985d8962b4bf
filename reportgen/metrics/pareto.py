"""Multi-objective comparison: dominance, ranks, hypervolume, knee.

All objectives are minimized: callers negate those where higher is better. Equal points are kept:
neither dominates the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

LEAST_POINTS = 3
"""Minimum number of distinct points of a front with a knee."""
_ROUNDING = 1e-12


def dominance(values: FloatArray) -> NDArray[np.bool_]:
    """Return which points dominate which: no worse in every objective, better in at least one.

    Parameters
    ----------
    values
        Shape (n, m), finite; lower is better.

    Returns
    -------
    ndarray
        Shape (n, n), bool; True at [i, j] where i dominates j.

    Examples
    --------
    >>> dominance(np.array([[1.0, 1.0], [1.0, 2.0], [0.0, 3.0]])).tolist()
    [[False, True, False], [False, False, False], [False, False, False]]
    """
    n = len(values)
    no_worse, better = np.ones((n, n), bool), np.zeros((n, n), bool)
    for objective in values.T:
        no_worse &= objective[:, None] <= objective[None, :]
        better |= objective[:, None] < objective[None, :]
    return no_worse & better


def proven(values: FloatArray, better: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which points dominate which beyond uncertainty.

    One dominates another if it does so by value, and is better beyond uncertainty in at least one objective and worse beyond
    uncertainty in none. A difference within uncertainty is no proof of equality: a point that is behind by value in an objective
    dominates nothing that is ahead of it there.

    Parameters
    ----------
    values
        Shape (n, m), finite; lower is better.
    better
        Shape (m, n, n); True at [k, i, j] where i is better than j in objective k beyond uncertainty.

    Returns
    -------
    ndarray
        Shape (n, n), bool; True at [i, j] where i dominates j.

    Examples
    --------
    >>> values = np.array([[1.0, 1.0], [1.1, 2.0], [0.9, 3.0]])
    >>> second = values[:, None, 1] < values[None, :, 1]
    >>> proven(values, np.stack((np.zeros((3, 3), bool), second))).tolist()
    [[False, True, False], [False, False, False], [False, False, False]]
    """
    return np.logical_and(dominance(values), one_sided(better))


def one_sided(better: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which points are better than which beyond uncertainty in at least one objective, and worse in none; shapes as of `proven`."""
    ahead = better.any(axis=0)
    return np.logical_and(ahead, ~ahead.T)


def ranks(values: FloatArray) -> NDArray[np.int64]:
    """Return the rank of every point by non-dominated sorting: 1 for the front, 2 for the front of the remaining points, and so on.

    Deb et al. (2002), IEEE Transactions on Evolutionary Computation 6, 182-197; O(n² m).

    Examples
    --------
    >>> ranks(np.array([[1.0, 1.0], [1.0, 2.0], [0.0, 3.0], [1.0, 1.0]])).tolist()
    [1, 2, 1, 1]
    """
    dominates = dominance(values)
    found = np.zeros(len(values), np.int64)
    rank = 0
    while not found.all():
        rank += 1
        left = np.flatnonzero(found == 0)
        found[left[~dominates[np.ix_(left, left)].any(axis=0)]] = rank
    return found


def front(values: FloatArray) -> NDArray[np.bool_]:
    """Return which points are non-dominated; shape (n,), bool."""
    return np.logical_not(dominance(values).any(axis=0))


def hypervolume(values: FloatArray, reference: FloatArray) -> float:
    """Return the volume that the points dominate, up to a worse reference point.

    Points that are not better than the reference in every objective add nothing. Two objectives by a sweep, more by
    slicing along the last one: While et al. (2006), IEEE Transactions on Evolutionary Computation 10, 29-38.

    Parameters
    ----------
    values
        Shape (n, m), m >= 1, finite; lower is better.
    reference
        Shape (m,).

    Examples
    --------
    >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0], [9.0, 0.0]]), np.array([3.0, 3.0]))
    3.0
    """
    inside = values[(values < reference).all(axis=1)]
    return _volume(inside[front(inside)], reference)


def _volume(values: FloatArray, reference: FloatArray) -> float:
    if not len(values):
        return 0.0
    if values.shape[1] == 1:
        return float(reference[0] - values.min())
    ordered = values[np.argsort(values[:, -1], kind="stable")]
    if values.shape[1] == 2:  # noqa: PLR2004
        lowest = np.minimum.accumulate(ordered[:, 0])
        heights = np.diff(ordered[:, 1], append=reference[1])
        return float(((reference[0] - lowest) * heights).sum())
    thickness = np.diff(ordered[:, -1], append=reference[-1])
    volume = 0.0
    slice_ = np.empty((0, values.shape[1] - 1))
    for point, thick in zip(ordered[:, :-1], thickness, strict=True):
        slice_ = np.vstack((slice_[~(point <= slice_).all(axis=1)], point))
        if thick > 0:
            volume += float(thick) * _volume(slice_, reference[:-1])
    return volume


def knee(values: FloatArray) -> int | None:
    """Return the index of the knee of a front with two objectives.

    The front is scaled to 0..1 in each objective; the knee is the point farthest below the chord between its ends
    (Das 1999, Structural Optimization 18, 107-115), the first of equals.

    Parameters
    ----------
    values
        Shape (n, 2), a front; lower is better.

    Returns
    -------
    int or None
        None for fewer than three distinct points, and where none is below the chord.

    Examples
    --------
    >>> knee(np.array([[0.0, 10.0], [1.0, 1.0], [10.0, 0.0]]))
    1
    """
    if len(np.unique(values, axis=0)) < LEAST_POINTS:
        return None
    low, high = values.min(axis=0), values.max(axis=0)
    if not (high > low).all():
        return None
    below = 1 - ((values - low) / (high - low)).sum(axis=1)
    place = int(np.argmax(below))
    return place if below[place] > _ROUNDING else None
