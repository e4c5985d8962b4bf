"""Describes the models and the data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reportgen.contract.forms import NO_LAYERS
from reportgen.contract.section import BaseAnalyzer
from reportgen.metrics import intervals
from reportgen.metrics.mapped import in_order, summed
from reportgen.metrics.spans import equal
from reportgen.sections.overview import schema
from reportgen.sections.overview.schema import (
    ClassBalance,
    DataOverview,
    GroupSizes,
    LayerRow,
    ModelOverview,
    NearOverview,
    NearPairRow,
    OverviewOptions,
    OverviewResult,
    PairPicture,
    TensorRow,
    TrainingOverview,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.architecture import Architecture, LayerSummary, TensorSummary
    from reportgen.contract.records.data import DataEvaluation, NearDuplicates, TrainingRows
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.examples import Thumbnail


class OverviewAnalyzer(BaseAnalyzer[OverviewOptions, OverviewResult]):
    """Describes models and data; needs neither data nor predictions."""

    def analyze(self, evaluation: Evaluation) -> OverviewResult:
        """Describe every model, and the data if there are any."""
        described = [(model, model.architecture) for model in evaluation.models if model.architecture is not None]
        return OverviewResult(
            measurements=(
                *(one for model, made_of in described for one in _measurements(model, made_of)),
                *(one for model, _ in described for one in _leaked(model, evaluation.data)),
            ),
            models=tuple(_model(model, made_of) for model, made_of in described),
            data=None if evaluation.data is None else _data(evaluation.data, _values(evaluation)),
            options=self.options,
        )


def _measurements(model: ModelEvaluation, made_of: Architecture) -> Iterator[Measurement]:
    yield schema.PARAMETERS.measure(model.name, made_of.parameters)
    yield schema.TRAINABLE.measure(model.name, made_of.trainable_parameters)
    if model.size_bytes is None:
        yield schema.SIZE.missing(model.name, "not_applicable", "the model is not in a file")
    else:
        yield schema.SIZE.measure(model.name, model.size_bytes)
    yield schema.MEMORY.measure(model.name, made_of.memory_bytes)
    if model.form == "saved_model":
        yield schema.LAYERS.missing(model.name, "not_applicable", NO_LAYERS)
    else:
        yield schema.LAYERS.measure(model.name, _distinct(made_of))


def _leaked(model: ModelEvaluation, data: DataEvaluation | None) -> Iterator[Measurement]:
    """Yield the share of rows that are in the training data; each row counts once, whatever its weight."""
    training = None if data is None else data.training
    if data is None or training is None:
        return
    near = training.near
    for spec, rows in ((schema.LEAKED, training.leaked), (schema.NEAR, None if near is None else near.near)):
        found = None if rows is None or (spec is schema.NEAR and near and near.reason) else intervals.proportion(rows)
        if found is not None:
            share = replace(data.design, weights=None).estimate(found)
            interval: dict[str, Any] = {"ci_low": share.low, "ci_high": share.high, "ci_method": share.method}
            caveat = None if share.withheld is None else f"no interval: {share.withheld}"
            yield spec.measure(model.name, share.value, n=share.n, caveat=caveat, **interval)
        elif spec is schema.NEAR and near is not None and near.reason is not None:
            yield spec.missing(model.name, "not_applicable", near.reason)


def _distinct(made_of: Architecture) -> int:
    return sum(layer.shared_with is None for layer in made_of.layers)


def _model(model: ModelEvaluation, made_of: Architecture) -> ModelOverview:
    return ModelOverview(
        model=model.name,
        kind=made_of.kind,
        form=model.form,
        file=model.file,
        sha256=model.sha256,
        layers=tuple(_layer(layer) for layer in made_of.layers if layer.level == 0),
        nested=tuple(_layer(layer) for layer in made_of.layers if layer.level > 0),
        n_layers=_distinct(made_of),
        dtype_policy=made_of.dtype_policy,
        inputs=tuple(_tensor(one) for one in made_of.inputs),
        outputs=tuple(_tensor(one) for one in made_of.outputs),
        loss=made_of.loss,
        optimizer=made_of.optimizer,
        compiled_metrics=made_of.metrics,
    )


def _layer(layer: LayerSummary) -> LayerRow:
    return LayerRow(
        name=layer.name,
        layer_type=layer.kind,
        output_shape=layer.output_shape,
        parameters=layer.parameters,
        trainable_parameters=layer.trainable_parameters,
        n_inner=layer.n_inner,
        shared_with=layer.shared_with,
    )


def _tensor(one: TensorSummary) -> TensorRow:
    return TensorRow(name=one.name, shape=one.shape, dtype=one.dtype)


def _group_sizes(data: DataEvaluation) -> GroupSizes | None:
    if data.groups is None:
        return None
    sizes = in_order(summed(equal(data.n), data.groups, data.design.count))
    middle = (sizes[(len(sizes) - 1) // 2] + sizes[len(sizes) // 2]) / 2
    return GroupSizes(groups=len(sizes), smallest=int(sizes[0]), median=float(middle), largest=int(sizes[-1]))


def _values(evaluation: Evaluation) -> frozenset[str | None]:
    """Return the outputs whose labels are values, not classes; None stands for a single array of labels."""
    heads = [
        (head, head.task.value in {"regression", "distributional"})
        for model in evaluation.models
        for head in model.heads
    ]
    named = {head.name.partition("/")[0] for head, regression in heads if regression}
    return frozenset({*named, None} if heads and all(regression for _, regression in heads) else named)


def _training(found: TrainingRows) -> TrainingOverview:
    near = None if found.near is None else _near(found.near)
    return TrainingOverview(files=found.files, n=found.n, leaked=found.count, compared=found.compared, near=near)


def _near(found: NearDuplicates) -> NearOverview:
    if found.reason is not None:
        return NearOverview(rows=None, compared="", own=None, reason=found.reason)
    pairs = tuple(
        NearPairRow(
            row=pair.row,
            training_row=pair.training_row,
            correlation=pair.correlation,
            difference=pair.difference,
            pictures=_pictures(pair.pictures),
            training_pictures=_pictures(pair.training_pictures),
        )
        for pair in found.pairs
    )
    return NearOverview(rows=found.count, compared=found.compared, own=found.own, pairs=pairs)


def _pictures(thumbnails: Iterable[Thumbnail]) -> tuple[PairPicture, ...]:
    return tuple(PairPicture(input=one.input, png=one.png, width=one.width, height=one.height) for one in thumbnails)


def _data(data: DataEvaluation, values: frozenset[str | None]) -> DataOverview:
    found = data.described
    classes = [one for one in found.labels if one.head not in values]
    return DataOverview(
        split=data.split,
        n=data.n,
        n_total=data.n_total,
        sampling=data.sampling,
        files=data.files,
        inputs=tuple(_tensor(one) for one in found.inputs),
        balance=tuple(ClassBalance(head=one.head, classes=one.values, counts=one.counts) for one in classes),
        duplicates=found.duplicates,
        conflicting=found.conflicting,
        grouped_by=data.by,
        group_sizes=_group_sizes(data),
        effective_n=None if data.weights is None else data.design.effective,
        training=None if data.training is None else _training(data.training),
    )
