"""Computes the metrics of every predicted value, and compares the models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.contract.heads import MeasuredHead
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, intervals, regression
from reportgen.metrics.mapped import among
from reportgen.metrics.spans import each, extent, total
from reportgen.sections.performance import regression_schema as schema
from reportgen.sections.performance.regression_schema import LabelBand, ResidualBin, ValuePerformance
from reportgen.sections.performance.rivals import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Measurement
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.spans import Derived
    from reportgen.sections.performance.tiers import Tier

SHOWN_ROWS = 400
"""Rows that the figures show. Convention."""
SHOWN_QUANTILES = 99
BANDS, FEWEST_IN_BAND = 4, 20
"""Quarters of the rows by label, and the rows that each needs. Convention."""


@dataclass(frozen=True)
class Values(MeasuredHead[RegressionOutputs]):
    """A predicted value, with its labels."""

    @property
    def errors(self) -> Derived:
        """(N,) prediction minus label."""
        return self.outputs.errors

    @property
    def sizes(self) -> Derived:
        """(N,) absolute errors."""
        return each(np.abs, self.errors)

    def difference(self, other: Values) -> Estimate:
        """Return the MAE minus that of another model."""
        return _found(comparison.mean_difference(self.sizes, other.sizes, weights=self.design.weights))


def paired(heads: Sequence[Values], decision: Decision) -> tuple[list[Measurement], list[Tier]]:
    """Compare the models that predict the same value."""
    groups: dict[str | None, list[Values]] = {}
    for head in heads:
        groups.setdefault(head.subject(), []).append(head)
    several = [group for group in groups.values() if len(group) > 1]
    return compare(several, Comparison(_goodness, Values.difference, _p_value, _pair), decision)


def by_label(shown: ValuePerformance, one: Values, heads: Sequence[Values], decision: Decision) -> ValuePerformance:
    """Return what is shown of a value with the differences from the same value of the baseline, if it is the candidate's."""
    baseline = _baseline(one, heads, decision)
    return shown if baseline is None else shown.model_copy(update={"bands": tuple(_bands(one, baseline))})


def _found(estimate: Estimate | None) -> Estimate:
    if estimate is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    return estimate


# ------------------------------------------------------------------------------------------------ of one value


def whole(one: Values) -> Iterator[Measurement]:
    """Yield the metrics of a predicted value."""
    errors, labels, weights = one.errors, one.outputs.labels, one.design.weights
    rmse = _found(intervals.root_mean_square(errors, weights))
    yield one.estimated(schema.BIAS, _found(intervals.mean(errors, weights=weights)))
    yield one.estimated(schema.MAE, _found(intervals.mean(one.sizes, low=0.0, weights=weights)))
    yield one.estimated(schema.RMSE, regression.if_light_tailed(rmse, errors))
    yield one.estimated(schema.MEDIAN_AE, regression.quantile(one.sizes, 0.5, weights))
    r_squared = regression.r_squared(errors, labels, weights)
    if r_squared is not None:
        r_squared = regression.if_light_tailed(r_squared, errors)
    same = "all labels are the same"
    yield one.if_any(schema.R_SQUARED, r_squared, same)
    yield one.if_any(schema.MAE_SKILL, regression.mae_skill(errors, labels, weights), same)
    few = f"it needs {regression.FEWEST_FOR_GROWTH} rows with different predictions and errors of different size"
    yield one.if_any(schema.GROWTH, regression.growth(one.outputs.predictions, errors), few)
    for specs in schema.CONFORMAL:
        yield from _conformal(one, specs)


def _conformal(one: Values, specs: schema.ConformalSpecs) -> Iterator[Measurement]:
    found = regression.split_conformal(one.errors, specs.level, one.design, one.data.seed)
    if found is None:
        for spec in (specs.half_width, specs.coverage):
            yield one.insufficient(spec, "half of the rows are too few for an interval at this level")
        return
    yield one.estimated(specs.half_width, found.half_width, design=one.design.take(found.calibrated))
    yield one.estimated(specs.coverage, found.covered, design=one.design.take(found.tested))


