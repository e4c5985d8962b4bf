"""The numbers of a slice of a segmentation or sequence labeling head: of its images or sequences, never of single pixels or tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.constants import PERFECT, OfPositions
from reportgen.contract.positions import DenseHead
from reportgen.metrics import calibration, intervals, pooled
from reportgen.sections.slices import (
    confidence_schema as confidence,
    pooled_schema,
    ratios,
    schema,
    skill_schema as skill,
)
from reportgen.sections.slices.parts import Tested
from reportgen.sections.slices.scores import SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.slices.scores import Score

    Scored = Iterator[tuple[MetricSpec, Estimate | None]]


@dataclass(frozen=True)
class Positions(DenseHead):
    """A head on all its units, or on those of a slice."""

    @property
    def score(self) -> Score:
        """What its slices are ranked by."""
        return SCORES["mean_iou" if self.segments else "token_accuracy"]

    @property
    def nothing(self) -> str:
        """Why a score does not exist."""
        return "no class is labeled or predicted at any position"

    @property
    def estimate(self) -> Estimate | None:
        """The score: mean IoU of images, token accuracy of sequences."""
        return self.mean(self.main)

    def difference(self, other: Positions) -> Estimate | None:
        """Return the score minus that of another model on the same units."""
        found = self.apart(self.main, other.main)
        return None if found is None else found[0]

    @property
    def losses(self) -> NDArray[np.float64]:
        """(N,) what slices are searched by: 1 minus the mean IoU of an image, or minus the share of the tokens that are right."""
        return 1 - self.by_unit

    def measured(self, part: Subject) -> Iterator[Measurement]:
        """Yield every number of the slice that this is."""
        for spec, found in self._areas() if self.segments else self._tokens():
            yield self.if_any(spec, found, self.nothing, part)
        yield from ratios.losses(self, part, "positive class" if self.brier_divisor > 1 else None)
        yield from self._skills(part)
        yield from self._calibration(part)

    def _areas(self) -> Scored:
        weights = self.design.weights
        yield pooled_schema.MEAN_IOU, self.estimate
        yield pooled_schema.MEAN_DICE, self.mean(self.every("f1"))
        yield pooled_schema.MEAN_BOUNDARY_IOU, self.mean(self.every("boundary_iou"))
        yield pooled_schema.PIXEL_ACCURACY, self.mean([self.right])
        yield pooled_schema.IMAGE_IOU, pooled.mean_over_rows(self.by_unit, weights)
        yield pooled_schema.IMAGE_DICE, pooled.mean_over_rows(self.dice_by_unit, weights)

    def _tokens(self) -> Scored:
        yield pooled_schema.TOKEN_ACCURACY, self.estimate
        yield pooled_schema.SEQUENCE_ACCURACY, pooled.mean_over_rows(self.by_unit, self.design.weights)
        yield schema.MACRO_F1, self.mean(self.every("f1"))
        yield pooled_schema.EXACT_MATCH, intervals.proportion(self.exact, self.design.weights)
        yield pooled_schema.PERPLEXITY, self.mean_loss(self.mean_nll).transformed(math.exp)

    def _skills(self, part: Subject) -> Iterator[Measurement]:
        constants, found = OfPositions(self), dict(OfPositions(self).skills())
        if constants.accuracy is not None:
            yield self.measure(skill.BASELINE, constants.accuracy, part)
        gain = skill.PIXEL_GAIN if self.segments else skill.TOKEN_GAIN
        yield self.if_any(gain, constants.gain, self.nothing, part)
        for spec in (skill.NLL_SKILL, skill.BRIER_SKILL):
            yield self.if_any(spec, found[spec.name], PERFECT, part)

    def _calibration(self, part: Subject) -> Iterator[Measurement]:
        bins, null = self.unit_bins.bins, self.ece_null
        how = f"{len(bins.n)} equal-width bins"
        top = f"top label of each {self.position}, {how}"
        yield self.measure(schema.ECE, calibration.ece(bins), part, estimator=top)
        yield self.expected(schema.ECE_NULL, null, part, estimator=how)
        yield self.tested(confidence.ECE_P, None if null is None else null.p_value, part)
        pairs = f"L2, {how}; pairs of {self.position}s of different {self.unit}s"
        few = f"no bin has {self.position}s of two {self.unit}s"
        yield self.if_any(schema.DEBIASED, self.debiased, few, part, estimator=pairs)
        yield self.estimated(schema.GAP, self.gap, part, estimator="confidence of the predicted class")
        yield self.measure(confidence.MCE, calibration.mce(bins), part, estimator=how)
        yield self.expected(confidence.MCE_NULL, self.mce_null, part, estimator=how)
        yield self.estimated(confidence.MEAN_CONFIDENCE, self.mean_confidence, part)

    def tests(self) -> Iterator[Tested]:
        """Yield the tests of the slice that this is."""
        how = f"Student's t, clustered by {self.design.by}"
        yield Tested(schema.GAP_P, self.unit_bins.gap_p, self.design.too_few, how)
        yield Tested(confidence.CALIBRATION_P, self.calibration_p, self.design.too_few)

    def against(self, inside: NDArray[np.bool_]) -> NDArray[np.float64] | str:
        """Return values (N,) whose means in a slice and outside are the scores of both, or why there are none.

        A mean over classes needs each of them in as many units on both sides as its interval does.
        """
        if self.segments:
            there = self.outputs.actual > 0
            units = np.stack([there[rows].sum(axis=0) for rows in (inside, ~inside)])[:, there.any(axis=0)]
            fewest = int(units.min())
            if fewest < intervals.FEWEST_EXAMPLES:
                needed = f"at least {intervals.FEWEST_EXAMPLES} {self.unit}s with each class are needed"
                return f"{needed} in the slice and outside of it (found {fewest})"
        found = pooled.linear_apart(self.main, inside, self.design.weight)
        return "other classes are labeled or predicted in the slice than outside of it" if found is None else found

    def paired(self, other: Positions, part: Subject) -> Iterator[Measurement]:
        """Yield the differences from another model on the same units."""
        own, others = ([self.right], [other.right]) if self.segments else (self.every("f1"), other.every("f1"))
        second = self.apart(own, others)
        found = (
            (self.score.difference, self.difference(other)),
            (
                pooled_schema.PIXEL_DIFFERENCE if self.segments else pooled_schema.MACRO_F1_DIFFERENCE,
                None if second is None else second[0],
            ),
            (schema.NLL_DIFFERENCE, self.loss_apart(self.mean_nll, other.mean_nll)),
            (schema.BRIER_DIFFERENCE, self.loss_apart(self.mean_brier, other.mean_brier)),
        )
        yield from ratios.paired(self, other, part, found)
        if not self.segments:
            yield self.estimated(pooled_schema.EXACT_DIFFERENCE, self.exact_apart(other), part)

    def paired_p(self, other: Positions) -> float | None:
        """Return the p-value of equal scores; None without a test."""
        return self.p_value(other)

    def no_paired_p(self, other: Positions) -> str:
        """Return why there is no p-value."""
        found = self.apart(self.main, other.main)
        return self.nothing if found is None else found[0].withheld or self.design.too_few
