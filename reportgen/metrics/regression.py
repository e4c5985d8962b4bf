"""Scores of predicted values: quantiles of errors, skill, conformal intervals, errors that grow, residuals by prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import classification, folds, intervals
from reportgen.metrics.intervals import Estimate
from reportgen.metrics.mapped import among, filled, in_order, running
from reportgen.metrics.ordered import ROUNDING, Ordered
from reportgen.metrics.spans import Derived, average, counts, each, equal, extent, largest, total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.metrics.design import Design
    from reportgen.metrics.intervals import Values

    Floats = NDArray[np.float64]

MOST_BINS, FEWEST_IN_BIN = 10, 30
"""Bins of the predictions, and rows in each. Convention."""
FEWEST_FOR_BINS = 2 * FEWEST_IN_BIN


# ------------------------------------------------------------------------------------------------ quantiles


def quantile(values: Values, level: float, weights: Floats | None = None, divisor: float = 1.0) -> Estimate:
    """Return the smallest of (N,) values that at least the share ``level`` of the weight does not exceed, with its interval.

    The ends are values too: those with so many of n / ``divisor`` rows below them that the binomial distribution allows no more than
    a chance of 2.5 % beyond each, whatever the distribution. Without an interval where even the largest value is not far enough out.
    ``weights`` (N,) are positive.

    References
    ----------
    David & Nagaraja (2003), Order Statistics, section 7.1; Woodruff (1952), Journal of the American Statistical Association 47, 635-646.

    >>> import numpy as np
    >>> found = quantile(np.arange(1.0, 101.0), 0.5)
    >>> found.value, found.low, found.high
    (50.0, 40.0, 61.0)
    """
    from scipy.special import bdtrik

    n, ordered = len(values), Ordered.of(values, weights)
    value, trials = ordered.at(level), math.floor(n / divisor)
    if level**trials > _BEYOND or (1 - level) ** trials > _BEYOND:
        farther = max(level, 1 - level)
        many = f" (at least {math.ceil(math.log(_BEYOND) / math.log(farther)):,})" if farther < 1 else ""
        return Estimate(value, n).without(f"an interval of this quantile needs more rows{many}")
    low = (math.floor(bdtrik(_BEYOND, trials, level)) + 1) / trials
    high = min((math.ceil(bdtrik(1 - _BEYOND, trials, level)) + 1) / trials, 1.0)
    return Estimate(
        value,
        n,
        ordered.below(low),
        ordered.at(high),
        "order statistics",
        widened=lambda divisor: quantile(values, level, weights, divisor),
        contributions=lambda: intervals.of_share(
            each(lambda one: one <= value, values), equal(n) if weights is None else weights
        ),
    )


_SAME = 1e-12
"""Range of the labels, relative to the largest label or error, up to which they count as equal."""
_BEYOND = 0.025
"""Chance that the true quantile is beyond either end."""


# ------------------------------------------------------------------------------------------------ skill


def r_squared(errors: Values, labels: Floats, weights: Floats | None = None) -> Estimate | None:
    """Return 1 - mean squared error / variance of the labels (N,): the skill against the mean of the same labels.

    As ``r2_score`` of scikit-learn; the interval is that of a ratio of means. None where all labels are equal, up to rounding.

    >>> import numpy as np
    >>> r_squared(np.array([1.0, -1.0]), np.array([0.0, 4.0])).value
    0.75
    """
    if _are_equal(labels, errors):
        return None
    center = average(labels, weights)
    return classification.skill(each(np.square, errors), each(lambda label: (label - center) ** 2, labels), weights)


def mae_skill(errors: Values, labels: Floats, weights: Floats | None = None) -> Estimate | None:
    """Return 1 - MAE / MAE of always predicting the median of the labels (N,), the best constant for absolute errors.

    None where all labels are equal, up to rounding.
    """
    if _are_equal(labels, errors):
        return None
    center = quantile(labels, 0.5, weights).value
    return classification.skill(each(np.abs, errors), each(lambda label: np.abs(label - center), labels), weights)


def skill_over(
    errors: Values, others: Values, weights: Floats | None = None
) -> tuple[Estimate | None, Estimate | None]:
    """Return 1 - MAE / MAE and 1 - mean square / mean square of the errors of another model on the same rows (N,).

    None for both where the other model has no error. That of squares is without its interval where few rows make most of either.

    >>> import numpy as np
    >>> absolute, squared = skill_over(np.array([1.0, -1.0]), np.array([2.0, -2.0]))
    >>> absolute.value, squared.value
    (0.5, 0.75)

    References
    ----------
    Murphy (1988), Skill scores based on the mean square error, Monthly Weather Review.
    """
    absolute, squared = (
        classification.skill(each(size, errors), each(size, others), weights) for size in (np.abs, np.square)
    )
    if squared is not None:
        squared = if_light_tailed(if_light_tailed(squared, errors), others)
    return absolute, squared


def _are_equal(labels: Floats, errors: Values) -> bool:
    """Tell whether labels (N,) vary by no more than the rounding of the numbers that they are compared with."""
    low, high = extent(labels)
    return high - low <= _SAME * max(-low, high, largest(errors))


def if_light_tailed(found: Estimate, errors: Values) -> Estimate:
    """Return an estimate that rests on a mean square; without its interval where few errors (N,) make most of that.

    A sample that misses the tail of its errors looks safe and has too narrow an interval, so the kurtosis, the mean fourth power over
    the squared mean square, may be at most 4 in 100 rows (3 for normal errors) and grow with the fourth root of the rows: from the
    simulation in ``scripts/simulate/regression.py``.

    >>> import numpy as np
    >>> if_light_tailed(Estimate(1.0, 100, 0.9, 1.1, "mean"), np.eye(100)[0]).withheld
    'few rows make most of the squared error (kurtosis 100, at most 4 for 100 rows)'
    """
    n, scale = len(errors), largest(errors)
    if found.low is None or scale == 0:
        return found
    squares = each(lambda error: (error / scale) ** 2, errors)
    kurtosis = average(each(np.square, squares)) / average(squares) ** 2
    limit = _KURTOSIS * (n / 100) ** 0.25
    if kurtosis <= limit:
        return found
    return found.without(
        f"few rows make most of the squared error (kurtosis {kurtosis:.3g}, at most {limit:.2g} for {n:,} rows)"
    )


_KURTOSIS = 4.0


# ------------------------------------------------------------------------------------------------ conformal intervals


@dataclass(frozen=True)
class Conformal:
    """The half-width of an interval around every prediction, from one half of the rows, and how many of the other half it covers.

    ``calibrated`` and ``tested`` (N,) bool are the rows of the first and of the other half.
    """

    half_width: Estimate
    covered: Estimate
    calibrated: NDArray[np.bool_]
    tested: NDArray[np.bool_]


def split_conformal(errors: Values, level: float, design: Design, seed: int) -> Conformal | None:
    """Return the half-width that holds the share ``level`` of new rows like these, by split conformal prediction.

    The rows (N,), or their groups, are halved at random; the half-width is the absolute error at rank ceil((m + 1) ``level``)
    of the m rows of the first half. None where that rank is above m. With weights the rank is taken in shares of weight.

    References
    ----------
    Lei, G'Sell, Rinaldo, Tibshirani & Wasserman (2018), Journal of the American Statistical Association 113, 1094-1111.
    """
    fold = folds.row_folds(design.n, seed, 2) if design.groups is None else folds.grouped_folds(design.codes, seed, 2)
    calibrated, tested = (filled(design.n, np.bool_, lambda span, half=half: fold[span] == half) for half in (0, 1))  # type: ignore[misc]
    first, second = design.take(calibrated), design.take(tested)
    sizes = each(np.abs, errors)
    m = first.n
    rank = math.ceil((m + 1) * level - ROUNDING)
    if rank > m or second.n == 0:
        return None
    width = quantile(among(sizes, calibrated), rank / m, first.weights)
    hits = intervals.proportion(each(lambda size: size <= width.value, among(sizes, tested)), second.weights)
    return None if hits is None else Conformal(width, hits, calibrated, tested)


# ------------------------------------------------------------------------------------------------ the shape of the errors


def growth(predictions: Values, errors: Values) -> Estimate | None:
    """Return Spearman's rank correlation of prediction and absolute error (N,): above 0 the errors grow with the prediction.

    The interval is Fisher's z with the variance (1 + r² / 2) / (n - 3). None for fewer than 10 rows, or where either does not vary.

    References
    ----------
    Bonett & Wright (2000), Psychometrika 65, 23-28.
    """
    n, both = len(errors), (predictions, each(np.abs, errors))
    if n < FEWEST_FOR_GROWTH or any(low == high for low, high in map(extent, both)):
        return None
    first, second = map(_standardized_ranks, both)
    r = float(np.clip(average(each(np.multiply, first, second)), -1, 1))
    return _correlation(r, n).of_rows(
        lambda: intervals.of_share(
            each(lambda one, two: one * two - r * (one**2 + two**2) / 2, first, second), equal(n)
        )
    )


FEWEST_FOR_GROWTH = 10


def _correlation(r: float, n: int, divisor: float = 1.0) -> Estimate:
    if abs(r) >= 1 or n / divisor <= 3:  # noqa: PLR2004 the degrees of freedom of Fisher's z
        return Estimate(r, n).without("the ranks are the same" if abs(r) >= 1 else "there are too few rows")
    half = intervals.Z95 * math.sqrt((1 + r**2 / 2) / (n / divisor - 3))
    low, high = math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)
    return Estimate(r, n, low, high, "Bonett & Wright", widened=lambda divisor: _correlation(r, n, divisor))


def _standardized_ranks(values: Values) -> Derived:
    """Return average ranks (N,) with mean 0 and variance 1."""
    ordered, n = Ordered.of(values), len(values)
    ranks = filled(n, np.float64, lambda span: ordered.ranks(values[span]))
    deviations = each(lambda rank: rank - (n + 1) / 2, ranks)
    deviation = math.sqrt(average(each(np.square, deviations)))
    return each(lambda found: found / deviation, deviations)


def rows_for_half(errors: Values) -> int:
    """Return the smallest number of rows whose squared errors (N,) make at least half of the sum; 0 where all errors are 0.

    >>> import numpy as np
    >>> rows_for_half(np.array([1.0, 1.0, 1.0, -4.0])), rows_for_half(np.ones(10))
    (1, 5)
    """
    squares = in_order(each(np.square, errors))[::-1]
    summed = total(squares)
    return 0 if summed == 0 else int(np.searchsorted(running(squares), summed / 2 * (1 - ROUNDING))) + 1


@dataclass(frozen=True)
class Bin:
    """Rows with neighboring predictions.

    Attributes
    ----------
    low, high, center
        Smallest, largest and mean prediction.
    bias, p_value
        Mean error with the interval for these rows, and the p-value of a mean of 0; None where there are too few groups.
    lower, median, upper
        The 10 %, 50 % and 90 % quantiles of the errors.
    """

    low: float
    high: float
    center: float
    bias: Estimate
    p_value: float | None
    lower: float
    median: float
    upper: float


def bins(predictions: Values, errors: Values, design: Design) -> tuple[Bin, ...]:
    """Return the errors (N,) in bins of equally many rows by prediction, at most 10 and of at least 30 rows; none for fewer than 60 rows.

    Equal predictions are in one bin.
    """
    n = len(errors)
    if n < FEWEST_FOR_BINS:
        return ()
    parts = in_parts(predictions, min(MOST_BINS, n // FEWEST_IN_BIN))
    return tuple(_bin(predictions, errors, design, rows) for rows in parts)


def in_parts(values: Values, count: int) -> Iterator[NDArray[np.bool_]]:
    """Yield the rows (N,) bool of parts with equally many rows, the smallest values (N,) first; equal values are in one of them."""
    n = len(values)
    edges = np.unique(in_order(values)[[place * n // count for place in range(1, count)]])
    member = filled(n, np.int8, lambda span: np.searchsorted(edges, values[span], side="right"))
    for index in np.flatnonzero(counts(member, len(edges) + 1)).tolist():
        yield filled(n, np.bool_, lambda span, index=index: member[span] == index)  # type: ignore[misc]


def _bin(predictions: Values, errors: Values, design: Design, rows: NDArray[np.bool_]) -> Bin:
    own, inside, found = design.take(rows), among(predictions, rows), among(errors, rows)
    bias = intervals.mean(found, weights=own.weights)
    if bias is None:
        message = "a bin has rows"
        raise ValueError(message)
    spread = (quantile(found, level, own.weights).value for level in (0.1, 0.5, 0.9))
    p_value = own.p_value(found, intervals.mean_p_value(found))
    return Bin(*extent(inside), average(inside, own.weights), own.estimate(bias), p_value, *spread)


def normal_quantiles(errors: Values, most: int) -> tuple[Floats, Floats]:
    """Return quantiles of the standard normal distribution and those of the standardized errors (N,), at most ``most`` of each.

    The levels are (i - 0.5) / n, those of Hazen. Empty where the errors do not vary.
    """
    from scipy.special import ndtri

    n, mean = len(errors), average(errors)
    scale = math.sqrt(average(each(lambda error: (error - mean) ** 2, errors)))
    if scale == 0:
        return np.empty(0), np.empty(0)
    places = np.unique(np.linspace(0, n - 1, min(most, n)).round().astype(int))
    expected: Floats = ndtri((places + 0.5) / n)
    return expected, (in_order(errors)[places] - mean) / scale
