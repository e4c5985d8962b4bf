"""Options and result of the weights section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class WeightsOptions(Strict):
    """Options of the weights section."""

    layer_types: tuple[str, ...] = ()
    """Types of the layers to analyze, e.g. `["Dense", "Conv*"]`; `*` matches anything. Default: all."""
    include_biases: bool = False
    """Also analyze biases, and scales and shifts of normalization layers."""
    max_layers_heatmap: int = Field(default=12, ge=1)
    """Maximum number of tensors in the health heatmap: those with the lowest scores; the report says how many are left out."""
    max_spectra: int = Field(default=6, ge=1, le=12)
    """Maximum number of tensors per model whose singular values are drawn: the largest."""


class Component(Strict):
    """One of the component scores of a tensor."""

    name: str
    score: float | None
    """0 to 1; null where the component does not apply, and is not part of the minimum."""
    reason: str | None = None
    """Why there is no score."""


class Health(Strict):
    """The health score of a tensor: the minimum of its components."""

    score: float
    binding: str
    """The lowest component; the first of equals."""
    components: tuple[Component, ...]
    low: float
    """The score with all limits twice as strict."""
    high: float
    """The score with all limits half as strict."""


class Distribution(Strict):
    """Distribution of the weights of a tensor."""

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
    """At 0.1 %, 1 %, 5 %, 25 %, 50 %, 75 %, 95 %, 99 % and 99.9 %."""
    zero_fraction: float
    near_zero_fraction: float | None
    """Null where all weights are zero."""
    peak: float | None
    """Largest absolute weight over the RMS; null where all weights are zero."""


class MatrixNumbers(Strict):
    """Properties of a tensor as a linear map."""

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
    """Relative to a random matrix of the same shape."""
    effective_rank: float | None
    """Roy & Vetterli (2007); null for zeros, and above 2,048 on the smaller side, where only the largest value is computed."""
    random_edge: float
    """99 % quantile of the largest singular value of a random matrix with the same shape and second moments."""
    spikes: int | None
    """Number of singular values above the random edge; null where the full spectrum was not computed."""
    spike_energy: float | None
    """Share of the sum of squares in the spikes."""
    dead_rows: int
    dead_columns: int
    singular_values: tuple[float, ...]
    """At most 64, evenly spaced by rank, largest first."""
    singular_ranks: tuple[int, ...]
    """Their ranks, from 1."""
    head_norms: tuple[float, ...]
    """Spectral norm of each attention head; empty for other tensors."""

    @property
    def dead_share(self) -> float:
        """Share of dead rows or of dead columns, whichever is larger."""
        return max(self.dead_rows / self.rows, self.dead_columns / self.columns) / self.blocks


class TensorWeights(Strict):
    """Results for one tensor."""

    model: str
    name: str
    layer: str
    layer_type: str
    kind: str
    shape: tuple[int, ...]
    size: int
    """Number of weights."""
    trainable: bool
    initializer: str | None
    initial_rms: float | None
    """RMS expected from the initializer of the layer; null where unknown."""
    rms_ratio: float | None
    """RMS over initial RMS; null where the latter is unknown or 0."""
    non_finite: int
    """Number of NaN and infinite weights; if there are any, everything below is null."""
    distribution: Distribution | None
    matrix: MatrixNumbers | None
    """Null for tensors that are not linear maps."""
    operator_bounds: tuple[float, float] | None
    """Lower and upper bound of the spectral norm of a convolution as an operator on images."""
    channel_norms: tuple[float, float, float] | None
    """Smallest, median and largest filter norm of a depthwise convolution."""
    relative_scale: float | None
    """Factor, up or down, between RMS and initial RMS; null where unknown or meaningless, as for normalization statistics."""
    same_as: str | None
    """Name of an earlier tensor of the model that is bit-identical; null if none."""
    health: Health
    """Screening for pathologies."""


class WorstTensor(Strict):
    """One of the tensors with the lowest health."""

    name: str
    score: float
    binding: str


class TensorDigest(Strict):
    """What a weight tensor was, bit by bit: a later report can tell by it which tensors have changed."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    sha256: str
    """Of the values as stored, in row-major order."""


