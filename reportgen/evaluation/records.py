"""What one pass over the data leaves: frozen dataclasses of numpy arrays. No keras here or after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from reportgen.section import Status

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

Task = Literal["multiclass", "binary", "multilabel", "regression", "unknown"]
OutputKind = Literal["probabilities", "logits", "values"]

HISTOGRAM_CELLS = 2048


@dataclass(frozen=True)
class Decision:
    """What an ordered list of rules decided, and which rule it was."""

    value: str
    rule: str


@dataclass(frozen=True)
class ScorePoints:
    """Scores of one class against the rest; each point stands for ``positives + negatives`` examples.

    Attributes
    ----------
    scores
        (M,) float64 in [0, 1].
    positives, negatives
        (M,) float64 counts of examples of the class and of the rest.
    exact
        False where the points are cells of a histogram.
    """

    scores: FloatArray
    positives: FloatArray
    negatives: FloatArray
    exact: bool


@dataclass(frozen=True)
class ClassHistogram:
    """Per class, how the probabilities of its own examples and of the others fall into cells of [0, 1].

    Kept instead of the logits when those would be too many.

    Attributes
    ----------
    positives, negatives
        (n_classes, HISTOGRAM_CELLS) counts.
    sums
        (n_classes, HISTOGRAM_CELLS) sum of the probabilities in the cell.
    """

    positives: FloatArray
    negatives: FloatArray
    sums: FloatArray


@dataclass(frozen=True)
class ClassificationOutputs:
    """Predictions of a multiclass or binary head, one entry per example that was evaluated.

    A binary head is held with two classes; a sigmoid's logit z stands as the two logits (0, z).

    Attributes
    ----------
    labels
        (N,) int32, the true class; of soft labels the most probable one.
    soft_labels
        (N, n_classes) float64, rows sum to 1; None for hard labels.
    predictions
        (N,) int32, the class with the highest probability; the first of several.
    confidence
        (N,) float64, the highest probability.
    nll, brier, entropy
        (N,) float64: negative log-likelihood in nats; Brier score summed over the classes; predictive entropy in nats.
    rank
        (N,) int32, place of the true class when classes are sorted by probability; 0 is the top.
    logits
        (N, n_classes) float32 or float64; None above the size that is kept.
    log_normalizer
        (N,) float64, logsumexp of the logits.
    logit_sample, logit_sample_rows
        A seeded sample of the logits and its positions, for fits that need them; all rows when the logits are kept.
    histogram
        In place of the logits, above the size that is kept.
    clipped_fraction
        Share of rows whose true class had a probability of exactly zero and was clipped, where logits could not be
        had; None where they could.
    """

    labels: NDArray[np.int32]
    soft_labels: FloatArray | None
    predictions: NDArray[np.int32]
    confidence: FloatArray
    nll: FloatArray
    brier: FloatArray
    entropy: FloatArray
    rank: NDArray[np.int32]
    logits: NDArray[np.float32] | FloatArray | None
    log_normalizer: FloatArray
    logit_sample: NDArray[np.float32] | FloatArray
    logit_sample_rows: IntArray
    histogram: ClassHistogram | None
    clipped_fraction: float | None
    n_classes: int

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(N,) bool, where the prediction is the label."""
        return self.predictions == self.labels

    def probability(self, index: int) -> FloatArray:
        """Return the (N,) float64 probabilities of one class; only while the logits are kept."""
        if self.logits is None:
            message = "the logits were not kept"
            raise ValueError(message)
        probability: FloatArray = np.exp(self.logits[:, index].astype(np.float64) - self.log_normalizer)
        return probability

    def one_vs_rest(self, index: int) -> ScorePoints:
        """Return the scores of one class against the rest, exact or from the histogram."""
        if self.histogram is None:
            positives = (self.labels == index).astype(np.float64)
            return ScorePoints(self.probability(index), positives, 1.0 - positives, exact=True)
        positives, negatives = self.histogram.positives[index], self.histogram.negatives[index]
        filled = (positives + negatives) > 0
        mean = self.histogram.sums[index][filled] / (positives + negatives)[filled]
        return ScorePoints(mean, positives[filled], negatives[filled], exact=False)


@dataclass(frozen=True)
class HeadEvaluation:
    """One output of a model: what it is, how that was decided, and its predictions.

    ``classification`` is None for a task that is not measured; ``status`` and ``reason`` then say why.
    """

    name: str
    task: Decision
    outputs: Decision
    labels: Decision
    class_names: tuple[str, ...]
    n: int
    classification: ClassificationOutputs | None
    status: Status = "ok"
    reason: str | None = None


