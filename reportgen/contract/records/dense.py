"""Predictions of a class for every position of a unit: the pixels of an image, the tokens of a sequence."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from reportgen.contract.records.heads import HeadOutputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class DensePredictions(HeadOutputs):
    """Predictions of a segmentation or sequence labeling head, counted per unit (an image, a sequence).

    Attributes
    ----------
    predicted
        (N, n_classes) int64, the positions of every unit that are predicted as each class.
    """

    predicted: Ints

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.predicted.shape[1])


@dataclass(frozen=True)
class DenseOutputs(DensePredictions):
    """Predictions of a segmentation or sequence labeling head, compared with the labels. Only positions that count are in its sums.

    Attributes
    ----------
    actual, hits
        (N, n_classes) int64, the positions of every unit that have each class by label, and those of them that are predicted right.
    nll, brier
        (N,) float64, the negative log-likelihood in nats and the Brier score of the positions, summed; the Brier score over all classes.
    masked, ignored
        (N,) int64, the positions that do not count: those outside of the mask, and the others with the ignored label.
    confusion
        (n_classes, n_classes) int64, positions by label and predicted class, of all units together; those of all rows also after
        :meth:`take`.
    boundary_hits, boundary_predicted, boundary_actual
        (N, n_classes) int64, positions in the band along the boundary of the area of each class: of both areas, of the predicted one, of the
        labeled one; None for sequences.
    bin_counted, bin_right, bin_confidence
        (N, B), positions by the bin of equal width that the probability of their predicted class is in: how many, int64, how many are right,
        int64, and the sum of these probabilities, float64.
    clipped
        (N,) int64, positions whose label had a probability of exactly zero and was clipped; None if the outputs are logits.
    """

    labeled: ClassVar[bool] = True

    actual: Ints
    hits: Ints
    nll: Floats
    brier: Floats
    masked: Ints
    ignored: Ints
    confusion: Ints
    bin_counted: Ints
    bin_right: Ints
    bin_confidence: Floats
    boundary_hits: Ints | None = None
    boundary_predicted: Ints | None = None
    boundary_actual: Ints | None = None
    clipped: Ints | None = None

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Return the outputs of some of the units, given by a mask (N,); ``confusion`` stays that of all."""
        parts = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "confusion"}
        return replace(self, **{name: part[rows] for name, part in parts.items() if part is not None})

    @cached_property
    def counted(self) -> Floats:
        """(N,) float64, the positions of every unit that count."""
        return self.actual.sum(axis=1).astype(np.float64)

    @cached_property
    def right(self) -> Floats:
        """(N,) float64, those of them that are predicted right."""
        return self.hits.sum(axis=1).astype(np.float64)
