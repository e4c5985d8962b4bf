"""A predicted distribution as sections measure it: its scores, its central intervals, and where in it the labels are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.heads import MeasuredHead
from reportgen.contract.records.distributional import DistributionalOutputs, NormalOutputs, QuantileOutputs
from reportgen.metrics import classification, distributions, intervals, regression
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]

NOMINAL = (0.5, 0.8, 0.9, 0.95)
"""Coverage of the central intervals of a normal distribution that are measured. Convention."""
QUANTILES = "the outputs are quantiles, not a mean and a spread"
SPREAD = "the outputs are a mean and a spread, not quantiles"
NO_CROSSING = "a mean and a spread cannot cross"
"""Why a number does not fit a distribution."""


@dataclass(frozen=True)
class Interval:
    """The central interval of a nominal coverage: its ends (N,)."""

    level: float
    low: Values
    high: Values

    def contains(self, values: Values) -> Derived:
        """Return which of some values (N,) are inside."""
        return each(lambda low, value, high: (low <= value) & (value <= high), self.low, values, self.high)

    @property
    def width(self) -> Derived:
        """(N,) the distance of the ends."""
        return each(np.subtract, self.high, self.low)


@dataclass(frozen=True)
class DistributionHead(MeasuredHead[DistributionalOutputs]):
    """A predicted distribution for every row, with the labels."""

    @property
    def levels(self) -> tuple[float, ...]:
        """Levels of the quantiles; none for normal distributions."""
        return self.outputs.levels if isinstance(self.outputs, QuantileOutputs) else ()

    @cached_property
    def losses(self) -> Floats:
        """(N,) the CRPS of normal distributions, or the mean pinball loss over the levels of quantiles."""
        found = self.outputs
        if isinstance(found, QuantileOutputs):
            return stored(
                each(
                    lambda label, all_of: distributions.pinball(label, all_of, found.levels).mean(axis=1),
                    found.labels,
                    found.quantiles,
                )
            )
        normal = self._normal
        return stored(each(distributions.crps_normal, normal.labels, normal.predictions, normal.deviations))

    @property
    def _references(self) -> Floats:
        """(N,) the same of always predicting the distribution of the labels, or its quantiles."""
        labels, weights = self.outputs.labels, self.design.weights
        if self.levels:
            losses = distributions.pinball_of_labels(labels, self.levels, weights)
            return stored(each(lambda of_levels: of_levels.mean(axis=1), losses))
        return distributions.crps_of_labels(labels, weights)

    @property
    def score(self) -> Estimate:
        """Return the mean of :attr:`losses`."""
        return _known(intervals.mean(self.losses, low=0.0, weights=self.design.weights))

    @property
    def how(self) -> str | None:
        """How the score is a mean over levels; None for normal distributions."""
        return f"mean over {len(self.levels)} levels" if self.levels else None

    @property
    def skill(self) -> Estimate | None:
        """Return 1 - score / score of always predicting the distribution of the labels; None where all labels are the same."""
        return classification.skill(self.losses, self._references, self.design.weights)

    @property
    def _normal(self) -> NormalOutputs:
        if not isinstance(self.outputs, NormalOutputs):
            message = f"{type(self.outputs).__name__} has no mean and spread"
            raise TypeError(message)
        return self.outputs

    @property
    def scale(self) -> Estimate:
        """Return what the standard deviations must be multiplied by to fit: the root mean square of the standardized errors."""
        found = self._normal
        parts = found.labels, found.predictions, found.deviations
        return self._root(each(lambda label, mean, deviation: (label - mean) / deviation, *parts))

    @property
    def sharpness(self) -> Estimate:
        """Return the root mean square of the standard deviations."""
        return self._root(self._normal.deviations)

    def _root(self, values: Values) -> Estimate:
        found = _known(intervals.root_mean_square(values, self.design.weights))
        return regression.if_light_tailed(found, values)

    @property
    def places(self) -> Derived:
        """(N,) the probability integral transform of the labels in normal distributions."""
        found = self._normal
        return each(distributions.transform, found.labels, found.predictions, found.deviations)

    @cached_property
    def pit_distance(self) -> float:
        """The distance of :attr:`places` from the uniform distribution."""
        return distributions.distance_from_uniform(self.places, self.design.weights)

    @property
    def pit_p(self) -> float | None:
        """The chance that a calibrated model has as large a distance; None for grouped or weighted rows."""
        return distributions.uniform_p_value(self.pit_distance, self.n) if self.design.plain else None

    @property
    def crossing(self) -> Estimate:
        """Return the share of the rows whose quantiles cross."""
        found = self.outputs
        if not isinstance(found, QuantileOutputs):
            raise TypeError(NO_CROSSING)
        return self.share(each(distributions.crossing, found.quantiles))

    @cached_property
    def central(self) -> tuple[Interval, ...]:
        """The central intervals, the narrowest first: of fixed levels, or those that the quantiles make."""
        from scipy.special import ndtri

        found = self.outputs
        if isinstance(found, QuantileOutputs):
            return tuple(
                Interval(level, found.quantiles[:, low], found.quantiles[:, high])
                for level, low, high in distributions.central(found.levels)
            )
        if not isinstance(found, NormalOutputs):
            return ()
        return tuple(_around(found, level, float(ndtri((1 + level) / 2))) for level in NOMINAL)

    def coverage(self, interval: Interval) -> Estimate:
        """Return the share of the labels inside a central interval."""
        return self.share(interval.contains(self.outputs.labels))

    def width(self, interval: Interval) -> Estimate:
        """Return the mean width of a central interval."""
        return _known(intervals.mean(interval.width, weights=self.design.weights))

    def coverage_p(self, interval: Interval) -> float | None:
        """Return the p-value of the coverage of a central interval; None where there is no test for these rows."""
        return self.share_p(interval.contains(self.outputs.labels), interval.level)

    def share(self, hits: Derived) -> Estimate:
        """Return a share of the rows (N,)."""
        return _known(intervals.proportion(hits, self.design.weights))

    def share_p(self, hits: Derived, level: float) -> float | None:
        """Return the p-value of a share of the rows (N,) that should be a level; None where there is no test for these rows."""
        design = self.design
        least = design.squared_weights * level * (1 - level)
        exact = None if design.weights is not None else distributions.share_p_value(hits, level)
        return design.p_value(each(lambda hit: hit - level, hits), exact, least)


def _around(found: NormalOutputs, level: float, z: float) -> Interval:
    """Return the interval of some standard deviations around the mean."""
    low = each(lambda mean, deviation: mean - z * deviation, found.predictions, found.deviations)
    high = each(lambda mean, deviation: mean + z * deviation, found.predictions, found.deviations)
    return Interval(level, low, high)


def _known(estimate: Estimate | None) -> Estimate:
    if estimate is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    return estimate