class ModelWeights(Strict):
    """Results for a model as a whole."""

    model: str
    n_tensors: int
    """Number of tensors analyzed."""
    left_out: int
    """Number of tensors left out by the options."""
    unmatched: tuple[str, ...]
    """Patterns of the option `layer_types` that match no layer with weights."""
    worst: tuple[WorstTensor, ...]
    """The three with the lowest health score."""
    reason: str | None = None
    """Why it has no tensors; null if it has, or if the options leave all out."""
    digests: tuple[TensorDigest, ...] = ()
    """Of all tensors, also of those that the options leave out, in network order; each gate of a recurrent kernel is one."""


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

    def failing(self, model: str) -> tuple[TensorWeights, ...]:
        """Return the tensors of a model that do not pass the screening, in network order."""
        return tuple(one for one in self.of(model) if one.health.score < PASS)


PASS = 0.8
"""Health score from which a tensor passes: at 10 % dead rows or columns, or 20 % excess near-zero weights, the score is 0.8.
Convention; the thresholds of the rules for both."""

HEALTH = MetricSpec(
    "health_score",
    "Health score",
    "",
    True,
    "Screening of the weights for pathologies, 0 to 1: the 5 % quantile of the tensor scores, weighted by size. The score of "
    "a tensor is the lowest of its components (finite, live_units, non_sparse, rank_use, spike, outlier, scale). It does not "
    "measure accuracy.",
    "convention; components after Dohare et al. (2024) and Martin & Mahoney (2021)",
)
NORM = MetricSpec("total_l2_norm", "L2 norm", "", None, "L2 norm of all analyzed weights together.", "definition")
NOT_FINITE = MetricSpec(
    "non_finite",
    "NaN or infinite",
    "count",
    False,
    "Number of weights that are NaN or infinite.",
    "definition",
    exact=True,
)
SPARSITY = MetricSpec(
    "sparsity", "Exact zeros", "fraction", None, "Share of the analyzed weights that are exactly zero.", "definition"
)
NEAR = MetricSpec(
    "near_zero_fraction",
    "Near zero",
    "fraction",
    None,
    "Share of weights below 1 % of the RMS of their tensor; 0.80 % for Gaussian weights. Relative to the tensor, so that small "
    "weights as such do not count as sparse.",
    "convention",
)
DEAD = MetricSpec(
    "dead_fraction",
    "Dead rows or columns",
    "fraction",
    False,
    "Share of rows or of columns of all weight matrices, whichever is larger, with a norm below 0.1 % of the median norm: "
    "inputs that are ignored, or units that output only their bias.",
    "convention; Dohare et al. (2024)",
)
ANALYZED = MetricSpec(
    "analysed_parameters",
    "Weights analyzed",
    "count",
    None,
    "Number of weights in the analyzed tensors.",
    "definition",
)
SCALE = MetricSpec(
    "max_relative_scale",
    "Largest deviation from initial RMS",
    "",
    None,
    "Largest factor, up or down, between the RMS of a tensor and that expected from its initializer; 1 where all are equal. "
    "All-zero tensors, unknown initializers and normalization are left out.",
    "convention",
)
FAILING = MetricSpec(
    "failing_tensors",
    "Failing tensors",
    "count",
    False,
    "Number of weight tensors with a health score below 0.8, which is the score of a tensor with 10 % dead rows or columns, or "
    "with 20 % more near-zero weights than a Gaussian one.",
    "convention",
    exact=True,
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
    "Largest singular value of a tensor as a matrix (inputs × outputs; for a convolution, kernel size and input channels × "
    "output channels). For a convolution as an operator on images see the bounds in the table of convolutions.",
    "Singla & Feizi (2021) for the bounds",
    "layer",
)
TENSOR_SPARSITY = MetricSpec(
    "tensor_sparsity",
    "Exact zeros",
    "fraction",
    None,
    "Share of the weights of a tensor that are exactly zero.",
    "definition",
    "layer",
)
TENSOR_NEAR = MetricSpec(
    "tensor_near_zero_fraction",
    "Near zero",
    "fraction",
    None,
    "Share of the weights of a tensor below 1 % of its RMS; 0.80 % for Gaussian weights.",
    "convention",
    "layer",
)

PER_MODEL = (HEALTH, FAILING, ANALYZED, NORM, NOT_FINITE, SPARSITY, NEAR, DEAD, SCALE)
OF_VALUES = (L1, L2, SPECTRAL, TENSOR_SPARSITY, TENSOR_NEAR)
"""Metrics of the values of a tensor."""
PER_TENSOR = (TENSOR_HEALTH, *OF_VALUES)
