"""Options and result of the calibration section, and the metrics that it declares."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.sections.calibration.distributions.schema import DistributionsResult

WANTED_ACCURACY = 0.99
"""The accuracy that a threshold of the confidence must reach. Convention."""


class CalibrationOptions(Strict):
    """Options of the calibration section."""

    bins: int = Field(default=15, ge=2, le=200)
    """Number of bins for the calibration errors; 15 is common in the literature. Pixels and tokens always have 15."""
    violin_points: int = Field(default=80, ge=20, le=500)
    """Number of points at which the densities of the confidence are drawn."""


class ReliabilityPoint(Strict):
    """A bin of the reliability diagram; bins without examples are omitted."""

    n: int
    forecast: float
    """Mean forecast in the bin."""
    frequency: float
    """Observed frequency of the outcome."""
    low: float | None
    """Lower end of the 95 % Wilson interval of the frequency; null where the bin has too few groups of rows."""
    high: float | None
    """Upper end."""
    band_low: float | None
    """Lower end of the range expected of a calibrated model: all of its points are in their ranges in 95 % of cases; null likewise."""
    band_high: float | None
    """Upper end."""

    @property
    def outside(self) -> bool:
        """Whether the frequency is outside the range of a calibrated model; not where that is unknown."""
        if self.band_low is None or self.band_high is None:
            return False
        return not self.band_low <= self.frequency <= self.band_high


class ErrorBand(Strict):
    """Errors among the rows whose confidence is in a band; bands without rows are omitted."""

    low: float
    """Lower end of the band; rows on it belong to the band."""
    high: float
    """Upper end."""
    n: int
    errors: int
    """Wrong predictions."""
    expected: float
    """Errors that the confidence implies: the sum of 1 - confidence."""
    range_low: float | None
    """Fewest errors expected of a calibrated model: all of its bands are in their ranges in 95 % of cases; null with too few groups."""
    range_high: float | None
    """Most."""


class Confidences(Strict):
    """The confidence of the right or of the wrong predictions."""

    n: int
    quartiles: tuple[float, float, float] | None
    """25 %, 50 % and 75 % quantiles; null without a prediction."""
    grid: tuple[float, ...]
    """Points on the scale of -log10(1 - confidence), to 0.5 beyond the highest one, 6 at most; empty below 30 predictions."""
    density: tuple[float, ...]
    """Density at these points: a kernel estimate reflected at both ends. A confidence above 99.9999 % counts as this much."""
    values: tuple[float, ...]
    """The confidence of every prediction where there are fewer than 30, increasing."""


class ConfidenceEntropy(Strict):
    """Two-dimensional histogram of confidence and entropy."""

    confidence_edges: tuple[float, ...]
    entropy_edges: tuple[float, ...]
    """Nats."""
    counts: tuple[tuple[int, ...], ...]
    """Rows are entropy bins, columns are confidence bins."""


class Refusal(Strict):
    """What is left where the model refuses the rows that it is least sure of."""

    refused: tuple[float, ...]
    """Share of the rows that are refused, increasing from 0."""
    risk: tuple[float, ...]
    """Error rate among the others."""


class BrierScore(Strict):
    """Mean Brier score with its 95 % interval, defined as in the performance section."""

    value: float
    low: float | None
    high: float | None


class HeadCalibration(Strict):
    """Data for the figures and tables of one head."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several heads."""
    task: str
    class_names: tuple[str, ...]
    n: int
    notion: str
    """What is calibrated: the ``confidence`` against accuracy, or the probability of the ``positive class`` against its frequency."""
    curve: tuple[ReliabilityPoint, ...]
    """Reliability diagram, in the bins of the ECE; in files of 0.1.0 in bins with equal numbers of examples."""
    bands: tuple[ErrorBand, ...] = ()
    """Errors by confidence, increasing; empty in files of 0.1.0."""
    right: Confidences | None = None
    """The confidence of the right predictions; null in files of 0.1.0."""
    wrong: Confidences | None = None
    """That of the wrong ones."""
    landscape: ConfidenceEntropy
    brier: BrierScore
    refusal: Refusal | None = None
    """Null in files of 0.1.0."""

    @model_validator(mode="before")
    @classmethod
    def _without_the_former_density(cls, raw: Any) -> Any:
        """Leave out the density of all confidences in files of 0.1.0."""
        return {key: raw[key] for key in raw if key != "density"} if isinstance(raw, dict) else raw


class ClassCurve(Strict):
    """The reliability diagram of a class of a multilabel head."""

    name: str
    curve: tuple[ReliabilityPoint, ...]
    """In the bins of its ECE."""


