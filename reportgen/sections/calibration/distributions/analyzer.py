"""Measures whether predicted distributions contain the labels as often as they state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.base import Strict
from reportgen.contract.distributions import NO_CROSSING, QUANTILES
from reportgen.contract.numbers import Measurement
from reportgen.contract.records.distributional import QuantileOutputs
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, distributions
from reportgen.metrics.spans import counts, each
from reportgen.sections.calibration.distributions import schema
from reportgen.sections.calibration.distributions.schema import Bar, DistributionCalibration, level_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.distributions import DistributionHead

    Floats = NDArray[np.float64]

MOST_BARS, FEWEST_IN_BAR = 20, 10
"""Bars of the histogram of the probability integral transform, and rows that each is expected to have. Convention."""
FEWEST_BARS = 5


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


def of_head(one: DistributionHead) -> TestedDistribution:
    """Measure a head."""
    tests: list[PValue] = []
    numbers = (*_whole(one, tests), *_levels(one, tests))
    return TestedDistribution(measurements=numbers, tests=tuple(tests), shown=_shown(one))


def adjusted(found: Sequence[tuple[DistributionHead, TestedDistribution]]) -> Iterator[Measurement]:
    """Yield the p-values of all heads, adjusted for those that there are."""
    tests = [(one, test) for one, tested in found for test in tested.tests]
    known = iter(comparison.holm([test.p_value for _, test in tests if test.p_value is not None]))
    for one, test in tests:
        how = one.design.test("the deviation from the level")
        p_value = None if test.p_value is None else next(known)
        yield one.tested(schema.TESTS[test.metric], p_value, test.subject, estimator=how)


def _whole(one: DistributionHead, tests: list[PValue]) -> Iterator[Measurement]:
    if one.levels:
        yield one.estimated(schema.CROSSING, one.crossing)
        for spec in (schema.SCALE, schema.SHARPNESS, schema.PIT, schema.PIT_P):
            yield one.not_applicable(spec, QUANTILES)
        return
    yield one.estimated(schema.SCALE, one.scale)
    yield one.estimated(schema.SHARPNESS, one.sharpness)
    yield one.measure(schema.PIT, one.pit_distance)
    if one.design.plain:
        tests.append(PValue(metric=schema.PIT_P.name, subject=None, p_value=one.pit_p))
    else:
        yield one.not_applicable(schema.PIT_P, one.design.no_test)
    yield one.not_applicable(schema.CROSSING, NO_CROSSING)


def _levels(one: DistributionHead, tests: list[PValue]) -> Iterator[Measurement]:
    for found in one.central:
        part = level_part(found.level)
        yield one.estimated(schema.COVERAGE, one.coverage(found), part)
        yield one.estimated(schema.WIDTH, one.width(found), part)
        tests.append(PValue(metric=schema.COVERAGE_P.name, subject=part, p_value=one.coverage_p(found)))
    if isinstance(one.outputs, QuantileOutputs):
        for level, quantile in zip(one.outputs.levels, one.outputs.quantiles.T, strict=True):
            part, below = level_part(level), each(np.less_equal, one.outputs.labels, quantile)
            yield one.estimated(schema.QUANTILE_COVERAGE, one.share(below), part)
            tests.append(PValue(metric=schema.QUANTILE_P.name, subject=part, p_value=one.share_p(below, level)))


# ------------------------------------------------------------------------------------------------ figures


def _shown(one: DistributionHead) -> DistributionCalibration:
    found = one.outputs
    return DistributionCalibration(
        model=one.model.name,
        subject=one.subject(),
        n=one.n,
        kind="quantiles" if isinstance(found, QuantileOutputs) else "normal",
        intervals=tuple(interval.level for interval in one.central),
        quantiles=found.levels if isinstance(found, QuantileOutputs) else (),
        bars=() if one.levels else tuple(_bars(one)),
    )


def _bars(one: DistributionHead) -> Iterator[Bar]:
    """Yield the histogram of the probability integral transform; nothing for fewer rows than five bars need."""
    count = min(MOST_BARS, one.n // FEWEST_IN_BAR)
    if count < FEWEST_BARS:
        return
    bars = each(lambda place: np.minimum((place * count).astype(int), count - 1), one.places)
    counted = counts(bars, count, one.design.weights)
    shares = counted / counted.sum()
    ends = distributions.bar_range(one.n, count) if one.design.plain else (None, None)
    for index, share in enumerate(shares.tolist()):
        yield Bar(low=index / count, high=(index + 1) / count, share=share, range_low=ends[0], range_high=ends[1])
