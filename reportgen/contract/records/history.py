"""Training histories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class History:
    """A training history: one curve per key, epochs in order; missing values are NaN in memory only.

    Attributes
    ----------
    curves
        (n_values,) float64, or (n_values, n_components) for a vector metric. Curves can differ in length.
    epochs
        The epoch numbers in the file, as Keras counts them (the first is 0); None if there are none.
    """

    file: str
    sha256: str
    curves: dict[str, FloatArray]
    epochs: tuple[int, ...] | None = None
