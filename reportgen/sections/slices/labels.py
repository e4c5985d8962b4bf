"""The numbers of a slice of a multilabel head."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract import labels
from reportgen.contract.constants import OfLabels
from reportgen.contract.forecasts import calibrated_p, of_classes
from reportgen.contract.heads import MultilabelHead
from reportgen.metrics import calibration, intervals, pooled
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import each
from reportgen.sections.slices import confidence_schema as confidence, pooled_schema, ratios, schema, skill_schema
from reportgen.sections.slices.parts import Tested
from reportgen.sections.slices.scores import SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.pooled import Parts
    from reportgen.sections.slices.scores import Score

_SKILLS = {spec.name: spec for spec in skill_schema.LABELS}
_UNKNOWN = "no label of any class is known"


@dataclass(frozen=True)
class _Calibrated:
    """The ECE of a class, that expected of calibrated models and the p-value of its calibration; None in too few groups."""

    ece: float
    expected: float | None
    p: float | None


@dataclass(frozen=True)
class Labels(MultilabelHead):
    """A multilabel head on all rows, or on those of a slice."""

    bins: int
    score: ClassVar[Score] = SCORES["micro_f1"]
    nothing: ClassVar[str] = "no class applies or is predicted on any row"

    @property
    def main(self) -> list[Parts]:
        """The parts of the score: micro F1."""
        return [self.counts.f1]

    @property
    def estimate(self) -> Estimate | None:
        """The score."""
        return pooled.micro(self.counts.f1, self.design.weights)

    def difference(self, other: Labels) -> Estimate | None:
        """Return the score minus that of another model on the same rows."""
        found = self.f1_apart(other)
        return None if found is None else found[0]

    @property
    def losses(self) -> NDArray[np.float64]:
        """(N,) what slices are searched by: the share of the known labels that are wrong."""
        wrong = self.counts.wrong
        return stored(
            each(lambda labels_, known: labels_ / np.maximum(known, 1.0), wrong.numerators, wrong.denominators)
        )

    def measured(self, part: Subject) -> Iterator[Measurement]:
        """Yield every number of the slice that this is."""
        weights, threshold = self.design.weights, f"threshold {self.outputs.threshold:g}"
        for spec, found in (
            (pooled_schema.EXACT_MATCH, intervals.proportion(self.exact, weights)),
            (pooled_schema.HAMMING_LOSS, pooled.micro(self.counts.wrong, weights)),
        ):
            yield self.if_any(spec, found, self.nothing, part, estimator=threshold)
        averages = {
            spec.name: spec
            for spec in (pooled_schema.MICRO_F1, schema.MACRO_F1, *pooled_schema.OF_LABELS, *pooled_schema.OF_ROWS)
        }
        for one in labels.averages(self):
            yield self.if_any(
                averages[one.name], one.estimate, one.reason, part, design=one.design, estimator=threshold
            )
        for spec, found in (
            (pooled_schema.CLASSES_PER_ROW, labels.classes_per_row(self)),
            (pooled_schema.CARDINALITY_BIAS, labels.cardinality_bias(self)),
        ):
            yield self.if_any(spec, found, "the slice has no row", part)
        yield from ratios.losses(self, part, "mean over the classes")
        areas = labels.areas(self)
        for spec, area in (
            (schema.ROC_AUC, areas.roc_auc),
            (schema.AVERAGE_PRECISION, areas.average_precision),
        ):
            n_classes = self.outputs.n_classes
            kind = f"macro over the classes, {n_classes - areas.absent} of {n_classes}"
            yield self.if_any(
                spec, area, "each class applies to all rows of the slice or to none", part, estimator=kind
            )
        for name, found in OfLabels(self).skills():
            yield self.if_any(_SKILLS[name], found, "the same classes apply to every row of the slice", part)
        yield from self._calibration(part)

    @cached_property
    def classes(self) -> dict[int, _Calibrated]:
        """How far the probabilities of the classes of which a label is known can be trusted, by their number."""
        return {
            index: _Calibrated(
                calibration.ece(one.equal_width),
                None if one.ece_null is None else one.ece_null.mean,
                one.calibration_p,
            )
            for index, one in of_classes(self, self.bins)
        }

    def _calibration(self, part: Subject) -> Iterator[Measurement]:
        found = self.classes
        if not found:
            for spec in confidence.OF_LABELS:
                yield self.insufficient(spec, _UNKNOWN, part)
            return
        how = f"{self.bins} equal-width bins"
        mean, worst = f"{len(found)} classes, {how}", max(found, key=lambda index: found[index].ece)
        size = float(np.mean([one.ece for one in found.values()]))
        yield self.measure(confidence.MEAN_CLASS_ECE, size, part, estimator=mean)
        expected = [one.expected for one in found.values() if one.expected is not None]
        if len(expected) < len(found):
            yield self.insufficient(confidence.MEAN_CLASS_ECE_NULL, self.design.too_few, part)
        else:
            yield self.measure(confidence.MEAN_CLASS_ECE_NULL, float(np.mean(expected)), part, estimator=mean)
        which = f"class {self.head.class_names[worst]}, {how}"
        yield self.measure(confidence.LARGEST_CLASS_ECE, found[worst].ece, part, estimator=which)

    def tests(self) -> Iterator[Tested]:
        """Yield the tests of the slice that this is."""
        reason = self.design.too_few if self.classes else _UNKNOWN
        yield Tested(confidence.CALIBRATION_P, calibrated_p(one.p for one in self.classes.values()), reason)

    def against(self, inside: NDArray[np.bool_]) -> NDArray[np.float64] | str:
        """Return values (N,) whose means in a slice and outside are the scores of both, or why there are none."""
        found = pooled.linear_apart(self.main, inside, self.design.weight)
        return f"in the slice or outside of it {self.nothing}" if found is None else found

    def paired(self, other: Labels, part: Subject) -> Iterator[Measurement]:
        """Yield the differences from another model on the same rows."""
        found = (
            (pooled_schema.MICRO_F1_DIFFERENCE, self.difference(other)),
            (pooled_schema.HAMMING_DIFFERENCE, self.loss_apart(self.counts.wrong, other.counts.wrong)),
            (schema.NLL_DIFFERENCE, self.loss_apart(self.mean_nll, other.mean_nll, math.inf)),
            (schema.BRIER_DIFFERENCE, self.loss_apart(self.mean_brier, other.mean_brier)),
        )
        yield from ratios.paired(self, other, part, found)
        yield self.estimated(pooled_schema.EXACT_DIFFERENCE, self.exact_apart(other), part)

    def paired_p(self, other: Labels) -> float | None:
        """Return the p-value of equal micro F1; None in too few groups, or without an F1."""
        return self.f1_p(other)

    def no_paired_p(self, other: Labels) -> str:
        """Return why there is no p-value."""
        return self.nothing if self.f1_apart(other) is None else self.design.too_few
