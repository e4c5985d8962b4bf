"""95 % intervals of proportions and means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The 0.975 quantile of the normal distribution."""
_STUDENT_BELOW = 100


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; ``low``, ``high`` and ``method`` are None together."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None
    method: str | None = None


def wilson_bounds(
    successes: NDArray[np.float64], n: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of Wilson's (1927) interval for proportions; ``n`` must be positive."""
    p = successes / n
    center = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * np.sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2))
    low = np.where(successes == 0, 0.0, np.maximum(center - half, 0.0))
    high = np.where(successes == n, 1.0, np.minimum(center + half, 1.0))
    return low, high


def wilson(successes: float, n: int) -> Estimate | None:
    """Return a proportion with Wilson's interval; None without a trial.

    >>> estimate = wilson(8, 10)
    >>> round(estimate.low, 4), round(estimate.high, 4)
    (0.4902, 0.9433)
    """
    if n == 0:
        return None
    low, high = wilson_bounds(np.array([float(successes)]), np.array([float(n)]))
    return Estimate(successes / n, n, float(low[0]), float(high[0]), "Wilson")


def mean(values: NDArray[np.float64]) -> Estimate | None:
    """Return the mean of (N,) values with value ± 1.96 SE (Student's t below 100 values); None without a value.

    A single value has no interval.

    >>> import numpy as np
    >>> mean(np.array([1.0, 1.0, 1.0])).high
    1.0
    """
    n = len(values)
    if n == 0:
        return None
    value = float(np.mean(values, dtype=np.float64))
    if n == 1:
        return Estimate(value, 1)
    return around_mean(value, float(np.std(values, ddof=1, dtype=np.float64) / np.sqrt(n)), n)


def root_mean_square(values: NDArray[np.float64]) -> Estimate | None:
    """Return the root mean square of (N,) values; its interval is the root of that of the mean square, cut off at 0.

    None without a value; a single value has no interval.

    >>> import numpy as np
    >>> round(root_mean_square(np.array([3.0, 4.0, 5.0])).value ** 2, 12)
    16.666666666667
    """
    squares = mean(values**2)
    if squares is None:
        return None
    value = float(np.sqrt(squares.value))
    if squares.low is None or squares.high is None:
        return Estimate(value, squares.n)
    low, high = (float(np.sqrt(max(end, 0.0))) for end in (squares.low, squares.high))
    return Estimate(value, squares.n, low, high, f"root of the interval of the mean square ({squares.method})")


def around_mean(value: float, standard_error: float, n: int) -> Estimate:
    """Return a mean of n > 1 values with value ± 1.96 SE, Student's t below 100 values."""
    if n >= _STUDENT_BELOW:
        return Estimate(value, n, value - Z95 * standard_error, value + Z95 * standard_error, "mean ± 1.96 SE")
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, 0.975)) * standard_error
    return Estimate(value, n, value - half, value + half, "mean ± t · SE")
