"""Models as points: principal components of their features, and an order in which similar models are adjacent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

LEAST_POINTS = 3


@dataclass(frozen=True)
class Components:
    """First two principal components.

    Attributes
    ----------
    points
        (M, 2) coordinates of the models; the second is 0 where there is only one direction.
    explained
        (2,) share of the variance along each.
    n_features
        Number of features that vary.
    """

    points: FloatArray
    explained: FloatArray
    n_features: int


def principal_components(features: NDArray[np.floating]) -> Components | None:
    """Return the first two principal components of (M, F) features, each scaled to unit variance over the models.

    Features that do not vary are left out. The sign of a component makes the coordinate farthest from 0 positive.
    None for fewer than three models, and where nothing varies.
    """
    x = np.asarray(features, np.float64)
    if len(x) < LEAST_POINTS:
        return None
    x = x - x.mean(axis=0)
    spread = x.std(axis=0)
    varies = spread > 1e-12 * np.abs(features).max(axis=0, initial=0.0)
    if not varies.any():
        return None
    left, singular, _ = np.linalg.svd(x[:, varies] / spread[varies], full_matrices=False)
    points = np.zeros((len(x), 2))
    kept = min(2, len(singular))
    points[:, :kept] = (left * singular)[:, :kept]
    farthest = np.take_along_axis(points, np.abs(points).argmax(axis=0)[None], axis=0)
    shares = np.zeros(2)
    shares[:kept] = (singular**2 / (singular**2).sum())[:kept]
    return Components(np.where(farthest < 0, -points, points), shares, int(varies.sum()))


def order(distances: NDArray[np.floating]) -> list[int]:
    """Return an order of the models in which similar ones are adjacent: average linkage, optimal leaf order.

    Bar-Joseph, Gifford & Jaakkola (2001). ``distances`` is (M, M), symmetric, 0 on the diagonal.
    """
    if len(distances) < LEAST_POINTS:
        return list(range(len(distances)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    condensed = squareform(np.asarray(distances, np.float64), checks=False)
    return [int(place) for place in leaves_list(linkage(condensed, "average", optimal_ordering=True))]
