"""The numbers of a slice of a regression head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract.distributions import DistributionHead
from reportgen.contract.heads import MeasuredHead
from reportgen.contract.records.distributional import DistributionalOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.metrics import comparison, intervals, regression
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import each
from reportgen.sections.slices import distribution_schema, distributions, schema, skill_schema as skill
from reportgen.sections.slices.scores import SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.intervals import Estimate
    from reportgen.sections.slices.parts import Tested
    from reportgen.sections.slices.scores import Score

_SAME = "all labels are the same"


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
        r_squared = None if r_squared is None else regression.if_light_tailed(r_squared, errors)
        yield self.if_any(schema.R_SQUARED, r_squared, _SAME, part)
        yield self.if_any(skill.MAE_SKILL, regression.mae_skill(errors, labels, weights), _SAME, part)
        few = f"it needs {regression.FEWEST_FOR_GROWTH} rows with different predictions and errors of different size"
        yield self.if_any(schema.GROWTH, regression.growth(self.outputs.predictions, errors), few, part)
        yield from self._conformal(part)
        if self.distribution is not None:
            yield from distributions.measured(self.distribution, part)

    def _conformal(self, part: Subject) -> Iterator[Measurement]:
        for level, half_width, covered in distribution_schema.CONFORMAL:
            found = regression.split_conformal(self.outputs.errors, level, self.design, self.data.seed)
            if found is None:
                for spec in (half_width, covered):
                    yield self.insufficient(spec, "half of the rows are too few for an interval at this level", part)
                continue
            yield self.estimated(half_width, found.half_width, part, self.design.take(found.calibrated))
            yield self.estimated(covered, found.covered, part, self.design.take(found.tested))

    @cached_property
    def distribution(self) -> DistributionHead | None:
        """The predicted distribution; None for a value alone."""
        outputs = self.outputs
        if not isinstance(outputs, DistributionalOutputs):
            return None
        return DistributionHead(self.model, self.head, outputs, self.data)

    def tests(self) -> Iterator[Tested]:
        """Yield the tests of the slice that this is."""
        if self.distribution is not None:
            yield from distributions.tests(self.distribution)

    def against(self, _inside: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return values (N,) whose means in any slice and outside are the scores of both."""
        return self.values

    def paired(self, other: Values, part: Subject) -> Iterator[Measurement]:
        """Yield the differences from another model on the same rows."""
        squares, others = (each(np.square, one.outputs.errors) for one in (self, other))
        for spec, found in (
            (schema.MAE_DIFFERENCE, self.difference(other)),
            (schema.MSE_DIFFERENCE, comparison.mean_difference(squares, others, weights=self.design.weights)),
        ):
            if found is not None:
                yield self.estimated(spec, found, part)
        skills = regression.skill_over(self.outputs.errors, other.outputs.errors, self.design.weights)
        for spec, one in zip(skill.OVER_BASELINE, skills, strict=True):
            yield self.if_any(spec, one, "the baseline has no error on any row of the slice", part)
        if self.distribution is not None and other.distribution is not None:
            yield from distributions.paired(self.distribution, other.distribution, part)

    def paired_p(self, other: Values) -> float | None:
        """Return the p-value of equal MAEs; None in too few groups."""
        differences = each(np.subtract, self.values, other.values)
        return self.design.p_value(differences, intervals.mean_p_value(differences))

    def no_paired_p(self, _other: Values) -> str:
        """Return why there is no p-value."""
        return self.design.too_few
