"""Options and result of the performance section, and the metrics that it declares."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.subjects import Subject
from reportgen.sections.performance.dense_schema import DenseResult
from reportgen.sections.performance.multilabel_schema import MultilabelResult
from reportgen.sections.performance.pair_schema import adjusted
from reportgen.sections.performance.regression_schema import RMSE, RegressionResult
from reportgen.sections.performance.tiers import Tier
from reportgen.text import naming


class PerformanceOptions(Strict):
    """Options of the performance section."""

    threshold: float = Field(default=0.5, gt=0, lt=1)
    """Probability above which a binary head predicts the positive class, also of a pixel or token, and a multilabel head each of its classes."""
    confident_errors: int = Field(default=10, ge=0, le=100)
    """Number of most confident errors listed for each model."""
    confused_pairs: int = Field(default=10, ge=0, le=100)
    """Number of most confused class pairs listed for each model."""


class ConfidentError(Strict):
    """An example that the model gets wrong, with its confidence."""

    row: int
    """Position of the example in the data set, from 0."""
    true: str
    """Its label."""
    predicted: str
    """The predicted class."""
    confidence: float
    """Probability of the predicted class."""


class ConfidentRows(Strict):
    """The rows of which the model is sure, and its errors among them."""

    rows: int
    """Number of rows with a confidence of at least 99 %."""
    errors: int
    """Errors among them."""
    expected: float
    """Errors that a calibrated model would make on them: the sum of 1 - confidence."""
    p_value: float | None
    """Upper bound of the chance that a calibrated model makes as many; null where there are too few groups for a test."""


class ConfusedPairEntry(Strict):
    """How often one class was predicted as another."""

    true: str
    predicted: str
    count: int
    share: float
    """Share of the true class's examples."""


class HeadPerformance(Strict):
    """Data for the figures and tables of one head."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several heads."""
    task: str
    class_names: tuple[str, ...]
    n: int
    confusion: tuple[tuple[int, ...], ...]
    """Rows are true classes, columns are predicted classes."""
    pairs: tuple[ConfusedPairEntry, ...]
    """The most confused pairs of classes."""
    errors: tuple[ConfidentError, ...]
    """The most confident errors."""
    sure: ConfidentRows | None = None
    """Errors with almost full confidence against their expected number; null in files of 0.1.0."""
    class_groups: tuple[int, ...] | None = None
    """How many groups of rows have examples of each class; null if the rows are not grouped."""
    majority_class: str
    """The most frequent class, which the majority baseline always predicts."""
    only_majority: bool = False
    """Whether the model predicts the most frequent class on every row."""


class RecipeEntry(Strict):
    """An output of the models of a recipe: its numbers have the address of ``model``, its first one."""

    name: str
    model: str
    subject: Subject
    """``recipe:NAME``, within ``head:NAME`` where the models have several."""
    seeds: tuple[str, ...]
    """The models that were measured, one for each seed."""


class PerformanceResult(RegressionResult, MultilabelResult, DenseResult):
    """Result of the performance section."""

    heads: tuple[HeadPerformance, ...]
    tiers: tuple[Tier, ...]
    recipes: tuple[RecipeEntry, ...] = ()
    """The outputs of the recipes that the spec names."""
    options: PerformanceOptions


_EVALUATION_ONLY = "The interval covers the choice of evaluation examples, not retraining."

