"""Options and result of the information_flow section, and the metrics that it declares."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class InformationFlowOptions(Strict):
    """Options of the information_flow section."""

    samples: int = Field(default=1000, ge=8)
    """Number of probed rows: a seeded, label-stratified sample of the evaluated rows. If another section requests more, both use more."""
    layers: Literal["units", "all"] = "units"
    """`units`: a layer together with the normalization and activation after it; `all`: every layer that transforms its input, by itself."""
    max_layers: int = Field(default=12, ge=1)
    """Maximum number of layers per model in the health figure: the least healthy; the report says how many are left out."""
    dormant_threshold: float = Field(default=0.025, ge=0, lt=1)
    """A unit is dormant if its mean absolute activation is at most this share of the mean of its layer: Sokar et al. (2023)."""


class AttentionFlow(Strict):
    """Attention entropy of a layer, per head."""

    entropy: tuple[float | None, ...]
    """In nats; null for a head without queries."""
    relative_entropy: tuple[float | None, ...]
    """Relative to the logarithm of the number of keys that a query may attend to: 0 is one key, 1 is uniform."""


class LayerFlow(Strict):
    """Results for one probed layer."""

    model: str
    name: str
    layer_type: str
    layers: tuple[str, ...]
    """The layers that form the unit."""
    activation: str | None
    shape: tuple[int | None, ...]
    """Output shape without the batch axis; null for a variable size."""
    channels: int
    n_values: int
    """Values per channel: examples times positions."""
    not_finite: int
    """Examples with NaN or infinite values; if there are any, everything below is null."""
    reason: str | None
    """Why nothing was measured; null otherwise."""
    mean: float | None
    std: float | None
    """Over all values of all channels."""
    minimum: float | None
    maximum: float | None
    sparsity: float | None
    sparsity_rule: str | None
    """How sparsity is defined: exact zeros for rectified units, values near zero for others."""
    positive_ratio: float | None
    dead: int | None
    """Units that are 0 on all values; null for units that are not rectified."""
    dormant: int | None
    constant: int | None
    """Units that are constant."""
    saturated_fraction: float | None
    """Null for activations that do not saturate."""
    effective_rank: float | None
    effective_rank_limited: bool
    """Whether there are fewer than 16 examples per channel, so that the effective rank is underestimated."""
    participation_ratio: float | None
    participation_low: float | None
    participation_high: float | None
    participation_method: str | None = None
    """How the interval was computed, or why there is none."""
    stable_rank: float | None
    omega_squared_median: float | None
    """Class information of the median unit; null without labels."""
    omega_squared_max: float | None
    selectivity_median: float | None
    """Class selectivity of the median unit; null for units that are not rectified."""
    centre_accuracy: float | None
    centre_low: float | None
    centre_high: float | None
    centre_method: str | None = None
    """How the interval was computed, or why there is none."""
    utilisation: float | None
    """Component of the specialization score: 1 - share of dormant units."""
    diversity: float | None
    """Component: debiased participation ratio over the number of channels, at most 1."""
    separability: float | None
    """Component: nearest-center accuracy, scaled from chance (0) to the accuracy of the output (1)."""
    specialization_score: float | None
    attention: AttentionFlow | None


class AccuracyFall(Strict):
    """The layer with the highest nearest-center accuracy compared with the output on the same rows."""

    layer: str
    lost: int
    """Rows that are right in that layer and wrong at the output."""
    gained: int
    """Rows that are wrong in that layer and right at the output."""
    p_value: float
    """Exact McNemar p-value, Bonferroni-adjusted for the number of layers, at most 1."""


class ModelFlow(Strict):
    """Results for a model as a whole."""

    model: str
    n_layers: int
    """Number of layers probed."""
    n: int
    """Number of rows probed."""
    sampling: str
    ends: tuple[str, ...]
    """Output layers of the model."""
    not_probed: tuple[tuple[str, str], ...]
    """Layers that could not be probed, with the reason."""
    reason: str | None
    """Why nothing was probed; null otherwise."""
    head: str | None
    """The head whose labels are used: the first that has any; null without labels."""
    output: str | None
    """The output layer that separability is relative to: the one that the head ends in, or the last; null without an accuracy."""
    n_classified: int | None
    """Rows of classes with at least five rows, used for nearest-center accuracy and chance; null without labels."""
    chance: float | None
    """Share of the most frequent class among those rows: the baseline of nearest-center accuracy."""
    fall: AccuracyFall | None
    """Set where classes are more separable in another layer than at the output; else null."""
    score_parts: str
    """Components of the specialization score of this model."""


class InformationFlowResult(SectionResult):
    """Result of the information_flow section."""

    split: str
    rows: tuple[int, ...]
    """Positions of the probed rows in the data set."""
    models: tuple[ModelFlow, ...]
    layers: tuple[LayerFlow, ...]
    options: InformationFlowOptions

    def of(self, model: str) -> tuple[LayerFlow, ...]:
        """Return the layers of a model in data flow order."""
        return tuple(one for one in self.layers if one.model == model)


_PROBED = "on the probed rows."

DEAD = MetricSpec(
    "dead_fraction",
    "Dead units",
    "fraction",
    False,
    f"Share of the units of all rectified layers that output exactly 0 on all values {_PROBED} A unit that is silent on n rows "
    "may still be active on up to 3/n of all rows.",
    "Lu et al. (2019); rule of three",
)
DORMANT = MetricSpec(
    "dormant_fraction",
    "Dormant units",
    "fraction",
    False,
    "Share of units of all layers with a mean absolute activation of at most 2.5 % (by default) of the mean of their layer.",
    "Sokar et al. (2023)",
)
LAYERS = MetricSpec("layers_probed", "Layers probed", "count", None, "Number of layers probed.", "count")
MEAN_SCORE = MetricSpec(
    "mean_specialization",
    "Specialization",
    "",
    None,
    "Mean specialization score of the probed layers.",
    "convention",
)
COLLAPSED = MetricSpec(
    "collapsed_heads",
    "Collapsed heads",
    "fraction",
    False,
    "Share of attention heads whose entropy is below 5 % of the maximum: they attend to practically one key.",
    "Zhai et al. (2023)",
)
MEAN = MetricSpec("activation_mean", "Mean", "", None, f"Mean activation of a layer {_PROBED}", "definition", "layer")
STD = MetricSpec(
    "activation_std",
    "Std",
    "",
    None,
    "Standard deviation over all values and channels of a layer.",
    "definition",
    "layer",
)
SPARSITY = MetricSpec(
    "sparsity",
    "Sparsity",
    "fraction",
    None,
    "Share of exact zeros for rectified units; for others, share of values below 0.1 % of the RMS of the layer.",
    "convention",
    "layer",
)
POSITIVE = MetricSpec(
    "positive_ratio",
    "Positive ratio",
    "fraction",
    None,
    "Share of positive values. It has no preferred direction: 0.5 is expected for symmetric values, and after a ReLU it is 1 "
    "minus the sparsity.",
    "definition",
    "layer",
)
RANK = MetricSpec(
    "effective_rank",
    "Effective rank",
    "",
    None,
    "Exponential of the entropy of the normalized singular values of the centered activations. Underestimated with fewer than "
    "16 examples per channel; then compare participation ratios.",
    "Roy & Vetterli (2007)",
    "layer",
)
PARTICIPATION = MetricSpec(
    "participation_ratio",
    "Participation ratio",
    "",
    None,
    "Number of dimensions in use: (sum of variances)² / sum of squared variances along the principal axes, corrected for "
    "finite-sample bias.",
    "Chun, Canatar, Chung & Lee (2026)",
    "layer",
)
SPECIALIZATION = MetricSpec(
    "specialization_score",
    "Specialization",
    "",
    None,
    "Geometric mean of utilization (1 - dormant share), diversity (participation ratio per channel) and, with labels, "
    "separability (nearest-center accuracy scaled from chance, 0, to the output, 1). Higher is not better as such: Leavitt & "
    "Morcos (2020).",
    "convention",
    "layer",
)
CENTER = MetricSpec(
    "nearest_centre_accuracy",
    "Center accuracy",
    "fraction",
    None,
    "Share of probed rows whose pooled activations are nearest to the center of their own class, with centers from the other "
    "four of five folds. Classes with fewer than five rows are left out.",
    "Papyan, Han & Donoho (2020); Wilson (1927) for the interval",
    "layer",
)

PER_MODEL = (DEAD, DORMANT, LAYERS, MEAN_SCORE, COLLAPSED)
LAYER_VALUES = (MEAN, STD, SPARSITY, POSITIVE)
"""Metrics of the activations of a layer."""
LAYER_CONTENT = (RANK, PARTICIPATION, SPECIALIZATION, CENTER)
"""Metrics of dimensions and separability."""
PER_LAYER = (*LAYER_VALUES, *LAYER_CONTENT)
