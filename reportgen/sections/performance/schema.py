"""Options and result of the performance section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult

TOP_K = 5
TOP_K_FEW = 3
_FEW_CLASSES = 10


def default_top_k(n_classes: int) -> int:
    """Return k of the top-k accuracy: 5, or 3 below ten classes. Convention."""
    return TOP_K_FEW if n_classes < _FEW_CLASSES else TOP_K


class PerformanceOptions(Strict):
    """Options of the performance section."""

    threshold: float = Field(default=0.5, gt=0, lt=1)
    """Probability above which a binary head says the positive class."""
    confident_errors: int = Field(default=10, ge=0, le=100)
    """How many of the most confident errors are listed for each model."""
    confused_pairs: int = Field(default=10, ge=0, le=100)
    """How many pairs of confused classes are listed for each model."""


class ConfidentError(Strict):
    """An example on which the model is wrong and sure of it."""

    row: int
    """Position of the example in the data set, from 0."""
    true: str
    """Its class."""
    predicted: str
    """The class that the model says."""
    confidence: float
    """The probability of the class that it says."""


class ConfusedPairEntry(Strict):
    """How often one class was taken for another."""

    true: str
    predicted: str
    count: int
    share: float
    """Share of the true class's examples."""


class HeadPerformance(Strict):
    """What the figures and tables of one head show."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several heads."""
    task: str
    class_names: tuple[str, ...]
    n: int
    confusion: tuple[tuple[int, ...], ...]
    """Rows are true classes, columns are predicted ones."""
    pairs: tuple[ConfusedPairEntry, ...]
    """The most confused pairs of classes."""
    errors: tuple[ConfidentError, ...]
    """The most confident errors."""
    majority_class: str
    """The most frequent class: what the majority baseline always says."""


class Tier(Strict):
    """Models that the data cannot tell from the best one."""

    subject: str | None
    best: str
    """The model with the highest accuracy."""
    tied: tuple[str, ...]
    """Models whose paired interval of the accuracy difference from the best includes 0."""


class PerformanceResult(SectionResult):
    """Result of the performance section."""

    split: str
    n: int
    heads: tuple[HeadPerformance, ...]
    tiers: tuple[Tier, ...]
    options: PerformanceOptions


_EVALUATION_ONLY = "Its interval speaks of the evaluation set alone, not of retraining."

