"""A class for every position of a unit: the pixels of an image, the tokens of a sequence. Counts per unit, from arrays of positions.

Nothing here keeps a number per position: what leaves are sums per unit and class, so memory does not grow with the positions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from reportgen.metrics.pooled import Parts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

BOUNDARY = 0.02
"""Width of the band along a boundary, as a share of the diagonal of the image: that of Cheng et al. (2021)."""
BINS = 15
"""Bins of equal width in which the confidence of positions is summed. Convention."""
_NOWHERE = -1
"""The class outside of the image, which no position has."""


def per_unit(classes: Ints, counted: Flags, n_classes: int) -> Ints:
    """Count the positions of every class in each unit.

    Parameters
    ----------
    classes
        (N, ...) integers in [0, ``n_classes``) where they are counted; anything elsewhere.
    counted
        (N, ...) bool.
    n_classes
        Number of classes K.

    Returns
    -------
    ndarray
        (N, K) int64.

    >>> import numpy as np
    >>> per_unit(np.array([[0, 1, 1], [2, 9, 0]]), np.array([[True, True, True], [True, False, True]]), 3).tolist()
    [[1, 2, 0], [1, 0, 1]]
    """
    n = len(classes)
    cell = classes + n_classes * np.arange(n).reshape(n, *[1] * (classes.ndim - 1))
    return np.bincount(chosen(cell, counted), minlength=n * n_classes).reshape(n, n_classes)


def chosen(values: NDArray[Any], counted: Flags) -> NDArray[Any]:
    """Return the values (M, ...) of the counted positions (N, ...) in order; not copied if all count."""
    return values.reshape(-1, *values.shape[counted.ndim :]) if counted.all() else values[counted]


def losses(logits: NDArray[Any], labels: Ints) -> tuple[Floats, Floats, Floats]:
    """Return the negative log-likelihood in nats, the Brier score over all classes and the highest probability of positions (M,) float64.

    Those of :func:`scores.nll` and :func:`scores.brier`, with one exponential per output: there are many.

    Parameters
    ----------
    logits
        (M, K).
    labels
        (M,) class indices.

    >>> import numpy as np
    >>> nll, brier, highest = losses(np.log([[0.8, 0.2]]), np.array([0]))
    >>> nll.round(6).tolist(), brier.round(6).tolist(), highest.round(6).tolist()
    ([0.223144], [0.08], [0.8])
    """
    z = np.array(logits.T, np.float64, order="C")
    z -= z.max(axis=0)
    place = (labels, np.arange(len(labels)))
    nll = -z[place]
    np.exp(z, out=z)
    total = z.sum(axis=0)
    nll += np.log(total)
    own = z[place] / total
    np.square(z, out=z)
    return nll, z.sum(axis=0) / total**2 - 2 * own + 1, 1 / total


def binned(confidence: Floats, right: Flags, counted: Flags) -> tuple[Ints, Ints, Floats]:
    """Sum the confidence of positions in bins of equal width, unit by unit.

    Parameters
    ----------
    confidence, right
        (M,) of the counted positions in order: the probability of the predicted class, in [0, 1], and whether it is right.
    counted
        (N, ...) bool.

    Returns
    -------
    tuple
        (N, B) each: positions, right positions, and the sums of their confidences. A confidence on an edge belongs to the bin above
        it, 1 to the last one, as in :func:`calibration.residual_bins`.

    >>> import numpy as np
    >>> n, hits, sums = binned(np.array([0.5, 1.0]), np.array([False, True]), np.array([[True, True]]))
    >>> n[0, [7, 14]].tolist(), hits[0, [7, 14]].tolist(), sums[0, [7, 14]].tolist()
    ([1, 1], [0, 1], [0.5, 1.0])
    """
    n = len(counted)
    sizes = counted.reshape(n, -1).sum(axis=1)
    edges = np.linspace(0.0, 1.0, BINS + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, BINS - 1)
    place += BINS * np.repeat(np.arange(n), sizes)

    def sums(weights: Floats | Flags | None) -> NDArray[Any]:
        return np.bincount(place, weights, n * BINS).reshape(n, BINS)

    return sums(None), sums(right).astype(np.int64), sums(confidence)


def sums_per_unit(values: Floats, counted: Flags) -> Floats:
    """Return the sums (N,) float64 of values (M,), which are those of the counted positions (N, ...) in order."""
    n = len(counted)
    sizes = counted.reshape(n, -1).sum(axis=1)
    return np.bincount(np.repeat(np.arange(n), sizes), weights=values, minlength=n).astype(np.float64)


def boundary_reach(shape: Sequence[int]) -> int:
    """Return how many positions from a boundary its band reaches: 2 % of the diagonal, at least 1.

    >>> boundary_reach((256, 256)), boundary_reach((16, 16))
    (7, 1)
    """
    return max(round(BOUNDARY * math.sqrt(sum(side * side for side in shape))), 1)


def boundary(classes: Ints, counted: Flags) -> Flags:
    """Return the counted positions within the band along the boundary of the area of their class, as far as :func:`boundary_reach` says.

    A position is inside its area, not on its boundary, if all positions around it, in the square (or cube) of that reach, have its
    class; the edge of the image is a boundary, positions that are not counted make none. For classes without such positions it
    is the mask minus its erosion, as in Boundary IoU.

    Parameters
    ----------
    classes, counted
        (N, H, W), or with one or three axes in place of H and W; as in :func:`per_unit`.

    References
    ----------
    Cheng, Girshick, Dollár, Berg & Kirillov (2021), Boundary IoU, CVPR.
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    size = 2 * boundary_reach(classes.shape[1:]) + 1
    window = (1, *[size] * (classes.ndim - 1))
    most = int(classes[counted].max(initial=0)) + 1
    low = minimum_filter(np.where(counted, classes, most), size=window, mode="constant", cval=_NOWHERE)
    high = maximum_filter(np.where(counted, classes, _NOWHERE), size=window, mode="constant", cval=_NOWHERE)
    return np.asarray(counted & (low != high))


def mean_of_unit(parts: Sequence[Parts]) -> Floats:
    """Return the mean over classes of a score in each unit (N,) float64, of the classes for which it exists there; NaN where for none."""
    total, count = np.zeros(len(parts[0].numerators)), np.zeros(len(parts[0].numerators))
    for one in parts:
        there, over, under = one.used[:], one.numerators[:], one.denominators[:]
        total[there] += over[there] / under[there]
        count += there
    with np.errstate(invalid="ignore"):
        found: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return found