class MultilabelCalibration(Strict):
    """Data for the figures and tables of a multilabel head."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several heads."""
    n: int
    class_names: tuple[str, ...]
    """The classes of which labels are known."""
    curves: tuple[ClassCurve, ...]
    """Of the classes that are least calibrated, by p-value and ECE."""


class PositionsCalibration(Strict):
    """Data for the figures and tables of a segmentation or sequence labeling head."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several heads."""
    task: str
    n: int
    """Images or sequences of which a position counts."""
    positions: int
    """Pixels or tokens that count."""
    curve: tuple[ReliabilityPoint, ...]
    """Reliability diagram of the predicted class, in the bins of the ECE; ``n`` is pixels or tokens, the intervals are over images or sequences."""


class CalibrationResult(DistributionsResult):
    """Result of the calibration section."""

    split: str
    n: int
    heads: tuple[HeadCalibration, ...]
    multilabel: tuple[MultilabelCalibration, ...] = ()
    positions: tuple[PositionsCalibration, ...] = ()
    options: CalibrationOptions


_FORECAST = "the confidence (highest probability) in multiclass heads and of each pixel or token, the probability of the positive class in binary heads"

ECE = MetricSpec(
    "ece",
    "ECE",
    "fraction",
    False,
    f"Expected calibration error: mean absolute gap between forecast and observed frequency over equal-width bins; the forecast is {_FORECAST}. It is above 0 even for a calibrated model: compare it with the ECE expected of one.",
    "Naeini et al. (2015), Guo et al. (2017)",
)
ECE_P = MetricSpec(
    "ece_p",
    "ECE p",
    "p-value",
    None,
    "Probability that a calibrated model with the same forecasts has an ECE at least as large; not adjusted for other tests.",
    "binomial or normal bin residuals, 10,000 draws",
)
CALIBRATION_P = MetricSpec(
    "calibration_p",
    "Calibration p",
    "p-value",
    None,
    "Whether the model is calibrated, as one p-value: the smaller of ECE p and gap p, adjusted for these two tests and for all models of the report; in multilabel heads the smallest of all classes, adjusted for their number too.",
    "Bonferroni, Holm (1979)",
)
ECE_NULL = MetricSpec(
    "ece_null",
    "ECE if calibrated",
    "fraction",
    None,
    "Mean ECE expected of a calibrated model with the same forecasts; 95 % of such models are at or below the upper end of the range.",
    "binomial or normal bin residuals, 10,000 draws",
)
DEBIASED = MetricSpec(
    "debiased_calibration_error",
    "Debiased error",
    "fraction",
    False,
    "Square root of the unbiased squared (L2) calibration error over equal-mass bins that are cut again at equal widths, cut off at 0: unlike ECE, it is not inflated by sampling noise. Its interval is for the binned error: errors that cancel within a bin are not in it.",
    "Bröcker (2012), Kumar et al. (2019), Lee et al. (2023)",
)
SMECE = MetricSpec(
    "smece",
    "smECE",
    "fraction",
    False,
    "Smooth calibration error: kernel-smoothed residuals instead of bins, with a bandwidth equal to the error itself. Like ECE it is above 0 even for a calibrated model, so it has no interval: compare it with the smECE expected of one.",
    "Błasiok & Nakkiran (2023)",
)
SMECE_NULL = MetricSpec(
    "smece_null",
    "smECE if calibrated",
    "fraction",
    None,
    "Mean smECE expected of a calibrated model with the same forecasts; about 95 % of such models are at or below the upper end of the range.",
    "binomial outcomes on a grid of forecasts, 399 draws",
)
MCE = MetricSpec(
    "mce",
    "MCE",
    "fraction",
    False,
    "Maximum calibration error: largest gap between forecast and observed frequency in a bin of the ECE, however few examples it has. Compare it with the MCE expected of a calibrated model.",
    "Naeini et al. (2015)",
)
MCE_NULL = MetricSpec(
    "mce_null",
    "MCE if calibrated",
    "fraction",
    None,
    "Mean MCE expected of a calibrated model with the same forecasts; 95 % of such models are at or below the upper end of the range.",
    "binomial or normal bin residuals, 10,000 draws",
)
GAP = MetricSpec(
    "calibration_gap",
    "Calibration gap",
    "signed fraction",
    None,
    "Mean confidence of the predicted class minus accuracy, in points, for binary heads too: above 0 the model is over-confident, below 0 under-confident.",
    "interval: Zou & Donner (2008) with Wilson's for the accuracy",
)
GAP_P = MetricSpec(
    "calibration_gap_p",
    "Gap p",
    "p-value",
    None,
    "Two-sided p-value of the number of correct predictions if the confidence is right; not adjusted for other tests.",
    "Poisson binomial distribution, Hong (2013)",
)
POSITIVE_BIAS = MetricSpec(
    "positive_class_bias",
    "Positive class bias",
    "signed fraction",
    None,
    "In binary heads, mean probability of the positive class minus its frequency, in points: above 0 the model overstates the class. It says nothing about over-confidence.",
    "interval: Zou & Donner (2008) with Wilson's for the frequency",
)
BRIER = MetricSpec(
    "brier_score",
    "Brier score",
    "",
    False,
    "Mean squared error of the probabilities: summed over classes for multiclass heads (0 to 2), for the positive class in binary heads (0 to 1), the mean over classes for multilabel heads (0 to 1); of a pixel or token as in multiclass or binary heads.",
    "Brier (1950)",
)
MEAN_CONFIDENCE = MetricSpec(
    "mean_confidence",
    "Mean confidence",
    "fraction",
    None,
    "Mean of the highest probability; in binary heads, of max(p, 1 - p); over the pixels or tokens of all images or sequences.",
    "Guo et al. (2017)",
)
MEAN_ENTROPY = MetricSpec(
    "mean_entropy",
    "Mean entropy",
    "nats",
    None,
    "Mean entropy of the predicted distribution, at most ln(number of classes).",
    "Shannon (1948)",
)
AURC = MetricSpec(
    "aurc",
    "AURC",
    "fraction",
    False,
    "Area under the risk-coverage curve: the mean error rate of the rows that are kept, over all numbers of rows kept, the most confident first. 0 % without errors; as large as the error rate if the confidence does not tell right from wrong.",
    "Geifman & El-Yaniv (2017); interval from influence values, Hall (1992)",
)
_KEPT = "Its interval is for the accuracy on other rows above the same confidence."
ACCURACY_AT_80 = MetricSpec(
    "accuracy_at_80",
    "Accuracy, 80 % kept",
    "fraction",
    True,
    f"Accuracy on the 80 % of rows with the highest confidence. {_KEPT}",
    "El-Yaniv & Wiener (2010); Wilson (1927) for the interval",
)
ACCURACY_AT_90 = MetricSpec(
    "accuracy_at_90",
    "Accuracy, 90 % kept",
    "fraction",
    True,
    f"Accuracy on the 90 % of rows with the highest confidence. {_KEPT}",
    "El-Yaniv & Wiener (2010); Wilson (1927) for the interval",
)
ACCURACY_AT_95 = MetricSpec(
    "accuracy_at_95",
    "Accuracy, 95 % kept",
    "fraction",
    True,
    f"Accuracy on the 95 % of rows with the highest confidence. {_KEPT}",
    "El-Yaniv & Wiener (2010); Wilson (1927) for the interval",
)
CONFIDENCE_FOR_99 = MetricSpec(
    "confidence_for_99",
    "Confidence for 99 %",
    "fraction",
    None,
    "Lowest confidence at which the rows with at least this confidence are 99 % right; only thresholds that keep at least 100 rows count. It is chosen on these rows, so confirm it on others.",
    "convention",
)
KEPT_AT_99 = MetricSpec(
    "kept_at_99",
    "Kept at 99 %",
    "fraction",
    True,
    "Share of rows with at least the confidence at which the model is 99 % right.",
    "convention",
)
TEMPERATURE = MetricSpec(
    "temperature",
    "Temperature",
    "",
    None,
    "Divisor of the logits that minimizes the NLL: above 1 the model is over-confident, below 1 under-confident.",
    "Guo et al. (2017); sandwich standard error of its logarithm",
)
TEMPERATURE_GAIN = MetricSpec(
    "temperature_nll_gain",
    "NLL gain",
    "nats",
    None,
    "NLL before minus NLL after temperature scaling, on held-out folds (5-fold cross-fitting). The interval accounts for the temperature being fitted.",
    "Guo et al. (2017), cross-fitted; interval from that of the temperature",
)
TEMPERATURE_ECE = MetricSpec(
    "ece_after_temperature",
    "ECE after scaling",
    "fraction",
    False,
    "ECE after temperature scaling, on held-out folds.",
    "Guo et al. (2017), cross-fitted",
)
TEMPERATURE_ECE_NULL = MetricSpec(
    "ece_after_temperature_null",
    "ECE after scaling if calibrated",
    "fraction",
    None,
    "Mean ECE expected of a calibrated model with the rescaled forecasts; 95 % of such models are at or below the upper end of the range.",
    "binomial or normal bin residuals, 10,000 draws",
)
CLASS_ECE = MetricSpec(
    "class_ece",
    "Class ECE",
    "fraction",
    False,
    "ECE of the probability of a class against all others, over all examples; in multilabel heads against its absence.",
    "Kull et al. (2019)",
    "class",
)
CLASS_BIAS = MetricSpec(
    "class_bias",
    "Class bias",
    "signed fraction",
    None,
    "Mean probability of a class minus its frequency, in points: above 0 the model overstates the class. Its interval is not adjusted for the other classes, its p-value is.",
    "mean residual; interval: Zou & Donner (2008) with Wilson's for the frequency",
    "class",
)
CLASS_BIAS_P = MetricSpec(
    "class_bias_p",
    "Class bias p",
    "p-value",
    None,
    "Two-sided p-value of the class bias, adjusted for all classes of all models of the report: of the classes below 0.05, at most 5 % are expected to be unbiased.",
    "Poisson binomial distribution, Hong (2013); Benjamini & Hochberg (1995)",
    "class",
)

