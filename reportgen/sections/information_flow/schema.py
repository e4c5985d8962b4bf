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
    """Rows that are probed: a seeded, label-stratified sample of the evaluated ones. Where another section asks for more, both have more."""
    layers: Literal["units", "all"] = "units"
    """`units`: layers after their normalisation and activation, so that convolution, normalisation and activation are one; `all`: every layer that transforms, by itself."""
    max_layers: int = Field(default=12, ge=1)
    """Layers in the health dashboard of each model: the least healthy ones; how many are left out is said."""
    dormant_threshold: float = Field(default=0.025, ge=0, lt=1)
    """A unit is dormant when its mean absolute activation is at most this share of its layer's: Sokar et al. (2023)."""


class AttentionFlow(Strict):
    """How a layer's attention is spread, per head."""

    entropy: tuple[float | None, ...]
    """Nats; null for a head without a query."""
    relative_entropy: tuple[float | None, ...]
    """Over the logarithm of the number of keys that a query may attend to: 0 one key, 1 all alike."""


class LayerFlow(Strict):
    """Everything about one probed layer."""

    model: str
    name: str
    layer_type: str
    layers: tuple[str, ...]
    """The layers that make up the unit."""
    activation: str | None
    shape: tuple[int | None, ...]
    """Of the output, without the batch axis; null for an open size."""
    channels: int
    n_values: int
    """Values per channel: examples times positions."""
    not_finite: int
    """Examples with NaN or infinite values; everything below is null when there are any."""
    reason: str | None
    """Why nothing was measured, where nothing was."""
    mean: float | None
    std: float | None
    """Over all values of all channels."""
    minimum: float | None
    maximum: float | None
    sparsity: float | None
    sparsity_rule: str | None
    """How sparsity was counted: exact zeros for rectified units, values near zero for others."""
    positive_ratio: float | None
    dead: int | None
    """Units that were 0 on every value; null for units that are not rectified."""
    dormant: int | None
    constant: int | None
    """Units that do not vary."""
    saturated_fraction: float | None
    """Null for activations without a flat end."""
    effective_rank: float | None
    effective_rank_limited: bool
    """The sample has fewer than 16 examples per channel: the effective rank is too small by an unknown amount."""
    participation_ratio: float | None
    participation_low: float | None
    participation_high: float | None
    stable_rank: float | None
    omega_squared_median: float | None
    """Class information of the median unit; null without labels."""
    omega_squared_max: float | None
    selectivity_median: float | None
    """Class selectivity of the median unit; null for units that are not rectified."""
    centre_accuracy: float | None
    centre_low: float | None
    centre_high: float | None
    utilisation: float | None
    """Component of the specialization score: 1 - share of dormant units."""
    diversity: float | None
    """Component: debiased participation ratio over the number of channels, at most 1."""
    separability: float | None
    """Component: how far the nearest-centre accuracy is from chance to that of the last layer, 0 to 1."""
    specialization_score: float | None
    attention: AttentionFlow | None


class AccuracyFall(Strict):
    """The layer with the highest nearest-centre accuracy against the output, on the same rows."""

    layer: str
    lost: int
    """Rows that are right there and wrong at the end."""
    gained: int
    """Rows that are wrong there and right at the end."""
    p_value: float
    """Exact McNemar test times the number of layers that could have been the best (Bonferroni), at most 1."""


class ModelFlow(Strict):
    """A model as a whole."""

    model: str
    n_layers: int
    """Layers probed."""
    n: int
    """Rows probed."""
    sampling: str
    ends: tuple[str, ...]
    """Layers that the model puts out."""
    not_probed: tuple[tuple[str, str], ...]
    """Layers that could not be looked at, with the reason."""
    reason: str | None
    """Why nothing was probed, where nothing was."""
    head: str | None
    """The head whose labels are used, the first that has any; null without labels."""
    output: str | None
    """The layer that the others' separability is measured by: the one that the head ends in, or the last; null without an accuracy."""
    n_classified: int | None
    """Rows of the classes with at least five: nearest-centre accuracy and chance rest on them; null without labels."""
    chance: float | None
    """Share of the most frequent class among those rows: what nearest-centre accuracy has to beat."""
    fall: AccuracyFall | None
    """Where another layer tells classes apart better than the output; null where none does."""
    score_parts: str
    """Which components the specialization score of this model is made of."""


