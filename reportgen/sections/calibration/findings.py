"""Rules of the calibration section: thresholds, messages, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.numbers import Measurement
    from reportgen.sections.calibration.schema import CalibrationResult

SIGNIFICANT = 0.05
STRONG = 0.10
TYPICAL = 0.04
SMALL = 0.01
FEW_ROWS = 200


def _fraction(value: float) -> str:
    return formatting.number(value, "fraction")


def _against_null(result: CalibrationResult) -> Iterator[tuple[Measurement, float, float, str]]:
    """Yield every ECE with its value, its p-value, and what a calibrated model would show."""
    for one in result.named("ece"):
        p = result.find("ece_p", one.model, one.subject).value
        null = result.find("ece_null", one.model, one.subject)
        if one.metric.value is None or p is None or null.value is None:
            continue
        band = (
            f"{_fraction(null.value)} {formatting.interval(null)} expected of a perfectly calibrated model on "
            f"{one.metric.n:,} rows, p {formatting.p_value(p)}"
        )
        yield one, one.metric.value, p, band


def strongly_miscalibrated(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models with an ECE above 10 % that chance does not explain."""
    for one, value, p, band in _against_null(result):
        if p < SIGNIFICANT and value > STRONG:
            text = f"ECE is {_fraction(value)} ({band}): do not use its probabilities before recalibrating them."
            yield Hit(one.model, text, one.subject)


def miscalibrated(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models with an ECE above 1 % and up to 10 % that chance does not explain."""
    for one, value, p, band in _against_null(result):
        if p < SIGNIFICANT and SMALL < value <= STRONG:
            advice = (
                "as for typical uncalibrated deep networks, recalibrate before thresholds depend on its confidence"
                if value >= TYPICAL
                else "recalibrate only if decisions depend on exact probabilities"
            )
            text = f"ECE is {_fraction(value)} ({band}): {advice}."
            yield Hit(one.model, text, one.subject)


def not_detectable(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models whose ECE chance can explain."""
    for one, value, p, band in _against_null(result):
        if p >= SIGNIFICANT:
            text = f"ECE is {_fraction(value)} ({band}): this ECE alone gives no reason to recalibrate."
            yield Hit(one.model, text, one.subject)


def overconfident(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models whose mean forecast exceeds the observed frequency, beyond the interval."""
    yield from _biased(
        result, ("is right less often than it states, so discount its confidence", "overstates the positive class"), 1
    )


def underconfident(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models whose mean forecast is below the observed frequency, beyond the interval."""
    yield from _biased(
        result,
        ("is right more often than it states, so its confidence is cautious", "understates the positive class"),
        -1,
    )


def _biased(result: CalibrationResult, words: tuple[str, str], sign: int) -> Iterator[Hit]:
    for one in result.named("calibration_gap"):
        metric = one.metric
        if metric.value is None or metric.ci_low is None or metric.ci_high is None:
            continue
        if min(sign * metric.ci_low, sign * metric.ci_high) > 0:
            binary = metric.estimator == "positive class"
            gap = "Mean predicted probability minus frequency" if binary else "Mean confidence minus accuracy"
            text = f"{gap} is {formatting.points(metric)}: it {words[binary]}."
            yield Hit(one.model, text, one.subject)


def recoverable(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models that temperature scaling improves on held-out folds, beyond the interval."""
    for one in result.named("temperature_nll_gain"):
        metric = one.metric
        if metric.value is None or metric.ci_low is None or metric.ci_low <= 0:
            continue
        value = result.find("temperature", one.model, one.subject)
        before = result.find("ece", one.model, one.subject).value
        after = result.find("ece_after_temperature", one.model, one.subject).value
        if value.value is None or before is None or after is None:
            continue
        text = (
            f"Dividing the logits by T = {formatting.number(value.value, '')} lowers the NLL by "
            f"{formatting.metric(metric).text} {formatting.interval(metric)} on held-out folds; the ECE goes from "
            f"{_fraction(before)} to {_fraction(after)}. Consider it before release: no prediction changes."
        )
        yield Hit(one.model, text, one.subject)


def biased_classes(result: CalibrationResult) -> Iterator[Hit]:
    """Yield classes whose probabilities are too high or too low on average, adjusted for the number of classes."""
    for one in result.named("class_bias_p"):
        bias = result.find("class_bias", one.model, one.subject)
        if one.metric.value is None or bias.value is None or one.metric.value >= SIGNIFICANT:
            continue
        verb = "overstates" if bias.value > 0 else "understates"
        text = (
            f"Mean probability minus frequency of this class is {formatting.points(bias)} "
            f"(adjusted p {formatting.p_value(float(one.metric.value))}): the model {verb} this class. Check thresholds on its probability."
        )
        yield Hit(one.model, text, one.subject)


def few_rows(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models evaluated on too few rows to measure calibration well."""
    for head in result.heads:
        if head.n < FEW_ROWS:
            text = f"{head.n:,} rows measure calibration only roughly: compare the ECE with that expected of a calibrated model, and evaluate on more rows before relying on it."
            yield Hit(head.model, text, head.subject)


_GUO = "Guo et al. (2017), section 5"

RULES: tuple[Rule[CalibrationResult], ...] = (
    Rule("CAL101", "problem", "Strongly miscalibrated", _GUO, strongly_miscalibrated),
    Rule("CAL102", "warning", "Miscalibrated", _GUO, miscalibrated),
    Rule("CAL103", "note", "No miscalibration detected", "p-value threshold of 0.05, convention", not_detectable),
    Rule("CAL201", "warning", "Over-confident", "Van Calster et al. (2016)", overconfident),
    Rule("CAL202", "note", "Under-confident", "Van Calster et al. (2016)", underconfident),
    Rule("CAL301", "note", "Temperature scaling would help", "Guo et al. (2017)", recoverable),
    Rule(
        "CAL401",
        "note",
        "Class probability biased",
        "z-test, Benjamini & Hochberg (1995)",
        biased_classes,
    ),
    Rule(
        "CAL501",
        "note",
        "Few rows for calibration",
        "convention; in simulations intervals are wide below 200 rows",
        few_rows,
    ),
)
