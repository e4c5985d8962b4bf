"""Rows that are not independent, or do not count alike: intervals and tests with groups and weights of rows.

Every interval of the program is made for independent rows of equal weight. This module alone widens it: by the design effect, the
variance of the estimate in groups (a sandwich: the contributions of the rows, summed in each group, squared) over its
variance in independent rows, and by Student's t for the groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.metrics.intervals import Z95, Contributions, Estimate
from reportgen.metrics.mapped import as_type, coded, filled, numbers, stored, summed, taken
from reportgen.metrics.spans import each, equal, extent, number, total

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Values
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

FEWEST_GROUPS = 10
"""Groups below which there is neither interval nor test; from the simulation in ``scripts/simulate/groups.py``."""
_PRIOR = 1.0
"""Rows whose contribution counts as shared by their whole group: few errors do not show how they cluster. From the same simulation."""


@dataclass(frozen=True)
class _Effect:
    """The variance of an estimate in independent rows of equal weight, how many times larger it is here, and what that rests on."""

    base: float
    ratio: float
    groups: int
    freedom: float

    @property
    def divisor(self) -> float:
        """By how much the number of rows is to be divided, Student's t for the groups included."""
        from scipy.special import stdtrit

        return self.ratio * (float(stdtrit(self.freedom, 0.975)) / Z95) ** 2


def of_mean_1(weights: Floats) -> Floats:
    """Return weights (n,) divided by their mean."""
    mean = total(weights) / max(len(weights), 1)
    return filled(len(weights), np.float64, lambda span: weights[span] / mean)


