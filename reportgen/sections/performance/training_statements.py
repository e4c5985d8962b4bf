"""Statements about the training data: the generalization gap, and the scores without leaked rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement, quantity
from reportgen.sections.performance import training_schema as schema
from reportgen.sections.performance.sentences import opening
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.sections.performance.schema import PerformanceResult


def of_gap(result: PerformanceResult, candidate: str) -> Iterator[Statement]:
    """Say how much better or worse each output of the candidate is on its training data, by its first score, where that is clear."""
    for one in (schema.ACCURACY_GAP, schema.MICRO_F1_GAP, schema.MAE_GAP):
        for gap in result.named(one.gap.name, candidate):
            low, high = gap.metric.ci_low, gap.metric.ci_high
            if low is None or high is None or low <= 0 <= high:
                continue
            score = next(item for item in result.named(one.score.name, candidate) if item.subject == gap.subject)
            shown = gap.metric.model_copy(update={"caveat": None})
            parts = (
                *opening(gap),
                f"On the training data {one.words} is ",
                quantity(score),
                f" {formatting.metric(score.metric).interval}".rstrip(),
                ", a gap of ",
                quantity(gap, formatting.with_interval(shown)),
                f" to the {result.split} split.",
            )
            yield Statement(topic="data", parts=parts, test=gap.metric.ci_method, n=gap.metric.n)


def without_leaked(result: PerformanceResult, candidate: str) -> Iterator[Statement]:
    """Say how good the candidate is on the rows that are not in the training data, where some are."""
    also, near = "also in the training data", "equal or nearly equal to a row of the training data"
    for specs, where in (
        *((specs, also) for specs in (schema.UNSEEN_ACCURACY, schema.UNSEEN_EXACT, schema.UNSEEN_MAE)),
        *((specs, near) for specs in (schema.NEAR_ACCURACY, schema.NEAR_EXACT, schema.NEAR_MAE)),
    ):
        for one in result.named(specs.others.name, candidate):
            some = result.find(specs.apart.name, one.model, one.subject).n
            if some is None:
                continue
            left_out = some if where is also or one.metric.n is None else result.n - one.metric.n
            which = "row that is" if left_out == 1 else f"{left_out:,} rows that are"
            parts = (
                *opening(one),
                f"Without the {which} {where}: {specs.words} ",
                quantity(one),
                f" {formatting.metric(one.metric).interval}".rstrip(),
                *_from_baseline(result, one, specs.difference),
                ".",
            )
            yield Statement(topic="difference", parts=parts, test=one.metric.ci_method, n=one.metric.n)


def _from_baseline(result: PerformanceResult, one: Measurement, spec: MetricSpec) -> Iterator[Quantity | str]:
    """Yield the difference of the candidate from its baseline on the same unseen rows, if there is one."""
    for other in result.named(spec.name, one.model):
        if other.subject == one.subject and other.metric.value is not None:
            yield from (", ", quantity(other, formatting.with_interval(other.metric)), " from the baseline")
