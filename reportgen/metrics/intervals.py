"""95 % intervals of proportions, means, ratios of means, and scores between 0 and 1."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics.spans import Derived, average, each, equal, largest, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Values = Floats | Derived

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
class Contributions:
    """How the rows make the error of an estimate.

    Attributes
    ----------
    values
        (N,), the linearized contribution of every row, its weight included; they sum to 0. The scale does not matter.
    mass
        (N,), not negative: the share of the estimate that rests on the row; 0 for rows that it does not use.
    """

    values: Values
    mass: Values


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; ``low``, ``high`` and ``method`` are None together.

    The interval is for independent rows of equal weight. What any others need travels along (see :mod:`reportgen.metrics.design`):
    ``widened(d)`` is the same estimate with the interval of n / d rows, and ``contributions()`` are those of the rows. Either is None
    where it is not known.

    ``withheld`` says why there is no interval, where there is a reason to tell.
    """

    value: float
    n: int
    low: float | None = None
    high: float | None = None
    method: str | None = None
    withheld: str | None = None
    widened: Callable[[float], Estimate] | None = field(default=None, compare=False, repr=False)
    contributions: Callable[[], Contributions] | None = field(default=None, compare=False, repr=False)

    def of_rows(self, contributions: Callable[[], Contributions]) -> Estimate:
        """Return the estimate with the contributions of its rows, computed only if they are asked for."""
        return replace(self, contributions=contributions)

    def transformed(self, function: Callable[[float], float], method: str | None = None) -> Estimate:
        """Return a monotone function of the value, with the interval transformed too.

        >>> round(wilson(2, 10).transformed(lambda share: 1 - share).value, 9)
        0.8
        """
        inner, value = self.widened, function(self.value)
        if inner is None or self.low is None or self.high is None:
            return replace(self, value=value, low=None, high=None, method=None, widened=None)
        low, high = sorted((function(self.low), function(self.high)))
        return Estimate(
            value,
            self.n,
            low,
            high,
            method or self.method,
            widened=lambda divisor: inner(divisor).transformed(function, method),
            contributions=self.contributions,
        )

    def without(self, reason: str) -> Estimate:
        """Return the value without an interval, and why."""
        return replace(self, low=None, high=None, method=None, withheld=reason, widened=None)

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


def wilson(successes: float, n: float, divisor: float = 1.0) -> Estimate | None:
    """Return a proportion with Wilson's interval for n / ``divisor`` trials; None without a trial.

    >>> estimate = wilson(8, 10)
    >>> round(estimate.low, 4), round(estimate.high, 4)
    (0.4902, 0.9433)
    """
    if n == 0:
        return None
    low, high = wilson_bounds(np.array([successes / divisor]), np.array([n / divisor]))
    return Estimate(
        float(successes / n),
        round(n),
        float(low[0]),
        float(high[0]),
        "Wilson",
        widened=lambda divisor: _required(wilson(successes, n, divisor)),
    )


def _required(found: Estimate | None) -> Estimate:
    if found is None:
        message = "an estimate that exists for n rows exists for fewer"
        raise ValueError(message)
    return found


def proportion(hits: NDArray[Any] | Derived, weights: Floats | None = None) -> Estimate | None:
    """Return the share of ``hits`` (N,) bool or float, in [0, 1], with Wilson's interval; ``weights`` (N,) have mean 1. None without a row."""
    n = len(hits)
    found = wilson(total(hits, weights), n)
    if found is None:
        return None
    return found.of_rows(lambda: of_share(hits, equal(n) if weights is None else weights))


def of_share(hits: NDArray[Any] | Derived, among: NDArray[Any] | Derived) -> Contributions:
    """Return the contributions to the share of ``hits`` (N,) bool or float among the rows with weights ``among`` (N,), 0 outside."""
    whole = total(among)
    mass = each(lambda weight: weight / whole, among)
    share = total(hits, mass)
    return Contributions(each(lambda own, hit: own * (hit - share), mass, hits), mass)