@dataclass(frozen=True)
class History:
    """A training history: one curve per key, epochs in order; missing values are NaN in memory only.

    Attributes
    ----------
    curves
        (n_values,) float64, or (n_values, n_components) of a metric that is a vector. Curves may differ in length.
    epochs
        The epoch numbers that stand in the file, as Keras counts them (the first is 0); None where there are none.
    """

    file: str
    sha256: str
    curves: dict[str, FloatArray]
    epochs: tuple[int, ...] | None = None


@dataclass(frozen=True)
class LayerSummary:
    """A layer of the architecture, as a table lists it.

    Attributes
    ----------
    name
        Qualified by the models and wrappers around it: ``backbone/stem``.
    kind
        Name of its class.
    level
        How many models and wrappers are around it.
    output_shape
        Without the batch axis, None for an open size; None where the layer does not say or has several outputs.
    parameters, trainable_parameters
        Numbers in its variables and those of the layers inside, each variable once.
    n_inner
        How many layers are inside.
    shared_with
        Where the same layer stands under another name, that name; its parameters are counted there.
    """

    name: str
    kind: str
    level: int
    output_shape: tuple[int | None, ...] | None
    parameters: int
    trainable_parameters: int
    n_inner: int
    shared_with: str | None = None


@dataclass(frozen=True)
class TensorSummary:
    """An input or output of a model: its name, its shape without the batch axis, its dtype."""

    name: str
    shape: tuple[int | None, ...] | None
    dtype: str


@dataclass(frozen=True)
class Architecture:
    """What a model is made of.

    Attributes
    ----------
    kind
        ``Functional``, ``Sequential`` or ``subclassed``.
    layers
        Every layer, those inside a model or wrapper after it, one level deeper.
    parameters, trainable_parameters, memory_bytes
        Of all variables, each once.
    dtype_policy
        As Keras names it, e.g. ``mixed_float16``; several are joined by commas.
    loss, optimizer, metrics
        As compiled and saved in the file; None where it was not compiled.
    """

    kind: str
    layers: tuple[LayerSummary, ...]
    parameters: int
    trainable_parameters: int
    memory_bytes: int
    dtype_policy: str
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    loss: str | None
    optimizer: str | None
    metrics: tuple[str, ...] | None


WeightKind = Literal[
    "dense", "einsum", "embedding", "recurrent", "convolution", "transposed_convolution", "depthwise_convolution",
    "bias", "normalization", "other",
]  # fmt: skip


