"""The numbers of a slice of a segmentation or sequence labeling head: of its images or sequences, never of single pixels or tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.positions import DenseHead
from reportgen.metrics import intervals, pooled
from reportgen.sections.slices import pooled_schema, ratios, schema
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
            if found is None:
                yield self.insufficient(spec, self.nothing, part)
            else:
                yield self.estimated(spec, found, part)
        yield from ratios.losses(self, part, f"{self.unit}s", "positive class" if self.brier_divisor > 1 else None)

    def _areas(self) -> Scored:
        yield pooled_schema.MEAN_IOU, self.estimate
        yield pooled_schema.MEAN_DICE, self.mean(self.every("f1"))
        yield pooled_schema.PIXEL_ACCURACY, self.mean([self.right])
        yield pooled_schema.IMAGE_IOU, pooled.mean_over_rows(self.by_unit, self.design.weights)

    def _tokens(self) -> Scored:
        yield pooled_schema.TOKEN_ACCURACY, self.estimate
        yield pooled_schema.SEQUENCE_ACCURACY, pooled.mean_over_rows(self.by_unit, self.design.weights)
        yield schema.MACRO_F1, self.mean(self.every("f1"))
        yield pooled_schema.EXACT_MATCH, intervals.proportion(self.exact, self.design.weights)

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

    def confidence_p(self) -> None:
        """Return None: the confidence of positions is not tested here."""

    def paired(self, other: Positions, part: Subject) -> Iterator[Measurement]:
        """Yield the differences from another model on the same units."""
        yield from ratios.paired(self, other, part, f"{self.unit}s")

    def paired_p(self, other: Positions) -> float | None:
        """Return the p-value of equal scores; None without a test."""
        return self.p_value(other)

    def no_paired_p(self, other: Positions) -> str:
        """Return why there is no p-value."""
        found = self.apart(self.main, other.main)
        return self.nothing if found is None else found[0].withheld or self.design.too_few
