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
    """Lower end of the 95 % range expected of a calibrated model."""
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
    "Probability that a calibrated model with the same forecasts has an ECE at least as large.",
    "normal approximation of bin residuals, 2,000 draws",
)
ECE_NULL = MetricSpec(
    "ece_null",
    "ECE if calibrated",
    "fraction",
    None,
    "Mean ECE expected of a calibrated model with the same forecasts, with the 95 % range.",
    "normal approximation of bin residuals, closed form",
)
DEBIASED = MetricSpec(
    "debiased_calibration_error",
    "Debiased error",
    "fraction",
    False,
    "Square root of the unbiased squared (L2) calibration error over equal-mass bins, cut off at 0: unlike ECE, it is not inflated by sampling noise, and it has a valid interval.",
    "Bröcker (2012), Kumar et al. (2019), Lee et al. (2023)",
)
SMECE = MetricSpec(
    "smece",
    "smECE",
    "fraction",
    False,
    "Smooth calibration error: kernel-smoothed residuals instead of bins, with a bandwidth equal to the error itself.",
    "Błasiok & Nakkiran (2023)",
)
MCE = MetricSpec(
    "mce",
    "MCE",
    "fraction",
    False,
    "Maximum calibration error: largest gap between forecast and observed frequency over equal-width bins with at least 30 examples.",
    "Naeini et al. (2015); the minimum bin size is a convention",
)
GAP = MetricSpec(
    "calibration_gap",
    "Calibration gap",
    "signed fraction",
    None,
    "Mean forecast minus observed frequency, in points: above 0 the model is over-confident, below 0 under-confident.",
    "paired mean ± 1.96 SE",
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
    "Guo et al. (2017); sandwich standard error",
)
TEMPERATURE_GAIN = MetricSpec(
    "temperature_nll_gain",
    "NLL gain",
    "nats",
    None,
    "NLL before minus NLL after temperature scaling, on held-out folds (5-fold cross-fitting).",
    "Guo et al. (2017), cross-fitted",
)
TEMPERATURE_ECE = MetricSpec(
    "ece_after_temperature",
    "ECE after scaling",
    "fraction",
    False,
    "ECE after temperature scaling, on held-out folds.",
    "Guo et al. (2017), cross-fitted",
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
    "z-test under calibration",
    "class",
)
CLASS_BIAS_P = MetricSpec(
    "class_bias_p",
    "Class bias p",
    "p-value",
    None,
    "Two-sided p-value of the class bias, adjusted for the number of classes in the head.",
    "Benjamini & Hochberg (1995)",
    "class",
)

ERRORS = (ECE, ECE_NULL, ECE_P)
FURTHER_ERRORS = (DEBIASED, SMECE, MCE, GAP)
UNCERTAINTY = (BRIER, MEAN_CONFIDENCE, MEAN_ENTROPY)
RESCALING = (TEMPERATURE, TEMPERATURE_GAIN, TEMPERATURE_ECE)
WHOLE = (*ERRORS, *FURTHER_ERRORS, *UNCERTAINTY, *RESCALING)
PER_CLASS = (CLASS_ECE, CLASS_BIAS, CLASS_BIAS_P)