def mean(
    values: Values, low: float = -math.inf, high: float = math.inf, weights: Floats | None = None, divisor: float = 1.0
) -> Estimate | None:
    """Return the mean of (N,) values with Hall's interval, cut off at the possible range; None without a value.

    Student's t interval, transformed so that the skewness of the values is removed: losses are skewed, and few rows make most
    of their sum. A single value, or equal values, have no interval. ``weights`` (N,) are positive; the interval is that of
    n / ``divisor`` rows.

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
    value = average(values, weights)
    below, above = _hall(values, weights, divisor)
    if below == above == 0:
        return Estimate(value, n).without("there is a single value" if n == 1 else "all values are equal")
    return Estimate(
        value,
        n,
        max(value - below, low),
        min(value + above, high),
        "mean, Student's t corrected for skewness",
        widened=lambda divisor: _required(mean(values, low, high, weights, divisor)),
        contributions=lambda: of_share(values, equal(n) if weights is None else weights),
    )


def mean_p_value(values: Values) -> float:
    """Return the two-sided p-value of a mean of 0 of (N,) values: below 0.05 if and only if the interval of :func:`mean` excludes 0.

    Student's t of Hall's (1992) transformation of the mean. 1 where all values are 0, or there is only one; 0 where they are
    equal otherwise.

    >>> import numpy as np
    >>> round(mean_p_value(np.array([-1.0, 0.0, 1.0, 2.0])), 6)
    0.495025
    """
    from scipy.special import stdtr

    n = len(values)
    below, above = _hall(values, None, 1.0)
    if below == above == 0:
        return 1.0 if n < SEVERAL or not largest(values) else 0.0
    mean = average(values)
    deviation = math.sqrt(average(Derived(n, lambda span: (values[span] - mean) ** 2)))
    a = average(Derived(n, lambda span: ((values[span] - mean) / deviation) ** 3)) / math.sqrt(n)
    w = mean * math.sqrt(n - 1) / deviation
    transformed = w + a * w**2 / 3 + a**2 * w**3 / 27 + a / 6
    return 2 * float(stdtr(n - 1, -abs(transformed)))


def ratio(numerators: Values, denominators: Values, weights: Floats | None = None, divisor: float = 1.0) -> Estimate:
    """Return the ratio of two means of the same rows (N,), both non-negative, with Hall's interval of its linearization.

    The mean of the denominators must be positive. Equal ratios of all rows have no interval. ``weights`` and ``divisor`` as in
    :func:`mean`.
    """
    n, scale = len(numerators), average(denominators, weights)
    value = average(numerators, weights) / scale
    linear = Derived(n, lambda span: (numerators[span] - value * denominators[span]) / scale)
    below, above = _hall(linear, weights, divisor)
    if below == above == 0:
        return Estimate(value, n).without("the ratio is the same on all rows")
    method = "ratio of means, Student's t corrected for skewness"
    return Estimate(
        value,
        n,
        max(value - below, 0.0),
        value + above,
        method,
        widened=lambda divisor: ratio(numerators, denominators, weights, divisor),
        contributions=lambda: of_share(linear, equal(n) if weights is None else weights),
    )


def _hall(values: Values, weights: Floats | None, divisor: float) -> tuple[float, float]:
    """Return how far the interval reaches below and above the mean; zeros where the values do not vary."""
    from scipy.special import stdtrit

    n, mean = len(values), average(values, weights)
    deviations = Derived(n, lambda span: values[span] - mean)
    variance = average(Derived(n, lambda span: deviations[span] ** 2), weights) if n >= SEVERAL else 0.0
    if variance <= (np.finfo(np.float64).eps * largest(values)) ** 2:
        return 0.0, 0.0
    standard_error = math.sqrt(variance * divisor / (n - 1))
    cubes = Derived(n, lambda span: (deviations[span] / math.sqrt(variance)) ** 3)
    a = average(cubes, weights) * math.sqrt(divisor / n)
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
    return Estimate(
        value,
        n,
        float(low[0]),
        float(high[0]),
        method,
        widened=lambda divisor: share(value, variance * divisor, n, method),
    )


def logit(value: float, variance: float, n: int, method: str) -> Estimate:
    """Return a score between 0 and 1 with value ± 1.96 SE on the scale of log(value / (1 - value)).

    Without an interval where the variance is 0.
    """
    if variance <= 0 or not 0 < value < 1:
        return Estimate(value, n).without("the scores separate the classes perfectly")
    center = math.log(value / (1 - value))
    half = Z95 * math.sqrt(variance) / (value * (1 - value))
    low, high = (_expit(center - half), _expit(center + half))
    return Estimate(value, n, low, high, method, widened=lambda divisor: logit(value, variance * divisor, n, method))


def _expit(z: float) -> float:
    return float((1 + np.tanh(z / 2)) / 2)


def root_mean_square(values: Values, weights: Floats | None = None) -> Estimate | None:
    """Return the root mean square of (N,) values; its interval is the root of that of the mean square, cut off at 0.

    None without a value; a single value has no interval. ``weights`` as in :func:`mean`.

    >>> import numpy as np
    >>> round(root_mean_square(np.array([3.0, 4.0, 5.0])).value ** 2, 12)
    16.666666666667
    """
    squares = mean(each(np.square, values), low=0.0, weights=weights)
    if squares is None:
        return None
    return squares.transformed(math.sqrt, f"root of the interval of the mean square ({squares.method})")
