"""A segmentation or sequence labeling head as sections measure it: what its units, images or sequences, make of each score."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from reportgen.contract.heads import MeasuredHead
from reportgen.contract.records.dense import DenseOutputs
from reportgen.metrics import calibrated, comparison, dense, errors, intervals, pooled
from reportgen.metrics.design import FEWEST_GROUPS
from reportgen.metrics.pooled import Parts
from reportgen.metrics.unit_bins import UnitBins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import ModelEvaluation
    from reportgen.contract.records.heads import HeadEvaluation
    from reportgen.metrics.calibrated import Null, Nulls
    from reportgen.metrics.design import Design
    from reportgen.metrics.intervals import Estimate

    Floats = NDArray[np.float64]

UNITS = {"segmentation": "image", "sequence_labeling": "sequence"}
"""What a row is, by task."""
POSITIONS = {"segmentation": "pixel", "sequence_labeling": "token"}
"""What it consists of."""
SCORES = {"segmentation": "mean IoU", "sequence_labeling": "token accuracy"}
"""The score by which its rows are ranked."""
_BINARY = 2


def of_units(design: Design, task: str) -> Design:
    """Return the design of the rows of a task: those that consist of positions are groups of them, unless they are in groups already."""
    if task not in UNITS or design.groups is not None:
        return design
    return replace(design, by=UNITS[task], groups=np.arange(design.n))


@dataclass(frozen=True)
class DenseHead(MeasuredHead[DenseOutputs]):
    """A segmentation or sequence labeling head with labels. Its rows are units of many positions: images of pixels, sequences of tokens."""

    @classmethod
    def of(cls, model: ModelEvaluation, head: HeadEvaluation, outputs: DenseOutputs, data: DataEvaluation) -> Self:
        """Return the head on its units of which a position counts."""
        whole = cls(model, head, outputs, data)
        there = outputs.counted > 0
        return whole if there.all() else whole.take(there)

    @property
    def segments(self) -> bool:
        """Whether its units are images; otherwise they are sequences."""
        return self.head.task.value == "segmentation"

    @property
    def unit(self) -> str:
        """What a row is."""
        return UNITS[self.head.task.value]

    @property
    def position(self) -> str:
        """What it consists of."""
        return POSITIONS[self.head.task.value]

    @property
    def unit_score(self) -> str:
        """The score by which its rows are ranked."""
        return SCORES[self.head.task.value]

    @cached_property
    def design(self) -> Design:
        """How positions belong together: all intervals and tests are clustered by the unit, or by the groups that units are in."""
        return of_units(self.data.design, self.head.task.value)

    @property
    def right(self) -> Parts:
        """Right positions."""
        return Parts(self.outputs.right, self.outputs.counted)

    @property
    def exact(self) -> NDArray[np.bool_]:
        """(N,) bool, whether every position of the unit is right."""
        return np.asarray(self.outputs.right == self.outputs.counted)

    @property
    def n_wrong(self) -> int:
        """Number of units with a wrong position."""
        return int((~self.exact).sum())

    def supported(self, found: Estimate) -> Estimate:
        """Return a mean of losses; its interval is withheld below 5 units with a wrong position."""
        return found.supported(self.n_wrong, intervals.FEWEST_ERRORS, f"{self.unit}s with an error")

    def mean_loss(self, sums: Parts) -> Estimate:
        """Return the mean of a loss over all positions, as :meth:`supported`."""
        return self.supported(pooled.pooled_loss(sums.numerators, sums.denominators, self.design.weights))

    def of_either(self, found: Estimate, wrong: int) -> Estimate:
        """Return a difference from another model; its interval is withheld where few units, ``wrong``, have an error of either."""
        return found.supported(wrong, intervals.FEWEST_PAIRED, f"{self.unit}s with an error of either model")

    def wrong_of_either(self, other: DenseHead) -> int:
        """Return the number of units with a position that this or another model predicts wrong."""
        return comparison.errors_of_either(self.exact, other.exact)

    def exact_apart(self, other: DenseHead) -> Estimate:
        """Return the difference in the share of units without a wrong position from another model."""
        return comparison.accuracy_difference(comparison.discordance(self.exact, other.exact, self.design.weights))

    def loss_apart(self, own: Parts, other: Parts) -> Estimate | None:
        """Return a loss minus that of another model on the same units; None where there is none."""
        found = pooled.difference(own, other, self.design.weights, math.inf)
        return None if found is None else found[0]

    @property
    def mean_nll(self) -> Parts:
        """The NLL of a position."""
        return Parts(self.outputs.nll, self.outputs.counted)

    @property
    def mean_brier(self) -> Parts:
        """The Brier score of a position: of the positive class for two classes, otherwise summed over the classes."""
        return Parts(self.outputs.brier / self.brier_divisor, self.outputs.counted)

    @property
    def brier_divisor(self) -> float:
        """By what the Brier score over all classes is divided: two classes have one positive class."""
        return 2.0 if self.outputs.n_classes == _BINARY else 1.0

    @property
    def dice_by_unit(self) -> Floats:
        """(N,) float64, the mean Dice coefficient of the classes of each unit."""
        return dense.mean_of_unit(self.every("f1"))

    @cached_property
    def unit_bins(self) -> UnitBins:
        """Its positions by the bins of their confidence."""
        found = self.outputs
        return UnitBins(found.bin_counted, found.bin_right, found.bin_confidence, self.design)

    @cached_property
    def _nulls(self) -> Nulls | None:
        if self.design.count < FEWEST_GROUPS:
            return None
        return calibrated.nulls(self.unit_bins.bins, self.data.seed, rows=self.unit_bins.grouped)

    @property
    def ece_null(self) -> Null | None:
        """The ECE of calibrated models in these units; None where they are in too few groups."""
        return None if self._nulls is None else self._nulls.ece

    @property
    def mce_null(self) -> Null | None:
        """Their MCE, likewise."""
        return None if self._nulls is None else self._nulls.mce

    @property
    def calibration_p(self) -> float | None:
        """The p-value of calibration, by ECE and calibration gap; None where there is no test."""
        null = self.ece_null
        return comparison.any_of([None if null is None else null.p_value, self.unit_bins.gap_p])

    @property
    def debiased(self) -> Estimate | None:
        """The debiased calibration error, without an interval; None where no bin has positions of two units."""
        found = calibrated.between_groups(self.unit_bins.bins, self.unit_bins.grouped)
        if found is None:
            return None
        reason = f"the {self.position}s of one {self.unit} are not independent, and this interval is for those that are"
        return intervals.Estimate(found, self.design.n).without(reason)

    @property
    def gap(self) -> Estimate:
        """Return the mean confidence minus the share of the positions that are right."""
        found = self.unit_bins.difference
        if found is None:
            message = "a measured head has a position that counts"
            raise ValueError(message)
        return found[0]

    @property
    def mean_confidence(self) -> Estimate:
        """Return the mean probability of the predicted class of a position."""
        found = self.unit_bins.gap[0]
        return pooled.pooled_loss(found.numerators, found.denominators, self.design.weights)

    def iou(self, index: int) -> Parts:
        """Positions that are labeled and predicted as a class, of those that are either."""
        return _over_union(*(one[:, index] for one in (self.outputs.hits, self.outputs.predicted, self.outputs.actual)))

    def boundary_iou(self, index: int) -> Parts:
        """Positions in the bands along both boundaries of a class, of those in either."""
        found = self.outputs
        if found.boundary_hits is None or found.boundary_predicted is None or found.boundary_actual is None:
            message = "only segmentation has boundaries"
            raise ValueError(message)
        bands = (found.boundary_hits, found.boundary_predicted, found.boundary_actual)
        return _over_union(*(one[:, index] for one in bands))

    def f1(self, index: int) -> Parts:
        """2 TP / (2 TP + FP + FN) of a class: its Dice coefficient."""
        found = self.outputs
        both = (found.predicted[:, index] + found.actual[:, index]).astype(np.float64)
        return Parts((2 * found.hits[:, index]).astype(np.float64), both)

    def precision(self, index: int) -> Parts:
        """Right positions of those that are predicted as a class."""
        return Parts(
            self.outputs.hits[:, index].astype(np.float64), self.outputs.predicted[:, index].astype(np.float64)
        )

    def recall(self, index: int) -> Parts:
        """Right positions of those that are labeled as a class."""
        return Parts(self.outputs.hits[:, index].astype(np.float64), self.outputs.actual[:, index].astype(np.float64))

    def misses(self, index: int) -> NDArray[np.bool_]:
        """(N,) bool, whether a position of the unit is wrong for a class."""
        found = self.iou(index)
        return np.asarray(found.numerators[:] < found.denominators[:])

    def over_classes(self, found: Estimate) -> Estimate:
        """Return a mean over classes; without its interval where few units have the rarest class, however many others are called so."""
        units = (self.outputs.actual > 0).sum(axis=0)
        fewest = int(units[units > 0].min())
        return found.supported(fewest, intervals.FEWEST_EXAMPLES, f"{self.unit}s with each class")

    def mean(self, parts: Sequence[Parts]) -> Estimate | None:
        """Return a score over all units, or the mean of several over the classes for which they exist; None where none exists."""
        if len(parts) == 1:
            return pooled.micro(parts[0], self.design.weights)
        found = pooled.macro(parts, self.design.weights, f"{self.unit}s")
        return None if found is None else self.over_classes(found)

    def apart(self, own: Sequence[Parts], other: Sequence[Parts]) -> tuple[Estimate, Floats] | None:
        """Return a score minus that of another model on the same units, as :meth:`mean`, and its linearized units."""
        found = pooled.macro_difference(own, other, self.design.weights, f"{self.unit}s")
        if found is None or len(own) == 1:
            return found
        return self.over_classes(found[0]), found[1]

    def p_value(self, other: DenseHead) -> float | None:
        """Return the p-value of equal main scores; None without a test."""
        found = self.apart(self.main, other.main)
        if found is None or (found[0].low is None and found[0].value != 0):
            return None
        mass = pooled.mass((*self.main, *other.main), self.design.weight)
        return self.design.p_value(found[1], intervals.mean_p_value(found[1]), mass=mass)

    def every(self, name: str) -> list[Parts]:
        """Return the parts of a score of all classes."""
        return [getattr(self, name)(index) for index in range(self.outputs.n_classes)]

    @property
    def main(self) -> list[Parts]:
        """The parts of the score by which models are compared: its mean over these."""
        return self.every("iou") if self.segments else [self.right]

    @cached_property
    def by_unit(self) -> Floats:
        """(N,) float64, the score that ranks the units."""
        if self.segments:
            return dense.mean_of_unit(self.every("iou"))
        return self.outputs.right / self.outputs.counted

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """(N,) int64, the positions of its units among all evaluated rows."""
        whole = next(one.outputs for one in self.model.heads if one.name == self.head.name)
        return np.flatnonzero(whole.counted > 0) if isinstance(whole, DenseOutputs) else np.arange(self.n)

    def lowest(self, most: int) -> NDArray[np.int64]:
        """Return the units with an error and the lowest scores, the lowest first, at most ``most``, as positions among all evaluated rows."""
        return self._places[errors.lowest(self.by_unit, most)]

    def at(self, place: int) -> int | None:
        """Return which of its units is at a position among all evaluated rows; None where none of its positions counts."""
        found = int(np.searchsorted(self._places, place))
        return found if found < self.n and self._places[found] == place else None


def _over_union(hits: NDArray[np.int64], predicted: NDArray[np.int64], actual: NDArray[np.int64]) -> Parts:
    return Parts(hits.astype(np.float64), (predicted + actual - hits).astype(np.float64))