ACCURACY = MetricSpec(
    "accuracy",
    "Accuracy",
    "fraction",
    True,
    f"Share of examples whose predicted class is the label. {_EVALUATION_ONLY}",
    "Wilson (1927) for the interval",
    difference="accuracy_difference",
)
BALANCED_ACCURACY = MetricSpec(
    "balanced_accuracy",
    "Balanced accuracy",
    "fraction",
    True,
    "Mean recall of the classes that have examples; not flattered by frequent classes.",
    "Brodersen et al. (2010); bootstrap over examples",
)
MACRO_F1 = MetricSpec(
    "macro_f1",
    "Macro F1",
    "fraction",
    True,
    "Unweighted mean of the F1 of the classes that occur or are predicted.",
    "Opitz & Burst (2019), mean of F1; bootstrap over examples",
)
TOP_K_ACCURACY = MetricSpec(
    "top_k_accuracy",
    "Top-k accuracy",
    "fraction",
    True,
    "Share of examples whose label is among the k most probable classes; k is 5, or 3 below ten classes.",
    "convention; Wilson (1927) for the interval",
)
NLL = MetricSpec(
    "nll",
    "NLL",
    "nats",
    False,
    "Mean negative log-likelihood of the label (cross-entropy), from logits where the model allows: a proper score that punishes confident errors.",
    "Good (1952)",
    difference="nll_difference",
)
BRIER = MetricSpec(
    "brier_score",
    "Brier score",
    "",
    False,
    "Mean squared error of the probabilities: summed over the classes for multiclass heads (0 to 2), of the positive class for binary ones (0 to 1).",
    "Brier (1950)",
    difference="brier_difference",
)
ROC_AUC = MetricSpec(
    "roc_auc",
    "ROC AUC",
    "fraction",
    True,
    "Probability that a random example of a class has a higher score for it than one of another class; macro one-vs-rest for multiclass heads, positive class for binary ones.",
    "DeLong et al. (1988)",
)
AVERAGE_PRECISION = MetricSpec(
    "average_precision",
    "Average precision",
    "fraction",
    True,
    "Mean precision over the steps of the recall; macro one-vs-rest for multiclass heads, positive class for binary ones.",
    "scikit-learn's definition, without interpolation",
)
BASELINE = MetricSpec(
    "majority_accuracy",
    "Majority baseline",
    "fraction",
    None,
    "Accuracy of always saying the most frequent class of the evaluated data.",
    "convention",
)
ACCURACY_SKILL = MetricSpec(
    "accuracy_skill",
    "Accuracy skill",
    "fraction",
    True,
    "Share of the way from the majority baseline to perfect accuracy; below 0 is worse than the baseline.",
    "Wilks (2011)",
)
NLL_SKILL = MetricSpec(
    "nll_skill",
    "NLL skill",
    "fraction",
    True,
    "1 - NLL / entropy of the class frequencies: 0 is no better than always predicting the frequencies of the evaluated data.",
    "Wilks (2011)",
)
BRIER_SKILL = MetricSpec(
    "brier_skill",
    "Brier skill",
    "fraction",
    True,
    "1 - Brier score / Brier score of always predicting the class frequencies of the evaluated data.",
    "Wilks (2011)",
)
PRECISION = MetricSpec(
    "precision",
    "Precision",
    "fraction",
    True,
    "Share of the predictions of a class that are right.",
    "Wilson (1927) for the interval",
    "class",
)
RECALL = MetricSpec(
    "recall",
    "Recall",
    "fraction",
    True,
    "Share of the examples of a class that are found.",
    "Wilson (1927) for the interval",
    "class",
)
F1 = MetricSpec(
    "f1",
    "F1",
    "fraction",
    True,
    "Harmonic mean of the precision and recall of a class.",
    "van Rijsbergen (1979)",
    "class",
)
SUPPORT = MetricSpec("support", "Support", "count", None, "How many evaluated examples a class has.", "count", "class")
ACCURACY_DIFFERENCE = MetricSpec(
    "accuracy_difference",
    "Accuracy difference",
    "fraction",
    True,
    "Accuracy of a model minus that of another on the same examples.",
    "Newcombe (1998), method 10",
    "pair",
)
NLL_DIFFERENCE = MetricSpec(
    "nll_difference",
    "NLL difference",
    "nats",
    False,
    "Mean of the paired differences in negative log-likelihood.",
    "paired mean ± 1.96 SE",
    "pair",
)
BRIER_DIFFERENCE = MetricSpec(
    "brier_difference",
    "Brier difference",
    "",
    False,
    "Mean of the paired differences in Brier score.",
    "paired mean ± 1.96 SE",
    "pair",
)
MCNEMAR = MetricSpec(
    "mcnemar_p",
    "McNemar p",
    "p-value",
    None,
    "Exact two-sided p-value that two models are right equally often.",
    "McNemar (1947)",
    "pair",
)
MCNEMAR_HOLM = MetricSpec(
    "mcnemar_p_holm",
    "McNemar p (Holm)",
    "p-value",
    None,
    "The same, adjusted for the number of pairs of models in the report.",
    "Holm (1979)",
    "pair",
)

BIAS = MetricSpec(
    "bias",
    "Bias",
    "",
    None,
    "Mean of prediction minus label, in the unit of the label; above 0 the predictions are too high.",
    "mean ± 1.96 SE",
)
MAE = MetricSpec(
    "mae",
    "MAE",
    "",
    False,
    "Mean absolute error, in the unit of the label.",
    "mean ± 1.96 SE",
)
RMSE = MetricSpec(
    "rmse",
    "RMSE",
    "",
    False,
    "Root mean squared error, in the unit of the label.",
    "root of the interval of the mean squared error",
)

SCORES = (ACCURACY, BALANCED_ACCURACY, MACRO_F1, TOP_K_ACCURACY)
PROBABILISTIC = (NLL, BRIER, ROC_AUC, AVERAGE_PRECISION)
SKILL = (BASELINE, ACCURACY_SKILL, NLL_SKILL, BRIER_SKILL)
CLASSIFICATION = (*SCORES, *PROBABILISTIC, *SKILL)
REGRESSION = (BIAS, MAE, RMSE)
PER_CLASS = (PRECISION, RECALL, F1, SUPPORT)
PAIRWISE = (ACCURACY_DIFFERENCE, NLL_DIFFERENCE, BRIER_DIFFERENCE, MCNEMAR, MCNEMAR_HOLM)
