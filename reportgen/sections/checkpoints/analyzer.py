"""Compares the checkpoints of each run: weight change by layer, and changes in accuracy and NLL."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from reportgen.contract.heads import ClassifiedHead
from reportgen.contract.needs import Need
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.section import BaseAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import comparison, intervals
from reportgen.metrics.movement import Movement, movement
from reportgen.sections.checkpoints import schema
from reportgen.sections.checkpoints.schema import CheckpointsOptions, CheckpointsResult, LayerMovement, Series

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.contract.numbers import Measurement, MetricSpec, Status
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.weights import WeightTensor

    _Layers = dict[str, list[WeightTensor]]

_NOT_FINITE = "some weights are NaN or infinite"
_ZERO = "all weights are zero at one of the checkpoints"


class CheckpointsAnalyzer(BaseAnalyzer[CheckpointsOptions, CheckpointsResult]):
    """Measures how weights and metrics change between checkpoints."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS, Need.PREDICTIONS, Need.LABELS, Need.SERIES})

    def analyze(self, evaluation: Evaluation) -> CheckpointsResult:
        """Compare the checkpoints of every run with at least two."""
        runs: dict[str, list[ModelEvaluation]] = {}
        for model in evaluation.models:
            if model.series is not None:
                runs.setdefault(model.series, []).append(model)
        measurements: list[Measurement] = []
        series = []
        for name, models in runs.items():
            if len(models) > 1:
                measurements += _moved(models)
                heads = _heads(models, evaluation.data)
                measurements += [one for followed in heads for one in _followed(followed)]
                series.append(_series(name, models, tuple(followed[0].subject() for followed in heads)))
        data = evaluation.data
        return CheckpointsResult(
            measurements=tuple(measurements),
            split=None if data is None else data.split,
            n=None if data is None else data.n,
            series=tuple(series),
            options=self.options,
        )


# ------------------------------------------------------------------------------------------------ weights


def _layers(model: ModelEvaluation) -> _Layers:
    """Return the weights of a model by layer, without moving statistics."""
    layers: _Layers = {}
    for tensor in model.weights or ():
        if tensor.trainable or tensor.kind != "normalization":
            layers.setdefault(tensor.layer, []).append(tensor)
    return layers


def _mismatch(models: Sequence[ModelEvaluation]) -> str | None:
    """Return which checkpoint has weights of other shapes than the first; None where none has."""
    shapes = [[one.values.shape for tensors in _layers(model).values() for one in tensors] for model in models]
    other = next((model.name for model, found in zip(models, shapes, strict=True) if found != shapes[0]), None)
    return None if other is None else f"{other} has weights of other shapes than {models[0].name}"


def _moves(first: ModelEvaluation, second: ModelEvaluation) -> list[Movement]:
    """Measure every layer between two checkpoints; layers are matched by their order."""
    pairs = zip(_layers(first).values(), _layers(second).values(), strict=True)
    return [movement([one.values for one in old], [one.values for one in new]) for old, new in pairs]


def _series(name: str, models: Sequence[ModelEvaluation], heads: tuple[str | None, ...]) -> Series:
    reason = _mismatch(models)
    names = tuple(model.name for model in models)
    if reason is not None:
        return Series(name=name, models=names, layers=(), reason=reason, heads=heads)
    steps = [_moves(first, second) for first, second in pairwise(models)]
    since = [_moves(models[0], model) for model in models[1:]]
    layers = tuple(
        LayerMovement(
            name=layer,
            trainable=any(one.trainable for one in tensors),
            change=tuple(step[place].change for step in steps),
            cosine=tuple(step[place].cosine for step in steps),
            since_first=tuple(step[place].change for step in since),
        )
        for place, (layer, tensors) in enumerate(_layers(models[-1]).items())
    )
    return Series(name=name, models=names, layers=layers, reason=None, heads=heads)


def _moved(models: Sequence[ModelEvaluation]) -> Iterator[Measurement]:
    """Yield the weight change of each checkpoint from the previous one, in total and by layer."""
    reason = _mismatch(models)
    if reason is not None:
        for model in models[1:]:
            yield from (spec.missing(model.name, "not_applicable", reason) for spec in schema.MOVED)
        return
    for before, after in pairwise(models):
        whole, since = _whole(before, after), _whole(models[0], after)
        yield _number(schema.WEIGHT_CHANGE, after.name, whole, whole.change)
        yield _number(schema.WEIGHT_COSINE, after.name, whole, whole.cosine)
        yield _number(schema.SINCE_FIRST, after.name, since, since.change)
        for layer, moved in zip(_layers(after), _moves(before, after), strict=True):
            subject = Subject.of("layer", layer)
            yield _number(schema.LAYER_CHANGE, after.name, moved, moved.change, subject)
            yield _number(schema.LAYER_COSINE, after.name, moved, moved.cosine, subject)


def _whole(first: ModelEvaluation, second: ModelEvaluation) -> Movement:
    old, new = ([one.values for tensors in _layers(model).values() for one in tensors] for model in (first, second))
    return movement(old, new)


def _number(
    spec: MetricSpec, model: str, moved: Movement, value: float | None, subject: str | None = None
) -> Measurement:
    if value is None:
        status: Status = "not_applicable" if moved.finite else "failed"
        return spec.missing(model, status, _ZERO if moved.finite else _NOT_FINITE, subject=subject)
    return spec.measure(model, value, subject=subject)


# ------------------------------------------------------------------------------------------------ numbers


def _heads(models: Sequence[ModelEvaluation], data: DataEvaluation | None) -> list[list[ClassifiedHead]]:
    """Return the heads that every checkpoint has, each with its outputs at all of them."""
    if data is None:
        return []
    found: dict[tuple[str, int], list[ClassifiedHead]] = {}
    for model in models:
        for head in model.heads:
            if isinstance(head.outputs, ClassificationOutputs):
                key = (head.name, head.outputs.n_classes)
                found.setdefault(key, []).append(ClassifiedHead(model, head, head.outputs, data))
    return [followed for followed in found.values() if len(followed) == len(models)]


def _followed(followed: Sequence[ClassifiedHead]) -> Iterator[Measurement]:
    """Yield accuracy and NLL of every checkpoint, and their paired changes from the second on."""
    for one in followed:
        accuracy, nll = intervals.proportion(one.outputs.correct, one.design.weights), one.mean_loss(one.outputs.nll)
        if accuracy is not None and nll is not None:
            yield one.estimated(schema.ACCURACY, accuracy)
            yield one.estimated(schema.NLL, nll)
    for before, after in pairwise(followed):
        weights = after.design.weights
        table = comparison.discordance(after.outputs.correct, before.outputs.correct, weights)
        yield after.estimated(schema.ACCURACY_GAIN, comparison.accuracy_difference(table))
        difference = comparison.mean_difference(after.outputs.nll, before.outputs.nll, weights=weights)
        if difference is not None:
            yield after.estimated(schema.NLL_GAIN, difference)
