"""The form of labels, before a task interprets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MATRIX = 2


def kind_of(y: NDArray[Any]) -> str:
    """Return the form of labels: ``strings``, ``integers``, ``rows`` (a matrix) or ``floats``."""
    if y.dtype.kind in "US":
        return "strings"
    if y.ndim == _MATRIX and y.shape[1] > 1:
        return "rows"
    whole = y.dtype.kind in "bui" or all(
        bool(np.isfinite(y[span]).all() and (y[span] == np.round(y[span])).all()) for span in spans(len(y))
    )
    return "integers" if whole else "floats"
