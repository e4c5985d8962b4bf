"""Options and result of the weights section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class WeightsOptions(Strict):
    """Options of the weights section."""

    layer_types: tuple[str, ...] = ()
    """Classes of the layers that are analysed, e.g. `["Dense", "Conv*"]`; `*` stands for anything. By default all."""
    include_biases: bool = False
    """Analyse biases and the scales and shifts of normalisation layers as well."""
    max_layers_heatmap: int = Field(default=12, ge=1)
    """Tensors in the health heatmap: those with the lowest scores; how many are left out is said."""
    max_spectra: int = Field(default=6, ge=1, le=12)
    """Tensors whose singular values are drawn for each model: the largest ones."""


class Component(Strict):
    """One of the component scores of a tensor."""

    name: str
    score: float | None
    """0 to 1; null where the component does not apply to this tensor, which then does not enter the minimum."""
    reason: str | None = None
    """Why there is no score."""


class Health(Strict):
    """The health score of a tensor: the minimum of its components."""

    score: float
    binding: str
    """The component that is the lowest; the first of equals."""
    components: tuple[Component, ...]
    low: float
    """The score with all limits twice as strict."""
    high: float
    """The score with all limits half as strict."""


class Distribution(Strict):
    """How the numbers of a tensor are distributed."""

    l1: float
    l2: float
    """Frobenius norm."""
    rms: float
    mean: float
    std: float
    skewness: float | None
    """Null for a constant tensor."""
    excess_kurtosis: float | None
    """Null for a constant tensor; 0 for a Gaussian."""
    minimum: float
    maximum: float
    quantiles: tuple[float, ...]
    """At 0.1, 1, 5, 25, 50, 75, 95, 99 and 99.9 %."""
    zero_fraction: float
    near_zero_fraction: float | None
    """Null where all are zero."""
    peak: float | None
    """Largest absolute value over the rms; null where all are zero."""


class MatrixNumbers(Strict):
    """What is known of a tensor as a linear map."""

    rows: int
    columns: int
    """Of one block."""
    blocks: int
    """Blocks of a block-diagonal matrix: the groups of a grouped convolution."""
    spectral_norm: float
    """Largest singular value of the matrix."""
    stable_rank: float | None
    participation_ratio: float | None
    relative_participation: float | None
    """Over that of a random matrix of the same shape."""
    effective_rank: float | None
    """Roy & Vetterli; null for zeros, and where the smaller side is above 2,048 and only the largest value is computed."""
    random_edge: float
    """The singular value that the largest one of a random matrix with the same second moments stays below in 99 %."""
    spikes: int | None
    """Singular values above it; null where the whole spectrum was not computed."""
    spike_energy: float | None
    """Share of the sum of squares in them."""
    dead_rows: int
    dead_columns: int
    singular_values: tuple[float, ...]
    """At most 64, evenly picked by rank, the largest first."""
    singular_ranks: tuple[int, ...]
    """Their ranks, from 1."""
    head_norms: tuple[float, ...]
    """Spectral norm of each attention head; empty elsewhere."""

    @property
    def dead_share(self) -> float:
        """Share of the rows, or of the columns, that are dead: the larger, for the long side hides the short one."""
        return max(self.dead_rows / self.rows, self.dead_columns / self.columns) / self.blocks


class TensorWeights(Strict):
    """Everything about one tensor."""

    model: str
    name: str
    layer: str
    layer_type: str
    kind: str
    shape: tuple[int, ...]
    size: int
    """How many numbers."""
    trainable: bool
    initializer: str | None
    initial_rms: float | None
    """Root mean square that the layer's initialiser gives; null where it is unknown."""
    rms_ratio: float | None
    """rms over initial rms; null where the latter is unknown or 0."""
    non_finite: int
    """NaN and infinities; everything below is null when there are any."""
    distribution: Distribution | None
    matrix: MatrixNumbers | None
    """Null for tensors that are no linear map."""
    operator_bounds: tuple[float, float] | None
    """Of a convolution as a map of images: lower and upper bound of its spectral norm."""
    channel_norms: tuple[float, float, float] | None
    """Of a depthwise convolution: smallest, median and largest norm of its filters."""
    relative_scale: float | None
    """Factor, up or down, between rms and initial rms; null where that is unknown or says nothing, as of statistics of a
    normalisation."""
    same_as: str | None
    """An earlier tensor of the model with the same bits and shape."""
    health: Health
    """Screening for pathologies."""


class WorstTensor(Strict):
    """One of the tensors with the lowest health."""

    name: str
    score: float
    binding: str


