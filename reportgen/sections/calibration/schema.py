"""Options and result of the calibration section, and the metrics that it declares."""

from __future__ import annotations

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.numbers import MetricSpec
from reportgen.contract.result import SectionResult


class CalibrationOptions(Strict):
    """Options of the calibration section."""

    bins: int = Field(default=15, ge=2, le=200)
    """Number of bins of the calibration errors; 15 is what the literature compares with."""
    violin_points: int = Field(default=80, ge=20, le=500)
    """Points at which the density of the confidence is drawn."""


class ReliabilityPoint(Strict):
    """A bin of the reliability diagram; bins without examples are not there."""

    n: int
    forecast: float
    """Mean forecast in the bin."""
    frequency: float
    """How often the forecast came true."""
    low: float
    """Lower end of Wilson's 95 % interval of the frequency."""
    high: float
    """Upper end."""
    band_low: float
    """Lower end of where a calibrated model's frequency would fall."""
    band_high: float
    """Upper end."""


class ConfidenceDensity(Strict):
    """How the confidence is distributed."""

    grid: tuple[float, ...]
    """Confidence, rising."""
    density: tuple[float, ...]
    """Density at the grid, kernel estimate reflected at the ends of the range."""
    quartiles: tuple[float, float, float]
    """25, 50 and 75 % quantile."""


class ConfidenceEntropy(Strict):
    """How many examples fall into cells of confidence and entropy."""

    confidence_edges: tuple[float, ...]
    entropy_edges: tuple[float, ...]
    """Nats."""
    counts: tuple[tuple[int, ...], ...]
    """Rows are cells of entropy, columns are cells of confidence."""


class BrierScore(Strict):
    """Mean Brier score with its 95 % interval, by the convention of the performance section."""

    value: float
    low: float | None
    high: float | None


class HeadCalibration(Strict):
    """What the figures and tables of one head show."""

    model: str
    subject: str | None
    """``head:NAME`` where the model has several heads."""
    task: str
    class_names: tuple[str, ...]
    n: int
    notion: str
    """What is compared: ``confidence`` with being right, or the ``positive class`` with its occurrence."""
    curve: tuple[ReliabilityPoint, ...]
    """Reliability diagram with bins of equal mass."""
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
    "the confidence (highest probability) for multiclass heads, the probability of the positive class for binary ones"
)

ECE = MetricSpec(
    "ece",
    "ECE",
    "fraction",
    False,
    f"Expected calibration error: mean gap between forecast and frequency over bins of equal width; the forecast is {_FORECAST}. It is above 0 even for a calibrated model, so it is read against its null band.",
    "Naeini et al. (2015), Guo et al. (2017)",
)
ECE_P = MetricSpec(
    "ece_p",
    "ECE p",
    "p-value",
    None,
    "How often a calibrated model with the same forecasts would show an ECE at least as large.",
    "normal approximation of the bin residuals, 2,000 draws",
)
ECE_NULL = MetricSpec(
    "ece_null",
    "ECE if calibrated",
    "fraction",
    None,
    "Mean ECE of a calibrated model with the same forecasts; the interval is the 95 % band of its ECE.",
    "normal approximation of the bin residuals, closed form",
)
DEBIASED = MetricSpec(
    "debiased_calibration_error",
    "Debiased error",
    "fraction",
    False,
    "Root of the unbiased squared calibration error over bins of equal mass (L2), cut at 0: unlike ECE it does not grow with noise, and it has a valid interval.",
    "Bröcker (2012), Kumar et al. (2019), Lee et al. (2023)",
)
SMECE = MetricSpec(
    "smece",
    "smECE",
    "fraction",
    False,
    "Smooth calibration error: residuals smoothed with the bandwidth that equals the error itself; no bins.",
    "Błasiok & Nakkiran (2023)",
)
MCE = MetricSpec(
    "mce",
    "MCE",
    "fraction",
    False,
    "Largest gap between forecast and frequency over bins of equal width with at least 30 examples.",
    "Naeini et al. (2015); the least size is a convention",
)
GAP = MetricSpec(
    "calibration_gap",
    "Calibration gap",
    "signed fraction",
    None,
    "Mean forecast minus frequency: above 0 the model is over-confident, below 0 under-confident.",
    "paired mean ± 1.96 SE",
)
BRIER = MetricSpec(
    "brier_score",
    "Brier score",
    "",
    False,
    "Mean squared error of the probabilities: summed over the classes for multiclass heads (0 to 2), of the positive class for binary ones (0 to 1).",
    "Brier (1950)",
)
MEAN_CONFIDENCE = MetricSpec(
    "mean_confidence",
    "Mean confidence",
    "fraction",
    None,
    "Mean of the highest probability; for binary heads of max(p, 1 - p).",
    "Guo et al. (2017)",
)
MEAN_ENTROPY = MetricSpec(
    "mean_entropy",
    "Mean entropy",
    "nats",
    None,
    "Mean entropy of the predicted distribution; at most ln(number of classes).",
    "Shannon (1948)",
)
TEMPERATURE = MetricSpec(
    "temperature",
    "Temperature",
    "",
    None,
    "The number by which dividing the logits makes the NLL smallest: above 1 the model is over-confident, below 1 under-confident.",
    "Guo et al. (2017); sandwich standard error",
)
TEMPERATURE_GAIN = MetricSpec(
    "temperature_nll_gain",
    "NLL gain by temperature",
    "nats",
    None,
    "NLL before minus NLL after temperature scaling, on rows that the temperature was not fitted on (5 folds).",
    "Guo et al. (2017), cross-fitted",
)
TEMPERATURE_ECE = MetricSpec(
    "ece_after_temperature",
    "ECE after temperature",
    "fraction",
    False,
    "ECE after cross-fitted temperature scaling.",
    "Guo et al. (2017), cross-fitted",
)
CLASS_ECE = MetricSpec(
    "class_ece",
    "Class ECE",
    "fraction",
    False,
    "ECE of the probability of one class against the rest, never conditioned on the true class.",
    "Kull et al. (2019)",
    "class",
)
CLASS_BIAS = MetricSpec(
    "class_bias",
    "Class bias",
    "signed fraction",
    None,
    "Mean probability of a class minus its frequency; above 0 the class is predicted too readily.",
    "z-test under calibration",
    "class",
)
CLASS_BIAS_P = MetricSpec(
    "class_bias_p",
    "Class bias p",
    "p-value",
    None,
    "Two-sided p-value of the class bias, adjusted over the classes of the head.",
    "Benjamini & Hochberg (1995)",
    "class",
)

ERRORS = (ECE, ECE_NULL, ECE_P)
FURTHER_ERRORS = (DEBIASED, SMECE, MCE, GAP)
UNCERTAINTY = (BRIER, MEAN_CONFIDENCE, MEAN_ENTROPY)
RESCALING = (TEMPERATURE, TEMPERATURE_GAIN, TEMPERATURE_ECE)
WHOLE = (*ERRORS, *FURTHER_ERRORS, *UNCERTAINTY, *RESCALING)
PER_CLASS = (CLASS_ECE, CLASS_BIAS, CLASS_BIAS_P)
