"""Options and result of the similarity section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult

Matrix = tuple[tuple[float | None, ...], ...]


DRIVEN = 0.1
"""Change in CKA on removal of the most extreme 1 % of rows above which few rows drive it. Convention; after Davari et al. (2023)."""


class SimilarityOptions(Strict):
    """Options of the similarity section."""

    reference: str | None = None
    """Model that the others are compared with, in predictions and layer by layer. Default: `decision.baseline` if it is a model of the spec, or else the first."""
    samples: int = Field(default=1024, ge=32)
    """Rows on which layers are compared: the same seeded, label-stratified sample for every model. If another section requests more, all use more."""
    max_layers: int = Field(default=50, ge=2)
    """Maximum number of layers compared per model: evenly spaced, including the first and the last; the report says how many are left out."""
    max_models: int = Field(default=12, ge=2)
    """Maximum number of models in the table and in the figure of flips: those with the most new errors; the report says how many are left out."""


class HeadAgreement(Strict):
    """Churn between models with the same output head."""

    subject: str | None
    """The head; null where the models have a single one."""
    models: tuple[str, ...]
    """In the order of the spec."""
    churn: Matrix
    """Share of rows that two models predict differently, (M, M)."""
    order: tuple[int, ...]
    """Order of the models in the figure: similar models are adjacent."""


class Representation(Strict):
    """Similarity of the last hidden layers of all models."""

    models: tuple[str, ...]
    layers: tuple[str, ...]
    """The layer of each model."""
    cka: Matrix
    """(M, M); null where a layer is constant."""
    order: tuple[int, ...]
    """Order of the models in the figure: similar models are adjacent."""


class LayerAlignment(Strict):
    """Debiased linear CKA of every layer of the reference with every layer of a model."""

    model: str
    reference_layers: tuple[str, ...]
    layers: tuple[str, ...]
    left_out: int
    """Number of layers of the two models that are not compared."""
    cka: Matrix
    """(reference layers, layers), not cut off at 0; null where a layer is constant."""
    low: Matrix
    high: Matrix
    """Ends of the 95 % interval; null where few rows decide the value, or the layers are equal up to rotation and scale."""
    trimmed: Matrix
    """The value without the 1 % of rows farthest from the mean in either layer."""


class WeightMap(Strict):
    """Principal components of the weight statistics of models of the same architecture."""

    models: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    explained: tuple[float, float]
    """Share of the variance along each component."""
    n_tensors: int
    n_features: int
    """Statistics that differ between the models."""
    others: tuple[str, ...]
    """Models of other architectures, which are excluded."""


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


_VERSUS = 'Reported for model A with the subject "vs B".'

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
    "New errors",
    "fraction",
    False,
    f"Negative flips: share of rows that the model gets wrong and the other model gets right. {_VERSUS}",
    "Yan et al. (2021); Wilson (1927) for the interval",
    "pair",
)
POSITIVE_FLIPS = MetricSpec(
    "positive_flips",
    "Errors fixed",
    "fraction",
    True,
    f"Positive flips: share of rows that the model gets right and the other model gets wrong. {_VERSUS}",
    "Yan et al. (2021); Wilson (1927) for the interval",
    "pair",
)
SHARED_ERRORS = MetricSpec(
    "shared_errors",
    "Shared errors",
    "fraction",
    None,
    f"Share of rows that both models get wrong. {_VERSUS}",
    "definition; Wilson (1927) for the interval",
    "pair",
)
ERROR_CONSISTENCY = MetricSpec(
    "error_consistency",
    "Error consistency",
    "",
    None,
    "Cohen's kappa of correctness: 1 when two models err on the same rows, 0 when they err together as often as expected by "
    f"chance at their accuracies. {_VERSUS}",
    "Geirhos, Meding & Wichmann (2020); Fleiss, Cohen & Everitt (1969) for the interval",
    "pair",
)
DIVERGENCE = MetricSpec(
    "js_divergence",
    "JS divergence",
    "bits",
    None,
    f"Mean Jensen-Shannon divergence between the two predicted distributions, in bits: 0 is equal, 1 is disjoint. {_VERSUS}",
    "Lin (1991); mean ± 1.96 SE",
    "pair",
)
CKA = MetricSpec(
    "cka",
    "CKA",
    "",
    None,
    "Debiased linear centered kernel alignment of the last hidden layers of two models on the same rows: 1 is equal up to "
    f"rotation and scale, around 0 is unrelated. {_VERSUS}",
    "Kornblith et al. (2019); Song et al. (2012); Murphy, Zylberberg & Fyshe (2024); jackknife over examples on the scale of Fisher's z",
    "pair",
)
TRIMMED_CKA = MetricSpec(
    "cka_trimmed",
    "CKA without the farthest rows",
    "",
    None,
    f"CKA without the 1 % of rows farthest from the mean in either layer: a large change means that few rows drive it. {_VERSUS}",
    "after Davari et al. (2023)",
    "pair",
)
FIRST_COMPONENT = MetricSpec(
    "weight_pc1",
    "Weights, PC 1",
    "",
    None,
    "First principal component of the weight statistics (mean, log standard deviation, skewness and excess kurtosis of "
    "every kernel, each scaled to unit variance across models), for models of the same architecture.",
    "Pearson (1901)",
)
SECOND_COMPONENT = MetricSpec(
    "weight_pc2", "Weights, PC 2", "", None, "Second principal component of the weight statistics.", "Pearson (1901)"
)

AGREEMENT = (POSITIVE_FLIPS, NEGATIVE_FLIPS, SHARED_ERRORS, CHURN, ERROR_CONSISTENCY, DIVERGENCE)
COMPONENTS = (FIRST_COMPONENT, SECOND_COMPONENT)
METRICS = (*AGREEMENT, CKA, TRIMMED_CKA, *COMPONENTS)
