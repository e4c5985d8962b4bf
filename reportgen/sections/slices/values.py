"""The numbers of a slice of a regression head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract.heads import MeasuredHead
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.metrics import comparison, intervals, regression
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import each
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
class Values(MeasuredHead[RegressionOutputs]):
    """A predicted value on all rows, or on those of a slice."""

    score: ClassVar[Score] = SCORES["mae"]

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """(N,) what the score is the mean of: absolute errors."""
        return stored(each(np.abs, self.outputs.errors))

    @property
    def estimate(self) -> Estimate | None:
        """The score: mean absolute error."""
        return intervals.mean(self.values, low=0.0, weights=self.design.weights)

    def difference(self, other: Values) -> Estimate | None:
        """Return the score minus that of another model on the same rows."""
        return comparison.mean_difference(self.values, other.values, weights=self.design.weights)

    @property
    def losses(self) -> NDArray[np.float64]:
        """(N,) what slices are searched by."""
        return self.values

    def measured(self, part: Subject) -> Iterator[Measurement]:
        """Yield every number of the slice that this is."""
        errors, labels, weights = self.outputs.errors, self.outputs.labels, self.design.weights
        rmse = intervals.root_mean_square(errors, weights)
        r_squared = regression.r_squared(errors, labels, weights)
        for spec, found in (
            (schema.MAE, self.estimate),
            (schema.BIAS, intervals.mean(errors, weights=weights)),
            (schema.RMSE, None if rmse is None else regression.if_light_tailed(rmse, errors)),
            (schema.MEDIAN_AE, regression.quantile(self.values, 0.5, weights)),
        ):
            if found is not None:
                yield self.estimated(spec, found, part)
        if r_squared is None:
            yield self.insufficient(schema.R_SQUARED, "all labels are the same", part)
        else:
            yield self.estimated(schema.R_SQUARED, regression.if_light_tailed(r_squared, errors), part)

    def confidence_p(self) -> None:
        """Return None: a predicted value states no confidence."""

    def against(self, _inside: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return values (N,) whose means in any slice and outside are the scores of both."""
        return self.values

    def paired(self, other: Values, part: Subject) -> Iterator[Measurement]:
        """Yield the difference from another model on the same rows."""
        difference = self.difference(other)
        if difference is not None:
            yield self.estimated(schema.MAE_DIFFERENCE, difference, part)

    def paired_p(self, other: Values) -> float | None:
        """Return the p-value of equal MAEs; None in too few groups."""
        differences = each(np.subtract, self.values, other.values)
        return self.design.p_value(differences, intervals.mean_p_value(differences))

    def no_paired_p(self, _other: Values) -> str:
        """Return why there is no p-value."""
        return self.design.too_few
