"""The generalization gap: the scores of a model on its training data, in inference mode, minus those on the evaluated rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reportgen.contract.heads import ClassifiedHead
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.records.data import TRAIN
from reportgen.contract.records.dense import DenseOutputs
from reportgen.contract.records.distributional import NormalOutputs, QuantileOutputs
from reportgen.contract.records.multilabel import MultilabelOutputs
from reportgen.contract.records.regression import RegressionOutputs
from reportgen.metrics import intervals, pooled, recovered, regression
from reportgen.metrics.intervals import Estimate
from reportgen.metrics.spans import number
from reportgen.sections.performance import training_schema as schema
from reportgen.sections.performance.dense.analyzer import Positions
from reportgen.sections.performance.multilabel.analyzer import Several
from reportgen.sections.performance.regression.analyzer import Values
from reportgen.sections.performance.regression.distributions import Scored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reportgen.contract.heads import MeasuredHead
    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.contract.records.heads import HeadOutputs
    from reportgen.sections.performance.training_schema import Gap

    Score = Callable[[Any], Estimate | None]

_METHOD = "unpaired, from both intervals (Zou & Donner 2008)"


def _rmse(head: Values) -> Estimate | None:
    found = intervals.root_mean_square(head.errors, head.design.weights)
    return None if found is None else regression.if_light_tailed(found, head.errors)


def _score(head: Scored) -> Estimate | None:
    return intervals.mean(head.losses, low=0.0, weights=head.design.weights)


def _of_images(score: Score) -> Score:
    """Return a score that only images have."""
    return lambda head: score(head) if head.segments else None


def _of_sequences(score: Score) -> Score:
    """Return a score that only sequences have."""
    return lambda head: None if head.segments else score(head)


_CLASSES: Mapping[Gap, Score] = {
    schema.ACCURACY_GAP: lambda head: intervals.proportion(head.outputs.correct, head.design.weights),
    schema.NLL_GAP: lambda head: head.mean_loss(head.outputs.nll),
    schema.BRIER_GAP: lambda head: head.mean_loss(head.brier, head.largest_brier),
}
_LABELS: Mapping[Gap, Score] = {
    schema.MICRO_F1_GAP: lambda head: pooled.micro(head.counts.f1, head.design.weights),
    schema.EXACT_MATCH_GAP: lambda head: intervals.proportion(head.exact, head.design.weights),
}
_VALUES: Mapping[Gap, Score] = {
    schema.MAE_GAP: lambda head: intervals.mean(head.sizes, low=0.0, weights=head.design.weights),
    schema.RMSE_GAP: _rmse,
}
_POSITIONS: Mapping[Gap, Score] = {
    schema.MEAN_IOU_GAP: _of_images(lambda head: head.mean(head.main)),
    schema.PIXEL_ACCURACY_GAP: _of_images(lambda head: head.mean([head.right])),
    schema.TOKEN_ACCURACY_GAP: _of_sequences(lambda head: head.mean([head.right])),
    schema.EXACT_MATCH_GAP: _of_sequences(lambda head: intervals.proportion(head.exact, head.design.weights)),
    schema.NLL_GAP: lambda head: head.mean_loss(head.mean_nll),
}
_KINDS: tuple[tuple[type[HeadOutputs], Callable[..., MeasuredHead[Any]], Mapping[Gap, Score]], ...] = (
    (ClassificationOutputs, ClassifiedHead, _CLASSES),
    (MultilabelOutputs, Several, _LABELS),
    (RegressionOutputs, Values, _VALUES),
    (NormalOutputs, Scored, {schema.CRPS_GAP: _score}),
    (QuantileOutputs, Scored, {schema.PINBALL_GAP: _score}),
    (DenseOutputs, Positions.of, _POSITIONS),
)


def measured(evaluation: Evaluation) -> Iterator[Measurement]:
    """Yield the scores on the training data and the gaps of every head; nothing if models were not evaluated there."""
    data, trained = evaluation.data, evaluation.splits.get(TRAIN)
    if data is None or trained is None or data.split == TRAIN:
        return
    there = evaluation.on(TRAIN)
    for outputs, made, scores in _KINDS:
        others = {(model.name, head.name): (model, head, found) for model, head, found in there.heads(outputs)}
        for model, head, found in evaluation.heads(outputs):
            if (other := others.get((model.name, head.name))) is not None:
                yield from _of_head(made(model, head, found, data), made(*other, trained), scores)


def _of_head(own: MeasuredHead[Any], trained: MeasuredHead[Any], scores: Mapping[Gap, Score]) -> Iterator[Measurement]:
    for specs, score in scores.items():
        there, here = score(trained), score(own)
        if there is None or here is None:
            continue
        yield trained.estimated(specs.score, there)
        if (own.design.weights is None) != (trained.design.weights is None):
            reason = (
                "of the evaluated rows and those of the training data only one kind is weighted: set weight for both"
            )
            yield specs.gap.missing(own.model.name, "not_applicable", reason, subject=own.subject())
            continue
        if specs is schema.MEAN_IOU_GAP and _scored(own) != _scored(trained):
            reason = "other classes are labeled or predicted on the evaluated rows than on those of the training data"
            yield own.insufficient(specs.gap, reason)
            continue
        found = difference(trained.design.estimate(there), own.design.estimate(here))
        yield own.estimated(
            specs.gap, found, design=replace(own.design, groups=None, weights=None), caveat=_leaked(own)
        )


def _scored(head: MeasuredHead[Any]) -> list[bool]:
    """Return which classes of a segmentation head have an IoU: its mean is over these."""
    return [number(one.used) > 0 for one in head.main] if isinstance(head, Positions) else []


def difference(first: Estimate, second: Estimate) -> Estimate:
    """Return an estimate minus another one on other, independent rows; without an interval where either has none. ``n`` is that of the second."""
    value = first.value - second.value
    ends = [(one.value, one.low, one.high) for one in (first, second) if one.low is not None and one.high is not None]
    if len(ends) < len((first, second)):
        return Estimate(value, second.n).without(first.withheld or second.withheld or "one of the two has no interval")
    low, high = recovered.difference(ends[0], ends[1])
    return Estimate(value, second.n, low, high, _METHOD)


def _leaked(head: MeasuredHead[Any]) -> str | None:
    """Return that the gap can be too small where evaluated rows are in the training data."""
    training = head.data.training
    if training is None or not training.count:
        return None
    are = "is" if training.count == 1 else "are"
    return f"{training.count:,} of the evaluated rows {are} also in the training data: on unseen rows the gap can be larger"
