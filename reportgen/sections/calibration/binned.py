"""A head in the calibration section: its binned forecasts, their reliability diagram, and the tests of its calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.forecasts import ForecastingHead
from reportgen.contract.numbers import required
from reportgen.metrics import calibration, intervals
from reportgen.metrics.mapped import filled, stored
from reportgen.metrics.spans import counts, each
from reportgen.sections.calibration.schema import ReliabilityPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.contract.forecasts import Floats, Forecaster, Points
    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.calibration import ReliabilityCurve, ResidualBins
    from reportgen.metrics.design import Design


@dataclass(frozen=True)
class Binned(ForecastingHead):
    """A head, its binned forecasts, those of its classes, and its rows by confidence."""

    def class_points(self, index: int) -> Points | None:
        """Return probabilities of a class, with the counts of its examples and of the others at each.

        None where the rows are grouped or weighted and their probabilities were not kept.
        """
        if self.binary and not self.design.plain:
            forecast, true, false = self.forecast
            return (forecast, true, false) if index else (each(lambda f: 1.0 - f, forecast), false, true)
        points = self.outputs.one_vs_rest(index)
        if not points.exact and not self.design.plain:
            return None
        if self.design.weights is None:
            return points.scores, points.positives, points.negatives
        weight = self.design.weights
        return points.scores, each(np.multiply, weight, points.positives), each(np.multiply, weight, points.negatives)


def class_p_values(subject: Binned) -> tuple[float | None, ...]:
    """Return the p-values of the class biases, before they are adjusted; the two classes of a binary head are one test.

    None where there is no test for the rows.
    """
    tested = (1,) if subject.binary else range(subject.outputs.n_classes)
    return tuple(subject.in_the_large(subject.class_points(index)) for index in tested)


def debiased(subject: Forecaster[Any], spec: MetricSpec, part: Subject | None = None) -> Measurement:
    """Record the debiased calibration error."""
    found, how = subject.debiased
    if found is None:
        return subject.insufficient(spec, how, part)
    return subject.estimated(spec, found, part, estimator=how)


def curve(subject: Forecaster[Any]) -> tuple[ReliabilityPoint, ...]:
    """Return the points of the reliability diagram, in the bins of the ECE."""
    counts, divisors = rows_of_bins(subject.forecast, subject.equal_width, subject.design)
    return points_of(calibration.reliability_curve(subject.equal_width, divisors), counts)


def points_of(found: ReliabilityCurve, counts: Sequence[int]) -> tuple[ReliabilityPoint, ...]:
    """Return the points of a reliability diagram with how many answers each rests on."""
    columns = (found.forecast, found.frequency, found.low, found.high, found.band_low, found.band_high)
    cells = zip(counts, *(known_values(column) for column in columns), strict=True)
    return tuple(
        ReliabilityPoint(
            n=n,
            forecast=required(forecast),
            frequency=required(frequency),
            low=low,
            high=high,
            band_low=band_low,
            band_high=band_high,
        )
        for n, forecast, frequency, low, high, band_low, band_high in cells
    )


def rows_of_bins(points: Points, bins: ResidualBins, design: Design) -> tuple[list[int], Floats | None]:
    """Return how many rows are in each bin that has any, and by how much they are divided for its interval.

    For all bins, NaN where one has too few groups; None for independent rows of equal weight.
    """
    used = np.flatnonzero(bins.n > 0)
    if design.plain:
        return [round(n) for n in bins.n[used].tolist()], None
    forecasts, positives, negatives = points
    weight = stored(each(np.add, positives, negatives))
    share = stored(each(np.divide, positives, weight))
    place = filled(len(forecasts), np.int16, lambda span: calibration.places(forecasts[span], bins.edges))
    found = np.full(len(bins.n), np.nan)
    for index in used:
        among = each(lambda w, own, index=index: w * (own == index), weight, place)
        divisor = design.divisor(intervals.of_share(share, among))
        found[index] = np.nan if divisor is None else divisor
    return counts(place, len(bins.n)).astype(np.int64)[used].tolist(), found


def known_values(column: Floats) -> list[float | None]:
    """Return the values of a column, None for NaN."""
    return [None if np.isnan(value) else value for value in column.tolist()]
