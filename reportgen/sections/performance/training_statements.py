"""Statements about the training data: the generalization gap, and the scores without leaked rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.statements import Quantity, Statement, quantity
from reportgen.sections.performance import training_schema as schema
from reportgen.sections.performance.sentences import opening
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.sections.performance.schema import PerformanceResult
    from reportgen.sections.performance.training_schema import Without

_FIRST_GAPS = (
    schema.ACCURACY_GAP,
    schema.MICRO_F1_GAP,
    schema.MAE_GAP,
    schema.MEAN_IOU_GAP,
    schema.TOKEN_ACCURACY_GAP,
)


def of_gap(result: PerformanceResult, candidate: str) -> Iterator[Statement]:
    """Say how much better or worse each output of the candidate is on its training data, by its first score, where that is clear."""
    for one in _FIRST_GAPS:
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
        *((specs, also) for specs in _without_second_scores(schema.WITHOUT_LEAKED)),
        *((specs, near) for specs in _without_second_scores(schema.WITHOUT_NEAR)),
    ):
        for one in result.named(specs.others.name, candidate):
            found = specs.left_out(result, one.model, one.subject)
            if found is None or not found.some:
                continue
            single = specs.rows.removesuffix("s")
            which = f"{single} that is" if found.rows == 1 else f"{found.rows:,} {specs.rows} that are"
            parts = (
                *opening(one),
                f"Without the {which} {where}: {specs.words} ",
                quantity(one),
                f" {formatting.metric(one.metric).interval}".rstrip(),
                *_from_baseline(result, one, specs.difference),
                ".",
            )
            yield Statement(topic="difference", parts=parts, test=one.metric.ci_method, n=one.metric.n)


def _without_second_scores(every: Sequence[Without]) -> Iterator[Without]:
    """Yield the scores that a sentence is about: of a distribution the MAE, by which its sentences are as well."""
    second = {schema.UNSEEN_CRPS.whole, schema.UNSEEN_PINBALL.whole}
    yield from (one for one in every if one.whole not in second)


def _from_baseline(result: PerformanceResult, one: Measurement, spec: MetricSpec) -> Iterator[Quantity | str]:
    """Yield the difference of the candidate from its baseline on the same unseen rows, if there is one."""
    for other in result.named(spec.name, one.model):
        if other.subject == one.subject and other.metric.value is not None:
            yield from (", ", quantity(other, formatting.with_interval(other.metric)), " from the baseline")
