"""95 % intervals of proportions, means, ratios of means, and scores between 0 and 1."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The 0.975 quantile of the normal distribution."""
FEWEST_ERRORS = 5
"""Errors below which an approximate interval is withheld; from the simulation in ``scripts/simulate/scores.py``."""
FEWEST_PAIRED = 10
"""Rows with an error of either model below which the interval of a paired difference of losses is withheld; likewise."""
FEWEST_EXAMPLES = 10
"""Examples of a class below which an interval that rests on every class is withheld; from the same simulation."""
SEVERAL = 2
"""Values that a standard deviation needs."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; ``low``, ``high`` and ``method`` are None together.

    ``withheld`` says why there is no interval, where there is a reason to tell.
    """

    value: float
    n: int
    low: float | None = None
    high: float | None = None
    method: str | None = None
    withheld: str | None = None

    def without(self, reason: str) -> Estimate:
        """Return the value without an interval, and why."""
        return replace(self, low=None, high=None, method=None, withheld=reason)

    def supported(self, found: int, needed: int, what: str) -> Estimate:
        """Return the estimate; without its interval where fewer are found than the approximation needs.

        >>> Estimate(0.1, 50, 0.0, 0.2, "mean").supported(3, 5, "errors").withheld
        'at least 5 errors are needed (found 3)'
        """
        if found >= needed or self.low is None:
            return self
        return self.without(f"at least {needed} {what} are needed (found {found})")


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


def mean(values: NDArray[np.float64], low: float = -math.inf, high: float = math.inf) -> Estimate | None:
    """Return the mean of (N,) values with Hall's interval, cut off at the possible range; None without a value.

    Student's t interval, transformed so that the skewness of the values is removed: losses are skewed, and few rows make most
    of their sum. A single value, or equal values, have no interval.

    References
    ----------
    Hall (1992), On the removal of skewness by transformation, Journal of the Royal Statistical Society B 54, 221-228.

    >>> import numpy as np
    >>> found = mean(np.array([0.0, 0.0, 0.0, 1.0]), low=0.0)
    >>> found.low, round(found.high, 3)
    (0.0, 2.8)
    """
    n = len(values)
    if n == 0:
        return None
    value = float(np.mean(values, dtype=np.float64))
    below, above = _hall(values)
    if below == above == 0:
        return Estimate(value, n).without("there is a single value" if n == 1 else "all values are equal")
    return Estimate(
        value, n, max(value - below, low), min(value + above, high), "mean, Student's t corrected for skewness"
    )


def ratio(numerators: NDArray[np.float64], denominators: NDArray[np.float64]) -> Estimate:
    """Return the ratio of two means of the same rows (N,), both non-negative, with Hall's interval of its linearization.

    The mean of the denominators must be positive. Equal ratios of all rows have no interval.
    """
    n, scale = len(numerators), float(np.mean(denominators, dtype=np.float64))
    value = float(np.mean(numerators, dtype=np.float64)) / scale
    below, above = _hall((numerators - value * denominators) / scale)
    if below == above == 0:
        return Estimate(value, n).without("the ratio is the same on all rows")
    method = "ratio of means, Student's t corrected for skewness"
    return Estimate(value, n, max(value - below, 0.0), value + above, method)


def _hall(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return how far the interval reaches below and above the mean; zeros where the values do not vary."""
    from scipy.special import stdtrit

    n = len(values)
    deviations = values - np.mean(values, dtype=np.float64)
    variance = float(np.mean(deviations**2)) if n >= SEVERAL else 0.0
    if variance <= (np.finfo(np.float64).eps * float(np.abs(values).max())) ** 2:
        return 0.0, 0.0
    standard_error = math.sqrt(variance / (n - 1))
    a = float(np.mean((deviations / math.sqrt(variance)) ** 3)) / math.sqrt(n)
    t = float(stdtrit(n - 1, 0.975))
    if abs(a) < 1e-6:  # noqa: PLR2004 the limit of the formula below
        return t * standard_error, t * standard_error
    below, above = (3 / a * (math.cbrt(1 + a * (end - a / 6)) - 1) for end in (t, -t))
    return below * standard_error, -above * standard_error


def share(value: float, variance: float, n: int, method: str) -> Estimate:
    """Return a score between 0 and 1 with Wilson's interval for the number of trials that has this variance.

    Without an interval where the variance is 0.
    """
    if variance <= 0 or not 0 < value < 1:
        return Estimate(value, n).without("no variation was seen")
    trials = np.array([value * (1 - value) / variance])
    low, high = wilson_bounds(value * trials, trials)
    return Estimate(value, n, float(low[0]), float(high[0]), method)


def logit(value: float, variance: float, n: int, method: str) -> Estimate:
    """Return a score between 0 and 1 with value ± 1.96 SE on the scale of log(value / (1 - value)).

    Without an interval where the variance is 0.
    """
    if variance <= 0 or not 0 < value < 1:
        return Estimate(value, n).without("the scores separate the classes perfectly")
    center = math.log(value / (1 - value))
    half = Z95 * math.sqrt(variance) / (value * (1 - value))
    low, high = (_expit(center - half), _expit(center + half))
    return Estimate(value, n, low, high, method)


def _expit(z: float) -> float:
    return float((1 + np.tanh(z / 2)) / 2)


def root_mean_square(values: NDArray[np.float64]) -> Estimate | None:
    """Return the root mean square of (N,) values; its interval is the root of that of the mean square, cut off at 0.

    None without a value; a single value has no interval.

    >>> import numpy as np
    >>> round(root_mean_square(np.array([3.0, 4.0, 5.0])).value ** 2, 12)
    16.666666666667
    """
    squares = mean(values**2, low=0.0)
    if squares is None:
        return None
    value = float(np.sqrt(squares.value))
    if squares.low is None or squares.high is None:
        return Estimate(value, squares.n, withheld=squares.withheld)
    low, high = float(np.sqrt(squares.low)), float(np.sqrt(squares.high))
    return Estimate(value, squares.n, low, high, f"root of the interval of the mean square ({squares.method})")
