"""Errors among the rows of which a model is sure, against their expected number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics.spans import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURE = 0.99
"""Confidence from which on a row counts as one of which a model is sure. Convention; no literature value."""


@dataclass(frozen=True)
class ConfidentErrors:
    """Rows at or above a confidence, errors among them, errors expected of a calibrated model, and the p-value of an excess; None without a test."""

    rows: int
    errors: int
    expected: float
    p_value: float | None


def confident_errors(confidence: NDArray[np.float64], correct: NDArray[np.bool_], limit: float) -> ConfidentErrors:
    """Compare the errors among the rows at or above a confidence with their expectation, the sum of 1 - confidence.

    The number of errors of a calibrated model has a Poisson binomial distribution. From one above the mean on, its tail is
    bounded by that of the Poisson distribution with the same mean, and that of a single error by the mean itself, so the p-value is
    never too small. Below, it is 1: no excess.

    Parameters
    ----------
    confidence, correct
        (N,) probability of the predicted class, and whether it is the label.
    limit
        The confidence from which on a row counts.

    References
    ----------
    Hoeffding (1956), Annals of Mathematical Statistics 27, 713-721.

    >>> import numpy as np
    >>> found = confident_errors(np.full(100, 0.99), np.arange(100) >= 5, 0.99)
    >>> found.errors, round(found.expected, 9), round(found.p_value, 4)
    (5, 1.0, 0.0037)
    """
    from scipy.special import pdtrc

    rows, errors, expected = 0, 0, 0.0
    for span in spans(len(confidence)):
        sure = confidence[span] >= limit
        rows += int(np.count_nonzero(sure))
        errors += int(np.count_nonzero(sure & ~correct[span]))
        expected += float((1.0 - confidence[span][sure]).sum())
    p_value = 1.0
    if errors == 1:
        p_value = min(expected, 1.0)
    elif errors >= expected + 1:
        p_value = float(pdtrc(errors - 1, expected))
    return ConfidentErrors(rows, errors, expected, p_value)
