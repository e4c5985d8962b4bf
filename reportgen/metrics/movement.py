"""Weight change from one checkpoint to another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Tensors = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Movement:
    """Change between the same weights at two checkpoints.

    Attributes
    ----------
    change
        Norm of the difference relative to the norm before; None where all weights were 0 before but not after, or not finite.
    cosine
        Cosine similarity; None where all weights are 0 at one of the checkpoints, or not finite.
    finite
        Whether all weights are finite.
    """

    change: float | None
    cosine: float | None
    finite: bool = True


def movement(before: Tensors, after: Tensors) -> Movement:
    """Measure the change of some tensors, taken as one vector.

    >>> import numpy as np
    >>> round(movement([np.array([3.0, 4.0])], [np.array([3.0, 4.5])]).change, 9)
    0.1
    """
    sums = [0.0, 0.0, 0.0, 0.0]
    largest = float(np.max([np.abs(one).max(initial=0.0) for one in (*before, *after)], initial=0.0))
    if not math.isfinite(largest):
        return Movement(None, None, finite=False)
    scale = largest or 1.0
    for first, second in zip(before, after, strict=True):
        x, y = (one.astype(np.float64).ravel() / scale for one in (first, second))
        for place, product in enumerate((x @ x, y @ y, x @ y, (y - x) @ (y - x))):
            sums[place] += float(product)
    old, new, both, apart = sums
    change = math.sqrt(apart / old) if old > 0 else (0.0 if apart == 0 else None)
    cosine = max(-1.0, min(1.0, both / math.sqrt(old * new))) if old > 0 and new > 0 else None
    return Movement(change, cosine)
