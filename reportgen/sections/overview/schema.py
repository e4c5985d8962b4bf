"""Options and result of the overview section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class OverviewOptions(Strict):
    """Options of the overview section."""

    max_layers: int = Field(default=20, ge=1)
    """Rows of a layer table; of more layers those with the most parameters are shown, and how many are left out is said."""
    max_classes: int = Field(default=30, ge=2)
    """Classes in the figure of the class balance; of more classes the most and the least frequent are shown."""


class LayerRow(Strict):
    """A layer of the model's own list; what is inside it is counted with it."""

    name: str
    layer_type: str
    output_shape: tuple[int | None, ...] | None
    """Without the batch axis; null for an open size, or as a whole where the layer does not say."""
    parameters: int
    trainable_parameters: int
    n_inner: int
    """Layers inside."""
    shared_with: str | None
    """Where the same layer stands elsewhere under another name: that name; its parameters are counted there."""


class TensorRow(Strict):
    """An input or output, or an input array of the data."""

    name: str
    shape: tuple[int | None, ...] | None
    """Without the batch axis; null for an open size."""
    dtype: str


class ModelOverview(Strict):
    """What a model is made of."""

    model: str
    kind: str
    """``Functional``, ``Sequential`` or ``subclassed``."""
    file: str
    sha256: str | None
    layers: tuple[LayerRow, ...]
    """In the model's own order; nested models are one row."""
    n_layers: int
    """Layers at every depth, shared ones once."""
    dtype_policy: str
    inputs: tuple[TensorRow, ...]
    """Empty for a subclassed model, which does not say."""
    outputs: tuple[TensorRow, ...]
    loss: str | None
    """As compiled; null where the file says nothing."""
    optimizer: str | None
    compiled_metrics: tuple[str, ...] | None


class ClassBalance(Strict):
    """How often each label occurs in the evaluated rows."""

    head: str | None
    """The output that the labels are for, where there are several."""
    classes: tuple[str, ...]
    counts: tuple[int, ...]


class DataOverview(Strict):
    """The data set."""

    split: str
    n: int
    """Rows evaluated."""
    n_total: int
    """Rows in the data set."""
    sampling: str
    """How the evaluated rows were chosen."""
    files: tuple[tuple[str, str], ...]
    """File and SHA-256."""
    inputs: tuple[TensorRow, ...]
    balance: tuple[ClassBalance, ...]
    duplicates: int
    """Evaluated rows whose inputs equal those of an earlier row bit for bit."""
    conflicting: int | None
    """Of these, rows whose label differs from that of the row that they equal; null without labels."""


class OverviewResult(SectionResult):
    """Result of the overview section."""

    models: tuple[ModelOverview, ...]
    data: DataOverview | None
    """Null where the spec names no data."""
    options: OverviewOptions


PARAMETERS = MetricSpec(
    "parameters",
    "Parameters",
    "count",
    None,
    "Numbers in all weights of the model, trained or not, each variable once however often its layer is used.",
    "Keras, Model.count_params",
)
TRAINABLE = MetricSpec(
    "trainable_parameters",
    "Trainable",
    "count",
    None,
    "Numbers in the weights that training changes.",
    "Keras, Model.trainable_weights",
)
SIZE = MetricSpec("size_bytes", "File size", "bytes", False, "Size of the model's file.", "file system")
MEMORY = MetricSpec(
    "memory_bytes",
    "In memory",
    "bytes",
    False,
    "Bytes of all weights in the dtype in which they are held; activations and optimizer state are not in it.",
    "parameters times bytes per number",
)
LAYERS = MetricSpec("layers", "Layers", "count", None, "Layers at every depth, a shared layer once.", "count")

METRICS = (PARAMETERS, TRAINABLE, SIZE, MEMORY, LAYERS)