ACCURACY = MetricSpec(
    "accuracy",
    "Accuracy",
    "fraction",
    True,
    f"Share of examples whose predicted class equals the label. {_EVALUATION_ONLY}",
    "Wilson (1927) for the interval",
    difference="accuracy_difference",
)
BALANCED_ACCURACY = MetricSpec(
    "balanced_accuracy",
    "Balanced accuracy",
    "fraction",
    True,
    "Mean recall over the classes that have examples: every class counts the same, however frequent.",
    "Brodersen et al. (2010); Wilson (1927) for the interval",
)
MACRO_F1 = MetricSpec(
    "macro_f1",
    "Macro F1",
    "fraction",
    True,
    "Unweighted mean F1 over the classes that have examples or are predicted.",
    "Opitz & Burst (2019), mean of F1; delta method and Wilson (1927) for the interval",
)
TOP_K_ACCURACY = MetricSpec(
    "top_k_accuracy",
    "Top-k accuracy",
    "fraction",
    True,
    "Share of examples whose label is among the k most probable classes; k is 5, or 3 with fewer than ten classes. Of equally "
    "probable classes each counts with its chance of being among them.",
    "convention; Wilson (1927) for the interval",
)
NLL = MetricSpec(
    "nll",
    "NLL",
    "nats",
    False,
    "Mean negative log-likelihood of the label (cross-entropy; of multilabel heads the mean over classes, of segmentation and sequence labeling over positions), computed from logits where possible: a proper score that penalizes confident errors.",
    "Good (1952); Hall (1992) for the interval",
    difference="nll_difference",
)
BRIER = MetricSpec(
    "brier_score",
    "Brier score",
    "",
    False,
    "Mean squared error of the probabilities: summed over classes for multiclass heads and for positions with more than two classes (0 to 2), for the positive class in binary heads (0 to 1), the mean over classes for multilabel heads (0 to 1).",
    "Brier (1950); Hall (1992) for the interval",
    difference="brier_difference",
)
ROC_AUC = MetricSpec(
    "roc_auc",
    "ROC AUC",
    "fraction",
    True,
    "Probability that a random example of the class is scored higher than a random example of the rest; macro one-vs-rest for multiclass heads, positive class for binary heads, macro over the classes for multilabel heads.",
    "DeLong et al. (1988), on the logit scale",
)
AVERAGE_PRECISION = MetricSpec(
    "average_precision",
    "Average precision",
    "fraction",
    True,
    "Area under the precision-recall curve as a step function; macro one-vs-rest for multiclass heads, positive class for binary heads, macro over the classes for multilabel heads.",
    "as in scikit-learn, without interpolation; infinitesimal jackknife (Efron 1982) on the logit scale",
)
BASELINE = MetricSpec(
    "majority_accuracy",
    "Majority baseline",
    "fraction",
    None,
    "Accuracy of always predicting the most frequent class of the evaluated data.",
    "convention",
)
ACCURACY_GAIN = MetricSpec(
    "accuracy_gain",
    "Gain over baseline",
    "signed fraction",
    True,
    "Accuracy minus that of always predicting the most frequent class, on the same examples, in points.",
    "Newcombe (1998), method 10",
)
ACCURACY_SKILL = MetricSpec(
    "accuracy_skill",
    "Accuracy skill",
    "fraction",
    True,
    "(accuracy - baseline) / (1 - baseline), with the majority baseline: 0 is no better than the baseline, 1 is perfect, below 0 is worse.",
    "Wilks (2011)",
)
NLL_SKILL = MetricSpec(
    "nll_skill",
    "NLL skill",
    "fraction",
    True,
    "1 - NLL / entropy of the class frequencies: 0 is no better than always predicting the class frequencies of the evaluated data.",
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
    "Share of the predictions of a class that are correct.",
    "Wilson (1927) for the interval",
    "class",
)
RECALL = MetricSpec(
    "recall",
    "Recall",
    "fraction",
    True,
    "Share of the examples of a class that are predicted as that class.",
    "Wilson (1927) for the interval",
    "class",
    difference="recall_difference",
)
F1 = MetricSpec(
    "f1",
    "F1",
    "fraction",
    True,
    "Harmonic mean of the precision and recall of a class.",
    "van Rijsbergen (1979); Wilson (1927) for the interval",
    "class",
)
SUPPORT = MetricSpec("support", "Support", "count", None, "Number of evaluated examples of a class.", "count", "class")
ACCURACY_DIFFERENCE = MetricSpec(
    "accuracy_difference",
    "Accuracy difference",
    "signed fraction",
    True,
    "Accuracy of a model minus that of another on the same examples, in points.",
    "Newcombe (1998), method 10",
    "pair",
)
RECALL_DIFFERENCE = MetricSpec(
    "recall_difference",
    "Recall difference",
    "signed fraction",
    True,
    "Recall of the candidate minus that of its baseline, on the same examples of a class, in points.",
    "Newcombe (1998), method 10",
    "class",
)
NLL_DIFFERENCE = MetricSpec(
    "nll_difference",
    "NLL difference",
    "nats",
    False,
    "Mean paired difference in negative log-likelihood: the first model minus the second.",
    "paired mean; Hall (1992) for the interval",
    "pair",
)
BRIER_DIFFERENCE = MetricSpec(
    "brier_difference",
    "Brier difference",
    "",
    False,
    "Mean paired difference in Brier score: the first model minus the second.",
    "paired mean; Hall (1992) for the interval",
    "pair",
)
MCNEMAR = MetricSpec(
    "mcnemar_p",
    "McNemar p",
    "p-value",
    None,
    "Exact two-sided p-value of the hypothesis that two models are correct equally often.",
    "McNemar (1947)",
    "pair",
)
MCNEMAR_HOLM = adjusted(MCNEMAR)


