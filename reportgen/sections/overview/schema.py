"""Options and result of the overview section, and the metrics that it declares."""

from __future__ import annotations

import math

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.forms import Form
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class OverviewOptions(Strict):
    """Options of the overview section."""

    max_layers: int = Field(default=20, ge=1)
    """Maximum number of rows in a layer table: the layers with the most parameters; the report says how many are left out."""
    max_classes: int = Field(default=30, ge=2)
    """Maximum number of classes in the figure of uneven classes: the most and the least frequent; the report says how many are left out."""


class LayerRow(Strict):
    """A layer of the model, with everything nested in it."""

    name: str
    layer_type: str
    output_shape: tuple[int | None, ...] | None
    """Without the batch axis; a null size is variable, and null as a whole means unknown."""
    parameters: int
    trainable_parameters: int
    n_inner: int
    """Number of nested layers."""
    shared_with: str | None
    """Name under which the same layer also appears, and where its parameters are counted; null if it is not shared."""


class TensorRow(Strict):
    """An input or output, or an input array of the data."""

    name: str
    shape: tuple[int | None, ...] | None
    """Without the batch axis; null for a variable size."""
    dtype: str


class ModelOverview(Strict):
    """Architecture and compilation of a model."""

    model: str
    kind: str
    """``Functional``, ``Sequential``, ``subclassed`` or ``SavedModel``."""
    form: Form = "keras"
    """What it was loaded from."""
    file: str
    sha256: str | None
    layers: tuple[LayerRow, ...]
    """In model order; a nested model is one row."""
    nested: tuple[LayerRow, ...] = ()
    """The layers inside them at every depth, in model order, by their qualified names: with `layers`, all layers."""
    n_layers: int
    """Layers at every depth, with shared layers counted once."""
    dtype_policy: str
    inputs: tuple[TensorRow, ...]
    """Empty for a subclassed model, whose inputs are unknown."""
    outputs: tuple[TensorRow, ...]
    loss: str | None
    """As compiled; null where the file has no compiled loss."""
    optimizer: str | None
    compiled_metrics: tuple[str, ...] | None


class ClassBalance(Strict):
    """Number of evaluated rows of each class."""

    head: str | None
    """The output that the labels belong to, where there are several."""
    classes: tuple[str, ...]
    counts: tuple[int, ...]


class GroupSizes(Strict):
    """How many groups the rows are in, and how many rows are in a group."""

    groups: int
    smallest: int
    median: float
    largest: int


class PairPicture(Strict):
    """A thumbnail of an input."""

    input: str
    png: str
    """8-bit PNG file, gray or RGB, as base64; no side is longer than 64 pixels."""
    width: int
    height: int


class NearPairRow(Strict):
    """An evaluated row and a row of the training data that are nearly equal."""

    row: int
    """Position of the first in its data set, from 0."""
    training_row: int
    """Position of the second in the training data, from 0."""
    correlation: float | None
    """The lowest one of their pictures; null without pictures."""
    difference: float | None
    """The largest one of their other values, in standard deviations of the column; null if there are none."""
    pictures: tuple[PairPicture, ...] = ()
    training_pictures: tuple[PairPicture, ...] = ()

    @property
    def likeness(self) -> str:
        """How alike they are, in words."""
        parts = []
        if self.correlation is not None:
            parts.append(f"correlation {math.floor(1e4 * self.correlation) / 1e4:.4f}")
        if self.difference is not None:
            parts.append(f"largest difference {self.difference:.2g} SD")
        return ", ".join(parts)


class NearOverview(Strict):
    """Near duplicates: evaluated rows that are nearly equal to a row of the training data, and to none bit by bit."""

    rows: int | None
    """Number of such rows; null where they were not looked for."""
    compared: str
    """The method and its limits; empty where they were not looked for."""
    own: int | None
    """Evaluated rows that are nearly equal to another evaluated row, and not equal; null where they were not looked for."""
    pairs: tuple[NearPairRow, ...] = ()
    """Some of them, those that are least alike first."""
    reason: str | None = None
    """Why they were not looked for; null if they were."""


class TrainingOverview(Strict):
    """The training data, and how many of the evaluated rows are in it."""

    files: tuple[tuple[str, str], ...]
    """File and SHA-256."""
    n: int
    """Number of its rows."""
    leaked: int
    """Evaluated rows whose inputs are also those of a row of the training data."""
    compared: str
    """How rows were compared."""
    near: NearOverview | None = None
    """Near duplicates; null in files of earlier versions."""


class DataOverview(Strict):
    """The data set."""

    split: str
    n: int
    """Number of rows evaluated."""
    n_total: int
    """Number of rows in the data set."""
    sampling: str
    """How the evaluated rows were selected."""
    files: tuple[tuple[str, str], ...]
    """File and SHA-256."""
    inputs: tuple[TensorRow, ...]
    balance: tuple[ClassBalance, ...]
    duplicates: int
    """Evaluated rows whose inputs are bit-identical to those of an earlier row."""
    conflicting: int | None
    """Duplicates whose label differs from that of the earlier row; null without labels."""
    grouped_by: str | None = None
    """What the rows are grouped by; null if they are taken as independent."""
    group_sizes: GroupSizes | None = None
    """Null without groups."""
    effective_n: float | None = None
    """Number of rows of equal weight that say as much, (sum of w)² / sum of w²; null if all rows weigh the same."""
    training: TrainingOverview | None = None
    """Null where the spec does not name the training data."""


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
SIZE = MetricSpec("size_bytes", "File size", "bytes", False, "Size of the model file.", "file system", exact=True)
MEMORY = MetricSpec(
    "memory_bytes",
    "Weight memory",
    "bytes",
    False,
    "Size of all weights in memory in their dtype, without activations and optimizer state.",
    "parameters times bytes per parameter",
    exact=True,
)
LAYERS = MetricSpec(
    "layers",
    "Layers",
    "count",
    None,
    "Number of layers at every depth, with shared layers counted once.",
    "count",
    exact=True,
)
LEAKED = MetricSpec(
    "leaked_rows",
    "Rows in the training data",
    "fraction",
    False,
    "Share of the evaluated rows whose inputs are also those of a row of the training data, the same for every model. The interval is for other "
    "rows from the same source.",
    "Wilson (1927) for the interval",
)

NEAR = MetricSpec(
    "near_duplicate_rows",
    "Near duplicates in the training data",
    "fraction",
    False,
    "Share of the evaluated rows whose inputs are nearly, and not bit by bit, those of a row of the training data, the same for every model: "
    "pictures by perceptual hash and correlation, columns by their largest difference. The interval is for other rows from the same source.",
    "Zauner (2010) for the hash; Wilson (1927) for the interval",
)

OF_MODELS = (PARAMETERS, TRAINABLE, SIZE, MEMORY, LAYERS)
METRICS = (*OF_MODELS, LEAKED, NEAR)