@dataclass(frozen=True)
class Design:
    """How the evaluated rows belong together and what they weigh; all rows are independent and weigh the same by default.

    Attributes
    ----------
    n
        Number of rows.
    by
        What the rows are grouped by, such as ``patient``; None without groups.
    groups
        (n,) int64, the group of every row; None without groups.
    weights
        (n,) float64, positive, of mean 1; None without weights.
    """

    n: int
    by: str | None = None
    groups: Codes | None = None
    weights: Floats | None = None

    @property
    def plain(self) -> bool:
        """Whether the rows are independent and weigh the same."""
        return self.groups is None and self.weights is None

    @cached_property
    def codes(self) -> Codes:
        """(n,) int64, the group of every row, counted from 0; each row is its own one without groups."""
        return numbers(self.n) if self.groups is None else coded(self.groups)

    @cached_property
    def weight(self) -> Floats:
        """(n,) float64, the weight of every row; 1 without weights."""
        return equal(self.n) if self.weights is None else self.weights

    @cached_property
    def count(self) -> int:
        """Number of groups."""
        return self.n if self.groups is None or not self.n else int(extent(self.codes)[1]) + 1

    @property
    def effective(self) -> float:
        """Number of rows of equal weight that say as much, (sum of w)² / sum of w²: Kish (1965)."""
        return total(self.weight) ** 2 / self.squared_weights

    @property
    def squared_weights(self) -> float:
        """The sum of the squared weights."""
        return float(self.n) if self.weights is None else total(each(np.square, self.weights))

    def sums(self, values: Values) -> Values:
        """Return the sums of values (n,) in each group; without groups the values themselves."""
        return values if self.groups is None else summed(values, self.codes, self.count)

    def take(self, rows: NDArray[Any]) -> Design:
        """Return the design of some of the rows, given by their positions or a mask."""
        weights = None if self.weights is None else of_mean_1(taken(self.weights, rows))
        groups = None if self.groups is None else taken(self.groups, rows)
        n = number(rows) if rows.dtype == np.bool_ else len(rows)
        return Design(n, self.by, groups, weights)

    def units(self, values: Values) -> Floats:
        """Return what independent units of equal weight add to the mean of values (n,): (groups,) float64 with the same mean.

        Each row is a unit by itself; rows of a group are one, and what differs from the mean counts by weight (linearized).
        """
        if self.plain:
            return as_type(stored(values), np.float64)
        mass = self._shares
        mean = total(values, mass)
        sums = self.sums(each(lambda share, value: share * (value - mean), mass, values))
        return stored(each(lambda one: mean + self.count * one, sums))

    def estimate(self, found: Estimate) -> Estimate:
        """Return an estimate with the interval for these rows; without one, and why, where there is none for them.

        The interval that the estimate has for n independent rows is made for n / d rows. d is the design effect, at least 1 (groups
        never make an estimate more certain), times the square of Student's t over 1.96. The variance in groups is the jackknife's: the sums
        of the contributions in each group, divided by one minus the group's mass. Degrees of freedom: those of the groups as
        unequal as they are, or fewer where few groups make the variance. The contributions of very few rows do not show
        how they cluster; one of them counts as if its whole group shared it.

        References
        ----------
        Korn & Graubard (1998), Survey Methodology 24, 193-201: Wilson's and other intervals by the effective number of rows.
        MacKinnon, Nielsen & Webb (2023), Journal of Econometrics 232, 272-299: jackknife variance in groups (CV3). Satterthwaite
        (1946), Biometrics Bulletin 2, 110-114: degrees of freedom of a variance.
        """
        if self.plain or found.low is None:
            return found
        if found.widened is None or found.contributions is None:
            return replace(self.without_interval(found.value), n=found.n)
        effect = self._effect(found.contributions())
        if effect is None:
            return found.without(self.too_few)
        widened = found.widened(effect.divisor)
        if widened.low is None:
            return replace(widened, n=found.n)
        return replace(widened, n=found.n, method=f"{found.method}, {self._words(effect.groups)}")

    def without_interval(self, value: float) -> Estimate:
        """Return a value that has an interval for independent rows of equal weight only."""
        return Estimate(value, self.n).without(
            f"{self._kind}, and this interval is for independent rows of equal weight"
        )

    @property
    def no_test(self) -> str:
        """Return why a test that is for independent rows of equal weight is not made in these rows."""
        return f"{self._kind}, and this test is for independent rows of equal weight"

    def divisor(self, found: Contributions) -> float | None:
        """Return by how much the number of rows of an interval is divided, as :meth:`estimate` does; None where there is none."""
        effect = self._effect(found)
        return None if effect is None else effect.divisor

    def p_value(
        self,
        residuals: NDArray[Any] | Derived,
        independent: float | None = None,
        least: float = 0.0,
        *,
        above: bool = False,
        mass: Values | None = None,
    ) -> float | None:
        """Return the p-value of residuals (n,) with mean 0 in these rows; None where there are too few groups.

        Without groups and weights it is ``independent``, that of a test for independent rows. Otherwise it is Student's t test of
        the sums in groups with the variance of :meth:`estimate`, and never below ``independent``, which holds where groups do not
        matter. ``least`` is a lower bound for the variance of the sum in independent rows that the hypothesis implies; ``above``
        tests one side. ``mass`` (n,) is the share of the mean that rests on each row, by default that of its weight.
        """
        from scipy.special import stdtr

        if self.plain:
            return independent
        share, whole = self._shares, total(residuals, self.weight)
        mean = total(residuals, share)
        values = each(lambda weight, residual: weight * (residual - mean), self.weight, residuals)
        effect = self._effect(Contributions(values, share if mass is None else mass))
        if effect is None:
            return None
        variance = max(effect.base, least) * effect.ratio
        if variance <= 0:
            found = 1.0 if whole == 0 or (above and whole < 0) else 0.0
        else:
            t = whole / math.sqrt(variance)
            found = float(stdtr(effect.freedom, -t)) if above else 2 * float(stdtr(effect.freedom, -abs(t)))
        return found if independent is None or self.weights is not None else max(found, independent)

    def test(self, what: str) -> str | None:
        """Return how a test of something is made in these rows; None for independent rows of equal weight."""
        return None if self.plain else self.said(f"Student's t of {what}")

    def said(self, method: str) -> str:
        """Return a method with the words on groups and weights, where there are any."""
        return method if self.plain else f"{method}, {self._words(self.count)}"

    @property
    def too_few(self) -> str:
        """Return why there is neither an interval nor a test."""
        rest = "rows" if self.groups is None else f"groups ({self.by})"
        return f"it rests on fewer than {FEWEST_GROUPS} {rest}"

    @property
    def _kind(self) -> str:
        kinds = [f"grouped by {self.by}"] if self.groups is not None else []
        return f"the rows are {' and '.join([*kinds, *(['weighted'] if self.weights is not None else [])])}"

    def _words(self, groups: int) -> str:
        words = ["weighted"] if self.weights is not None else []
        return ", ".join([*words, *([f"clustered by {self.by}, {groups:,} groups"] if self.groups is not None else [])])

    @property
    def _shares(self) -> Derived:
        """(n,) the share of the weight that each row has."""
        whole = total(self.weight)
        return each(lambda weight: weight / whole, self.weight)

    def _effect(self, found: Contributions) -> _Effect | None:
        """Return the variance of an estimate in groups, and that in independent rows of equal weight; None below 10 groups."""
        values, among = stored(found.values), stored(found.mass)
        mass, sums = self.sums(among), self.sums(values)
        count, whole = number(each(lambda own: own > 0, mass)), total(mass)
        if count < FEWEST_GROUPS:
            return None
        squared_sums = each(lambda one, own: (one / (1 - own / whole)) ** 2, sums, mass)
        unequal = total(each(lambda own: (own / whole) ** 2, mass))
        largest = unequal / total(each(lambda own, weight: (own / whole) ** 2 / weight, among, self.weight))
        squares = each(np.square, values)
        base, fourth = total(each(np.divide, squares, self.weight)), total(each(np.square, squares))
        freedom = max(1 / unequal - 1, 1.0)
        if fourth == 0:
            return _Effect(0.0, largest, count, freedom)
        together = total(squared_sums)
        variance = together * (count - 1) / count
        rows = total(squares) ** 2 / fourth
        ratio = (rows * max(variance / base, 1.0) + _PRIOR * largest) / (rows + _PRIOR)
        kurtosis = count * total(each(np.square, squared_sums)) / together**2 if together > 0 else 1.0
        if kurtosis > 1:
            freedom = max(min(freedom, 2 * count / (kurtosis - 1)), 1.0)
        return _Effect(base, ratio, count, freedom)