class ModelWeights(Strict):
    """A model as a whole."""

    model: str
    n_tensors: int
    """Tensors analysed."""
    left_out: int
    """Tensors that the options leave out."""
    unmatched: tuple[str, ...]
    """Patterns of the option `layer_types` that match no layer with weights."""
    worst: tuple[WorstTensor, ...]
    """The three with the lowest health score."""


class Limits(Strict):
    """The conventions of the health score."""

    dead_share: float
    near_zero_excess: float
    rank_share: float
    top_energy: float
    peak_ratio: float
    scale_factor: float


class WeightsResult(SectionResult):
    """Result of the weights section."""

    models: tuple[ModelWeights, ...]
    tensors: tuple[TensorWeights, ...]
    limits: Limits
    options: WeightsOptions

    def of(self, model: str) -> tuple[TensorWeights, ...]:
        """Return the tensors of a model, in network order."""
        return tuple(one for one in self.tensors if one.model == model)


HEALTH = MetricSpec(
    "health_score",
    "Health score",
    "",
    True,
    "Screening of the weights for pathologies, 0 to 1: the 5 % quantile of the tensors' scores, weighted by their size. "
    "A tensor's score is the lowest of its components (finite, live_units, non_sparse, rank_use, spike, outlier, scale). "
    "It says nothing about accuracy.",
    "convention; components after Dohare et al. (2024) and Martin & Mahoney (2021)",
)
NORM = MetricSpec(
    "total_l2_norm", "L2 norm", "", None, "Root of the sum of squares of all analysed weights.", "definition"
)
NOT_FINITE = MetricSpec(
    "non_finite", "NaN or infinite", "count", False, "Weights that are NaN or infinite.", "definition"
)
SPARSITY = MetricSpec(
    "sparsity", "Exact zeros", "fraction", None, "Share of the analysed weights that are exactly zero.", "definition"
)
NEAR = MetricSpec(
    "near_zero_fraction",
    "Near zero",
    "fraction",
    None,
    "Share of weights below 1 % of their tensor's root mean square, weighted by size; 0.80 % for Gaussian weights. "
    "Relative to the tensor, so that a tensor of small numbers is not called sparse.",
    "convention",
)
DEAD = MetricSpec(
    "dead_fraction",
    "Dead rows or columns",
    "fraction",
    False,
    "Share of the rows, or of the columns where it is larger, of all weight matrices whose norm is below 0.1 % of the median "
    "norm: inputs that are not read, or units that put out their bias alone.",
    "convention; Dohare et al. (2024)",
)
ANALYSED = MetricSpec(
    "analysed_parameters",
    "Weights analysed",
    "count",
    None,
    "How many numbers the analysed tensors hold.",
    "definition",
)
SCALE = MetricSpec(
    "max_relative_scale",
    "Farthest from initial rms",
    "",
    None,
    "Largest factor, up or down, between the root mean square of a tensor and the one that its layer's initialiser gives; "
    "1 where all are equal. Tensors of zeros and of unknown initialisers, and normalisation, are left out.",
    "convention",
)
TENSOR_HEALTH = MetricSpec(
    "tensor_health",
    "Health",
    "",
    True,
    "Health score of one tensor: the lowest of its components.",
    "convention",
    "layer",
)
L1 = MetricSpec("l1_norm", "L1 norm", "", None, "Sum of the absolute weights of a tensor.", "definition", "layer")
L2 = MetricSpec("l2_norm", "L2 norm", "", None, "Frobenius norm of a tensor.", "definition", "layer")
SPECTRAL = MetricSpec(
    "spectral_norm",
    "Spectral norm",
    "",
    None,
    "Largest singular value of a tensor as a matrix (inputs × outputs; for a convolution kernel size and input channels × "
    "output channels). Of a convolution as a map of images it is only a lower bound; the bracket stands in the result.",
    "Singla & Feizi (2021) for the bracket",
    "layer",
)
TENSOR_SPARSITY = MetricSpec(
    "tensor_sparsity",
    "Exact zeros",
    "fraction",
    None,
    "Share of a tensor's weights that are exactly zero.",
    "definition",
    "layer",
)
TENSOR_NEAR = MetricSpec(
    "tensor_near_zero_fraction",
    "Near zero",
    "fraction",
    None,
    "Share of a tensor's weights below 1 % of its root mean square; 0.80 % for Gaussian weights.",
    "convention",
    "layer",
)

PER_MODEL = (HEALTH, ANALYSED, NORM, NOT_FINITE, SPARSITY, NEAR, DEAD, SCALE)
OF_VALUES = (L1, L2, SPECTRAL, TENSOR_SPARSITY, TENSOR_NEAR)
"""What is measured of the values of a tensor."""
PER_TENSOR = (TENSOR_HEALTH, *OF_VALUES)
