"""The numbers of a slice of a classification head."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.constants import PERFECT, OfClasses
from reportgen.contract.forecasts import WEIGHTED, ForecastingHead
from reportgen.metrics import calibration, comparison, intervals, ranking, smoothing
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import counts, each
from reportgen.metrics.temperature import NoTemperatureError
from reportgen.sections.slices import confidence_schema as confidence, schema, skill_schema as skill
from reportgen.sections.slices.parts import Tested
from reportgen.sections.slices.scores import SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.slices.scores import Score

_ONE_CLASS = "all labels and predictions are the same class"


@dataclass(frozen=True)
class Classes(ForecastingHead):
    """A head on all rows, or on those of a slice."""

    score: ClassVar[Score] = SCORES["accuracy"]

    @property
    def values(self) -> NDArray[np.bool_]:
        """(N,) what the score is the mean of: whether a row is right."""
        return self.outputs.correct

    @property
    def estimate(self) -> Estimate | None:
        """The score: accuracy."""
        return intervals.proportion(self.outputs.correct, self.design.weights)

    def difference(self, other: Classes) -> Estimate:
        """Return the score minus that of another model on the same rows."""
        table = comparison.discordance(self.outputs.correct, other.outputs.correct, self.design.weights)
        return comparison.accuracy_difference(table)

    @property
    def losses(self) -> NDArray[np.float64]:
        """(N,) what slices are searched by: 1 for an error, 0 for none."""
        return stored(each(lambda right: (~right).astype(np.float64), self.outputs.correct))

    def measured(self, part: Subject) -> Iterator[Measurement]:
        """Yield every number of the slice that this is."""
        outputs = self.outputs
        soft = "soft labels: compared with the most probable class" if outputs.soft_labels is not None else None
        clipped = "of all rows, some had probability 0 for their label" if outputs.clipped_fraction else None
        for spec, found, details in (
            (schema.ACCURACY, self.estimate, {"caveat": soft}),
            (schema.BALANCED_ACCURACY, self.balanced_accuracy, {}),
            (schema.MACRO_F1, self.macro_f1, {}),
            (schema.NLL, self.mean_loss(outputs.nll), {"caveat": clipped}),
            (schema.BRIER, self.mean_loss(self.brier, self.largest_brier), {"estimator": self.brier_convention}),
        ):
            if found is not None:
                yield self.estimated(spec, found, part, **details)
        yield from self._top_k(part)
        yield from self._ranking(part)
        if self.ordered:
            for spec, found in ((schema.CLASS_MAE, self.class_mae), (schema.KAPPA, self.kappa)):
                yield self.if_any(spec, found, _ONE_CLASS, part)
        yield from self._calibration(part)
        yield from self._uncertainty(part)
        yield from self._refusing(part)
        yield from self._skills(part)

    @property
    def ordered(self) -> bool:
        """Whether the classes have an order."""
        return self.head.task.value == "ordinal"

    def _top_k(self, part: Subject) -> Iterator[Measurement]:
        k, n_classes = self.top_k, self.outputs.n_classes
        if k >= n_classes:
            reason = f"with {n_classes} classes, the top {k} always contain the label"
            yield self.not_applicable(schema.TOP_K_ACCURACY, reason, part)
        elif (found := self.top_k_accuracy) is not None:
            yield self.estimated(schema.TOP_K_ACCURACY, found, part, estimator=f"k = {k}")

    def _ranking(self, part: Subject) -> Iterator[Measurement]:
        specs = (schema.ROC_AUC, schema.AVERAGE_PRECISION)
        outputs, weights = self.outputs, self.design.weights
        if outputs.logits is None:
            reason = "of so many logits only counts in histograms are kept, which do not tell slices apart"
            for spec in specs:
                yield self.not_applicable(spec, reason, part)
            return
        if self.binary:
            points = outputs.one_vs_rest(1)
            counted = (points.scores, self.design.weight * points.positives, self.design.weight * points.negatives)
            areas = ranking.roc_auc(*counted), ranking.average_precision(*counted)
            kind = "positive class"
        else:
            support = counts(outputs.labels, outputs.n_classes)
            usable = [int(one) for one in np.flatnonzero((support > 0) & (support < len(outputs.labels)))]
            rows: tuple[Any, ...] = (outputs.probability, outputs.labels, usable, weights)
            areas = ranking.macro_roc_auc(*rows), ranking.macro_average_precision(*rows)
            kind = f"macro one-vs-rest, {len(usable)} of {outputs.n_classes} classes"
        for spec, area in zip(specs, areas, strict=True):
            found = None if area is None else self.approximated(area)
            yield self.if_any(spec, found, "the slice contains only one class", part, estimator=kind)

    def _calibration(self, part: Subject) -> Iterator[Measurement]:
        bins = self.equal_width
        notion = "positive class" if self.binary else "top label"
        how = f"{self.bins} equal-width bins"
        yield self.measure(schema.ECE, calibration.ece(bins), part, estimator=f"{notion}, {how}")
        yield self.expected(schema.ECE_NULL, self.ece_null, part, estimator=how)
        yield self.tested(confidence.ECE_P, self.ece_p, part)
        found, pairs = self.debiased
        yield self.if_any(schema.DEBIASED, found, pairs, part, estimator=pairs)
        gap = calibration.gap(*self.predicted)
        yield self.estimated(schema.GAP, gap, part, estimator="confidence of the predicted class")
        yield self.measure(confidence.SMECE, smoothing.smece(*self.forecast), part)
        if self.design.plain:
            yield self.expected(confidence.SMECE_NULL, self.smece_null, part)
        else:
            reason = self.design.without_interval(0.0).withheld or ""
            yield self.insufficient(confidence.SMECE_NULL, reason, part)
        yield self.measure(confidence.MCE, calibration.mce(bins), part, estimator=how)
        yield self.expected(confidence.MCE_NULL, self.mce_null, part, estimator=how)

    def _uncertainty(self, part: Subject) -> Iterator[Measurement]:
        if self.binary:
            yield self.estimated(confidence.POSITIVE_BIAS, calibration.gap(*self.forecast), part)
        else:
            yield self.not_applicable(confidence.POSITIVE_BIAS, "only binary heads have a positive class", part)
        try:
            found = self.rescaling
        except NoTemperatureError as reason:
            yield self.insufficient(confidence.TEMPERATURE, str(reason), part)
        else:
            fitted = found.fitted.estimate
            yield self.estimated(confidence.TEMPERATURE, fitted, part, found.design, estimator=found.sample)
        for spec, mean in (
            (confidence.MEAN_CONFIDENCE, self.mean_confidence),
            (confidence.MEAN_ENTROPY, self.mean_entropy),
        ):
            if mean is not None:
                yield self.estimated(spec, mean, part)

    def _refusing(self, part: Subject) -> Iterator[Measurement]:
        if self.design.weights is not None:
            for spec in confidence.REFUSING:
                yield self.not_applicable(spec, WEIGHTED, part)
            return
        yield self.estimated(confidence.AURC, self.aurc, part)
        for share, spec in confidence.COVERAGE:
            accuracy, lowest = self.refusals.accuracy_at(share)
            yield self.estimated(spec, accuracy, part, estimator=f"confidence of at least {lowest:.4f}")

    def _skills(self, part: Subject) -> Iterator[Measurement]:
        constants, skills = OfClasses(self), {spec.name: spec for spec in skill.CLASSES}
        yield self.measure(skill.BASELINE, constants.accuracy, part)
        yield self.estimated(skill.ACCURACY_GAIN, constants.gain, part)
        for name, found in constants.skills():
            yield self.if_any(skills[name], found, PERFECT, part)

    def tests(self) -> Iterator[Tested]:
        """Yield the tests of the slice that this is."""
        yield Tested(schema.GAP_P, self.gap_p, self.design.too_few, self.design.test("the difference"))
        yield Tested(confidence.CALIBRATION_P, self.calibration_p, self.design.too_few)

    def against(self, _inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return values (N,) whose means in any slice and outside are the scores of both."""
        return self.values

    def paired(self, other: Classes, part: Subject) -> Iterator[Measurement]:
        """Yield the differences from another model on the same rows."""
        wrong = self.wrong_of_either(other)
        yield self.estimated(schema.ACCURACY_DIFFERENCE, self.difference(other), part)
        for spec, own, others, largest in (
            (schema.NLL_DIFFERENCE, self.outputs.nll, other.outputs.nll, math.inf),
            (schema.BRIER_DIFFERENCE, self.brier, other.brier, self.largest_brier),
        ):
            if (found := self.loss_apart(own, others, wrong, largest)) is not None:
                yield self.estimated(spec, found, part)
        if self.ordered:
            distance = comparison.mean_difference(self.distances, other.distances, weights=self.design.weights)
            if distance is not None:
                yield self.estimated(schema.CLASS_MAE_DIFFERENCE, distance, part)
            yield self.if_any(schema.KAPPA_DIFFERENCE, self.kappa_apart(other), _ONE_CLASS, part)

    def paired_p(self, other: Classes) -> float | None:
        """Return the p-value of equal accuracies; None in too few groups."""
        first, second = self.outputs.correct, other.outputs.correct
        exact = comparison.mcnemar(comparison.discordance(first, second, self.design.weights))
        return self.design.p_value(comparison.apart(first, second), exact)

    def no_paired_p(self, _other: Classes) -> str:
        """Return why there is no p-value."""
        return self.design.too_few
