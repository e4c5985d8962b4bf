"""Scores of predicted distributions: what they are worth as a whole, and the differences between models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.contract.heads import MeasuredHead
from reportgen.contract.records.distributional import DistributionalOutputs, NormalOutputs, QuantileOutputs
from reportgen.metrics import classification, distributions, intervals
from reportgen.metrics.mapped import stored
from reportgen.metrics.spans import each
from reportgen.sections.performance import regression_schema as schema
from reportgen.sections.performance.pairwise import by_loss
from reportgen.sections.performance.rivals import compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Measurement
    from reportgen.sections.performance.regression_schema import ScoreSpecs

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored(MeasuredHead[DistributionalOutputs]):
    """Predicted distributions, with the labels."""

    @property
    def levels(self) -> tuple[float, ...]:
        """Levels of the quantiles; none for normal distributions."""
        return self.outputs.levels if isinstance(self.outputs, QuantileOutputs) else ()

    @property
    def specs(self) -> ScoreSpecs:
        """The metrics of their score."""
        return schema.PINBALL_SCORES if self.levels else schema.CRPS_SCORES

    @cached_property
    def losses(self) -> Floats:
        """(N,) the CRPS of normal distributions, or the mean pinball loss over the levels of quantiles."""
        found = self.outputs
        if isinstance(found, QuantileOutputs):
            return stored(
                each(
                    lambda label, all_of: distributions.pinball(label, all_of, found.levels).mean(axis=1),
                    found.labels,
                    found.quantiles,
                )
            )
        if isinstance(found, NormalOutputs):
            return stored(each(distributions.crps_normal, found.labels, found.predictions, found.deviations))
        message = f"{type(found).__name__} has no distributions"
        raise TypeError(message)

    @property
    def references(self) -> Floats:
        """(N,) the same of always predicting the distribution of the evaluated labels, or its quantiles."""
        labels, weights = self.outputs.labels, self.design.weights
        if self.levels:
            losses = distributions.pinball_of_labels(labels, self.levels, weights)
            return stored(each(lambda of_levels: of_levels.mean(axis=1), losses))
        return distributions.crps_of_labels(labels, weights)


def paired(heads: Sequence[Scored], decision: Decision) -> Iterator[Measurement]:
    """Yield the paired differences of models whose outputs are of one kind."""
    for specs in (schema.CRPS_SCORES, schema.PINBALL_SCORES):
        groups: dict[tuple[str | None, tuple[float, ...]], list[Scored]] = {}
        for one in heads:
            if one.specs is specs:
                groups.setdefault((one.subject(), one.levels), []).append(one)
        several = [group for group in groups.values() if len(group) > 1]
        yield from compare(several, by_loss(lambda one: one.losses, specs.pairs), decision)[0]


def whole(one: Scored) -> Iterator[Measurement]:
    """Yield the score of a head, and its skill."""
    weights = one.design.weights
    found = intervals.mean(one.losses, low=0.0, weights=weights)
    if found is None:
        message = "an evaluation has at least one row"
        raise ValueError(message)
    how = f"mean over {len(one.levels)} levels" if one.levels else None
    yield one.estimated(one.specs.score, found, estimator=how)
    skill = classification.skill(one.losses, one.references, weights)
    if skill is None:
        yield one.insufficient(one.specs.skill, "all labels are the same")
    else:
        yield one.estimated(one.specs.skill, skill, estimator=how)
    other, reason = (
        (schema.CRPS_SCORES, "the outputs are quantiles, not a mean and a spread")
        if one.levels
        else (schema.PINBALL_SCORES, "the outputs are a mean and a spread, not quantiles")
    )
    for spec in (other.score, other.skill):
        yield spec.missing(one.model.name, "not_applicable", reason, subject=one.subject())
