"""Rules of the calibration section: thresholds, sentences, sources."""

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
    """Yield every ECE with its value, its p-value and the words for its null band."""
    for one in result.named("ece"):
        p = result.find("ece_p", one.model, one.subject).value
        null = result.find("ece_null", one.model, one.subject)
        if one.metric.value is None or p is None or null.value is None:
            continue
        band = (
            f"a perfectly calibrated model with n = {one.metric.n:,} would show {_fraction(null.value)}, "
            f"95 % band {formatting.interval(null)}"
        )
        yield one, one.metric.value, p, band


def strongly_miscalibrated(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models with an ECE above 10 % that noise does not explain."""
    for one, value, p, band in _against_null(result):
        if p < SIGNIFICANT and value > STRONG:
            text = f"ECE {_fraction(value)} ({band}; p {formatting.p_value(p)}): strongly miscalibrated."
            yield Hit(one.model, text, one.subject)


def miscalibrated(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models with an ECE above 1 and up to 10 % that noise does not explain."""
    for one, value, p, band in _against_null(result):
        if p < SIGNIFICANT and SMALL < value <= STRONG:
            size = "as is typical of uncalibrated deep networks" if value >= TYPICAL else "measurable, but small"
            text = f"ECE {_fraction(value)} ({band}; p {formatting.p_value(p)}): miscalibrated, {size}."
            yield Hit(one.model, text, one.subject)


def not_detectable(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models whose ECE noise explains."""
    for one, value, p, band in _against_null(result):
        if p >= SIGNIFICANT:
            text = f"ECE {_fraction(value)} ({band}; p {formatting.p_value(p)}): not distinguishable from calibrated."
            yield Hit(one.model, text, one.subject)


def overconfident(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models whose mean forecast is above the frequency, beyond the interval."""
    yield from _biased(result, "over-confident", 1)


def underconfident(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models whose mean forecast is below the frequency, beyond the interval."""
    yield from _biased(result, "under-confident", -1)


def _biased(result: CalibrationResult, word: str, sign: int) -> Iterator[Hit]:
    for one in result.named("calibration_gap"):
        metric = one.metric
        if metric.value is None or metric.ci_low is None or metric.ci_high is None:
            continue
        if min(sign * metric.ci_low, sign * metric.ci_high) > 0:
            shown = formatting.metric(metric)
            text = f"On average it is {word}: mean forecast minus frequency is {shown.text} {shown.interval}."
            yield Hit(one.model, text, one.subject)


def recoverable(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models that temperature scaling improves, beyond the interval, on rows it was not fitted on."""
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
            f"{formatting.metric(metric).text} {formatting.interval(metric)} (cross-fitted) and takes the ECE "
            f"from {_fraction(before)} to {_fraction(after)}: recoverable by temperature scaling."
        )
        yield Hit(one.model, text, one.subject)


def biased_classes(result: CalibrationResult) -> Iterator[Hit]:
    """Yield classes that are predicted too readily or too rarely, after adjustment for their number."""
    for one in result.named("class_bias_p"):
        bias = result.find("class_bias", one.model, one.subject)
        if one.metric.value is None or bias.value is None or one.metric.value >= SIGNIFICANT:
            continue
        direction = "higher" if bias.value > 0 else "lower"
        size = formatting.number(abs(bias.value), "fraction")
        text = (
            f"The mean probability of this class is {size} {direction} than its frequency "
            f"(adjusted p {formatting.p_value(float(one.metric.value))})."
        )
        yield Hit(one.model, text, one.subject)


def few_rows(result: CalibrationResult) -> Iterator[Hit]:
    """Yield models evaluated on so few rows that calibration is hardly measurable."""
    for head in result.heads:
        if head.n < FEW_ROWS:
            text = f"With {head.n:,} rows calibration can be measured only roughly: read the null band before the ECE."
            yield Hit(head.model, text, head.subject)


_GUO = "Guo et al. (2017), section 5"

RULES: tuple[Rule[CalibrationResult], ...] = (
    Rule("CAL101", "problem", "Strongly miscalibrated", _GUO, strongly_miscalibrated),
    Rule("CAL102", "warning", "Miscalibrated", _GUO, miscalibrated),
    Rule("CAL103", "note", "No miscalibration detectable", "p of the ECE at 0.05, convention", not_detectable),
    Rule("CAL201", "warning", "Over-confident", "Van Calster et al. (2016)", overconfident),
    Rule("CAL202", "note", "Under-confident", "Van Calster et al. (2016)", underconfident),
    Rule("CAL301", "note", "Recoverable by temperature scaling", "Guo et al. (2017)", recoverable),
    Rule(
        "CAL401",
        "note",
        "A class is predicted too readily or too rarely",
        "z-test, Benjamini & Hochberg (1995)",
        biased_classes,
    ),
    Rule("CAL501", "note", "Few rows", "simulation: intervals are wide below 200 rows", few_rows),
)