CLASS_ECE_NULL = MetricSpec(
    "class_ece_null",
    "Class ECE if calibrated",
    "fraction",
    None,
    "Mean ECE of a class expected of a calibrated model with the same forecasts; 95 % of such models are at or below the upper end of the range.",
    "binomial or normal bin residuals, 10,000 draws",
    "class",
)
CLASS_DEBIASED = MetricSpec(
    "class_debiased_error",
    "Class debiased error",
    "fraction",
    False,
    "Debiased (L2) calibration error of the probability of a class of a multilabel head: unlike its ECE, it is not inflated by sampling noise.",
    "Bröcker (2012), Kumar et al. (2019), Lee et al. (2023)",
    "class",
)
CLASS_CALIBRATION_P = MetricSpec(
    "class_calibration_p",
    "Class calibration p",
    "p-value",
    None,
    "Whether the probability of a class of a multilabel head is calibrated: the smaller p-value of its ECE and its bias, adjusted for these two tests and for all classes of all models: of the classes below 0.05, at most 5 % are expected to be calibrated.",
    "Bonferroni, Benjamini & Hochberg (1995)",
    "class",
)
MEAN_CLASS_ECE = MetricSpec(
    "mean_class_ece",
    "Mean class ECE",
    "fraction",
    False,
    "Mean ECE over the classes of a multilabel head. It is above 0 for a calibrated model too: compare each class with its ECE if calibrated.",
    "Kull et al. (2019)",
)
LARGEST_CLASS_ECE = MetricSpec(
    "largest_class_ece",
    "Largest class ECE",
    "fraction",
    False,
    "ECE of the class of a multilabel head for which it is largest: a mean over classes hides it.",
    "Kull et al. (2019)",
)

