"""Options and result of the cost section, and the metrics that it declares."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class CostOptions(Strict):
    """Options of the cost section."""

    measure: bool = False
    """Measure the time of predictions on the machine that builds the report. Such a report is not reproducible byte for byte."""
    batch_sizes: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(1, 32), min_length=1)
    """Numbers of examples per prediction to measure."""
    warm_up: int = Field(default=5, ge=1)
    """Number of predictions before the first one that counts, for each batch size."""
    repetitions: int = Field(default=30, ge=4)
    """Number of predictions that count, for each batch size."""
    max_layers: int = Field(default=10, ge=1)
    """Maximum number of rows in a table of layers: those with the most multiply-adds; the report says how many are left out."""

    @field_validator("batch_sizes")
    @classmethod
    def _once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            message = "each batch size must appear once"
            raise ValueError(message)
        return value


class LayerRow(Strict):
    """A layer that multiplies and adds."""

    name: str
    layer_type: str
    calls: int
    """Number of calls for one example; above 1 for a shared layer."""
    multiply_adds: int
    """Of all calls for one example."""


class ModelCost(Strict):
    """The layers of a model that multiply and add, as far as they can be counted."""

    model: str
    layers: tuple[LayerRow, ...]
    """In the order of their first call."""


class MeasuredBatch(Strict):
    """The time of a prediction for one batch size."""

    batch_size: int
    median: float
    """In seconds."""
    low: float
    """First quartile of the repetitions, in seconds."""
    high: float
    """Third quartile, in seconds."""
    examples_per_second: float
    """Batch size over the median."""


class MeasuredModel(Strict):
    """The measured times of a model."""

    model: str
    batches: tuple[MeasuredBatch, ...]
    reason: str | None
    """Why nothing was measured; null if it was."""


class Measured(Strict):
    """Measured times, and where they were measured: they are about this machine, and differ in every run."""

    processor: str
    cores: int
    """Number of logical cores that the process could use."""
    system: str
    device: str
    """`CPU`, or the names of the accelerators."""
    versions: dict[str, str]
    warm_up: int
    repetitions: int
    models: tuple[MeasuredModel, ...]


class CostResult(SectionResult):
    """Result of the cost section."""

    outside_digest: ClassVar[frozenset[str]] = frozenset({"measured"})

    models: tuple[ModelCost, ...]
    pair: tuple[str, str] | None
    """The candidate and the baseline; null without one of them."""
    measured: Measured | None
    """Null unless the spec sets `measure = true`. It is the only part of the results that contains durations."""
    options: CostOptions


PARAMETERS = MetricSpec(
    "parameters",
    "Parameters",
    "count",
    False,
    "Number of parameters, trainable or not, with shared weights counted once.",
    "Keras, Model.count_params",
    exact=True,
)
TRAINABLE = MetricSpec(
    "trainable_parameters",
    "Trainable",
    "count",
    None,
    "Number of trainable parameters.",
    "Keras, Model.trainable_weights",
    exact=True,
)
MULTIPLY_ADDS = MetricSpec(
    "multiply_adds",
    "Multiply-adds",
    "count",
    False,
    "Multiplications with an addition for one example, in dense, convolutional, recurrent and attention layers and matrix products; "
    "half the FLOPs. Biases, activations, normalization, pooling and lookups are not counted.",
    "Sandler et al. (2018), He et al. (2016)",
    exact=True,
)
ACTIVATIONS = MetricSpec(
    "activation_bytes",
    "Layer outputs",
    "bytes",
    False,
    "Memory of the outputs of all layers for one example, as training keeps them; a prediction frees what it no longer needs.",
    "activations in Radosavovic et al. (2020)",
    exact=True,
)
WORKING = MetricSpec(
    "working_bytes",
    "Largest layer",
    "bytes",
    False,
    "Inputs and outputs of the layer with the largest sum, for one example: the least that a prediction needs, layer by layer.",
    "peak memory in Lin et al. (2020)",
    exact=True,
)
SIZE = MetricSpec("size_bytes", "File size", "bytes", False, "Size of the model file.", "file system", exact=True)

METRICS = (PARAMETERS, TRAINABLE, MULTIPLY_ADDS, ACTIVATIONS, WORKING, SIZE)
