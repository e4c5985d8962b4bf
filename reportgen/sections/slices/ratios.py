"""What slices of multilabel, segmentation and sequence labeling heads have alike: their scores are ratios of sums over rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol, Self

from reportgen.metrics import comparison, intervals, pooled
from reportgen.sections.slices import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.design import Design
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.pooled import Parts
    from reportgen.sections.slices.scores import Score

    Mask = NDArray[np.bool_]


class Ratio(Protocol):
    """A head on all rows, or on those of a slice, whose score is a ratio."""

    @property
    def score(self) -> Score:
        """What its slices are ranked by."""

    @property
    def main(self) -> Sequence[Parts]:
        """The parts of the score, over which it is the mean."""

    @property
    def mean_nll(self) -> Parts:
        """The NLL of a label or position."""

    @property
    def mean_brier(self) -> Parts:
        """The Brier score of a label or position."""

    @property
    def n_wrong(self) -> int:
        """Number of rows with something wrong."""

    @property
    def exact(self) -> Mask:
        """(N,) bool, whether all of a row is right."""

    @property
    def nothing(self) -> str:
        """Why a score does not exist."""

    @property
    def design(self) -> Design:
        """How the rows belong together and what they weigh."""

    def difference(self, other: Self) -> Estimate | None:
        """Return the score minus that of another model on the same rows."""

    def estimated(self, spec: MetricSpec, estimate: Estimate, part: Subject, *, estimator: str | None) -> Measurement:
        """Record an estimate."""

    def insufficient(self, spec: MetricSpec, reason: str, part: Subject) -> Measurement:
        """Record why there is no value."""


def losses(head: Ratio, part: Subject, rows: str, brier: str | None = None) -> Iterator[Measurement]:
    """Yield NLL and Brier score of a slice; ``rows`` are those that an interval needs, ``brier`` is which Brier score it is."""
    for spec, sums, how in ((schema.NLL, head.mean_nll, None), (schema.BRIER, head.mean_brier, brier)):
        found = pooled.pooled_loss(sums.numerators, sums.denominators, head.design.weights)
        found = found.supported(head.n_wrong, intervals.FEWEST_ERRORS, f"{rows} with an error")
        yield head.estimated(spec, found, part, estimator=how)


def paired(head: Ratio, other: Ratio, part: Subject, rows: str) -> Iterator[Measurement]:
    """Yield the differences in the score and in the NLL from another model on the same rows."""
    found = head.difference(other)
    wrong = comparison.errors_of_either(head.exact, other.exact)
    loss = pooled.difference(head.mean_nll, other.mean_nll, head.design.weights, math.inf)
    needed = intervals.FEWEST_PAIRED, f"{rows} with an error of either model"
    for spec, one in ((head.score.difference, found), (schema.NLL_DIFFERENCE, None if loss is None else loss[0])):
        if one is None:
            yield head.insufficient(spec, head.nothing, part)
        else:
            yield head.estimated(spec, one.supported(wrong, *needed), part, estimator=None)