ERRORS = (ECE, ECE_NULL, ECE_P, CALIBRATION_P)
FURTHER_ERRORS = (DEBIASED, SMECE, SMECE_NULL, MCE, MCE_NULL)
DIRECTION = (GAP, GAP_P, POSITIVE_BIAS)
UNCERTAINTY = (BRIER, MEAN_CONFIDENCE, MEAN_ENTROPY)
RESCALING = (TEMPERATURE, TEMPERATURE_GAIN, TEMPERATURE_ECE, TEMPERATURE_ECE_NULL)
COVERAGE = ((0.8, ACCURACY_AT_80), (0.9, ACCURACY_AT_90), (0.95, ACCURACY_AT_95))
"""Shares of rows that are kept, each with the accuracy on them."""
REFUSING = (AURC, *(spec for _, spec in COVERAGE), CONFIDENCE_FOR_99, KEPT_AT_99)
WHOLE = (*ERRORS, *FURTHER_ERRORS, *DIRECTION, *UNCERTAINTY, *REFUSING, *RESCALING)
PER_CLASS = (CLASS_ECE, CLASS_BIAS, CLASS_BIAS_P)
MULTILABEL = (LARGEST_CLASS_ECE, MEAN_CLASS_ECE)
"""Of whole multilabel heads, besides Brier score and calibration p."""
POSITIONS = (ECE, ECE_NULL, ECE_P, CALIBRATION_P, DEBIASED, MCE, MCE_NULL, GAP, GAP_P, BRIER, MEAN_CONFIDENCE)
"""Of whole segmentation and sequence labeling heads."""
OF_LABELS = (CLASS_ECE, CLASS_ECE_NULL, CLASS_CALIBRATION_P, CLASS_DEBIASED, CLASS_BIAS, CLASS_BIAS_P)
"""Of the classes of multilabel heads."""
