"""A head as a forecaster: binned forecasts, and the tests and errors that rest on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.heads import ClassifiedHead, MeasuredHead
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.evaluation import OutputsT
from reportgen.metrics import calibrated, calibration
from reportgen.metrics.confidence import SURE
from reportgen.metrics.design import FEWEST_GROUPS
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import each, total

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reportgen.metrics.calibrated import Null
    from reportgen.metrics.calibration import Cells, ResidualBins
    from reportgen.metrics.design import Design
    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.metrics.spans import Derived

    Floats = NDArray[np.float64]
    Points = tuple[Values, Values, Values]
    """Points (M,), and the counts, or weights, of positive and negative outcomes at each."""

BANDS = (0.0, 0.7, 0.9, 0.99, 0.999, 1.0)
"""Edges of the bands of confidence that errors are counted in. Convention."""
MOST_ROWS = 2_000_000
"""Rows above which confidences are counted in fine cells."""


@dataclass(frozen=True)
class Forecaster(MeasuredHead[OutputsT]):
    """A head whose forecasts of outcomes are put in bins."""

    bins: int

    @property
    def forecast(self) -> Points:
        """Points, with the counts of positive and negative outcomes at each, or their weights."""
        raise NotImplementedError

    @cached_property
    def equal_width(self) -> ResidualBins:
        """The forecasts in bins of equal width."""
        return calibration.residual_bins(*self.forecast, calibration.equal_width_edges(self.bins))

    def in_the_large(self, points: Points | None) -> float | None:
        """Return the p-value of calibration in the large; None where there is no test for these rows."""
        if points is None:
            return None
        if self.design.plain:
            return calibration.in_the_large_p(*points)
        f, true, _ = points
        weight = self.design.weight
        exact = None if self.design.weights is not None else calibration.in_the_large_p(*points)
        least = total(each(lambda w, p: w**2 * p * (1 - p), weight, f))
        return self.design.p_value(each(lambda p, one, w: p - one / w, f, true, weight), exact, least)

    @property
    def debiased(self) -> tuple[Estimate | None, str]:
        """The debiased L2 error with how it was computed; None with the reason why there is none."""
        forecasts, positives, negatives = self.forecast
        counts = None if len(forecasts) == self.n else np.add(positives[:], negatives[:])
        edges = calibration.adaptive_edges(forecasts, self.bins, counts)
        bins = calibration.residual_bins(*self.forecast, edges)
        how = f"L2, {len(edges) - 1} bins: {self.bins} of equal mass, cut again at equal widths"
        if self.design.plain:
            found = calibration.debiased_error(bins)
            return found, "no bin has two examples" if found is None else how
        grouped = calibrated.grouped_residuals(
            *self.forecast, edges, None if self.design.groups is None else self.design.codes
        )
        value = calibrated.between_groups(bins, grouped)
        if value is None:
            return None, "no bin has examples of two groups"
        pairs = "; pairs of rows of different groups" if self.design.groups is not None else ""
        return self.design.without_interval(value), how + pairs


@dataclass(frozen=True)
class ForecastingHead(ClassifiedHead, Forecaster[ClassificationOutputs]):
    """A classification head and its binned forecasts."""

    @property
    def counted(self) -> bool:
        """Whether rows are so many that they are counted in fine cells of forecasts; a point is then a cell."""
        return self.design.plain and self.n > MOST_ROWS

    @cached_property
    def cells(self) -> Cells:
        """The confidences of all rows, counted in cells."""
        edges = np.concatenate([calibration.equal_width_edges(self.bins), BANDS, [SURE]])
        return calibration.in_cells(self.outputs.confidence, self.outputs.correct, calibration.fine_edges(edges))

    @cached_property
    def forecast(self) -> Points:
        """Points, with the counts of positive and negative outcomes at each; a point is a row if rows are grouped or weighted."""
        if not self.binary:
            return self.predicted
        outputs = self.outputs
        if self.design.plain and (outputs.logits is not None or outputs.histogram is not None):
            points = outputs.one_vs_rest(1)
            return points.scores, points.positives, points.negatives
        positive = each(
            lambda predicted, p: np.where(predicted == 1, p, 1.0 - p), outputs.predictions, outputs.confidence
        )
        return points_of(stored(positive), each(lambda label: label == 1, outputs.labels), self.design)

    @cached_property
    def predicted(self) -> Points:
        """Confidences of the predicted class, with the counts of right and wrong predictions at each."""
        if self.counted:
            return self.cells.forecasts, self.cells.positives, self.cells.negatives
        return points_of(self.outputs.confidence, self.outputs.correct, self.design)


def points_of(forecasts: Floats, outcomes: NDArray[np.bool_] | Derived, design: Design) -> Points:
    """Return forecasts (N,) with the counts of both outcomes at each, or the weights of the rows."""
    true = each(np.multiply, outcomes, design.weight)
    return forecasts, true, each(np.subtract, design.weight, true)


def null_of(measure: Callable[..., Null], bins: ResidualBins, points: Points, design: Design, seed: int) -> Null | None:
    """Return the error of calibrated models in these rows; None where they are in too few groups."""
    if design.plain:
        return measure(bins, seed)
    if design.count < FEWEST_GROUPS:
        return None
    if design.groups is None:
        return measure(bins, seed, rows=calibrated.weighted_residuals(*points, bins.edges))
    return measure(bins, seed, rows=calibrated.grouped_residuals(*points, bins.edges, design.codes))
