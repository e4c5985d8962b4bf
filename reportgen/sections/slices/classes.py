"""The numbers of a slice of a classification head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.forecasts import ForecastingHead, null_of
from reportgen.metrics import calibrated, calibration, comparison, intervals, ranking
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import counts, each
from reportgen.sections.slices import schema
from reportgen.sections.slices.scores import SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.slices.scores import Score


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
        yield from self._ranking(part)
        yield from self._calibration(part)

    def _ranking(self, part: Subject) -> Iterator[Measurement]:
        specs = (schema.ROC_AUC, schema.AVERAGE_PRECISION)
        outputs, weights = self.outputs, self.design.weights
        if outputs.logits is None:
            reason = "of so many logits only counts in histograms are kept, which do not tell slices apart"
            for spec in specs:
                yield spec.missing(self.model.name, "not_applicable", reason, subject=self.subject(part))
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
            if area is None:
                yield self.insufficient(spec, "the slice contains only one class", part)
            else:
                yield self.estimated(spec, self.approximated(area), part, estimator=kind)

    def _calibration(self, part: Subject) -> Iterator[Measurement]:
        bins = self.equal_width
        notion = "positive class" if self.binary else "top label"
        how = f"{self.bins} equal-width bins"
        yield self.measure(schema.ECE, calibration.ece(bins), part, estimator=f"{notion}, {how}")
        null = null_of(calibrated.ece_null, bins, self.forecast, self.design, self.data.seed)
        if null is None:
            yield self.insufficient(schema.ECE_NULL, self.design.too_few, part)
        else:
            method = self.design.said("95 % of calibrated models")
            band: dict[str, Any] = {"ci_low": 0.0, "ci_high": null.high, "ci_method": method}
            yield self.measure(schema.ECE_NULL, null.mean, part, estimator=how, **band)
        debiased, how = self.debiased
        if debiased is None:
            yield self.insufficient(schema.DEBIASED, how, part)
        else:
            yield self.estimated(schema.DEBIASED, debiased, part, estimator=how)
        gap = calibration.gap(*self.predicted)
        yield self.estimated(schema.GAP, gap, part, estimator="confidence of the predicted class")

    def confidence_p(self) -> float | None:
        """Return the p-value of confidence equal to accuracy; None in too few groups."""
        return self.in_the_large(self.predicted)

    def against(self, _inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return values (N,) whose means in any slice and outside are the scores of both."""
        return self.values

    def paired(self, other: Classes, part: Subject) -> Iterator[Measurement]:
        """Yield the differences from another model on the same rows."""
        yield self.estimated(schema.ACCURACY_DIFFERENCE, self.difference(other), part)
        difference = comparison.mean_difference(self.outputs.nll, other.outputs.nll, weights=self.design.weights)
        if difference is not None:
            wrong = comparison.errors_of_either(self.outputs.correct, other.outputs.correct)
            needed = intervals.FEWEST_PAIRED, "rows with an error of either model"
            yield self.estimated(schema.NLL_DIFFERENCE, difference.supported(wrong, *needed), part)

    def paired_p(self, other: Classes) -> float | None:
        """Return the p-value of equal accuracies; None in too few groups."""
        first, second = self.outputs.correct, other.outputs.correct
        exact = comparison.mcnemar(comparison.discordance(first, second, self.design.weights))
        return self.design.p_value(comparison.apart(first, second), exact)

    def no_paired_p(self, _other: Classes) -> str:
        """Return why there is no p-value."""
        return self.design.too_few
