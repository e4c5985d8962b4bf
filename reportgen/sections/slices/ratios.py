"""What slices of multilabel, segmentation and sequence labeling heads have alike: their scores are ratios of sums over rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from reportgen.sections.slices import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.subjects import Subject
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.pooled import Parts

    Mask = NDArray[np.bool_]


class Ratio(Protocol):
    """A head on all rows, or on those of a slice, whose score is a ratio."""

    @property
    def mean_nll(self) -> Parts:
        """The NLL of a label or position."""

    @property
    def mean_brier(self) -> Parts:
        """The Brier score of a label or position."""

    @property
    def nothing(self) -> str:
        """Why a score does not exist."""

    def mean_loss(self, sums: Parts) -> Estimate:
        """Return the mean of a loss over all labels or positions."""

    def wrong_of_either(self, other: Self) -> int:
        """Return the number of rows with something that this or another model predicts wrong."""

    def of_either(self, found: Estimate, wrong: int) -> Estimate:
        """Return a difference from another model; without its interval where few rows, ``wrong``, have an error of either."""

    def estimated(self, spec: MetricSpec, estimate: Estimate, part: Subject, *, estimator: str | None) -> Measurement:
        """Record an estimate."""

    def if_any(self, spec: MetricSpec, estimate: Estimate | None, reason: str, part: Subject) -> Measurement:
        """Record an estimate, or why there is none."""


def losses(head: Ratio, part: Subject, brier: str | None = None) -> Iterator[Measurement]:
    """Yield NLL and Brier score of a slice; ``brier`` is which Brier score it is."""
    for spec, sums, how in ((schema.NLL, head.mean_nll, None), (schema.BRIER, head.mean_brier, brier)):
        yield head.estimated(spec, head.mean_loss(sums), part, estimator=how)


def paired(
    head: Ratio, other: Ratio, part: Subject, found: Iterable[tuple[MetricSpec, Estimate | None]]
) -> Iterator[Measurement]:
    """Record differences from another model on the same rows; without their intervals where few rows have an error of either."""
    wrong = head.wrong_of_either(other)
    for spec, one in found:
        yield head.if_any(spec, None if one is None else head.of_either(one, wrong), head.nothing, part)
