"""Measures whether predicted distributions contain the labels as often as they state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.base import Strict
from reportgen.contract.heads import MeasuredHead
from reportgen.contract.numbers import Measurement
from reportgen.contract.records.distributional import DistributionalOutputs, NormalOutputs, QuantileOutputs
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, distributions, intervals, regression
from reportgen.metrics.spans import counts, each
from reportgen.sections.calibration.distributions import schema
from reportgen.sections.calibration.distributions.schema import Bar, DistributionCalibration, level_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.numbers import MetricSpec
    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]

MOST_BARS, FEWEST_IN_BAR = 20, 10
"""Bars of the histogram of the probability integral transform, and rows that each is expected to have. Convention."""
FEWEST_BARS = 5


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
class Distribution(MeasuredHead[DistributionalOutputs]):
    """A predicted distribution for every row, with the labels."""

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
        return tuple(_around(found, level, float(ndtri((1 + level) / 2))) for level in schema.NOMINAL)


def _around(found: NormalOutputs, level: float, z: float) -> Interval:
    """Return the interval of some standard deviations around the mean."""
    low = each(lambda mean, deviation: mean - z * deviation, found.predictions, found.deviations)
    high = each(lambda mean, deviation: mean + z * deviation, found.predictions, found.deviations)
    return Interval(level, low, high)


class PValue(Strict):
    """A p-value of a head before it is adjusted for the others of the report; null where there is no test."""

    metric: str
    subject: Subject | None
    p_value: float | None


class TestedDistribution(Strict):
    """What was found of a head: its numbers, its tests, and what its figures show."""

    measurements: tuple[Measurement, ...]
    tests: tuple[PValue, ...]
    shown: DistributionCalibration


def of_head(one: Distribution) -> TestedDistribution:
    """Measure a head."""
    tests: list[PValue] = []
    numbers = (*_whole(one, tests), *_levels(one, tests))
    return TestedDistribution(measurements=numbers, tests=tuple(tests), shown=_shown(one))


def adjusted(found: Sequence[tuple[Distribution, TestedDistribution]]) -> Iterator[Measurement]:
    """Yield the p-values of all heads, adjusted for those that there are."""
    tests = [(one, test) for one, tested in found for test in tested.tests]
    known = iter(comparison.holm([test.p_value for _, test in tests if test.p_value is not None]))
    for one, test in tests:
        how = one.design.test("the deviation from the level")
        p_value = None if test.p_value is None else next(known)
        yield one.tested(schema.TESTS[test.metric], p_value, test.subject, estimator=how)


def _share_test(one: Distribution, spec: MetricSpec, hits: Derived, level: float, part: Subject) -> PValue:
    """Test a share of rows against its level."""
    design = one.design
    least = design.squared_weights * level * (1 - level)
    exact = None if design.weights is not None else distributions.share_p_value(hits, level)
    p_value = design.p_value(each(lambda hit: hit - level, hits), exact, least)
    return PValue(metric=spec.name, subject=part, p_value=p_value)


def _whole(one: Distribution, tests: list[PValue]) -> Iterator[Measurement]:
    found, weights = one.outputs, one.design.weights
    if isinstance(found, QuantileOutputs):
        yield one.estimated(schema.CROSSING, _share(each(distributions.crossing, found.quantiles), weights))
        reason = "the outputs are quantiles, not a mean and a spread"
        for spec in (schema.SCALE, schema.SHARPNESS, schema.PIT, schema.PIT_P):
            yield _not_applicable(one, spec, reason)
    elif isinstance(found, NormalOutputs):
        parts = found.labels, found.predictions, found.deviations
        z = each(lambda label, mean, deviation: (label - mean) / deviation, *parts)
        yield one.estimated(schema.SCALE, regression.if_light_tailed(_root(z, weights), z))
        yield one.estimated(
            schema.SHARPNESS, regression.if_light_tailed(_root(found.deviations, weights), found.deviations)
        )
        distance = distributions.distance_from_uniform(each(distributions.transform, *parts), weights)
        yield one.measure(schema.PIT, distance)
        if one.design.plain:
            p_value = distributions.uniform_p_value(distance, one.n)
            tests.append(PValue(metric=schema.PIT_P.name, subject=None, p_value=p_value))
        else:
            yield _not_applicable(one, schema.PIT_P, one.design.no_test)
        yield _not_applicable(one, schema.CROSSING, "a mean and a spread cannot cross")


def _not_applicable(one: Distribution, spec: MetricSpec, reason: str) -> Measurement:
    return spec.missing(one.model.name, "not_applicable", reason, subject=one.subject())


def _levels(one: Distribution, tests: list[PValue]) -> Iterator[Measurement]:
    labels, weights = one.outputs.labels, one.design.weights
    for found in one.central:
        part, inside = level_part(found.level), found.contains(labels)
        yield one.estimated(schema.COVERAGE, _share(inside, weights), part)
        yield one.estimated(schema.WIDTH, _known(intervals.mean(found.width, weights=weights)), part)
        tests.append(_share_test(one, schema.COVERAGE_P, inside, found.level, part))
    if isinstance(one.outputs, QuantileOutputs):
        for level, quantile in zip(one.outputs.levels, one.outputs.quantiles.T, strict=True):
            part, below = level_part(level), each(np.less_equal, labels, quantile)
            yield one.estimated(schema.QUANTILE_COVERAGE, _share(below, weights), part)
            tests.append(_share_test(one, schema.QUANTILE_P, below, level, part))


def _share(hits: Derived, weights: Floats | None) -> Estimate:
    return _known(intervals.proportion(hits, weights))


def _root(values: Values, weights: Floats | None) -> Estimate:
    return _known(intervals.root_mean_square(values, weights))


def _known(estimate: Estimate | None) -> Estimate:
    if estimate is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    return estimate


# ------------------------------------------------------------------------------------------------ figures


def _shown(one: Distribution) -> DistributionCalibration:
    found = one.outputs
    return DistributionCalibration(
        model=one.model.name,
        subject=one.subject(),
        n=one.n,
        kind="quantiles" if isinstance(found, QuantileOutputs) else "normal",
        intervals=tuple(interval.level for interval in one.central),
        quantiles=found.levels if isinstance(found, QuantileOutputs) else (),
        bars=tuple(_bars(one, found)) if isinstance(found, NormalOutputs) else (),
    )


def _bars(one: Distribution, found: NormalOutputs) -> Iterator[Bar]:
    """Yield the histogram of the probability integral transform; nothing for fewer rows than five bars need."""
    count = min(MOST_BARS, one.n // FEWEST_IN_BAR)
    if count < FEWEST_BARS:
        return
    places = each(distributions.transform, found.labels, found.predictions, found.deviations)
    bars = each(lambda place: np.minimum((place * count).astype(int), count - 1), places)
    counted = counts(bars, count, one.design.weights)
    shares = counted / counted.sum()
    ends = distributions.bar_range(one.n, count) if one.design.plain else (None, None)
    for index, share in enumerate(shares.tolist()):
        yield Bar(low=index / count, high=(index + 1) / count, share=share, range_low=ends[0], range_high=ends[1])