@dataclass(frozen=True)
class OverSeeds:
    """What is measured of a score over the seeds of a recipe."""

    score: MetricSpec
    mean: MetricSpec
    deviation: MetricSpec
    difference: MetricSpec

    @classmethod
    def of(cls, score: MetricSpec) -> OverSeeds:
        """Declare the mean, the standard deviation between seeds and the difference of two recipes."""
        name, title = score.name, score.title
        source = "Cornfield & Tukey (1956), Satterthwaite (1946); Bouthillier et al. (2021)"
        return cls(
            score,
            MetricSpec(
                f"{name}_over_seeds",
                f"{title}, mean over seeds",
                score.unit,
                score.higher_is_better,
                f"Mean of {naming.in_a_sentence(title)} over the models of a recipe, which differ only in their seed. The interval covers both "
                "retraining and the choice of evaluation examples.",
                source,
                "recipe",
            ),
            MetricSpec(
                f"{name}_seed_sd",
                f"{title}, SD between seeds",
                score.unit,
                None,
                f"Standard deviation of {naming.in_a_sentence(title)} between the models of a recipe: how much retraining changes it on these examples.",
                "sample standard deviation",
                "recipe",
            ),
            MetricSpec(
                f"{name}_recipe_difference",
                f"{title} difference of recipes",
                score.unit,
                score.higher_is_better,
                f"Mean of {naming.in_a_sentence(title)} over the seeds of a recipe minus that of another one. The interval covers both retraining and the "
                "choice of evaluation examples, for all pairs of recipes together.",
                f"{source}; Bonferroni over the pairs",
                "recipe",
            ),
        )


OVER_SEEDS = tuple(OverSeeds.of(score) for score in (ACCURACY, NLL, BRIER, RMSE))
RECIPES = tuple(spec for one in OVER_SEEDS for spec in (one.mean, one.deviation, one.difference))

SCORES = (ACCURACY, BALANCED_ACCURACY, MACRO_F1, TOP_K_ACCURACY)
PROBABILISTIC = (NLL, BRIER, ROC_AUC, AVERAGE_PRECISION)
SKILL = (BASELINE, ACCURACY_GAIN, ACCURACY_SKILL, NLL_SKILL, BRIER_SKILL)
CLASSIFICATION = (*SCORES, *PROBABILISTIC, *SKILL)
MULTILABEL_TOO = (MACRO_F1, NLL, BRIER, ROC_AUC, AVERAGE_PRECISION, NLL_SKILL, BRIER_SKILL)
"""Of multilabel heads too."""
DENSE_TOO = (BASELINE, NLL, BRIER, NLL_SKILL, BRIER_SKILL)
"""Of segmentation and sequence labeling heads too."""
PER_CLASS = (PRECISION, RECALL, F1, SUPPORT)
BY_ROLE = (RECALL_DIFFERENCE,)
"""Of the candidate, where there is a baseline."""
PAIRWISE = (ACCURACY_DIFFERENCE, NLL_DIFFERENCE, BRIER_DIFFERENCE, MCNEMAR, MCNEMAR_HOLM)
