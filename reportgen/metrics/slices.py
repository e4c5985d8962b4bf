"""A slice of the rows against the others: the difference with its interval, and the test of no difference."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import intervals, simultaneous
from reportgen.metrics.design import FEWEST_GROUPS
from reportgen.metrics.intervals import SEVERAL, Contributions, Estimate
from reportgen.metrics.mapped import among, filled, taken
from reportgen.metrics.spans import average, each, number, total

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.design import Design

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

_WIDTHS, _LEAST_TERMS = 40, 50
"""Standard deviations, and terms at least, over which a tail of the hypergeometric distribution is summed; beyond is nothing."""
_NO_SKEWNESS = 1e-6
"""Below it the distribution of the permutation test is normal; the other formula loses its digits."""


def from_rest(values: Floats | Mask, inside: Mask, design: Design) -> Estimate | None:
    """Return the mean of the values (N,) inside a slice minus that outside, with its interval; None where either has no row.

    Shares (bool) have Newcombe's (1998, Statistics in Medicine 17, 873-890, method 10) interval, others that of Zou & Donner (2008):
    the intervals of both means by square-and-add. ``n`` is the number of rows inside; ``inside`` is (N,), ``design`` that of all rows.
    """
    own, rest = (_part(values, rows, design) for rows in (inside, _outside(inside)))
    if own is None or rest is None:
        return None
    return _difference(own, rest).of_rows(lambda: _contributions(values, inside, design.weight))


def _outside(inside: Mask) -> Mask:
    return filled(len(inside), np.bool_, lambda span: ~inside[span])


def _part(values: Floats | Mask, rows: Mask, design: Design) -> Estimate | None:
    weights = design.take(rows).weights
    if values.dtype == np.bool_:
        return intervals.proportion(taken(values, rows), weights)
    return intervals.mean(among(values, rows), weights=weights)


def _difference(own: Estimate, rest: Estimate) -> Estimate:
    ends = [(one.value, one.low, one.high) for one in (own, rest) if one.low is not None and one.high is not None]
    if len(ends) < len((own, rest)):
        plain = Estimate(own.value - rest.value, own.n)
        return plain.without(own.withheld or rest.withheld or "one of the two has no interval")
    value, low, high = simultaneous.apart(*ends)
    method = f"square-and-add of {own.method}"
    found = Estimate(value, own.n, low, high, method)
    narrow, wide = own.widened, rest.widened
    if narrow is None or wide is None:
        return found
    return replace(found, widened=lambda divisor: _difference(narrow(divisor), wide(divisor)))


def _contributions(values: Floats | Mask, inside: Mask, weight: Floats) -> Contributions:
    """Return the contributions of all rows to the difference; half of the estimate rests on either part."""
    own = intervals.of_share(values, each(np.multiply, inside, weight))
    rest = intervals.of_share(values, each(lambda here, w: ~here * w, inside, weight))
    mass = each(lambda one, other: (one + other) / 2, own.mass, rest.mass)
    return Contributions(each(np.subtract, own.values, rest.values), mass)


def from_rest_p(values: Floats | Mask, inside: Mask, design: Design) -> float | None:
    """Return the two-sided p-value of equal means inside and outside; None in fewer than 10 groups, or without rows on either side.

    Independent rows of equal weight: Fisher's (1935) exact test for shares (bool), twice the smaller tail; otherwise the larger
    p-value of the permutation test of the mean, which is valid for any distribution of losses, and of Welch's (1947) t test, which
    is valid where only the spread differs. Parameters as of :func:`from_rest`.
    """
    outside = _outside(inside)
    if not (number(inside) and number(outside)):
        return None
    if design.plain:
        return _independent(values, inside)
    if any(design.take(rows).count < FEWEST_GROUPS for rows in (inside, outside)):
        return None
    independent = None if design.weights is not None else _independent(values, inside)
    weight = design.weight
    whole, mass = total(weight), [total(rows, weight) for rows in (inside, outside)]
    weighted = each(np.multiply, weight, values)
    means = [total(rows, weighted) / own for rows, own in zip((inside, outside), mass, strict=True)]
    scale = each(lambda here: np.where(here, 1 / mass[0], -1 / mass[1]) * whole, inside)
    residuals = each(
        lambda by, value, here: by * (value - np.where(here, *means)) + (means[0] - means[1]), scale, values, inside
    )
    least = 0.0
    if values.dtype == np.bool_:
        share = total(weighted) / whole
        least = share * (1 - share) * total(each(lambda w, by: w**2 * by**2, weight, scale))
    return design.p_value(residuals, independent, least)


def _independent(values: Floats | Mask, inside: Mask) -> float:
    own, rest = (taken(values, rows) for rows in (inside, _outside(inside)))
    if values.dtype == np.bool_:
        return fisher(number(own), len(own), number(rest), len(rest))
    return max(welch(own, rest), permutation(own, rest))


def fisher(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Return twice the smaller tail of Fisher's exact test of equal shares, 1 at most.

    >>> round(fisher(1, 9, 11, 14), 6)
    0.00498
    """
    from scipy.special import gammaln

    marked, rows = hits + other_hits, n + other_n
    low, high = max(0, marked - other_n), min(n, marked)
    share = marked / rows
    deviation = math.sqrt(n * share * (1 - share) * max(other_n, 1) / max(rows - 1, 1))
    terms = math.ceil(_WIDTHS * deviation) + _LEAST_TERMS

    def probability(first: int, last: int) -> float:
        k = np.arange(max(first, low), min(last, high) + 1, dtype=np.float64)
        logs = _log_choose(gammaln, n, k) + _log_choose(gammaln, other_n, marked - k)
        return float(np.exp(logs - _log_choose(gammaln, rows, np.float64(marked))).sum())

    return min(1.0, 2 * min(probability(hits - terms, hits), probability(hits, hits + terms)))