@dataclass(frozen=True)
class WeightTensor:
    """A weight of a model, once however often its layer is used; the gates of a recurrent kernel stand one by one.

    Attributes
    ----------
    name
        Qualified: ``backbone/stem/kernel``, ``lstm/recurrent_kernel[forget]``.
    layer, layer_type
        Qualified name and class of the layer that owns it.
    kind
        What it is in the field's terms.
    values
        As stored, in the variable's shape (one gate: its columns).
    inputs, outputs
        Axes of ``values`` that are summed over and those that are kept: moving them together gives the matrix
        ``(prod inputs, prod outputs)``. Both empty where the weight is no linear map: a bias, a scale, and the
        filters of a depthwise convolution, whose channels stand on axes ``outputs`` alone.
    groups
        The matrix is block-diagonal with so many blocks; ``outputs`` are split evenly among them (grouped convolution).
    heads
        Axis of ``values`` that counts attention heads; None elsewhere.
    strided
        A convolution with a stride above 1.
    trainable
        Whether training changes it.
    initializer
        Class of the layer's own initialiser, e.g. ``GlorotUniform``; None where it has none or it is unknown.
    initial_rms
        Root mean square that the initialiser gives a tensor of this shape; None where unknown.
    """

    name: str
    layer: str
    layer_type: str
    kind: WeightKind
    values: NDArray[Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    groups: int
    heads: int | None
    strided: bool
    trainable: bool
    initializer: str | None
    initial_rms: float | None


@dataclass(frozen=True)
class AttentionStatistics:
    """How attention is spread, per head, over all queries of the probed examples that are not masked.

    Attributes
    ----------
    entropy
        (n_heads,) float64, mean entropy of the attention of a query, nats.
    relative_entropy
        (n_heads,) float64 in [0, 1], mean of the entropy over the logarithm of the number of keys that a query may
        attend to; queries with a single key are left out. NaN where none is left.
    n_queries
        Queries averaged per head.
    """

    entropy: FloatArray
    relative_entropy: FloatArray
    n_queries: int


@dataclass(frozen=True)
class LayerActivations:
    """What a layer puts out on the probed examples, reduced. C channels (units), N examples.

    Per-channel values are over all examples and all positions (pixels, tokens) that are not masked.

    Attributes
    ----------
    name
        Qualified name of the layer that begins the unit, with ``#2`` for its second call and ``[1]`` for its second output.
    layer_type
        Its class: ``Conv2D`` where a convolution is probed after its activation.
    layers
        The layers that make up the unit, in order: ``("stem/conv", "stem/bn", "stem/relu")``.
    activation
        Name of the unit's last activation function (``relu``, ``relu6``, ``gelu``, ``tanh``, …); None where it has none.
    shape
        Of the output, without the batch axis; None for an open size.
    n_values
        Values per channel.
    mean, squares, absolute
        (C,) float64: mean, sum of squared deviations from it, mean absolute value.
    minimum, maximum
        (C,) float64.
    positive, zero
        (C,) float64 counts of values above 0 and of exact zeros.
    saturated
        (C,) float64 counts of values at the flat end of the activation: abs(tanh) > 0.99, sigmoid < 0.01 or > 0.99,
        relu6 = 6; None for other activations.
    pooled
        (N, C) float32, mean over an example's positions.
    positions
        (N, P, C) float32, P seeded positions of each example, stratified over its positions: at most 4, fewer of wide
        layers, 1 without positions.
    attention
        Of an attention layer; None elsewhere.
    not_finite
        How many examples have NaN or infinite values; the other fields mean nothing unless it is 0.
    """

    name: str
    layer_type: str
    layers: tuple[str, ...]
    activation: str | None
    shape: tuple[int | None, ...]
    n_values: int
    mean: FloatArray
    squares: FloatArray
    absolute: FloatArray
    minimum: FloatArray
    maximum: FloatArray
    positive: FloatArray
    zero: FloatArray
    saturated: FloatArray | None
    pooled: NDArray[np.float32]
    positions: NDArray[np.float32]
    attention: AttentionStatistics | None
    not_finite: int


@dataclass(frozen=True)
class Activations:
    """What was probed in a model, in the order in which data flows.

    Attributes
    ----------
    places
        (N,) int64, sorted: which of the evaluated rows were probed, as positions in ``DataEvaluation.rows``.
    sampling
        How they were chosen, in words.
    layers
        The units.
    ends
        For each head, in order, the name of the unit that puts it out; None where it is none (a reshaped output).
    not_probed
        Layers that could not be looked at, with the reason.
    reason
        Why nothing was probed, where nothing was.
    """

    places: IntArray
    sampling: str
    layers: tuple[LayerActivations, ...]
    ends: tuple[str | None, ...] = ()
    not_probed: tuple[tuple[str, str], ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class ModelEvaluation:
    """A model: its file, its architecture, its heads, its history; weights and activations where a section needs them.

    ``size_bytes`` is None for a model that was given in memory; ``series`` is the run that it is a checkpoint of, where it is
    said to be one; ``reason`` tells why the data did not go through it, where they could not.
    """

    name: str
    file: str
    sha256: str
    size_bytes: int | None
    heads: tuple[HeadEvaluation, ...]
    history: History | None
    architecture: Architecture | None = None
    weights: tuple[WeightTensor, ...] | None = None
    activations: Activations | None = None
    series: str | None = None
    reason: str | None = None

    def subject(self, head: HeadEvaluation, part: str | None = None) -> str | None:
        """Return the subject of a head's number: ``head:NAME`` where there are several heads, then the part."""
        own = f"head:{head.name}" if len(self.heads) > 1 else None
        return "/".join(piece for piece in (own, part) if piece) or None


@dataclass(frozen=True)
class LabelCounts:
    """How often each value of an integer or text label occurs in the evaluated rows; ``head`` is None for one array."""

    head: str | None
    values: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class DataDescription:
    """What the evaluated rows look like.

    Attributes
    ----------
    inputs
        Name, shape of a row and dtype of every input array.
    labels
        Class balance of every label array that names classes.
    duplicates
        Rows whose inputs are equal, bit for bit, to those of an earlier row.
    conflicting
        Rows whose inputs are equal to those of an earlier row while a label differs; None without labels.
    """

    inputs: tuple[TensorSummary, ...]
    labels: tuple[LabelCounts, ...]
    duplicates: int
    conflicting: int | None


@dataclass(frozen=True)
class DataEvaluation:
    """The data set: its files and digests, its size, and which rows were evaluated.

    ``rows`` are the positions in the data set of the examples that were evaluated, (N,) int64.
    """

    files: tuple[tuple[str, str], ...]
    split: str
    n_total: int
    rows: IntArray
    seed: int
    sampling: str
    description: DataDescription

    @property
    def n(self) -> int:
        """How many rows were evaluated."""
        return len(self.rows)


@dataclass(frozen=True)
class Evaluation:
    """Everything that the analyzers are given."""

    models: tuple[ModelEvaluation, ...]
    data: DataEvaluation | None
    versions: dict[str, str]

    def classified(self) -> Iterator[tuple[ModelEvaluation, HeadEvaluation, ClassificationOutputs]]:
        """Yield every head that has class predictions."""
        for model in self.models:
            for head in model.heads:
                if head.classification is not None:
                    yield model, head, head.classification