def shown(one: Values) -> ValuePerformance:
    """Return what the figures show of it."""
    outputs = one.outputs
    some = min(one.n, SHOWN_ROWS)
    rows = np.sort(np.random.default_rng(one.data.seed).choice(one.n, some, replace=False))
    smallest, largest = extent(outputs.predictions)
    normal, standardized = regression.normal_quantiles(one.errors, SHOWN_QUANTILES)
    return ValuePerformance(
        model=one.model.name,
        subject=one.subject(),
        n=one.n,
        constant=smallest == largest,
        bins=tuple(_bin(found) for found in regression.bins(outputs.predictions, one.errors, one.design)),
        bands=(),
        labels=tuple(outputs.labels[rows].tolist()),
        predictions=tuple(outputs.predictions[rows].tolist()),
        normal=tuple(normal.tolist()),
        standardized=tuple(standardized.tolist()),
    )


def _bin(found: regression.Bin) -> ResidualBin:
    return ResidualBin(
        low=found.low,
        high=found.high,
        center=found.center,
        n=found.bias.n,
        bias=found.bias.value,
        ci_low=found.bias.low,
        ci_high=found.bias.high,
        p_value=found.p_value,
        lower=found.lower,
        median=found.median,
        upper=found.upper,
    )


def _baseline(one: Values, heads: Sequence[Values], decision: Decision) -> Values | None:
    """Return the same value of the baseline, if this is the candidate's."""
    if decision.pair is None or decision.pair[0] != one.model.name:
        return None
    found = (head for head in heads if head.model.name == decision.models[1] and head.subject() == one.subject())
    return next(found, None)


def _bands(one: Values, baseline: Values) -> Iterator[LabelBand]:
    """Yield the differences in MAE by quarters of the labels; equal labels are in one of them."""
    labels = one.outputs.labels
    if one.n < BANDS * FEWEST_IN_BAND:
        return
    for rows in regression.in_parts(labels, BANDS):
        design = one.design.take(rows)
        low, high = extent(among(labels, rows))
        differences = among(each(np.subtract, one.sizes, baseline.sizes), rows)
        found = design.estimate(_found(intervals.mean(differences, weights=design.weights)))
        yield LabelBand(
            low=low,
            high=high,
            n=design.n,
            difference=found.value,
            ci_low=found.low,
            ci_high=found.high,
            p_value=design.p_value(differences, intervals.mean_p_value(differences)),
        )


# ------------------------------------------------------------------------------------------------ of two models


def _goodness(one: Values) -> float:
    return -total(one.sizes, one.design.weights)


def _p_value(first: Values, second: Values) -> float | None:
    """Return the p-value of equal MAEs; None where there are too few groups for a test."""
    differences = each(np.subtract, first.sizes, second.sizes)
    return first.design.p_value(differences, intervals.mean_p_value(differences))


def _pair(first: Values, second: Values, p_value: float | None, adjusted: float | None) -> Iterator[Measurement]:
    """Yield the differences of two models; the p-values are the same both ways."""
    part = Subject.of("vs", second.model.name)
    squares, others = (each(np.square, one.errors) for one in (first, second))
    difference = comparison.mean_difference(squares, others, weights=first.design.weights)
    yield first.estimated(schema.MAE_DIFFERENCE, first.difference(second), part)
    yield first.estimated(schema.MSE_DIFFERENCE, _found(difference), part)
    yield from _skill_over(first, second, part)
    how = first.design.test("the paired difference")
    yield first.tested(schema.MAE_PAIRS.p, p_value, part, estimator=how)
    yield first.tested(schema.MAE_PAIRS.p_holm, adjusted, part, estimator=how)


def _skill_over(first: Values, second: Values, part: Subject) -> Iterator[Measurement]:
    """Yield the skill with the other model as the reference, by absolute and by squared errors."""
    found = regression.skill_over(first.errors, second.errors, first.design.weights)
    for spec, one in zip((schema.MAE_SKILL_OVER, schema.MSE_SKILL_OVER), found, strict=True):
        yield first.if_any(spec, one, "the other model has no error on any row", part)
