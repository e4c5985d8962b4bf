"""A head as a forecaster: binned forecasts, and the tests and errors that rest on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.contract.heads import ClassifiedHead, MeasuredHead
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.evaluation import OutputsT
from reportgen.contract.records.multilabel import ClassOutputs
from reportgen.metrics import calibrated, calibration, comparison, intervals, smoothing, temperature
from reportgen.metrics.confidence import SURE
from reportgen.metrics.design import FEWEST_GROUPS
from reportgen.metrics.mapped import stored
from reportgen.metrics.selective import Refusals
from reportgen.metrics.spans import each, number, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from reportgen.contract.heads import MultilabelHead
    from reportgen.metrics.calibrated import Null, Nulls
    from reportgen.metrics.calibration import Cells, ResidualBins
    from reportgen.metrics.design import Design
    from reportgen.metrics.intervals import Estimate, Values
    from reportgen.metrics.spans import Derived
    from reportgen.metrics.temperature import Temperature

    Floats = NDArray[np.float64]
    Points = tuple[Values, Values, Values]
    """Points (M,), and the counts, or weights, of positive and negative outcomes at each."""

BANDS = (0.0, 0.7, 0.9, 0.99, 0.999, 1.0)
"""Edges of the bands of confidence that errors are counted in. Convention."""
FIT_ROWS = 50_000
"""Maximum number of rows that the temperature is fitted on."""
WEIGHTED = "the rows are weighted, and the refusal curve is of rows that count alike"
"""Why there are no numbers on the rows that are left when others are refused."""
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

    @cached_property
    def _nulls(self) -> Nulls | None:
        return nulls_of(self.equal_width, self.forecast, self.design, self.data.seed)

    @property
    def ece_null(self) -> Null | None:
        """The ECE of calibrated models in these rows; None where they are in too few groups."""
        return None if self._nulls is None else self._nulls.ece

    @property
    def mce_null(self) -> Null | None:
        """Their MCE, likewise."""
        return None if self._nulls is None else self._nulls.mce

    @property
    def ece_p(self) -> float | None:
        """The p-value of the ECE; None where there is no test for these rows."""
        return None if self.ece_null is None else self.ece_null.p_value

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
class ClassForecaster(Forecaster[ClassOutputs]):
    """One class of a multilabel head as a binary head, of the rows whose label is known."""

    @property
    def forecast(self) -> Points:
        """Probabilities of the class, with the weights of the rows that it applies to, and of the others."""
        return points_of(self.outputs.probability, self.outputs.labels, self.design)

    @cached_property
    def bias_p(self) -> float | None:
        """The p-value of the class bias; None where there is no test for these rows."""
        return self.in_the_large(self.forecast)

    @property
    def calibration_p(self) -> float | None:
        """The p-value of calibration, by ECE and class bias; None where there is no test for these rows."""
        return comparison.any_of([self.ece_p, self.bias_p])


def of_classes(head: MultilabelHead, bins: int) -> Iterator[tuple[int, ClassForecaster]]:
    """Yield the classes of a multilabel head of which a label is known, each with its number; one at a time, because each has its rows."""
    outputs = head.outputs
    for index in range(outputs.n_classes):
        if number(outputs.known[:, index]):
            yield index, ClassForecaster(*head.class_alone(index), bins)


def calibrated_p(p_values: Iterable[float | None]) -> float | None:
    """Return the p-value of the calibration of a multilabel head: the smallest of its classes, for the number that have one; None without any."""
    return comparison.any_of([p_value for p_value in p_values if p_value is not None])


@dataclass(frozen=True)
class Rescaling:
    """A fitted temperature.

    Attributes
    ----------
    fitted
        The temperature.
    chosen, rows
        (M,) places of the logits that it was fitted on among the sampled ones, and the rows that these are of.
    targets
        (M,) classes or (M, K) soft labels.
    design
        How these rows belong together and what they weigh.
    sample
        Which rows they are, in words.
    """

    fitted: Temperature
    chosen: NDArray[np.int64]
    rows: NDArray[np.int64]
    targets: NDArray[Any]
    design: Design
    sample: str


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
    def gap_p(self) -> float | None:
        """The p-value of confidence equal to accuracy; None where there is no test for these rows."""
        return self.in_the_large(self.predicted)

    @property
    def calibration_p(self) -> float | None:
        """The p-value of calibration, by ECE and calibration gap; None where there is no test for these rows."""
        return comparison.any_of([self.ece_p, self.gap_p])

    @property
    def smece_null(self) -> Null | None:
        """The smooth calibration error of calibrated models; None for grouped or weighted rows."""
        return smoothing.smece_null(*self.forecast, self.data.seed) if self.design.plain else None

    @cached_property
    def refusals(self) -> Refusals:
        """The rows by confidence, or the cells that they are counted in; for rows that count alike."""
        if self.counted:
            return Refusals.of_counts(self.cells.lowest, self.cells.positives, self.cells.negatives)
        return Refusals.of(self.outputs.confidence, self.outputs.correct)

    @property
    def aurc(self) -> Estimate:
        """Return the area under the risk-coverage curve; for rows that count alike."""
        return self.refusals.area().supported(self.n_errors, intervals.FEWEST_ERRORS, "errors")

    @property
    def mean_confidence(self) -> Estimate | None:
        """Return the mean probability of the predicted class; None without a row."""
        return intervals.mean(self.outputs.confidence, 0.0, 1.0, self.design.weights)

    @property
    def mean_entropy(self) -> Estimate | None:
        """Return the mean entropy of the predicted distribution; None without a row."""
        return intervals.mean(self.outputs.entropy, 0.0, math.log(self.outputs.n_classes), self.design.weights)

    @cached_property
    def rescaling(self) -> Rescaling:
        """The temperature, fitted on the sampled logits; :class:`NoTemperatureError` where there is none."""
        outputs = self.outputs
        chosen = np.arange(len(outputs.logit_sample_rows))
        if len(chosen) > FIT_ROWS:
            chosen = np.sort(np.random.default_rng(self.data.seed).choice(chosen, FIT_ROWS, replace=False))
        rows = outputs.logit_sample_rows[chosen]
        design = self.design.take(rows)
        targets = outputs.labels[rows] if outputs.soft_labels is None else outputs.soft_labels[rows]
        fitted = temperature.fit(outputs.logit_sample[chosen], targets, weights=design.weights)
        sample = f"a sample of {len(rows):,} rows" if len(rows) < self.n else "all rows"
        return Rescaling(fitted, chosen, rows, targets, design, sample)

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


def points_of(forecasts: Values, outcomes: NDArray[np.bool_] | Derived, design: Design) -> Points:
    """Return forecasts (N,) with the counts of both outcomes at each, or the weights of the rows."""
    true = each(np.multiply, outcomes, design.weight)
    return forecasts, true, each(np.subtract, design.weight, true)


def nulls_of(bins: ResidualBins, points: Points, design: Design, seed: int) -> Nulls | None:
    """Return the errors of calibrated models in these rows; None where they are in too few groups."""
    if design.plain:
        return calibrated.nulls(bins, seed)
    if design.count < FEWEST_GROUPS:
        return None
    if design.groups is None:
        return calibrated.nulls(bins, seed, rows=calibrated.weighted_residuals(*points, bins.edges))
    return calibrated.nulls(bins, seed, rows=calibrated.grouped_residuals(*points, bins.edges, design.codes))
