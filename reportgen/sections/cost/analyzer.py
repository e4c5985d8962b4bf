"""Lists what the structure of each model costs, and summarizes measured times."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract.needs import Need, Timing
from reportgen.contract.section import BaseAnalyzer
from reportgen.sections.cost import schema
from reportgen.sections.cost.schema import (
    CostOptions,
    CostResult,
    LayerRow,
    Measured,
    MeasuredBatch,
    MeasuredModel,
    ModelCost,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Measurement, MetricSpec
    from reportgen.contract.records.cost import BatchTimes, Cost
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation


class CostAnalyzer(BaseAnalyzer[CostOptions, CostResult]):
    """Needs the models, no data."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.COST})

    def timing(self) -> Timing | None:
        """Return the times to measure, if the options ask for any."""
        if not self.options.measure:
            return None
        return Timing(
            batch_sizes=self.options.batch_sizes, warm_up=self.options.warm_up, repetitions=self.options.repetitions
        )

    def analyze(self, evaluation: Evaluation) -> CostResult:
        """List the cost of every model."""
        return CostResult(
            measurements=tuple(one for model in evaluation.models for one in _measurements(model)),
            models=tuple(_layers(model.name, model.cost) for model in evaluation.models if model.cost is not None),
            pair=evaluation.decision.pair,
            measured=_measured(evaluation, self.options),
            options=self.options,
        )


def _measurements(model: ModelEvaluation) -> Iterator[Measurement]:
    made_of, cost = model.architecture, model.cost
    if made_of is None or cost is None:
        reason = f"the model was not evaluated: {model.reason}" if model.reason else "the model was not described"
        yield from (spec.missing(model.name, "failed", reason) for spec in schema.METRICS[:-1])
    else:
        yield schema.PARAMETERS.measure(model.name, made_of.parameters)
        yield schema.TRAINABLE.measure(model.name, made_of.trainable_parameters)
        yield _counted(schema.MULTIPLY_ADDS, model.name, cost.multiply_adds, cost.uncounted)
        yield _counted(schema.ACTIVATIONS, model.name, cost.activation_bytes, cost.unsized)
        yield _counted(schema.WORKING, model.name, cost.working_bytes, cost.unsized)
    if model.size_bytes is None:
        yield schema.SIZE.missing(model.name, "not_applicable", "the model is not in a file")
    else:
        yield schema.SIZE.measure(model.name, model.size_bytes)


def _counted(spec: MetricSpec, model: str, value: int | None, reason: str | None) -> Measurement:
    if reason is not None:
        return spec.missing(model, "not_applicable", reason)
    return spec.measure(model, value)


def _layers(model: str, cost: Cost) -> ModelCost:
    rows = (
        LayerRow(name=one.name, layer_type=one.kind, calls=one.calls, multiply_adds=one.multiply_adds)
        for one in cost.layers
    )
    return ModelCost(model=model, layers=tuple(rows))


# ------------------------------------------------------------------------------------------------ measured times


def _measured(evaluation: Evaluation, options: CostOptions) -> Measured | None:
    """Return the measured times; None if none were asked for."""
    timed = [(model.name, model.times) for model in evaluation.models if model.times is not None]
    if not timed or not options.measure:
        return None
    here = timed[0][1].machine
    return Measured(
        processor=here.processor,
        cores=here.cores,
        system=here.system,
        device=here.device,
        versions=evaluation.versions,
        warm_up=options.warm_up,
        repetitions=options.repetitions,
        models=tuple(
            MeasuredModel(model=name, batches=tuple(_batch(batch) for batch in times.batches), reason=times.reason)
            for name, times in timed
        ),
    )


def _batch(batch: BatchTimes) -> MeasuredBatch:
    low, median, high = (float(value) for value in np.quantile(batch.seconds, (0.25, 0.5, 0.75)))
    return MeasuredBatch(
        batch_size=batch.batch_size,
        median=median,
        low=low,
        high=high,
        examples_per_second=batch.batch_size / median,
    )
