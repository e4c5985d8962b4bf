"""Options and result of the calibration section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class CalibrationOptions(Strict):
    """Options of the calibration section."""

    bins: int = Field(default=15, ge=2, le=200)
    """Number of bins for the calibration errors; 15 is common in the literature."""
    violin_points: int = Field(default=80, ge=20, le=500)
    """Number of points at which the density of the confidence is drawn."""


class ReliabilityPoint(Strict):
    """A bin of the reliability diagram; bins without examples are omitted."""

    n: int
    forecast: float
    """Mean forecast in the bin."""
    frequency: float
    """Observed frequency of the outcome."""
    low: float
    """Lower end of the 95 % Wilson interval of the frequency."""
    high: float
    """Upper end."""
    band_low: float
    """Lower end of the range expected of a calibrated model: all of its points are in their ranges in 95 % of cases."""
    band_high: float
    """Upper end."""


class ConfidenceDensity(Strict):
    """Distribution of the confidence."""

    grid: tuple[float, ...]
    """Confidence, increasing."""
    density: tuple[float, ...]
    """Density at the grid points: a kernel estimate reflected at both ends of the range."""
    quartiles: tuple[float, float, float]
    """25 %, 50 % and 75 % quantiles."""


class ConfidenceEntropy(Strict):
    """Two-dimensional histogram of confidence and entropy."""

    confidence_edges: tuple[float, ...]
    entropy_edges: tuple[float, ...]
    """Nats."""
    counts: tuple[tuple[int, ...], ...]
    """Rows are entropy bins, columns are confidence bins."""


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
    """Reliability diagram with equal-mass bins."""
    density: ConfidenceDensity
    landscape: ConfidenceEntropy
    brier: BrierScore


class CalibrationResult(SectionResult):
    """Result of the calibration section."""

    split: str
    n: int
    heads: tuple[HeadCalibration, ...]
    options: CalibrationOptions


_FORECAST = (
    "the confidence (highest probability) in multiclass heads, the probability of the positive class in binary heads"
)

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
    "Whether the model is calibrated, as one p-value: the smaller of ECE p and gap p, adjusted for these two tests and for all models of the report.",
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
    "Mean squared error of the probabilities: summed over classes for multiclass heads (0 to 2), for the positive class in binary heads (0 to 1).",
    "Brier (1950)",
)
MEAN_CONFIDENCE = MetricSpec(
    "mean_confidence",
    "Mean confidence",
    "fraction",
    None,
    "Mean of the highest probability; in binary heads, of max(p, 1 - p).",
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
    "One-vs-rest ECE of the probability of a class, over all examples.",
    "Kull et al. (2019)",
    "class",
)
CLASS_BIAS = MetricSpec(
    "class_bias",
    "Class bias",
    "signed fraction",
    None,
    "Mean probability of a class minus its frequency, in points: above 0 the model overstates the class.",
    "mean residual",
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

ERRORS = (ECE, ECE_NULL, ECE_P, CALIBRATION_P)
FURTHER_ERRORS = (DEBIASED, SMECE, SMECE_NULL, MCE, MCE_NULL)
DIRECTION = (GAP, GAP_P, POSITIVE_BIAS)
UNCERTAINTY = (BRIER, MEAN_CONFIDENCE, MEAN_ENTROPY)
RESCALING = (TEMPERATURE, TEMPERATURE_GAIN, TEMPERATURE_ECE, TEMPERATURE_ECE_NULL)
WHOLE = (*ERRORS, *FURTHER_ERRORS, *DIRECTION, *UNCERTAINTY, *RESCALING)
PER_CLASS = (CLASS_ECE, CLASS_BIAS, CLASS_BIAS_P)
