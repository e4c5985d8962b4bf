"""Predictions of a regression head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from reportgen.contract.records.heads import HeadOutputs
from reportgen.metrics.mapped import taken
from reportgen.metrics.spans import each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.metrics.spans import Derived


@dataclass(frozen=True)
class ValuePredictions(HeadOutputs):
    """Predicted values: ``predictions`` (N,) float64, one per evaluated example."""

    predictions: NDArray[np.float64]


@dataclass(frozen=True)
class RegressionOutputs(ValuePredictions):
    """Predicted values and ``labels`` (N,) float64, the target values."""

    labeled: ClassVar[bool] = True

    labels: NDArray[np.float64]

    @property
    def errors(self) -> Derived:
        """(N,) float64, prediction minus label."""
        return each(np.subtract, self.predictions, self.labels)

    def take(self, rows: NDArray[np.bool_]) -> Self:
        """Return the outputs of some of the rows, given by a mask (N,)."""
        return replace(self, predictions=taken(self.predictions, rows), labels=taken(self.labels, rows))
