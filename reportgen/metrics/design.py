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

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
        if self.groups is None:
            return np.arange(self.n)
        return np.unique(self.groups, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def weight(self) -> Floats:
        """(n,) float64, the weight of every row; 1 without weights."""
        return np.broadcast_to(np.float64(1), (self.n,)) if self.weights is None else self.weights

    @property
    def count(self) -> int:
        """Number of groups."""
        return int(self.codes.max(initial=-1)) + 1

    @property
    def effective(self) -> float:
        """Number of rows of equal weight that say as much, (sum of w)² / sum of w²: Kish (1965)."""
        return float(self.weight.sum() ** 2 / self.squared_weights)

    @property
    def squared_weights(self) -> float:
        """The sum of the squared weights."""
        return float(self.n) if self.weights is None else float((self.weights**2).sum())

    def sums(self, values: Floats) -> Floats:
        """Return the sums of values (n,) in each group; without groups the values themselves."""
        return np.bincount(self.codes, values, minlength=self.count).astype(np.float64)

    def take(self, rows: NDArray[Any]) -> Design:
        """Return the design of some of the rows, given by their positions or a mask."""
        weights = None if self.weights is None else self.weights[rows] / self.weights[rows].mean()
        groups = None if self.groups is None else self.groups[rows]
        n = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)
        return Design(n, self.by, groups, weights)

    def units(self, values: NDArray[Any]) -> Floats:
        """Return what independent units of equal weight add to the mean of values (n,): (groups,) float64 with the same mean.

        Each row is a unit by itself; rows of a group are one, and what differs from the mean counts by weight (linearized).
        """
        values = np.asarray(values, np.float64)
        if self.plain:
            return values
        share = self.weight / self.weight.sum()
        mean = float((share * values).sum())
        return np.asarray(mean + self.count * np.bincount(self.codes, share * (values - mean)), np.float64)

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
        mass: Floats | None = None,
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
        residuals = residuals[:]
        total = float((self.weight * residuals).sum())
        share = self.weight / self.weight.sum()
        values = self.weight * (residuals - float((share * residuals).sum()))
        effect = self._effect(Contributions(values, share if mass is None else mass))
        if effect is None:
            return None
        variance = max(effect.base, least) * effect.ratio
        if variance <= 0:
            found = 1.0 if total == 0 or (above and total < 0) else 0.0
        else:
            t = total / math.sqrt(variance)
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

    def _effect(self, found: Contributions) -> _Effect | None:
        """Return the variance of an estimate in groups, and that in independent rows of equal weight; None below 10 groups."""
        mass = np.bincount(self.codes, found.mass)
        used = mass > 0
        count = int(used.sum())
        if count < FEWEST_GROUPS:
            return None
        mass = mass[used] / mass.sum()
        sums = np.bincount(self.codes, found.values)[used] / (1 - mass)
        share = found.mass / found.mass.sum()
        unequal = float((mass**2).sum())
        largest = unequal / float((share**2 / self.weight).sum())
        squares = found.values**2
        base, fourth = float((squares / self.weight).sum()), float((squares**2).sum())
        freedom = max(1 / unequal - 1, 1.0)
        if fourth == 0:
            return _Effect(0.0, largest, count, freedom)
        together = float((sums**2).sum())
        variance = together * (count - 1) / count
        rows = float(squares.sum()) ** 2 / fourth
        ratio = (rows * max(variance / base, 1.0) + _PRIOR * largest) / (rows + _PRIOR)
        kurtosis = count * float((sums**4).sum()) / together**2 if together > 0 else 1.0
        if kurtosis > 1:
            freedom = max(min(freedom, 2 * count / (kurtosis - 1)), 1.0)
        return _Effect(base, ratio, count, freedom)
