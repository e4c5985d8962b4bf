"""Options and result of the slices section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.result import SectionResult
from reportgen.contract.subjects import Subject
from reportgen.sections.slices.declare import HALL, of_slice, paired, with_adjusted


class SlicesOptions(Strict):
    """Options of the slices section."""

    minimum: int = Field(default=30, ge=10, strict=True)
    """Rows (images or sequences, never pixels or tokens) below which a slice has no numbers: too few to tell."""
    bins: int = Field(default=15, ge=2, le=1000, strict=True)
    """Number of bins for the expected calibration error."""
    depth: int = Field(default=2, ge=1, le=4, strict=True)
    """Splits of the tree from its root to a slice that is discovered."""


class Whole(Strict):
    """A number on all rows, beside those of the slices."""

    value: float
    ci_low: float | None
    ci_high: float | None
    """Its 95 % interval; null where it has none."""


class SliceEntry(Strict):
    """A slice as it was measured for a head."""

    name: str
    """Name of the slice."""
    subject: Subject
    """``slice:NAME``, within the head if the model has several."""
    n: int
    """Number of rows in it."""
    tested: bool
    """Whether it has enough rows, and what is counted in them, to be measured and tested."""
    found: bool
    """Whether it was discovered; its rows are then those of the half that it is judged on."""


class HeadSlices(Strict):
    """The slices of a head of a model."""

    model: str
    subject: Subject | None
    """``head:NAME`` where the model has several outputs."""
    score: str
    """Name of the metric that the slices are ranked by: ``accuracy``, ``mae``, ``micro_f1``, ``mean_iou`` or ``token_accuracy``."""
    overall: Whole | None
    """The same on all rows; null where it does not exist."""
    difference: Whole | None
    """The candidate's minus the baseline's on all rows; null for other models."""
    n: int
    """Number of all rows."""
    slices: tuple[SliceEntry, ...]


class Search(Strict):
    """How slices were discovered for the heads of one name."""

    subject: Subject | None
    columns: tuple[str, ...]
    model: str | None
    """The model whose errors were searched; null for the mean over all models."""
    searched: int
    judged: int
    """Rows in which slices were searched, and on which they are judged."""
    found: tuple[str, ...]
    """Names of the slices."""


class Definition(Strict):
    """A slice of the spec, the same for all models."""

    name: str
    n: int
    """Number of rows in it."""
    missing: int
    """Rows in none of the slices of its entry, because a column has no value there."""


class SlicesResult(SectionResult):
    """Result of the slices section."""

    split: str
    n: int
    definitions: tuple[Definition, ...]
    heads: tuple[HeadSlices, ...]
    searches: tuple[Search, ...]
    pair: tuple[str, str] | None
    """Candidate and baseline, which are compared in every slice."""
    options: SlicesOptions


ROWS = of_slice(
    "rows",
    "Rows",
    "count",
    None,
    "Number of evaluated rows in a slice; images or sequences of which a position counts.",
    "count",
)

ACCURACY = of_slice(
    "accuracy",
    "Accuracy",
    "fraction",
    True,
    "Share of the rows of a slice that are predicted correctly.",
    "Wilson (1927) for the interval",
    "accuracy_difference",
)
BALANCED_ACCURACY = of_slice(
    "balanced_accuracy",
    "Balanced accuracy",
    "fraction",
    True,
    "Mean recall of the classes that occur in a slice.",
    "Brodersen et al. (2010)",
)
MACRO_F1 = of_slice(
    "macro_f1",
    "Macro F1",
    "fraction",
    True,
    "Mean F1 of the classes that occur in a slice or are predicted there; of tokens or labels over all of its rows.",
    "van Rijsbergen (1979)",
)
NLL = of_slice(
    "nll",
    "NLL",
    "nats",
    False,
    "Mean negative log-likelihood of the true class on the rows of a slice, or of their known labels, pixels or tokens.",
    HALL,
    "nll_difference",
)
BRIER = of_slice(
    "brier_score",
    "Brier score",
    "",
    False,
    "Mean squared error of the probabilities on the rows of a slice: of the positive class for binary and multilabel heads, summed over the classes for multiclass heads.",
    f"Brier (1950); {HALL}",
    "brier_difference",
)
ROC_AUC = of_slice(
    "roc_auc",
    "ROC AUC",
    "fraction",
    True,
    "Area under the ROC curve on the rows of a slice; macro one-vs-rest for multiclass heads.",
    "DeLong et al. (1988) for the interval",
)
AVERAGE_PRECISION = of_slice(
    "average_precision",
    "Average precision",
    "fraction",
    True,
    "Area under the precision-recall curve on the rows of a slice as a step function; macro one-vs-rest for multiclass heads.",
    "infinitesimal jackknife (Efron 1982) on the logit scale",
)
ECE = of_slice(
    "ece",
    "ECE",
    "fraction",
    False,
    "Expected calibration error on the rows of a slice; compare it with the expected ECE, because few rows alone make it large.",
    "Naeini et al. (2015), Guo et al. (2017)",
)
ECE_NULL = of_slice(
    "ece_null",
    "Expected ECE",
    "fraction",
    None,
    "Mean ECE of perfectly calibrated models with the same confidences on the rows of a slice, and the range of 95 % of them.",
    "seeded draws",
)
DEBIASED = of_slice(
    "debiased_calibration_error",
    "Debiased error",
    "fraction",
    False,
    "Root mean squared calibration error on the rows of a slice without the part that few rows cause.",
    "Bröcker (2012), Kumar et al. (2019)",
)
GAP = of_slice(
    "calibration_gap",
    "Confidence minus accuracy",
    "signed fraction",
    None,
    "Mean confidence minus accuracy on the rows of a slice, in points: above 0 the model is over-confident there.",
    "Zou & Donner (2008) for the interval",
)
GAP_P, GAP_P_HOLM = with_adjusted(
    "calibration_gap_p",
    "Gap p",
    "Two-sided p-value of confidence equal to accuracy on the rows of a slice.",
    "Hong (2013)",
)
TOP_K_ACCURACY = of_slice(
    "top_k_accuracy",
    "Top-k accuracy",
    "fraction",
    True,
    "Share of the rows of a slice whose label is among the k most probable classes; k is 5, or 3 with fewer than ten classes.",
    "convention; Wilson (1927) for the interval",
)
CLASS_MAE = of_slice(
    "class_mae",
    "MAE in classes",
    "",
    False,
    "By how many classes the prediction is off on average on the rows of a slice, where the classes have an order.",
    HALL,
    "class_mae_difference",
)
KAPPA = of_slice(
    "quadratic_kappa",
    "Quadratic kappa",
    "",
    True,
    "Cohen's kappa with quadratic weights on the rows of a slice, where the classes have an order; chance is that of the frequencies in the slice.",
    "Cohen (1968); Fleiss, Cohen & Everitt (1969), on the scale of Fisher's z",
    "quadratic_kappa_difference",
)
ACCURACY_FROM_REST = of_slice(
    "accuracy_from_rest",
    "Difference from the rest",
    "signed fraction",
    True,
    "Accuracy in a slice minus that on all other rows, in points.",
    "Newcombe (1998), independent samples",
)

MAE = of_slice(
    "mae",
    "MAE",
    "",
    False,
    "Mean absolute error on the rows of a slice, in the unit of the label.",
    HALL,
    "mae_difference",
)
BIAS = of_slice(
    "bias",
    "Bias",
    "",
    None,
    "Mean of prediction minus label on the rows of a slice, in the unit of the label.",
    HALL,
)
RMSE = of_slice(
    "rmse",
    "RMSE",
    "",
    False,
    "Root mean squared error on the rows of a slice, in the unit of the label.",
    "root of the interval of the mean squared error",
    "mse_difference",
)
MEDIAN_AE = of_slice(
    "median_absolute_error",
    "Median error",
    "",
    False,
    "Median absolute error on the rows of a slice, in the unit of the label.",
    "order statistics for the interval",
)
R_SQUARED = of_slice(
    "r_squared",
    "R²",
    "",
    True,
    "1 - mean squared error / variance of the labels, both on the rows of a slice.",
    "Wilks (2011)",
)
GROWTH = of_slice(
    "error_growth",
    "Error growth",
    "",
    None,
    "Rank correlation of absolute error and prediction on the rows of a slice: above 0 the errors are larger where the prediction is.",
    "Spearman (1904); Bonett & Wright (2000) for the interval",
)
MAE_FROM_REST = of_slice(
    "mae_from_rest",
    "Difference from the rest",
    "",
    False,
    "MAE in a slice minus that on all other rows, in the unit of the label.",
    "Zou & Donner (2008)",
)

REST_P, REST_P_HOLM = with_adjusted(
    "rest_p",
    "p",
    "Two-sided p-value of a slice with the same accuracy, MAE, micro F1, mean IoU or token accuracy as the other rows.",
    "Fisher (1935) for accuracy; permutation test and Welch (1947) for the others, linearized where they are ratios; Student's t in groups",
)
ACCURACY_DIFFERENCE = of_slice(
    "accuracy_difference",
    "Accuracy difference",
    "signed fraction",
    True,
    "Accuracy of the candidate minus that of its baseline on the same rows of a slice, in points.",
    "Newcombe (1998), method 10",
)
NLL_DIFFERENCE = of_slice(
    "nll_difference",
    "NLL difference",
    "nats",
    False,
    "Mean paired difference in negative log-likelihood on the rows of a slice: candidate minus baseline.",
    "paired mean; Hall (1992) for the interval",
)
MAE_DIFFERENCE = of_slice(
    "mae_difference",
    "MAE difference",
    "",
    False,
    "Mean paired difference in absolute error on the rows of a slice: candidate minus baseline.",
    "paired mean; Hall (1992) for the interval",
)
BRIER_DIFFERENCE = paired("brier", "Brier score", "", higher_is_better=False)
CLASS_MAE_DIFFERENCE = paired("class_mae", "MAE in classes", "", higher_is_better=False)
KAPPA_DIFFERENCE = paired(
    "quadratic_kappa", "Quadratic kappa", "", higher_is_better=True, source="paired, delta method"
)
MSE_DIFFERENCE = paired("mse", "MSE", "", higher_is_better=False)
DIFFERENCE_P, DIFFERENCE_P_HOLM = with_adjusted(
    "difference_p",
    "Difference p",
    "Two-sided p-value of candidate and baseline alike on the rows of a slice: McNemar's test of their accuracies, or Student's t, paired, of the other scores.",
    "McNemar (1947), Hall (1992)",
)

ORDERED = (CLASS_MAE, KAPPA)
"""Where the classes have an order."""
CALIBRATION = (ECE, ECE_NULL, DEBIASED, GAP)
ERRORS = (BIAS, RMSE, MEDIAN_AE)
