"""Result of the performance section on multilabel heads, and the metrics that it declares for them."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult
from reportgen.sections.performance.pair_schema import PairSpecs
from reportgen.sections.performance.tiers import Tier


class MultilabelPerformance(Strict):
    """Data for the figures, tables and rules of a multilabel head."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several outputs."""
    n: int
    class_names: tuple[str, ...]
    threshold: float
    """Probability above which a class is predicted, the same for all classes."""
    unknown: int
    """Labels that are not known."""
    class_groups: tuple[int, ...] | None = None
    """How many groups of rows have examples of each class; null if the rows are not grouped."""
    constant: bool
    """Whether the model predicts the same classes on every row."""


class MultilabelResult(SectionResult):
    """The part of the section's result that is about multilabel heads."""

    multilabel: tuple[MultilabelPerformance, ...] = ()
    multilabel_tiers: tuple[Tier, ...] = ()
    """By micro F1."""


_ROWS = "Wilson (1927), by the variance between rows"
_UNIT = "The interval is over rows: the labels of a row are not independent."

EXACT_MATCH = MetricSpec(
    "exact_match",
    "Exact match",
    "fraction",
    True,
    "Share of rows of which every known label is predicted right (subset accuracy).",
    "Wilson (1927) for the interval",
    difference="exact_match_difference",
)
HAMMING_LOSS = MetricSpec(
    "hamming_loss",
    "Hamming loss",
    "fraction",
    False,
    f"Share of the known labels, one for each row and class, that is predicted wrong. {_UNIT}",
    f"Schapire & Singer (1999); {_ROWS}",
    difference="hamming_difference",
)
HAMMING_SKILL = MetricSpec(
    "hamming_skill",
    "Hamming skill",
    "fraction",
    True,
    "1 - Hamming loss / Hamming loss of the best constant answer, which has the classes that apply to more than half of the evaluated rows: 0 is no better.",
    "Wilks (2011); ratio of means, Hall (1992) for the interval",
)
CLASSES_PER_ROW = MetricSpec(
    "classes_per_row", "Classes per row", "", None, "Mean number of classes that apply to a row.", "mean"
)
CARDINALITY_BIAS = MetricSpec(
    "cardinality_bias",
    "Excess classes",
    "",
    None,
    "Mean number of classes that are predicted for a row minus the number that applies: above 0 too many are predicted, below 0 too few.",
    "mean; Hall (1992) for the interval",
)


@dataclass(frozen=True)
class Average:
    """Precision, recall and F1 by one way to average."""

    name: str
    title: str
    precision: MetricSpec
    recall: MetricSpec
    f1: MetricSpec | None
    """None for one that multiclass heads have too."""

    @classmethod
    def of(cls, name: str, how: str, source: str, f1: MetricSpec | None) -> Average:
        """Declare the metrics of an average, but for its F1."""
        precision = _averaged(name, "Precision", "share of the predicted labels that apply,", how, source)
        recall = _averaged(name, "Recall", "share of the labels that apply that is predicted,", how, source)
        return cls(name, name.capitalize(), precision, recall, f1)


def _averaged(name: str, of: str, what: str, how: str, source: str, difference: str | None = None) -> MetricSpec:
    return MetricSpec(
        f"{name}_{of.lower()}",
        f"{name.capitalize()} {of if of == 'F1' else of.lower()}",
        "fraction",
        True,
        f"{of}: {what} {how} {_UNIT}",
        source,
        difference=difference,
    )


def _averaged_f1(name: str, how: str, source: str, difference: str | None = None) -> MetricSpec:
    return _averaged(name, "F1", "harmonic mean of precision and recall,", how, source, difference)


