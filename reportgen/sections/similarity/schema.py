"""Options and result of the similarity section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult

Matrix = tuple[tuple[float | None, ...], ...]


class SimilarityOptions(Strict):
    """Options of the similarity section."""

    reference: str | None = None
    """The model that the others are compared with layer by layer, and whose rows they may lose; by default the first."""
    samples: int = Field(default=1024, ge=32)
    """Rows on which layers are compared: the same seeded, label-stratified sample for every model. Where another section asks for more, all have more."""
    max_layers: int = Field(default=50, ge=2)
    """Layers compared of each model: evenly spaced, with the first and the last; how many are left out is said."""
    max_models: int = Field(default=12, ge=2)
    """Models in the table and in the figure of flips: those that lose most rows; how many more there are is said."""


class HeadAgreement(Strict):
    """How often models with the same output head predict differently."""

    subject: str | None
    """The head; null where the models have one."""
    models: tuple[str, ...]
    """In the order of the spec."""
    churn: Matrix
    """Share of rows that two models predict differently, (M, M)."""
    order: tuple[int, ...]
    """Places of the models in the figure: like beside like."""


class Representation(Strict):
    """What each model holds before its output: its last hidden layer, compared between all models."""

    models: tuple[str, ...]
    layers: tuple[str, ...]
    """The layer of each model."""
    cka: Matrix
    """(M, M); null where a layer does not vary."""
    order: tuple[int, ...]
    """Places of the models in the figure: like beside like."""


class LayerAlignment(Strict):
    """Debiased linear CKA of every layer of the reference with every layer of a model."""

    model: str
    reference_layers: tuple[str, ...]
    layers: tuple[str, ...]
    left_out: int
    """Layers of the two models that are not compared."""
    cka: Matrix
    """(reference layers, layers), not cut off at 0; null where a layer does not vary."""
    low: Matrix
    high: Matrix
    """Ends of the 95 % interval."""
    trimmed: Matrix
    """Without the 1 % of the rows that are farthest from the mean in either layer."""


class WeightMap(Strict):
    """Principal components of the statistics of the weights of models of one architecture."""

    models: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    explained: tuple[float, float]
    """Share of the variance along each component."""
    n_tensors: int
    n_features: int
    """Statistics that differ between the models."""
    others: tuple[str, ...]
    """Models of other architectures, which are not in it."""


class SimilarityResult(SectionResult):
    """Result of the similarity section."""

    split: str
    n: int
    rows: tuple[int, ...]
    """Positions in the data set of the rows on which layers are compared."""
    reference: str
    heads: tuple[HeadAgreement, ...]
    representation: Representation | None
    representation_reason: str | None
    """Why there is none."""
    alignments: tuple[LayerAlignment, ...]
    """The reference against itself, then every other model."""
    not_aligned: tuple[tuple[str, str], ...]
    """Models whose layers could not be compared, with the reason."""
    weight_map: WeightMap | None
    weight_map_reason: str | None
    """Why there is none."""
    options: SimilarityOptions


_VERSUS = 'Of model A with the subject "vs B".'

CHURN = MetricSpec(
    "churn",
    "Churn",
    "fraction",
    None,
    f"Share of rows that two models predict differently. {_VERSUS}",
    "Milani Fard et al. (2016); Wilson (1927) for the interval",
    "pair",
)
NEGATIVE_FLIPS = MetricSpec(
    "negative_flips",
    "Rows lost",
    "fraction",
    False,
    f"Negative flips: share of rows that the model gets wrong and the other one right. {_VERSUS}",
    "Yan et al. (2021); Wilson (1927) for the interval",
    "pair",
)
POSITIVE_FLIPS = MetricSpec(
    "positive_flips",
    "Rows won",
    "fraction",
    True,
    f"Positive flips: share of rows that the model gets right and the other one wrong. {_VERSUS}",
    "Yan et al. (2021); Wilson (1927) for the interval",
    "pair",
)
ERROR_CONSISTENCY = MetricSpec(
    "error_consistency",
    "Error consistency",
    "",
    None,
    "Cohen's kappa of being right: 1 when two models err on the same rows, 0 when as often together as chance would have it "
    f"at their accuracies. {_VERSUS}",
    "Geirhos, Meding & Wichmann (2020); bootstrap over examples",
    "pair",
)
DIVERGENCE = MetricSpec(
    "js_divergence",
    "JS divergence",
    "bits",
    None,
    f"Mean Jensen-Shannon divergence of the two forecasts of a row, in bits: 0 equal, 1 disjoint. {_VERSUS}",
    "Lin (1991); mean ± 1.96 SE",
    "pair",
)
CKA = MetricSpec(
    "cka",
    "CKA",
    "",
    None,
    "Debiased linear centred kernel alignment of the last hidden layers of two models on the same rows: 1 equal up to "
    f"rotation and scale, around 0 unrelated. {_VERSUS}",
    "Kornblith et al. (2019); Song et al. (2012); Murphy, Zylberberg & Fyshe (2024); jackknife over blocks of examples",
    "pair",
)
FIRST_COMPONENT = MetricSpec(
    "weight_pc1",
    "Weights, PC 1",
    "",
    None,
    "First principal component of the weights' statistics (mean, logarithm of the standard deviation, skewness, excess "
    "kurtosis of every kernel, each scaled to unit variance over the models), for models of one architecture.",
    "Pearson (1901)",
)
SECOND_COMPONENT = MetricSpec(
    "weight_pc2", "Weights, PC 2", "", None, "The second principal component of the same.", "Pearson (1901)"
)

AGREEMENT = (CHURN, NEGATIVE_FLIPS, POSITIVE_FLIPS, ERROR_CONSISTENCY, DIVERGENCE)
COMPONENTS = (FIRST_COMPONENT, SECOND_COMPONENT)
METRICS = (*AGREEMENT, CKA, *COMPONENTS)
