"""Calibration of positions, from sums per unit and bin of the confidence: positions of an image or a sequence are never independent.

The forecast is the probability of the predicted class, the outcome whether it is right. All that allows for chance rests on the units, or on the
groups that they are in: their residuals keep their sizes, and in a calibrated model each of them is as likely above 0 as below.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reportgen.metrics import pooled
from reportgen.metrics.calibrated import GroupedResiduals
from reportgen.metrics.calibration import LEVEL, ReliabilityCurve, ResidualBins, equal_width_edges
from reportgen.metrics.design import FEWEST_GROUPS
from reportgen.metrics.pooled import Parts
from reportgen.metrics.spans import counts, each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.design import Design
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class UnitBins:
    """Positions of units by bins of equal width of their confidence.

    Attributes
    ----------
    counted, right
        (N, B) int64, the positions of every unit in every bin, and those of them that are predicted right.
    confidence
        (N, B) float64, the sums of their confidences.
    design
        How the units belong together and what they weigh; each is a group by itself, or in a group with others.
    """

    counted: Ints
    right: Ints
    confidence: Floats
    design: Design

    @property
    def gap(self) -> tuple[Parts, Parts]:
        """The mean confidence of a position, and the share that is right."""
        n = self.counted.sum(axis=1).astype(np.float64)
        return Parts(self.confidence.sum(axis=1), n), Parts(self.right.sum(axis=1).astype(np.float64), n)

    @property
    def difference(self) -> tuple[Estimate, Derived] | None:
        """Mean confidence minus the share that is right, and the linearized units, whose mean it is."""
        return pooled.difference(*self.gap, self.design.weights)

    @property
    def gap_p(self) -> float | None:
        """Return the p-value of mean confidence equal to the share that is right; None in too few groups.

        The variance is that between units, and never below that of independent positions that are right as often as their confidence says.
        """
        found = self.difference
        if found is None:
            return None
        n = self.counted.sum(axis=1).astype(np.float64)
        scale = float(np.average(n, weights=self.design.weights))
        mean = self.confidence / np.maximum(self.counted, 1)
        variance = (self.counted * mean * (1 - mean)).sum(axis=1)
        least = float((self.design.weight**2 * variance).sum()) / scale**2
        mass = self.design.weight * n
        return self.design.p_value(found[1], None, least, mass=mass / mass.sum())

    @cached_property
    def bins(self) -> ResidualBins:
        """The sums of all units, each by its weight. Squares and variances within a bin are those at its mean confidence."""
        weight = self.design.weight[:, None]
        n, outcome, forecast = ((weight * one).sum(axis=0) for one in (self.counted, self.right, self.confidence))
        mean = forecast / np.maximum(n, 1e-300)
        return ResidualBins(
            edges=equal_width_edges(self.counted.shape[1]),
            n=n,
            forecast=forecast,
            outcome=outcome,
            residual=forecast - outcome,
            squared=outcome * (1 - mean) ** 2 + (n - outcome) * mean**2,
            variance=n * np.maximum(mean * (1 - mean), 0.0),
        )

    @cached_property
    def grouped(self) -> GroupedResiduals:
        """The residual sum of every group in every bin where it has positions."""
        size, weight = self.counted.shape[1], self.design.weight[:, None]
        cell = (self.design.codes[:, None] * size + np.arange(size)).ravel()
        sums, n = (
            np.bincount(cell, (weight * one).ravel(), self.design.count * size).astype(np.float64)
            for one in (self.confidence - self.right, self.counted)
        )
        filled = np.flatnonzero(n)
        return GroupedResiduals(sums[filled], n[filled], filled // size, filled % size)

    @property
    def groups(self) -> Ints:
        """(B,) int64, the groups that have positions in each bin."""
        return counts(self.grouped.bin, self.counted.shape[1]).astype(np.int64)

    def curve(self) -> ReliabilityCurve:
        """Return the points of a reliability diagram; bins without positions are left out, intervals of bins with fewer than 10 groups are NaN.

        The interval of a share is Wilson's, by the variance between units. All points of a calibrated model are inside the band in 95 % of
        cases: normal sums of the groups' residuals with random signs, with Student's t for the groups of the bin and Šidák's level for the
        number of points, and no narrower than for independent positions.
        """
        from scipy.special import stdtrit

        bins, used = self.bins, np.flatnonzero(self.bins.n > 0)
        n, forecast = bins.n[used], bins.forecast[used] / bins.n[used]
        squares = counts(self.grouped.bin, len(bins.n), each(np.square, self.grouped.sums))[used]
        groups, tail = self.groups[used], (1 - (1 - LEVEL) ** (1 / len(used))) / 2
        t = -stdtrit(np.maximum(groups - 1, 1), tail)
        half = np.where(groups < FEWEST_GROUPS, np.nan, t * np.sqrt(np.maximum(squares, bins.variance[used])) / n)
        ends = np.array([self._ends(index) for index in used.tolist()]).reshape(-1, 2)
        return ReliabilityCurve(
            n,
            forecast,
            bins.outcome[used] / n,
            ends[:, 0],
            ends[:, 1],
            np.clip(forecast - half, 0.0, 1.0),
            np.clip(forecast + half, 0.0, 1.0),
        )

    def _ends(self, index: int) -> tuple[float, float]:
        parts = Parts(self.right[:, index].astype(np.float64), self.counted[:, index].astype(np.float64))
        found = pooled.micro(parts, self.design.weights)
        found = None if found is None else self.design.estimate(found)
        if found is None or found.low is None or found.high is None:
            return np.nan, np.nan
        return found.low, found.high