_OF_MICRO = ("micro", "over all labels of all rows, so that frequent classes count more.", f"delta method; {_ROWS}")
_OF_SAMPLES = (
    "samples",
    "of each row, averaged over the rows for which it exists.",
    "mean over rows; Hall (1992) for the interval",
)
MICRO_F1 = _averaged_f1(*_OF_MICRO, difference="micro_f1_difference")
MICRO = Average.of(*_OF_MICRO, MICRO_F1)
MACRO = Average.of(
    "macro",
    "of each class, averaged over the classes for which it exists.",
    f"delta method with the covariances of the classes; {_ROWS}",
    None,
)
SAMPLES = Average.of(*_OF_SAMPLES, _averaged_f1(*_OF_SAMPLES))

CLASS_AUC = MetricSpec(
    "class_roc_auc",
    "ROC AUC",
    "fraction",
    True,
    "Probability that a random row to which the class applies is scored higher for it than a random other row.",
    "DeLong et al. (1988), on the logit scale",
    "class",
)
CLASS_AP = MetricSpec(
    "class_average_precision",
    "Average precision",
    "fraction",
    True,
    "Area under the precision-recall curve of the class as a step function; scores without information reach the frequency of the class.",
    "as in scikit-learn, without interpolation; infinitesimal jackknife (Efron 1982) on the logit scale",
    "class",
)
PREVALENCE = MetricSpec(
    "prevalence",
    "Prevalence",
    "fraction",
    None,
    "Share of the rows to which the class applies, of those where that is known.",
    "Wilson (1927) for the interval",
    "class",
)
CLASS_BRIER = MetricSpec(
    "class_brier_score",
    "Brier score",
    "",
    False,
    "Mean squared error of the probability of the class, 0 to 1.",
    "Brier (1950); Hall (1992) for the interval",
    "class",
)
F1_DIFFERENCE = MetricSpec(
    "f1_difference",
    "F1 difference",
    "signed fraction",
    True,
    "F1 of a class of the candidate minus that of its baseline on the same rows, in points.",
    "delta method, paired; Hall (1992) for the interval",
    "class",
)
EXACT_DIFFERENCE = MetricSpec(
    "exact_match_difference",
    "Exact match difference",
    "signed fraction",
    True,
    "Exact match of a model minus that of another on the same rows, in points.",
    "Newcombe (1998), method 10",
    "pair",
)
HAMMING_DIFFERENCE = MetricSpec(
    "hamming_difference",
    "Hamming difference",
    "signed fraction",
    False,
    "Hamming loss of a model minus that of another on the same rows, in points.",
    "paired, over rows; Hall (1992) for the interval",
    "pair",
)
MICRO_F1_DIFFERENCE = MetricSpec(
    "micro_f1_difference",
    "Micro F1 difference",
    "signed fraction",
    True,
    "Micro F1 of a model minus that of another on the same rows, in points.",
    "delta method, paired over rows; Hall (1992) for the interval",
    "pair",
)
MICRO_F1_PAIRS = PairSpecs.of(
    MICRO_F1_DIFFERENCE,
    "micro_f1",
    "Micro F1",
    "Two-sided p-value of equal micro F1: below 0.05 if and only if the interval of the difference excludes 0.",
    "delta method; Student's t corrected for skewness, Hall (1992)",
)

SCORES = (EXACT_MATCH, HAMMING_LOSS, CLASSES_PER_ROW, CARDINALITY_BIAS)
AVERAGES = (MICRO, MACRO, SAMPLES)
OWN = (
    *SCORES,
    HAMMING_SKILL,
    *(spec for one in AVERAGES for spec in (one.precision, one.recall, one.f1) if spec is not None),
)
"""Of a whole head, besides the metrics that other heads have too."""
PER_CLASS = (PREVALENCE, CLASS_AP, CLASS_AUC, CLASS_BRIER)
"""Of each class, besides those that other heads have too."""
BY_ROLE = (F1_DIFFERENCE,)
"""Of the candidate, where there is a baseline."""
PAIRWISE = (EXACT_DIFFERENCE, HAMMING_DIFFERENCE, MICRO_F1_DIFFERENCE, MICRO_F1_PAIRS.p, MICRO_F1_PAIRS.p_holm)
