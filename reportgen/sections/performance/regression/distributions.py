"""Scores of predicted distributions: what they are worth as a whole, and the differences between models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.contract.distributions import QUANTILES, SPREAD, DistributionHead
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
class Scored(DistributionHead):
    """Predicted distributions with the metrics of their score."""

    @property
    def specs(self) -> ScoreSpecs:
        """The metrics of their score."""
        return schema.PINBALL_SCORES if self.levels else schema.CRPS_SCORES


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
    yield one.estimated(one.specs.score, one.score, estimator=one.how)
    yield one.if_any(one.specs.skill, one.skill, "all labels are the same", estimator=one.how)
    other, reason = (schema.CRPS_SCORES, QUANTILES) if one.levels else (schema.PINBALL_SCORES, SPREAD)
    for spec in (other.score, other.skill):
        yield one.not_applicable(spec, reason)