class InformationFlowResult(SectionResult):
    """Result of the information_flow section."""

    split: str
    rows: tuple[int, ...]
    """Positions of the probed rows in the data set."""
    models: tuple[ModelFlow, ...]
    layers: tuple[LayerFlow, ...]
    options: InformationFlowOptions

    def of(self, model: str) -> tuple[LayerFlow, ...]:
        """Return the layers of a model, in the order in which data flow."""
        return tuple(one for one in self.layers if one.model == model)


_PROBED = "On the probed rows."

DEAD = MetricSpec(
    "dead_fraction",
    "Dead units",
    "fraction",
    False,
    f"Share of the units of all rectified layers that put out exactly 0 for every value. {_PROBED} A unit that was silent on n "
    "rows may still fire in up to 3/n of cases.",
    "Lu et al. (2019); rule of three",
)
DORMANT = MetricSpec(
    "dormant_fraction",
    "Dormant units",
    "fraction",
    False,
    "Share of units of all layers whose mean absolute activation is at most 2.5 % (by default) of their layer's.",
    "Sokar et al. (2023)",
)
LAYERS = MetricSpec("layers_probed", "Layers probed", "count", None, "Layers that were looked at.", "count")
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
    "Share of attention heads whose attention has less than 5 % of the entropy that is possible: they look at one key.",
    "Zhai et al. (2023)",
)
MEAN = MetricSpec("activation_mean", "Mean", "", None, f"Mean activation of a layer. {_PROBED}", "definition", "layer")
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
    "Share of exact zeros for rectified units; for others the share below 0.1 % of the layer's root mean square.",
    "convention",
    "layer",
)
POSITIVE = MetricSpec(
    "positive_ratio",
    "Positive ratio",
    "fraction",
    None,
    "Share of positive values. Neither end is better: 0.5 is expected of a symmetric value, and after a ReLU it is 1 minus "
    "the sparsity.",
    "definition",
    "layer",
)
RANK = MetricSpec(
    "effective_rank",
    "Effective rank",
    "",
    None,
    "exp of the entropy of the normalised singular values of the centred activations. Too small where there are fewer than 16 "
    "examples per channel; then compare participation ratios.",
    "Roy & Vetterli (2007)",
    "layer",
)
PARTICIPATION = MetricSpec(
    "participation_ratio",
    "Participation ratio",
    "",
    None,
    "Number of dimensions in use: (sum of variances)² / sum of squared variances along the principal axes, freed of the bias "
    "of a finite sample.",
    "Chun, Canatar, Chung & Lee (2026)",
    "layer",
)
SPECIALIZATION = MetricSpec(
    "specialization_score",
    "Specialization",
    "",
    None,
    "Geometric mean of utilisation (1 - dormant share), diversity (participation ratio per channel) and separability "
    "(nearest-centre accuracy between chance, 0, and the last layer's, 1), without the last where there are no labels. More "
    "selective units are not better: Leavitt & Morcos (2020).",
    "convention",
    "layer",
)
CENTRE = MetricSpec(
    "nearest_centre_accuracy",
    "Centre accuracy",
    "fraction",
    None,
    "Share of probed rows that lie nearest to the centre of their own class in a layer's pooled activations; centres from the "
    "other four of five folds. Classes with fewer than five rows are left out.",
    "Papyan, Han & Donoho (2020); Wilson (1927) for the interval",
    "layer",
)

PER_MODEL = (DEAD, DORMANT, LAYERS, MEAN_SCORE, COLLAPSED)
LAYER_VALUES = (MEAN, STD, SPARSITY, POSITIVE)
"""What the values of a layer are."""
LAYER_CONTENT = (RANK, PARTICIPATION, SPECIALIZATION, CENTRE)
"""What they carry."""
PER_LAYER = (*LAYER_VALUES, *LAYER_CONTENT)