def _log_choose(gammaln: np.ufunc, n: int, k: np.float64 | Floats) -> Floats:
    found: Floats = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return found


def permutation(first: Floats, second: Floats) -> float:
    """Return twice the smaller tail of the permutation test of two samples from one distribution, by their means.

    The distribution of the mean over all divisions of the values is that of Pearson's type III with its mean, variance and
    skewness, which are known exactly: no draws. Mielke & Berry (2007), Permutation Methods. 1 where the values do not vary.

    >>> import numpy as np
    >>> round(permutation(np.arange(5.0), np.arange(5.0, 10.0)), 4)
    0.009
    """
    from scipy.special import gammainc, gammaincc, ndtr

    m, n = len(first), len(first) + len(second)
    center = (total(first) + total(second)) / n

    def moment(power: int) -> float:
        return sum(total(each(lambda value: (value - center) ** power, one)) for one in (first, second)) / n

    variance = m * (n - m) / (n - 1) * moment(2) if n >= SEVERAL else 0.0
    if variance <= 0:
        return 1.0
    distance = total(each(lambda value: value - center, first)) / math.sqrt(variance)
    third = m * (n - m) * (n - 2 * m) / ((n - 1) * max(n - 2, 1)) * moment(3)
    skewness = third / variance**1.5
    if abs(skewness) < _NO_SKEWNESS:
        return min(1.0, 2 * float(ndtr(-abs(distance))))
    shape = 4 / skewness**2
    place = max(shape + math.copysign(math.sqrt(shape), skewness) * distance, 0.0)
    return min(1.0, 2 * min(float(gammainc(shape, place)), float(gammaincc(shape, place))))


def welch(first: Floats, second: Floats) -> float:
    """Return the two-sided p-value of equal means: Welch's (1947) t test.

    1 where neither sample varies and the means are equal, or either has a single value; 0 where neither varies and they differ.

    >>> import numpy as np
    >>> round(welch(np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0, 6.0, 8.0])), 6)
    0.055051
    """
    from scipy.special import stdtr

    if min(len(first), len(second)) < SEVERAL:
        return 1.0
    samples = first, second
    means = [average(one) for one in samples]
    variances = [
        total(each(lambda value, mean=mean: (value - mean) ** 2, one)) / (len(one) - 1) / len(one)
        for one, mean in zip(samples, means, strict=True)
    ]
    difference, variance = means[0] - means[1], sum(variances)
    if variance == 0:
        return 1.0 if difference == 0 else 0.0
    freedom = variance**2 / sum(one**2 / (len(sample) - 1) for one, sample in zip(variances, samples, strict=True))
    return 2 * float(stdtr(freedom, -abs(difference) / math.sqrt(variance)))
